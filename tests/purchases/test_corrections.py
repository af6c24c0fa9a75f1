"""What an order says of its customer is corrected: history field by field, documents anew, until it is paid."""

from __future__ import annotations

from dataclasses import asdict, fields, replace
from typing import TYPE_CHECKING, Any

import pytest

from core.refused import Refused
from customers.models import Customer
from customers.services import AddressInput
from mailing.models import Attachment, Email
from partners.selectors import outstanding
from purchases.models import Document, HistoryEntry, Purchase, Source
from purchases.services.cancel import cancel_purchase
from purchases.services.correction import correct_purchase
from purchases.services.place import place_order
from purchases.services.refund import refund_purchase
from tests.stories import (
    MONDAY,
    a_client,
    a_customer,
    a_partner,
    a_released_po,
    a_user,
    a_waiting_po,
    an_order,
    days_later,
    pays,
)

if TYPE_CHECKING:
    from accounts.models import User

pytestmark = pytest.mark.django_db
LATER = days_later(5)


@pytest.fixture
def agent() -> User:
    return a_user("platform_finance")


def billing(purchase: Purchase, **changes: str) -> dict[str, AddressInput]:
    """The billing contact with some parts changed."""
    contact = purchase.contacts.get(kind="billing")
    values = {field.name: getattr(contact, field.name) for field in fields(AddressInput)}
    return {"billing": AddressInput(**{**values, **changes})}


def numbers(purchase: Purchase) -> list[str]:
    found = Document.objects.filter(purchase=purchase).exclude(kind="OCF").order_by("pk")
    return list(found.values_list("number", flat=True))


def in_english(**order: Any) -> dict[str, Any]:
    return {"customer": replace(a_customer(), language="en"), **order}


def test_a_new_po_number_makes_a_credit_note_and_a_new_invoice_with_the_same_due_date(agent: User) -> None:
    purchase = a_released_po(a_client(), **in_english())
    due_on = purchase.due_on
    purchase = correct_purchase(purchase, by=agent, at=LATER, reason="typing error", po_number=" PO  77 ")
    assert (purchase.po_number, purchase.status, purchase.due_on) == ("PO 77", "WPO", due_on)
    assert numbers(purchase) == ["INV-2026-000001", "CRN-2026-000001", "INV-2026-000002"]
    old, credit_note, new = Document.objects.filter(purchase=purchase).exclude(kind="OCF").order_by("pk")
    assert (old.corrects, credit_note.corrects, new.corrects) == (None, old, old)
    assert ["Your PO no.", "PO 77"] in new.data["letter"]["particulars"]
    assert ["Your PO no.", "4500001"] in old.data["letter"]["particulars"]
    assert ["Due date", "April 1, 2026"] in new.data["letter"]["particulars"]
    assert ["Invoice no.", "INV-2026-000001"] in credit_note.data["letter"]["particulars"]
    assert new.data["letter"]["payment"]["figure"] == "€119.00"
    entry = HistoryEntry.objects.get(purchase=purchase, event="corrected")
    assert (entry.by, entry.reason, entry.detail) == (agent, "typing error", "PO number: 4500001 → PO 77")
    email = Email.objects.get(reference=purchase.reference, kind="correction")
    assert email.subject == f"Corrected document INV-2026-000002 for order {purchase.reference}"
    assert "It replaces INV-2026-000001" in email.body_text
    attached = Attachment.objects.filter(email=email).order_by("pk").values_list("filename", flat=True)
    assert list(attached) == ["CRN-2026-000001.pdf", "INV-2026-000002.pdf"]


