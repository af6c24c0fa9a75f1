"""The e-mails of a purchase: the table with its row menus, and a new one, looked at before it is queued."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode

from accounts.roles import Right
from core.letters import LANGUAGES, letter_language
from core.refused import Refused
from core.views import ActionView, DetailPage
from mailing.tables import Clerk, PurchaseEmails
from mailing.views.outbox import framed
from purchases.forms import GenerateForm
from purchases.models import Purchase
from purchases.selectors import emails_of
from purchases.services.generate import choices_for, draft_for, generate_email, recipients_of, usual_recipients

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest

    from accounts.models import User
    from core.tables import Reader
    from purchases.emails import Draft
    from purchases.services.generate import Choice, Recipient


def email_rows(purchase: Purchase, *, user: User, reader: Reader) -> dict[str, Any]:
    """The purchase's e-mails, the newest on top, each with what may be decided about it."""
    table = PurchaseEmails()
    clerk = Clerk(reader.language, reader.zone, may_decide=user.may(Right.EMAILS))
    rows = list(emails_of(purchase).with_attachment().defer("body_text", "body_html").newest_first())
    return {
        "emails": rows,
        "email_heads": [(column.label, column.css) for column in table.shown_columns(clerk)],
        "email_rows": table.rows(rows, clerk),
        "may_write": clerk.may_decide,
    }


class OfPurchase:
    """What the dialog and its preview have in common."""

    right: ClassVar[str] = Right.EMAILS
    lookup: ClassVar[str] = "reference"
    row: Purchase

    def get_rows(self) -> Any:
        """Purchases with their parties."""
        return Purchase.objects.with_parties()


class GenerateEmail(OfPurchase, ActionView):
    """Have an e-mail written anew, as things are now: which, to whom, in which language."""

    title = "Generate new e-mail for"
    button = "Queue e-mail"
    form_class = GenerateForm
    action = staticmethod(generate_email)

    @property
    def choices(self) -> list[Choice]:
        """What can be written now."""
        return [choice for choice in choices_for(self.row, at=self.at) if not choice.why_not]

    @property
    def recipients(self) -> list[Recipient]:
        """Whom it may go to."""
        return recipients_of(self.row)

    def refusal(self) -> str:
        """Why none can be written."""
        if self.choices:
            return ""
        reasons = [f"{choice.label}: {choice.why_not}" for choice in choices_for(self.row, at=self.at)]
        return "\n".join([f"No e-mail fits the status {self.row.status_label}.", *reasons])

    def get_form(self, data: Any = None, files: Any = None) -> GenerateForm:  # noqa: ARG002 -- as its base
        """The form; what the address says is chosen already."""
        asked = self.request.GET
        start: dict[str, Any] = {"language": letter_language(self.row.language)}
        if self.choices:
            start["kind"] = self.choices[0].kind
        start |= {name: asked[name] for name in ("kind", "language", "other") if asked.get(name)}
        start["to"] = asked.getlist("to") or usual(self.row, start.get("kind", ""), at=self.at)
        return GenerateForm(
            data or (self.request.POST if self.request.method == "POST" else None),
            initial=start,
            choices=self.choices,
            recipients=self.recipients,
        )

    def keywords(self, form: Any) -> dict[str, Any]:
        """Which, to whom, in which language."""
        given = form.cleaned_data
        return {"kind": given["kind"], "recipients": [*given["to"], *given["other"]], "language": given["language"]}

    def show(self, form: Any, *, status: int = 200, **more: Any) -> HttpResponse:
        """Show the form with the e-mail as its reader will see it."""
        more |= {
            "panel": "purchases/_generate_preview.html",
            "not_now": [c for c in choices_for(self.row, at=self.at) if c.why_not],
        }
        if self.choices:
            more |= preview(self.row, str(form["kind"].value()), str(form["language"].value()), at=self.at)
        return super().show(form, status=status, **more)

    def sentence(self) -> str:
        """Queued, and for whom."""
        shown = ", ".join(email.recipient for email in self.result)
        return f"Queued for {shown}. It stands on top of the e-mails of {self.row.reference}."

    def home(self) -> str:
        """The purchase's e-mails."""
        return reverse("purchases:viewer", args=[self.row.reference]) + "?tab=delivery"


def usual(purchase: Purchase, kind: str, *, at: datetime) -> list[str]:
    """Whose boxes are ticked for an e-mail of this kind; nobody's for one that can't be written."""
    try:
        return usual_recipients(draft_for(purchase, kind, language=LANGUAGES[0], at=at))
    except Refused:
        return []


def preview(purchase: Purchase, kind: str, language: str, *, at: Any) -> dict[str, Any]:
    """What the pane below the form shows: subject, attachments, where the message itself is, or why there is none."""
    try:
        draft = draft_for(purchase, kind, language=language, at=at)
    except Refused as refused:
        return {"purchase": purchase, "preview_problem": refused.message}
    address = reverse("purchases:email_preview", args=[purchase.reference])
    return {
        "purchase": purchase,
        "draft": draft,
        "kind": kind,
        "message": draft.message,
        "frame": f"{address}?{urlencode({'kind': kind, 'language': language, 'as': 'html'})}",
    }


class EmailPreview(OfPurchase, DetailPage):
    """An e-mail before it is queued: the pane of the dialog, or its HTML at an address of its own."""

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:  # noqa: ARG002
        """Show it; nothing is kept."""
        kind, language = request.GET.get("kind", ""), request.GET.get("language", LANGUAGES[0])
        if request.GET.get("as") == "html":
            return framed(self.draft(kind, language).message.html)
        context = {**preview(self.row, kind, language, at=self.at), "ticked": self.ticked_anew(kind)}
        return render(request, "purchases/_email_pane.html", context)

    def ticked_anew(self, kind: str) -> GenerateForm | None:
        """The boxes of the recipients where another e-mail was chosen and nobody had changed them yet."""
        before, to = self.request.GET.get("shown", ""), usual(self.row, kind, at=self.at)
        ticked = self.request.GET.getlist("to")
        if not to or before == kind or ticked != usual(self.row, before, at=self.at):
            return None
        return GenerateForm(initial={"to": to}, recipients=recipients_of(self.row))

    def draft(self, kind: str, language: str) -> Draft:
        """The e-mail; what does not fit is not there."""
        try:
            return draft_for(self.row, kind, language=language, at=self.at)
        except Refused:
            raise Http404 from None
