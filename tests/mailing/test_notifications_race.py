"""Several workers, one queue of notifications, a real listener: each arrives once."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from mailing.models import Notification
from mailing.services.notify import notify
from mailing.services.notify_handover import Claim, hand_over
from mailing.states import Delivery, Event
from tests.mailing.listener import Listener, clock, door, listens, works
from tests.mailing.test_race import in_threads
from tests.stories import MONDAY, a_client

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def listener() -> Iterator[Listener]:
    found = Listener()
    yield found
    found.stop()


def some_events(url: str, *, number: int) -> list[str]:
    client = a_client()
    listens(client, url)
    for key in map(str, range(number)):
        notify(client.pk, Event.PAID, reference="100000017", dedupe_key=key, at=MONDAY, facts=dict)
    return [str(event_id) for event_id in Notification.objects.values_list("event_id", flat=True)]


def test_four_workers_tell_each_event_once(listener: Listener) -> None:
    events = some_events(listener.url, number=30)
    in_threads(works, works, works, works)
    assert Counter(heard.body["id"] for heard in listener.heard) == dict.fromkeys(events, 1)
    assert set(Notification.objects.values_list("status", flat=True)) == {Delivery.SENT}


def test_control_two_workers_that_only_look_tell_it_twice(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same hand-over, but what is due is looked at instead of claimed, and nothing is asked at the fence."""
    from mailing.services import notify_handover

    [event] = some_events(listener.url, number=1)
    monkeypatch.setattr(notify_handover, "pass_fence", lambda *_, **__: True)
    monkeypatch.setattr(notify_handover, "finish", lambda *_, **__: None)
    rows = Notification.objects.due(MONDAY).select_related("endpoint__client")

    def look_and_tell() -> None:
        row = rows.get()
        hand_over(Claim(row, row.event_id, row.tries.create(started_at=MONDAY)), door(), clock=clock())

    in_threads(look_and_tell, look_and_tell)
    assert Counter(heard.body["id"] for heard in listener.heard) == {event: 2}
