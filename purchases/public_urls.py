"""Addresses of `purchases` for people without a login."""

from django.urls import path

from purchases.views import public

app_name = "purchases_public"
urlpatterns = [
    path("<slug:slug>/<str:language>/", public.PoInstructions.as_view(), name="po"),
]
