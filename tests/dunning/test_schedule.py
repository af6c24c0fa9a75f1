"""The ladder as tables, and a year of simulated days against a second opinion."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dunning.schedule import CANCELS, Decision, Facts, Reason, Step, against_copy, decide, forecast
from tests.dunning.reference import Life, Reference

DUE = date(2026, 4, 1)  # a Wednesday; Good Friday is the 3rd, Easter Monday the 6th
ORDERED = date(2026, 3, 2)
LONG_AGO = date(2026, 1, 1)


def po(**changes: Any) -> Facts:
    """An accepted purchase order of Hamburg, due on April 1st, 2026."""
    facts: dict[str, Any] = {
        "status": "WPO",
        "ordered_on": ORDERED,
        "due_on": DUE,
        "gross_minor": 10_000,
        "country": "DE",
        "subdivision": "HH",
    }
    return Facts(**{**facts, **changes})


def sent(*days: date) -> dict[Step, date]:
    """Letters of the ladder handed over on these days."""
    return dict(zip([Step.PDN1, Step.PDN2, Step.PDN3, Step.NOTIFICATION], days, strict=False))


APRIL_15, APRIL_29, MAY_6 = date(2026, 4, 15), date(2026, 4, 29), date(2026, 5, 6)
FULL = sent(DUE, APRIL_15, APRIL_29, MAY_6)
MAY_11 = date(2026, 5, 11)  # the third business day after May 6th

LADDER = [
    # the ladder, day by day
    (po(), DUE - timedelta(days=1), None, Reason.NOT_YET, DUE),
    (po(), DUE, Step.PDN1, Reason.DUE, DUE),
    (po(), DUE + timedelta(days=40), Step.PDN1, Reason.DUE, DUE + timedelta(days=40)),
    (po(sent=sent(DUE)), APRIL_15 - timedelta(days=1), None, Reason.NOT_YET, APRIL_15),
    (po(sent=sent(DUE)), APRIL_15, Step.PDN2, Reason.DUE, APRIL_15),
    (po(sent=sent(DUE, APRIL_15)), APRIL_29, Step.PDN3, Reason.DUE, APRIL_29),
    (po(sent=sent(DUE, APRIL_15, APRIL_29)), MAY_6, Step.NOTIFICATION, Reason.DUE, MAY_6),
    (po(sent=FULL), MAY_11 - timedelta(days=1), None, Reason.NOT_YET, MAY_11),
    (po(sent=FULL), MAY_11, Step.CANCELED, Reason.DUE, MAY_11),
    (po(sent=FULL, cancel_after_business_days=2), date(2026, 5, 8), Step.CANCELED, Reason.DUE, date(2026, 5, 8)),
    # after an outage: the distance counts from the day of the real hand-over
    (po(sent=sent(date(2026, 4, 20))), APRIL_29, None, Reason.NOT_YET, date(2026, 5, 4)),
    # a letter on its way or returned stops everything
    (po(pending=Step.PDN1), DUE + timedelta(days=30), None, Reason.ON_ITS_WAY, None),
    (po(sent=sent(DUE), is_bounced=True), APRIL_15, None, Reason.BOUNCED, None),
    (po(has_email=False), DUE, None, Reason.NO_EMAIL, DUE + timedelta(days=1)),
    # one step a day
    (po(last_step_on=DUE), DUE, None, Reason.ONE_A_DAY, DUE + timedelta(days=1)),
    # holds: `until` is the last held day; without one, open-ended
    (po(is_held=True), DUE - timedelta(days=9), None, Reason.HELD, None),
    (po(is_held=True, hold_until=DUE), DUE, None, Reason.HELD, DUE + timedelta(days=1)),
    (po(is_held=True, hold_until=DUE), DUE + timedelta(days=1), Step.PDN1, Reason.DUE, DUE + timedelta(days=1)),
    (po(is_held=True, hold_until=DUE - timedelta(days=1)), DUE - timedelta(days=3), None, Reason.NOT_YET, DUE),
    (po(is_held=True, hold_until=LONG_AGO), DUE, Step.PDN1, Reason.DUE, DUE),
    # promises likewise; of two blocks the later one decides
    (po(promised_until=DUE), DUE, None, Reason.PROMISED, DUE + timedelta(days=1)),
    (po(promised_until=DUE), DUE + timedelta(days=1), Step.PDN1, Reason.DUE, DUE + timedelta(days=1)),
    (
        po(is_held=True, hold_until=DUE, promised_until=DUE + timedelta(days=3)),
        DUE,
        None,
        Reason.PROMISED,
        DUE + timedelta(days=4),
    ),
    (
        po(is_held=True, hold_until=DUE + timedelta(days=5), promised_until=DUE),
        DUE,
        None,
        Reason.HELD,
        DUE + timedelta(days=6),
    ),
    (po(hold_until=DUE), DUE, Step.PDN1, Reason.DUE, DUE),  # resumed: an old `until` means nothing
    # a cancel day missed by a hold: the first decision after it, no second notification
    (po(sent=FULL, is_held=True, hold_until=MAY_11), date(2026, 5, 12), Step.CANCELED, Reason.DUE, date(2026, 5, 12)),
    # money: letters go on, the cancel does not
    (po(paid_minor=1), DUE, Step.PDN1, Reason.DUE, DUE),
    (po(sent=FULL, paid_minor=1), MAY_11, None, Reason.PARTLY_PAID, None),
    # never
    (po(is_test=True), DUE, None, Reason.TEST_ORDER, None),
    (po(is_exempt_partner=True), DUE, None, Reason.EXEMPT_PARTNER, None),
    (po(dunning=False), DUE, None, Reason.DUNNING_OFF, None),
    (po(sent=FULL, is_kept_active=True), MAY_11, None, Reason.KEPT_ACTIVE, None),
    (po(sent=sent(DUE, APRIL_15, APRIL_29), cancel_step=False), MAY_6, None, Reason.LADDER_ENDS, None),
    (po(sent=sent(DUE, APRIL_15), cancel_step=False), APRIL_29, Step.PDN3, Reason.DUE, APRIL_29),
    # a due date extended after the notification: the cancel follows the new one (due + 35 days, 3 business days)
    (po(sent=FULL, due_on=date(2026, 4, 20)), MAY_11, None, Reason.NOT_YET, date(2026, 5, 28)),
    # the same where no holiday hides the 35th day: Wednesday May 20th, then Thursday, Friday, Tuesday after Whitsun
    (po(sent=FULL, due_on=APRIL_15), MAY_11, None, Reason.NOT_YET, date(2026, 5, 26)),
    (po(sent=FULL, due_on=APRIL_15), date(2026, 5, 26), Step.CANCELED, Reason.DUE, None),
    # nothing is owed: an order at 100 % discount
    (po(gross_minor=0), DUE, None, Reason.CLOSED, None),
    (po(gross_minor=0, sent=FULL), MAY_11, None, Reason.CLOSED, None),
    # closed
    *[(po(status=status), DUE, None, Reason.CLOSED, None) for status in ("PAY", "CAN", "REJ", "REF", "QUO")],
]

WAITING = {"status": "ARP", "due_on": None}
DEADLINE = ORDERED + timedelta(days=30)
DOCUMENT = [
    (po(**WAITING), DEADLINE - timedelta(days=1), None, Reason.NOT_YET, DEADLINE),
    (po(**WAITING), DEADLINE, Step.DOCUMENT_EXPIRED, Reason.DUE, DEADLINE),
    (po(**WAITING, is_test=True), DEADLINE, Step.DOCUMENT_EXPIRED, Reason.DUE, DEADLINE),
    (po(**WAITING, dunning=False), DEADLINE, Step.DOCUMENT_EXPIRED, Reason.DUE, DEADLINE),
    (po(**WAITING, is_exempt_partner=True), DEADLINE, Step.DOCUMENT_EXPIRED, Reason.DUE, DEADLINE),
    (po(**WAITING, has_document=True), DEADLINE, None, Reason.AWAITING_REVIEW, None),
    (po(**WAITING, paid_minor=1), DEADLINE, None, Reason.PARTLY_PAID, None),
    (po(**WAITING, has_email=False), DEADLINE, Step.DOCUMENT_EXPIRED, Reason.DUE, DEADLINE),
    (po(**WAITING, document_deadline_days=5), ORDERED + timedelta(days=5), Step.DOCUMENT_EXPIRED, Reason.DUE, None),
]

BOTH = {Step.REMINDER1: ORDERED + timedelta(days=7), Step.REMINDER2: ORDERED + timedelta(days=14)}
OFFLINE = {"due_on": None}


def offline(**changes: Any) -> Facts:
    """An order that awaits an offline payment."""
    return po(**{"status": "WOF", "due_on": None, **changes})


DAY_7, DAY_14, DAY_30 = (ORDERED + timedelta(days=n) for n in (7, 14, 30))
OFFLINE_ORDERS = [
    (offline(), DAY_7 - timedelta(days=1), None, Reason.NOT_YET, DAY_7),
    (offline(), DAY_7, Step.REMINDER1, Reason.DUE, DAY_7),
    (offline(status="UNP"), DAY_7, Step.REMINDER1, Reason.DUE, DAY_7),
    (offline(has_document=True), DAY_7, Step.REMINDER1, Reason.DUE, DAY_7),
    (offline(dunning=False), DAY_7, Step.REMINDER1, Reason.DUE, DAY_7),
    (offline(sent={Step.REMINDER1: DAY_7}), DAY_14, Step.REMINDER2, Reason.DUE, DAY_14),
    (offline(sent={Step.REMINDER1: DAY_30}, last_step_on=DAY_30), DAY_30, None, Reason.ONE_A_DAY, None),
    (offline(sent={Step.REMINDER1: DAY_30}), DAY_30 + timedelta(days=1), Step.REMINDER2, Reason.DUE, None),
    (offline(sent=BOTH), DAY_30 - timedelta(days=1), None, Reason.NOT_YET, DAY_30),
    (offline(sent=BOTH), DAY_30, Step.OFFLINE_EXPIRED, Reason.DUE, DAY_30),
    (offline(sent=BOTH, paid_minor=1), DAY_30, None, Reason.PARTLY_PAID, None),
    (offline(paid_minor=1), DAY_7, Step.REMINDER1, Reason.DUE, DAY_7),
    (offline(pending=Step.REMINDER1), DAY_30, None, Reason.ON_ITS_WAY, None),
    (offline(sent=BOTH, is_bounced=True), DAY_30, None, Reason.BOUNCED, None),
    (offline(has_email=False), DAY_7, None, Reason.NO_EMAIL, DAY_7 + timedelta(days=1)),
    # nobody to remind: the reminders can't go out, the order expires all the same, unless money is on it
    (offline(has_email=False), DAY_30 - timedelta(days=1), None, Reason.NO_EMAIL, DAY_30),
    (offline(has_email=False), DAY_30, Step.OFFLINE_EXPIRED, Reason.DUE, None),
    (offline(has_email=False, sent={Step.REMINDER1: DAY_7}), DAY_30, Step.OFFLINE_EXPIRED, Reason.DUE, None),
    (offline(has_email=False, paid_minor=1), DAY_30, None, Reason.NO_EMAIL, DAY_30 + timedelta(days=1)),
    (offline(has_email=False, is_bounced=True), DAY_30, None, Reason.BOUNCED, None),
    (offline(gross_minor=0), DAY_7, None, Reason.CLOSED, None),
    (offline(is_test=True), DAY_30, None, Reason.TEST_ORDER, None),
    (offline(sent={**BOTH, Step.OFFLINE_EXPIRED: DAY_30}), DAY_30, None, Reason.CLOSED, None),
]


@pytest.mark.parametrize(("facts", "on", "step", "reason", "next_on"), [*LADDER, *DOCUMENT, *OFFLINE_ORDERS])
def test_the_answer_for_a_day(facts: Facts, on: date, step: Step | None, reason: Reason, next_on: date | None) -> None:
    decision = decide(facts, on)
    assert (decision.step, decision.reason) == (step, reason)
    if step is None and reason is not Reason.ONE_A_DAY:
        assert decision.next_on == next_on


@pytest.mark.parametrize(
    ("term", "days"),
    [(14, (14, 28, 42, 49)), (30, (30, 44, 58, 65)), (60, (60, 74, 88, 95))],
)
def test_the_term_shifts_the_whole_ladder(term: int, days: tuple[int, ...]) -> None:
    released_on = date(2026, 3, 2)
    steps = forecast(po(ordered_on=released_on, due_on=released_on + timedelta(days=term)), released_on)
    assert [(day - released_on).days for step, day, _ in steps if step not in CANCELS] == list(days)


def test_the_forecast_walks_the_whole_ladder_over_easter_and_a_hold() -> None:
    facts = po(sent=sent(DUE), last_step_on=DUE, is_held=True, hold_until=date(2026, 4, 20))
    assert forecast(facts, DUE) == [
        (Step.PDN2, date(2026, 4, 21), Reason.HELD),
        (Step.PDN3, date(2026, 5, 5), Reason.NOT_YET),
        (Step.NOTIFICATION, date(2026, 5, 12), Reason.NOT_YET),
        (Step.CANCELED, date(2026, 5, 18), Reason.NOT_YET),  # the 14th is Ascension Day
    ]


def test_the_forecast_takes_a_letter_on_its_way_as_sent_today() -> None:
    assert forecast(po(pending=Step.PDN1, last_step_on=DUE), DUE)[0] == (Step.PDN2, APRIL_15, Reason.NOT_YET)


def test_the_forecast_of_what_nobody_can_send_is_empty() -> None:
    assert forecast(po(has_email=False), DUE) == []
    assert forecast(po(is_held=True), DUE) == []
    assert forecast(po(status="PAY"), DUE) == []
    assert forecast(offline(has_email=False, paid_minor=1), ORDERED) == []


def test_the_forecast_of_an_offline_order_without_an_address_is_its_cancel() -> None:
    assert forecast(offline(has_email=False), ORDERED) == [(Step.OFFLINE_EXPIRED, DAY_30, Reason.NO_EMAIL)]


def test_the_forecast_of_an_offline_order_ends_with_its_cancel() -> None:
    assert [(step, day) for step, day, _ in forecast(offline(), ORDERED)] == [
        (Step.REMINDER1, DAY_7),
        (Step.REMINDER2, DAY_14),
        (Step.OFFLINE_EXPIRED, DAY_30),
    ]


def test_the_numbers_behind_an_answer_are_those_that_were_counted() -> None:
    assert dict(decide(po(sent=sent(DUE), paid_minor=400), APRIL_15).numbers) == {
        "start_on": "2026-04-01",
        "day": 14,
        "previous": "pdn1",
        "previous_on": "2026-04-01",
        "distance": 14,
        "paid": 400,
        "open": 9600,
    }


@pytest.mark.parametrize(
    ("facts", "step", "reason"),
    [
        (po(sent=FULL, last_step_on=DUE), Step.PDN1, None),
        (po(sent=FULL, paid_minor=1), Step.PDN1, None),
        (po(sent=FULL, paid_minor=10_000), Step.PDN1, Reason.CLOSED),
        (po(status="CAN"), Step.PDN1, Reason.CLOSED),
        (po(is_held=True), Step.PDN1, Reason.HELD),
        (po(is_held=True, hold_until=DUE), Step.PDN1, Reason.HELD),
        (po(is_held=True, hold_until=DUE - timedelta(days=1)), Step.PDN1, None),
        (po(promised_until=DUE), Step.PDN1, Reason.PROMISED),
        (po(promised_until=DUE - timedelta(days=1)), Step.PDN1, None),
        (po(is_kept_active=True), Step.NOTIFICATION, Reason.KEPT_ACTIVE),
        (po(is_exempt_partner=True), Step.PDN1, Reason.EXEMPT_PARTNER),
        (po(), Step.REMINDER1, Reason.CLOSED),
        (offline(), Step.REMINDER1, None),
        (offline(is_exempt_partner=True), Step.REMINDER2, None),
        (offline(), Step.PDN1, Reason.CLOSED),
    ],
)
def test_what_keeps_a_copy_back(facts: Facts, step: Step, reason: Reason | None) -> None:
    assert against_copy(facts, step, DUE) == reason


def live(life: Life, days: int) -> list[tuple[str, date]]:
    """Walk the same life with the product's decision."""
    status = {"po": "WPO", "waiting": "ARP", "offline": "WOF"}[life.kind]
    facts = Facts(
        status=status,
        ordered_on=life.start,
        due_on=life.start + timedelta(days=life.term) if life.kind == "po" else None,
        gross_minor=life.gross,
        is_test=life.is_test,
        is_exempt_partner=life.is_exempt,
        has_email=life.has_email,
        dunning=life.dunning,
        cancel_step=life.cancel_step,
        cancel_after_business_days=life.business_days,
        document_deadline_days=life.deadline,
        country="DE",
        subdivision="HH",
    )
    steps: list[tuple[str, date]] = []
    landing: date | None = None
    flown = 0
    for number in range(days):
        today = life.start + timedelta(days=number)
        facts = _after_events(facts, life, today)
        if today not in life.days_off:
            decision = decide(facts, today)
            _check(decision, facts, today)
            if decision.step is not None:
                steps.append((decision.step.value, today))
                facts = replace(facts, last_step_on=today)
                if decision.step in CANCELS:
                    return steps
                lag = life.lags[flown % len(life.lags)] if life.lags else 0
                flown += 1
                landing = today + timedelta(days=lag)
                facts = replace(facts, pending=decision.step)
        if facts.pending is not None and landing == today:
            facts = replace(facts, sent={**facts.sent, facts.pending: today}, pending=None)
    return steps


