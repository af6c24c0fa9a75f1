"""Follow-ups: who sees them, who enters them, how they are finished."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.services import save_department
from core.refused import Refused
from followups.forms import topic_value
from followups.models import Category, FollowUp
from followups.selectors import concerning, in_reach
from followups.services import (
    About,
    Details,
    add_follow_up,
    change_follow_up,
    delete_follow_up,
    finish_follow_up,
    open_client_follow_up,
    open_follow_up,
    reopen_follow_up,
)
from followups.wording import REASONS
from tests.stories import MONDAY, a_client, a_customer, a_user, an_offline_order, days_later

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import Client, User

pytestmark = pytest.mark.django_db
CALL = topic_value("customer", "Call back")


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def hafen() -> Client:
    return a_client("hafen")


@pytest.fixture
def rep(hafen: Client) -> User:
    return a_user("client_support", hafen, name="Rita Rep")


def in_the_browser_of(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


def entered(client: Client, by: User, subject: str = "Call them", **fields: Any) -> FollowUp:
    values: dict[str, Any] = {"category": "customer", "reason": "Call back", "due_at": days_later(1), **fields}
    details = Details(subject=subject, **values)
    key = f"story:{FollowUp.objects.count()}:{subject}"
    return add_follow_up(client, about=About(), details=details, by=by, at=MONDAY, dedupe_key=key)


def form(**fields: str) -> dict[str, str]:
    return {
        "whose": "general",
        "category": "customer",
        "reason": CALL,
        "subject": "Call them",
        "due_on": "2026-03-05",
        "due_time": "14:30",
        "note": "",
        "form_key": "k1",
        **fields,
    }


def seen_by(user: User) -> set[str]:
    return {row.subject for row in concerning(user).visible_to(user)}


# Who sees what ------------------------------------------------------------------------------------------------------


def test_a_personal_one_is_seen_by_its_person_and_its_author(hafen: Client, rep: User) -> None:
    colleague, author = a_user("client_support", hafen), a_user("client_admin", hafen)
    entered(hafen, author, "For Rita", assignee=rep)
    assert (seen_by(rep), seen_by(author), seen_by(colleague)) == ({"For Rita"}, {"For Rita"}, set())


def test_a_team_s_is_seen_by_the_team(hafen: Client, rep: User) -> None:
    team = save_department(hafen, office="Kiel", name="Support")
    member, other = a_user("client_support", hafen, department=team), a_user("client_support", hafen)
    entered(hafen, rep, "For support", department=team)
    assert (seen_by(member), seen_by(other)) == ({"For support"}, set())


def test_an_office_s_is_seen_by_all_its_departments(hafen: Client, rep: User) -> None:
    support, sales = (save_department(hafen, office="Kiel", name=name) for name in ("Support", "Sales"))
    member, other = a_user("client_support", hafen, department=sales), a_user("client_support", hafen)
    general = entered(hafen, rep, "For Kiel")
    FollowUp.objects.filter(pk=general.pk).update(office=support.office)
    assert (seen_by(member), seen_by(other)) == ({"For Kiel"}, set())


def test_a_general_one_is_everybody_s_at_the_client_and_nobody_else_s(hafen: Client, rep: User) -> None:
    entered(hafen, rep, "For all")
    stranger = a_user("client_support", a_client("other"))
    assert (seen_by(a_user("client_admin", hafen)), seen_by(stranger)) == ({"For all"}, set())
    assert seen_by(a_user("platform_customer_service")) == {"For all"}


def test_who_keeps_the_offices_sees_all(hafen: Client, rep: User) -> None:
    entered(hafen, rep, "For Rita", assignee=rep)
    assert (seen_by(a_user("platform_admin")), seen_by(a_user("platform_tax"))) == ({"For Rita"}, set())


# Writing ------------------------------------------------------------------------------------------------------------


def strangers(kind: str) -> dict[str, Any]:
    other = a_client("other")
    if kind == "assignee":
        return {"assignee": a_user("client_support", other)}
    return {"department": save_department(other, office="Away", name="Team")}


@pytest.mark.parametrize("kind", ["assignee", "department"])
def test_nobody_of_another_client_is_given_one(hafen: Client, rep: User, kind: str) -> None:
    with pytest.raises(Refused) as refused:
        entered(hafen, rep, **strangers(kind))
    assert refused.value.code == kind
    assert FollowUp.objects.count() == 0


def test_nor_is_one_put_on_another_client_s_purchase(hafen: Client, rep: User) -> None:
    foreign = an_offline_order(a_client("other"))
    details = Details("customer", "Call back", "x", MONDAY)
    with pytest.raises(Refused):
        add_follow_up(hafen, about=About(purchase=foreign), details=details, by=rep, at=MONDAY, dedupe_key="k")
    with pytest.raises(Refused, match="not a customer of"):
        add_follow_up(hafen, about=About(customer=foreign.customer), details=details, by=rep, at=MONDAY, dedupe_key="k")


def test_the_same_key_enters_one(hafen: Client, rep: User) -> None:
    details = Details("customer", "Call back", "x", MONDAY)
    first, second = (
        add_follow_up(hafen, about=About(), details=details, by=rep, at=MONDAY, dedupe_key="k") for _ in range(2)
    )
    assert first == second
    purchase = an_offline_order(hafen)
    automatic: dict[str, Any] = {
        "category": "review",
        "reason": "Other",
        "subject": "x",
        "due_at": MONDAY,
        "at": MONDAY,
    }
    assert open_follow_up(purchase, dedupe_key="k", **automatic) == first


def test_a_deleted_one_leaves_its_history(hafen: Client, rep: User) -> None:
    row = entered(hafen, rep)
    pk = row.pk
    delete_follow_up(row, by=rep, at=days_later(1))
    newest = FollowUp.history.filter(id=pk).latest()
    assert (newest.history_type, newest.history_user, newest.history_change_reason) == ("-", rep, "deleted")
    assert newest.history_date == days_later(1)


def test_a_team_brings_its_office(hafen: Client, rep: User) -> None:
    team = save_department(hafen, office="Kiel", name="Support")
    row = change_follow_up(
        entered(hafen, rep), details=Details("customer", "Other", "x", MONDAY, department=team), by=rep, at=MONDAY
    )
    assert (row.department, row.office) == (team, team.office)


def test_people_are_offered_within_reach(hafen: Client, rep: User) -> None:
    team = save_department(hafen, office="Kiel", name="Support")
    colleague, platform = a_user("client_admin", hafen), a_user("platform_customer_service")
    stranger = a_user("client_support", a_client("other"))

    def offered(user: User, client: Client | None) -> set[object]:
        reach = in_reach(user, client)
        return {*reach.people, *reach.offices, *reach.departments}

    assert offered(rep, hafen) == {rep, team, team.office, colleague}
    assert offered(platform, hafen) == {platform, rep, team, team.office, colleague}
    assert offered(platform, None) == {platform}
    assert stranger in in_reach(platform, hafen).with_person(stranger.pk).people


def test_every_category_has_reasons() -> None:
    assert set(REASONS) == set(Category.values)
    assert all("Other" in [reason.name for reason in reasons] for reasons in REASONS.values())
    for reasons in REASONS.values():
        assert {reason.next for reason in reasons if reason.next} <= {reason.name for reason in reasons}


# Pages --------------------------------------------------------------------------------------------------------------


def test_the_list_costs_the_same_with_one_and_with_three(hafen: Client) -> None:
    browser = in_the_browser_of(a_user("platform_admin"))
    an_offline_order(hafen)
    author = a_user("client_admin", hafen)
    team = save_department(hafen, office="Kiel", name="Support")
    entered(hafen, author, assignee=author)
    browser.get(reverse("followups:list"))
    with CaptureQueriesContext(connection) as one:
        browser.get(reverse("followups:list"))
    entered(hafen, author, department=team)
    entered(hafen, author)
    with CaptureQueriesContext(connection) as three:
        assert "3</strong> follow-ups" in browser.get(reverse("followups:list")).content.decode()
    assert len(three) == len(one)
    assert len(three) <= 12


def test_overdue_is_said_and_counted(hafen: Client, rep: User) -> None:
    FollowUp.objects.filter(pk=entered(hafen, rep, "Late").pk).update(due_at=days_later(-1))
    entered(hafen, rep, "At noon", due_at=MONDAY + timedelta(hours=3))
    entered(hafen, rep, "In time", due_at=days_later(1))
    page = in_the_browser_of(rep).get(reverse("followups:list")).content.decode()
    assert (page.count('title="Overdue"'), page.count('title="Later today"')) == (1, 1)
    assert '<span class="visually-hidden"> current, 1 overdue</span>' in page
    overdue = in_the_browser_of(rep).get(reverse("followups:list"), {"show": "overdue"}).content.decode()
    assert "In time" not in overdue


def test_done_is_set_in_the_row_and_taken_back(hafen: Client, rep: User) -> None:
    row = entered(hafen, rep)
    browser, home = in_the_browser_of(rep), reverse("followups:list")
    done = browser.post(reverse("followups:done", args=[row.pk]), {"form_key": "a", "next": home})
    assert (done.status_code, done["Location"]) == (302, home)
    row.refresh_from_db()
    assert (row.done_at, row.done_by) == (MONDAY, rep)
    assert "Call them" in browser.get(home, {"show": "done"}).content.decode()
    browser.post(reverse("followups:reopen", args=[row.pk]), {"form_key": "b", "next": home})
    row.refresh_from_db()
    assert not row.is_done


def test_two_colleagues_finish_one_and_the_first_did_it(hafen: Client, rep: User) -> None:
    row, colleague = entered(hafen, rep), a_user("client_support", hafen)
    finish_follow_up(row, by=rep, at=days_later(1))
    done = finish_follow_up(row, by=colleague, at=days_later(2))
    assert (done.done_by, done.done_at) == (rep, days_later(1))
    assert list(row.history.order_by("pk").values_list("history_change_reason", flat=True)) == ["Call back", "done"]


def test_one_that_is_not_done_is_not_reopened(hafen: Client, rep: User) -> None:
    row = entered(hafen, rep)
    assert reopen_follow_up(row, by=rep, at=days_later(1)) == row
    assert list(row.history.values_list("history_change_reason", flat=True)) == ["Call back"]


def test_a_new_one_keeps_the_moment_in_utc(hafen: Client, rep: User) -> None:
    purchase = an_offline_order(hafen)
    sent = form(reference=purchase.reference, whose="personal", assignee=str(rep.pk), note="urgent")
    browser = in_the_browser_of(rep)
    assert browser.post(reverse("followups:add"), sent).status_code == 302
    row = FollowUp.objects.get(subject="Call them")
    assert (row.client, row.purchase, row.assignee, row.created_by) == (hafen, purchase, rep, rep)
    assert row.due_at == datetime(2026, 3, 5, 13, 30, tzinfo=UTC)
    assert browser.post(reverse("followups:add"), sent).status_code == 302
    assert FollowUp.objects.filter(subject="Call them").count() == 1
    page = browser.get(reverse("followups:detail", args=[row.pk])).content.decode()
    assert "Mar 5, 2026, 14:30 CET" in page
    assert "urgent" in page


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("reason", "", "Choose a reason."),
        ("reason", "customer · Moon", "Select a valid choice."),
        ("reason", "review · Other", "“Other” is a reason of Review: choose one of its own."),
        ("category", "moon", "Select a valid choice."),
        ("subject", "", "Enter the subject."),
        ("due_on", "31.2.2026", "Enter a valid date."),
        ("due_on", "2026-03-01", "This time has passed: choose a later one."),
        ("due_on", "2036-03-10", "This is more than ten years ahead: choose an earlier day."),
        ("due_on", "0001-01-01", "This time has passed: choose a later one."),
        ("reference", "999999999", "There is no purchase with this reference number."),
        ("whose", "personal", "Choose the user whom it is for."),
        ("office", "999", "Select a valid choice."),
    ],
)
def test_the_form_says_what_is_wrong(hafen: Client, rep: User, field: str, value: str, complaint: str) -> None:
    answer = in_the_browser_of(rep).post(reverse("followups:add"), form(**{field: value}))
    assert answer.status_code == 422
    assert complaint in answer.content.decode()
    assert FollowUp.objects.count() == 0


def test_the_platform_names_the_client_or_the_purchase(hafen: Client) -> None:
    browser = in_the_browser_of(a_user("platform_customer_service"))
    purchase, other = an_offline_order(hafen), a_client("other")
    missing = browser.post(reverse("followups:add"), form())
    assert "Choose a client or enter a reference number." in missing.content.decode()
    wrong = browser.post(reverse("followups:add"), form(reference=purchase.reference, client=str(other.pk)))
    assert "is a purchase of Hafen GmbH." in wrong.content.decode()
    assert browser.post(reverse("followups:add"), form(client=str(other.pk))).status_code == 302
    assert FollowUp.objects.get(subject="Call them").client == other
    browser.post(reverse("accounts:client"), {"client": hafen.pk})
    assert browser.post(reverse("followups:add"), form(form_key="k2", subject="Chosen")).status_code == 302
    assert FollowUp.objects.get(subject="Chosen").client == hafen


def test_a_copy_starts_like_its_source(hafen: Client, rep: User) -> None:
    source = entered(hafen, rep, "Ask again", reason="A reason of old", note="as before")
    browser = in_the_browser_of(rep)
    page = browser.get(reverse("followups:add"), {"copy": source.pk}).content.decode()
    for words in ("Ask again", "A reason of old", "as before"):
        assert words in page
    assert "Ask again" not in browser.get(reverse("followups:add"), {"copy": "9" * 30}).content.decode()
    assert browser.get(reverse("followups:add"), {"copy": "x", "reference": "123"}).status_code == 200


def test_editing_keeps_who_has_it_even_out_of_reach(hafen: Client, rep: User) -> None:
    platform = a_user("platform_customer_service", name="Pia Platform")
    row = entered(hafen, platform, assignee=platform)
    FollowUp.objects.filter(pk=row.pk).update(created_by=rep)
    browser, edit = in_the_browser_of(rep), reverse("followups:edit", args=[row.pk])
    assert "Pia Platform" in browser.get(edit).content.decode()
    sent = form(subject="Call soon", whose="personal", assignee=str(platform.pk))
    assert browser.post(edit, sent).status_code == 302
    row.refresh_from_db()
    assert (row.subject, row.assignee) == ("Call soon", platform)


def test_deleting_leads_back_to_the_list(hafen: Client, rep: User) -> None:
    row = entered(hafen, rep)
    browser, page = in_the_browser_of(rep), reverse("followups:detail", args=[row.pk])
    delete = reverse("followups:delete", args=[row.pk])
    assert "The history keeps who deleted it." in browser.get(delete).content.decode()
    done = browser.post(delete, {"form_key": "d", "next": page})
    assert (done.status_code, done["Location"]) == (302, reverse("followups:list"))
    assert FollowUp.objects.count() == 0


def test_the_bar_finds_by_reference_and_by_whose(hafen: Client, rep: User) -> None:
    entered(hafen, rep, "General one")
    entered(hafen, rep, "Personal one", assignee=rep)
    purchase = an_offline_order(hafen)
    open_follow_up(
        purchase, category="review", reason="Other", subject="On a purchase", due_at=MONDAY, at=MONDAY, dedupe_key="p"
    )
    browser, home = in_the_browser_of(rep), reverse("followups:list")
    assert "Personal one" not in browser.get(home, {"whose": "general"}).content.decode()
    assert "General one" not in browser.get(home, {"whose": "personal"}).content.decode()
    found = browser.get(home, {"q": purchase.reference}).content.decode()
    assert "On a purchase" in found
    assert "General one" not in found
    assert "General one" not in browser.get(home, {"show": "mine"}).content.decode()


def test_an_empty_list_says_what_would_be_here(rep: User) -> None:
    assert "Nothing to follow up" in in_the_browser_of(rep).get(reverse("followups:list")).content.decode()


def test_the_profile_shows_the_customer_s(hafen: Client, rep: User) -> None:
    purchase = an_offline_order(hafen, customer=a_customer())
    open_follow_up(
        purchase, category="review", reason="Other", subject="Ask them", due_at=MONDAY, at=MONDAY, dedupe_key="p"
    )
    page = in_the_browser_of(rep).get(reverse("customers:detail", args=[purchase.customer_id])).content.decode()
    assert "Ask them" in page
    sales = in_the_browser_of(a_user("client_sales", hafen))
    assert "Ask them" not in sales.get(reverse("customers:detail", args=[purchase.customer_id])).content.decode()


def test_what_was_asked_of_a_client_once_is_not_asked_again(hafen: Client) -> None:
    def asked(subject: str) -> FollowUp:
        return open_client_follow_up(
            hafen, category=Category.DUNNING, reason="Approval", subject=subject, at=MONDAY, dedupe_key="run:1"
        )

    first, again = asked("Approve the run"), asked("Approve it now")
    assert (again.pk, again.subject, FollowUp.objects.count()) == (first.pk, "Approve the run", 1)
