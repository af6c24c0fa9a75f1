"""The columns of the lists of quote links and requested quotes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.html import format_html

from core.money import Money
from core.tables import NOTHING, Column, Reader, Table, badge, day_cell, icon, moment_cell, money_cell
from purchases.states import Status
from purchases.tables import purchase_link, status_cell

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from quotes.models import Quote, QuoteLink

SOON = 3


def _clip(text: str) -> str:
    return format_html('<span class="clip" title="{}">{}</span>', text, text) if text else NOTHING


def _title(link: QuoteLink, _reader: Reader) -> str:
    shown = format_html(
        '<a class="strong clip" href="{}" title="{}">{}</a>', reverse("quotes:link", args=[link.pk]), link, link
    )
    return format_html('{} <span class="tag">TEST</span>', shown) if link.is_test else shown


def products_of(link: QuoteLink) -> str:
    """Name what a link offers: pieces and product, the next ones after a comma."""
    return ", ".join(f"{item.quantity} × {item.product.name}" for item in link.items.all())


def link_state(link: QuoteLink) -> str:
    """Whether quotes are made by it."""
    return badge("Active", "green") if link.is_active else badge("Switched off")


class LinkTable(Table):
    """Quote links, the newest first."""

    columns = (
        Column("Title", _title, sort="title", css="fill", plain=lambda link, _: link.title),
        Column("Client", lambda link, _: link.client.name, css="wide-only", clients_only=True),
        Column("Products", lambda link, _: _clip(products_of(link)), css="fill wide-only"),
        Column("Currency", lambda link, _: link.currency, css="wide-only"),
        Column("Valid for", lambda link, _: f"{link.validity_days} days", sort="validity_days", css="num wide-only"),
        Column("Quotes", lambda link, _: str(link.quote_count), css="num", plain=lambda link, _: link.quote_count),
        Column("Ordered", lambda link, _: str(link.ordered_count), css="num", plain=lambda link, _: link.ordered_count),
        Column("Made by", lambda link, _: link.created_by.name, css="wide-only"),
        Column(
            "Created",
            lambda link, reader: moment_cell(link.created_at, reader),
            sort="created_at",
            css="wide-only",
            plain=lambda link, _: link.created_at,
        ),
        Column("State", lambda link, _: link_state(link)),
    )
    default_sort = "-created_at"
    caption = "Quote links"

    def link(self, row: Any) -> str:
        """The link's own page."""
        return reverse("quotes:link", args=[row.pk])


def until_cell(quote: Quote, on: date, reader: Reader) -> str:
    """The last day of a quote; of one that waits for its customer, how soon that is on the client's day `on`."""
    shown, left = day_cell(quote.valid_until, reader), (quote.valid_until - on).days
    if quote.purchase.status != Status.QUOTE or left > SOON:
        return shown
    words = "over" if left < 0 else "today" if not left else f"{left} d"
    return format_html('{} <span class="over">{}</span>', shown, words)


def _reference(quote: Quote, _reader: Reader) -> str:
    purchase = quote.purchase
    return format_html('<a class="num-link" href="{}">{}</a>', purchase_link(purchase), purchase.reference)


def _customer(quote: Quote, _reader: Reader) -> str:
    purchase = quote.purchase
    return _clip(purchase.billing_company or purchase.billing_last_name or purchase.billing_email)


def _status(quote: Quote) -> str:
    """The status; a mark beside it where the customer wrote something that somebody should read."""
    shown = status_cell(quote.purchase, _on(quote))
    if not (quote.remark or quote.accept_remark):
        return shown
    words = "The customer left a remark"
    mark = icon("message-square-text", 14)
    return format_html(
        '{} <span title="{}">{}<span class="visually-hidden">{}</span></span>', shown, words, mark, words
    )


def _on(quote: Quote) -> date:
    return quote.on  # type: ignore[attr-defined, no-any-return]  # set by QuoteTable.prepare


class QuoteTable(Table):
    """Requested quotes, the newest first; each by its newest revision."""

    columns = (
        Column("Reference", _reference, sort="purchase__reference", plain=lambda quote, _: quote.purchase.reference),
        Column("Customer", _customer, sort="purchase__billing_company", css="fill"),
        Column("Client", lambda quote, _: quote.purchase.client.name, css="fill-s wide-only", clients_only=True),
        Column("Quote link", lambda quote, _: _clip(quote.link.title), css="fill-s wide-only"),
        Column(
            "Status",
            lambda quote, _: _status(quote),
            sort="purchase__status",
            plain=lambda quote, _: quote.purchase.status_label,
        ),
        Column("Revision", lambda quote, _: str(quote.revision), sort="revision", css="num wide-only"),
        Column(
            "Total",
            lambda quote, reader: money_cell(quote.gross_minor, quote.purchase.currency, reader),
            sort="gross_minor",
            css="num wide-only",
            plain=lambda quote, _: Money(quote.gross_minor, quote.purchase.currency),
        ),
        Column(
            "Valid until",
            lambda quote, reader: until_cell(quote, _on(quote), reader),
            sort="valid_until",
            plain=lambda quote, _: quote.valid_until,
        ),
        Column(
            "Opened",
            lambda quote, reader: moment_cell(quote.first_viewed_at, reader),
            sort="first_viewed_at",
            css="wide-only",
            plain=lambda quote, _: quote.first_viewed_at,
        ),
        Column(
            "Last viewed",
            lambda quote, reader: moment_cell(quote.viewed_at, reader),
            css="wide-only",
            is_extra=True,
            plain=lambda quote, _: quote.viewed_at,
        ),
        Column(
            "PDF taken",
            lambda quote, reader: moment_cell(quote.downloaded_at, reader),
            css="wide-only",
            is_extra=True,
            plain=lambda quote, _: quote.downloaded_at,
        ),
        Column(
            "Sent",
            lambda quote, reader: moment_cell(quote.created_at, reader),
            sort="created_at",
            css="wide-only",
            plain=lambda quote, _: quote.created_at,
        ),
    )
    default_sort = "-created_at"
    caption = "Requested quotes"

    def __init__(self, at: datetime | None = None) -> None:
        self.moment = at or datetime.min.replace(tzinfo=UTC)

    def prepare(self, page: Sequence[Any]) -> None:
        """Give each quote its client's day."""
        for quote in page:
            quote.on = self.moment.astimezone(quote.purchase.client.zone).date()

    def link(self, row: Any) -> str:
        """The viewer."""
        return purchase_link(row.purchase)

    def label(self, row: Any) -> str:
        """The reference."""
        return str(row.purchase.reference)
