"""All addresses; each app has its own list."""

from django.urls import include, path

from config import health
from purchases.urls import SEARCH
from quotes.urls import PORTAL

handler500 = "config.errors.server_error"

urlpatterns = [
    path("health", health.health, name="health"),
    path("accounts/", include("accounts.urls")),
    path("customers/", include("customers.urls")),
    path("mail/", include("mailing.urls")),
    path("errors/", include("errorlog.urls")),
    path("partners/", include("partners.urls")),
    path("tax-exemptions/", include("taxexempt.urls")),
    path("purchases/", include("purchases.urls")),
    path("search/", include((SEARCH, "search"))),
    path("po/", include("purchases.public_urls")),
    path("quotes/", include("quotes.urls")),
    path("follow-ups/", include("followups.urls")),
    path("", include((PORTAL, "portal"))),
    path("p/", include("dunning.public_urls")),
    path("", include("quotes.public_urls")),
    path("", include("dunning.urls")),
]
