"""Entering follow-ups: moments that there are, people who are there, what they are about, chains, many at once."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.template import RequestContext, Template
from django.test import Client as Browser
from django.test import RequestFactory
from django.urls import reverse

from accounts.services import save_department
from core.refused import Refused
from customers.services.anonymize import anonymize_customer
from customers.services.merging import merge_customers, undo_merge
from followups.forms import topic_value
from followups.models import FollowUp
from followups.schedule import moment_of, morning_after, next_monday, snoozes
from followups.services import (
    About,
    Details,
    add_follow_up,
    assign_follow_up,
    change_follow_up,
    continue_follow_up,
    finish_follow_up,
    snooze_follow_up,
)
from mailing.models import Email
from tests.stories import MONDAY, a_certificate, a_client, a_customer, a_user, an_offline_order, days_later, pays

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import Client, User

pytestmark = pytest.mark.django_db
BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 3, 3, 11, 0, tzinfo=UTC)


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


def entered(client: Client, by: User, subject: str = "Call them", about: About | None = None, **more: Any) -> FollowUp:
    values: dict[str, Any] = {"category": "customer", "reason": "Call back", "due_at": NOON, **more}
    key = f"story:{FollowUp.objects.count()}:{subject}"
    details = Details(subject=subject, **values)
    return add_follow_up(client, about=about or About(), details=details, by=by, at=MONDAY, dedupe_key=key)


def sent(**fields: str) -> dict[str, str]:
    return {
        "whose": "general",
        "due_on": "2026-03-05",
        "due_time": "14:30",
        "category": "customer",
        "reason": topic_value("customer", "Call back"),
        "subject": "Call them",
        "form_key": "k1",
        **fields,
    }


# Moments --------------------------------------------------------------------------------------------------------------


def test_a_time_the_clock_skips_is_named_and_one_it_shows_twice_is_the_first() -> None:
    with pytest.raises(Refused) as refused:
        moment_of(date(2026, 3, 29), time(2, 30), BERLIN)
    assert refused.value.message == (
        "There is no 02:30 on this day in Europe/Berlin: the clock goes forward. Choose 03:30 or later."
    )
    assert moment_of(date(2026, 3, 29), time(3, 30), BERLIN) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert moment_of(date(2026, 10, 25), time(2, 30), BERLIN) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_mornings_are_where_the_reader_is() -> None:
    late = datetime(2026, 3, 6, 23, 30, tzinfo=UTC)  # Saturday already in Berlin
    assert morning_after(late, BERLIN) == datetime(2026, 3, 8, 8, 0, tzinfo=UTC)
    assert next_monday(late, BERLIN) == datetime(2026, 3, 9, 8, 0, tzinfo=UTC)
    assert next_monday(MONDAY, BERLIN) == datetime(2026, 3, 9, 8, 0, tzinfo=UTC)
    assert [moment for _words, moment in snoozes(MONDAY, BERLIN)] == [
        datetime(2026, 3, 2, 10, 0, tzinfo=UTC),
        datetime(2026, 3, 2, 13, 0, tzinfo=UTC),
        datetime(2026, 3, 3, 8, 0, tzinfo=UTC),
        datetime(2026, 3, 9, 8, 0, tzinfo=UTC),
    ]


@pytest.mark.parametrize(
    ("day", "clock", "words"),
    [
        ("2026-03-29", "02:30", "There is no 02:30 on this day in Europe/Berlin"),
        ("2026-03-02", "09:59", "This time has passed: choose a later one."),
    ],
)
def test_what_is_wrong_with_the_time_stands_at_the_time(rep: User, day: str, clock: str, words: str) -> None:
    answer = in_the_browser_of(rep).post(reverse("followups:add"), sent(due_on=day, due_time=clock))
    assert (answer.status_code, FollowUp.objects.count()) == (422, 0)
    assert list(answer.context["form"].errors) == ["due_time"]
    assert words in answer.content.decode()


def test_this_very_minute_has_not_passed(rep: User) -> None:
    answer = in_the_browser_of(rep).post(reverse("followups:add"), sent(due_on="2026-03-02", due_time="10:00"))
    assert (answer.status_code, FollowUp.objects.get().due_at) == (302, MONDAY)


def test_a_service_says_no_to_the_past_and_to_what_nobody_plans(hafen: Client, rep: User) -> None:
    for due_at, code in ((days_later(-1), "past"), (days_later(4000), "far")):
        with pytest.raises(Refused) as refused:
            entered(hafen, rep, due_at=due_at)
        assert refused.value.code == code


def test_what_is_late_can_be_edited_and_stays_late(hafen: Client, rep: User) -> None:
    row = entered(hafen, rep)
    odd = datetime(2026, 2, 27, 7, 0, 12, 345, tzinfo=UTC)
    FollowUp.objects.filter(pk=row.pk).update(due_at=odd)
    browser, edit = in_the_browser_of(rep), reverse("followups:edit", args=[row.pk])
    assert 'value="08:00"' in browser.get(edit).content.decode()
    assert browser.post(edit, sent(due_on="2026-02-27", due_time="08:00", subject="Still late")).status_code == 302
    row.refresh_from_db()
    assert (row.subject, row.due_at) == ("Still late", odd)
    assert browser.post(edit, sent(due_on="2026-02-27", due_time="08:01", form_key="k2")).status_code == 422


# People ---------------------------------------------------------------------------------------------------------------


def test_nobody_is_given_to_who_is_deactivated_but_what_they_have_can_be_edited(hafen: Client, rep: User) -> None:
    gone = a_user("client_support", hafen, name="Gabi Gone")
    row = entered(hafen, rep, assignee=gone)
    gone.is_active = False
    gone.save()
    browser = in_the_browser_of(rep)
    page = browser.get(reverse("followups:add")).content.decode()
    assert "Gabi Gone" not in page
    answer = browser.post(reverse("followups:add"), sent(whose="personal", assignee=str(gone.pk)))
    assert "Gabi Gone is deactivated: choose somebody else." in answer.content.decode()
    with pytest.raises(Refused, match="Gabi Gone is deactivated"):
        entered(hafen, rep, assignee=gone)
    kept = sent(subject="Call soon", whose="personal", assignee=str(gone.pk), due_on="2026-03-03", due_time="12:00")
    edit = reverse("followups:edit", args=[row.pk])
    assert "Gabi Gone" in browser.get(edit).content.decode()
    assert browser.post(edit, {**kept, "form_key": "k2"}).status_code == 302
    row.refresh_from_db()
    assert (row.subject, row.assignee) == ("Call soon", gone)


def test_what_somebody_left_behind_is_everybodys(hafen: Client, rep: User) -> None:
    gone, colleague = a_user("client_support", hafen), a_user("client_support", hafen)
    entered(hafen, rep, "Left behind", assignee=gone)
    browser, home = in_the_browser_of(colleague), reverse("followups:list")
    assert "Left behind" not in browser.get(home).content.decode()
    gone.is_active = False
    gone.save()
    assert "Left behind" in browser.get(home).content.decode()


def test_an_office_has_departments_and_a_department_its_office(hafen: Client, rep: User) -> None:
    kiel, bremen = (save_department(hafen, office=name, name="Support") for name in ("Kiel", "Bremen"))
    browser, add = in_the_browser_of(rep), reverse("followups:add")
    page = browser.get(add).content.decode()
    assert ('<optgroup label="Bremen">' in page, '<optgroup label="Kiel">' in page) == (True, True)
    wrong = browser.post(add, sent(office=str(kiel.office_id), department=str(bremen.pk)))
    assert "Support is a department of Bremen, not of Kiel." in wrong.content.decode()
    browser.post(add, sent(department=str(kiel.pk), assignee=str(rep.pk)))
    browser.post(add, sent(office=str(bremen.office_id), form_key="k2"))
    rows = FollowUp.objects.order_by("pk").values_list("office", "department", "assignee")
    given: list[tuple[Any, ...]] = [(kiel.office_id, kiel.pk, None), (bremen.office_id, None, None)]
    assert list(rows) == given
    row = FollowUp.objects.latest("pk")
    with pytest.raises(Refused, match="not a department of"):
        assign_follow_up(row, assignee=None, office=bremen.office, department=kiel, by=rep, at=MONDAY)
    details = Details("customer", "Other", "x", NOON, assignee=rep, department=kiel)
    row = change_follow_up(row, details=details, by=rep, at=MONDAY)
    assert (row.assignee, row.office, row.department) == (rep, None, None)


def test_giving_away_is_said_and_leaves_the_page_of_what_is_out_of_sight(hafen: Client, rep: User) -> None:
    author, colleague = a_user("client_admin", hafen), a_user("client_support", hafen, name="Carla Colleague")
    row = entered(hafen, author, assignee=rep)
    browser, assign = in_the_browser_of(rep), reverse("followups:assign", args=[row.pk])
    assert 'data-whose="" id="id_whose_1"' in browser.get(assign).content.decode().replace("\n", " ")
    fields = {"whose": "personal", "assignee": colleague.pk, "next": reverse("followups:detail", args=[row.pk])}
    answer = browser.post(assign, {**fields, "form_key": "a"}, follow=True)
    assert answer.request["PATH_INFO"] == reverse("followups:list")
    assert "Given to Carla Colleague: Call them" in answer.content.decode()
    row.refresh_from_db()
    assert row.assignee == colleague
    assert row.history.first().history_change_reason == "given to Carla Colleague"


# Later, done, next ----------------------------------------------------------------------------------------------------


def test_snoozing_is_one_choice_or_any_moment(hafen: Client, rep: User) -> None:
    row = entered(hafen, rep)
    browser, snooze = in_the_browser_of(rep), reverse("followups:snooze", args=[row.pk])
    assert "Next Monday: Mar 9, 2026, 09:00 CET" in browser.get(snooze).content.decode()
    assert browser.post(snooze, {"until": "2026-03-09T08:00Z", "form_key": "a"}).status_code == 302
    row.refresh_from_db()
    assert row.due_at == datetime(2026, 3, 9, 8, 0, tzinfo=UTC)
    own = {"until": "another", "due_on": "2026-03-05", "due_time": "14:30", "form_key": "b"}
    assert browser.post(snooze, own).status_code == 302
    row.refresh_from_db()
    assert row.due_at == datetime(2026, 3, 5, 13, 30, tzinfo=UTC)
    assert row.history.first().history_change_reason == "put off"


def test_tomorrow_is_the_day_that_stood_there_though_it_is_midnight_by_now(hafen: Client, rep: User) -> None:
    row = entered(hafen, rep)
    snooze = reverse("followups:snooze", args=[row.pk])
    late = datetime(2026, 3, 2, 22, 59, tzinfo=UTC)  # a minute to midnight in Berlin
    with time_machine.travel(late, tick=False):
        browser = in_the_browser_of(rep)
        offered = browser.get(snooze).context["form"]["until"]
    words = {str(value): label for value, label in offered.field.choices}
    assert words[offered.value()] == "Tomorrow morning: Mar 3, 2026, 09:00 CET"
    with time_machine.travel(late + timedelta(minutes=5), tick=False):
        assert browser.post(snooze, {"until": offered.value(), "form_key": "a"}).status_code == 302
    row.refresh_from_db()
    assert row.due_at == datetime(2026, 3, 3, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "Choose until when it can wait."),
        ({"until": "tomorrow"}, "Select a valid choice."),
        ({"until": "2026-03-02T08:59Z"}, "This time has passed: choose a later one."),
        ({"until": "2046-03-02T09:00Z"}, "This is more than ten years ahead"),
        ({"until": "another"}, "Enter a date and a time."),
        ({"until": "another", "due_on": "2026-03-05"}, "Enter a date and a time."),
        ({"until": "another", "due_on": "2026-03-29", "due_time": "02:30"}, "There is no 02:30"),
        ({"until": "another", "due_on": "2026-03-01", "due_time": "02:30"}, "This time has passed"),
        ({"until": "another", "due_on": "0001-01-01", "due_time": "00:00"}, "No calendar has this day."),
    ],
)
def test_a_snooze_without_a_moment_says_so(hafen: Client, rep: User, fields: dict[str, str], words: str) -> None:
    row = entered(hafen, rep)
    answer = in_the_browser_of(rep).post(reverse("followups:snooze", args=[row.pk]), fields)
    assert (answer.status_code, words in answer.content.decode()) == (422, True)


def test_what_is_done_is_neither_put_off_nor_given_away_nor_continued(hafen: Client, rep: User) -> None:
    row = finish_follow_up(entered(hafen, rep), by=rep, at=MONDAY)
    details = Details("customer", "Call back", "Again", NOON)
    for act, fields in (
        (snooze_follow_up, {"until": NOON}),
        (assign_follow_up, {"assignee": rep, "office": None, "department": None}),
        (continue_follow_up, {"details": details, "dedupe_key": "next"}),
    ):
        with pytest.raises(Refused, match="This is done"):
            act(row, by=rep, at=MONDAY, **fields)
    browser = in_the_browser_of(rep)
    for name in ("snooze", "assign", "next"):
        assert "This is done" in browser.get(reverse(f"followups:{name}", args=[row.pk])).content.decode()


def test_the_next_in_the_chain_is_about_the_same_and_comes_when_it_usually_does(hafen: Client, rep: User) -> None:
    purchase = an_offline_order(hafen)
    values = {"category": "dunning", "reason": "Promise to pay", "assignee": rep}
    row = entered(hafen, rep, "They pay on Friday", About(purchase=purchase), **values)
    browser, link = in_the_browser_of(rep), reverse("followups:next", args=[row.pk])
    shown = browser.get(link).context["form"].initial
    assert (shown["reason"], shown["due_on"]) == ("dunning · Broken promise", date(2026, 3, 9))
    fields = {name: str(value) for name, value in shown.items()}
    fields |= {"due_time": "09:00", "form_key": "n", "office": "", "department": ""}
    for _ in range(2):
        assert browser.post(link, fields).status_code == 302
    row.refresh_from_db()
    after = row.following.get()
    assert (row.done_by, after.purchase, after.reason, after.assignee) == (rep, purchase, "Broken promise", rep)
    before_page = browser.get(reverse("followups:detail", args=[row.pk])).content.decode()
    after_page = browser.get(reverse("followups:detail", args=[after.pk])).content.decode()
    assert ("<dt>Next</dt>" in before_page, "<dt>Comes after</dt>" in after_page) == (True, True)
    details = Details("customer", "Call back", "Again", NOON)
    again = continue_follow_up(row, details=details, by=rep, at=MONDAY, dedupe_key=after.dedupe_key)
    assert again == after


def test_a_next_one_that_is_refused_leaves_the_first_open(hafen: Client, rep: User) -> None:
    row = entered(hafen, rep, reason="Address to correct")
    link = reverse("followups:next", args=[row.pk])
    browser = in_the_browser_of(rep)
    assert browser.get(link).context["form"].initial["reason"] == "customer · Address to correct"
    assert browser.post(link, sent(due_on="2026-03-01")).status_code == 422
    late = Details("customer", "Call back", "Again", days_later(-1))
    with pytest.raises(Refused):
        continue_follow_up(row, details=late, by=rep, at=MONDAY, dedupe_key="next")
    row.refresh_from_db()
    assert (row.is_done, FollowUp.objects.count()) == (False, 1)


def test_many_are_done_snoozed_and_given_away_at_once(hafen: Client, rep: User) -> None:
    rows = [entered(hafen, rep, f"Call {number}") for number in range(3)]
    foreign = entered(a_client("other"), a_user("platform_admin"), "Of others")
    finish_follow_up(rows[2], by=rep, at=MONDAY)
    browser, picks = in_the_browser_of(rep), {"pick": [row.pk for row in [*rows, foreign]]}
    snooze, assign, done = (reverse(f"followups:{name}_many") for name in ("snooze", "assign", "done"))
    assert "3 selected" in browser.get(snooze, picks).content.decode()
    answer = browser.post(snooze, {**picks, "until": "2026-03-03T08:00Z"}).content.decode()
    assert ("2 of 4 done" in answer, "This is done: reopen it first." in answer, "Not found." in answer) == (
        True,
        True,
        True,
    )
    answer = browser.post(assign, {**picks, "whose": "personal", "assignee": rep.pk}).content.decode()
    assert "2 of 4 done" in answer
    assert 'value="personal"' in browser.get(assign, picks).content.decode()
    assert "3 of 4 done" in browser.post(done, picks).content.decode()
    assert list(FollowUp.objects.filter(client=hafen).order_by("pk").values_list("assignee", "done_by")) == [
        (rep.pk, rep.pk),
        (rep.pk, rep.pk),
        (None, rep.pk),
    ]


@pytest.mark.parametrize("name", ["nonsense", "٣", "9" * 19])
def test_what_is_no_row_at_all_is_not_found(hafen: Client, rep: User, name: str) -> None:
    row = entered(hafen, rep)
    answer = in_the_browser_of(rep).post(reverse("followups:done_many"), {"pick": [name, row.pk]}).content.decode()
    assert ("1 of 2 done" in answer, "Not found." in answer) == (True, True)


def test_done_is_taken_back_from_the_toast(hafen: Client, rep: User) -> None:
    row = entered(hafen, rep, "<b>Call</b>")
    home = reverse("followups:list")
    page = in_the_browser_of(rep).post(reverse("followups:done", args=[row.pk]), {"next": home}, follow=True)
    undo = reverse("followups:reopen", args=[row.pk])
    assert (
        f'Done: &lt;b&gt;Call&lt;/b&gt; <button class="btn btn-sm ghost" type="submit" form="done" formaction="{undo}"'
        in (page.content.decode())
    )


# What it is about -----------------------------------------------------------------------------------------------------


def test_one_on_a_customer_is_on_its_profile_and_found_by_its_name(hafen: Client, rep: User) -> None:
    customer = an_offline_order(hafen).customer
    browser, add = in_the_browser_of(rep), f"{reverse('followups:add')}?customer={customer.pk}"
    page = browser.get(add).content.decode()
    assert ("Add a follow-up on Werft &amp; Söhne KG" in page, 'name="reference"' in page) == (True, False)
    assert browser.post(add, sent()).status_code == 302
    row = FollowUp.objects.get(subject="Call them")
    assert (row.customer, row.purchase, row.client) == (customer, None, hafen)
    profile = browser.get(reverse("customers:detail", args=[customer.pk])).content.decode()
    assert ("Call them" in profile, f"?customer={customer.pk}" in profile) == (True, True)
    listed = browser.get(reverse("followups:list"), {"q": "söhne"}).content.decode()
    assert f'href="{reverse("customers:detail", args=[customer.pk])}" title="Werft &amp; Söhne KG"' in listed
    copy = f"{reverse('followups:add')}?copy={row.pk}"
    assert "on Werft &amp; Söhne KG" in browser.get(copy).content.decode()
    browser.post(copy, sent(subject="Call again", form_key="k2"))
    assert FollowUp.objects.get(subject="Call again").customer == customer


def test_another_clients_customer_is_none(rep: User) -> None:
    customer = an_offline_order(a_client("other")).customer
    page = in_the_browser_of(rep).get(reverse("followups:add"), {"customer": customer.pk}).content.decode()
    assert 'id="dialog-title"' not in page
    assert "Werft" not in page


@pytest.mark.parametrize(
    ("about", "is_ours"),
    [
        ("/errors/", True),
        ("//evil.example/", False),
        ("https://evil.example/", False),
        ("javascript:alert(1)", False),
        ("/nowhere/at/all/", False),
        (f"/errors/?{'x' * 300}", False),
    ],
)
def test_one_on_any_page_of_ours_leads_back_to_it(hafen: Client, about: str, *, is_ours: bool) -> None:
    rep = a_user("platform_tax")
    browser = in_the_browser_of(rep)
    query = {"about": about, "label": "Certificate TX-4711", "client": str(hafen.pk)}
    page = browser.get(reverse("followups:add"), query)
    assert ("on Certificate TX-4711" in page.content.decode()) is is_ours
    assert page.context["form"].initial["client"] == hafen.pk
    answer = browser.post(reverse("followups:add", query=query), sent(client=str(hafen.pk)))
    assert answer.status_code == 302
    row = FollowUp.objects.get()
    assert (row.about_link, row.about_label) == ((about, "Certificate TX-4711") if is_ours else ("", ""))
    listed = browser.get(reverse("followups:list")).content.decode()
    assert (f'<a href="{about}" title="Certificate TX-4711">' in listed) is is_ours


def test_a_page_shows_the_follow_ups_about_itself(hafen: Client, rep: User) -> None:
    about = About(link="/errors/7/", label="Error 7")
    entered(hafen, rep, "About this page", about)
    entered(hafen, rep, "About another", About(link="/errors/8/", label="Error 8"))
    request = RequestFactory().get("/errors/7/")
    request.user, request.session = rep, {}  # type: ignore[assignment]
    panel = Template(
        "{% load followups %}{% follow_ups_about '/errors/7/' as reminders %}"
        "{% include 'followups/_panel.html' with about='/errors/7/' label='Error 7' client=3 %}"
    ).render(RequestContext(request, {"at": MONDAY}))
    assert ("About this page" in panel, "About another" in panel) == (True, False)
    assert "?about=/errors/7/&amp;label=Error%207&amp;client=3" in panel


def test_one_on_a_certificate_is_on_its_page_and_loses_names_with_the_customer(hafen: Client) -> None:
    boss, purchase = a_user("platform_tax"), pays(an_offline_order(hafen), "119.00")
    Email.objects.filter(reference=purchase.reference).update(status="SENT", sent_at=MONDAY)
    certificate = a_certificate(purchase.customer, by=boss)
    browser, link = in_the_browser_of(boss), reverse("taxexempt:detail", args=[certificate.pk])
    add = f"{reverse('followups:add')}?about={link}&label=Certificate%20{certificate.pk}&client={hafen.pk}"
    assert f'href="{add}"' in browser.get(link).content.decode().replace("&amp;", "&")
    assert browser.post(add, sent(client=str(hafen.pk), subject="Ask Petersen")).status_code == 302
    assert "Ask Petersen" in browser.get(link).content.decode()
    anonymize_customer(purchase.customer, by=a_user("client_admin", hafen), at=MONDAY)
    assert FollowUp.objects.get(about_link=link).subject == "Ask [removed]"
    assert not FollowUp.history.filter(subject__contains="Petersen").exists()


def test_the_platform_finds_the_people_of_the_purchases_client(hafen: Client, rep: User) -> None:
    purchase, platform = an_offline_order(hafen), a_user("platform_customer_service")
    browser, add = in_the_browser_of(platform), reverse("followups:add")
    page = browser.get(add, {"reference": purchase.reference})
    assert ("Rita Rep" in page.content.decode(), "client" in page.context["form"].fields) == (True, False)
    assert "Rita Rep" not in browser.get(add).content.decode()
    fields = sent(reference=purchase.reference, whose="personal", assignee=str(rep.pk))
    assert browser.post(add, fields).status_code == 302
    assert FollowUp.objects.get(subject="Call them").assignee == rep
    fields = sent(client=str(hafen.pk), whose="personal", assignee=str(rep.pk), subject="No purchase", form_key="k2")
    assert browser.post(add, fields).status_code == 302
    assert FollowUp.objects.get(subject="No purchase").assignee == rep


def test_a_form_sent_twice_enters_one(rep: User) -> None:
    browser = in_the_browser_of(rep)
    for _ in range(2):
        assert browser.post(reverse("followups:add"), sent()).status_code == 302
    assert FollowUp.objects.count() == 1


def test_merged_customers_share_them_and_part_again(hafen: Client) -> None:
    boss = a_user("client_admin", hafen)
    kept, gone = (
        an_offline_order(hafen, customer=a_customer(company=name, email=f"{name}@x.example")).customer
        for name in ("Kiel", "Bremen")
    )
    row = entered(hafen, boss, about=About(customer=gone))
    merge = merge_customers(kept, gone, by=boss, at=MONDAY)
    row.refresh_from_db()
    assert row.customer == kept
    undo_merge(merge, by=boss, at=MONDAY)
    row.refresh_from_db()
    assert row.customer == gone


def test_names_go_out_of_those_on_a_customer_too(hafen: Client) -> None:
    boss, purchase = a_user("client_admin", hafen), pays(an_offline_order(hafen), "119.00")
    Email.objects.filter(reference=purchase.reference).update(status="SENT", sent_at=MONDAY)
    row = entered(hafen, boss, "Call Petersen", About(customer=purchase.customer), note="Jana Petersen is ill")
    anonymize_customer(purchase.customer, by=boss, at=MONDAY)
    row.refresh_from_db()
    assert (row.subject, row.note) == ("Call [removed]", "[removed] is ill")
    assert not FollowUp.history.filter(id=row.pk, note__contains="Petersen").exists()