def _after_events(facts: Facts, life: Life, today: date) -> Facts:
    paid = facts.paid_minor + life.payments.get(today, 0)
    facts = replace(facts, paid_minor=paid, status="PAY" if paid >= facts.gross_minor else facts.status)
    if today in life.holds:
        until = life.holds[today]
        is_held = until != "resume"
        facts = replace(facts, is_held=is_held, hold_until=until if isinstance(until, date) else None)
    if today in life.promises:
        facts = replace(facts, promised_until=life.promises[today])
    if today in life.extensions and facts.due_on is not None:
        facts = replace(facts, due_on=facts.due_on + timedelta(days=life.extensions[today]))
    if today in life.documents:
        facts = replace(facts, has_document=True)
    if life.kept_on == today and Step.NOTIFICATION in facts.sent:
        facts = replace(facts, is_kept_active=True)
    return facts


def _check(decision: Decision, facts: Facts, today: date) -> None:
    """Whatever the answer: the next day is ahead, and nothing happens before it if nobody does anything."""
    if decision.step is not None or decision.next_on is None:
        return
    assert decision.next_on > today
    between = today + timedelta(days=1)
    while between < decision.next_on:
        assert decide(facts, between).step is None
        between += timedelta(days=1)
    if decision.reason not in {Reason.NO_EMAIL, Reason.ONE_A_DAY}:
        assert decide(facts, decision.next_on).step == decision.coming or not facts.has_email


