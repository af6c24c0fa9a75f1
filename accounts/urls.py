"""Addresses of `accounts`."""

from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("login/", views.Login.as_view(), name="login"),
    path("logout/", views.Logout.as_view(), name="logout"),
    path("client/", views.ClientSwitch.as_view(), name="client"),
    path("settings/", views.Profile.as_view(), name="profile"),
]
