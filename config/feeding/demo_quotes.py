"""The demo's quotes: three links, and by them a quote of every fate in the weeks before now."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Final

from django.db import transaction

from accounts.models import User
from accounts.selectors import client_by_slug
from config.feeding.demo_year import CLIENTS, LETTERHEAD, People
from config.feeding.letterhead import make_letterhead
from config.feeding.play import address_of
from customers.services import CustomerInput
from mailing.services.capture import SinkTransport, keep_due
from purchases.models import Channel
from purchases.services.entry import Arrival
from purchases.services.place import OrderLine
from quotes.models import Quote
from quotes.services.checkout import new_form_key
from quotes.services.quote import QuoteRequest, accept_quote, note_downloaded, note_opened, quote_to_po, request_quote
from quotes.services.quote_link import LinkValues, Offered, save_link
from quotes.services.revision import revise_quote
from quotes.services.validity import look_at_quotes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from quotes.models import QuoteLink

    Act = Callable[[datetime], object]

ELBTOR: Final = "elbtor"
OFFERS: Final[dict[str, tuple[str, LinkValues]]] = {
    "plan": (
        "PLAN-PRO",
        LinkValues(
            "Elbtor Plan für Architekturbüros",
            "EUR",
            language="de",
            message="Zu den Konditionen der Kammer: zehn Prozent ab drei Plätzen.",
            validity_days=14,
        ),
    ),
    "care": (
        "PLAN-CARE",
        LinkValues(
            "Wartung im Paket",
            "EUR",
            language="de",
            note="Only by wire: agreed with Management",
            may_change_quantity=False,
            may_order_on_po=False,
        ),
    ),
    "build": (
        "BUILD-25",
        LinkValues(
            "Prairie Build Server for a campus", "USD", message="Includes one year of updates.", validity_days=30
        ),
    ),
}
"""What is offered: the product of each link, and the link."""


class _Desk:
    """Those who ask and those who answer; a quote is known by a word of its own."""

    def __init__(self, *, seed: int, references: Iterator[str]) -> None:
        self.people = People(Random(seed), per_client=0, first=900)
        self.references = references
        self.links: dict[str, QuoteLink] = {}
        self.asked: dict[str, Quote] = {}

    def offer(self, name: str) -> Act:
        """Make a link."""

        def act(at: datetime) -> None:
            slug = "prairie" if name == "build" else ELBTOR
            client, (code, values) = client_by_slug(slug), OFFERS[name]
            assert client is not None  # noqa: S101 -- the demo's own world
            item = Offered(client.products.get(code=code), quantity=5, discount_percent=Decimal(10))
            seller = User.objects.get(username=f"{slug}-sales")
            self.links[name] = save_link(client, replace(values, items=(item,)), by=seller, at=at)

        return act

    def ask(self, word: str, link: str, *, quantity: int = 5, remark: str = "") -> Act:
        """Ask for a quote."""

        def act(at: datetime) -> None:
            offered = self.links[link]
            person = self.people.newcomer(CLIENTS[offered.client.slug])
            wanted = QuoteRequest(
                CustomerInput(billing=address_of(person), type="COM", language=person.language),
                quantities={OFFERS[link][0]: quantity},
                remark=remark,
                reference=next(self.references),
            )
            self.asked[word] = request_quote(offered, wanted, form_key=new_form_key(offered.client), at=at).quote

        return act

    def see(self, word: str, *, takes_pdf: bool = False) -> Act:
        """Look at a quote, and take its PDF."""

        def act(at: datetime) -> None:
            note_opened(self.asked[word], at=at)
            if takes_pdf:
                note_downloaded(self.asked[word], at=at)

        return act

    def revise(self, word: str) -> Act:
        """Send a better offer."""

        def act(at: datetime) -> None:
            quote = self.asked[word]
            lines = [OrderLine("PLAN-PRO", 8, discount_percent=Decimal(15))]
            seller = quote.link.created_by
            message = "Wie am Telefon besprochen: acht Plätze, fünfzehn Prozent."
            self.asked[word] = revise_quote(quote, lines=lines, message=message, by=seller, at=at)

        return act

    def accept(self, word: str) -> Act:
        """Accept a quote, to be paid by wire."""
        return lambda at: accept_quote(self.asked[word], remark="Bitte Rechnung an die Zentrale.", at=at)

    def order(self, word: str) -> Act:
        """Order a quote on purchase order, with its document."""

        def act(at: datetime) -> None:
            quote = self.asked[word]
            file = make_letterhead(quote.purchase, LETTERHEAD, at)
            arrival = Arrival(Channel.UPLOAD, has_document=True, file=file)
            quote_to_po(quote, po_number="PO/Q-4711", arrival=arrival, at=at)

        return act

    def script(self) -> list[tuple[float, Act]]:
        """List what happens how many days ago, in its order."""
        return [
            (30, self.offer("plan")),
            (29, self.offer("care")),
            (28, self.offer("build")),
            (20, self.ask("expired", "plan", quantity=3)),
            (12, self.ask("soon", "plan")),
            (11.8, self.see("soon")),
            (9, self.ask("revised", "plan")),
            (8.9, self.see("revised", takes_pdf=True)),
            (8, self.ask("ordered", "plan", quantity=4)),
            (7, self.ask("accepted", "care")),
            (6.5, self.see("accepted")),
            (5, lambda at: look_at_quotes(at=at)),
            (4.5, self.revise("revised")),
            (4, self.see("revised")),
            (3, self.ask("viewed", "build", quantity=2)),
            (2.5, self.see("viewed", takes_pdf=True)),
            (1, self.ask("open", "plan", quantity=10, remark="Kostenstelle 4711. Brauchen wir vor dem Monatsende.")),
            (0.4, lambda at: look_at_quotes(at=at)),
            (0.06, self.see("ordered")),
            (0.05, self.order("ordered")),
            (0.04, self.accept("accepted")),
        ]


@transaction.atomic
def ask_for_quotes(*, seed: int, references: Iterator[str], now: datetime) -> int:
    """Play the quotes through the services, their e-mails sent as they come; return how many there are."""
    transport = SinkTransport()
    for days_ago, act in _Desk(seed=seed, references=references).script():
        at = now - timedelta(days=days_ago)
        act(at)
        keep_due(transport, clock=lambda at=at: at, limit=None, note=lambda _: None)  # type: ignore[misc]
    return Quote.objects.current().count()