def test_the_billing_contact_is_printed_anew_and_written_down_field_by_field(agent: User) -> None:
    purchase = a_released_po(a_client())
    changes = billing(purchase, company="Werft Nord AG", last_name="Brandt", email="neu@werft.example", street="")
    purchase = correct_purchase(purchase, by=agent, at=LATER, reason="moved", contacts=changes)
    assert (purchase.billing_company, purchase.billing_last_name, purchase.billing_email) == (
        "Werft Nord AG",
        "Brandt",
        "neu@werft.example",
    )
    invoice = Document.objects.get(number="INV-2026-000002")
    assert invoice.data["letter"]["address"] == ["Werft Nord AG", "Jana Brandt", "24103 Kiel"]
    entry = HistoryEntry.objects.get(purchase=purchase, event="corrected")
    assert entry.detail.splitlines() == [
        "Billing company: Werft & Söhne KG → Werft Nord AG",
        "Billing last name: Petersen → Brandt",
        "Billing e-mail: einkauf@werft.example → neu@werft.example",
        "Billing street: Am Dock 3 → –",
    ]
    email = Email.objects.get(reference=purchase.reference, kind="correction")
    assert (email.recipient, email.recipient_name) == ("neu@werft.example", "Jana Brandt")
    assert purchase.customer.contacts.get().company == "Werft & Söhne KG", "the customer's own stays"


def test_ticked_the_customers_own_record_changes_too(agent: User) -> None:
    purchase = a_released_po(a_client())
    Customer.objects.update(payables_email="buchhaltung@werft.example")
    changes = billing(purchase, city="Lübeck")
    purchase = correct_purchase(
        purchase, by=agent, at=LATER, reason="moved", contacts=changes, vat_id="DE129273398", for_customer_too=True
    )
    customer = purchase.customer
    customer.refresh_from_db()
    assert (customer.contacts.get().city, customer.vat_id) == ("Lübeck", "DE129273398")
    assert customer.payables_email == "buchhaltung@werft.example"
    assert numbers(purchase)[-2:] == ["CRN-2026-000001", "INV-2026-000002"], "one correction, one new invoice"
    purchase = correct_purchase(purchase, by=agent, at=LATER, reason="x", po_number="1", for_customer_too=True)
    assert purchase.po_number == "1"


def test_what_no_document_shows_changes_no_document(agent: User) -> None:
    purchase = a_released_po(a_client())
    delivery = AddressInput(company="Werft & Söhne KG", last_name="Lager", city="Kiel", country="DE")
    contacts = {**billing(purchase, email="neu@werft.example", phone="0431 1"), "delivery": delivery}
    purchase = correct_purchase(purchase, by=agent, at=LATER, reason="asked", contacts=contacts)
    assert (purchase.billing_email, numbers(purchase)) == ("neu@werft.example", ["INV-2026-000001"])
    assert asdict(delivery).items() <= purchase.contacts.filter(kind="delivery").values()[0].items()
    assert not Email.objects.filter(kind="correction").exists()


def test_nothing_changed_is_nothing_written(agent: User) -> None:
    purchase = a_released_po(a_client())
    before = (purchase.version, purchase.entries.count())
    same = correct_purchase(
        purchase, by=agent, at=LATER, reason="x", po_number="4500001", vat_id="", contacts=billing(purchase)
    )
    assert (same.version, same.entries.count(), numbers(same)) == (*before, ["INV-2026-000001"])


def test_a_pro_forma_is_issued_anew(agent: User) -> None:
    purchase = a_released_po(a_client(delivery="prepaid"), **in_english())
    purchase = correct_purchase(purchase, by=agent, at=LATER, reason="x", vat_id="DE129273398")
    assert numbers(purchase) == ["PFI-2026-000001", "PFI-2026-000002"]
    new = Document.objects.get(number="PFI-2026-000002")
    assert new.corrects is not None
    assert new.corrects.number == "PFI-2026-000001"
    email = Email.objects.get(reference=purchase.reference, kind="correction")
    assert Attachment.objects.get(email=email).filename == "PFI-2026-000002.pdf"
    purchase = pays(purchase, "119.00", at=days_later(9))
    assert (purchase.status, numbers(purchase)[-1]) == ("PAY", "INV-2026-000001")


