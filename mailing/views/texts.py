"""The words of a client's e-mails: what stands where, a new version with its preview, older ones, a test."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode

from accounts.models import Client
from accounts.roles import Right
from core.letters import LANGUAGES
from core.refused import Refused
from core.views import INVALID, Page, chosen_client
from mailing.forms import TextForm
from mailing.selectors.texts import newest_texts, versions_of
from mailing.services.texts import save_text, send_test
from mailing.views.outbox import framed
from mailing.wording import PLACES, kind_label, lint, places_of, text_kinds, text_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from mailing.models import MailText
    from mailing.wording import TextKind, Trial

LANGUAGE_NAMES: Final = {code: str(dict(settings.LANGUAGES).get(code, code)) for code in LANGUAGES}
LONGEST_VERSION: Final = 9
SALT: Final = "mailing.texts"
LONGEST_ADDRESS: Final = 8000
"""Characters of an address that web servers still take."""


class TextsPage(Page):
    """A page about the e-mails of the client in the address; another's does not exist."""

    right = Right.LETTERS

    def get_rows(self) -> Any:
        """Clients: one's own, or for the platform all or the chosen one."""
        return Client.objects.all()

    @property
    def clients(self) -> list[Client]:
        """The clients whose e-mails the user may word."""
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


class Texts(TextsPage):
    """Whose e-mails: with one client straight to them."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Choose, or go on."""
        clients = self.clients
        if len(clients) == 1:
            return HttpResponseRedirect(reverse("mailing:texts_of", args=[clients[0].slug]))
        return render(request, "mailing/text_clients.html", {"clients": clients})


@dataclass(frozen=True, slots=True)
class Cell:
    """The words of an e-mail in a language: which, and since when."""

    language: str
    name: str
    link: str
    version: MailText | None

    @property
    def is_own(self) -> bool:
        """Whether the client worded it itself."""
        return self.version is not None and bool(self.version.texts)


class TextsOfClient(TextsPage):
    """All e-mails of a client by type and language."""

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:  # noqa: ARG002
        """Show them."""
        newest = newest_texts(self.client)
        rows = [
            (kind.group, kind_label(key), kind.about, [self.cell(key, code, newest) for code in LANGUAGES])
            for key, kind in text_kinds().items()
        ]
        context = {
            "client": self.client,
            "groups": [(group, list(found)) for group, found in groupby(rows, key=lambda row: row[0])],
            "hints": [hint for _, label, _, cells in rows if (hint := missing_languages(label, cells))],
        }
        return render(request, "mailing/texts.html", context)

    def cell(self, key: str, code: str, newest: dict[tuple[str, str], MailText]) -> Cell:
        """One e-mail's cell."""
        link = reverse("mailing:text", args=[self.client.slug, key, code])
        return Cell(code, LANGUAGE_NAMES[code], link, newest.get((key, code)))


def missing_languages(label: str, cells: list[Cell]) -> str:
    """Say which languages still have the standard words where others have the client's own."""
    missing = [cell.name for cell in cells if not cell.is_own]
    if not missing or len(missing) == len(cells):
        return ""
    return f"“{label}” has your own words in some languages, but still the standard ones in {', '.join(missing)}."


class OneText(TextsPage):
    """A page about the words of one e-mail in one language."""

    @property
    def key(self) -> str:
        """The type of the address."""
        key: str = self.kwargs["kind"]
        if key not in text_kinds() or self.language not in LANGUAGES:
            raise Http404
        return key

    @property
    def language(self) -> str:
        """The language of the address."""
        code: str = self.kwargs["language"]
        return code

    @property
    def kind(self) -> TextKind:
        """What is worded."""
        return text_kinds()[self.key]

    @property
    def standard(self) -> dict[str, str]:
        """The standard words."""
        return places_of(self.kind.standard[self.language])

    def attempt(self, texts: dict[str, str], order: str) -> Trial:
        """Write the e-mail with these words on the chosen order; a place that can't be filled yet says the standard."""
        text = text_of({**self.standard, **texts}, self.kind.standard[self.language])
        return self.kind.attempt(self.client, self.language, text, order, self.at)


