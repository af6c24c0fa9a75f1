"""Two workers at once, workers that die, payments at every moment: one notice, no paid order dunned or canceled."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, connections, transaction

from core.refused import Refused
from dunning.models import Notice, Run, Settings, TakenOut
from dunning.schedule import decide
from dunning.selectors.facts import facts_of
from dunning.services import days
from dunning.services.approval import approve_run, take_out
from dunning.services.days import decide_due_days
from dunning.services.explain import explain
from dunning.services.pauses import hold_dunning
from dunning.services.steps import decide_purchase
from followups.models import FollowUp
from mailing.models import Email
from mailing.signals import email_queued
from purchases.models import Purchase
from purchases.services.cancel import cancel_purchase
from tests.dunning.worker import at_nine, fresh, hands_over, steps_of, works, works_daily
from tests.stories import a_client, a_released_po, a_user, pays

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.django_db(transaction=True)

DUE = date(2026, 4, 1)
ROUNDS = 12


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Do all of it at the same time, each with a connection of its own; an exception is an outcome."""
    gate = threading.Barrier(len(acts))
    outcomes: list[Any] = [None] * len(acts)

    def run(number: int, act: Callable[[], Any]) -> None:
        try:
            gate.wait()
            outcomes[number] = act()
        except Exception as error:  # noqa: BLE001 -- the outcome
            outcomes[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_trap_two_workers_at_once_write_every_notice_once() -> None:
    client = a_client()
    purchases = [a_released_po(client) for _ in range(ROUNDS)]
    outcomes = at_once(*[lambda: decide_due_days(at=at_nine(DUE))] * 3)
    assert [error for error in outcomes if isinstance(error, Exception)] == []
    assert [steps_of(purchase) for purchase in purchases] == [[("pdn1", "2026-04-01")]] * ROUNDS
    assert Email.objects.filter(kind="pdn1").count() == ROUNDS
    run = Run.objects.get()
    assert run.is_finished
    assert run.counts["errors"] == 0


def test_control_without_the_lock_two_workers_collide() -> None:
    """Read first, lock nothing, write later: what the row lock prevents, only the unique notice stops."""
    purchase = a_released_po(a_client())
    both_have_read = threading.Barrier(2)

    def unlocked() -> str:
        row = Purchase.objects.with_parties().get(pk=purchase.pk)
        decision = decide(facts_of(row), DUE)
        both_have_read.wait()
        with transaction.atomic():
            assert decision.step is not None
            explain(row, decision, on=DUE, at=at_nine(DUE), is_taken=True)
            Notice.objects.create(
                purchase=row, step=decision.step, on=DUE, decided_at=at_nine(DUE), open_minor=row.gross_minor
            )
        return "written"

    outcomes = at_once(unlocked, unlocked)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["IntegrityError", "str"]
    assert any(isinstance(outcome, IntegrityError) for outcome in outcomes)


def test_payment_and_automatic_cancel_at_once_never_end_canceled_and_paid() -> None:
    client = a_client()
    purchases = [a_released_po(client) for _ in range(ROUNDS)]
    works_daily(DUE, date(2026, 5, 10))
    canceled_on = date(2026, 5, 11)
    moment = at_nine(canceled_on)
    for purchase in purchases:
        outcomes = at_once(
            partial(decide_purchase, purchase.pk, on=canceled_on, at=moment),
            partial(pays, purchase, "119.00", at=moment),
        )
        assert [error for error in outcomes if isinstance(error, Exception)] == []
        row = fresh(purchase)
        steps = [step for step, _ in steps_of(purchase)]
        assert row.paid_minor == 11_900
        assert (row.status, steps[-1]) in {("PAY", "notification"), ("CAN", "canceled")}


def test_hold_and_decision_at_once_end_held_with_at_most_a_letter_that_is_never_sent() -> None:
    client, boss = a_client(), a_user("platform_admin")
    for _ in range(ROUNDS // 2):
        purchase = a_released_po(client)
        at_once(
            partial(decide_purchase, purchase.pk, on=DUE, at=at_nine(DUE)),
            partial(hold_dunning, purchase, by=boss, at=at_nine(DUE), reason="dispute"),
        )
        hands_over(at_nine(DUE))
        assert steps_of(purchase) == []
        assert fresh(purchase).held_at is not None


def test_cancel_by_a_person_and_by_the_worker_at_once_cancel_once() -> None:
    client, boss = a_client(), a_user("platform_admin")
    purchase = a_released_po(client)
    works_daily(DUE, date(2026, 5, 10))
    day = date(2026, 5, 11)
    outcomes = at_once(
        lambda: decide_purchase(purchase.pk, on=day, at=at_nine(day)),
        lambda: cancel_purchase(purchase, by=boss, at=at_nine(day), reason="withdrawn"),
    )
    assert [error for error in outcomes if isinstance(error, Exception) and not isinstance(error, Refused)] == []
    assert fresh(purchase).status == "CAN"
    assert Email.objects.filter(kind="cancellation", reference=purchase.reference).count() == 1


def a_proposal(count: int) -> tuple[Run, list[Purchase]]:
    """A run that waits for approval."""
    client = a_client()
    Settings.objects.create(client=client, is_approved_by_person=True)
    purchases = [a_released_po(client) for _ in range(count)]
    works(DUE)
    return Run.objects.get(), purchases


def test_approved_by_two_at_once_counts_once_and_two_workers_take_every_step_once() -> None:
    run, purchases = a_proposal(ROUNDS)
    approvers = [a_user("platform_admin"), a_user("platform_finance")]
    outcomes = at_once(*[partial(approve_run, run, by=user, at=at_nine(DUE)) for user in approvers])
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Refused", "Run"]
    outcomes = at_once(*[lambda: decide_due_days(at=at_nine(DUE))] * 2)
    assert [error for error in outcomes if isinstance(error, Exception)] == []
    assert [steps_of(purchase) for purchase in purchases] == [[("pdn1", "2026-04-01")]] * ROUNDS
    assert Email.objects.filter(kind="pdn1").count() == ROUNDS


def test_two_workers_propose_once_and_nothing_is_done() -> None:
    client = a_client()
    Settings.objects.create(client=client, is_approved_by_person=True)
    purchases = [a_released_po(client) for _ in range(ROUNDS // 2)]
    outcomes = at_once(*[lambda: decide_due_days(at=at_nine(DUE))] * 2)
    assert [error for error in outcomes if isinstance(error, Exception)] == []
    assert Run.objects.get().counts == {"proposed": {"pdn1": len(purchases)}}
    assert not Notice.objects.exists()
    assert FollowUp.objects.filter(reason="Dunning run awaits approval").count() == 1


def test_taken_out_while_somebody_approves_is_either_refused_or_left_out() -> None:
    run, purchases = a_proposal(1)
    boss = a_user("platform_admin")
    at_once(
        partial(approve_run, run, by=boss, at=at_nine(DUE)),
        partial(take_out, run, purchase=purchases[0], by=boss, at=at_nine(DUE), reason="called"),
    )
    works(DUE)
    assert len(steps_of(purchases[0])) + TakenOut.objects.count() == 1


def test_payment_and_approved_run_at_once_never_send_a_letter_to_a_payer() -> None:
    run, purchases = a_proposal(ROUNDS // 2)
    approve_run(run, by=a_user("platform_admin"), at=at_nine(DUE))
    outcomes = at_once(
        lambda: decide_due_days(at=at_nine(DUE)),
        lambda: [pays(purchase, "119.00", at=at_nine(DUE)) for purchase in purchases],
    )
    assert [error for error in outcomes if isinstance(error, Exception)] == []
    hands_over(at_nine(DUE))
    assert [steps_of(purchase) for purchase in purchases] == [[]] * len(purchases)
    assert not Email.objects.filter(kind="pdn1", status="SENT").exists()


def test_who_waits_to_write_gets_a_turn_in_the_middle_of_a_long_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite has no queue: without a pause whoever waits may be refused before a run of many hundred is over."""
    monkeypatch.setattr(days, "AT_ONCE", 2)
    client, has_begun = a_client(), threading.Event()
    for _ in range(8):
        a_released_po(client)

    def clerk() -> int:
        has_begun.wait()
        with transaction.atomic():
            Purchase.objects.update(hold_reason="")
            return Notice.objects.count()

    def begin(**_: Any) -> None:
        has_begun.set()

    email_queued.connect(begin)
    try:
        _, written = at_once(lambda: decide_due_days(at=at_nine(DUE)), clerk)
    finally:
        email_queued.disconnect(begin)
    assert written < Notice.objects.count() == 8


class WorkerDied(BaseException):
    """Like a kill: nothing catches it."""


def test_a_run_that_dies_in_the_middle_is_taken_up_where_it_stood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(days, "AT_ONCE", 2)
    client = a_client()
    purchases = [a_released_po(client) for _ in range(5)]
    letters = []

    def die_at_the_third(**news: Any) -> None:
        letters.append(news["email"].kind)
        if len(letters) == 3:
            raise WorkerDied

    email_queued.connect(die_at_the_third)
    try:
        with pytest.raises(WorkerDied):
            works(DUE)
    finally:
        email_queued.disconnect(die_at_the_third)
    run = Run.objects.get()
    assert not run.is_finished
    assert Notice.objects.count() == Email.objects.filter(kind="pdn1").count() == 2
    works(DUE)
    assert [steps_of(purchase) for purchase in purchases] == [[("pdn1", "2026-04-01")]] * 5
    assert Email.objects.filter(kind="pdn1").count() == 5
    run.refresh_from_db()
    assert run.is_finished
    assert run.counts == {"steps": {"pdn1": 5}, "waits": {}, "errors": 0}


def test_a_run_that_died_yesterday_leaves_nothing_behind() -> None:
    client = a_client()
    purchase = a_released_po(client)
    Run.objects.create(client=client, on=DUE, started_at=at_nine(DUE))
    works(DUE + timedelta(days=1))
    assert steps_of(purchase) == [("pdn1", "2026-04-02")]


KILLED = """
import django, sys
django.setup()
from datetime import datetime
from dunning.services.jobs import run_periodic_jobs
print("ready", flush=True)
run_periodic_jobs(at=datetime.fromisoformat(sys.argv[1]))
print("done", flush=True)
"""


def start_worker() -> subprocess.Popen[str]:
    database = settings.DATABASES["default"]
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        url = f"sqlite:///{name}"
    else:
        password = f":{database['PASSWORD']}" if database["PASSWORD"] else ""
        host = str(database["HOST"]).replace("/", "%2F")
        url = f"postgresql://{database['USER']}{password}@{host}:{database['PORT'] or 5432}/{name}"
    environment = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings"}
    return subprocess.Popen(
        [sys.executable, "-c", KILLED, at_nine(DUE).isoformat()],
        cwd=Path(settings.BASE_DIR),
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_workers_killed_at_any_moment_lose_and_double_nothing() -> None:
    client = a_client(keys=100)
    purchases = [a_released_po(client) for _ in range(60)]
    for pause in (0.02, 0.1, 0.2, 0.35):
        worker = start_worker()
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
        time.sleep(pause)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        worker.stdout.close()
    works(DUE)
    assert [steps_of(purchase) for purchase in purchases] == [[("pdn1", "2026-04-01")]] * 60
    emails = Email.objects.filter(kind="pdn1").values_list("reference", flat=True)
    assert sorted(emails) == sorted(purchase.reference for purchase in purchases)
    numbers = sorted(Notice.objects.values_list("document__number", flat=True))
    assert numbers == [f"PDN1-2026-{number:06d}" for number in range(1, 61)]
    assert Run.objects.get().counts["steps"] == {"pdn1": 60}
