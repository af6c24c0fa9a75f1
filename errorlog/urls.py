"""Addresses of `errorlog`."""

from django.urls import path

from errorlog import views

app_name = "errorlog"
urlpatterns = [
    path("", views.ErrorList.as_view(), name="list"),
    path("<int:pk>/", views.ErrorDetail.as_view(), name="detail"),
    path("<int:pk>/done/", views.ErrorDone.as_view(), name="done"),
    path("<int:pk>/reopen/", views.ErrorReopen.as_view(), name="reopen"),
]
