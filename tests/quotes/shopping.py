"""What a customer types at the checkout."""

from __future__ import annotations

import io
import re
from html import unescape
from typing import TYPE_CHECKING, Any

import pikepdf
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser

if TYPE_CHECKING:
    from accounts.models import Client

CART = "product=PRO&quantity=2"
BILLING = {
    "billing-company": "Werft & Söhne KG",
    "billing-first_name": "Jana",
    "billing-last_name": "Petersen",
    "billing-email": "einkauf@werft.example",
    "billing-street": "Am Dock 3",
    "billing-postal_code": "24103",
    "billing-city": "Kiel",
    "billing-country": "DE",
    "customer_type": "COM",
    "vat_id": "",
    "language": "en",
    "currency": "EUR",
}


def pages(number: int = 1) -> bytes:
    """A small PDF."""
    made = io.BytesIO()
    with pikepdf.new() as pdf:
        for _ in range(number):
            pdf.add_blank_page()
        pdf.save(made)
    return made.getvalue()


def a_scan(name: str = "order.pdf", content: bytes | None = None) -> SimpleUploadedFile:
    """The signed order as a file."""
    return SimpleUploadedFile(name, pages() if content is None else content, content_type="application/pdf")


class Shopper:
    """Somebody with a browser at one client's checkout."""

    def __init__(self, client: Client, browser: Browser | None = None, **extra: Any) -> None:
        self.path = f"/buy/{client.slug}/"
        self.browser = browser or Browser(**extra)
        self.fields: dict[str, Any] = {**BILLING, "product": ["PRO"], "quantity": ["2"]}

    def opens(self, query: str = CART) -> Any:
        """Follow a link."""
        answer = self.browser.get(f"{self.path}?{query}")
        self.remember(answer)
        return answer

    def remember(self, answer: Any) -> None:
        """Keep what the form would send again."""
        if answer.status_code not in {200, 422}:
            return
        page = text_of(answer)
        for name in ("form_key", "seen"):
            found = re.search(rf'name="{name}" value="([^"]*)"', page)
            if found:
                self.fields[name] = unescape(found[1])

    def sends(self, act: str, **fields: Any) -> Any:
        """Press a button."""
        self.fields.update(fields)
        answer = self.browser.post(self.path, {**self.fields, "act": act})
        self.remember(answer)
        return answer

    def orders(self, payment: str = "po", **fields: Any) -> Any:
        """Go all the way."""
        self.opens()
        self.sends("continue", **fields)
        return self.sends("place", payment=payment)


def text_of(answer: Any) -> str:
    """The page as it came."""
    page: str = answer.content.decode()
    return page


def says(answer: Any) -> str:
    """The page's words, one space between them."""
    page = re.sub(r"<script.*?</script>|<[^>]+>", " ", text_of(answer), flags=re.DOTALL)
    return " ".join(unescape(page).split())