START = date(2026, 1, 5)
DAYS = st.integers(0, 240).map(lambda n: START + timedelta(days=n))
LIVES = st.builds(
    Life,
    kind=st.sampled_from(["po", "po", "po", "waiting", "offline"]),
    start=st.integers(0, 60).map(lambda n: START + timedelta(days=n)),
    term=st.sampled_from([14, 30, 60]),
    is_test=st.sampled_from([False] * 9 + [True]),
    is_exempt=st.sampled_from([False] * 9 + [True]),
    dunning=st.sampled_from([True] * 9 + [False]),
    cancel_step=st.sampled_from([True] * 4 + [False]),
    business_days=st.sampled_from([2, 3]),
    deadline=st.integers(1, 45),
    has_email=st.sampled_from([True] * 9 + [False]),
    payments=st.dictionaries(DAYS, st.integers(1, 100), max_size=2),
    holds=st.dictionaries(DAYS, st.one_of(st.none(), DAYS, st.just("resume")), max_size=3),
    promises=st.dictionaries(DAYS, DAYS, max_size=2),
    extensions=st.dictionaries(DAYS, st.integers(1, 40), max_size=2),
    documents=st.sets(DAYS, max_size=1),
    kept_on=st.one_of(st.none(), st.none(), DAYS),
    days_off=st.sets(DAYS, max_size=60),
    lags=st.lists(st.sampled_from([0, 0, 0, 1, 2, 9]), max_size=4),
)


@pytest.mark.no_cover  # other stories walk the same lines; here they are walked very often
@settings(max_examples=500, deadline=None)
@given(life=LIVES)
def test_a_life_of_simulated_days_agrees_with_the_second_opinion(life: Life) -> None:
    assert live(life, 300) == Reference(life).live(300)
