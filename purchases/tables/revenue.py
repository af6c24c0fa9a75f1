"""The columns of revenue: a line for each purchase with money, and in its file one column for each x-parameter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.db.models import Count
from django.utils.html import format_html

from core.tables import Column, Reader, Table, badge, day_cell, money_cell
from purchases.models import XParameter
from purchases.tables import CLIENT, TONES, purchase_link
from purchases.tables.columns import client_day

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from purchases.models import Purchase

MOST_KEYS: Final = 50
"""X-parameters that get a column of their own, the most frequent first; the others share one."""
X: Final = "x-"
OTHERS: Final = "other-x-parameters"


def _reference(purchase: Purchase, _reader: Reader) -> str:
    return format_html('<a class="num-link" href="{}">{}</a>', purchase_link(purchase), purchase.reference)


def _customer(purchase: Purchase, _reader: Reader) -> str:
    return purchase.billing_company or purchase.billing_last_name or purchase.billing_email


def _items(purchase: Purchase, _reader: Reader) -> str:
    return "; ".join(str(item) for item in sorted(purchase.items.all(), key=lambda item: item.position))


def _amount(label: str, name: str, css: str = "num wide-only") -> Column:
    def value(purchase: Purchase, reader: Reader) -> str:
        return money_cell(getattr(purchase, name).minor, purchase.currency, reader)

    return Column(label, value, css=css, plain=lambda purchase, _: getattr(purchase, name))


class RevenueTable(Table):
    """Purchases with money, the newest order first."""

    columns = (
        Column("Reference", _reference, sort="reference"),
        Column("Customer", _customer, sort="billing_company", css="fill"),
        CLIENT,
        Column(
            "Status",
            lambda purchase, _: badge(purchase.status_label, TONES[purchase.status]),
            css="wide-only",
            plain=lambda purchase, _: purchase.status_label,
        ),
        Column(
            "Ordered",
            lambda purchase, reader: day_cell(purchase.ordered_on, reader),
            sort="ordered_at",
            css="wide-only",
            plain=lambda purchase, _: purchase.ordered_on,
        ),
        Column(
            "Paid",
            lambda purchase, reader: day_cell(client_day(purchase, purchase.paid_at), reader),
            sort="paid_at",
            css="wide-only",
            plain=lambda purchase, _: client_day(purchase, purchase.paid_at),
        ),
        _amount("Net", "net"),
        _amount("Tax", "tax"),
        _amount("Gross", "gross", css="num"),
        _amount("Refunded", "refunded"),
        Column("PO number", lambda purchase, _: purchase.po_number, is_extra=True),
        Column("Customer type", lambda purchase, _: purchase.get_customer_type_display(), is_extra=True),
        Column("E-mail", lambda purchase, _: purchase.billing_email, is_extra=True),
        Column("Items", _items, is_extra=True, fetch="items"),
    )
    default_sort = "-ordered_at"
    key_field = "reference"
    currency_field = "currency"
    caption = "Revenue"

    def link(self, row: Any) -> str:
        """The viewer."""
        return purchase_link(row)

    def file_columns(self, reader: Reader, rows: QuerySet[Any]) -> list[str]:
        """All columns, and the x-parameters that these purchases have."""
        own = [column.key for column in self.columns if reader.shows_clients or not column.clients_only]
        counted = XParameter.objects.filter(purchase__in=rows.order_by().values("pk")).values("key")
        keys = counted.annotate(number=Count("pk")).order_by("-number", "key").values_list("key", flat=True)
        found = list(keys[: MOST_KEYS + 1])
        return [*own, *found[:MOST_KEYS], *([OTHERS] if len(found) > MOST_KEYS else [])]

    def column(self, key: str) -> Column:
        """The column of this key; of an x-parameter's key its values."""
        if key == OTHERS:
            return Column("Other x-parameters", self._others, fetch="x_parameters")
        if not key.startswith(X):
            return super().column(key)

        def value(purchase: Purchase, _reader: Reader) -> str:
            return next((one.value for one in purchase.x_parameters.all() if one.key == key), "")

        return Column(key, value, fetch="x_parameters", plain=value)

    def _others(self, purchase: Purchase, _reader: Reader) -> str:
        shared = [str(one) for one in purchase.x_parameters.all() if one.key not in self.chosen]
        return "; ".join(sorted(shared))
