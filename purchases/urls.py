"""Addresses of `purchases`."""

from django.urls.resolvers import URLPattern, URLResolver

app_name = "purchases"
urlpatterns: list[URLPattern | URLResolver] = []
