"""Reads of the outbox for pages, health and the dashboard."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Case, Count, F, Min, OuterRef, Subquery, Value, When, Window
from django.db.models.functions import Coalesce, RowNumber

from mailing.models import Attempt, Email, EmailMime, RelayState
from mailing.states import Outcome, Status

if TYPE_CHECKING:
    from datetime import datetime
    from email.message import EmailMessage, MIMEPart

    from accounts.models import Client, User

RELAY_PAUSE = timedelta(seconds=15)
"""How long the worker leaves a relay alone that did not answer."""


@dataclass(frozen=True, slots=True)
class RelayHealth:
    """Whether e-mail leaves the house: the relay's state and the queue before it."""

    is_captured: bool
    """No relay is configured: e-mails are kept here to be read."""
    failing_since: datetime | None
    last_error: str
    last_error_at: datetime | None
    last_success_at: datetime | None

    @property
    def is_failing(self) -> bool:
        """Whether the last try to use the relay failed."""
        return self.failing_since is not None and not self.is_captured

    def may_be_tried(self, at: datetime) -> bool:
        """Whether the worker should knock again: always, but not at every tick while nobody answers."""
        return not self.is_failing or self.last_error_at is None or at - self.last_error_at >= RELAY_PAUSE


def relay_state() -> RelayHealth:
    """Return what was last heard of the relay (one query)."""
    state = RelayState.objects.filter(pk=1).first() or RelayState()
    return RelayHealth(
        is_captured=settings.MAIL_RELAY is None,
        failing_since=state.failing_since,
        last_error=state.last_error,
        last_error_at=state.last_error_at,
        last_success_at=state.last_success_at,
    )


def oldest_waiting(at: datetime, *, user: User | None = None, client: Client | None = None) -> timedelta | None:
    """Return how long the e-mail that was decided first and is due has been waiting; None when nothing is.

    Those that wait for their next attempt count: an e-mail deferred for hours is news. One query.
    """
    rows = Email.objects.waiting() if user is None else Email.objects.visible_to(user, client).waiting()
    first = rows.filter(created_at__lte=at).aggregate(first=Min("created_at"))["first"]
    return None if first is None else at - first


def waiting_for_us(at: datetime) -> timedelta | None:
    """Return how long the e-mail that could have gone out first has been waiting; None when nothing is. One query.

    It counts from when it was queued: a person may have held it before. One that its own recipient's server put off
    waits for that server until its next attempt, and for us from then on.
    """
    last = Attempt.objects.filter(email=OuterRef("pk")).order_by("-claimed_at", "-pk")
    queued_by_hand = Email.history.filter(id=OuterRef("pk"), status=Status.QUEUED).order_by("-history_date")
    rows = Email.objects.filter(status=Status.QUEUED).annotate(
        last_outcome=Subquery(last.values("outcome")[:1]),
        since=Case(
            When(last_outcome=Outcome.DEFERRED, then="next_attempt_at"),
            default=Coalesce(Subquery(queued_by_hand.values("history_date")[:1]), "created_at"),
        ),
    )
    first = rows.filter(since__lte=at).aggregate(first=Min("since"))["first"]
    return None if first is None else at - first


def status_counts(user: User, client: Client | None = None) -> dict[str, int]:
    """Count the visible e-mails by status (every status is there), for the outbox's tabs. One query."""
    rows = Email.objects.visible_to(user, client).order_by().values_list("status").annotate(Count("pk"))
    return {status.value: 0 for status in Status} | dict(rows)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known about an e-mail, for whoever has to decide about it."""

    email: Email
    attempts: list[Attempt]

    @property
    def last_words(self) -> str:
        """What the relay, or the worker about it, said last."""
        return self.attempts[-1].words if self.attempts else self.email.relay_reply

    @property
    def dot_at(self) -> datetime | None:
        """When the final dot may last have been said; None when it certainly never was."""
        moments = [attempt.handoff_at for attempt in self.attempts if attempt.handoff_at is not None]
        return max(moments, default=None)


def evidence(email: Email) -> Evidence:
    """Return an e-mail's attempts, first one first. One query."""
    return Evidence(email, list(email.tries.in_order()))


@dataclass(frozen=True, slots=True)
class ReadPart:
    """A file inside a message, as its reader would get it."""

    filename: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class ReadMessage:
    """A message as its reader would see it; `is_frozen` when read from the very bytes that were handed over."""

    headers: list[tuple[str, str]]
    text: str
    html: str
    parts: list[ReadPart] = field(default_factory=list)
    is_frozen: bool = True
    size: int = 0


def _words(body: MIMEPart | None) -> str:
    return "" if body is None else str(body.get_content()).replace("\r\n", "\n")


def read_message(email: Email) -> ReadMessage:
    """Read an e-mail back from its kept bytes; before there are any from the row, without files. One query."""
    content = EmailMime.objects.filter(pk=email.pk).values_list("content", flat=True).first()
    if content is None:
        headers = [("To", email.recipient), ("Subject", email.subject)]
        return ReadMessage(headers, email.body_text, email.body_html, is_frozen=False)
    message: EmailMessage = message_from_bytes(bytes(content), policy=policy.default)
    bodies = {kind: message.get_body((kind,)) for kind in ("plain", "html")}
    return ReadMessage(
        headers=[(name, str(value)) for name, value in message.items()],
        text=_words(bodies["plain"]),
        html=_words(bodies["html"]),
        parts=[
            ReadPart(
                part.get_filename() or "attachment",
                part.get_content_type(),
                part.get_payload(decode=True) or b"",  # type: ignore[arg-type]
            )
            for part in message.iter_attachments()
        ],
        size=len(content),
    )


@dataclass(frozen=True, slots=True)
class Attention:
    """What the outbox asks of people: e-mails only they can settle, and the one that has waited longest to go out."""

    undecided: list[Email]
    undecided_count: int
    waiting_count: int
    oldest_at: datetime | None


def attention(user: User, client: Client | None = None, *, limit: int) -> Attention:
    """Find the newest `limit` e-mails in doubt or refused, and how long the queue is: one query over few rows."""
    is_undecided = Case(When(status__in=[Status.UNCERTAIN, Status.FAILED], then=Value(1)), default=Value(0))
    statuses = [Status.UNCERTAIN, Status.FAILED, Status.QUEUED, Status.CLAIMED, Status.HANDOFF]
    rows = (
        Email.objects.visible_to(user, client)
        .filter(status__in=statuses)
        .annotate(is_undecided=is_undecided)
        .annotate(
            place=Window(
                RowNumber(), partition_by=F("is_undecided"), order_by=[F("created_at").desc(), F("pk").desc()]
            ),
            size=Window(Count("pk"), partition_by=F("is_undecided")),
            oldest_at=Window(Min("created_at"), partition_by=F("is_undecided")),
        )
        .filter(place__lte=limit)
        .select_related("client")
        .defer("body_text", "body_html")
        .order_by("is_undecided", "place")
    )
    found: list[Any] = list(rows)
    undecided = [email for email in found if email.is_undecided]
    waiting = [email for email in found if not email.is_undecided]
    return Attention(
        undecided=undecided,
        undecided_count=undecided[0].size if undecided else 0,
        waiting_count=waiting[0].size if waiting else 0,
        oldest_at=waiting[0].oldest_at if waiting else None,
    )
