"""Addresses of `quotes`."""

from django.urls.resolvers import URLPattern, URLResolver

app_name = "quotes"
urlpatterns: list[URLPattern | URLResolver] = []
