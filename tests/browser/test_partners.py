"""Partners and the lists around them in a real browser: dialogs, Done boxes, narrow, dark, readable for everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from errorlog.models import ErrorRecord
from errorlog.services import log_error
from followups.models import FollowUp
from followups.services import open_follow_up
from partners.models import Partner
from purchases.models import Source
from purchases.services.place import place_order
from tests.browser.axe import violations
from tests.browser.hands import REFUSED, fits, problems_of
from tests.browser.test_purchases import enter
from tests.stories import MONDAY, a_client, a_partner, a_user, an_order

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from accounts.models import Client

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def hafen() -> Client:
    """A client with a partner, an open order of it, a follow-up and an error."""
    client = a_client("hafen")
    partner = a_partner(client)
    order = an_order(quantity=7, source=Source.PARTNER, partner=partner)
    purchase = place_order(client, order, by=None, at=MONDAY)
    open_follow_up(
        purchase, category="review", reason="Other", subject="Ask them", due_at=MONDAY, at=MONDAY, dedupe_key="ask"
    )
    log_error(
        type="key_list_empty",
        note="No keys left",
        at=MONDAY,
        dedupe_key="keys",
        client=client,
        reference=purchase.reference,
        purchase_status="WPO",
    )
    return client


@pytest.fixture
def tab(page: Page) -> Iterator[Page]:
    """A tab in which nothing may go wrong unseen; a form that is refused (422) is no problem."""
    problems = problems_of(page, REFUSED)
    page.set_viewport_size({"width": 1440, "height": 900})
    yield page
    assert problems == []


def test_the_limit_is_changed_in_the_dialog_only_with_a_comment(tab: Page, live_server: Any, hafen: Client) -> None:
    enter(tab.context, live_server, a_user("client_admin", hafen, name="Ada Admin"))
    tab.goto(f"{live_server.url}/partners/")
    expect(tab.get_by_text("€167.00 left")).to_be_visible()
    tab.keyboard.press("j")
    tab.keyboard.press("Enter")
    expect(tab.locator("h1")).to_contain_text("Reseller AG")
    tab.get_by_role("link", name="Edit", exact=True).click()
    dialog = tab.get_by_role("dialog")
    expect(dialog.get_by_text("Now €833.00 of €1,000.00 is outstanding.")).to_be_visible()
    assert violations(tab) == []
    dialog.get_by_label("PO limit").fill("2,500")
    dialog.get_by_role("button", name="Save").click()
    complaint = dialog.get_by_text("Say why the limit changes from")
    expect(complaint).to_be_visible()
    expect(dialog.get_by_label("Comment")).to_be_focused()
    dialog.get_by_label("Comment").fill("pays early")
    dialog.get_by_role("button", name="Save").click()
    expect(tab.get_by_text("Reseller AG is changed.")).to_be_visible()
    expect(tab.get_by_text("00 EUR: pays early")).to_be_visible()
    assert Partner.objects.get().limit_minor == 250_000


def test_without_script_the_same_form_is_a_page(browser: Any, live_server: Any, hafen: Client) -> None:
    context = browser.new_context(java_script_enabled=False)
    enter(context, live_server, a_user("client_admin", hafen))
    page = context.new_page()
    page.goto(f"{live_server.url}/partners/{Partner.objects.get().pk}/")
    page.get_by_role("link", name="Edit", exact=True).click()
    page.get_by_label("Valid until").fill("2030-12-31")
    page.get_by_label("Comment").fill("contract until then")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Reseller AG is changed.")).to_be_visible()
    expect(page.get_by_text("Dec 31, 2030")).to_be_visible()
    page.goto(f"{live_server.url}/follow-ups/")
    page.get_by_role("checkbox", name="Done: Ask them").click()
    expect(page.get_by_text("Done: Ask them")).to_be_visible()
    expect(page.get_by_role("checkbox", name="Done: Ask them")).to_have_count(0)
    context.close()


def test_done_is_one_click_in_the_row(tab: Page, live_server: Any, hafen: Client) -> None:
    enter(tab.context, live_server, a_user("platform_customer_service"))
    tab.goto(f"{live_server.url}/follow-ups/")
    tab.get_by_role("checkbox", name="Done: Ask them").click()
    expect(tab.get_by_text("Done: Ask them")).to_be_visible()
    assert FollowUp.objects.get(subject="Ask them").is_done
    tab.goto(f"{live_server.url}/follow-ups/?show=done")
    tab.get_by_role("checkbox", name="Done: Ask them").click()
    expect(tab.get_by_text("Open again: Ask them")).to_be_visible()
    assert not FollowUp.objects.get(subject="Ask them").is_done
    tab.goto(f"{live_server.url}/errors/")
    tab.get_by_role("checkbox", name="Done: error").click()
    expect(tab.get_by_text("is done.")).to_be_visible()
    assert ErrorRecord.objects.get(dedupe_key="keys").is_done


def test_a_follow_up_is_added_in_the_dialog(tab: Page, live_server: Any, hafen: Client) -> None:
    enter(tab.context, live_server, a_user("client_support", hafen))
    tab.goto(f"{live_server.url}/follow-ups/")
    tab.get_by_role("link", name="Add follow-up").click()
    dialog = tab.get_by_role("dialog")
    dialog.get_by_label("Category").select_option(label="Customer contact")
    dialog.get_by_label("Reason").select_option(label="Call back")
    dialog.get_by_label("Subject").fill("Call Jana")
    dialog.get_by_role("button", name="Add follow-up").click()
    expect(tab.get_by_role("link", name="Call Jana")).to_be_visible()


PAGES = ("partners/", "partners/{partner}/", "partners/{partner}/edit/", "customers/", "customers/{customer}/",
         "follow-ups/", "follow-ups/{follow_up}/", "errors/", "errors/{error}/", "accounts/users/",
         "accounts/users/{user}/")  # fmt: skip


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_readable_for_everybody(tab: Page, live_server: Any, hafen: Client, theme: str, width: int) -> None:
    user = a_user("platform_admin")
    enter(tab.context, live_server, user)
    tab.set_viewport_size({"width": width, "height": 900})
    tab.add_init_script(f"try {{ localStorage.setItem('theme', '{theme}') }} catch {{}}")
    rows = {
        "partner": Partner.objects.get().pk,
        "customer": hafen.customers.get().pk,
        "follow_up": FollowUp.objects.get(subject="Ask them").pk,
        "error": ErrorRecord.objects.get(dedupe_key="keys").pk,
        "user": user.pk,
    }
    for path in PAGES:
        tab.goto(f"{live_server.url}/{path.format(**rows)}")
        assert violations(tab) == [], path
        assert fits(tab), path
