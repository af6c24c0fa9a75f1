"""Orders in twelve time zones, with outages, clock changes, holidays, holds, promises, and payments at every moment.

By default a few dozen orders over the months in which the clocks change; `SIMULATED_ORDERS=1000` lives a whole year.
"""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

import pytest

from core.refused import Refused
from dunning.models import Notice, NoticeStatus
from dunning.services.jobs import run_periodic_jobs
from dunning.services.pauses import hold_dunning, resume_dunning
from dunning.services.promises import promise_payment
from mailing.services.capture import SinkTransport
from mailing.services.handover import hand_over_due
from purchases.models import Payment, Purchase
from tests.dunning.reference import LETTERS, PAST_DUE, QUIET, Lived
from tests.dunning.simulation import GROSS, PLACES, TERMS, draw_world
from tests.stories import a_client, a_released_po, a_user, pays

if TYPE_CHECKING:
    from accounts.models import Client, User
    from tests.dunning.simulation import Happening, World

pytestmark = pytest.mark.django_db

ORDERS = int(os.environ.get("SIMULATED_ORDERS", "24"))
DAYS = 365 if ORDERS > 100 else 30


def clients() -> list[Client]:
    made = []
    for number, (zone, country, subdivision) in enumerate(PLACES):
        client = a_client(f"place-{number}", keys=ORDERS, term_days=TERMS[number % len(TERMS)])
        client.time_zone, client.country, client.subdivision = zone, country, subdivision
        client.save()
        made.append(client)
    return made


def happen(purchase: Purchase, one: Happening, by: User) -> None:
    purchase = Purchase.objects.get(pk=purchase.pk)
    with suppress(Refused):  # what is paid or canceled is not held any more
        match one.what:
            case "pays":
                pays(purchase, f"{one.minor / 100:.2f}", at=one.at)
            case "hold":
                hold_dunning(purchase, by=by, at=one.at, reason="asked", until=one.until)
            case "resume":
                resume_dunning(purchase, by=by, at=one.at)
            case _:
                assert one.until is not None
                promise_payment(purchase, by=by, at=one.at, until=one.until)


def live(world: World) -> list[Purchase]:
    """Let the product live through the world; the orders in the order of their stories."""
    boss, homes = a_user("platform_admin"), clients()
    released: dict[int, Purchase] = {}
    events = [(story.released_at, 0, number, None) for number, story in enumerate(world.stories)]
    for number, story in enumerate(world.stories):
        events += [(one.at, 1, number, one) for one in story.happenings]  # type: ignore[misc]
    waiting = sorted(events, key=lambda event: event[:3], reverse=True)
    for at in world.ticks:
        while waiting and waiting[-1][0] <= at:
            moment, _, number, one = waiting.pop()
            if one is None:
                released[number] = a_released_po(homes[world.stories[number].place], at=moment)
            else:
                happen(released[number], one, boss)
        run_periodic_jobs(at=at)
        if world.mails_at(at):
            hand_over_due(clock=lambda now=at: now, transport=SinkTransport())  # type: ignore[misc]
    return [released[number] for number in range(len(world.stories))]


@pytest.mark.no_cover  # other stories walk the same lines; here they are walked very often
def test_no_letter_is_early_doubled_skipped_or_to_a_payer_and_nothing_differs_from_the_model() -> None:
    world = draw_world(ORDERS, days=DAYS, seed=7)
    orders = live(world)
    for story, purchase in zip(world.stories, orders, strict=True):
        notices = list(Notice.objects.filter(purchase=purchase).select_related("email").order_by("pk"))
        model = Lived(story)
        expected = model.live(world.ticks, world.mails_at)
        told = [(notice.step, notice.on, notice.sent_on) for notice in notices if notice.status != NoticeStatus.PENDING]
        assert told == expected, (story, [notice.drop_reason for notice in notices])
        sent = [notice for notice in notices if notice.status == NoticeStatus.SENT]
        steps = [notice.step for notice in sent]
        assert steps == [*LETTERS, "canceled"][: len(steps)]
        due_on = story.released_at.astimezone(story.zone).date() + timedelta(days=story.term)
        paid = Payment.objects.filter(purchase=purchase).order_by("at")
        covered_at = next(
            (row.at for row in paid if sum(p.amount_minor for p in paid if p.at <= row.at) >= GROSS), None
        )
        for number, notice in enumerate(sent):
            if notice.step in PAST_DUE:
                assert (notice.on - due_on).days >= PAST_DUE[notice.step]
                if number:
                    previous = sent[number - 1].sent_on
                    assert previous is not None
                    assert (notice.on - previous).days >= QUIET[notice.step]
            if covered_at is not None and notice.email is not None:
                assert notice.email.sent_at is not None
                assert notice.email.sent_at < covered_at
    kinds = {(notice.step, notice.status) for notice in Notice.objects.all()}
    assert {(step, "sent") for step in (*LETTERS, "canceled")} <= kinds


def test_the_same_seed_draws_the_same_world_and_clocks_change_in_it() -> None:
    world = draw_world(12, days=30, seed=3)
    assert world == draw_world(12, days=30, seed=3)
    offsets = {story.place: {at.astimezone(story.zone).utcoffset() for at in world.ticks} for story in world.stories}
    assert sum(len(found) > 1 for found in offsets.values()) >= 7
    assert world.ticks[0].tzinfo is UTC
