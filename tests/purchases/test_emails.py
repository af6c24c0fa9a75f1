"""E-mails about purchases: who gets them, in which language, with which documents."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from core.letters import LANGUAGES
from core.money import Money
from mailing.models import Email
from purchases import emails
from purchases.models import DocumentKind
from purchases.services.cancel import cancel_purchase
from purchases.services.documents import issue
from purchases.services.place import place_order
from purchases.services.refund import refund_purchase
from purchases.services.release import reject_purchase
from tests.stories import (
    MONDAY,
    a_client,
    a_customer,
    a_released_po,
    a_user,
    a_waiting_po,
    an_offline_order,
    an_order,
    days_later,
    pays,
)

if TYPE_CHECKING:
    from purchases.models import Purchase

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert(1)</script>{{ x }}{% now %}\r\nBcc: a@b.example\u202e"


def mail(purchase: Purchase, kind: str) -> Email:
    """The one e-mail of this kind about a purchase."""
    return Email.objects.get(reference=purchase.reference, kind=kind)


def attached(email: Email) -> list[tuple[str, str]]:
    """What goes with an e-mail: source and file name."""
    return list(email.attachments.values_list("source", "filename"))


def test_an_offline_order_is_confirmed_with_the_account_to_pay_to() -> None:
    purchase = an_offline_order(a_client(), customer=replace(a_customer(), language="en"))
    email = mail(purchase, "order_confirmation")
    assert email.subject == f"Your order {purchase.reference} with Hafen GmbH: how to pay"
    assert email.recipient == "einkauf@werft.example"
    assert email.recipient_name == "Jana Petersen"
    assert email.language == "en"
    for word in ("Dear Jana Petersen,", "€119.00", "DE89 3704 0044 0532 0130 00", purchase.reference):
        assert word in email.body_text
        assert word in email.body_html


def test_a_po_is_asked_for_its_document_with_reference_address_and_deadline() -> None:
    purchase = place_order(a_client(), an_order(customer=replace(a_customer(), language="en")), by=None, at=MONDAY)
    email = mail(purchase, "po_received")
    assert f"by March 31, 2026 to orders@hafen.example and quote the reference number {purchase.reference}" in (
        email.body_text
    )


def test_a_released_po_gets_instructions_and_its_invoice() -> None:
    purchase = a_released_po(a_client())
    email, invoice = mail(purchase, "po_released"), purchase.documents.get(kind="INV")
    assert email.subject == f"Ihre Bestellung {purchase.reference} ist freigegeben: INV-2026-000001"
    assert attached(email) == [(f"purchases.document:{invoice.pk}", "INV-2026-000001.pdf")]
    assert "1. April 2026" in email.body_text


def test_a_prepaid_po_gets_its_pro_forma_instead() -> None:
    purchase = a_released_po(a_client(delivery="prepaid"))
    assert attached(mail(purchase, "po_released"))[0][1] == "PFI-2026-000001.pdf"


def test_keys_are_delivered_by_name() -> None:
    purchase = a_released_po(a_client())
    assert "1 × Hafen Pro: hafen-00000" in mail(purchase, "delivery").body_text


def test_a_rejection_gives_its_reason() -> None:
    purchase = a_waiting_po(a_client())
    reject_purchase(purchase, by=a_user("platform_admin"), at=MONDAY, reason="No signature")
    assert "No signature" in mail(purchase, "po_rejected").body_text


def test_a_cancellation_brings_the_credit_note() -> None:
    purchase = a_released_po(a_client())
    cancel_purchase(purchase, by=a_user("platform_admin"), at=days_later(3), reason="Asked for it")
    email = mail(purchase, "cancellation")
    assert [name for _, name in attached(email)] == ["CRN-2026-000001.pdf"]
    assert "storniert" in email.subject


def test_a_refund_names_the_amount() -> None:
    purchase = pays(a_released_po(a_client()), "119.00", at=days_later(2))
    refund_purchase(
        purchase, by=a_user("platform_admin"), at=days_later(5), reason="Goodwill", amount=Money(1900, "EUR")
    )
    email = mail(purchase, "refund")
    assert "19,00\xa0€" in email.body_text
    assert [name for _, name in attached(email)] == ["CRN-2026-000001.pdf"]


def test_the_same_reason_writes_once_and_again_is_a_new_one() -> None:
    purchase = a_released_po(a_client())
    document = issue(purchase, DocumentKind.RECEIPT, at=days_later(1))
    first = emails.receipt(purchase, document=document, at=days_later(1))
    second = emails.receipt(purchase, document=document, at=days_later(2))
    third = emails.receipt(purchase, document=document, at=days_later(3), again="by hand 1")
    assert first == second
    assert first != third


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_is_worded_in_every_language(language: str) -> None:
    client = a_client()
    purchase = a_released_po(client, customer=replace(a_customer(), language=language))
    document = purchase.documents.get(kind="INV")
    written = [
        emails.order_confirmation(purchase, at=MONDAY),
        emails.po_received(purchase, at=MONDAY, again="x"),
        emails.po_released(purchase, document=document, at=MONDAY, again="x"),
        emails.po_rejected(purchase, reason="Why", at=MONDAY),
        emails.delivery(purchase, at=MONDAY, again="x"),
        emails.receipt(purchase, document=document, at=MONDAY),
        emails.cancellation(purchase, credit_note=None, at=MONDAY),
        emails.refund(purchase, credit_note=document, amount=purchase.gross, at=MONDAY),
        emails.document_expired(purchase, at=MONDAY),
    ]
    assert len({email.subject for email in written if email}) == 9
    for email in written:
        assert email is not None
        assert email.language == language
        assert "{{" not in email.subject + email.body_text + email.body_html
        assert purchase.reference in email.subject + email.body_text


def test_a_hostile_name_comes_out_harmless() -> None:
    customer = replace(a_customer(company=HOSTILE, first_name=HOSTILE, last_name="W" * 150), language="en")
    purchase = a_released_po(a_client(), customer=customer, po_number=HOSTILE[:60])
    for email in Email.objects.filter(reference=purchase.reference):
        assert "\n" not in email.subject
        assert "\r" not in email.recipient_name + email.subject
        assert "<script" not in email.body_html
        assert "\u202e" not in email.body_text + email.body_html + email.recipient_name
        assert "\nBcc:" not in email.body_text
    assert "{{ x }}{% now %}" in mail(purchase, "po_released").body_text


def test_a_rejection_reason_stays_text() -> None:
    purchase = a_waiting_po(a_client())
    email = emails.po_rejected(purchase, reason=HOSTILE + "{{client}}", at=MONDAY)
    assert email is not None
    assert "{{client}}" in email.body_text
    assert "<script" not in email.body_html


@pytest.mark.parametrize("address", ["", "nobody", "a@b.example, c@d.example", "a@b.example\r\nBcc: c@d.example"])
def test_without_an_address_nothing_is_written(address: str) -> None:
    purchase = a_waiting_po(a_client())
    purchase.billing_email = address
    assert emails.cancellation(purchase, credit_note=None, at=MONDAY) is None


def test_a_test_order_is_marked_and_asks_for_no_money() -> None:
    purchase = a_released_po(a_client(), is_test=True, customer=replace(a_customer(), language="en"))
    email = mail(purchase, "po_released")
    assert email.subject.startswith("[Test order] ")
    assert "IBAN" not in email.body_text
