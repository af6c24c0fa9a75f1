"""Addresses of `quotes`."""

from django.urls import path
from django.urls.resolvers import URLPattern, URLResolver

from quotes.views import link, portal, portal_checkout, quote_link, requested

app_name = "quotes"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", requested.QuoteList.as_view(), name="list"),
    path("links/", quote_link.LinkList.as_view(), name="links"),
    path("links/new/", quote_link.LinkNew.as_view(), name="link_new"),
    path("links/<int:pk>/", quote_link.LinkEdit.as_view(), name="link"),
    path("links/<int:pk>/switch/", quote_link.LinkSwitch.as_view(), name="link_switch"),
    path("links/<int:pk>/renew/", quote_link.LinkRenew.as_view(), name="link_renew"),
    path("<str:reference>/revise/", requested.QuoteRevise.as_view(), name="revise"),
    path("<str:reference>/extend/", requested.QuoteExtend.as_view(), name="extend"),
    path("<str:reference>/accept/", requested.QuoteAccept.as_view(), name="accept"),
    path("<str:reference>/convert/", requested.QuoteConvert.as_view(), name="convert"),
    path("<str:reference>/link/send/", link.LinkSend.as_view(), name="link_send"),
    path("<str:reference>/link/revoke/", link.LinkRevoke.as_view(), name="link_revoke"),
]

PORTAL = [
    path("partner/", portal.PortalLogin.as_view(), name="login"),
    path("p/partner/<str:token>/", portal.PortalEnter.as_view(), name="enter"),
    path("partner/logout/", portal.PortalLogout.as_view(), name="logout"),
    path("partner/choose/", portal.PortalChoose.as_view(), name="choose"),
    path("partner/overview/", portal.PortalOverview.as_view(), name="overview"),
    path("partner/orders/", portal.PortalOrders.as_view(), name="orders"),
    path("partner/orders/<str:reference>/", portal.PortalOrder.as_view(), name="order"),
    path("partner/new/", portal_checkout.PortalCheckout.as_view(), name="new"),
    path("partner/documents/<str:number>/", portal.PortalDocument.as_view(), name="document"),
]
"""The partner portal, under the name `portal`: its own login, its own session."""
