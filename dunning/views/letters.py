"""The words of a client's letters: what stands where, a new version with its preview, older ones, a test."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.models import Client
from accounts.roles import Right
from core.letters import LANGUAGES
from core.money import Money
from core.pages import draw_page, outline
from core.pdf import PdfError, render_markup
from core.refused import Refused
from core.views import INVALID, Page, chosen_client
from dunning.documents import settings_of
from dunning.forms import LetterForm, LetterSettingsForm
from dunning.selectors.letters import (
    currencies_without_account,
    newest_texts,
    open_orders,
    sample_letter,
    versions_of,
)
from dunning.services.texts import save_settings, save_text, send_test
from dunning.states import SHORT_LABELS
from dunning.wording.places import LEVELS, PLACES, TOKENS, lint, places_for, standard_places, text_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from dunning.models import LetterText
    from dunning.selectors.letters import Sample
    from mailing.wording import Finding

PATIENCE: Final = 8.0
"""Seconds a preview may take; a letter of one page takes a quarter of one."""
WIDTH: Final = 1000
LANGUAGE_NAMES: Final = {code: str(dict(settings.LANGUAGES).get(code, code)) for code in LANGUAGES}


class LettersPage(Page):
    """A page about the letters of the client in the address; another's does not exist."""

    right = Right.LETTERS

    def get_rows(self) -> Any:
        """Clients: one's own, or for the platform all or the chosen one."""
        return Client.objects.all()

    @property
    def clients(self) -> list[Client]:
        """The clients whose letters the user may word."""
        rows = Client.objects.order_by("name", "pk")
        pk = self.user.client_id or getattr(chosen_client(self.request), "pk", None)
        return list(rows.filter(pk=pk) if pk else rows)

    @cached_property
    def client(self) -> Client:
        """The client of the address."""
        found = next((client for client in self.clients if client.slug == self.kwargs["slug"]), None)
        if found is None:
            raise Http404
        return found


class Letters(LettersPage):
    """Whose letters: with one client straight to them."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Choose, or go on."""
        clients = self.clients
        if len(clients) == 1:
            return HttpResponseRedirect(reverse("dunning:letters_of", args=[clients[0].slug]))
        return render(request, "dunning/letter_clients.html", {"clients": clients})


@dataclass(frozen=True, slots=True)
class Cell:
    """The words of a step in a language: which, and since when."""

    language: str
    name: str
    link: str
    version: LetterText | None

    @property
    def is_own(self) -> bool:
        """Whether the client worded it itself."""
        return self.version is not None and bool(self.version.texts)


class LettersOfClient(LettersPage):
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
        newest = newest_texts(self.client)
        rows = [
            (SHORT_LABELS[step], [self.cell(step, code, newest.get((step, code))) for code in LANGUAGES])
            for step in LEVELS
        ]
        context = {
            "client": self.client,
            "languages": [LANGUAGE_NAMES[code] for code in LANGUAGES],
            "rows": rows,
            "hints": [hint for label, cells in rows if (hint := missing_languages(label, cells))],
            "no_account": currencies_without_account(self.client),
            "form": form,
        }
        return render(self.request, "dunning/letters.html", context, status=status)

    def cell(self, step: str, code: str, version: LetterText | None) -> Cell:
        """One letter's cell."""
        return Cell(code, LANGUAGE_NAMES[code], reverse("dunning:letter", args=[self.client.slug, step, code]), version)


def plain(minor: int, currency: str) -> str:
    """An amount as it is typed."""
    return str(Money(minor, currency).decimal)


def missing_languages(label: str, cells: list[Cell]) -> str:
    """Say which languages still have the standard words where others have the client's own."""
    missing = [cell.name for cell in cells if not cell.is_own]
    if not missing or len(missing) == len(cells):
        return ""
    return f"{label} has your own words in some languages, but still the standard ones in {', '.join(missing)}."


@dataclass(frozen=True, slots=True)
class Preview:
    """A letter as a picture, with its e-mail and what it lacks; or why there is no picture."""

    picture: str = ""
    pages: int = 0
    subject: str = ""
    body: str = ""
    findings: list[Finding] = field(default_factory=list)
    problem: str = ""


