"""A certificate in a real browser: from its upload to the tax that went back."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.test import Client as Browser
from django.utils import timezone
from playwright.sync_api import expect
from pypdf import PdfWriter

from accounts.models import Client
from purchases.models import Purchase, Refund
from tests.browser.axe import violations
from tests.browser.hands import fits, problems_of
from tests.stories import a_released_po, a_texan_client, a_user, of_school, pays

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

pytestmark = pytest.mark.django_db(transaction=True)


def a_pdf() -> bytes:
    writer, out = PdfWriter(), io.BytesIO()
    writer.add_blank_page(width=595, height=842)
    writer.write(out)
    return out.getvalue()


def test_a_certificate_from_its_upload_to_the_refunded_tax(
    page: Page, context: BrowserContext, live_server: Any
) -> None:
    now, texas = timezone.now(), a_texan_client()
    paid = pays(a_released_po(texas, at=now, **of_school()), "108.25", at=now)
    unpaid = a_released_po(texas, at=now, **of_school())
    browser = Browser()
    browser.force_login(a_user("platform_tax"))
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": browser.cookies[name].value, "url": live_server.url}])
    problems = problems_of(page)
    page.set_viewport_size({"width": 1440, "height": 900})

    page.goto(f"{live_server.url}/purchases/{paid.reference}/")
    expect(page.get_by_text("No exemption certificate of the customer is on file.")).to_be_visible()

    page.goto(f"{live_server.url}/tax-exemptions/add/{paid.customer_id}/")
    page.get_by_label("Reason for exemption").select_option(label="Educational organization")
    page.get_by_label("State of issue").select_option(label="Texas")
    page.get_by_label("Tax ID", exact=True).fill("3-20123-4567-8")
    page.get_by_label("Date certificate issued").fill(f"{now - timedelta(days=30):%Y-%m-%d}")
    page.get_by_label("Expiration date").fill(f"{now + timedelta(days=365):%Y-%m-%d}")
    page.set_input_files("input[type=file]", {"name": "form.pdf", "mimeType": "application/pdf", "buffer": a_pdf()})
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="Save & Validate").click()
    page.get_by_role("button", name="Validate", exact=True).click()

    effect = page.get_by_role("region", name="What it changes")
    expect(effect).to_contain_text("1 paid purchase: the tax can go back.")
    expect(effect).to_contain_text("1 unpaid purchase: can be billed anew without tax.")
    assert violations(page) == []
    effect.get_by_role("link", name="Take the tax off").click()
    dialog = page.locator("#dialog")
    expect(dialog.get_by_role("row", name=paid.reference)).to_contain_text("Tax goes back")
    expect(dialog.get_by_role("row", name=unpaid.reference)).to_contain_text("Billed anew over €100.00")
    assert violations(page) == []
    dialog.get_by_role("button", name="Take the tax off").click()
    expect(dialog).to_contain_text("Take the tax off: 2 of 2 done")
    expect(dialog).to_contain_text("€8.25 tax goes back; the purchase is Partially Refunded.")
    dialog.get_by_role("link", name="Done").click()
    expect(page.get_by_role("region", name="Billed without tax under it")).to_contain_text(unpaid.reference)

    Client.objects.update(name="Prairie Compiler and Interpreter Works Inc.")
    page.goto(f"{live_server.url}/tax-exemptions/?show=all")
    expect(page.get_by_role("row", name="Lone Star College")).to_contain_text("Valid")
    assert page.locator(".table-container").evaluate("table => table.scrollWidth <= table.clientWidth")

    page.goto(f"{live_server.url}/purchases/{paid.reference}/")
    expect(page.get_by_text("The tax was given back.")).to_be_visible()
    assert violations(page) == []
    assert fits(page)
    assert Refund.objects.get(purchase=paid).amount_minor == 825
    assert Purchase.objects.get(pk=unpaid.pk).gross_minor == 10_000
    assert problems == []
