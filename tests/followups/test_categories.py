"""Categories and reasons: shipped, changed, added, offered no longer; what follow-ups say stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import time_machine
from django.test import Client as Browser
from django.urls import reverse

from core.refused import Refused
from followups.models import Category, FollowUp, OwnCategory
from followups.selectors import concerning
from followups.selectors.topics import all_topics, category_label, next_reason, topic_of
from followups.services import About, Details, add_follow_up
from followups.services.topics import add_category, change_category
from followups.wording import REASONS, Reason
from tests.stories import MONDAY, a_client, a_user

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import User

pytestmark = pytest.mark.django_db
CALL = Reason("Call")


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def boss() -> User:
    return a_user("platform_admin")


@pytest.fixture
def browser(boss: User) -> Browser:
    browser = Browser()
    browser.force_login(boss)
    return browser


def kept(code: str, by: User, *reasons: Reason, label: str = "Review", is_active: bool = True) -> OwnCategory:
    return change_category(code, label=label, reasons=reasons, is_active=is_active, by=by, at=MONDAY)


def test_what_is_shipped_holds_until_somebody_changes_it(boss: User) -> None:
    assert [(topic.code, topic.reasons) for topic in all_topics()] == [(code, REASONS[code]) for code in Category]
    kept("review", boss, CALL, Reason("Look", "Call", 3), label="Checking")
    add_category(label="Trade fairs", reasons=[CALL], by=boss, at=MONDAY)
    topics = all_topics()
    assert (topics[0].label, topics[0].reasons, topics[0].tone) == (
        "Checking",
        (CALL, Reason("Look", "Call", 3)),
        "violet",
    )
    assert (topics[-1].code, topics[-1].label, topics[-1].is_shipped, topics[-1].tone) == (
        "trade-fairs",
        "Trade fairs",
        False,
        "gray",
    )
    kept("review", boss, CALL, label="Checks")
    reasons = OwnCategory.objects.get(code="review").history.values_list("history_change_reason", "history_user")
    assert list(reasons) == [("kept", boss.pk)] * 2


def test_names_without_letters_of_ours_get_a_code_all_the_same(boss: User) -> None:
    codes = [add_category(label=label, reasons=[CALL], by=boss, at=MONDAY).code for label in ("展示会", "見本市")]
    assert codes == ["category-1", "category-2"]


def test_what_does_not_go_together_is_refused(boss: User) -> None:
    for reasons, label, code in (
        ((), "Review", "reasons"),
        ((CALL, CALL), "Review", "twice"),
        ((Reason("Look", "Listen", 3),), "Review", "next"),
        ((CALL,), "dunning", "label"),
    ):
        with pytest.raises(Refused) as refused:
            kept("review", boss, *reasons, label=label)
        assert refused.value.code == code
    with pytest.raises(Refused, match="not there any more"):
        kept("moon", boss, CALL)
    assert OwnCategory.objects.count() == 0


def test_follow_ups_keep_their_reason_and_take_the_new_name(boss: User, browser: Browser) -> None:
    hafen = a_client("hafen")
    details = Details("customer", "Call back", "Call", MONDAY)
    row = add_follow_up(hafen, about=About(), details=details, by=boss, at=MONDAY, dedupe_key="k")
    assert (category_label(row), next_reason(row)) == ("Customer contact", Reason("Call back", "Call back", 2))
    kept("customer", boss, CALL, label="Contact", is_active=False)
    assert category_label(concerning(boss).get()) == "Contact"
    assert next_reason(row) == Reason("Call back", "Call back", 1)
    page = browser.get(reverse("followups:list")).content.decode()
    assert ("Call back" in page, "Contact</span>" in page) == (True, True)
    assert 'value="customer"' not in browser.get(reverse("followups:add")).content.decode()
    edit = browser.get(reverse("followups:edit", args=[row.pk])).content.decode()
    assert 'value="customer · Call back" selected' in edit
    FollowUp.objects.filter(pk=row.pk).update(category="gone")
    assert category_label(concerning(boss).get()) == "gone"
    assert next_reason(concerning(boss).get()) == Reason("Call back", "Call back", 1)


def test_the_page_shows_all_and_changes_one(browser: Browser) -> None:
    page = browser.get(reverse("followups:categories")).content.decode()
    assert ("Promise to pay" in page, "Broken promise, 7 days" in page) == (True, True)
    link = reverse("followups:category", args=["dunning"])
    assert "Promise to pay &gt; Broken promise, 7" in browser.get(link).content.decode()
    typed = "Promise to pay  > Waiting, in time, 14\n\n Waiting, in time "
    sent = {"label": "Dunning", "reasons": typed, "is_active": "on", "form_key": "a"}
    answer = browser.post(link, sent, follow=True)
    assert "Dunning is saved." in answer.content.decode()
    topic = topic_of("dunning")
    assert topic is not None
    assert topic.reasons == (Reason("Promise to pay", "Waiting, in time", 14), Reason("Waiting, in time"))
    answer = browser.post(reverse("followups:add_category"), {"label": "Fairs", "reasons": "Visit"}, follow=True)
    assert "Fairs is saved." in answer.content.decode()
    kept_off = browser.post(
        reverse("followups:category", args=["fairs"]), {"label": "Fairs", "reasons": "Visit"}, follow=True
    )
    assert "not offered" in kept_off.content.decode()


@pytest.mark.parametrize(
    "line",
    [
        "> Call, 3",
        "Look > Call",
        "Look > Call, soon",
        "Look > Call, 0",
        "Look > Call, 366",
        "Look > , 3",
        "x" * 81,
        "Look >",
    ],
)
def test_a_line_that_can_not_be_read_is_named(browser: Browser, line: str) -> None:
    answer = browser.post(
        reverse("followups:category", args=["review"]), {"label": "Review", "reasons": f"Call\n{line}"}
    )
    assert (answer.status_code, "can’t be read" in answer.content.decode()) == (422, False)
    assert "can&#x27;t be read. Write a reason, or: Reason &gt; Next reason, 7" in answer.content.decode()


def test_a_category_nobody_knows_is_not_there(browser: Browser) -> None:
    assert browser.get(reverse("followups:category", args=["moon"])).status_code == 404


def test_what_a_service_refuses_stands_in_the_window(browser: Browser) -> None:
    answer = browser.post(reverse("followups:add_category"), {"label": "Review", "reasons": "Call"})
    assert (answer.status_code, "There is a category Review already." in answer.content.decode()) == (422, True)


def test_only_who_keeps_offices_keeps_categories() -> None:
    browser = Browser()
    browser.force_login(a_user("client_admin", a_client("hafen")))
    for link in (reverse("followups:categories"), reverse("followups:category", args=["review"])):
        assert browser.get(link).status_code == 403
    assert "/categories/" not in browser.get(reverse("followups:list")).content.decode()
