"""What the pages about a client's own words share, of its e-mails and of its letters.

Whose words; which languages have words of their own; the editor of one text, with its preview, versions and a test.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from accounts.models import Client
from accounts.roles import Right
from core.letters import LANGUAGES
from core.refused import Refused
from core.views import INVALID, Page, chosen_client
from mailing.forms import TextForm
from mailing.selectors.texts import versions_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from mailing.models import TextVersion
    from mailing.wording import Place

LANGUAGE_NAMES: Final = {code: str(dict(settings.LANGUAGES).get(code, code)) for code in LANGUAGES}
LONGEST_VERSION: Final = 9


class WordsPage(Page):
    """A page about the words of the client in the address; another's does not exist."""

    right = Right.LETTERS

    def get_rows(self) -> Any:
        """Clients: one's own, or for the platform all or the chosen one."""
        return Client.objects.all()

    @property
    def clients(self) -> list[Client]:
        """The clients whose words the user may choose."""
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

    @property
    def language(self) -> str:
        """The language of the address."""
        code: str = self.kwargs["language"]
        if code not in LANGUAGES:
            raise Http404
        return code


class WhoseWords(WordsPage):
    """Whose words: with one client straight to them, at `route`."""

    title: ClassVar[str]
    about: ClassVar[str]
    route: ClassVar[str]

    def get(self, request: HttpRequest) -> HttpResponse:
        """Choose, or go on."""
        links = [(client.name, reverse(self.route, args=[client.slug])) for client in self.clients]
        if len(links) == 1:
            return HttpResponseRedirect(links[0][1])
        context = {"title": self.title, "about": self.about, "links": links}
        return render(request, "mailing/text_clients.html", context)


@dataclass(frozen=True, slots=True)
class Cell:
    """The words of a text in a language: which, and since when."""

    name: str
    link: str
    version: TextVersion | None

    @property
    def is_own(self) -> bool:
        """Whether the client worded it itself."""
        return self.version is not None and bool(self.version.texts)


def cells_of(client: Client, key: str, newest: Mapping[tuple[str, str], TextVersion], *, route: str) -> list[Cell]:
    """Tell of a text in every language; `route` is where it is worded."""
    return [
        Cell(name, reverse(route, args=[client.slug, key, code]), newest.get((key, code)))
        for code, name in LANGUAGE_NAMES.items()
    ]


def missing_languages(label: str, cells: Sequence[Cell]) -> str:
    """Say which languages still have the standard words where others have the client's own."""
    missing = [cell.name for cell in cells if not cell.is_own]
    if not missing or len(missing) == len(cells):
        return ""
    return f"{label} has your own words in some languages, but still the standard ones in {', '.join(missing)}."


class WordsEdit(WordsPage):
    """The words of one text: a field per place, a live preview, what is missing, older versions, a test."""

    template_name: ClassVar[str]
    preview_template: ClassVar[str]
    form_class: ClassVar[type[TextForm]] = TextForm
    noun: ClassVar[str]
    stays: ClassVar[str]
    """What a new version leaves alone, as a sentence."""

    @property
    def saved(self) -> QuerySet[TextVersion]:
        """The versions of the text of the address."""
        raise NotImplementedError

    @property
    def places(self) -> Mapping[str, Place]:
        """What can be worded."""
        raise NotImplementedError

    @property
    def standard(self) -> Mapping[str, str]:
        """The standard words, by place."""
        raise NotImplementedError

    @property
    def orders(self) -> Sequence[tuple[str, str]]:
        """What it can be tried on: reference and name."""
        raise NotImplementedError

    def problem_of(self, place: str, text: str) -> str:
        """Say why a place can't be worded like this; empty when it can."""
        raise NotImplementedError

    def keep(self, texts: dict[str, str], **how: Any) -> TextVersion:
        """Save a version."""
        raise NotImplementedError

    def send(self, form: TextForm) -> None:
        """Send a test to its author; raises Refused."""
        raise NotImplementedError

    def preview(self, form: TextForm, texts: dict[str, str]) -> dict[str, Any]:
        """Show what its reader will see, and what it lacks, for `preview_template`."""
        raise NotImplementedError

    def context(self, form: TextForm) -> dict[str, Any]:
        """What else `template_name` shows."""
        raise NotImplementedError

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:  # noqa: ARG002
        """Start from the words in force, or from an older version."""
        asked = request.GET.get("version", "")
        start = next((row for row in self.versions if str(row.version) == asked), None)
        said = {**self.standard, **(start.texts if start else self.in_force)}
        return self.show(self.form(initial=said), said)

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:  # noqa: ARG002
        """Preview, save, go back to the standard, or send a test."""
        act = request.POST.get("act", "preview")
        form = self.form(request.POST)
        is_valid = form.is_valid()
        if act == "live":
            return render(request, self.preview_template, self.preview(form, form.texts))
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
    def versions(self) -> Sequence[TextVersion]:
        """All versions, newest first."""
        return versions_of(self.saved)

    @property
    def in_force(self) -> dict[str, str]:
        """The client's own words; empty where the standard holds."""
        texts: dict[str, str] = self.versions[0].texts if self.versions else {}
        return texts

    def form(self, data: Any = None, *, initial: Any = None) -> TextForm:
        """The form, with what to try the text on."""
        return self.form_class(
            data, initial=initial, places=self.places, problem_of=self.problem_of, orders=self.orders
        )

    def save(self, form: TextForm, texts: dict[str, str]) -> HttpResponse:
        """Keep a new version."""
        typed = self.request.POST.get("based_on", "")
        is_number = typed.isascii() and typed.isdigit() and len(typed) < LONGEST_VERSION
        comment = str(form.cleaned_data.get("comment", ""))
        try:
            row = self.keep(texts, based_on=int(typed) if is_number else 0, comment=comment, by=self.user, at=self.at)
        except Refused as refused:
            return self.show(form, form.texts, status=INVALID, problem=refused.message)
        what = f"Version {row.version} holds" if row.texts else "The standard words hold again"
        messages.success(self.request, f"{what} from the next {self.noun} on. {self.stays}")
        return HttpResponseRedirect(self.request.path)

    def test(self, form: TextForm) -> HttpResponse:
        """Send it to its author."""
        try:
            self.send(form)
        except Refused as refused:
            return self.show(form, form.texts, status=INVALID, problem=refused.message)
        messages.success(self.request, f"The {self.noun} goes to {self.user.email}, to nobody else.")
        return self.show(form, form.texts)

    def show(self, form: TextForm, said: dict[str, str], *, status: int = 200, problem: str = "") -> HttpResponse:
        """Show form, preview and versions."""
        older = [*self.versions[1:], None]
        context = {
            "client": self.client,
            "noun": self.noun,
            "language_name": LANGUAGE_NAMES[self.language],
            "form": form,
            "versions": [(row, self.changes(row, before)) for row, before in zip(self.versions, older, strict=False)],
            "newest": self.versions[0].version if self.versions else 0,
            "is_own": bool(self.in_force),
            "problem": problem,
            "preview_template": self.preview_template,
            **self.context(form),
            **self.preview(form, said),
        }
        return render(self.request, self.template_name, context, status=status)

    def changes(self, row: TextVersion, older: TextVersion | None) -> list[tuple[str, str, str]]:
        """List the places that a version changed: name, before, after."""
        before, after = ({**self.standard, **(version.texts if version else {})} for version in (older, row))
        return [
            (place.label, before[name], after[name])
            for name, place in self.places.items()
            if before[name] != after[name]
        ]
