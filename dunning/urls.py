"""Addresses of `dunning`."""

from django.urls.resolvers import URLPattern, URLResolver

app_name = "dunning"
urlpatterns: list[URLPattern | URLResolver] = []
