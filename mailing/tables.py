"""The columns of the outbox, and how an e-mail's state is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final
from uuid import uuid4

from django.urls import NoReverseMatch, reverse
from django.utils.html import escape, format_html, format_html_join

from core.refused import Refused
from core.tables import NOTHING, Column, Reader, Table, badge, moment_cell
from core.templatetags.kontor import icon
from mailing.states import (
    ALWAYS_SHOWN,
    BOUNCE,
    CANCEL,
    CONFIRM_DELIVERED,
    EVENT_LABELS,
    HOLD,
    LABELS,
    QUEUE,
    RESEND,
    SEND,
    SEND_AGAIN,
    SEND_COPY,
    Delivery,
    Status,
    decisions,
)
from mailing.wording import kind_label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.utils.safestring import SafeString

    from core.transitions import Transition
    from mailing.models import Email, Endpoint, Notification

TONES: Final[dict[str, str]] = {
    Status.HELD: "amber",
    Status.QUEUED: "blue",
    Status.CLAIMED: "blue",
    Status.HANDOFF: "blue",
    Status.SENT: "green",
    Status.FAILED: "red",
    Status.UNCERTAIN: "violet",
    Status.BOUNCED: "red",
    Status.CANCELED: "gray",
}


CLIP = format_html(
    '<span class="clips">{}<span class="visually-hidden">with attachment</span></span>', icon("paperclip", 13)
)
CAPTURED = format_html(
    '<span class="clips" title="{0}">{1}<span class="visually-hidden">{0}</span></span>',
    "captured: kept here, sent to nobody",
    icon("inbox", 13),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """How a decision looks in a menu: its icon, and whether it is asked about before it is done."""

    icon: str
    is_asked: bool


ENTRIES: Final[dict[Transition, Entry]] = {
    SEND: Entry("send", is_asked=False),
    SEND_COPY: Entry("send", is_asked=True),
    HOLD: Entry("pause", is_asked=False),
    QUEUE: Entry("clock", is_asked=False),
    RESEND: Entry("forward", is_asked=True),
    CANCEL: Entry("ban", is_asked=True),
    CONFIRM_DELIVERED: Entry("mail-check", is_asked=True),
    SEND_AGAIN: Entry("repeat", is_asked=True),
    BOUNCE: Entry("undo-2", is_asked=True),
}


@dataclass(frozen=True, slots=True)
class Clerk(Reader):
    """A reader of the outbox who may also decide about e-mails, or may not."""

    may_decide: bool = False


@dataclass(frozen=True, slots=True)
class Act:
    """A decision about one e-mail as a button: its address, words and icon; `key` is good for one click."""

    link: str
    label: str
    icon: str
    is_asked: bool
    key: str


def acts(email: Email) -> list[Act]:
    """List what a person may do about an e-mail now."""
    found = []
    for decision in (*decisions(email.status), *([RESEND] if email.status in RESEND.sources else [])):
        entry = ENTRIES[decision]
        link = reverse(f"mailing:{decision.name}", args=[email.pk])
        words = f"{decision.label} …" if entry.is_asked else decision.label
        found.append(Act(link, words, entry.icon, entry.is_asked, uuid4().hex))
    return found


def not_now(email: Email) -> list[tuple[str, str, str]]:
    """List what the menu always names but can't be done now: words, icon, reason."""
    allowed = decisions(email.status)
    found = []
    for decision in ALWAYS_SHOWN:
        if decision in allowed or (decision is SEND and SEND_COPY in allowed):
            continue
        try:
            decision.check(email.status, label_of=LABELS)
        except Refused as refused:
            found.append((decision.label, ENTRIES[decision].icon, refused.message))
    return found


def status_badge(email: Email) -> SafeString:
    """The status as a badge."""
    return badge(email.status_label, TONES[email.status])


def email_link(email: Email) -> str:
    """An e-mail's own page."""
    return reverse("mailing:email", args=[email.pk])


def purchase_link(reference: str) -> str:
    """The page of the purchase, or of the certificate (`TX-5`), that an e-mail is about; empty when there is none."""
    try:
        if reference.startswith("TX-"):
            return reverse("taxexempt:detail", args=[reference.removeprefix("TX-")])
        return reverse("purchases:viewer", args=[reference]) if reference else ""
    except NoReverseMatch:
        return ""


