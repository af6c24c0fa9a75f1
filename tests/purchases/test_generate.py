"""An e-mail written anew by hand: which fits, to whom it goes, in which language, and what the dialog shows."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from core.money import Money
from core.refused import Refused
from customers.models import Customer
from mailing.models import Email
from mailing.services.capture import CaptureTransport
from mailing.services.handover import hand_over_due
from mailing.states import Status as MailStatus
from purchases import emails
from purchases.models import HistoryEntry, LicenseKey, Purchase, PurchaseContact
from purchases.services.cancel import cancel_purchase
from purchases.services.generate import choices_for, draft_for, generate_email, recipients_of, usual_recipients
from purchases.services.place import OrderLine, place_order
from purchases.services.products import save_product
from purchases.services.refund import refund_purchase
from purchases.services.release import reject_purchase
from purchases.services.reversal import charge_back
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
    from accounts.models import Client, User

pytestmark = pytest.mark.django_db
LATER = days_later(3)


@pytest.fixture
def hafen() -> Client:
    return a_client()


@pytest.fixture
def rep() -> User:
    return a_user("platform_customer_service")


def fitting(purchase: Purchase) -> dict[str, str]:
    """What can be written, and why the usual ones can't."""
    return {choice.kind: choice.why_not for choice in choices_for(purchase, at=LATER)}


def written(purchase: Purchase, rep: User, kind: str = "delivery", **more: Any) -> list[Email]:
    chosen: dict[str, Any] = {"recipients": ["ap@werft.example"], "language": "en", "at": LATER, **more}
    return generate_email(purchase, kind=kind, by=rep, **chosen)


NOT_PAID = {"receipt": "It does not fit the status Purchase Order."}


def test_what_fits_depends_on_the_status(hafen: Client) -> None:
    admin = a_user("platform_admin")
    waits = place_order(hafen, an_order(), by=None, at=MONDAY)
    assert [kind for kind, why_not in fitting(waits).items() if not why_not] == ["po_received"]
    waiting = a_waiting_po(hafen)
    assert [kind for kind, why_not in fitting(waiting).items() if not why_not] == ["po_in_review"]
    released = a_released_po(hafen)
    assert fitting(released) == {**NOT_PAID, "delivery": "", "po_released": ""}
    offline = an_offline_order(hafen)
    assert fitting(offline) == {
        "receipt": "It does not fit the status Awaiting Offline Payment.",
        "delivery": "It does not fit the status Awaiting Offline Payment.",
        "order_confirmation": "",
        "payment_reminder": "",
    }
    paid = pays(released, "119.00")
    assert fitting(paid) == {"receipt": "", "delivery": ""}
    refunded = refund_purchase(paid, by=admin, at=LATER, reason="Goodwill", amount=Money(1900, "EUR"))
    assert fitting(refunded) == {"receipt": "", "delivery": "", "refund": ""}
    rejected = reject_purchase(waiting, by=admin, at=LATER, reason="No signature")
    assert [kind for kind, why_not in fitting(rejected).items() if not why_not] == ["po_rejected"]
    canceled = cancel_purchase(offline, by=admin, at=LATER, reason="Asked for it")
    assert [kind for kind, why_not in fitting(canceled).items() if not why_not] == ["cancellation"]


def test_what_was_not_delivered_or_owed_is_not_told(hafen: Client) -> None:
    prepaid = a_released_po(a_client("prepaid", delivery="prepaid"))
    prepaid.items.get().product.__class__.objects.update(download_url="https://get.example/pro")
    assert fitting(prepaid) == {**NOT_PAID, "delivery": "Nothing was delivered yet.", "po_released": ""}
    save_product(hafen, code="FREE", name="Hafen Free", prices=[Money(0, "EUR")], delivery="key", by=None, at=MONDAY)
    free = a_released_po(hafen, lines=[OrderLine("FREE", 1)])
    assert fitting(free) == {
        "receipt": "Nothing had to be paid.",
        "delivery": "Nothing was delivered yet.",
        "nothing_to_pay": "",
    }


@pytest.mark.parametrize(("kind", "language"), [("nothing", "en"), ("delivery", "xx"), ("payment_reminder", "en")])
def test_there_are_no_other_emails(hafen: Client, kind: str, language: str) -> None:
    with pytest.raises(Refused):
        draft_for(a_released_po(hafen), kind, language=language, at=LATER)


