"""The ladder on real rows: letters, hand-over, what stops them, and what people do about it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

import pytest

from core.refused import Refused
from dunning.models import Explanation, Notice, ResponseLink, Run
from dunning.selectors.why import timeline, why, why_on
from dunning.services.jobs import run_periodic_jobs
from dunning.services.notices import mark_returned
from dunning.services.pauses import (
    extend_due_date,
    hold_dunning,
    keep_active,
    resume_dunning,
)
from dunning.services.promises import promise_payment
from errorlog.models import ErrorRecord
from followups.models import FollowUp
from mailing.models import Email
from mailing.services.decide import cancel_email, note_bounce, send_email
from purchases.models import Document, HistoryEntry, Purchase
from purchases.services.cancel import cancel_purchase
from purchases.services.place import OrderLine, place_order
from tests.dunning.worker import at_nine, emails_of, fresh, hands_over, steps_of, works, works_daily
from tests.stories import (
    MONDAY,
    a_client,
    a_customer,
    a_partner,
    a_released_po,
    a_user,
    a_waiting_po,
    an_offline_order,
    an_order,
    pays,
)

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.django_db

RELEASED = MONDAY.date()  # March 2nd, 2026
DUE = date(2026, 4, 1)
PDN2, PDN3, NOTIFIED = date(2026, 4, 15), date(2026, 4, 29), date(2026, 5, 6)
CANCELED = date(2026, 5, 11)


def test_an_unpaid_order_climbs_the_whole_ladder_and_is_canceled() -> None:
    client = a_client()
    purchase = a_released_po(client)
    works_daily(RELEASED, CANCELED + timedelta(days=3))
    assert steps_of(purchase) == [
        ("pdn1", "2026-04-01"),
        ("pdn2", "2026-04-15"),
        ("pdn3", "2026-04-29"),
        ("notification", "2026-05-06"),
        ("canceled", "2026-05-11"),
    ]
    purchase = fresh(purchase)
    assert (purchase.status, purchase.dunning_level, purchase.next_action_on) == ("CAN", 3, None)
    kinds = [(kind, recipient) for kind, recipient, _ in emails_of(purchase)]
    customer, merchant = "einkauf@werft.example", client.email
    assert kinds[-7:] == [
        ("pdn1", customer),
        ("pdn2", customer),
        ("pdn3", customer),
        ("cancellation_announced", customer),
        ("client_notification", merchant),
        ("cancellation", customer),
        ("client_canceled", merchant),
    ]
    assert {status for *_, status in emails_of(purchase)} == {"SENT"}
    numbers = Document.objects.filter(purchase=purchase, kind__startswith="PDN").order_by("pk")
    assert [document.number for document in numbers] == ["PDN1-2026-000001", "PDN2-2026-000001", "PDN3-2026-000001"]
    events = HistoryEntry.objects.filter(purchase=purchase, by=None).order_by("pk").values_list("event", flat=True)
    assert [event for event in events if event in {"pdn1", "pdn2", "pdn3", "notification", "canceled"}] == [
        "pdn1",
        "pdn2",
        "pdn3",
        "notification",
        "canceled",
    ]
    assert FollowUp.objects.filter(purchase=purchase, reason="Canceled after delivery").count() == 1


def test_every_answer_is_written_once_and_every_past_day_can_be_explained() -> None:
    purchase = a_released_po(a_client())
    works_daily(RELEASED, date(2026, 4, 20))
    lines = Explanation.objects.filter(purchase=purchase).order_by("pk")
    assert [(line.on.isoformat(), line.step, line.reason, line.coming) for line in lines] == [
        ("2026-03-02", "", "not_yet", "document_expired"),
        ("2026-03-02", "", "awaiting_review", ""),
        ("2026-03-02", "", "not_yet", "pdn1"),
        ("2026-04-01", "pdn1", "due", "pdn1"),
        ("2026-04-01", "", "not_yet", "pdn2"),
        ("2026-04-15", "pdn2", "due", "pdn2"),
        ("2026-04-15", "", "not_yet", "pdn3"),
    ]
    past = why_on(purchase, date(2026, 4, 10))
    now = why(purchase)
    assert past is not None
    assert now is not None
    assert (past.coming, past.next_on) == ("pdn2", PDN2)
    assert (now.coming, now.next_on) == ("pdn3", PDN3)
    assert why_on(purchase, date(2026, 3, 1)) is None


def test_a_level_counts_from_the_real_hand_over() -> None:
    purchase = a_released_po(a_client())
    works(DUE, mails=False)
    assert fresh(purchase).dunning_level == 0
    works(date(2026, 4, 15), mails=False)  # the relay is still down: no second letter
    assert steps_of(purchase) == [("pdn1", "2026-04-01")]
    hands_over(at_nine(date(2026, 4, 17)))
    assert fresh(purchase).dunning_level == 1
    works_daily(date(2026, 4, 18), date(2026, 5, 1))
    assert steps_of(purchase) == [("pdn1", "2026-04-01"), ("pdn2", "2026-05-01")]


def test_after_an_outage_the_missed_letter_goes_out_once_and_the_next_one_14_days_later() -> None:
    purchase = a_released_po(a_client())
    works(date(2026, 4, 25))
    works_daily(date(2026, 4, 26), date(2026, 5, 10))
    assert steps_of(purchase) == [("pdn1", "2026-04-25"), ("pdn2", "2026-05-09")]


def _pay(purchase: Purchase) -> None:
    pays(purchase, "119.00", at=at_nine(DUE))


def _hold(purchase: Purchase) -> None:
    hold_dunning(purchase, by=a_user("platform_admin"), at=at_nine(DUE), reason="dispute")


def _promise(purchase: Purchase) -> None:
    promise_payment(purchase, by=a_user("platform_admin"), at=at_nine(DUE), until=DUE + timedelta(days=5))


def _extend(purchase: Purchase) -> None:
    extend_due_date(purchase, by=a_user("platform_admin"), at=at_nine(DUE), due_on=date(2026, 4, 9), reason="asked")


def _cancel(purchase: Purchase) -> None:
    cancel_purchase(purchase, by=a_user("platform_admin"), at=at_nine(DUE), reason="withdrawn")


@pytest.mark.parametrize(
    ("happens", "reason"),
    [
        (_pay, "Paid"),
        (_hold, "Held"),
        (_promise, "Promised"),
        (_extend, "The due date was extended"),
        (_cancel, "Canceled"),
    ],
)
def test_what_happens_between_decision_and_hand_over_drops_the_letter(
    happens: Callable[[Purchase], None], reason: str
) -> None:
    purchase = a_released_po(a_client())
    works(DUE, mails=False)
    happens(fresh(purchase))
    hands_over(at_nine(DUE) + timedelta(minutes=5))
    notice = Notice.objects.get(purchase=purchase)
    assert (notice.status, notice.drop_reason) == ("dropped", reason)
    assert [status for kind, _, status in emails_of(purchase) if kind == "pdn1"] == ["CANCELED"]
    assert fresh(purchase).dunning_level == 0


def test_an_order_that_becomes_a_partners_exempt_one_gets_no_letter() -> None:
    client = a_client()
    partner = a_partner(client)
    purchase = place_order(client, an_order(source="partner", partner=partner), by=None, at=MONDAY)
    works(DUE, mails=False)
    partner.month_end_statement = True
    partner.save()
    hands_over(at_nine(DUE))
    assert Notice.objects.get(purchase=purchase).drop_reason == "Exempt partner"


def test_a_dropped_level_is_free_again_once_nothing_blocks() -> None:
    purchase = a_released_po(a_client())
    works(DUE, mails=False)
    _promise(purchase)
    hands_over(at_nine(DUE))
    works_daily(DUE + timedelta(days=1), date(2026, 4, 8))
    assert steps_of(purchase) == [("pdn1", "2026-04-07")]
    assert FollowUp.objects.get(purchase=purchase, category="payment").reason == "Broken promise"


def test_a_person_who_cancels_the_letter_in_the_outbox_only_puts_it_off() -> None:
    purchase = a_released_po(a_client())
    works(DUE, mails=False)
    email = Email.objects.get(kind="pdn1")
    cancel_email(email, by=a_user("platform_admin"), at=at_nine(DUE), reason="wrong address")
    works(DUE + timedelta(days=1))
    assert steps_of(purchase) == [("pdn1", "2026-04-02")]


def test_a_copy_of_a_sent_letter_goes_out_while_the_order_is_unpaid_and_not_afterwards() -> None:
    boss = a_user("platform_admin")
    purchase = a_released_po(a_client())
    works_daily(DUE, PDN2)
    first = Email.objects.get(kind="pdn1")
    copy = send_email(first, by=boss, at=at_nine(PDN2))
    hands_over(at_nine(PDN2))
    copy.refresh_from_db()
    assert (copy.original_id, copy.status) == (first.pk, "SENT")
    assert steps_of(purchase) == [("pdn1", "2026-04-01"), ("pdn2", "2026-04-15")]
    late = send_email(first, by=boss, at=at_nine(PDN2) + timedelta(hours=1))
    pays(purchase, "119.00", at=at_nine(PDN2) + timedelta(hours=2))
    hands_over(at_nine(PDN2) + timedelta(hours=3))
    late.refresh_from_db()
    assert (late.status, late.drop_reason) == ("CANCELED", "Paid")
    assert [notice.status for notice in Notice.objects.filter(purchase=purchase)] == ["sent", "sent"]


def test_a_copy_of_the_first_letter_goes_out_also_after_the_second_and_shortly_before_the_third() -> None:
    boss = a_user("platform_admin")
    purchase = a_released_po(a_client())
    works_daily(DUE, PDN2)
    for day in (PDN2 + timedelta(days=1), PDN3):
        copy = send_email(Email.objects.get(kind="pdn1", original=None), by=boss, at=at_nine(day))
        works(day)
        copy.refresh_from_db()
        assert (copy.status, copy.drop_reason) == ("SENT", "")
    assert steps_of(purchase) == [("pdn1", "2026-04-01"), ("pdn2", "2026-04-15"), ("pdn3", "2026-04-29")]


def test_a_copy_of_the_announcement_is_guarded_as_the_announcement_was() -> None:
    boss = a_user("platform_admin")
    purchase = a_released_po(a_client())
    works_daily(DUE, NOTIFIED)
    announcement = Email.objects.get(kind="cancellation_announced")
    copy = send_email(announcement, by=boss, at=at_nine(NOTIFIED) + timedelta(hours=1))
    hands_over(at_nine(NOTIFIED) + timedelta(hours=1))
    copy.refresh_from_db()
    assert copy.status == "SENT"
    late = send_email(announcement, by=boss, at=at_nine(NOTIFIED) + timedelta(hours=2))
    keep_active(purchase, by=boss, at=at_nine(NOTIFIED) + timedelta(hours=3))
    hands_over(at_nine(NOTIFIED) + timedelta(hours=4))
    late.refresh_from_db()
    assert (late.status, late.drop_reason) == ("CANCELED", "Kept active")


def test_an_announcement_that_nobody_decided_does_not_go_out() -> None:
    purchase = a_released_po(a_client())
    works_daily(DUE, PDN3)
    works(NOTIFIED, mails=False)
    Email.objects.filter(kind="cancellation_announced").update(created_at=MONDAY)
    hands_over(at_nine(NOTIFIED))
    email = Email.objects.get(kind="cancellation_announced")
    assert (email.status, email.drop_reason) == ("CANCELED", "No notice is on record for it")
    assert steps_of(purchase)[-1][0] == "notification"


def test_held_until_a_day_the_ladder_goes_on_the_day_after_and_resumed_with_the_next_run() -> None:
    boss = a_user("platform_admin")
    until, open_ended = a_released_po(a_client()), a_released_po(a_client("elbe"))
    hold_dunning(until, by=boss, at=at_nine(DUE - timedelta(days=2)), reason="dispute", until=DUE + timedelta(days=1))
    hold_dunning(open_ended, by=boss, at=at_nine(DUE - timedelta(days=2)), reason="dispute")
    works_daily(DUE - timedelta(days=1), DUE + timedelta(days=4))
    assert steps_of(until) == [("pdn1", "2026-04-03")]
    assert steps_of(open_ended) == []
    resume_dunning(open_ended, by=boss, at=at_nine(DUE + timedelta(days=4)) + timedelta(hours=2), reason="settled")
    assert steps_of(open_ended) == []
    works(DUE + timedelta(days=5))
    assert steps_of(open_ended) == [("pdn1", "2026-04-06")]
    assert fresh(open_ended).held_at is None


def test_what_is_not_held_can_not_be_resumed_and_only_unpaid_orders_are_paused() -> None:
    boss = a_user("platform_admin")
    client = a_client()
    purchase, waiting = a_released_po(client), a_waiting_po(client)
    with pytest.raises(Refused, match="is not held"):
        resume_dunning(purchase, by=boss, at=MONDAY)
    acts: list[Callable[[], Purchase]] = [
        partial(hold_dunning, waiting, by=boss, at=MONDAY, reason="x"),
        partial(promise_payment, waiting, by=boss, at=MONDAY, until=DUE),
        partial(resume_dunning, waiting, by=boss, at=MONDAY),
        partial(extend_due_date, waiting, by=boss, at=MONDAY, due_on=DUE, reason="x"),
    ]
    for act in acts:
        with pytest.raises(Refused, match="only an unpaid purchase order is dunned"):
            act()
    with pytest.raises(Refused, match="between the delinquency notification and its cancel"):
        keep_active(purchase, by=None, at=MONDAY)
    with pytest.raises(Refused, match="after today"):
        extend_due_date(purchase, by=boss, at=MONDAY, due_on=DUE, reason="x")


def test_a_promise_covers_its_day_and_a_broken_one_opens_one_follow_up() -> None:
    purchase = a_released_po(a_client())
    promise_payment(purchase, by=a_user("platform_admin"), at=MONDAY, until=date(2026, 3, 10))
    works_daily(RELEASED, date(2026, 3, 20))
    follow_up = FollowUp.objects.get(purchase=purchase, reason="Broken promise")
    assert follow_up.due_at == at_nine(date(2026, 3, 11))
    assert why(purchase).coming == "pdn1"  # type: ignore[union-attr]
    works_daily(date(2026, 3, 21), DUE)
    assert steps_of(purchase) == [("pdn1", "2026-04-01")]


def test_a_kept_promise_opens_no_follow_up() -> None:
    purchase = a_released_po(a_client())
    promise_payment(purchase, by=a_user("platform_admin"), at=MONDAY, until=date(2026, 3, 10))
    pays(purchase, "119.00", at=at_nine(date(2026, 3, 9)))
    works_daily(date(2026, 3, 9), date(2026, 3, 13))
    assert not FollowUp.objects.filter(reason="Broken promise").exists()


def test_a_broken_promise_on_a_test_order_is_nobodys_work() -> None:
    purchase = a_released_po(a_client(), is_test=True)
    promise_payment(purchase, by=a_user("platform_admin"), at=MONDAY, until=date(2026, 3, 10))
    assert fresh(purchase).next_action_on == date(2026, 3, 11)
    works_daily(date(2026, 3, 10), date(2026, 3, 12))
    assert fresh(purchase).next_action_on is None
    assert not FollowUp.objects.filter(reason="Broken promise").exists()


def test_kept_active_after_the_notification_nothing_more_happens() -> None:
    purchase = a_released_po(a_client())
    works_daily(RELEASED, NOTIFIED)
    keep_active(purchase, by=None, at=at_nine(NOTIFIED) + timedelta(hours=1))
    keep_active(purchase, by=None, at=at_nine(NOTIFIED) + timedelta(hours=2))
    works_daily(NOTIFIED + timedelta(days=1), date(2026, 6, 30))
    assert steps_of(purchase)[-1] == ("notification", "2026-05-06")
    assert fresh(purchase).status == "WPO"
    assert why(purchase).reason == "kept_active"  # type: ignore[union-attr]


def test_extended_after_the_notification_the_cancel_follows_the_new_due_date() -> None:
    purchase = a_released_po(a_client())
    works_daily(RELEASED, NOTIFIED)
    extend_due_date(purchase, by=None, at=at_nine(NOTIFIED), due_on=date(2026, 5, 20), reason="asked")
    works_daily(NOTIFIED + timedelta(days=1), date(2026, 7, 10))
    # 35 days after May 20th is June 24th; the third business day after it is the 29th
    assert steps_of(purchase)[-1] == ("canceled", "2026-06-29")


def test_money_on_it_letters_go_on_with_the_open_amount_but_no_cancel_ever() -> None:
    purchase = a_released_po(a_client())
    pays(purchase, "19.00", at=at_nine(date(2026, 4, 20)))
    works_daily(RELEASED, date(2026, 6, 30))
    notices = Notice.objects.filter(purchase=purchase).order_by("pk")
    assert [(notice.step, notice.open_minor) for notice in notices] == [
        ("pdn1", 10_000),
        ("pdn2", 10_000),
        ("pdn3", 10_000),
        ("notification", 10_000),
    ]
    assert fresh(purchase).status == "WPO"
    assert not Email.objects.filter(kind="cancellation_announced").exists()


def test_without_a_cancel_step_the_ladder_ends_with_the_third_letter_and_without_dunning_it_never_begins() -> None:
    gentle = a_released_po(a_client(cancel_step=False))
    off = a_released_po(a_client("off", dunning=False))
    test = a_released_po(a_client("test"), is_test=True)
    works_daily(RELEASED, date(2026, 6, 30))
    assert [step for step, _ in steps_of(gentle)] == ["pdn1", "pdn2", "pdn3"]
    assert steps_of(off) == steps_of(test) == []
    assert [why(row).reason for row in (gentle, off, test)] == [  # type: ignore[union-attr]
        "ladder_ends",
        "dunning_off",
        "test_order",
    ]


def test_no_document_before_the_deadline_cancels_test_orders_too() -> None:
    client = a_client(document_deadline_days=10)
    real = place_order(client, an_order(), by=None, at=MONDAY)
    test = place_order(client, an_order(is_test=True), by=None, at=MONDAY)
    there = a_waiting_po(client)
    works_daily(RELEASED, date(2026, 3, 20))
    assert steps_of(real) == steps_of(test) == [("document_expired", "2026-03-12")]
    assert steps_of(there) == []
    assert [kind for kind, *_ in emails_of(real)][-1] == "document_expired"
    assert fresh(real).status == "CAN"


def test_an_offline_order_is_reminded_twice_and_then_canceled_but_not_with_money_on_it() -> None:
    client = a_client(dunning=False)
    unpaid, part = an_offline_order(client), an_offline_order(client)
    pays(part, "1.00")
    works_daily(RELEASED, date(2026, 4, 10))
    reminders = [("reminder1", "2026-03-09"), ("reminder2", "2026-03-16")]
    assert steps_of(unpaid) == [*reminders, ("offline_expired", "2026-04-01")]
    assert steps_of(part) == reminders
    assert [kind for kind, *_ in emails_of(unpaid)][-3:] == ["reminder1", "reminder2", "offline_expired"]


def test_after_an_outage_an_offline_order_gets_one_step_a_day() -> None:
    purchase = an_offline_order(a_client())
    works_daily(date(2026, 4, 10), date(2026, 4, 14))
    assert steps_of(purchase) == [
        ("reminder1", "2026-04-10"),
        ("reminder2", "2026-04-11"),
        ("offline_expired", "2026-04-12"),
    ]


def test_without_an_e_mail_address_somebody_is_asked_once_and_the_letter_waits() -> None:
    purchase = a_released_po(a_client(), customer=a_customer(email=""))
    works_daily(DUE, DUE + timedelta(days=5))
    assert steps_of(purchase) == []
    assert FollowUp.objects.filter(purchase=purchase, reason="No e-mail address").count() == 1
    assert Explanation.objects.filter(purchase=purchase, reason="no_email").count() == 1
    Purchase.objects.filter(pk=purchase.pk).update(billing_email="new@werft.example")
    works(DUE + timedelta(days=6))
    assert steps_of(purchase) == [("pdn1", "2026-04-07")]


def test_a_letter_that_came_back_stops_the_ladder_until_a_person_resumes_it() -> None:
    purchase = a_released_po(a_client())
    works(DUE)
    boss = a_user("platform_admin")
    note_bounce(Email.objects.get(kind="pdn1"), by=boss, at=at_nine(DUE + timedelta(days=1)), reason="unknown user")
    works_daily(DUE + timedelta(days=1), date(2026, 4, 20))
    assert steps_of(purchase) == [("pdn1", "2026-04-01")]
    assert why(purchase).reason == "bounced"  # type: ignore[union-attr]
    assert FollowUp.objects.filter(purchase=purchase, reason="E-mail came back").count() == 1
    resume_dunning(purchase, by=boss, at=at_nine(date(2026, 4, 20)), reason="address corrected")
    works(date(2026, 4, 21))
    assert steps_of(purchase)[-1] == ("pdn2", "2026-04-21")


def test_a_letter_refused_for_good_is_decided_again_after_it_was_looked_at() -> None:
    purchase = a_released_po(a_client())
    works(DUE, mails=False)
    notice = Notice.objects.get(purchase=purchase)
    mark_returned(notice, at=at_nine(DUE), words="550 no such user")
    mark_returned(notice, at=at_nine(DUE), words="550 no such user")
    Email.objects.filter(kind="pdn1").update(status="FAILED", relay_reply="550 no such user")
    works(DUE + timedelta(days=1))
    assert why(purchase).reason == "bounced"  # type: ignore[union-attr]
    resume_dunning(purchase, by=a_user("platform_admin"), at=at_nine(DUE + timedelta(days=2)))
    works(DUE + timedelta(days=3))
    assert steps_of(purchase) == [("pdn1", "2026-04-04")]
    assert fresh(purchase).dunning_level == 1


def test_a_refused_letter_that_was_resumed_and_then_canceled_is_dropped_once() -> None:
    boss = a_user("platform_admin")
    purchase = a_released_po(a_client())
    works(DUE, mails=False)
    notice = Notice.objects.get(purchase=purchase)
    Email.objects.filter(kind="pdn1").update(status="FAILED", relay_reply="550 no such user")
    mark_returned(notice, at=at_nine(DUE), words="550 no such user")
    resume_dunning(purchase, by=boss, at=at_nine(DUE + timedelta(days=1)))
    cancel_email(Email.objects.get(kind="pdn1"), by=boss, at=at_nine(DUE + timedelta(days=1)), reason="tidied up")
    notice.refresh_from_db()
    assert (notice.status, notice.drop_reason) == ("dropped", "refused by the relay")
    assert not HistoryEntry.objects.filter(purchase=purchase, event="pdn1_dropped").exists()
    works(DUE + timedelta(days=2))
    assert steps_of(purchase) == [("pdn1", "2026-04-03")]


def test_an_offline_orders_refused_reminder_is_looked_at_resumed_and_the_order_expires() -> None:
    boss = a_user("platform_admin")
    purchase = an_offline_order(a_client())
    works(RELEASED + timedelta(days=7), mails=False)
    reminder = Notice.objects.get(purchase=purchase)
    with pytest.raises(Refused, match="is not held"):
        resume_dunning(purchase, by=boss, at=at_nine(RELEASED + timedelta(days=7)))
    mark_returned(reminder, at=at_nine(RELEASED + timedelta(days=7)), words="550 no such user")
    Email.objects.filter(kind="reminder1").update(status="FAILED", relay_reply="550 no such user")
    works_daily(RELEASED + timedelta(days=8), RELEASED + timedelta(days=10))
    assert why(purchase).reason == "bounced"  # type: ignore[union-attr]
    resume_dunning(purchase, by=boss, at=at_nine(RELEASED + timedelta(days=10)) + timedelta(hours=1))
    works_daily(RELEASED + timedelta(days=11), RELEASED + timedelta(days=31))
    assert [step for step, _ in steps_of(purchase)] == ["reminder1", "reminder2", "offline_expired"]
    assert fresh(purchase).status == "CAN"


def test_only_a_stopped_or_accepted_order_is_resumed() -> None:
    purchase = a_waiting_po(a_client())
    with pytest.raises(Refused, match="only an unpaid purchase order is dunned"):
        resume_dunning(purchase, by=a_user("platform_admin"), at=at_nine(DUE))


def test_an_offline_order_without_an_address_expires_without_reminders() -> None:
    client = a_client()
    purchase = an_offline_order(client)
    Purchase.objects.filter(pk=purchase.pk).update(billing_email="")
    works_daily(RELEASED + timedelta(days=1), RELEASED + timedelta(days=31))
    assert steps_of(purchase) == [("offline_expired", "2026-04-01")]
    assert fresh(purchase).status == "CAN"
    assert FollowUp.objects.filter(purchase=purchase, reason="No e-mail address").count() == 1


def test_an_order_at_a_discount_of_100_percent_is_not_dunned() -> None:
    client = a_client()
    lines = [OrderLine("PRO", 1, discount_percent=Decimal(100))]
    purchase = a_released_po(client, lines=lines)
    works_daily(DUE - timedelta(days=1), CANCELED)
    assert (purchase.gross_minor, steps_of(purchase)) == (0, [])
    assert fresh(purchase).next_action_on is None


def test_one_purchases_trouble_is_entered_and_the_others_letters_go_out() -> None:
    client = a_client()
    broken, fine = a_released_po(client), a_released_po(client)
    Purchase.objects.filter(pk=broken.pk).update(currency="???")  # no letter can be worded in it
    runs = works(DUE)
    assert steps_of(broken) == []
    assert steps_of(fine) == [("pdn1", "2026-04-01")]
    entry = ErrorRecord.objects.get(reference=broken.reference)
    assert (entry.type, entry.client) == ("unexpected", client)
    assert runs[0].counts == {"steps": {"pdn1": 1}, "waits": {}, "errors": 1}
    Purchase.objects.filter(pk=broken.pk).update(currency="EUR")
    works(DUE + timedelta(days=1))
    assert steps_of(broken) == [("pdn1", "2026-04-02")]


def test_paid_or_canceled_links_of_the_notification_are_useless() -> None:
    purchase = a_released_po(a_client())
    works_daily(RELEASED, NOTIFIED)
    assert ResponseLink.objects.get().revoked_at is None
    pays(purchase, "119.00", at=at_nine(NOTIFIED))
    assert ResponseLink.objects.get().revoked_at == at_nine(NOTIFIED)


def test_the_timeline_tells_past_and_forecast() -> None:
    purchase = a_released_po(a_client())
    works(DUE)
    shown = timeline(fresh(purchase), DUE)
    assert [(rung.step, rung.on, rung.state) for rung in shown.rungs] == [
        ("pdn1", DUE, "done"),
        ("pdn2", PDN2, "coming"),
        ("pdn3", PDN3, "coming"),
        ("notification", NOTIFIED, "coming"),
        ("canceled", CANCELED, "coming"),
    ]
    assert [rung.is_past for rung in shown.rungs] == [True, False, False, False, False]


def test_the_timeline_shows_what_is_due_today_before_the_decision_and_what_was_dropped() -> None:
    purchase = a_released_po(a_client())
    assert timeline(fresh(purchase), DUE).rungs[0].on == DUE
    works(DUE, mails=False)
    assert timeline(fresh(purchase), DUE).rungs[0].state == "pending"
    _hold(purchase)
    hands_over(at_nine(DUE))
    shown = timeline(fresh(purchase), DUE)
    assert [(rung.state, rung.note) for rung in shown.rungs] == [("dropped", "Held")]


def test_a_day_is_decided_once() -> None:
    client = a_client()
    a_released_po(client)
    works(DUE)
    assert works(DUE) == []
    assert [(run.on, run.counts["steps"]) for run in Run.objects.filter(client=client)] == [(DUE, {"pdn1": 1})]


def test_before_eight_in_the_clients_zone_nothing_is_decided() -> None:
    purchase = a_released_po(a_client())
    assert run_periodic_jobs(at=datetime(2026, 4, 1, 5, 59, tzinfo=UTC)).runs == []  # 07:59 in Berlin
    assert len(run_periodic_jobs(at=datetime(2026, 4, 1, 6, 0, tzinfo=UTC)).runs) == 1
    assert steps_of(purchase) == [("pdn1", "2026-04-01")]
