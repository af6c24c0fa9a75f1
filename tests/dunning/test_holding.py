"""Holds, disputes and promises: of one order, of all of a customer's or partner's; what became of them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from core.money import Money
from core.refused import Refused
from dunning.models import AccountHold, Promise, Settings
from dunning.selectors.facts import facts_of, facts_of_all
from dunning.selectors.payers import last_promises, promises_of
from dunning.selectors.why import why
from dunning.services.account_holds import end_account_hold, hold_account
from dunning.services.holding import hold, resume
from dunning.services.promises import promise_payment
from followups.models import FollowUp
from purchases.models import BankLine, BankStatement, HistoryEntry, LineStatus, Purchase
from purchases.services.banking import Part, book_line, split_line
from purchases.services.cancel import cancel_purchase
from purchases.services.place import place_order
from tests.dunning.worker import at_nine, fresh, hands_over, steps_of, works, works_daily
from tests.stories import MONDAY, a_client, a_partner, a_released_po, a_user, a_waiting_po, an_order, pays

if TYPE_CHECKING:
    from accounts.models import Client, User

pytestmark = pytest.mark.django_db

DUE = date(2026, 4, 1)


def logged_in(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


def reason_of(purchase: Purchase) -> str:
    line = why(purchase)
    return line.reason if line else ""


def of_partner(client: Any) -> tuple[Any, Purchase]:
    partner = a_partner(client, limit="5000.00")
    return partner, place_order(client, an_order(source="partner", partner=partner), by=None, at=MONDAY)


def test_a_customers_hold_stops_all_its_orders_also_later_ones_and_nobody_elses() -> None:
    client, boss = a_client(), a_user("platform_admin")
    first = a_released_po(client)
    other = a_released_po(a_client("elbe"))
    hold_account(first.customer, by=boss, at=MONDAY, reason="asked")
    later = a_released_po(client)
    assert later.customer_id == first.customer_id
    works_daily(DUE - timedelta(days=1), DUE)
    assert (steps_of(first), steps_of(later)) == ([], [])
    assert steps_of(other) == [("pdn1", "2026-04-01")]
    line = why(first)
    assert line is not None
    assert (line.reason, line.numbers["scope"]) == ("held", "customer")
    end_account_hold(AccountHold.objects.get(), by=boss, at=at_nine(DUE), reason="settled")
    assert steps_of(first) == []
    works(DUE + timedelta(days=1))
    assert steps_of(first) == steps_of(later) == [("pdn1", "2026-04-02")]


def test_a_partners_hold_stops_its_orders_until_its_last_day() -> None:
    client, boss = a_client(), a_user("platform_admin")
    partner, theirs = of_partner(client)
    mine = a_released_po(client)
    hold_account(partner, by=boss, at=MONDAY, reason="asked", until=DUE)
    works_daily(DUE, DUE + timedelta(days=1))
    assert steps_of(theirs) == [("pdn1", "2026-04-02")]
    assert steps_of(mine) == [("pdn1", "2026-04-01")]


def test_a_letter_on_its_way_is_dropped_when_the_customer_is_held() -> None:
    purchase = a_released_po(a_client())
    works(DUE, mails=False)
    hold_account(purchase.customer, by=a_user("platform_admin"), at=at_nine(DUE), reason="asked", kind="dispute")
    hands_over(at_nine(DUE))
    assert steps_of(purchase) == []
    assert [notice.drop_reason for notice in purchase.notices.all()] == ["Disputed"]


def test_of_several_holds_the_strongest_end_wins() -> None:
    client, boss = a_client(), a_user("platform_admin")
    partner, purchase = of_partner(client)
    hold(purchase, by=boss, at=MONDAY, reason="x", until=DUE)
    hold(purchase, by=boss, at=MONDAY, reason="x", until=DUE + timedelta(days=5), scope="partner", kind="dispute")
    facts = facts_of(fresh(purchase))
    assert (facts.hold_until, facts.is_disputed, facts.hold_scope) == (DUE + timedelta(days=5), True, "partner")
    hold(purchase, by=boss, at=MONDAY, reason="x", scope="customer")
    facts = facts_of(fresh(purchase))
    assert (facts.hold_until, facts.is_disputed, facts.hold_scope) == (None, False, "customer")
    assert facts_of_all([fresh(purchase)])[purchase.pk] == facts
    assert AccountHold.objects.filter(partner=partner).count() == 1


def test_a_second_hold_of_a_customer_replaces_the_first_and_ending_it_twice_is_refused() -> None:
    purchase, boss = a_released_po(a_client()), a_user("platform_admin")
    first = hold_account(purchase.customer, by=boss, at=MONDAY, reason="one")
    second = hold_account(purchase.customer, by=boss, at=MONDAY, reason="two", until=DUE)
    first.refresh_from_db()
    assert (first.end_reason, second.ended_at) == ("Replaced by another hold", None)
    with pytest.raises(Refused, match="was ended already"):
        end_account_hold(first, by=boss, at=MONDAY)


def test_an_order_without_a_partner_has_none_to_hold() -> None:
    with pytest.raises(Refused, match="has no partner"):
        hold(a_released_po(a_client()), by=a_user("platform_admin"), at=MONDAY, reason="x", scope="partner")


def test_resume_ends_what_is_chosen_and_nothing_else() -> None:
    purchase, boss = a_released_po(a_client()), a_user("platform_admin")
    hold(purchase, by=boss, at=MONDAY, reason="x")
    hold(purchase, by=boss, at=MONDAY, reason="x", scope="customer")
    resume(purchase, by=boss, at=MONDAY, scopes=["customer"])
    assert fresh(purchase).held_at is not None
    assert AccountHold.objects.get().ended_at == MONDAY
    resume(purchase, by=boss, at=MONDAY)
    assert fresh(purchase).held_at is None


def test_a_dialog_that_is_out_of_date_ends_no_hold_that_nobody_chose() -> None:
    client = a_client()
    purchase, boss = a_released_po(client), a_user("platform_admin")
    hold(purchase, by=boss, at=MONDAY, reason="wrong goods", kind="dispute")
    end_account_hold(hold_account(purchase.customer, by=boss, at=MONDAY, reason="asked"), by=boss, at=MONDAY)
    sent = logged_in(a_user("client_admin", client)).post(
        f"/dunning/{purchase.reference}/resume/", {"scopes": "customer"}
    )
    assert sent.status_code == 422
    assert "This hold was ended meanwhile: choose among those that stand." in sent.text
    with pytest.raises(Refused, match="This hold was ended already"):
        resume(purchase, by=boss, at=MONDAY, scopes=["customer"])
    assert fresh(purchase).is_disputed


def test_a_dispute_has_its_own_badge_and_ends_by_resuming() -> None:
    purchase, boss = a_released_po(a_client()), a_user("platform_admin")
    hold(purchase, by=boss, at=MONDAY, reason="wrong quantity", kind="dispute")
    assert reason_of(purchase) == "disputed"
    resume(purchase, by=boss, at=MONDAY, scopes=["order"])
    assert (reason_of(purchase), fresh(purchase).is_disputed) == ("not_yet", False)


def test_the_dialogs_offer_what_there_is_and_say_what_stands() -> None:
    client = a_client()
    partner, purchase = of_partner(client)
    browser = logged_in(a_user("client_admin", client))
    home = f"/dunning/{purchase.reference}"
    asked = browser.get(f"{home}/hold/").text
    assert f"All orders of the partner {partner.company}" in asked
    assert "until midnight in Europe/Berlin" in asked
    data = {"reason": "wrong goods", "kind": "dispute", "scope": "partner", "until": "2031-01-05"}
    assert browser.post(f"{home}/hold/", data, follow=True).status_code == 200
    browser.post(f"{home}/hold/", {"reason": "asked", "kind": "hold", "scope": "order"})
    resumed = browser.get(f"{home}/resume/").text
    assert f"All orders of the partner {partner.company}: disputed until Jan 5, 2031." in resumed
    assert "this hold replaces the other" in browser.get(f"{home}/hold/").text
    assert f"{partner.company}" in browser.get(f"/partners/{partner.pk}/").text
    browser.post(f"{home}/resume/", {"scopes": "partner"})
    assert AccountHold.objects.get().ended_at is not None
    assert "What ends" not in browser.get(f"{home}/resume/").text
    browser.post(f"{home}/resume/", {})
    assert fresh(purchase).held_at is None


def test_a_promise_is_kept_broken_replaced_or_no_longer_needed() -> None:
    client, boss = a_client(), a_user("platform_admin")
    kept, late, broken, replaced, ended = (a_released_po(client) for _ in range(5))
    for purchase in (kept, late, broken, replaced, ended):
        promise_payment(purchase, by=boss, at=MONDAY, until=date(2026, 3, 10), note="by phone")
    promise_payment(replaced, by=boss, at=MONDAY, until=date(2026, 9, 10))
    pays(kept, "119.00", at=at_nine(date(2026, 3, 10)))
    pays(late, "119.00", at=at_nine(date(2026, 3, 11)) - timedelta(hours=2))  # before that day's decision
    cancel_purchase(ended, by=boss, at=at_nine(date(2026, 3, 9)), reason="withdrawn")
    works_daily(date(2026, 3, 10), date(2026, 3, 12))
    assert {
        name: [promise.outcome for promise in last_promises(purchase)]
        for name, purchase in {"kept": kept, "late": late, "broken": broken, "twice": replaced, "ended": ended}.items()
    } == {
        "kept": ["kept"],
        "late": ["broken"],
        "broken": ["broken"],
        "twice": ["open", "replaced"],
        "ended": ["withdrawn"],
    }
    assert str(promises_of(kept.customer)) == "1 of 3 kept (33 %)"
    assert HistoryEntry.objects.get(purchase=broken, event="promise_broken").note == (
        "The promise to pay by 2026-03-10 was broken"
    )


def test_a_promise_is_kept_by_money_that_was_there_in_time_and_booked_later() -> None:
    client, boss = a_client(), a_user("platform_admin")
    early, noon, late = (a_released_po(client) for _ in range(3))
    until, after = date(2026, 3, 10), at_nine(date(2026, 3, 11))
    statement = BankStatement.objects.create(
        client=client, format="mt940", filename="a.sta", sha256="1", currency="EUR", imported_at=after, imported_by=boss
    )

    def books(purchase: Purchase, booked_on: date, at: datetime) -> None:
        line = BankLine.objects.create(
            client=client,
            statement=statement,
            position=purchase.pk,
            fingerprint=purchase.reference,
            booked_on=booked_on,
            amount_minor=11_900,
            currency="EUR",
            status=LineStatus.UNMATCHED,
        )
        book_line(line, reference=purchase.reference, by=boss, at=at)

    for purchase in (early, noon, late):
        promise_payment(purchase, by=boss, at=MONDAY, until=until)
    books(early, until, after - timedelta(hours=3))  # before the morning's decision
    works(date(2026, 3, 11))
    assert [last_promises(one)[0].outcome for one in (early, noon, late)] == ["kept", "broken", "broken"]
    books(noon, until, after + timedelta(hours=3))
    books(late, date(2026, 3, 11), after + timedelta(hours=3))
    assert [last_promises(one)[0].outcome for one in (early, noon, late)] == ["kept", "kept", "broken"]
    assert HistoryEntry.objects.get(event="promise_kept").purchase == noon


def a_line(client: Client, amount: int, booked_on: date, *, by: User) -> BankLine:
    """Money that the bank booked on a day and that nobody matched yet."""
    number = BankLine.objects.count() + 1
    statement = BankStatement.objects.create(
        client=client, format="mt940", filename="a.sta", sha256=str(number), currency="EUR", imported_at=MONDAY,
        imported_by=by,
    )  # fmt: skip
    return BankLine.objects.create(
        client=client, statement=statement, position=1, fingerprint=f"line {number}", booked_on=booked_on,
        amount_minor=amount, currency="EUR", status=LineStatus.UNMATCHED,
    )  # fmt: skip


def test_a_promise_is_kept_by_parts_that_together_are_enough_and_by_a_part_of_a_larger_payment() -> None:
    client, boss = a_client(), a_user("platform_admin")
    first, second = a_released_po(client), a_released_po(client)
    until, after = date(2026, 3, 10), at_nine(date(2026, 3, 11))
    for purchase in (first, second):
        promise_payment(purchase, by=boss, at=MONDAY, until=until)
    pays(first, "50.00", at=at_nine(date(2026, 3, 5)))
    works(date(2026, 3, 11))
    assert [last_promises(one)[0].outcome for one in (first, second)] == ["broken", "broken"]
    parts = [Part(first.reference, Money(6_900, "EUR")), Part(second.reference, Money(11_900, "EUR"))]
    split_line(a_line(client, 18_800, until, by=boss), parts=parts, by=boss, at=after)
    assert [last_promises(one)[0].outcome for one in (first, second)] == ["kept", "kept"]


def test_a_promise_is_kept_by_money_in_time_whatever_came_on_top_later() -> None:
    client, boss = a_client(), a_user("platform_admin")
    kept, broken = a_released_po(client), a_released_po(client)
    until, after = date(2026, 3, 10), at_nine(date(2026, 3, 12))
    for purchase in (kept, broken):
        promise_payment(purchase, by=boss, at=MONDAY, until=until)
        late = a_line(client, 2_000, date(2026, 3, 12), by=boss)
        book_line(late, reference=purchase.reference, by=boss, at=after)
    for purchase, amount in ((kept, 11_900), (broken, 9_900)):
        in_time = a_line(client, amount, until, by=boss)
        book_line(in_time, reference=purchase.reference, by=boss, at=after)
    assert [last_promises(one)[0].outcome for one in (kept, broken)] == ["kept", "broken"]


def test_promises_that_are_open_or_absent_say_nothing_about_the_payer() -> None:
    purchase = a_released_po(a_client())
    assert str(promises_of(purchase.customer)) == "none yet"
    promise_payment(purchase, by=a_user("platform_admin"), at=MONDAY, until=DUE)
    assert str(promises_of(purchase.customer)) == "1 open, none settled yet"


def test_a_broken_promise_resumes_at_the_right_level_and_says_so() -> None:
    purchase, boss = a_released_po(a_client()), a_user("platform_admin")
    works_daily(DUE, date(2026, 4, 10))
    promise_payment(purchase, by=boss, at=at_nine(date(2026, 4, 10)), until=date(2026, 4, 20))
    works_daily(date(2026, 4, 11), date(2026, 4, 21))
    assert steps_of(purchase) == [("pdn1", "2026-04-01"), ("pdn2", "2026-04-21")]
    line = purchase.explanations.get(step="pdn2")
    assert line.numbers["broken_promise"] == "2026-04-20"
    assert FollowUp.objects.filter(purchase=purchase, reason="Broken promise").count() == 1
    assert Promise.objects.get().outcome == "broken"
    works(date(2026, 4, 22))
    assert "broken_promise" not in why(purchase).numbers  # type: ignore[union-attr]


def test_the_promise_dialog_tells_the_ratio_and_the_zone() -> None:
    client = a_client()
    purchase = a_released_po(client)
    page = logged_in(a_user("client_admin", client)).get(f"/dunning/{purchase.reference}/promise/").text
    assert "Promises of this customer so far: none yet." in page
    assert "until midnight in Europe/Berlin" in page


def test_holds_of_accounts_cost_no_query_per_purchase() -> None:
    client, boss = a_client(), a_user("platform_admin")
    purchases = [fresh(a_released_po(client)) for _ in range(3)]
    hold_account(purchases[0].customer, by=boss, at=MONDAY, reason="asked")
    with CaptureQueriesContext(connection) as queries:
        found = facts_of_all(purchases)
    assert len(queries) == 2
    assert all(facts.is_held for facts in found.values())


def test_only_an_unpaid_purchase_order_is_promised() -> None:
    boss = a_user("platform_admin")
    purchase = a_released_po(a_client())
    pays(purchase, "119.00")
    for act in (partial(promise_payment, until=DUE), partial(hold, reason="x"), resume):
        with pytest.raises(Refused, match="only an unpaid purchase order is dunned"):
            act(purchase, by=boss, at=MONDAY)


def test_a_hold_of_a_customer_is_told_to_its_purchase_orders_alone() -> None:
    client, boss = a_client(), a_user("platform_admin")
    waiting, owing = a_waiting_po(client), a_released_po(client)
    assert waiting.customer_id == owing.customer_id
    hold_account(owing.customer, by=boss, at=MONDAY, reason="asked")
    told = [entry.purchase_id for entry in HistoryEntry.objects.filter(reason="asked")]
    assert told == [owing.pk]


def test_a_hold_over_many_orders_costs_as_many_queries_as_one_over_few() -> None:
    client, boss = a_client(), a_user("platform_admin")
    partner = a_partner(client, limit="100000.00")

    def costs() -> list[int]:
        found = []
        with CaptureQueriesContext(connection) as queries:
            standing = hold_account(partner, by=boss, at=at_nine(DUE), reason="asked")
        found.append(len(queries))
        with CaptureQueriesContext(connection) as queries:
            end_account_hold(standing, by=boss, at=at_nine(DUE))
        return [*found, len(queries)]

    orders = [a_released_po(client, partner=partner) for _ in range(2)]
    few = costs()
    orders += [a_released_po(client, partner=partner) for _ in range(5)]
    assert costs() == few
    assert {reason_of(fresh(order)) for order in orders} == {"due"}
    hold_account(partner, by=boss, at=at_nine(DUE), reason="asked")
    assert {reason_of(fresh(order)) for order in orders} == {"held"}
    assert {fresh(order).next_action_on for order in orders} == {None}


def test_ending_a_hold_tells_that_the_days_run_has_proposed_the_step_and_waits() -> None:
    client, boss = a_client(), a_user("platform_admin")
    Settings.objects.create(client=client, is_approved_by_person=True)
    first, second = a_released_po(client), a_released_po(client)
    works(DUE)
    assert {reason_of(order) for order in (first, second)} == {"awaiting_approval"}
    standing = hold_account(first.customer, by=boss, at=at_nine(DUE), reason="asked")
    assert {reason_of(order) for order in (first, second)} == {"held"}
    end_account_hold(standing, by=boss, at=at_nine(DUE))
    assert {reason_of(order) for order in (first, second)} == {"awaiting_approval"}
