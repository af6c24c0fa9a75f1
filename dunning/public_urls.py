"""Addresses of `dunning` for people without a login."""

from django.urls.resolvers import URLPattern, URLResolver

app_name = "dunning_public"
urlpatterns: list[URLPattern | URLResolver] = []
