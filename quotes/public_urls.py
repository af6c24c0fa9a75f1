"""Addresses of `quotes` for people without a login."""

from django.urls import path

from quotes.views import ask, checkout, offer, order

app_name = "quotes_public"
urlpatterns = [
    path("buy/<slug:slug>/", checkout.Checkout.as_view(), name="checkout"),
    path("order/<str:token>/", order.OrderPage.as_view(), name="order"),
    path("order/<str:token>/<str:number>.pdf", order.OrderDocument.as_view(), name="document"),
    path("quote/<str:token>/", ask.OfferAsk.as_view(), name="quote_request"),
    path("p/quote/<str:token>/", offer.OfferPage.as_view(), name="quote"),
    path("p/quote/<str:token>/<str:number>.pdf", offer.OfferDocument.as_view(), name="quote_document"),
]
