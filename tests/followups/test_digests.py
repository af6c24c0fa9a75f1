"""The daily e-mail: once a day in its reader's zone, only about what is due, and until it is switched off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from accounts.services import save_department
from errorlog.models import ErrorRecord
from followups.models import Digest, FollowUp
from followups.selectors.digests import waiting_readers, work_of
from followups.services import About, Details, add_follow_up, finish_follow_up
from followups.services.digests import send_digest, send_digests, switch_digest
from followups.tasks import send_digests as task
from mailing.models import Email
from mailing.services.render import frozen_mime
from mailing.signals import email_queued
from tests.stories import MONDAY, a_client, a_user, an_offline_order

if TYPE_CHECKING:
    from accounts.models import Client

pytestmark = pytest.mark.django_db
EARLY = datetime(2026, 3, 2, 5, 59, tzinfo=UTC)
SEVEN = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
"""Seven o'clock in Berlin."""


@pytest.fixture
def hafen() -> Client:
    return a_client("hafen")


@pytest.fixture
def rep(hafen: Client) -> User:
    rita = a_user("client_support", hafen, name="Rita Rep")
    User.objects.filter(pk=rita.pk).update(email="rita@hafen.example")
    rita.refresh_from_db()
    return rita


def due(client: Client, by: User, subject: str, at: datetime, **more: Any) -> FollowUp:
    details = Details("customer", "Call back", subject, max(at, SEVEN), **more)
    row = add_follow_up(client, about=About(), details=details, by=by, at=SEVEN, dedupe_key=f"story:{subject}")
    FollowUp.objects.filter(pk=row.pk).update(due_at=at)
    return row


def digests() -> list[tuple[str, str]]:
    rows = Email.objects.filter(kind="follow_up_digest").order_by("pk")
    return list(rows.values_list("recipient", "subject"))


def test_it_comes_at_seven_once_with_what_is_late_and_what_is_for_today(hafen: Client, rep: User) -> None:
    purchase = an_offline_order(hafen)
    late = due(hafen, rep, "Late call", SEVEN - timedelta(days=2), assignee=rep)
    FollowUp.objects.filter(pk=late.pk).update(purchase=purchase)
    due(hafen, rep, "Call at noon", SEVEN + timedelta(hours=5))
    due(hafen, rep, "Tomorrow", SEVEN + timedelta(days=1), assignee=rep)
    finish_follow_up(due(hafen, rep, "Done", SEVEN - timedelta(hours=1)), by=rep, at=SEVEN)
    assert [send_digests(at=moment) for moment in (EARLY, SEVEN, SEVEN, SEVEN + timedelta(hours=3))] == [0, 1, 0, 0]
    assert digests() == [("rita@hafen.example", "Follow-ups: 1 for today, 1 overdue")]
    email = Email.objects.get(kind="follow_up_digest")
    said = [
        "Good morning Rita Rep,",
        f"Mar 2, 2026, 12:00 CET: Call at noon\nFeb 28, 2026, 07:00 CET (overdue): Late call · {purchase.reference}\n",
        f"{settings.PUBLIC_URL}/follow-ups/",
        f"Switch it off: {settings.PUBLIC_URL}/follow-ups/digest/",
    ]
    assert [words for words in said if words not in email.body_text] == []
    assert [words for words in ("Tomorrow", "Done", "more on the list") if words in email.body_text] == []
    assert send_digests(at=SEVEN + timedelta(days=1)) == 1


def test_a_morning_with_nothing_due_is_over_at_seven(hafen: Client, rep: User) -> None:
    assert send_digests(at=SEVEN) == 0
    due(hafen, rep, "Came at eight", SEVEN + timedelta(hours=1), assignee=rep)
    assert send_digests(at=SEVEN + timedelta(hours=2)) == 0
    assert Digest.objects.get().looked_on == MONDAY.date()


def test_each_reads_it_in_their_own_morning(hafen: Client, rep: User) -> None:
    tokyo = a_user("client_support", hafen)
    User.objects.filter(pk=tokyo.pk).update(time_zone="Asia/Tokyo")
    noon_in_tokyo = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
    assert list(waiting_readers(noon_in_tokyo)) == [tokyo]
    assert set(waiting_readers(SEVEN)) == {rep, tokyo}


def test_many_are_cut_short_and_the_rest_is_counted(hafen: Client, rep: User) -> None:
    for number in range(17):
        due(hafen, rep, f"Call {number}", SEVEN + timedelta(minutes=number), assignee=rep)
    send_digests(at=SEVEN)
    body = Email.objects.get().body_text
    assert ("Call 14\n" in body, "Call 15\n" in body, "And 2 more on the list." in body) == (True, False, True)


def test_many_readers_are_walked_and_those_who_were_looked_at_are_not_read_again(
    monkeypatch: pytest.MonkeyPatch, hafen: Client, rep: User
) -> None:
    monkeypatch.setattr("core.walking.CHUNK", 2)
    readers = [rep, *(a_user("client_support", hafen) for _ in range(4))]
    due(hafen, rep, "For all", SEVEN)
    assert set(waiting_readers(SEVEN)) == set(readers)
    assert send_digests(at=SEVEN) == len(readers)
    with CaptureQueriesContext(connection) as asked:
        assert list(waiting_readers(SEVEN)) == []
    assert len(asked) == 2