def _subject(email: Email, _reader: Reader) -> str:
    clip = CLIP if email.has_attachment else ""  # type: ignore[attr-defined]  # annotated by the view
    link, reason = email_link(email), why(email)
    return format_html(
        '<a class="subject" href="{}" title="{}">{}</a>{}<span class="sub narrow">{}</span>{}',
        link,
        email.subject,
        email.subject or "–",
        clip,
        email.recipient,
        format_html('<span class="sub m-why" title="{0}">{0}</span>', reason) if reason else "",
    )


def _recipient(email: Email, _reader: Reader) -> str:
    return format_html('<span class="clip" title="{}">{}</span>', email.recipient, email.recipient)


def _client(email: Email, _reader: Reader) -> str:
    if email.client is None:
        return NOTHING
    return format_html('<span class="clip" title="{0}">{0}</span>', email.client.name)


def _created(email: Email, reader: Reader) -> str:
    return moment_cell(email.created_at, reader)


def _reference(email: Email, _reader: Reader) -> str:
    link = purchase_link(email.reference)
    if not link:
        return escape(email.reference) if email.reference else NOTHING
    return format_html('<a class="num-link" href="{}">{}</a>', link, email.reference)


def _status(email: Email, _reader: Reader) -> str:
    shown = status_badge(email)
    if email.is_captured:
        return shown + CAPTURED
    if email.status == Status.QUEUED and email.attempts:
        return format_html('{} <span class="sub">attempt {}</span>', shown, email.attempts + 1)
    return shown


def why(email: Email) -> str:
    """What explains an e-mail's status: why it was canceled, what the relay said, when it is tried again."""
    if email.status == Status.CANCELED:
        return email.drop_reason
    if email.status in {Status.FAILED, Status.BOUNCED, Status.UNCERTAIN} or (
        email.status == Status.QUEUED and email.attempts
    ):
        return email.relay_reply
    return ""


def _menu(email: Email, _reader: Reader) -> str:
    items = [_item(act) for act in acts(email)]
    items += [
        format_html(
            '<div class="menu-item" aria-disabled="true">{}{}<span class="why">{}</span></div>',
            icon(name),
            label,
            reason,
        )
        for label, name, reason in not_now(email)
    ]
    return format_html(
        '<button class="icon-btn sm" type="button" popovertarget="menu-{0}" aria-label="Decide about {1}">{2}</button>'
        '<div class="row-menu" id="menu-{0}" popover>{3}</div>',
        email.pk,
        email,
        icon("ellipsis-vertical", 16),
        format_html_join("", "{}", ((item,) for item in items)),
    )


def _item(act: Act) -> SafeString:
    if act.is_asked:
        return format_html(
            '<a class="menu-item" href="{0}" hx-get="{0}" hx-target="#dialog-body">{1}{2}</a>',
            act.link,
            icon(act.icon),
            act.label,
        )
    return format_html(
        '<button class="menu-item" form="decide" formaction="{}" name="form_key" value="{}">{}{}</button>',
        act.link,
        act.key,
        icon(act.icon),
        act.label,
    )


KIND = Column("Type", lambda email, _: escape(kind_label(email.kind)), sort="kind", css="wide-only kind")


class EmailTable(Table):
    """E-mails, newest first; the last column only for those who may decide."""

    columns: ClassVar[Sequence[Column]] = (
        Column("Subject", _subject, sort="subject", css="subj"),
        Column("Status", _status, sort="status"),
        Column("Recipient", _recipient, sort="recipient", css="wide-only rcpt"),
        Column("Client", _client, css="wide-only clnt", clients_only=True),
        KIND,
        Column("Reference", _reference, sort="reference", css="wide-only"),
        Column("Created", _created, sort="created_at", css="wide-only"),
    )
    menu = Column(format_html('<span class="visually-hidden">{}</span>', "Decide"), _menu, css="act")
    default_sort = "-created_at"
    caption = "E-mails"
    is_selectable = True
    bulk_template = "mailing/_bulk.html"

    def shown_columns(self, reader: Reader) -> list[Column]:
        """Add the menu for those who may decide; where the client takes its place, the subject tells the type."""
        columns = [column for column in super().shown_columns(reader) if not (reader.shows_clients and column is KIND)]
        return [*columns, self.menu] if isinstance(reader, Clerk) and reader.may_decide else columns

    def link(self, row: Any) -> str:
        """The e-mail's own page."""
        return email_link(row)


