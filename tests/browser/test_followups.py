"""Follow-ups in a real browser: a morning with twelve of them by keyboard alone; every page readable."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.services import save_department
from followups.models import FollowUp
from followups.services import About, Details, add_follow_up
from tests.browser.axe import violations
from tests.browser.hands import a_desk, fits
from tests.browser.test_purchases import enter
from tests.stories import a_client, a_released_po, a_user

if TYPE_CHECKING:
    from datetime import datetime

    from playwright.sync_api import Page

    from accounts.models import Client, User

pytestmark = pytest.mark.django_db(transaction=True)


def due(client: Client, by: User, subject: str, at: datetime, about: About | None = None, **more: Any) -> FollowUp:
    """A follow-up that was entered two days ago."""
    values: dict[str, Any] = {"category": "customer", "reason": "Call back", "assignee": by, **more}
    details = Details(subject=subject, due_at=at, **values)
    before = at - timedelta(days=2)
    return add_follow_up(client, about=about or About(), details=details, by=by, at=before, dedupe_key=subject)


def test_a_morning_with_twelve_follow_ups_by_keyboard(page: Page, live_server: Any) -> None:
    hafen = a_client("hafen")
    purchase = a_released_po(hafen)
    support = save_department(hafen, office="Kiel", name="Support")
    rita = a_user("client_support", hafen, name="Rita Rep", department=support)
    carla = a_user("client_support", hafen, name="Carla Colleague")
    FollowUp.objects.all().delete()
    now = timezone.now()
    promise = {"category": "dunning", "reason": "Promise to pay"}
    due(hafen, rita, "They pay this week", now - timedelta(hours=30), About(purchase=purchase), **promise)
    due(hafen, rita, "Ask about the address", now - timedelta(hours=29), About(customer=purchase.customer))
    due(hafen, rita, "For Carla after all", now - timedelta(hours=28))
    for number in range(4, 13):
        due(hafen, rita, f"Call number {number}", now - timedelta(hours=28 - number))

    with a_desk(page, live_server.url, "twelve follow-ups") as desk:
        hands = desk.sit(rita)
        hands.open(page.get_by_role("link", name="Follow-ups 12"))
        hands.see("They pay this week")
        # the customer did not pay: done, and the next one in the chain, on the same order
        hands.press("j", "n")
        dialog = page.get_by_role("dialog")
        hands.see(dialog.get_by_role("heading", name="Done, and next: They pay this week"))
        expect(dialog.get_by_label("Reason")).to_have_value("dunning · Broken promise")
        hands.press("Control+Enter")
        hands.see("Done. The next follow-up is saved.")
        # nobody is there today: tomorrow; the cursor has stayed where it was, on the next row
        hands.press("s")
        expect(dialog.get_by_role("radio", name="Tomorrow morning")).to_be_focused()
        hands.press("Enter")
        hands.see("Snoozed: Ask about the address")
        # a colleague knows them
        hands.press("a")
        hands.see(dialog.get_by_role("heading", name="Assign For Carla after all"))
        hands.reach(dialog.get_by_label("User", exact=True).last)
        hands.type("Carla")
        hands.press("Control+Enter")
        hands.see("Given to Carla Colleague: For Carla after all")
        # calls, one after the other, and what is left at once; Carla's is still there for who gave it
        hands.press("j")
        for number in (4, 5, 6):
            hands.press("d")
            hands.see(f"Done: Call number {number}")
        for _ in range(6):
            hands.press("x", "j")
        hands.see("6 selected")
        hands.press("d")
        hands.see(dialog.get_by_role("button", name="Mark done"))
        hands.press("Enter")
        hands.see("Mark done: 6 of 6 done")
        hands.press("Escape")
        hands.see(page.get_by_role("link", name="Follow-ups 3"))
        assert hands.strokes < 60
    assert list(
        FollowUp.objects.filter(done_at=None).order_by("due_at").values_list("subject", "reason", "assignee")
    ) == [
        ("For Carla after all", "Call back", carla.pk),
        ("Ask about the address", "Call back", rita.pk),
        ("They pay this week", "Broken promise", rita.pk),
    ]


def test_one_is_added_from_the_viewer_by_keyboard(page: Page, live_server: Any) -> None:
    hafen = a_client("hafen")
    purchase = a_released_po(hafen)
    with a_desk(page, live_server.url, "a follow-up from the viewer") as desk:
        hands = desk.sit(a_user("client_support", hafen), f"/purchases/{purchase.reference}/")
        hands.press("f")
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_label("Category")).to_be_focused()
        expect(dialog.get_by_label("Office", exact=True)).to_be_hidden()
        hands.type("Dunning")
        hands.reach(dialog.get_by_label("Reason"))
        hands.type("Dispute")
        hands.reach(dialog.get_by_label("Subject"))
        hands.type("Ask what is wrong with it")
        hands.press("Control+Enter")
        hands.see("The follow-up is saved.")
    row = FollowUp.objects.get(subject="Ask what is wrong with it")
    assert (row.purchase, row.category, row.reason) == (purchase, "dunning", "Dispute")


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_follow_ups_are_readable_and_fit(page: Page, live_server: Any, width: int, scheme: Any) -> None:
    hafen, boss = a_client("hafen"), a_user("platform_admin")
    now = timezone.now()
    purchase = a_released_po(hafen)
    late = due(hafen, boss, "Late", now - timedelta(hours=2), About(purchase=purchase))
    due(hafen, boss, "Soon", now + timedelta(minutes=2), About(customer=purchase.customer))
    about = About(link="/errors/", label="Certificate of the harbor authority")
    due(hafen, boss, "Some day", now + timedelta(days=30), about, category="tax", reason="Certificate to check")
    enter(page.context, live_server, boss)
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    for path in ("", "categories/", "categories/dunning/", "digest/", "add/", f"{late.pk}/", f"{late.pk}/snooze/"):
        page.goto(f"{live_server.url}/follow-ups/{path}")
        assert fits(page), path
        assert violations(page) == [], path