def test_of_much_work_only_what_the_e_mail_shows_is_read(hafen: Client, rep: User) -> None:
    for number in range(4):
        due(hafen, rep, f"Late {number}", SEVEN - timedelta(hours=9 - number), assignee=rep)
        due(hafen, rep, f"Call {number}", SEVEN + timedelta(hours=number), assignee=rep)
    work = work_of(rep, at=SEVEN, most=3)
    assert (work.late_count, work.today_count) == (4, 4)
    assert [row.subject for row in (*work.late, *work.today)] == [
        "Late 0", "Late 1", "Late 2", "Call 0", "Call 1", "Call 2",
    ]  # fmt: skip


def test_one_hears_of_ones_own_and_the_teams_not_of_what_one_gave_away(hafen: Client, rep: User) -> None:
    team = save_department(hafen, office="Kiel", name="Support")
    boss = a_user("platform_admin")
    due(hafen, rep, "For the boss", SEVEN, assignee=boss)
    due(hafen, boss, "For the team", SEVEN, department=team, office=team.office)
    send_digests(at=SEVEN)
    assert digests() == [(boss.email, "Follow-ups: 1 for today")]
    assert "07:00 CET: For the boss · Hafen GmbH\n" in Email.objects.get(recipient=boss.email).body_text
    User.objects.filter(pk=rep.pk).update(department=team)
    Digest.objects.all().delete()
    send_digests(at=SEVEN)
    assert {recipient for recipient, _ in digests()} == {boss.email, rep.email}


def test_those_who_are_out_or_may_not_or_do_not_want_it_get_none(hafen: Client, rep: User) -> None:
    sales, gone = a_user("client_sales", hafen), a_user("client_support", hafen, is_active=False)
    due(hafen, rep, "For all", SEVEN)
    switch_digest(rep, is_on=False)
    assert (send_digests(at=SEVEN), sales.pk != gone.pk) == (0, True)
    switch_digest(rep, is_on=True)
    assert send_digests(at=SEVEN) == 1


def test_somebody_without_a_proper_address_has_the_list(hafen: Client, rep: User) -> None:
    User.objects.filter(pk=rep.pk).update(email="nobody")
    due(hafen, rep, "For all", SEVEN)
    assert (send_digests(at=SEVEN), digests()) == (0, [])


def test_one_that_fails_does_not_keep_the_others_back(hafen: Client, rep: User) -> None:
    colleague = a_user("client_support", hafen)
    due(hafen, rep, "For all", SEVEN)

    def breaks(email: Email, **_: Any) -> None:
        if email.recipient == rep.email:
            raise ZeroDivisionError

    email_queued.connect(breaks)
    try:
        assert send_digests(at=SEVEN) == 1
    finally:
        email_queued.disconnect(breaks)
    assert digests() == [(colleague.email, "Follow-ups: 1 for today")]
    entry = ErrorRecord.objects.get()
    assert (entry.note, entry.client) == (f"ZeroDivisionError in the daily e-mail to {rep.username}", hafen)
    assert send_digests(at=SEVEN) == 1, "tried again"


def test_two_workers_send_one(hafen: Client, rep: User) -> None:
    due(hafen, rep, "For all", SEVEN)
    waiting = list(waiting_readers(SEVEN))
    send_digests(at=SEVEN)
    assert [send_digest(user, at=SEVEN) for user in waiting] == [False]


def test_the_worker_has_it_on_its_timetable(hafen: Client, rep: User) -> None:
    due(hafen, rep, "For all", SEVEN)
    with time_machine.travel(SEVEN, tick=False):
        assert task() == 1


def test_it_is_the_platforms_and_no_clients_e_mail(hafen: Client, rep: User) -> None:
    due(hafen, rep, "Nobody else's business", SEVEN, assignee=rep)
    send_digests(at=SEVEN)
    email = Email.objects.get(kind="follow_up_digest")
    raw = frozen_mime(email, at=SEVEN).decode()
    assert f"From: Kontor <{settings.DEFAULT_FROM_EMAIL}>" in raw
    for user, is_seen in ((a_user("client_admin", hafen), False), (a_user("platform_admin"), True)):
        browser = Browser()
        browser.force_login(user)
        page = browser.get(reverse("mailing:list")).content.decode()
        assert ("Follow-ups: 1 for today" in page) is is_seen
        link = reverse("mailing:email", args=[email.pk])
        assert browser.get(link).status_code == (200 if is_seen else 404)


def test_it_is_switched_off_and_on_by_its_reader(rep: User) -> None:
    browser = Browser()
    browser.force_login(rep)
    link = reverse("followups:digest")
    page = browser.get(link).content.decode()
    assert ("07:00 in Europe/Berlin" in page, "rita@hafen.example" in page, " checked" in page) == (True, True, True)
    answer = browser.post(link, {"form_key": "a"}, follow=True)
    assert "The daily e-mail is off." in answer.content.decode()
    assert " checked" not in browser.get(link).content.decode()
    answer = browser.post(link, {"is_on": "on", "form_key": "b"}, follow=True)
    assert "The daily e-mail is on." in answer.content.decode()
