"""Today and the outbox in a real browser: menus, dialogs, frames, dark, narrow, without script, readable for all."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from mailing.models import Attempt, Email
from mailing.services.compose import AttachmentSpec, queue_email
from mailing.states import Carrier, Outcome, Status
from tests.browser.axe import violations
from tests.browser.hands import fits, problems_of
from tests.stories import a_client, a_released_po, a_user, a_waiting_po

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import BrowserContext, Page

    from accounts.models import Client, User

pytestmark = pytest.mark.django_db(transaction=True)

MESSAGE = "<style>h1 { color: #1f5f5b }</style><h1>Your order</h1><p>Thank you.</p>"


@pytest.fixture
def hafen() -> Client:
    """A client with a year behind it: orders that are overdue, one to review, e-mails of all sorts."""
    client = a_client("hafen")
    now = timezone.now()
    for days in (20, 50, 100):
        a_released_po(client, at=now - timedelta(days=days))
    a_waiting_po(client, at=now - timedelta(days=1))
    return client


@pytest.fixture
def desk(page: Page) -> Iterator[Page]:
    """A tab in which nothing may go wrong unseen: no console error, no page error, no violated policy."""
    problems = problems_of(page)
    page.set_viewport_size({"width": 1440, "height": 900})
    yield page
    assert problems == []


def enter(context: BrowserContext, live_server: Any, user: User) -> None:
    """Log in without the form."""
    browser = Browser()
    browser.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": browser.cookies[name].value, "url": live_server.url}])


def an_email(client: Client, key: str, status: str = Status.QUEUED, **fields: Any) -> Email:
    """An e-mail with a page, a text and a file, in any status."""
    email = queue_email(
        client=client,
        kind="order_confirmation",
        reference="",
        dedupe_key=key,
        recipient="ap@werft.example",
        language="en",
        subject=f"Your order {key}",
        body_text="Thank you.",
        body_html=MESSAGE,
        at=timezone.now(),
        attachments=[AttachmentSpec("terms.txt", content=b"Terms", content_type="text/plain")],
        hold=status == Status.HELD,
    )
    Email.objects.filter(pk=email.pk).update(status=status, **fields)
    email.refresh_from_db()
    return email


def a_doubt(client: Client) -> Email:
    """An e-mail whose last answer nobody heard."""
    email, moment = an_email(client, "doubt", Status.UNCERTAIN), timezone.now() - timedelta(minutes=9)
    Attempt.objects.create(
        email=email,
        claimed_at=moment,
        handoff_at=moment,
        ended_at=moment,
        outcome=Outcome.NO_ANSWER,
        words="No answer to the final dot: connection reset",
        worker="box:17",
        transport=Carrier.SMTP,
    )
    return email


def test_the_menu_of_a_row_holds_and_queues_with_one_click(
    desk: Page, context: BrowserContext, live_server: Any, hafen: Client
) -> None:
    email = an_email(hafen, "new")
    enter(context, live_server, a_user("client_support", hafen))
    desk.goto(f"{live_server.url}{reverse('mailing:list')}?q=Your order new")
    row = desk.locator("tr[data-row]")
    row.get_by_role("button", name="Decide about").click()
    menu = desk.locator(f"#menu-{email.pk}")
    expect(menu).to_be_visible()
    button, box = row.get_by_role("button", name="Decide about").bounding_box(), menu.bounding_box()
    assert button is not None
    assert box is not None
    assert abs(box["y"] - button["y"]) < 60
    menu.get_by_role("button", name="Hold").click()
    expect(desk.locator(".toast-box")).to_contain_text("is on hold")
    expect(desk).to_have_url(re.compile(r"/mail/\?q=Your"))
    expect(row.locator(".st")).to_have_text("Hold")
    row.get_by_role("button", name="Decide about").click()
    desk.locator(f"#menu-{email.pk}").get_by_role("button", name="Queue").click()
    expect(row.locator(".st")).to_have_text("Queued")


def test_a_cancel_asks_in_a_dialog(desk: Page, context: BrowserContext, live_server: Any, hafen: Client) -> None:
    email = an_email(hafen, "new", Status.HELD)
    enter(context, live_server, a_user("client_support", hafen))
    desk.goto(f"{live_server.url}{reverse('mailing:list')}?show=hold")
    desk.get_by_role("button", name="Decide about").click()
    desk.get_by_role("link", name="Cancel …").click()
    dialog = desk.get_by_role("dialog")
    expect(dialog).to_contain_text("does not get it")
    dialog.get_by_label("Reason").fill("The customer called.")
    dialog.get_by_role("button", name="Cancel e-mail").click()
    expect(desk.locator(".toast-box")).to_contain_text("is canceled")
    email.refresh_from_db()
    assert (email.status, email.drop_reason) == (Status.CANCELED, "The customer called.")


def test_a_doubt_is_settled_on_its_page_with_what_shows_it(
    desk: Page, context: BrowserContext, live_server: Any, hafen: Client
) -> None:
    email = a_doubt(hafen)
    enter(context, live_server, a_user("client_support", hafen))
    desk.goto(live_server.url)
    desk.get_by_role("link", name="Order confirmation").click()
    expect(desk.get_by_role("heading", name="Nobody knows whether this e-mail arrived")).to_be_visible()
    desk.get_by_role("link", name="It was delivered …").click()
    dialog = desk.get_by_role("dialog")
    dialog.get_by_label("What shows it?").fill("Found in the relay's log.")
    dialog.get_by_role("button", name="It was delivered").click()
    expect(desk.locator("h1 .st")).to_have_text("Sent")
    expect(desk.get_by_text("Found in the relay's log.")).to_be_visible()
    email.refresh_from_db()
    assert email.status == Status.SENT


def test_a_message_is_read_in_its_frame_and_as_text(
    desk: Page, context: BrowserContext, live_server: Any, hafen: Client
) -> None:
    email = an_email(hafen, "new")
    enter(context, live_server, a_user("auditor"))
    desk.goto(f"{live_server.url}{reverse('mailing:email', args=[email.pk])}")
    heading = desk.frame_locator(".m-frame").locator("h1")
    expect(heading).to_have_text("Your order")
    expect(heading).to_have_css("color", "rgb(31, 95, 91)")
    desk.get_by_role("link", name="Plain text").click()
    expect(desk.locator(".m-text")).to_have_text("Thank you.")
    with desk.expect_download() as download:
        desk.get_by_role("link", name="Save terms.txt").click()
    assert download.value.suggested_filename == "terms.txt"
    desk.get_by_role("link", name="terms.txt", exact=True).click()
    expect(desk.locator("body")).to_have_text("Terms")


def test_a_hostile_message_does_nothing(page: Page, context: BrowserContext, live_server: Any, hafen: Client) -> None:
    email = an_email(hafen, "bad")
    hostile = (
        "<h1>Bad</h1><script>top.location='/gone'</script><img src=x onerror=\"parent.hit=1\">"
        '<form action="/gone"><button>go</button></form><iframe src="/"></iframe>'
        '<meta http-equiv=refresh content="0;/gone">'
    )
    Email.objects.filter(pk=email.pk).update(body_html=hostile)
    enter(context, live_server, a_user("client_support", hafen))
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    address = f"{live_server.url}{reverse('mailing:email', args=[email.pk])}"
    page.goto(address)
    expect(page.frame_locator(".m-frame").locator("h1")).to_have_text("Bad")
    page.frame_locator(".m-frame").get_by_role("button", name="go").click()
    page.wait_for_timeout(500)
    assert page.url == address
    assert page.evaluate("window.hit") is None
    assert not [url for url in requests if "gone" in url]


def test_without_script_everything_is_still_there(browser: Any, live_server: Any, hafen: Client) -> None:
    email = an_email(hafen, "new", Status.HELD)
    plain = browser.new_context(java_script_enabled=False)
    enter(plain, live_server, a_user("client_support", hafen))
    tab = plain.new_page()
    tab.goto(f"{live_server.url}{reverse('mailing:email', args=[email.pk])}")
    tab.get_by_role("link", name="Cancel …").click()
    tab.get_by_label("Reason").fill("No need.")
    tab.get_by_role("button", name="Cancel e-mail").click()
    expect(tab.locator("h1 .st")).to_have_text("Canceled")
    tab.goto(live_server.url)
    tab.locator(".figures a").nth(1).click()
    expect(tab.locator("h1")).to_have_text("Open balance")
    plain.close()


def test_figures_lead_to_their_purchases(desk: Page, context: BrowserContext, live_server: Any, hafen: Client) -> None:
    enter(context, live_server, a_user("client_admin", hafen))
    desk.goto(live_server.url)
    overdue = desk.locator(".age-table tbody tr").filter(has_text="61–90 d").get_by_role("link")
    expect(overdue).to_have_text("1")
    overdue.click()
    expect(desk.locator("tr[data-row]")).to_have_count(1)
    desk.go_back()
    desk.locator(".figures > div").filter(has_text="Waiting for review").get_by_role("link", name="1").click()
    expect(desk.locator("tr[data-row]")).to_have_count(1)


@pytest.mark.parametrize("look", [("light", 1440), ("dark", 1440), ("light", 390), ("dark", 390)])
def test_everybody_can_read_it(
    desk: Page, context: BrowserContext, live_server: Any, hafen: Client, look: tuple[str, int]
) -> None:
    theme, width = look
    an_email(hafen, "held", Status.HELD)
    doubt = a_doubt(hafen)
    enter(context, live_server, a_user("client_admin", hafen))
    desk.add_init_script(f"if (top === window) localStorage.setItem('theme', '{theme}')")
    desk.set_viewport_size({"width": width, "height": 844})
    for address in ("/", reverse("mailing:list"), reverse("mailing:email", args=[doubt.pk])):
        desk.goto(f"{live_server.url}{address}")
        expect(desk.locator("html")).to_have_attribute("data-bs-theme", theme)
        assert fits(desk), address
        assert violations(desk) == [], address
    desk.goto(f"{live_server.url}{reverse('mailing:list')}")
    desk.get_by_role("button", name="Decide about").first.click()
    expect(desk.locator(".row-menu:popover-open")).to_be_in_viewport()
    assert violations(desk) == []
