"""The outbox: the list, an e-mail with its evidence, its HTML and files at addresses of their own, decisions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from structlog import get_logger

from accounts.roles import Right
from core.pdf import PdfTimeoutError, PdfUnavailableError
from core.refused import Refused
from core.tables import moment_text
from core.views import INVALID, ActionView, DetailPage, Empty, ListPage, Page, Segment
from mailing import states, tables
from mailing.filters import EmailFilter
from mailing.forms import NoteForm, ProofForm, ReasonForm, ResendForm
from mailing.models import Attachment, Attempt, Email
from mailing.selectors import read_message
from mailing.services.decide import (
    cancel_email,
    confirm_delivered,
    hold_email,
    note_bounce,
    queue_held_email,
    resend_email,
    send_again,
    send_email,
)
from mailing.services.render import BytesChangedError, attachment_content
from mailing.states import Status
from mailing.wording import KEY_IN_LINK, kind_label

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.forms import Form
    from django.http import HttpRequest
    from django_filters import FilterSet

log = get_logger(__name__)

UNDECIDED: Final = (Status.UNCERTAIN, Status.FAILED, Status.BOUNCED)
"""Statuses in which nothing moves any more unless a person decides."""
SHOWN_INLINE: Final = frozenset({"application/pdf", "image/png", "image/jpeg", "text/plain"})
"""What browsers show without running anything of ours; all else is saved as a file."""
PARTNER_KEY: Final = re.compile(r"(/p/partner/)[A-Za-z0-9_:.=-]{16,}")
"""The key that lets a partner in: only who could change the partner's address may read it."""

NOTHING_LOADS: Final = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "
BODY_POLICY: Final = NOTHING_LOADS + "style-src 'unsafe-inline'; img-src data:; sandbox"
FILE_POLICY: Final = NOTHING_LOADS + "style-src 'unsafe-inline'; sandbox"


def for_eyes_of(user: Any, text: str) -> str:
    """Blank out the keys of signed links for people who may not do themselves what those links do."""
    if not user.may(Right.PARTNERS):
        text = PARTNER_KEY.sub(r"\1…", text)
    return text if user.may(Right.HOLD) else KEY_IN_LINK.sub(r"\1…", text)


def framed(html: str) -> HttpResponse:
    """Show an e-mail's HTML in a frame of ours: nothing in it runs, loads, submits or leaves the frame."""
    answer = HttpResponse(html)
    answer["Content-Security-Policy"] = BODY_POLICY
    answer["X-Frame-Options"] = "SAMEORIGIN"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Referrer-Policy"] = "no-referrer"
    answer["Cache-Control"] = "private, no-store"
    return answer


class Outbox(ListPage):
    """All e-mails, newest first."""

    right = Right.SEARCH
    title = "Outbox"
    template_name = "mailing/list.html"
    table_class = tables.EmailTable
    filterset_class = EmailFilter
    noun = ("e-mail", "e-mails")
    is_personal = True
    empty = Empty("No e-mail yet", "Confirmations, letters and notices appear here the moment they are decided.")

    @property
    def reader(self) -> tables.Clerk:
        """Who reads, and whether they may decide."""
        plain = super().reader
        may_decide = self.user.may(Right.EMAILS)
        return tables.Clerk(plain.language, plain.zone, shows_clients=plain.shows_clients, may_decide=may_decide)

    def make_table(self) -> tables.EmailTable:
        """The table; rows are picked only by those who may decide about them."""
        table = tables.EmailTable()
        table.is_selectable = self.user.may(Right.EMAILS)
        return table

    def get_rows(self) -> Any:
        """E-mails without their texts."""
        return Email.objects.select_related("client").defer("body_text", "body_html").with_attachment()

    def segments(self) -> Sequence[Segment]:
        """What waits, what needs somebody, what is done."""
        return (
            Segment("all", "All"),
            Segment("waiting", "Waiting", lambda rows: rows.waiting()),
            Segment("hold", "Hold", lambda rows: rows.filter(status=Status.HELD)),
            Segment("decide", "Needs a decision", lambda rows: rows.filter(status__in=UNDECIDED)),
            Segment("sent", "Sent", lambda rows: rows.filter(status=Status.SENT)),
            Segment("canceled", "Canceled", lambda rows: rows.filter(status=Status.CANCELED)),
        )

    def get_filterset(self) -> FilterSet:
        """The filter bar; the client only where several are mixed."""
        reader = self.reader
        return EmailFilter(self.request.GET, queryset=self.rows, zone=reader.zone, shows_clients=reader.shows_clients)


