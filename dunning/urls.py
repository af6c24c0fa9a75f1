"""Addresses of `dunning`."""

from django.urls import path

from dunning.views import today

app_name = "dunning"
urlpatterns = [
    path("", today.Today.as_view(), name="today"),
]
