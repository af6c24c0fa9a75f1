"""The demo: a world, a year of business that ends now, and somebody to log in as."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

from django.db import transaction

from accounts.models import User
from accounts.roles import ROLES
from accounts.services import set_password
from config.feeding.demo_endpoint import show_endpoint
from config.feeding.demo_mail import stir_outbox
from config.feeding.demo_quotes import ask_for_quotes
from config.feeding.demo_tax import file_certificates
from config.feeding.demo_world import DEMO_PASSWORD, DEMO_WORLD, LOGINS
from config.feeding.demo_year import DemoYear
from config.feeding.history import HistoryMaker, draw_references
from config.feeding.letterhead import make_letterhead
from config.feeding.load import load_world
from config.feeding.play import Player
from config.feeding.replay import hours_between, replay
from config.feeding.stage import progress_stage
from core.refused import Refused
from purchases.models import Purchase

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

PLAYED = 400
"""Purchases played event by event through the services; a larger demo gets the rest as business long settled."""
SHORT_OF_KEYS = "MONO"
START = timedelta(days=400)
"""How long before now the demo's clients were registered."""


@dataclass(frozen=True, slots=True)
class Made:
    """What the demo holds."""

    purchases: int
    events: int
    settled: int
    quotes: int


def make_demo(*, purchases: int, seed: int, now: datetime, played: int = PLAYED) -> Made:
    """Fill an empty database; the same seed on the same day gives the same data.

    Up to `played` purchases are played through the services, in one transaction: an interrupted demo leaves nothing.
    Further ones are written in bulk.
    Raises Refused when there are purchases already.
    """
    if Purchase.objects.exists():
        message = "This database holds purchases already; the demo needs one without (an empty DATABASE_URL)."
        raise Refused(message, "not empty")
    played = min(purchases, played)
    references = draw_references(seed)
    events = play_demo(purchases=played, seed=seed, now=now, references=references)
    quotes = ask_for_quotes(seed=seed, references=references, now=now)
    stir_outbox(at=now)
    file_certificates(at=now)
    show_endpoint()
    settled = purchases - played
    if settled:
        HistoryMaker(seed=seed, now=now, references=references).make(settled)
    return Made(purchases=purchases, events=events, settled=settled, quotes=quotes)


@transaction.atomic
def play_demo(*, purchases: int, seed: int, now: datetime, references: Iterator[str]) -> int:
    """Register the demo's world and play its year, all or nothing; say how many events that were."""
    _load(Random(seed), keys=max(40, purchases), at=now - START)
    _give_passwords(at=now - START)
    events = DemoYear(seed=seed, now=now, purchases=purchases).events()
    player = Player(find_file=make_letterhead, draw_reference=references.__next__)
    with progress_stage(hours=hours_between(events[0].at, now), what="A year of business") as stage:
        replay(events, until=now, player=player, stage=stage)
    return len(events)


def _load(random: Random, *, keys: int, at: datetime) -> None:
    """Write the world; the key list of one product is too short, so that the error log has something to show."""
    short = tuple(product for product in DEMO_WORLD.products if product.id == SHORT_OF_KEYS)
    first = replace(DEMO_WORLD, products=short, partners=())
    load_world(first, keys=keys * 7 // 100, by=None, at=at, random=random)
    load_world(DEMO_WORLD, keys=keys, by=None, at=at, random=random)


def _give_passwords(*, at: datetime) -> None:
    for user in User.objects.filter(username__in=LOGINS).order_by("pk"):
        set_password(user, password=DEMO_PASSWORD, by=None, at=at)


def demo_logins() -> list[tuple[str, str, str]]:
    """List the demo's logins that exist here: username, password, role."""
    users = {user.username: user for user in User.objects.filter(username__in=LOGINS).select_related("client")}
    return [(name, DEMO_PASSWORD, _role(users[name])) for name in LOGINS if name in users]


def _role(user: User) -> str:
    label = ROLES[user.role].label
    return f"{label} of {user.client.name}" if user.client else label
