"""Addresses of `followups`."""

from django.urls.resolvers import URLPattern, URLResolver

app_name = "followups"
urlpatterns: list[URLPattern | URLResolver] = []
