"""Addresses of `customers`."""

from django.urls import path

from customers import views

app_name = "customers"
urlpatterns = [
    path("", views.CustomerList.as_view(), name="list"),
    path("<int:pk>/", views.CustomerDetail.as_view(), name="detail"),
    path("<int:pk>/edit/", views.CustomerEdit.as_view(), name="edit"),
    path("<int:pk>/contacts/add/", views.ContactEdit.as_view(), name="add_contact"),
    path("<int:pk>/contacts/<slug:kind>/", views.ContactEdit.as_view(), name="edit_contact"),
]
