"""The columns of the list of partners, and how a limit is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html

from core.letters import fill
from core.tables import NOTHING, Column, Reader, Table, badge, day_cell, money_text, number_text
from partners.models import PartnerStatus
from partners.selectors import exposure_of
from partners.wording import PORTAL_WORDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.utils.safestring import SafeString

    from partners.models import Partner
    from partners.selectors import Exposure

TONES: dict[str, str] = {
    PartnerStatus.IN_REVIEW: "amber",
    PartnerStatus.ACCEPTED: "green",
    PartnerStatus.REJECTED: "red",
}


def status_badge(partner: Partner) -> SafeString:
    """The partner's status as a badge."""
    return badge(partner.get_status_display(), TONES[partner.status])


def left_text(exposure: Exposure, reader: Reader, words: Mapping[str, str] = PORTAL_WORDS["en"]) -> str:
    """What is left, in words that need no color."""
    left = money_text(abs(exposure.left_minor), exposure.currency, reader)
    if exposure.level == "none":
        return words["no_limit"]
    return fill(words["over" if exposure.left_minor < 0 else "left"], {"amount": left})


def meter(
    exposure: Exposure, reader: Reader, *, width: int = 72, words: Mapping[str, str] = PORTAL_WORDS["en"]
) -> SafeString:
    """The bar of a limit: a picture with its own words."""
    left = left_text(exposure, reader, words)
    used = fill(words["percent_used"], {"percent": str(exposure.percent)})
    return render_to_string("partners/_meter.html", {"exposure": exposure, "left": left, "used": used, "width": width})


def _name(partner: Partner, _reader: Reader) -> str:
    link = reverse("partners:detail", args=[partner.pk])
    return format_html(
        '<a class="strong clip" href="{}" title="{}">{}</a> <span class="sub">{}</span>',
        link,
        partner.company,
        partner.company,
        partner.code,
    )


def _limit(partner: Any, reader: Reader) -> str:
    if not partner.is_po_enabled:
        return format_html('<span class="sub">{}</span>', "PO off")
    return format_html('<span class="amount">{}</span>', number_text(partner.limit_minor, partner.currency, reader))


def _outstanding(partner: Any, reader: Reader) -> str:
    if not partner.outstanding_minor:
        return NOTHING
    shown = number_text(partner.outstanding_minor, partner.currency, reader)
    return format_html('<span class="amount">{}</span>', shown)


def _left(partner: Any, reader: Reader) -> str:
    return meter(exposure_of(partner), reader)


class PartnerTable(Table):
    """Partners by name."""

    columns = (
        Column("Partner", _name, sort="company"),
        Column("Client", lambda partner, _: partner.client.name, css="wide-only", clients_only=True),
        Column("Status", lambda partner, _: status_badge(partner), sort="status"),
        Column("Limit", _limit, sort="limit_minor", css="num wide-only"),
        Column("Outstanding", _outstanding, css="num wide-only"),
        Column("What is left", _left),
        Column("Currency", lambda partner, _: partner.currency, sort="currency", css="wide-only"),
        Column(
            "Valid until",
            lambda partner, reader: day_cell(partner.valid_until, reader),
            sort="valid_until",
            css="wide-only",
        ),
        Column(
            "Statement",
            lambda partner, _: "Month-end" if partner.month_end_statement else NOTHING,
            css="wide-only",
        ),
    )
    default_sort = "company"
    caption = "Partners"

    def link(self, row: Any) -> str:
        """The partner's page."""
        return reverse("partners:detail", args=[row.pk])
