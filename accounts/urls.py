"""Addresses of `accounts`."""

from django.urls.resolvers import URLPattern, URLResolver

app_name = "accounts"
urlpatterns: list[URLPattern | URLResolver] = []