def test_papers_that_are_missing_are_named(hafen: Client) -> None:
    def why(purchase: Purchase, kind: str, **changes: Any) -> str:
        Purchase.objects.filter(pk=purchase.pk).update(**changes)
        purchase.refresh_from_db()
        with pytest.raises(Refused) as refused:
            draft_for(purchase, kind, language="en", at=LATER)
        return refused.value.message

    assert why(a_waiting_po(hafen), "po_received") == "The PO document is here."
    assert why(place_order(hafen, an_order(), by=None, at=MONDAY), "po_in_review") == "The PO document is not here."
    paid = pays(a_released_po(hafen), "119.00")
    assert why(paid, "nothing_to_pay") == "It is an order over an amount: the receipt fits."
    Purchase.objects.filter(pk=paid.pk).update(status="PRF")
    assert why(paid, "refund") == "Nothing was refunded."
    paid.documents.all().delete()
    assert why(paid, "receipt") == "No receipt or invoice was issued."
    released = a_released_po(hafen)
    released.documents.all().delete()
    assert why(released, "po_released") == "No invoice or pro-forma invoice was issued."


def test_it_is_queued_once_per_recipient_by_name_and_written_down(hafen: Client, rep: User) -> None:
    purchase = a_released_po(hafen, customer=replace(a_customer(), language="de"))
    queued = written(
        purchase, rep, "po_released", recipients=["Einkauf@werft.example", "ap@werft.example", "AP@werft.example"]
    )
    assert [(email.recipient, email.recipient_name, email.status) for email in queued] == [
        ("Einkauf@werft.example", "Jana Petersen", MailStatus.QUEUED),
        ("AP@werft.example", "", MailStatus.QUEUED),
    ]
    first, second = queued
    assert "Dear Jana Petersen," in first.body_text
    assert "Dear Sir or Madam," in second.body_text
    assert (first.language, first.created_at) == ("en", LATER)
    assert [part.filename for part in second.attachments.all()] == ["INV-2026-000001.pdf"]
    assert first.history.get().history_user == rep
    entry = HistoryEntry.objects.get(purchase=purchase, event="email")
    assert (entry.note, entry.by, entry.method) == (
        "PO released written anew for Einkauf@werft.example, AP@werft.example",
        rep,
        "email",
    )
    again = written(purchase, rep, "po_released", at=days_later(4))
    assert again[0] not in queued
    purchase.refresh_from_db()
    assert purchase.language == "de"


def test_a_refund_and_a_rejection_say_why_again(hafen: Client, rep: User) -> None:
    admin = a_user("platform_admin")
    paid = pays(a_released_po(hafen), "119.00")
    refund_purchase(paid, by=admin, at=LATER, reason="Goodwill", amount=Money(1900, "EUR"))
    (refund,) = written(paid, rep, "refund")
    assert "€19.00" in refund.subject
    assert "Goodwill" in refund.body_text
    rejected = reject_purchase(a_waiting_po(hafen), by=admin, at=LATER, reason="No signature")
    assert "No signature" in written(rejected, rep, "po_rejected")[0].body_text
    HistoryEntry.objects.filter(purchase=rejected).delete()
    assert "No signature" not in written(rejected, rep, "po_rejected", at=days_later(5))[0].body_text


def test_a_free_order_and_a_canceled_one_are_told_again(hafen: Client, rep: User) -> None:
    save_product(hafen, code="FREE", name="Hafen Free", prices=[Money(0, "EUR")], delivery="key", by=None, at=MONDAY)
    free = a_released_po(hafen, lines=[OrderLine("FREE", 1)])
    assert "Nothing has to be paid" in written(free, rep, "nothing_to_pay")[0].body_text
    canceled = cancel_purchase(a_released_po(hafen), by=rep, at=LATER, reason="Asked for it")
    assert written(canceled, rep, "cancellation")[0].attachments.get().filename.startswith("CRN-")


@pytest.mark.parametrize(
    ("recipients", "words"),
    [
        ([], "Choose who gets it."),
        (["nobody"], "“nobody” is not an e-mail address."),
        ([f"a{number}@b.example" for number in range(11)], "Choose at most 10 recipients."),
    ],
)
def test_somebody_has_to_get_it(hafen: Client, rep: User, recipients: list[str], words: str) -> None:
    purchase = a_released_po(hafen)
    before = Email.objects.count()
    with pytest.raises(Refused) as refused:
        written(purchase, rep, recipients=recipients)
    assert refused.value.message == words
    assert Email.objects.count() == before