class TextEdit(OneText):
    """The words of one e-mail: a field per place, a live preview, what is missing, older versions, a test."""

    def get(self, request: HttpRequest, slug: str, kind: str, language: str) -> HttpResponse:  # noqa: ARG002
        """Start from the words in force, or from an older version."""
        asked = request.GET.get("version", "")
        start = next((row for row in self.versions if str(row.version) == asked), None)
        said = {**self.standard, **(start.texts if start else self.in_force)}
        return self.show(self.form(initial=said), said)

    def post(self, request: HttpRequest, slug: str, kind: str, language: str) -> HttpResponse:  # noqa: ARG002
        """Preview, save, go back to the standard, or send a test."""
        act = request.POST.get("act", "preview")
        form = self.form(request.POST)
        is_valid = form.is_valid()
        if act == "live":
            return render(request, "mailing/_text_preview.html", self.preview(form, form.texts))
        if act == "standard":
            return self.save(form, {})
        if not is_valid:
            return self.show(form, form.texts, status=INVALID)
        if act == "save":
            return self.save(form, form.texts)
        if act == "test":
            return self.test(form)
        return self.show(form, form.texts)

    @cached_property
    def versions(self) -> list[MailText]:
        """All versions, newest first."""
        return versions_of(self.client, self.key, self.language)

    @property
    def in_force(self) -> dict[str, str]:
        """The client's own words; empty where the standard holds."""
        texts: dict[str, str] = self.versions[0].texts if self.versions else {}
        return texts

    def form(self, data: Any = None, *, initial: Any = None) -> TextForm:
        """The form, with the purchases to try the e-mail on."""
        return TextForm(data, initial=initial, kind=self.kind, orders=self.kind.orders(self.client))

    def preview(self, form: TextForm, texts: dict[str, str]) -> dict[str, Any]:
        """The e-mail as its reader sees it, and what it lacks."""
        order = str(form.data.get("order", "")) if form.is_bound else ""
        trial = self.attempt(texts, order)
        address = reverse("mailing:text_message", args=[self.client.slug, self.key, self.language])
        changed = {name: text for name, text in texts.items() if text != self.standard[name]}
        words = signing.dumps(changed, salt=SALT, compress=True)
        frame = f"{address}?{urlencode({'order': order, 'words': words})}"
        return {
            "message": trial.message,
            "findings": lint(self.kind, {**self.standard, **texts}, trial.values),
            "frame": frame if len(frame) <= LONGEST_ADDRESS else "",
        }

    def save(self, form: TextForm, texts: dict[str, str]) -> HttpResponse:
        """Keep a new version."""
        typed = self.request.POST.get("based_on", "")
        is_number = typed.isascii() and typed.isdigit() and len(typed) < LONGEST_VERSION
        try:
            row = save_text(
                self.client,
                kind=self.key,
                language=self.language,
                texts=texts,
                based_on=int(typed) if is_number else 0,
                comment=str(form.cleaned_data.get("comment", "")),
                by=self.user,
                at=self.at,
            )
        except Refused as refused:
            return self.show(form, form.texts, status=INVALID, problem=refused.message)
        what = f"Version {row.version} holds" if row.texts else "The standard words hold again"
        messages.success(self.request, f"{what} from the next e-mail on. E-mails written before stay as written.")
        return HttpResponseRedirect(self.request.path)

    def test(self, form: TextForm) -> HttpResponse:
        """Send the e-mail to its author."""
        trial = self.attempt(form.texts, form.cleaned_data["order"])
        try:
            send_test(self.client, message=trial.message, by=self.user, at=self.at)
        except Refused as problem:
            return self.show(form, form.texts, status=INVALID, problem=problem.message)
        messages.success(self.request, f"The e-mail goes to {self.user.email}, to nobody else.")
        return self.show(form, form.texts)

    def show(self, form: TextForm, said: dict[str, str], *, status: int = 200, problem: str = "") -> HttpResponse:
        """Show form, preview and versions."""
        older = [*self.versions[1:], None]
        context = {
            "client": self.client,
            "label": kind_label(self.key),
            "about": self.kind.about,
            "language_name": LANGUAGE_NAMES[self.language],
            "form": form,
            "fields": [form[name] for name in PLACES],
            "tokens": self.kind.tokens,
            "versions": [(row, self.changes(row, before)) for row, before in zip(self.versions, older, strict=False)],
            "newest": self.versions[0].version if self.versions else 0,
            "is_own": bool(self.in_force),
            "problem": problem,
            **self.preview(form, said),
        }
        return render(self.request, "mailing/text_edit.html", context, status=status)

    def changes(self, row: MailText, older: MailText | None) -> list[tuple[str, str, str]]:
        """List the places that a version changed: name, before, after."""
        before, after = ({**self.standard, **(version.texts if version else {})} for version in (older, row))
        return [
            (place.label, before[name], after[name]) for name, place in PLACES.items() if before[name] != after[name]
        ]


class TextMessage(OneText):
    """The HTML of an e-mail with the words of the address: the frame of the preview."""

    def get(self, request: HttpRequest, slug: str, kind: str, language: str) -> HttpResponse:  # noqa: ARG002
        """Show it; words that the editor did not hand over are not there."""
        given = request.GET.get("words", "")
        try:
            texts = signing.loads(given, salt=SALT) if given else {}
        except signing.BadSignature:
            raise Http404 from None
        return framed(self.attempt(texts, request.GET.get("order", "")).message.html)
