"""Addresses of `taxexempt`."""

from django.urls.resolvers import URLPattern, URLResolver

app_name = "taxexempt"
urlpatterns: list[URLPattern | URLResolver] = []
