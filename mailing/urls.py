"""Addresses of `mailing`."""

from django.urls.resolvers import URLPattern, URLResolver

app_name = "mailing"
urlpatterns: list[URLPattern | URLResolver] = []
