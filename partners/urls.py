"""Addresses of `partners`."""

from django.urls import path

from partners import views

app_name = "partners"
urlpatterns = [
    path("", views.PartnerList.as_view(), name="list"),
    path("<int:pk>/", views.PartnerDetail.as_view(), name="detail"),
    path("<int:pk>/edit/", views.PartnerEdit.as_view(), name="edit"),
]
