"""Orders over nothing: no money will ever come, so they are settled as soon as they are accepted."""

from __future__ import annotations

from typing import Any

import pytest

from core.money import Money
from core.refused import Refused
from core.tables import Reader
from mailing.models import Email
from purchases.forms import ProductForm
from purchases.models import Document, HistoryEntry, LicenseKey, PoDocument, Purchase, Source
from purchases.services.credit import Wish
from purchases.services.entry import Arrival, enter_order
from purchases.services.place import OrderLine, place_order
from purchases.services.refund import refund_purchase
from purchases.services.release import receive_document, release_purchase
from purchases.views.acts import release_consequences
from tests.stories import MONDAY, a_client, a_partner, a_user, an_order

pytestmark = pytest.mark.django_db


def a_gift(**fields: Any) -> Any:
    """One license for nothing."""
    return an_order(lines=[OrderLine("PRO", 1, unit_price=Money(0, "EUR"))], **fields)


def what_became_of(purchase: Purchase) -> tuple[Any, ...]:
    purchase.refresh_from_db()
    kinds = Email.objects.filter(reference=purchase.reference).order_by("pk").values_list("kind", flat=True)
    issued = Document.objects.filter(purchase=purchase).order_by("pk").values_list("kind", flat=True)
    keys = LicenseKey.objects.filter(item__purchase=purchase).count()
    return purchase.status, purchase.next_action_on, list(issued), list(kinds), keys


@pytest.mark.parametrize("source", [Source.CHECKOUT, Source.PARTNER])
def test_to_be_paid_offline_it_is_paid_as_it_is_placed(source: str) -> None:
    client = a_client()
    partner = a_partner(client) if source == Source.PARTNER else None
    order = a_gift(source=source, partner=partner, is_po=False, status_url="http://localhost/order/x/")
    purchase = place_order(client, order, by=None, at=MONDAY)
    assert what_became_of(purchase) == ("PAY", None, ["OCF", "INV"], ["delivery", "nothing_to_pay"], 1)
    email = Email.objects.get(kind="nothing_to_pay")
    assert ("http://localhost/order/x/" in email.body_text, "IBAN" in email.body_text) == (True, False)
    assert sorted(attachment.filename[:3] for attachment in email.attachments.all()) == ["INV", "OCF"]
    assert HistoryEntry.objects.filter(purchase=purchase, event="settled").count() == 1


@pytest.mark.parametrize("delivery", ["immediate", "prepaid"])
def test_on_purchase_order_it_is_paid_with_its_release(delivery: str) -> None:
    client = a_client(delivery=delivery)
    purchase = place_order(client, a_gift(), by=None, at=MONDAY)
    assert purchase.status == "ARP"
    receive_document(purchase, channel="fax", by=None, at=MONDAY)
    lines = release_consequences(purchase, Reader("en", client.zone), MONDAY.date())
    assert lines == ["Nothing has to be paid: the invoice is issued, the keys are delivered, and it is Paid at once."]
    released = release_purchase(purchase, by=a_user("client_admin", client), at=MONDAY)
    assert (released.released_at, released.paid_at, released.open_amount) == (MONDAY, MONDAY, Money(0, "EUR"))
    kinds = ["po_received", "delivery", "nothing_to_pay"]
    assert what_became_of(purchase) == ("PAY", None, ["OCF", "INV"], kinds, 1)


def test_accepted_at_once_it_is_paid_at_once() -> None:
    purchase = place_order(a_client(review=False), a_gift(), by=None, at=MONDAY)
    assert what_became_of(purchase) == ("PAY", None, ["OCF", "INV"], ["delivery", "nothing_to_pay"], 1)


def test_keyed_in_it_is_paid_and_its_document_is_filed() -> None:
    client = a_client()
    arrival = Arrival("letter", has_document=True)
    agent = a_user("platform_customer_service")
    purchase = enter_order(client, a_gift(is_po=False), arrival, by=agent, at=MONDAY)
    assert what_became_of(purchase)[0] == "PAY"
    document = PoDocument.objects.get(purchase=purchase)
    assert (document.channel, document.received_by, purchase.document_received_at) == ("letter", agent, MONDAY)
    entry = HistoryEntry.objects.get(purchase=purchase, event="document")
    assert (entry.note, entry.method) == ("PO document came with the order", "letter")


def test_there_is_nothing_to_refund() -> None:
    purchase = place_order(a_client(), a_gift(is_po=False), by=None, at=MONDAY)
    with pytest.raises(Refused):
        refund_purchase(
            purchase, wish=Wish(), customer_reason="goodwill", reason="", by=a_user("platform_finance"), at=MONDAY
        )


def test_who_sets_a_price_reads_that_nobody_reviews_what_is_free() -> None:
    fields = ProductForm(currencies=["EUR", "USD"]).fields
    assert (fields["price_EUR"].help_text, "unreviewed" in fields["price_USD"].help_text) == ("", True)