class OneEmail(DetailPage):
    """A page about one e-mail."""

    right = Right.SEARCH

    def get_rows(self) -> Any:
        """All e-mails."""
        return Email.objects.select_related("client")


@dataclass(frozen=True, slots=True)
class Evidence:
    """One attempt as a line of the evidence, with the color of its end."""

    attempt: Attempt
    tone: str
    icon: str


OUTCOME_LOOKS: Final[dict[str, tuple[str, str]]] = {
    states.Outcome.RUNNING: ("blue", "loader"),
    states.Outcome.ACCEPTED: ("green", "mail-check"),
    states.Outcome.CAPTURED: ("green", "inbox"),
    states.Outcome.DEFERRED: ("amber", "clock"),
    states.Outcome.REFUSED: ("red", "mail-x"),
    states.Outcome.NOT_ACCEPTED: ("amber", "unplug"),
    states.Outcome.DROPPED: ("", "ban"),
    states.Outcome.NO_ANSWER: ("violet", "mail-question-mark"),
    states.Outcome.WORKER_LOST: ("amber", "unplug"),
}
REPORT_LOOKS: Final[dict[str, tuple[str, str]]] = {
    "bounced": ("red", "mail-x"),
    "delayed": ("amber", "clock"),
    "delivered": ("green", "mail-check"),
    "complained": ("red", "circle-alert"),
    "unknown": ("", "mail-question-mark"),
}
VIEWS: Final = {"html": "Message", "text": "Plain text", "headers": "Headers"}


class EmailDetail(OneEmail):
    """One e-mail: what it says, what goes with it, and what became of it."""

    template_name = "mailing/email.html"

    def context(self) -> dict[str, Any]:
        """All the template shows."""
        email: Email = self.row
        views = {key: label for key, label in VIEWS.items() if email.body_html or key != "html"}
        asked = self.request.GET.get("view", "")
        shown = asked if asked in views else next(iter(views))
        return {
            "email": email,
            "status": tables.status_badge(email),
            "kind": kind_label(email.kind),
            "purchase_link": tables.purchase_link(email.reference),
            "body_text": for_eyes_of(self.user, email.body_text),
            "views": views,
            "shown": shown,
            "headers": read_message(email).headers if shown == "headers" else [],
            "attachments": email.attachments.order_by("pk").defer("content"),
            "evidence": self.evidence(),
            "decided": self.decided(),
            "copies": email.copies.order_by("pk"),
            "reports": [(report, *REPORT_LOOKS[report.kind]) for report in email.reports.order_by("-at", "-pk")],
            "acts": tables.acts(email) if self.user.may(Right.EMAILS) else [],
            "is_undecided": email.status in UNDECIDED,
        }

    def evidence(self) -> list[Evidence]:
        """Every attempt, the latest first."""
        tries = reversed(self.row.tries.in_order())
        return [Evidence(attempt, *OUTCOME_LOOKS[attempt.outcome]) for attempt in tries]

    def decided(self) -> Any:
        """What people decided about it, the latest first."""
        lines = self.row.history.select_related("history_user").order_by("-history_date", "-history_id")
        return lines.only(
            "history_date", "history_change_reason", "status", "history_user__name", "history_user__username"
        )