def test_the_known_recipients_are_named_once_each(hafen: Client) -> None:
    purchase = a_released_po(hafen)
    PurchaseContact.objects.create(
        purchase=purchase, kind="delivery", first_name="Ole", last_name="Hansen", email="it@werft.example"
    )
    PurchaseContact.objects.create(purchase=purchase, kind="licensee", last_name="X", email="IT@werft.example")
    Customer.objects.filter(pk=purchase.customer_id).update(payables_email="ap@werft.example")
    purchase = Purchase.objects.with_parties().get(pk=purchase.pk)
    assert [(known.role, known.address, known.name) for known in recipients_of(purchase)] == [
        ("Billing", "einkauf@werft.example", "Jana Petersen"),
        ("Delivery", "it@werft.example", "Ole Hansen"),
        ("Accounts payable", "ap@werft.example", ""),
    ]
    PurchaseContact.objects.all().delete()
    purchase = Purchase.objects.with_parties().get(pk=purchase.pk)
    assert [known.name for known in recipients_of(purchase)] == ["Petersen", ""]


def test_a_reminder_by_hand_goes_out_only_while_something_is_open(hafen: Client, rep: User) -> None:
    purchase = an_offline_order(hafen)
    (first,) = written(purchase, rep, "payment_reminder")
    assert first.subject == f"Your order {purchase.reference}: we are waiting for your payment"
    hand_over_due(clock=lambda: LATER, transport=CaptureTransport())
    (second,) = written(purchase, rep, "payment_reminder", at=days_later(4))
    pays(purchase, "119.00", at=days_later(4))
    hand_over_due(clock=lambda: days_later(4), transport=CaptureTransport())
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status) == (MailStatus.SENT, MailStatus.CANCELED)
    assert second.drop_reason == "The purchase is Paid"


# The page ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def desk(rep: User) -> Browser:
    browser = Browser()
    browser.force_login(rep)
    return browser


def test_the_dialog_shows_the_email_before_it_is_queued(desk: Browser, hafen: Client) -> None:
    purchase = a_released_po(hafen)
    here = f"/purchases/{purchase.reference}/email/"
    shown = desk.get(
        here + "?kind=po_released&language=en&other=ap@werft.example&to=einkauf@werft.example"
    ).content.decode()
    assert f"Your purchase order {purchase.reference} is accepted" in shown
    assert f"/purchases/{purchase.reference}/documents/INV-2026-000001.pdf" in shown
    assert "Invoice (receipt): It does not fit the status Purchase Order." in unescape(shown)
    assert 'value="ap@werft.example"' in shown
    frame = unescape(shown.partition('<iframe class="m-frame" src="')[2].partition('"')[0])
    message = desk.get(frame)
    assert "sandbox" in message["Content-Security-Policy"]
    assert "Dear Jana Petersen," in message.content.decode()
    pane = desk.get(here + "preview/?kind=delivery&language=fr").content.decode()
    assert "Livraison de votre commande" in pane
    assert "It does not fit" in desk.get(here + "preview/?kind=receipt").content.decode()
    assert desk.get(here + "preview/?kind=receipt&as=html").status_code == 404
    assert not Email.objects.filter(dedupe_key__contains="by-hand").exists()


def test_the_boxes_are_ticked_as_the_product_would_send_it(desk: Browser, hafen: Client) -> None:
    purchase = a_released_po(hafen)
    PurchaseContact.objects.create(purchase=purchase, kind="delivery", last_name="Hansen", email="it@werft.example")
    here, billing, delivery = f"/purchases/{purchase.reference}/email/", "einkauf@werft.example", "it@werft.example"

    def ticked(page: Any) -> list[str]:
        boxes = re.findall(r'<input[^>]*name="to"[^>]*>', page.content.decode())
        return [address for box in boxes for address in re.findall(r'value="([^"]+)"', box) if "checked" in box]

    def changed(kind: str, **more: Any) -> list[str]:
        return ticked(desk.get(here + "preview/", {"kind": kind, "shown": "delivery", "to": [delivery], **more}))

    assert ticked(desk.get(here)) == [delivery]
    assert ticked(desk.get(here, {"kind": "po_released"})) == [billing]
    assert ticked(desk.get(here, {"kind": "po_released", "to": delivery})) == [delivery]
    assert changed("po_released") == [billing]
    assert changed("delivery", shown="po_released", to=[billing]) == [delivery]
    for mine in ({"to": [billing]}, {"shown": "po_released"}, {"to": [billing, delivery]}, {"shown": "nothing"}):
        assert changed("po_released", **mine) == []
    assert changed("delivery") == []
    assert changed("receipt") == []


