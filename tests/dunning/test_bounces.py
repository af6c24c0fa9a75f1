"""A letter comes back: the ladder stops, the customer's next address is tried, somebody is asked to look."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from dunning.models import Notice, Settings
from dunning.selectors.why import why
from followups.models import FollowUp
from mailing.models import DeliveryReport, Email
from mailing.services.decide import cancel_email, note_bounce
from mailing.services.dsn import Report
from mailing.services.reports import note_report
from tests.dunning.worker import at_nine, fresh, hands_over, steps_of, works, works_daily
from tests.stories import a_client, a_customer, a_released_po, a_user, an_offline_order, pays

if TYPE_CHECKING:
    from purchases.models import Purchase

pytestmark = pytest.mark.django_db

DUE = date(2026, 4, 1)
NEXT = DUE + timedelta(days=1)


def a_po(*, delivery: str = "", payables: str = "") -> Purchase:
    """A due order of a customer with more addresses than one."""
    customer = a_customer()
    if delivery:
        customer = replace(customer, delivery=replace(customer.billing, email=delivery, last_name="Lieferung"))
    purchase = a_released_po(a_client(), customer=customer)
    purchase.customer.payables_email = payables
    purchase.customer.save()
    return purchase


def comes_back(kind: str = "pdn1", *, day: date = NEXT, recipient: str = "") -> None:
    """A report says that the newest letter could not be delivered."""
    rows = Email.objects.filter(kind=kind, recipient__contains=recipient).order_by("-pk")
    report = Report("bounced", rows[0].message_id, rows[0].recipient, "5.1.1 unknown user")
    note_report(report, source="mailbox", key=f"{rows[0].pk}", at=at_nine(day))


def test_bounce_without_another_address_holds_the_order_and_asks_somebody() -> None:
    purchase = a_po()
    works(DUE)
    comes_back()
    assert fresh(purchase).held_at is not None
    assert FollowUp.objects.get(reason="E-mail came back").note == "5.1.1 unknown user"
    works_daily(NEXT, date(2026, 4, 20))
    assert steps_of(purchase) == [("pdn1", "2026-04-01")]
    assert why(purchase).reason == "bounced"  # type: ignore[union-attr]


def test_bounce_tries_accounts_payable_and_the_ladder_goes_on_from_that_day() -> None:
    purchase = a_po(delivery="lager@werft.example", payables="ap@werft.example")
    works(DUE)
    comes_back()
    copy = Email.objects.get(kind="notice_copy")
    assert (copy.recipient, copy.status) == ("ap@werft.example", "QUEUED")
    assert (fresh(purchase).held_at, why(purchase).reason) == (None, "bounced")  # type: ignore[union-attr]
    hands_over(at_nine(NEXT))
    notice = Notice.objects.get()
    assert (notice.returned_at, notice.sent_on, notice.status) == (None, NEXT, "sent")
    assert why(purchase).next_on == NEXT + timedelta(days=14)  # type: ignore[union-attr]
    assert "Sent to accounts payable, ap@werft.example." in FollowUp.objects.get(reason="E-mail came back").note
    works_daily(date(2026, 4, 14), date(2026, 4, 17))
    assert steps_of(purchase)[-1] == ("pdn2", "2026-04-16")


def test_a_bounced_copy_goes_to_the_delivery_contact_and_then_to_nobody() -> None:
    purchase = a_po(delivery="lager@werft.example", payables="ap@werft.example")
    works(DUE)
    comes_back()
    hands_over(at_nine(NEXT))
    comes_back("notice_copy", recipient="ap@")
    hands_over(at_nine(NEXT))
    addresses = Email.objects.filter(kind="notice_copy").order_by("pk").values_list("recipient", "status")
    assert list(addresses) == [("ap@werft.example", "BOUNCED"), ("lager@werft.example", "SENT")]
    assert Notice.objects.get().returned_at is None
    comes_back("notice_copy", recipient="lager")
    assert Notice.objects.get().returned_at is not None
    assert fresh(purchase).held_at is not None
    asked = FollowUp.objects.filter(reason="E-mail came back").order_by("pk").values_list("note", flat=True)
    assert [note.partition("Sent to ")[2] for note in asked] == [
        "accounts payable, ap@werft.example.",
        "the delivery contact, lager@werft.example.",
        "",
    ]


@pytest.mark.parametrize(
    ("company", "email", "is_own"),
    [
        ("Endkunde AG", "it@endkunde.example", False),
        ("", "it@endkunde.example", False),
        ("Endkunde AG", "lager@werft.example", True),
        ("own", "lager@lager.example", True),
    ],
)
def test_a_resellers_end_customer_gets_no_notice(company: str, email: str, *, is_own: bool) -> None:
    customer = a_customer()
    company = customer.billing.company.upper() if company == "own" else company
    customer = replace(customer, delivery=replace(customer.billing, company=company, email=email))
    purchase = a_released_po(a_client(), customer=customer)
    works(DUE)
    comes_back()
    copies = list(Email.objects.filter(kind="notice_copy").values_list("recipient", flat=True))
    assert (copies, fresh(purchase).held_at is None) == ([email] if is_own else [], is_own)


def a_copied_po() -> Purchase:
    """A due order whose letters go to accounts payable, too."""
    purchase = a_po(payables="ap@werft.example")
    Settings.objects.create(client=purchase.client, is_copied_to_payables=True)
    works(DUE, mails=False)
    return purchase


def test_a_copy_that_waits_already_stands_in_for_the_letter() -> None:
    purchase = a_copied_po()
    Email.objects.filter(kind="pdn1").update(status="SENT", sent_at=at_nine(DUE))
    comes_back()
    assert (fresh(purchase).held_at, Notice.objects.get().returned_at) == (None, at_nine(NEXT))
    hands_over(at_nine(NEXT))
    notice = Notice.objects.get()
    assert (Email.objects.get(kind="notice_copy").status, notice.returned_at, notice.sent_on) == ("SENT", None, NEXT)


def test_a_copy_that_arrived_stands_in_for_the_letter_at_once() -> None:
    purchase = a_copied_po()
    hands_over(at_nine(DUE))
    comes_back()
    notice = Notice.objects.get()
    assert (fresh(purchase).held_at, notice.returned_at, notice.sent_on) == (None, None, DUE)
    assert "Sent to accounts payable" in FollowUp.objects.get(reason="E-mail came back").note


def test_a_stopped_copy_of_a_returned_letter_asks_somebody_to_look() -> None:
    purchase, boss = a_po(payables="ap@werft.example"), a_user("platform_finance")
    works(DUE)
    comes_back()
    cancel_email(Email.objects.get(kind="notice_copy"), by=boss, at=at_nine(NEXT), reason="She left")
    asked = FollowUp.objects.get(subject__contains="was not sent")
    assert asked.subject.endswith(f"{purchase.reference} was not sent to ap@werft.example: She left")


def test_a_copy_stopped_by_a_payment_asks_nobody() -> None:
    purchase = a_po(payables="ap@werft.example")
    works(DUE)
    comes_back()
    pays(purchase, "119.00", at=at_nine(NEXT))
    hands_over(at_nine(NEXT))
    assert Email.objects.get(kind="notice_copy").drop_reason == "Paid"
    assert not FollowUp.objects.filter(subject__contains="was not sent").exists()


def test_a_letter_refused_at_once_reaches_the_next_address_and_counts() -> None:
    purchase = a_po(payables="ap@werft.example")
    works(DUE, mails=False)
    letter = Email.objects.get(kind="pdn1")
    Email.objects.filter(pk=letter.pk).update(status="SENT", sent_at=at_nine(DUE))
    letter.refresh_from_db()
    note_bounce(letter, by=None, at=at_nine(NEXT), reason="550 no such user")
    hands_over(at_nine(NEXT))
    notice = Notice.objects.get()
    assert (notice.status, notice.sent_on, fresh(purchase).dunning_level) == ("sent", NEXT, 1)


def test_a_copy_that_only_went_along_comes_back_and_nothing_stops() -> None:
    purchase = a_po(payables="ap@werft.example")
    purchase.client.dunning_settings = None
    works(DUE)
    comes_back()
    hands_over(at_nine(NEXT))
    Email.objects.filter(kind="pdn1").update(status="SENT")  # as if the letter had arrived after all
    comes_back("notice_copy")
    assert (Notice.objects.get().returned_at, fresh(purchase).held_at) == (None, None)


def test_a_letter_that_counts_no_more_comes_back_and_nothing_stops() -> None:
    purchase = a_po(payables="ap@werft.example")
    works(DUE)
    Notice.objects.update(status="dropped", sent_on=None, drop_reason="refused by the relay")
    comes_back()
    assert (fresh(purchase).held_at, FollowUp.objects.filter(reason="E-mail came back").count()) == (None, 0)
    assert not Email.objects.filter(kind="notice_copy").exists()


def test_a_reminder_that_came_back_has_no_letter_to_send_elsewhere() -> None:
    order = an_offline_order(a_client())
    order.customer.payables_email = "ap@werft.example"
    order.customer.save()
    works(date(2026, 3, 9))
    comes_back("reminder1", day=date(2026, 3, 10))
    assert not Email.objects.filter(kind="notice_copy").exists()
    assert Notice.objects.get().returned_at is not None


def test_a_delay_is_only_noted() -> None:
    purchase = a_po()
    works(DUE)
    letter = Email.objects.get(kind="pdn1")
    note_report(Report("delayed", letter.message_id), source="mailbox", key="1", at=at_nine(NEXT))
    letter.refresh_from_db()
    assert (letter.status, DeliveryReport.objects.get().email) == ("SENT", letter)
    assert (fresh(purchase).held_at, FollowUp.objects.filter(reason="E-mail came back").count()) == (None, 0)


def test_a_complaint_asks_somebody_to_look_once() -> None:
    works_daily(a_po().due_on or DUE, DUE)
    letter = Email.objects.get(kind="pdn1")
    for key in ("1", "2"):
        note_report(
            Report("complained", letter.message_id, words="Feedback report: abuse"),
            source="webhook",
            key=key,
            at=at_nine(NEXT),
        )
    asked = FollowUp.objects.get(reason="Complaint")
    assert (asked.note, letter.reference in asked.subject) == ("Feedback report: abuse", True)
    Email.objects.filter(pk=letter.pk).update(reference="")
    note_report(Report("complained", letter.message_id), source="webhook", key="3", at=at_nine(NEXT))
    assert FollowUp.objects.filter(reason="Complaint").count() == 1
