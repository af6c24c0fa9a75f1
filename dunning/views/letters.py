"""The words of a client's letters: what stands where, a new version with its preview, older ones, a test."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string

from core.money import Money
from core.pages import draw_page, outline
from core.pdf import PdfError, render_markup
from core.refused import Refused
from core.views import INVALID
from dunning.documents import settings_of
from dunning.forms import LetterForm, LetterSettingsForm
from dunning.models import LetterText
from dunning.selectors.letters import currencies_without_account, open_orders, sample_letter
from dunning.services.texts import save_settings, save_text
from dunning.states import SHORT_LABELS
from dunning.wording.places import LEVELS, TOKENS, lint, places_for, problem_of, standard_places, text_of
from mailing.selectors.texts import newest_versions
from mailing.services.compose import AttachmentSpec
from mailing.services.texts import send_test
from mailing.views.words import WhoseWords, WordsEdit, WordsPage, cells_of, missing_languages

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from dunning.selectors.letters import Sample
    from dunning.wording.places import LetterPlace
    from mailing.forms import TextForm
    from mailing.wording import Finding
    from purchases.models import Purchase

PATIENCE: Final = 8.0
"""Seconds a preview may take; a letter of one page takes a quarter of one."""
WIDTH: Final = 1000


class Letters(WhoseWords):
    """Whose letters."""

    title = "Letters"
    about = "Each client words its own notices. Choose one."
    route = "dunning:letters_of"


class LettersOfClient(WordsPage):
    """All letters of a client by step and language, and what they add."""

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:  # noqa: ARG002
        """Show them."""
        return self.show(self.form(), status=200)

    def post(self, request: HttpRequest, slug: str) -> HttpResponse:  # noqa: ARG002
        """Save what the letters add."""
        form = self.form(request.POST)
        if not form.is_valid():
            return self.show(form, status=INVALID)
        save_settings(
            self.client,
            is_consolidated=form.cleaned_data["is_consolidated"],
            is_copied_to_payables=form.cleaned_data["is_copied_to_payables"],
            fees=form.fees,
            interest_basis_points=int((form.cleaned_data["interest"] or 0) * 100),
            by=self.user,
            at=self.at,
        )
        messages.success(request, "The letters’ settings are saved. They hold from the next letter on.")
        return HttpResponseRedirect(request.path)

    def form(self, data: Any = None) -> LetterSettingsForm:
        """The settings as they are, or as typed."""
        row = settings_of(self.client)
        accounts = self.client.bank_accounts.order_by("currency").values_list("currency", flat=True)
        currencies = sorted({*accounts, *row.fees})
        start: dict[str, Any] = {
            "is_consolidated": row.is_consolidated,
            "is_copied_to_payables": row.is_copied_to_payables,
            "interest": row.interest_basis_points / 100 if row.interest_basis_points else None,
        }
        for currency, fees in row.fees.items():
            start |= {f"fee_{currency}_{level}": plain(minor, currency) for level, minor in fees.items()}
        return LetterSettingsForm(data, initial=start, currencies=currencies, language=self.user.language)

    def show(self, form: LetterSettingsForm, *, status: int) -> HttpResponse:
        """Show letters and settings."""
        newest = newest_versions(LetterText.objects.filter(client=self.client), "step")
        rows = [(SHORT_LABELS[step], cells_of(self.client, step, newest, route="dunning:letter")) for step in LEVELS]
        context = {
            "client": self.client,
            "rows": rows,
            "hints": [hint for label, cells in rows if (hint := missing_languages(label, cells))],
            "no_account": currencies_without_account(self.client),
            "form": form,
        }
        return render(self.request, "dunning/letters.html", context, status=status)


def plain(minor: int, currency: str) -> str:
    """An amount as it is typed."""
    return str(Money(minor, currency).decimal)


@dataclass(frozen=True, slots=True)
class Preview:
    """A letter as a picture, with its e-mail and what it lacks; or why there is no picture."""

    picture: str = ""
    pages: int = 0
    subject: str = ""
    body: str = ""
    findings: list[Finding] = field(default_factory=list)
    problem: str = ""


class LetterEdit(WordsEdit):
    """The words of one letter and its e-mail."""

    template_name = "dunning/letter_edit.html"
    preview_template = "dunning/_letter_preview.html"
    form_class = LetterForm
    noun = "letter"
    stays = "Letters sent before stay as sent."
    problem_of = staticmethod(problem_of)

    @property
    def step(self) -> str:
        """The step of the address."""
        step: str = self.kwargs["step"]
        if step not in LEVELS:
            raise Http404
        return step

    @property
    def saved(self) -> QuerySet[LetterText]:
        """The versions of the letter's words."""
        return LetterText.objects.filter(client=self.client, step=self.step, language=self.language)

    @cached_property
    def places(self) -> dict[str, LetterPlace]:
        """The places of the step's letter."""
        return places_for(self.step)

    @cached_property
    def standard(self) -> dict[str, str]:
        """The standard words."""
        return standard_places(self.step, self.language)

    @cached_property
    def open_orders(self) -> list[Purchase]:
        """The client's open orders."""
        return open_orders(self.client)

    @property
    def orders(self) -> list[tuple[str, str]]:
        """The open orders to try it on."""
        return [(order.reference, f"{order.reference}, {order.billing_company}") for order in self.open_orders]

    def sample(self, form: TextForm, texts: dict[str, str]) -> Sample:
        """Write the letter with these words on the chosen order."""
        asked = str(form.data.get("order", "")) if form.is_bound else ""
        order = next((order for order in self.open_orders if order.reference == asked), None)
        is_joint = form.is_bound and form.data.get("shape") == "joint"
        text = text_of(self.step, self.language, texts)
        return sample_letter(
            self.client, step=self.step, language=self.language, text=text, order=order, is_joint=is_joint, at=self.at
        )

    def preview(self, form: TextForm, texts: dict[str, str]) -> dict[str, Any]:
        """Draw the first page; a place that can't be filled yet says the standard."""
        sample = self.sample(form, texts)
        findings = lint(self.language, texts, sample.values)
        shown = Preview(subject=sample.message.subject_line, body=sample.message.text, findings=findings)
        try:
            content = pdf_of(sample, self.language)
            pages = outline(content, time_limit=PATIENCE).count
            picture = draw_page(content, page=1, width=WIDTH, time_limit=PATIENCE)
        except (PdfError, Refused) as problem:
            return {"letter": replace(shown, problem=str(problem))}
        return {"letter": replace(shown, picture=base64.b64encode(picture).decode(), pages=pages)}

    def keep(self, texts: dict[str, str], **how: Any) -> LetterText:
        """Save a version."""
        return save_text(self.client, step=self.step, language=self.language, texts=texts, **how)

    def send(self, form: TextForm) -> None:
        """Send the letter to its author."""
        sample = self.sample(form, form.texts)
        try:
            content = pdf_of(sample, self.language)
        except PdfError as problem:
            raise Refused(str(problem)) from problem
        letter = AttachmentSpec(filename=f"{sample.data['letter']['number']}.pdf", content=content)
        send_test(
            self.client, message=sample.message, kind="letter_test", attachments=[letter], by=self.user, at=self.at
        )

    def context(self, form: TextForm) -> dict[str, Any]:
        """The letter's name and its fields, those of a letter about several orders apart."""
        return {
            "label": SHORT_LABELS[self.step],
            "single_fields": [form[name] for name, place in self.places.items() if not place.is_joint],
            "joint_fields": [form[name] for name, place in self.places.items() if place.is_joint],
            "is_consolidated": settings_of(self.client).is_consolidated,
            "tokens": TOKENS,
        }


def pdf_of(sample: Sample, language: str) -> bytes:
    """Lay a letter out, within seconds.

    Raises PdfError.
    """
    markup = render_to_string(sample.template, {**sample.data, "language": language})
    return render_markup(markup, time_limit=PATIENCE)
