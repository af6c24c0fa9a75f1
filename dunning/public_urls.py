"""Addresses of `dunning` for people without a login."""

from django.urls import path

from dunning.views import public

app_name = "dunning_public"
urlpatterns = [
    path("answer/<str:token>/", public.Answer.as_view(), name="answer"),
]
