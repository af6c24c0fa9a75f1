"""Addresses of `customers`."""

from django.urls.resolvers import URLPattern, URLResolver

app_name = "customers"
urlpatterns: list[URLPattern | URLResolver] = []
