"""The columns of the error log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html

from core.tables import NOTHING, Column, Reader, Table, badge, moment_cell
from core.templatetags.kontor import route
from errorlog.models import ErrorType

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

    from errorlog.models import ErrorRecord

TONES: dict[str, str] = {
    ErrorType.KEY_GENERATION: "amber",
    ErrorType.KEY_LIST_EMPTY: "amber",
    ErrorType.NOTIFICATION: "violet",
    ErrorType.PAYMENT: "red",
    ErrorType.EMAIL_DELIVERY: "blue",
    ErrorType.UNEXPECTED: "red",
}


def type_badge(entry: ErrorRecord) -> SafeString:
    """What kind of thing failed, as a badge."""
    return badge(entry.get_type_display(), TONES.get(entry.type, "gray"))


def _number(entry: ErrorRecord, _reader: Reader) -> str:
    return format_html('<a class="num-link" href="{}">#{}</a>', reverse("errorlog:detail", args=[entry.pk]), entry.pk)


def _reference(entry: ErrorRecord, _reader: Reader) -> str:
    link = route("purchases:viewer", entry.reference) if entry.reference else ""
    if not link:
        return entry.reference or NOTHING
    return format_html('<a class="num-link" href="{}">{}</a>', link, entry.reference)


def _status(entry: ErrorRecord, _reader: Reader) -> str:
    # purchases lie above this app: their template tag names the status
    return (
        render_to_string("errorlog/_status.html", {"code": entry.purchase_status}) if entry.purchase_status else NOTHING
    )


def _note(entry: ErrorRecord, reader: Reader) -> str:
    again = next_try(entry, reader)
    shown = format_html(
        '<span class="two-lines{}" title="{}">{}</span>', " one-line" if again else "", *[entry.note] * 2
    )
    return format_html('{}<span class="sub">Next try {}</span>', shown, again) if again else shown


def next_try(entry: ErrorRecord, reader: Reader) -> SafeString | str:
    """When it is tried again by itself; empty when it is not."""
    return moment_cell(entry.next_try_at, reader) if entry.may_retry and entry.next_try_at else ""


def _done(entry: ErrorRecord, _reader: Reader) -> str:
    return render_to_string("errorlog/_done.html", {"entry": entry})


def _acts(entry: ErrorRecord, _reader: Reader) -> str:
    return render_to_string("errorlog/_acts.html", {"entry": entry})


def _item(entry: ErrorRecord, _reader: Reader) -> str:
    return NOTHING if entry.item_number is None else str(entry.item_number)


def _client_handles(entry: ErrorRecord, _reader: Reader) -> str:
    if entry.type != ErrorType.KEY_GENERATION:
        return NOTHING
    return "Yes" if entry.client_handles else "No"


def _client(entry: ErrorRecord, _reader: Reader) -> str:
    if entry.client is None:
        return NOTHING
    return format_html('<span class="two-lines" title="{0}">{0}</span>', entry.client.name)


class ErrorTable(Table):
    """Failures, the newest first."""

    columns = (
        Column("Done", _done, css="act"),
        Column(
            "Created",
            lambda entry, reader: moment_cell(entry.created_at, reader),
            sort="created_at",
            css="two wide-only",
            plain=lambda entry, _: entry.created_at,
        ),
        Column("Error ID", _number, sort="id"),
        Column("Type", lambda entry, _: type_badge(entry), sort="type"),
        Column("Reference", _reference, sort="reference"),
        Column("Status", _status, css="two status wide-only"),
        Column("Note", _note, css="two note wide-only", plain=lambda entry, _: entry.note),
        Column("Item", _item, css="num wide-only", plain=lambda entry, _: entry.item_number),
        Column("Client handles", _client_handles, css="two wide-only"),
        Column("Office", lambda entry, _: str(entry.office) if entry.office else NOTHING, css="two wide-only"),
        Column("Client", _client, css="two wide-only", clients_only=True),
        Column(format_html('<span class="visually-hidden">{}</span>', "Retry, edit"), _acts, css="act"),
    )
    is_selectable = True
    bulk_template = "purchases/_bulk.html"
    default_sort = "-created_at"
    caption = "Error log"

    def link(self, row: Any) -> str:
        """The error's page."""
        return reverse("errorlog:detail", args=[row.pk])

    def label(self, row: Any) -> str:
        """The error by its number."""
        return f"error {row.pk}"
