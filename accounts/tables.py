"""The columns of the list of users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.html import format_html

from core.tables import NOTHING, Column, Reader, Table, badge, day_cell, moment_cell

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

    from accounts.models import Export, User


def active_badge(user: User) -> SafeString:
    """Whether they may come in, as a badge."""
    return badge("Active", "green") if user.is_active else badge("Deactivated")


def rights_of(user: User) -> list[str]:
    """What they may do, in words."""
    return sorted(right.value.replace("_", " ") for right in user.rights)


def _name(user: User, _reader: Reader) -> str:
    link = reverse("accounts:user", args=[user.pk])
    return format_html('<a class="strong" href="{}">{}</a> <span class="sub">{}</span>', link, user.name, user.username)


def _last_login(user: User, reader: Reader) -> str:
    return day_cell(user.last_login.astimezone(reader.zone).date() if user.last_login else None, reader)


class UserTable(Table):
    """Users by name."""

    columns = (
        Column("Name", _name, sort="name"),
        Column("Role", lambda user, _: user.get_role_display(), sort="role"),
        Column(
            "Works for",
            lambda user, _: user.client.name if user.client else "The platform",
            css="wide-only",
            clients_only=True,
        ),
        Column("Department", lambda user, _: user.department.name if user.department else NOTHING, css="wide-only"),
        Column("E-mail", lambda user, _: user.email, sort="email", css="wide-only"),
        Column("Last login", _last_login, css="wide-only"),
        Column("State", lambda user, _: active_badge(user)),
    )
    default_sort = "name"
    caption = "Users"

    def link(self, row: Any) -> str:
        """The user's page."""
        return reverse("accounts:user", args=[row.pk])


def _file(export: Export, _reader: Reader) -> str:
    link = reverse("accounts:export", args=[export.pk])
    return format_html('<a class="strong clip" href="{}" title="{}">{}</a>', link, export.filename, export.filename)


def _export_state(export: Export, _reader: Reader) -> str:
    if export.problem:
        return badge("Failed", "red")
    if export.finished_at is None:
        return badge("Being written" if export.total else "Waiting", "blue")
    return badge("Ready", "green") if export.is_kept else badge("Removed after 7 days")  # type: ignore[attr-defined]  # set by own_files


class ExportTable(Table):
    """One's files, the newest first."""

    columns = (
        Column("File", _file, css="fill"),
        Column("State", _export_state),
        Column("Rows", lambda export, _: f"{export.total:,}" if export.total else NOTHING, css="num"),
        Column("Asked for", lambda export, reader: moment_cell(export.asked_at, reader), css="wide-only"),
    )
    default_sort = "-id"
    caption = "Your exports"

    def link(self, row: Any) -> str:
        """The file's page."""
        return reverse("accounts:export", args=[row.pk])