def test_a_delivery_without_key_or_download_has_nothing_to_send(hafen: Client) -> None:
    purchase = a_released_po(hafen)
    LicenseKey.objects.filter(item__purchase=purchase).update(deactivated_at=LATER)
    assert fitting(purchase)["delivery"] == "It has no license key and no download to send."


def test_a_delivery_needs_only_the_address_it_goes_to(hafen: Client, rep: User) -> None:
    purchase = a_released_po(hafen)
    PurchaseContact.objects.create(purchase=purchase, kind="delivery", last_name="Hansen", email="it@werft.example")
    Purchase.objects.filter(pk=purchase.pk).update(billing_email="")
    purchase = Purchase.objects.with_parties().get(pk=purchase.pk)
    sent = emails.delivery(purchase, at=LATER, again="again")
    assert sent is not None
    assert sent.recipient == "it@werft.example"
    assert emails.po_received(purchase, at=LATER, again="again") is None
    purchase.contacts.all().delete()
    Purchase.objects.filter(pk=purchase.pk).update(billing_email="nobody")
    purchase = Purchase.objects.with_parties().get(pk=purchase.pk)
    assert usual_recipients(emails.delivery.draft(purchase, at=LATER)) == []


def test_it_is_queued_from_the_dialog_and_stands_on_top(desk: Browser, hafen: Client) -> None:
    purchase = a_released_po(hafen)
    here = f"/purchases/{purchase.reference}/email/"
    sent = {"kind": "delivery", "language": "de", "to": ["einkauf@werft.example"], "other": "it@werft.example; "}
    for wrong, words in (
        ({"other": "it@werft, x@y.example"}, "“it@werft” is not an e-mail address."),
        ({"to": [], "other": ""}, "Choose who gets it, or write an address."),
        ({"kind": "receipt"}, "Select a valid choice"),
        ({"kind": "", "to": ["nobody@else.example"]}, "Choose an e-mail"),
    ):
        answer = desk.post(here, {**sent, **wrong, "form_key": "a"})
        assert answer.status_code == 422
        assert words in unescape(answer.content.decode())
    answer = desk.post(here, {**sent, "form_key": "b"})
    assert (answer.status_code, answer["Location"]) == (302, f"/purchases/{purchase.reference}/?tab=delivery")
    desk.post(here, {**sent, "form_key": "b"})
    newest = list(Email.objects.newest_first().values_list("recipient", "status")[:2])
    assert newest == [("it@werft.example", "QUEUED"), ("einkauf@werft.example", "QUEUED")]
    tab = desk.get(f"/purchases/{purchase.reference}/?tab=delivery").content.decode()
    assert "Queued for einkauf@werft.example, it@werft.example." in tab
    assert tab.index("it@werft.example</span>") < tab.index("PO released")
    assert "row-menu" in tab
    assert "“Queue” is not possible in status Queued." in tab


def test_where_nothing_fits_the_dialog_says_why(desk: Browser, hafen: Client, rep: User) -> None:
    purchase = an_offline_order(hafen)
    Purchase.objects.filter(pk=purchase.pk).update(billing_email="")
    here = f"/purchases/{purchase.reference}/email/"
    alone = desk.post(here, {"kind": "payment_reminder", "language": "en", "other": ""})
    assert "Choose who gets it, or write an address." in alone.content.decode()
    charge_back(pays(purchase, "119.00"), by=rep, at=LATER, reason="The bank")
    shown = unescape(desk.get(here).content.decode())
    assert "No e-mail fits the status Charged Back." in shown
    assert "Delivery: It does not fit the status Charged Back." in shown
    auditor = Browser()
    auditor.force_login(a_user("auditor"))
    assert auditor.get(here).status_code == 403
    tab = auditor.get(f"/purchases/{purchase.reference}/?tab=delivery").content.decode()
    assert "row-menu" not in tab
    assert here not in tab


def test_the_tab_costs_the_same_for_one_email_and_three(desk: Browser, hafen: Client, rep: User) -> None:
    purchase = a_released_po(hafen)
    Email.objects.filter(kind="po_received").delete()

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            desk.get(f"/purchases/{purchase.reference}/?tab=delivery")
        return len(queries)

    cost()
    before = cost()
    written(purchase, rep, recipients=["a@b.example", "c@d.example"])
    assert cost() == before
