"""Columns of purchases that are there for who chooses them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from core.markup import markup
from core.tables import NOTHING, Column, badge, day_cell, money_cell
from core.templatetags.kontor import language_name

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from core.money import Money
    from core.tables import Reader
    from purchases.models import Purchase


def _text(label: str, value: Callable[[Purchase], str], *, sort: str = "", fetch: str = "") -> Column:
    """A column of words, cut where they are long."""

    def cell(purchase: Purchase, _reader: Reader) -> str:
        shown = value(purchase)
        return markup('<span class="clip clip-s" title="{}">{}</span>', shown, shown) if shown else NOTHING

    return Column(
        label,
        cell,
        sort=sort,
        css="wide-only",
        plain=lambda purchase, _: value(purchase),
        is_extra=True,
        fetch=fetch,
    )


def _day(label: str, value: Callable[[Purchase], date | None], *, sort: str = "") -> Column:
    """A column of the client's days."""
    return Column(
        label,
        lambda purchase, reader: day_cell(value(purchase), reader),
        sort=sort,
        css="wide-only",
        plain=lambda purchase, _: value(purchase),
        is_extra=True,
    )


def _money(label: str, value: Callable[[Purchase], Money], *, sort: str = "") -> Column:
    """A column of amounts; nothing is a dash."""

    def cell(purchase: Purchase, reader: Reader) -> str:
        amount = value(purchase)
        return money_cell(amount.minor, amount.currency, reader) if amount.minor else NOTHING

    return Column(label, cell, sort=sort, css="num wide-only", plain=lambda purchase, _: value(purchase), is_extra=True)


def _mark(label: str, value: Callable[[Purchase], bool], tone: str) -> Column:
    """A column that says yes, or nothing."""
    return Column(
        label,
        lambda purchase, _: badge("Yes", tone) if value(purchase) else NOTHING,
        css="wide-only",
        plain=lambda purchase, _: "yes" if value(purchase) else "no",
        is_extra=True,
    )


def client_day(purchase: Purchase, moment: datetime | None) -> date | None:
    """The client's day of a moment."""
    return moment.astimezone(purchase.client.zone).date() if moment else None


def _country(purchase: Any) -> str:
    return next((contact.country for contact in purchase.contacts.all() if contact.kind == "billing"), "")


def _contact(purchase: Any) -> str:
    found = next((contact for contact in purchase.contacts.all() if contact.kind == "billing"), None)
    return f"{found.first_name} {found.last_name}".strip() if found else ""


def _items(purchase: Any) -> str:
    items = sorted(purchase.items.all(), key=lambda item: item.position)
    return ", ".join(f"{item.quantity} × {item.name}" for item in items)


def _x_parameters(purchase: Any) -> str:
    return ", ".join(str(parameter) for parameter in sorted(purchase.x_parameters.all(), key=lambda found: found.key))


def _language(purchase: Purchase) -> str:
    return language_name(purchase.language)


EXTRAS: Final = (
    _day("Ordered", lambda row: row.ordered_on, sort="ordered_at"),
    _day("Released", lambda row: row.released_on, sort="released_at"),
    _day("Paid on", lambda row: client_day(row, row.paid_at), sort="paid_at"),
    _day("Closed on", lambda row: client_day(row, row.closed_at), sort="closed_at"),
    _day("Document received", lambda row: client_day(row, row.document_received_at), sort="document_received_at"),
    _money("Net", lambda row: row.net, sort="net_minor"),
    _money("Tax", lambda row: row.tax),
    _money("Paid", lambda row: row.paid, sort="paid_minor"),
    _money("Refunded", lambda row: row.refunded, sort="refunded_minor"),
    _text("Currency", lambda row: row.currency, sort="currency"),
    _text("Payment type", lambda row: str(row.get_payment_type_display())),
    _text("Term", lambda row: f"{row.term_days} days", sort="term_days"),
    _text("Source", lambda row: str(row.get_source_display()), sort="source"),
    _text("Partner", lambda row: row.partner.company if row.partner else "", sort="partner__company", fetch="partner"),
    _text("Contact", _contact, fetch="contacts"),
    _text("E-mail", lambda row: row.billing_email, sort="billing_email"),
    _text("Country", _country, fetch="contacts"),
    _text("Customer type", lambda row: str(row.get_customer_type_display()), sort="customer_type"),
    _text("VAT ID", lambda row: row.vat_id),
    _text("Language", _language, sort="language"),
    _text("Items", _items, fetch="items"),
    _text("X-parameters", _x_parameters, fetch="x_parameters"),
    _text("Coupon", lambda row: row.coupon, sort="coupon"),
    _text("External number", lambda row: row.external_id or "", sort="external_id"),
    _text("Card", lambda row: f"•••• {row.card_last4}" if row.card_last4 else ""),
    _text("Dunning level", lambda row: str(row.dunning_level), sort="dunning_level"),
    _day("Promised until", lambda row: row.promised_until, sort="promised_until"),
    _text("Reviewed by", lambda row: str(row.policy.get_reviewer_display()), fetch="policy"),
    _text("Policy version", lambda row: str(row.policy.version), fetch="policy"),
    _mark("On purchase order", lambda row: row.is_po, "blue"),
    _mark("Test order", lambda row: row.is_test, "amber"),
)
