"""A run that waits: its letters to look at, one taken out, all approved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from accounts.roles import Right
from core.pdf import PdfTimeoutError, PdfUnavailableError, render_pdf
from core.tables import money_text
from core.views import ActionView, DetailPage
from dunning import forms
from dunning.documents import JOINT_TEMPLATE, TEMPLATES, in_letters, joint_notice_data, notice_data, rank, settings_of
from dunning.models import Run
from dunning.schedule import CANCELS
from dunning.selectors.proposals import in_one_letter, totals_of
from dunning.services.approval import approval_refusal, approve_run, take_out
from dunning.services.letters import DOCUMENT_KINDS
from dunning.states import SHORT_LABELS, STEP_LABELS
from dunning.wording.places import LEVELS
from purchases.models import Purchase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest

    from dunning.selectors.proposals import ProposedStep

PREVIEW_NUMBER = "PREVIEW"


class RunApprove(ActionView):
    """Let a proposed run take its steps."""

    right = Right.DUNNING
    title = "Approve"
    button = "Approve all"
    action = staticmethod(approve_run)

    def get_rows(self) -> Any:
        """Runs."""
        return Run.objects.select_related("client", "approved_by")

    def heading(self) -> str:
        """The run."""
        return f"Approve the dunning run of {self.row.on:%Y-%m-%d}"

    def refusal(self) -> str:
        """Only a run that waits for a person, on its own day."""
        return approval_refusal(self.row, at=self.at)

    def consequences(self) -> list[str]:
        """What goes out, how much is open in it, what is canceled, what falls out."""
        totals = totals_of(self.row)
        lines = [
            f"{count} × {STEP_LABELS[step]}" + (" — the order ends." if step in CANCELS else " goes out.")
            for step, count in totals.counts.items()
        ] or ["No step is left to take."]
        sums = [money_text(minor, currency, self.reader) for currency, minor in totals.amounts.items()]
        if sums:
            lines.append(f"{' and '.join(sums)} are open in them.")
        if totals.taken_out:
            lines.append(f"{totals.taken_out} taken out: the next run looks at them again.")
        if totals.dropped:
            lines.append(f"{totals.dropped} dropped since: paid, held or promised.")
        return [*lines, "What is paid or held before its e-mail has left is still dropped."]

    def sentence(self) -> str:
        """Approved."""
        return "Approved: the worker takes the steps now."

    def home(self) -> str:
        """The run."""
        return reverse("dunning:run", args=[self.row.pk])


class ProposedPage(DetailPage):
    """A page about one purchase of a proposed run."""

    lookup = "reference"

    def get_rows(self) -> Any:
        """Purchases."""
        return Purchase.objects.with_parties().select_related("changed_by")

    @property
    def run(self) -> Run:
        """The run of this purchase's client; another's does not exist."""
        found = Run.objects.select_related("client").filter(client=self.row.client_id, pk=self.kwargs["pk"]).first()
        if found is None:
            raise Http404
        return found


class RunTakeOut(ProposedPage, ActionView):
    """Leave one purchase out of a proposed run."""

    right = Right.DUNNING
    title = "Take out"
    form_class = forms.TakeOutForm

    @staticmethod
    def action(purchase: Purchase, *, run: Run, **fields: Any) -> Any:
        """The service's row is the run."""
        return take_out(run, purchase=purchase, **fields)

    def keywords(self, form: Any) -> dict[str, Any]:
        """The reason, and which run."""
        return {**form.cleaned_data, "run": self.run}

    def heading(self) -> str:
        """The purchase and the day."""
        return f"Take {self.row} out of the run of {self.run.on:%Y-%m-%d}"

    def refusal(self) -> str:
        """Only while the run waits for a person."""
        return approval_refusal(self.run, at=self.at)

    def consequences(self) -> list[str]:
        """Only this run."""
        return ["No step is taken for it today.", "The next day's run looks at it again: for longer, hold dunning."]

    def sentence(self) -> str:
        """Taken out."""
        return f"{self.row.reference} was taken out of this run."

    def home(self) -> str:
        """The run."""
        return reverse("dunning:run", args=[self.kwargs["pk"]])


def joint_of(steps: Sequence[ProposedStep]) -> tuple[list[tuple[Purchase, int]], tuple[int, int]] | None:
    """Find the orders on one letter with the first, and which of how many letters it is; None when it is alone."""
    own = steps[0].purchase
    ranked = sorted(((one.purchase, LEVELS[one.step]) for one in steps), key=lambda order: rank(*order))
    letters = in_letters(ranked)
    number = next(number for number, orders in enumerate(letters) if own in [order for order, _ in orders])
    return (list(letters[number]), (number + 1, len(letters))) if len(letters[number]) > 1 else None


class RunLetter(ProposedPage):
    """The letter that a proposed run would send, as it would be; it takes no number and is kept nowhere."""

    right = Right.SEARCH

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:  # noqa: ARG002
        """Render it; where letters are consolidated, the one about all orders that share it."""
        steps = in_one_letter(self.run, self.row)
        if not steps or steps[0].step not in LEVELS:
            raise Http404
        proposed, purchase = steps[0], steps[0].purchase
        joint = joint_of(steps) if settings_of(purchase.client).is_consolidated else None
        if joint is not None:
            orders, place = joint
            data = joint_notice_data(orders, number=PREVIEW_NUMBER, at=self.at, place=place)
            template = JOINT_TEMPLATE
        else:
            template = TEMPLATES[next(kind for step, kind in DOCUMENT_KINDS.items() if step == proposed.step)]
            data = notice_data(purchase, level=LEVELS[proposed.step], number=PREVIEW_NUMBER, at=self.at)
        try:
            content = render_pdf(template, data, language=purchase.language)
        except (PdfUnavailableError, PdfTimeoutError) as error:
            missing = {"document": {"number": SHORT_LABELS[proposed.step]}, "problem": str(error)}
            return render(request, "purchases/no_pdf.html", missing, status=503)
        answer = HttpResponse(content, content_type="application/pdf")
        answer["Content-Disposition"] = f'inline; filename="preview-{purchase.reference}.pdf"'
        answer["X-Content-Type-Options"] = "nosniff"
        answer["Cache-Control"] = "private, no-store"
        return answer