class EmailBody(OneEmail):
    """The HTML of an e-mail at an address of its own: nothing in it runs, loads, submits or leaves its frame."""

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:  # noqa: ARG002
        """Show it under a policy of its own."""
        if not self.row.body_html:
            raise Http404
        return framed(for_eyes_of(self.user, self.row.body_html))


class EmailAttachment(Page):
    """A file that goes with an e-mail: to look at, or (with `?save`) to keep."""

    right = Right.SEARCH

    def get_rows(self) -> Any:
        """Attachments, found by way of their e-mail."""
        return Attachment.objects.all()

    def get(self, request: HttpRequest, email: int, pk: int) -> HttpResponse:
        """Give the very bytes that go or went out."""
        part = self.rows.filter(email=email, pk=pk).first()
        if part is None:
            raise Http404
        try:
            content = attachment_content(part)
        except (PdfUnavailableError, PdfTimeoutError) as error:
            return render(request, "mailing/no_pdf.html", {"attachment": part, "problem": str(error)}, status=503)
        except (LookupError, BytesChangedError, Refused) as error:
            log.exception("mailing.attachment_unreadable", attachment=part.pk)
            messages.error(request, f"“{part.filename}” can’t be shown: {_cause(error)}")
            return redirect("mailing:email", email)
        is_shown = part.content_type in SHOWN_INLINE and "save" not in request.GET
        answer = HttpResponse(content, content_type=part.content_type if is_shown else "application/octet-stream")
        answer["Content-Disposition"] = content_disposition_header(not is_shown, part.filename) or "attachment"
        answer["Content-Security-Policy"] = FILE_POLICY
        answer["X-Frame-Options"] = "SAMEORIGIN"
        answer["X-Content-Type-Options"] = "nosniff"
        answer["Cache-Control"] = "private, no-store"
        return answer


def _cause(error: Exception) -> str:
    if isinstance(error, BytesChangedError):
        return "its bytes are no longer those that were sent."
    return error.message if isinstance(error, Refused) else "its document is not there any more."


class EmailAct(ActionView):
    """A decision about one e-mail."""

    right = Right.EMAILS
    form_class: ClassVar[type[Form]] = NoteForm
    decision: ClassVar[Any]
    done: ClassVar[str] = ""

    def get_rows(self) -> Any:
        """All e-mails."""
        return Email.objects.select_related("client")

    def home(self) -> str:
        """The e-mail's own page."""
        return reverse("mailing:email", args=[self.kwargs["pk"]])

    def refusal(self) -> str:
        """Why it can't be done in this status."""
        try:
            self.decision.check(self.row.status, label_of=states.LABELS)
        except Refused as refused:
            return refused.message
        return ""

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """Do it, if it still means what the button said: Send on a screen from before it was sent is no copy."""
        refusal = "" if self.is_spent() else self.refusal()
        if refusal:
            return self.ask(self.get_form(), status=INVALID)
        return super().post(request, *args, **kwargs)

    def sentence(self) -> str:
        """What was done."""
        return self.done.format(recipient=self.row.recipient)


class EmailSend(EmailAct):
    """Send now what waits."""

    title = "Send"
    action: ClassVar[Callable[..., Any]] = staticmethod(send_email)
    decision = states.SEND
    done = "The e-mail to {recipient} goes out now."

    def consequences(self) -> list[str]:
        """When it goes."""
        return [f"It goes to {self.row.recipient} within seconds, whatever its turn was.", *_guard_lines(self.row)]


class EmailSendCopy(EmailAct):
    """Send once more what was sent."""

    title = "Send a copy"
    action: ClassVar[Callable[..., Any]] = staticmethod(send_email)
    decision = states.SEND_COPY
    done = "A copy goes to {recipient} now."

    def consequences(self) -> list[str]:
        """What the recipient sees."""
        sent = moment_text(self.row.sent_at, self.reader) if self.row.sent_at else ""
        return [
            f"{self.row.recipient} got this e-mail on {sent} and gets it once more, with the same attachments.",
            "The copy is an e-mail of its own; this one stays as it is.",
            *_guard_lines(self.row),
        ]


