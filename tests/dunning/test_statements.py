"""Month-end statements: who gets one, when, and what it lists."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import IntegrityError

from dunning.models import OwedStatement, Run, Statement
from errorlog.models import ErrorRecord
from mailing.models import Email
from partners.models import Partner
from partners.services import change_partner
from purchases.services.place import place_order
from tests.dunning.worker import at_nine, fresh, steps_of, works, works_daily
from tests.stories import MONDAY, a_client, a_partner, a_user, an_order, pays

if TYPE_CHECKING:
    from purchases.models import Purchase

pytestmark = pytest.mark.django_db

MARCH_31, APRIL_30 = date(2026, 3, 31), date(2026, 4, 30)


def an_order_of(partner: Partner, order: str, **fields: Any) -> Purchase:
    fields = {"source": "partner", "partner": partner, "external_id": order, **fields}
    return place_order(partner.client, an_order(**fields), by=None, at=MONDAY)


def statements_of(partner: Partner) -> list[tuple[str, list[str]]]:
    rows = Statement.objects.filter(partner=partner).order_by("on")
    return [(statement.on.isoformat(), statement.orders) for statement in rows]


def test_an_exempt_partner_gets_one_statement_a_month_instead_of_letters() -> None:
    partner = a_partner(a_client(), month_end_statement=True)
    second, first = an_order_of(partner, "N-2"), an_order_of(partner, "N-1")
    an_order_of(partner, "N-3", is_test=True)
    pays(first, "19.00", at=at_nine(date(2026, 3, 10)))
    works_daily(date(2026, 3, 2), date(2026, 4, 2))
    assert statements_of(partner) == [("2026-03-31", ["N-1", "N-2"])]
    pays(second, "119.00", at=at_nine(date(2026, 4, 10)))
    works_daily(date(2026, 4, 3), date(2026, 5, 4))
    assert statements_of(partner)[1:] == [("2026-04-30", ["N-1"])]
    assert steps_of(first) == steps_of(second) == []
    emails = Email.objects.filter(kind="partner_statement").order_by("pk")
    assert [(email.recipient, email.status) for email in emails] == [("ap@reseller.example", "SENT")] * 2
    assert [email.attachments.get().filename for email in emails] == ["STM-2026-000001.pdf", "STM-2026-000002.pdf"]


def test_nothing_unpaid_no_statement_and_other_partners_get_letters() -> None:
    client = a_client()
    exempt, dunned = a_partner(client, month_end_statement=True), a_partner(client)
    pays(an_order_of(exempt, "N-1"), "119.00")
    purchase = an_order_of(dunned, "N-2")
    works_daily(date(2026, 3, 30), date(2026, 4, 2))
    assert not Statement.objects.exists()
    assert steps_of(purchase) == [("pdn1", "2026-04-01")]


def test_a_missed_last_business_day_is_made_up_for_at_the_next_decision() -> None:
    partner = a_partner(a_client(), month_end_statement=True)
    an_order_of(partner, "N-1")
    works(date(2026, 3, 27))
    works_daily(date(2026, 4, 2), date(2026, 4, 5))
    assert statements_of(partner) == [("2026-04-02", ["N-1"])]


def test_an_order_after_the_last_business_day_waits_for_the_next_month() -> None:
    partner = a_partner(a_client(), month_end_statement=True)
    works_daily(date(2026, 5, 28), date(2026, 5, 29))  # the 29th is a Friday
    an_order_of(partner, "N-1")
    works_daily(date(2026, 5, 30), date(2026, 6, 29))
    assert statements_of(partner) == []
    works(date(2026, 6, 30))
    assert statements_of(partner) == [("2026-06-30", ["N-1"])]


def test_a_new_clients_first_run_makes_up_for_nothing() -> None:
    partner = a_partner(a_client(), month_end_statement=True)
    an_order_of(partner, "N-1")
    works(date(2026, 4, 1))
    assert statements_of(partner) == []


def test_one_partners_trouble_does_not_keep_the_others_statement_back() -> None:
    client = a_client()
    broken, fine = a_partner(client, month_end_statement=True), a_partner(client, month_end_statement=True)
    an_order_of(broken, "N-1")
    an_order_of(fine, "N-2")
    Partner.objects.filter(pk=broken.pk).update(email="nobody")
    run = works(MARCH_31)[0]
    assert statements_of(fine) == [("2026-03-31", ["N-2"])]
    assert statements_of(broken) == []
    assert run.counts["errors"] == 1
    assert ErrorRecord.objects.get().note == "“nobody” is not an e-mail address."


def test_a_statement_that_failed_is_made_as_soon_as_the_address_is_right() -> None:
    client = a_client()
    partner = a_partner(client, month_end_statement=True)
    an_order_of(partner, "N-1")
    Partner.objects.filter(pk=partner.pk).update(email="nobody")
    works_daily(MARCH_31, date(2026, 4, 7))
    assert statements_of(partner) == []
    assert ErrorRecord.objects.count() == 1
    a_partner(client, code=partner.code, month_end_statement=True, email="ap@reseller.example")
    an_order_of(partner, "N-2")
    works_daily(date(2026, 4, 8), date(2026, 4, 10))
    assert statements_of(partner) == [("2026-04-08", ["N-1", "N-2"])]
    works(APRIL_30)
    assert [on for on, _ in statements_of(partner)] == ["2026-04-08", "2026-04-30"]


def test_a_failed_statement_is_settled_by_payment_or_by_the_next_months() -> None:
    client = a_client()
    paying, slow = a_partner(client, month_end_statement=True), a_partner(client, month_end_statement=True)
    paid = an_order_of(paying, "N-1")
    an_order_of(slow, "N-2")
    Partner.objects.update(email="nobody")
    works(MARCH_31)
    assert OwedStatement.objects.count() == 2
    pays(paid, "119.00", at=at_nine(date(2026, 4, 1)))
    works(date(2026, 4, 2))
    assert [owed.partner for owed in OwedStatement.objects.all()] == [slow]
    works(APRIL_30)
    assert [owed.period.isoformat() for owed in OwedStatement.objects.all()] == ["2026-04-01"]
    Partner.objects.filter(pk=slow.pk).update(email="ap@reseller.example")
    works(date(2026, 5, 4))
    assert [(row.on.isoformat(), row.period.isoformat()) for row in Statement.objects.all()] == [
        ("2026-05-04", "2026-04-01")
    ]
    assert not OwedStatement.objects.exists()


@pytest.mark.parametrize("days_before", [1, 30])
def test_a_worker_that_died_after_the_statement_writes_no_second_one(days_before: int) -> None:
    partner = a_partner(a_client(), month_end_statement=True)
    works(MARCH_31 - timedelta(days=days_before))
    an_order_of(partner, "N-1")
    works(MARCH_31)
    Run.objects.filter(on=MARCH_31).update(finished_at=None)  # it died right before the end
    works(MARCH_31 + timedelta(days=1))
    assert statements_of(partner) == [("2026-03-31", ["N-1"])]
    assert not Run.objects.filter(finished_at=None).exists()


def test_a_worker_that_died_before_the_statement_on_its_very_first_day_makes_up_for_it() -> None:
    partner = a_partner(a_client(), month_end_statement=True)
    an_order_of(partner, "N-1")
    Run.objects.create(client=partner.client, on=MARCH_31, started_at=at_nine(MARCH_31))
    works(MARCH_31 + timedelta(days=1))
    assert statements_of(partner) == [("2026-04-01", ["N-1"])]


def test_a_partner_gets_one_statement_a_month_by_constraint() -> None:
    partner = a_partner(a_client(), month_end_statement=True)
    an_order_of(partner, "N-1")
    works(MARCH_31)
    row = Statement.objects.get()
    row.pk, row.on, row.document, row.email = None, MARCH_31 + timedelta(days=1), None, None
    with pytest.raises(IntegrityError, match=r"partner|month"):
        row.save(force_insert=True)


def test_a_partner_that_is_switched_from_statements_to_notices_gets_notices() -> None:
    partner = a_partner(a_client(), month_end_statement=True)
    purchase = an_order_of(partner, "N-1")
    works_daily(MARCH_31, date(2026, 4, 2))
    assert (fresh(purchase).next_action_on, steps_of(purchase)) == (None, [])
    change_partner(
        partner,
        status=partner.status,
        limit=partner.limit,
        scope=partner.scope,
        is_po_enabled=partner.is_po_enabled,
        valid_until=partner.valid_until,
        month_end_statement=False,
        comment="",
        by=a_user("platform_admin"),
        at=at_nine(date(2026, 4, 2)),
    )
    assert fresh(purchase).next_action_on == date(2026, 4, 2)
    works(date(2026, 4, 3))
    assert steps_of(purchase) == [("pdn1", "2026-04-03")]


def test_a_partner_that_is_registered_anew_with_statements_gets_no_more_notices() -> None:
    client = a_client()
    partner = a_partner(client)
    purchase = an_order_of(partner, "N-1")
    assert fresh(purchase).next_action_on == date(2026, 4, 1)
    a_partner(client, code=partner.code, month_end_statement=True)
    assert fresh(purchase).next_action_on is None