def test_before_anything_was_billed_only_the_order_changes(agent: User) -> None:
    purchase = correct_purchase(a_waiting_po(a_client()), by=agent, at=LATER, reason="x", po_number="9")
    assert (purchase.po_number, numbers(purchase)) == ("9", [])


def test_a_part_paid_order_is_billed_anew_with_what_is_left(agent: User) -> None:
    purchase = pays(a_released_po(a_client(), **in_english()), "19.00")
    purchase = correct_purchase(purchase, by=agent, at=LATER, reason="x", po_number="9")
    assert Document.objects.get(number="INV-2026-000002").data["letter"]["payment"]["figure"] == "€100.00"
    purchase = pays(purchase, "100.00", at=days_later(9))
    assert numbers(purchase)[-1] == "RCP-2026-000001"


def test_corrected_and_canceled_the_new_invoice_is_the_one_credited(agent: User) -> None:
    purchase = correct_purchase(a_released_po(a_client()), by=agent, at=LATER, reason="x", po_number="9")
    purchase = cancel_purchase(purchase, by=agent, at=days_later(6), reason="x")
    last = Document.objects.filter(purchase=purchase).latest("pk")
    assert last.corrects is not None
    assert (last.number, last.corrects.number) == ("CRN-2026-000002", "INV-2026-000002")


def test_the_partners_limit_is_left_alone(agent: User) -> None:
    client = a_client()
    partner = a_partner(client)
    purchase = place_order(client, an_order(source=Source.PARTNER, partner=partner), by=None, at=MONDAY)
    before = (outstanding(partner), partner.limit_entries.count())
    correct_purchase(purchase, by=agent, at=LATER, reason="x", po_number="9")
    assert (outstanding(partner), partner.limit_entries.count()) == before


def test_once_paid_documents_stay_as_they_are_but_delivery_may_move(agent: User) -> None:
    purchase = pays(a_released_po(a_client()), "119.00")
    for change in ({"po_number": "9"}, {"vat_id": "9"}, {"contacts": billing(purchase, city="Lübeck")}):
        with pytest.raises(Refused, match="documents stay as they are"):
            correct_purchase(purchase, by=agent, at=LATER, reason="x", **change)
    licensee = {"licensee": AddressInput(last_name="Lager")}
    purchase = correct_purchase(purchase, by=agent, at=LATER, reason="x", contacts=licensee)
    assert purchase.contacts.get(kind="licensee").last_name == "Lager"
    purchase = refund_purchase(purchase, by=agent, at=LATER, reason="x")
    with pytest.raises(Refused, match="is Refunded"):
        correct_purchase(
            purchase, by=agent, at=LATER, reason="x", contacts={"licensee": AddressInput(last_name="Keller")}
        )


@pytest.mark.parametrize("kind", ["billing", "delivery"])
def test_a_canceled_order_is_not_corrected(agent: User, kind: str) -> None:
    purchase = cancel_purchase(a_released_po(a_client()), by=agent, at=MONDAY, reason="x")
    with pytest.raises(Refused, match="is Canceled"):
        correct_purchase(purchase, by=agent, at=LATER, reason="x", contacts={kind: AddressInput(last_name="X")})


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"contacts": {"billing": AddressInput(city="Kiel")}}, "name"),
        ({"contacts": {"neighbor": AddressInput(last_name="X")}}, "kind"),
        ({"contacts": {"delivery": AddressInput(last_name="X" * 151)}}, "length"),
        ({"po_number": "9" * 61}, "length"),
        ({"po_number": ""}, "po_number"),
    ],
)
def test_an_impossible_correction_is_explained_and_changes_nothing(
    agent: User, change: dict[str, Any], code: str
) -> None:
    purchase = a_released_po(a_client(po_number_required=True))
    with pytest.raises(Refused) as refused:
        correct_purchase(purchase, by=agent, at=LATER, reason="x", **change)
    assert refused.value.code == code
    purchase.refresh_from_db()
    assert (purchase.po_number, numbers(purchase)) == ("4500001", ["INV-2026-000001"])