class LetterEdit(LettersPage):
    """The words of one letter: a field per place, a live preview, what is missing, older versions, a test."""

    def get(self, request: HttpRequest, slug: str, step: str, language: str) -> HttpResponse:  # noqa: ARG002
        """Start from the words in force, or from an older version."""
        asked = request.GET.get("version", "")
        start = next((row for row in self.versions if str(row.version) == asked), None)
        said = {**self.standard, **(start.texts if start else self.in_force)}
        return self.show(self.form(initial=said), said)

    def post(self, request: HttpRequest, slug: str, step: str, language: str) -> HttpResponse:  # noqa: ARG002
        """Preview, save, go back to the standard, or send a test."""
        act = request.POST.get("act", "preview")
        form = self.form(request.POST)
        is_valid = form.is_valid()
        if act == "live":
            return render(request, "dunning/_letter_preview.html", {"letter": self.preview(form)})
        if act == "standard":
            return self.save(form, {})
        if not is_valid:
            return self.show(form, form.texts, status=INVALID)
        if act == "save":
            return self.save(form, form.texts)
        if act == "test":
            return self.test(form)
        return self.show(form, form.texts)

    @property
    def step(self) -> str:
        """The step of the address."""
        step: str = self.kwargs["step"]
        if step not in LEVELS or self.language not in LANGUAGES:
            raise Http404
        return step

    @property
    def language(self) -> str:
        """The language of the address."""
        code: str = self.kwargs["language"]
        return code

    @cached_property
    def versions(self) -> list[LetterText]:
        """All versions, newest first."""
        return versions_of(self.client, self.step, self.language)

    @property
    def standard(self) -> dict[str, str]:
        """The standard words."""
        return standard_places(self.step, self.language)

    @property
    def in_force(self) -> dict[str, str]:
        """The client's own words; empty where the standard holds."""
        texts: dict[str, str] = self.versions[0].texts if self.versions else {}
        return texts

    def form(self, data: Any = None, *, initial: Any = None) -> LetterForm:
        """The form, with the open orders to try the letter on."""
        names = [(order.reference, f"{order.reference}, {order.billing_company}") for order in self.orders]
        return LetterForm(data, initial=initial, step=self.step, orders=names)

    @cached_property
    def orders(self) -> list[Any]:
        """The client's open orders."""
        return open_orders(self.client)

    def sample(self, form: LetterForm, texts: dict[str, str]) -> Sample:
        """Write the letter with these words on the chosen order."""
        asked = str(form.data.get("order", "")) if form.is_bound else ""
        order = next((order for order in self.orders if order.reference == asked), None)
        is_joint = form.is_bound and form.data.get("shape") == "joint"
        text = text_of(self.step, self.language, texts)
        return sample_letter(
            self.client, step=self.step, language=self.language, text=text, order=order, is_joint=is_joint, at=self.at
        )

    def preview(self, form: LetterForm, said: dict[str, str] | None = None) -> Preview:
        """Draw the first page; a place that can't be filled yet says the standard."""
        texts = form.texts if said is None else said
        sample = self.sample(form, texts)
        findings = lint(self.language, texts, sample.values)
        shown = Preview(subject=sample.message.subject_line, body=sample.message.text, findings=findings)
        try:
            content = pdf_of(sample, self.language)
            pages = outline(content, time_limit=PATIENCE).count
            picture = draw_page(content, page=1, width=WIDTH, time_limit=PATIENCE)
        except (PdfError, Refused) as problem:
            return replace(shown, problem=str(problem))
        return replace(shown, picture=base64.b64encode(picture).decode(), pages=pages)

    def save(self, form: LetterForm, texts: dict[str, str]) -> HttpResponse:
        """Keep a new version."""
        typed = self.request.POST.get("based_on", "")
        based_on = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 9 else 0  # noqa: PLR2004
        try:
            row = save_text(
                self.client,
                step=self.step,
                language=self.language,
                texts=texts,
                based_on=based_on,
                comment=str(form.cleaned_data.get("comment", "")),
                by=self.user,
                at=self.at,
            )
        except Refused as refused:
            return self.show(form, form.texts, status=INVALID, problem=refused.message)
        what = f"Version {row.version} holds" if row.texts else "The standard words hold again"
        messages.success(self.request, f"{what} from the next letter on. Letters sent before stay as sent.")
        return HttpResponseRedirect(self.request.path)

    def test(self, form: LetterForm) -> HttpResponse:
        """Send the letter to its author."""
        sample = self.sample(form, form.texts)
        name = f"{sample.data['letter']['number']}.pdf"
        try:
            content = pdf_of(sample, self.language)
            send_test(self.client, message=sample.message, filename=name, content=content, by=self.user, at=self.at)
        except (PdfError, Refused) as problem:
            return self.show(form, form.texts, status=INVALID, problem=str(problem))
        messages.success(self.request, f"The letter goes to {self.user.email}, to nobody else.")
        return self.show(form, form.texts)

    def show(self, form: LetterForm, said: dict[str, str], *, status: int = 200, problem: str = "") -> HttpResponse:
        """Show form, preview and versions."""
        joint = [name for name in places_for(self.step) if PLACES[name].is_joint]
        context = {
            "client": self.client,
            "label": SHORT_LABELS[self.step],
            "language": self.language,
            "language_name": LANGUAGE_NAMES[self.language],
            "form": form,
            "single_fields": [form[name] for name in places_for(self.step) if name not in joint],
            "joint_fields": [form[name] for name in joint],
            "is_consolidated": settings_of(self.client).is_consolidated,
            "tokens": TOKENS,
            "letter": self.preview(form, said),
            "versions": [(row, changes(row, older, self.standard)) for row, older in self.with_older()],
            "newest": self.versions[0].version if self.versions else 0,
            "is_own": bool(self.in_force),
            "problem": problem,
        }
        return render(self.request, "dunning/letter_edit.html", context, status=status)

    def with_older(self) -> list[tuple[LetterText, LetterText | None]]:
        """Each version beside the one before."""
        return list(zip(self.versions, [*self.versions[1:], None], strict=False))


def pdf_of(sample: Sample, language: str) -> bytes:
    """Lay a letter out, within seconds.

    Raises PdfError.
    """
    markup = render_to_string(sample.template, {**sample.data, "language": language})
    return render_markup(markup, time_limit=PATIENCE)


def changes(row: LetterText, older: LetterText | None, standard: dict[str, str]) -> list[tuple[str, str, str]]:
    """List the places that a version changed: name, before, after."""
    before = {**standard, **(older.texts if older else {})}
    after = {**standard, **row.texts}
    return [
        (PLACES[name].label, before[name], after[name])
        for name in after
        if name in before and before[name] != after[name]
    ]
