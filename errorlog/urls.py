"""Addresses of `errorlog`."""

from django.urls.resolvers import URLPattern, URLResolver

app_name = "errorlog"
urlpatterns: list[URLPattern | URLResolver] = []
