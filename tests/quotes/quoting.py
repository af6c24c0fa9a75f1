"""Quote links, quotes, and somebody with a browser who asks for one."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from quotes.services.checkout import new_form_key
from quotes.services.quote import QuoteRequest, request_quote
from quotes.services.quote_link import LinkValues, Offered, save_link
from tests.quotes.shopping import BILLING, Shopper
from tests.stories import MONDAY, a_customer, a_user

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import Client
    from quotes.models import Quote, QuoteLink


def a_quote_link(client: Client, **values: Any) -> QuoteLink:
    """Two licenses at 100.00 EUR less 10 %, valid for 30 days; 214.20 EUR with German tax."""
    given = {"title": "Hafen Pro for shipyards", "message": "As agreed by phone.", **values}
    given.setdefault("items", [Offered(client.products.get(code="PRO"), quantity=2, discount_percent=Decimal(10))])
    seller = a_user("client_sales", client)
    return save_link(client, LinkValues(currency="EUR", **given), by=seller, at=MONDAY)


def a_quote(link: QuoteLink, *, at: datetime = MONDAY, language: str = "en", vat_id: str = "", **address: str) -> Quote:
    """The quote that a shipyard in Kiel asked for by this link."""
    wanted = QuoteRequest(customer=replace(a_customer(**address), language=language, vat_id=vat_id))
    return request_quote(link, wanted, form_key=new_form_key(link.client), at=at).quote


class Asker(Shopper):
    """Somebody with a browser at a quote link."""

    def __init__(self, link: QuoteLink, **extra: Any) -> None:
        super().__init__(link.client, **extra)
        self.path = f"/quote/{link.token}/"
        self.fields = {**BILLING, "product": ["PRO"], "quantity": ["2"]}

    def asks(self, **fields: Any) -> Any:
        """Open the link, fill in the form and send it."""
        self.opens("language=en")
        return self.sends("ask", **fields)
