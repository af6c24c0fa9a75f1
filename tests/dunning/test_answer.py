"""The page behind the notification's link: opening it changes nothing, the button acts, all dead links look alike."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from django.test import Client as Browser
from django.utils import timezone

from core.refused import Refused
from core.tokens import hash_of
from dunning.models import ResponseLink
from dunning.services.response import BY_CLIENT, answer_link, open_link, revoke_links
from mailing.models import Email
from purchases.models import HistoryEntry, Purchase
from tests.dunning.worker import fresh, steps_of, works, works_daily
from tests.stories import a_client, a_released_po, pays

if TYPE_CHECKING:
    from datetime import datetime

pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def purchase(now: datetime) -> Purchase:
    """An order whose client was notified this week."""
    noon = now.replace(hour=12)  # the same day for the client, whenever this is run
    released = a_released_po(a_client(), at=noon - timedelta(days=66))
    today = now.date()
    for days in (36, 22, 8, 1):
        works(today - timedelta(days=days))
    assert [step for step, _ in steps_of(released)] == ["pdn1", "pdn2", "pdn3", "notification"]
    return fresh(released)


def the_link(purchase: Purchase) -> str:
    body = Email.objects.get(reference=purchase.reference, kind="client_notification").body_text
    found = re.search(r"/p/answer/[\w-]+/", body)
    assert found is not None
    return found[0]


def entry_of(purchase: Purchase, event: str) -> tuple[object, str, str]:
    """Who is behind a change, and why: person, nature, reason."""
    entry = HistoryEntry.objects.get(purchase=purchase, event=event)
    return (entry.by, entry.nature, entry.reason)


def test_the_e_mail_holds_the_link_and_the_database_only_its_hash(purchase: Purchase) -> None:
    token = the_link(purchase).split("/")[3]
    assert len(token) >= 43  # 256 bits
    link = ResponseLink.objects.get()
    assert link.token_hash == hash_of(token)
    assert token not in str(ResponseLink.objects.values())


def test_opening_the_page_changes_nothing(purchase: Purchase) -> None:
    for _ in range(3):
        answer = Browser().get(the_link(purchase))
    assert answer.status_code == 200
    assert purchase.reference in answer.text
    assert answer["Referrer-Policy"] == "same-origin", "no-referrer would send the form as from nowhere"
    assert "no-store" in answer["Cache-Control"]
    assert fresh(purchase).kept_active_at is None
    assert ResponseLink.objects.get().answer == ""


def test_keep_active(purchase: Purchase) -> None:
    answer = Browser().post(the_link(purchase), {"answer": "keep"})
    assert "stays active" in answer.text
    assert fresh(purchase).kept_active_at is not None
    assert entry_of(purchase, "kept_active") == (None, "client", BY_CLIENT)
    again = Browser().get(the_link(purchase))
    assert "Answered before: keep" in again.text


def test_extend(purchase: Purchase, now: datetime) -> None:
    until = now.date() + timedelta(days=30)
    answer = Browser().post(the_link(purchase), {"answer": "extend", "due_on": until.isoformat()})
    assert "was extended" in answer.text
    assert fresh(purchase).due_on == until
    assert entry_of(purchase, "extended") == (None, "client", BY_CLIENT)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ({"answer": "extend"}, "Choose the new due date."),
        ({"answer": "extend", "due_on": "soon"}, "Enter a valid date."),
        ({"answer": "extend", "due_on": "2026-01-01"}, "has to be after today"),
        ({"answer": "pay"}, "Select a valid choice."),
        ({}, "Choose an answer."),
    ],
)
def test_a_senseless_answer_is_said_to_be_one(purchase: Purchase, data: dict[str, str], problem: str) -> None:
    answer = Browser().post(the_link(purchase), data)
    assert answer.status_code == 422
    assert problem in answer.text
    assert fresh(purchase).version == purchase.version


def test_cancel_now_and_the_link_is_used_up(purchase: Purchase) -> None:
    answer = Browser().post(the_link(purchase), {"answer": "cancel"})
    assert "was canceled" in answer.text
    assert fresh(purchase).status == "CAN"
    assert entry_of(purchase, "canceled") == (None, "client", BY_CLIENT)
    assert Email.objects.filter(reference=purchase.reference, kind="cancellation").count() == 1
    assert Browser().get(the_link(purchase)).status_code == 404


def test_wrong_expired_revoked_and_paid_links_look_alike(purchase: Purchase, now: datetime) -> None:
    notice = purchase.notices.get(step="notification")
    wrong = Browser().get("/p/answer/nonsense/")
    links = {
        "expired": open_link(notice, at=now - timedelta(days=61)),
        "revoked": open_link(notice, at=now),
    }
    ResponseLink.objects.filter(token_hash=hash_of(links["revoked"])).update(revoked_at=now)
    pages = [Browser().get(f"/p/answer/{token}/") for token in links.values()]
    pays(purchase, "119.00", at=now)
    pages += [Browser().get(the_link(purchase)), Browser().post(the_link(purchase), {"answer": "cancel"})]
    assert [page.status_code for page in pages] == [404] * 4
    assert {page.content for page in pages} == {wrong.content}
    assert fresh(purchase).status == "PAY"


def test_a_link_that_ended_while_the_page_was_open_acts_no_more(purchase: Purchase, now: datetime) -> None:
    link = ResponseLink.objects.get()
    revoke_links(purchase, at=now)
    with pytest.raises(Refused, match="no longer valid"):
        answer_link(link, at=now, answer="keep")
    assert fresh(purchase).kept_active_at is None


@pytest.mark.parametrize("answer", ["extend", "pay"])
def test_an_answer_that_says_not_what_to_do_changes_nothing(purchase: Purchase, now: datetime, answer: str) -> None:
    with pytest.raises(Refused, match="Choose what should happen with the order"):
        answer_link(ResponseLink.objects.get(), at=now, answer=answer)
    assert fresh(purchase).version == purchase.version
    assert ResponseLink.objects.get().answer == ""


def test_guessing_is_throttled_and_shuts_out_nobody_who_has_a_link(purchase: Purchase) -> None:
    browser = Browser()
    for number in range(60):
        assert browser.get(f"/p/answer/guess-{number}/").status_code == 404
    assert browser.get("/p/answer/guess-60/").status_code == 429
    assert browser.get(the_link(purchase)).status_code == 200
    assert "stays active" in browser.post(the_link(purchase), {"answer": "keep"}).text
    assert Browser(REMOTE_ADDR="192.0.2.7").get("/p/answer/guess-61/").status_code == 404


def test_the_answer_needs_the_pages_own_form(purchase: Purchase) -> None:
    answer = Browser(enforce_csrf_checks=True).post(the_link(purchase), {"answer": "cancel"})
    assert answer.status_code == 403
    assert fresh(purchase).status == "WPO"


def test_after_cancel_now_the_worker_takes_no_step(purchase: Purchase, now: datetime) -> None:
    Browser().post(the_link(purchase), {"answer": "cancel"})
    works_daily(now.date() + timedelta(days=1), now.date() + timedelta(days=8))
    assert steps_of(purchase)[-1][0] == "notification"
    assert date.fromisoformat(steps_of(purchase)[-1][1]) < now.date()