class EmailResend(EmailAct):
    """Send once more, perhaps to another address."""

    title = "Send to another address"
    button = "Send"
    form_class = ResendForm
    action: ClassVar[Callable[..., Any]] = staticmethod(resend_email)
    decision = states.RESEND

    def get_initial(self) -> dict[str, Any]:
        """The address it went to."""
        return {"to": self.row.recipient}

    def consequences(self) -> list[str]:
        """What the recipient sees."""
        return [
            "A copy with the same words and attachments goes out now; this one stays as it is.",
            *_guard_lines(self.row),
        ]

    def sentence(self) -> str:
        """Queued."""
        return f"A copy goes to {self.result.recipient} now."


class EmailHold(EmailAct):
    """Keep it back."""

    title = "Hold"
    action: ClassVar[Callable[..., Any]] = staticmethod(hold_email)
    decision = states.HOLD
    done = "The e-mail to {recipient} is on hold: it stays until somebody queues or sends it."

    def consequences(self) -> list[str]:
        """How long."""
        return ["It stays here until somebody queues or sends it."]


class EmailQueue(EmailAct):
    """Let it take its turn."""

    title = "Queue"
    action: ClassVar[Callable[..., Any]] = staticmethod(queue_held_email)
    decision = states.QUEUE
    done = "The e-mail to {recipient} is queued."

    def consequences(self) -> list[str]:
        """When it goes."""
        return [f"It goes to {self.row.recipient} when its turn comes.", *_guard_lines(self.row)]


class EmailCancel(EmailAct):
    """Take it out for good."""

    title = "Cancel e-mail"
    button = "Cancel e-mail"
    tone = "danger"
    form_class = ReasonForm
    action: ClassVar[Callable[..., Any]] = staticmethod(cancel_email)
    decision = states.CANCEL
    done = "The e-mail to {recipient} is canceled."

    def consequences(self) -> list[str]:
        """What the recipient gets: nothing."""
        return [f"{self.row.recipient} does not get it.", "A notice that was to go out with it counts as not sent."]


class EmailConfirm(EmailAct):
    """Settle a doubt: it arrived."""

    title = "It was delivered"
    form_class = ProofForm
    action: ClassVar[Callable[..., Any]] = staticmethod(confirm_delivered)
    decision = states.CONFIRM_DELIVERED
    done = "The e-mail to {recipient} counts as sent."

    def consequences(self) -> list[str]:
        """What follows from it."""
        return [
            "It counts as sent since the moment of its last attempt.",
            "A notice that went out with it counts, too.",
        ]


class EmailSendAgain(EmailAct):
    """Settle a doubt: better twice than never."""

    title = "Send again"
    form_class = ReasonForm
    action: ClassVar[Callable[..., Any]] = staticmethod(send_again)
    decision = states.SEND_AGAIN
    done = "The e-mail goes to {recipient} once more."

    def consequences(self) -> list[str]:
        """What the recipient may see."""
        return [
            f"If the first one arrived after all, {self.row.recipient} gets it twice.",
            "It keeps its Message-ID, so many mail programs show it only once.",
            *_guard_lines(self.row),
        ]


class EmailBounce(EmailAct):
    """Note that it came back."""

    title = "Mark as bounced"
    form_class = ReasonForm
    action: ClassVar[Callable[..., Any]] = staticmethod(note_bounce)
    decision = states.BOUNCE
    done = "The e-mail to {recipient} is marked as bounced."

    def consequences(self) -> list[str]:
        """What stops."""
        return ["No further notice goes to this purchase until the address is right and dunning is resumed."]


def _guard_lines(email: Email) -> list[str]:
    if not email.reference or email.reference.startswith("TX-"):
        return []
    return [f"Right before, purchase {email.reference} is looked at again: what no longer fits is not sent."]
