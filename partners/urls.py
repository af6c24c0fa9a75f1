"""Addresses of `partners`."""

from django.urls.resolvers import URLPattern, URLResolver

app_name = "partners"
urlpatterns: list[URLPattern | URLResolver] = []
