"""The columns of the list of follow-ups."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import Truncator

from core.tables import NOTHING, Column, Reader, Table, badge, moment_cell
from core.templatetags.kontor import icon
from customers.selectors import named
from followups.selectors.topics import category_label
from followups.wording import TONES
from purchases.tables import purchase_link

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.utils.safestring import SafeString

    from followups.models import FollowUp

CLIENT_LENGTH = 18
NAME_LENGTH = 24


def category_badge(follow_up: FollowUp) -> SafeString:
    """What it is about, as a badge."""
    return badge(category_label(follow_up), TONES.get(follow_up.category, "gray"))


def due_cell(follow_up: FollowUp, at: datetime, reader: Reader) -> SafeString:
    """When it is due, in the reader's zone; what is late in red, what is for today in amber, both in words, too."""
    shown = moment_cell(follow_up.due_at, reader)
    if follow_up.is_done:
        return shown
    if follow_up.due_at < at:
        return format_html(DUE, "neg", "Overdue", shown, icon("clock-alert", 14), "overdue")
    if follow_up.due_at.astimezone(reader.zone).date() == at.astimezone(reader.zone).date():
        return format_html(DUE, "soon", "Later today", shown, icon("clock", 14), "today")
    return shown


DUE = '<span class="due {}" title="{}">{} {}<span class="visually-hidden"> {}</span></span>'


def about_link(follow_up: FollowUp) -> SafeString:
    """What it is about, as a link: a purchase, a customer, another page; a dash for nothing."""
    if follow_up.purchase is not None:
        link, name = purchase_link(follow_up.purchase), follow_up.purchase.reference
        return format_html('<a class="num-link" href="{}">{}</a>', link, name)
    if follow_up.customer is not None:
        link, name = reverse("customers:detail", args=[follow_up.customer.pk]), named(follow_up.customer)
    elif follow_up.about_link:
        link, name = follow_up.about_link, follow_up.about_label
    else:
        return NOTHING
    return format_html('<a href="{}" title="{}">{}</a>', link, name, Truncator(name).chars(NAME_LENGTH))


def whose(follow_up: FollowUp) -> str:
    """Who is to do it: a person, a team, or everybody."""
    return str(follow_up.assignee or follow_up.department or follow_up.office or "Everybody")


def _done(follow_up: FollowUp, _reader: Reader) -> str:
    return render_to_string("followups/_done.html", {"row": follow_up})


def _due(follow_up: Any, reader: Reader) -> str:
    return due_cell(follow_up, follow_up.moment, reader)


def _subject(follow_up: FollowUp, _reader: Reader) -> str:
    link = reverse("followups:detail", args=[follow_up.pk])
    return format_html('<a class="clip" href="{}" title="{}">{}</a>', link, follow_up.subject, follow_up.subject)


def _client(follow_up: FollowUp, _reader: Reader) -> str:
    name = follow_up.client.name
    return format_html('<span title="{}">{}</span>', name, Truncator(name).chars(CLIENT_LENGTH))


def _menu(follow_up: FollowUp, _reader: Reader) -> str:
    return render_to_string("followups/_menu.html", {"row": follow_up})


class FollowUpTable(Table):
    """Follow-ups, the most urgent first."""

    columns = (
        Column("Done", _done, css="act"),
        Column("Date and time", _due, sort="due_at", plain=lambda row, _: row.due_at),
        Column("Category", lambda row, _: category_badge(row), sort="category", css="wide-only"),
        Column("Reason", lambda row, _: row.reason, sort="reason", css="wide-only"),
        Column("Reference", lambda row, _: about_link(row), css="wide-only", fetch="customer__contacts"),
        Column("Subject", _subject, sort="subject"),
        Column("Assignee", lambda row, _: whose(row), css="wide-only"),
        Column("Client", _client, css="wide-only", clients_only=True, plain=lambda row, _: row.client.name),
        Column(format_html('<span class="visually-hidden">{}</span>', "Open, copy, delete"), _menu, css="act"),
    )
    is_selectable = True
    bulk_template = "purchases/_bulk.html"
    default_sort = "due_at"
    caption = "Follow-ups"

    def __init__(self, at: datetime | None = None) -> None:
        self.moment = at or datetime.min.replace(tzinfo=UTC)

    def prepare(self, page: Sequence[Any]) -> None:
        """Tell each row what time it is."""
        for follow_up in page:
            follow_up.moment = self.moment

    def link(self, row: Any) -> str:
        """The follow-up's page."""
        return reverse("followups:detail", args=[row.pk])
