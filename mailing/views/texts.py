"""The words of a client's e-mails: what stands where, a new version with its preview, older ones, a test."""

from __future__ import annotations

from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from django.core import signing
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode

from mailing.models import MailText
from mailing.selectors.texts import newest_versions
from mailing.services.texts import save_text, send_test
from mailing.views.outbox import framed
from mailing.views.words import WhoseWords, WordsEdit, WordsPage, cells_of, missing_languages
from mailing.wording import PLACES, kind_label, lint, places_of, problem_of, text_kinds, text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from mailing.forms import TextForm
    from mailing.wording import TextKind, Trial

SALT: Final = "mailing.texts"
LONGEST_ADDRESS: Final = 8000
"""Characters of an address that web servers still take."""


class Texts(WhoseWords):
    """Whose e-mails."""

    title = "E-mail texts"
    about = "Each client words its own e-mails. Choose one."
    route = "mailing:texts_of"


class TextsOfClient(WordsPage):
    """All e-mails of a client by type and language."""

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:  # noqa: ARG002
        """Show them."""
        newest = newest_versions(MailText.objects.filter(client=self.client), "kind")
        rows = [
            (kind.group, kind_label(key), kind.about, cells_of(self.client, key, newest, route="mailing:text"))
            for key, kind in text_kinds().items()
        ]
        context = {
            "client": self.client,
            "groups": [(group, list(found)) for group, found in groupby(rows, key=lambda row: row[0])],
            "hints": [hint for _, label, _, cells in rows if (hint := missing_languages(f"“{label}”", cells))],
        }
        return render(request, "mailing/texts.html", context)


class OneText(WordsPage):
    """A page about the words of one e-mail in one language."""

    @property
    def key(self) -> str:
        """The type of the address."""
        key: str = self.kwargs["kind"]
        if key not in text_kinds():
            raise Http404
        return key

    @property
    def kind(self) -> TextKind:
        """What is worded."""
        return text_kinds()[self.key]

    @cached_property
    def standard(self) -> dict[str, str]:
        """The standard words."""
        return places_of(self.kind.standard[self.language])

    def attempt(self, texts: dict[str, str], order: str) -> Trial:
        """Write the e-mail with these words on the chosen order; a place that can't be filled yet says the standard."""
        text = text_of({**self.standard, **texts}, self.kind.standard[self.language])
        return self.kind.attempt(self.client, self.language, text, order, self.at)


class TextEdit(OneText, WordsEdit):
    """The words of one e-mail."""

    template_name = "mailing/text_edit.html"
    preview_template = "mailing/_text_preview.html"
    noun = "e-mail"
    stays = "E-mails written before stay as written."
    places = PLACES

    @property
    def saved(self) -> QuerySet[MailText]:
        """The versions of the e-mail's words."""
        return MailText.objects.filter(client=self.client, kind=self.key, language=self.language)

    @cached_property
    def orders(self) -> Sequence[tuple[str, str]]:
        """The purchases to try it on."""
        return self.kind.orders(self.client)

    def problem_of(self, place: str, text: str) -> str:
        """Say why a place can't be worded like this; empty when it can."""
        return problem_of(self.kind, place, text)

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

    def keep(self, texts: dict[str, str], **how: Any) -> MailText:
        """Save a version."""
        return save_text(self.client, kind=self.key, language=self.language, texts=texts, **how)

    def send(self, form: TextForm) -> None:
        """Send the e-mail to its author."""
        trial = self.attempt(form.texts, form.cleaned_data["order"])
        send_test(self.client, message=trial.message, by=self.user, at=self.at)

    def context(self, form: TextForm) -> dict[str, Any]:
        """The e-mail's name, what it is for, its fields."""
        return {
            "label": kind_label(self.key),
            "about": self.kind.about,
            "fields": [form[name] for name in PLACES],
            "tokens": self.kind.tokens,
        }


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
