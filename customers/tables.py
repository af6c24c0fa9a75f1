"""The columns of the list of customers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.html import format_html

from core.tables import NOTHING, Column, Reader, Table, moment_cell
from customers.selectors import main_contact

if TYPE_CHECKING:
    from collections.abc import Sequence

    from customers.models import Contact


def _name(customer: Any, _reader: Reader) -> str:
    contact: Contact = customer.main
    link = reverse("customers:detail", args=[customer.pk])
    name = contact.last_name or customer.company or contact.email or f"Customer {customer.pk}"
    first = format_html(' <span class="sub">{}</span>', contact.first_name) if contact.first_name else ""
    return format_html('<a class="strong clip" href="{}" title="{}">{}</a>{}', link, name, name, first)


def _clipped(text: str) -> str:
    return format_html('<span class="clip" title="{}">{}</span>', text, text) if text else NOTHING


def _place(customer: Any, _reader: Reader) -> str:
    place = ", ".join(part for part in (customer.main.city, customer.main.country) if part)
    return _clipped(place)


class CustomerTable(Table):
    """Customers, the newest first."""

    columns = (
        Column("Last name", _name),
        Column("Company", lambda customer, _: _clipped(customer.company), sort="company"),
        Column("Client", lambda customer, _: customer.client.name, css="wide-only", clients_only=True),
        Column("Type", lambda customer, _: customer.get_type_display(), sort="type", css="wide-only"),
        Column("E-mail", lambda customer, _: _clipped(customer.main.email), css="wide-only"),
        Column("City", _place, css="wide-only"),
        Column(
            "Since",
            lambda customer, reader: moment_cell(customer.created_at, reader),
            sort="created_at",
            plain=lambda customer, _: customer.created_at,
        ),
    )
    default_sort = "-created_at"
    caption = "Customers"

    def prepare(self, page: Sequence[Any]) -> None:
        """Find each customer's main contact among the prefetched ones."""
        for customer in page:
            customer.main = main_contact(customer)

    def link(self, row: Any) -> str:
        """The profile."""
        return reverse("customers:detail", args=[row.pk])
