"""Every trap of dunning, one story each, under its own name. (What a bounce does: `test_bounces.py`.)"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from accounts.models import Client
from core.money import Money
from dunning.models import Notice, Promise
from dunning.selectors.why import why
from dunning.services.jobs import run_periodic_jobs
from dunning.services.pauses import hold_dunning, resume_dunning
from dunning.services.promises import promise_payment
from followups.models import FollowUp
from mailing.models import Email
from purchases.models import Document, Purchase
from purchases.services.place import OrderLine, place_order
from purchases.services.policy import set_policy
from purchases.services.reversal import charge_back
from tests.dunning.worker import at_nine, emails_of, fresh, hands_over, steps_of, works, works_daily
from tests.stories import MONDAY, POLICY, a_client, a_customer, a_partner, a_released_po, a_user, an_order, pays

pytestmark = pytest.mark.django_db

DUE = date(2026, 4, 1)
PDN2 = date(2026, 4, 15)


def reason_of(purchase: Purchase) -> str:
    line = why(purchase)
    return line.reason if line else ""


def test_trap_two_pos_of_one_customer() -> None:
    """Each climbs its own ladder: the payment of one neither stops nor speeds up the other."""
    client = a_client()
    first, second = a_released_po(client), a_released_po(client, at=MONDAY + timedelta(days=5))
    assert first.customer_id == second.customer_id
    works_daily(DUE, DUE)
    pays(first, "119.00", at=at_nine(DUE))
    works_daily(DUE + timedelta(days=1), date(2026, 4, 20))
    assert steps_of(first) == [("pdn1", "2026-04-01")]
    assert steps_of(second) == [("pdn1", "2026-04-06"), ("pdn2", "2026-04-20")]


def test_trap_worker_down_three_days() -> None:
    """The missed letter goes out once, and the distance counts from it."""
    purchase = a_released_po(a_client())
    works_daily(DUE - timedelta(days=2), DUE - timedelta(days=1))
    works_daily(DUE + timedelta(days=3), DUE + timedelta(days=17))
    assert steps_of(purchase) == [("pdn1", "2026-04-04"), ("pdn2", "2026-04-18")]


def test_trap_run_twice_a_day() -> None:
    purchase = a_released_po(a_client())
    for hours in (0, 1, 5):
        run_periodic_jobs(at=at_nine(DUE) + timedelta(hours=hours))
    assert steps_of(purchase) == [("pdn1", "2026-04-01")]
    assert Email.objects.filter(kind="pdn1").count() == 1


def test_trap_hold_lifted_does_not_fire_at_once() -> None:
    """Lifted after the day's run: the letter waits for the next day's."""
    purchase, boss = a_released_po(a_client()), a_user("platform_admin")
    hold_dunning(purchase, by=boss, at=MONDAY, reason="asked")
    works_daily(DUE, DUE + timedelta(days=2))
    resume_dunning(purchase, by=boss, at=at_nine(DUE + timedelta(days=2)) + timedelta(hours=1))
    works(DUE + timedelta(days=2))
    assert steps_of(purchase) == []
    works(DUE + timedelta(days=3))
    assert steps_of(purchase) == [("pdn1", "2026-04-04")]


def test_trap_payment_between_proposal_and_sending() -> None:
    """Decided, then paid: the letter is dropped with that reason (a proposal's: `test_approval.py`)."""
    purchase = a_released_po(a_client())
    works(DUE, mails=False)
    pays(purchase, "119.00", at=at_nine(DUE))
    hands_over(at_nine(DUE) + timedelta(minutes=1))
    notice = Notice.objects.get()
    assert (notice.status, notice.drop_reason) == ("dropped", "Paid")
    assert ("pdn1", "einkauf@werft.example", "CANCELED") in emails_of(purchase)


def test_trap_part_payment() -> None:
    """The letters ask for what is open; nothing is canceled by itself."""
    purchase = a_released_po(a_client())
    pays(purchase, "19.00", at=at_nine(date(2026, 3, 20)))
    works_daily(DUE, date(2026, 5, 20))
    assert [notice.open_minor for notice in Notice.objects.order_by("pk")] == [10_000] * 4
    letter = Document.objects.get(kind="PDN1").data
    assert letter["values"]["open"] == "100,00\xa0€"
    assert (fresh(purchase).status, reason_of(purchase)) == ("WPO", "partly_paid")


def test_trap_mixed_currencies() -> None:
    """Each letter speaks of its own order's currency; nothing is added up over currencies."""
    client = a_client()
    lines = [OrderLine("PRO", 1, unit_price=Money(5_000, "USD"))]
    euros, dollars = a_released_po(client), a_released_po(client, currency="USD", lines=lines)
    works(DUE)
    letters = Document.objects.filter(kind="PDN1").order_by("pk")
    found = {letter.purchase_id: letter.data["values"]["open"] for letter in letters}
    assert found == {euros.pk: "119,00\xa0€", dollars.pk: "59,50\xa0$"}


def test_trap_no_e_mail() -> None:
    """No silence: somebody is asked, and the letter goes out once there is an address."""
    purchase = a_released_po(a_client(), customer=a_customer(email=""))
    works_daily(DUE, DUE + timedelta(days=1))
    assert (steps_of(purchase), reason_of(purchase)) == ([], "no_email")
    assert FollowUp.objects.filter(purchase=purchase, reason="No e-mail address").count() == 1
    Purchase.objects.filter(pk=purchase.pk).update(billing_email="new@werft.example")
    works(DUE + timedelta(days=2))
    assert steps_of(purchase) == [("pdn1", "2026-04-03")]


def test_trap_policy_changed_while_on_the_ladder() -> None:
    """The order keeps the policy it was placed under; only new orders follow the new one."""
    client, boss = a_client(), a_user("platform_admin")
    old = a_released_po(client)
    works(DUE)
    set_policy(client, values={**POLICY, "dunning": False}, by=boss, at=at_nine(DUE))
    new = a_released_po(client, at=at_nine(DUE))
    works_daily(DUE + timedelta(days=1), date(2026, 5, 11))
    assert [step for step, _ in steps_of(old)] == ["pdn1", "pdn2", "pdn3", "notification", "canceled"]
    assert (steps_of(new), reason_of(new)) == ([], "dunning_off")


def test_trap_reopened_purchase() -> None:
    """Paid after the first letter, then charged back: what was sent stays sent, and nothing is sent twice."""
    purchase, boss = a_released_po(a_client()), a_user("platform_admin")
    works(DUE)
    pays(purchase, "119.00", at=at_nine(DUE))
    charge_back(fresh(purchase), by=boss, at=at_nine(PDN2), reason="the bank took it back")
    works_daily(PDN2, date(2026, 6, 30))
    assert [step for step, _ in steps_of(purchase)].count("pdn1") == 1
    assert steps_of(purchase) == [("pdn1", "2026-04-01")]


@pytest.mark.parametrize(
    ("zone", "paid_at", "outcome"),
    [
        ("Pacific/Kiritimati", datetime(2026, 3, 10, 9, 59, tzinfo=UTC), "kept"),  # 23:59 there
        ("Pacific/Kiritimati", datetime(2026, 3, 10, 10, 1, tzinfo=UTC), "broken"),
        ("Pacific/Pago_Pago", datetime(2026, 3, 11, 10, 59, tzinfo=UTC), "kept"),  # 23:59 there
        ("Pacific/Pago_Pago", datetime(2026, 3, 11, 11, 1, tzinfo=UTC), "broken"),
    ],
)
def test_trap_promise_until_midnight_in_which_zone(zone: str, paid_at: datetime, outcome: str) -> None:
    """The client's."""
    client = a_client()
    Client.objects.filter(pk=client.pk).update(time_zone=zone)
    purchase = fresh(a_released_po(Client.objects.get(pk=client.pk)))
    promise_payment(purchase, by=a_user("platform_admin"), at=MONDAY, until=date(2026, 3, 10))
    pays(purchase, "119.00", at=paid_at)
    assert Promise.objects.get().outcome == outcome


def test_trap_test_order() -> None:
    purchase = a_released_po(a_client(), is_test=True)
    works_daily(DUE - timedelta(days=1), date(2026, 5, 12))
    assert (steps_of(purchase), reason_of(purchase), fresh(purchase).status) == ([], "test_order", "WPO")


def test_trap_exempt_partner() -> None:
    """No notice, no cancel: a statement at the end of the month."""
    client = a_client()
    partner = a_partner(client, month_end_statement=True)
    purchase = place_order(client, an_order(source="partner", partner=partner), by=None, at=MONDAY)
    works_daily(date(2026, 3, 30), date(2026, 5, 12))
    assert (steps_of(purchase), reason_of(purchase), fresh(purchase).status) == ([], "exempt_partner", "WPO")
    assert [statement.period for statement in partner.statements.order_by("period")] == [
        date(2026, 3, 1),
        date(2026, 4, 1),
    ]