class PurchaseEmails(EmailTable):
    """The e-mails of one purchase, newest first."""

    columns = (
        Column("Date", _created, css="m-date"),
        Column("Type", lambda email, _: escape(kind_label(email.kind)), css="wide-only kind"),
        Column("Recipient", _recipient, css="wide-only rcpt"),
        Column("Subject", _subject, css="subj"),
        Column("Status", _status),
        Column("Attempts", lambda email, _: escape(email.attempts), css="wide-only num"),
    )


# Notifications -------------------------------------------------------------------------------------------------------

DELIVERY_TONES: Final[dict[str, str]] = {
    Delivery.QUEUED: "blue",
    Delivery.SENDING: "blue",
    Delivery.SENT: "green",
    Delivery.FAILED: "red",
    Delivery.CANCELED: "gray",
}


def endpoint_badge(endpoint: Endpoint) -> SafeString:
    """Whether an endpoint is told, and whether it takes it."""
    if not endpoint.is_active:
        return badge("Off")
    return badge("Failing", "red") if endpoint.failing_since else badge("On", "green")


def delivery_badge(notification: Notification) -> SafeString:
    """Where a notification stands."""
    return badge(notification.status_label, DELIVERY_TONES[notification.status])


def _events(endpoint: Endpoint, _reader: Reader) -> str:
    return escape(", ".join(EVENT_LABELS[event] for event in endpoint.events))


class EndpointTable(Table):
    """Endpoints by address."""

    columns = (
        Column(
            "Address",
            lambda endpoint, _: format_html(
                '<a class="num-link clip" href="{0}" title="{1}">{1}</a>',
                reverse("mailing:endpoint", args=[endpoint.pk]),
                endpoint.url,
            ),
            sort="url",
            css="subj",
        ),
        Column("Status", lambda endpoint, _: endpoint_badge(endpoint)),
        Column("Client", _client, css="wide-only clnt", clients_only=True),
        Column("Events", _events, css="wide-only"),
        Column("Waiting", lambda endpoint, _: escape(endpoint.waiting), css="wide-only num"),
        Column("Failed", lambda endpoint, _: escape(endpoint.failed), css="num"),
        Column(
            "Last delivered", lambda endpoint, reader: moment_cell(endpoint.last_success_at, reader), css="wide-only"
        ),
    )
    default_sort = "url"
    caption = "Endpoints"

    def link(self, row: Any) -> str:
        """The endpoint's own page."""
        return reverse("mailing:endpoint", args=[row.pk])


def notification_link(notification: Notification) -> str:
    """A notification's own page."""
    return reverse("mailing:notification", args=[notification.endpoint_id, notification.pk])


def _told(notification: Notification, _reader: Reader) -> str:
    return format_html(
        '<a class="num-link" href="{}">{}</a>', notification_link(notification), EVENT_LABELS[notification.event]
    )


def _told_about(notification: Notification, _reader: Reader) -> str:
    link = purchase_link(notification.reference)
    return format_html('<a class="num-link" href="{}">{}</a>', link, notification.reference) if link else NOTHING


def _delivery(notification: Notification, _reader: Reader) -> str:
    shown = delivery_badge(notification)
    if notification.status == Delivery.QUEUED and notification.attempts:
        return format_html('{} <span class="sub">attempt {}</span>', shown, notification.attempts + 1)
    return shown


def _problem(notification: Notification, _reader: Reader) -> str:
    if not notification.problem:
        return NOTHING
    return format_html('<span class="clip" title="{0}">{0}</span>', notification.problem)


class NotificationTable(Table):
    """What an endpoint was told, newest first."""

    columns = (
        Column("Event", _told, sort="event"),
        Column("Reference", _told_about, sort="reference"),
        Column("Status", _delivery, sort="status"),
        Column("Problem", _problem, css="wide-only subj"),
        Column("Created", _created, sort="created_at", css="wide-only"),
    )
    default_sort = "-created_at"
    caption = "Notifications"

    def link(self, row: Any) -> str:
        """The notification's own page."""
        return notification_link(row)
