"""Names that want to be more than names come out harmless: on pages, in e-mails, in PDFs."""

from __future__ import annotations

import email
import io
from datetime import timedelta
from email.policy import default
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from pypdf import PdfReader

from core.refused import Refused
from mailing.models import Email, EmailMime
from mailing.services.capture import CaptureTransport
from mailing.services.handover import hand_over_due
from purchases.models import Document
from purchases.services.documents import render_document
from purchases.services.place import place_order
from tests.stories import MONDAY, a_client, a_customer, a_released_po, a_user, an_order

if TYPE_CHECKING:
    from django.test import Client as Browser

pytestmark = pytest.mark.django_db

HOSTILE = [
    "<script>alert(1)</script>",
    "{{ x }}{% debug %}",
    "{{client}}",
    "Acme\r\nBcc: everybody@example.org",
    "\u202eevil\u202c עסק בע״מ",
    "=HYPERLINK(1)",
    "'\"><img src=x onerror=alert(1)>",
    "A" * 300,
]


@pytest.mark.parametrize("name", HOSTILE)
def test_pages_show_a_hostile_name_as_text(name: str, client: Browser) -> None:
    purchase = a_released_po(a_client(), customer=a_customer(company=name, last_name=name[:100]))
    client.force_login(a_user("platform_admin"))
    addresses = [reverse("purchases:list"), reverse("purchases:preview", args=[purchase.reference])]
    addresses += [
        f"{reverse('purchases:viewer', args=[purchase.reference])}?tab={tab}"
        for tab in ("general", "items", "delivery", "payments", "po", "documents", "history")
    ]
    addresses += [
        reverse("mailing:list"),
        reverse("customers:list"),
        reverse("customers:detail", args=[purchase.customer_id]),
    ]
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code == 200, address
        page = answer.content.decode()
        assert "<script>alert" not in page, address
        assert "<img src=x" not in page, address


@pytest.mark.parametrize("name", HOSTILE)
def test_emails_carry_a_hostile_name_as_text(name: str) -> None:
    a_released_po(a_client(), customer=a_customer(company=name, last_name=name[:100]))
    hand_over_due(clock=lambda: MONDAY + timedelta(seconds=1), transport=CaptureTransport(), limit=50)
    assert set(Email.objects.values_list("status", flat=True)) == {"SENT"}
    for mime in EmailMime.objects.all():
        message = email.message_from_bytes(bytes(mime.content), policy=default)
        assert message["Bcc"] is None
        assert len(message.get_all("To", [])) == 1
        html = message.get_body(("html",))
        assert html is not None
        assert "<script>alert" not in html.get_content()
        assert "<img src=x" not in html.get_content()


@pytest.mark.parametrize("name", HOSTILE)
def test_pdfs_print_a_hostile_name_on_a_page_or_two(name: str) -> None:
    purchase = a_released_po(a_client(), customer=a_customer(company=name, last_name=name[:100]))
    document = Document.objects.get(purchase=purchase, kind="INV")
    pdf = PdfReader(io.BytesIO(bytes(render_document(document, at=MONDAY).content)))
    assert len(pdf.pages) <= 2
    text = " ".join(page.extract_text() for page in pdf.pages)
    assert document.number in text
    if name.startswith(("<script>", "{{")):
        assert name.split("}}", maxsplit=1)[0] in text.replace("\n", "")


def test_ten_kilobytes_of_name_are_refused_with_the_limit() -> None:
    with pytest.raises(Refused, match="The company is too long: 10,240 characters, at most 300 are kept"):
        place_order(a_client(), an_order(customer=a_customer(company="A" * 10_240)), by=None, at=MONDAY)
