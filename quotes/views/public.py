"""What the pages without a login share: whom they write to, in which language, and how often one may knock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.core.cache import cache
from django.shortcuts import render
from django.utils import translation
from django.views import View

from core.letters import clip, fill, letter_language
from purchases.models import Channel
from quotes.forms import PayForm
from quotes.wording import LANGUAGES, WORDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest, HttpResponse

    from accounts.models import Client
    from purchases.models import Policy

INVALID: Final = 422
SEE_OTHER: Final = 303
MOST_POSTS: Final = 200
MOST_ORDERS: Final = 30
MOST_WRONG_LINKS: Final = 60
WINDOW_SECONDS: Final = 600
HOUR: Final = 3600


def visitor_address(request: HttpRequest) -> str:
    """Say where a visitor comes from: behind the proxy of a real installation, what the proxy itself saw."""
    seen = str(request.META.get("REMOTE_ADDR", ""))
    if settings.PRODUCTION:
        seen = request.META.get("HTTP_X_FORWARDED_FOR", seen).rsplit(",", maxsplit=1)[-1].strip()
    return seen


def count(kind: str, request: HttpRequest, seconds: int) -> int:
    """Count something that a visitor does, and say how often it was within the window."""
    key = f"quotes-{kind}:{visitor_address(request)}"
    cache.add(key, 0, seconds)
    try:
        return int(cache.incr(key))
    except ValueError:  # the window ended between the two
        cache.set(key, 1, seconds)
        return 1


class PublicPage(View):
    """A page for customers: it speaks one of five languages, and nobody else may keep or index it."""

    language: str = "en"

    def speak(self, asked: str, usual: str = "en") -> None:
        """Choose the language: the one asked for, else the browser's, else `usual`."""
        if asked in LANGUAGES:
            self.language = asked
        elif "HTTP_ACCEPT_LANGUAGE" in self.request.META:
            self.language = letter_language(translation.get_language_from_request(self.request))
        else:
            self.language = letter_language(usual)

    @property
    def words(self) -> Mapping[str, str]:
        """The page's texts."""
        return WORDS[self.language]

    def word(self, key: str, client: Client, **values: str) -> str:
        """Word a text about a client."""
        known = {"client": clip(client.name, 90), "client_email": clip(client.email, 120)}
        return fill(self.words[key], {**known, **values})

    def seller(self, client: Client) -> dict[str, Any]:
        """Who sells: what head and foot of a page say."""
        return {
            "client": client,
            "sold_by": self.word("sold_by", client),
            "questions": self.word("questions", client),
        }

    def page(self, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
        """Render a page in its language."""
        with translation.override(self.language):
            answer = render(self.request, template, {"w": self.words, "lang": self.language, **context}, status=status)
        answer["X-Robots-Tag"] = "noindex, nofollow"
        return answer

    def pay_form(self, policy: Policy | None, data: Any = None, files: Any = None, *, offers_po: bool) -> PayForm:
        """The ways to pay an order under a policy."""
        channels = policy.accepted_channels if policy else []
        return PayForm(
            data,
            files,
            language=self.language,
            offers_po=offers_po,
            needs_number=bool(policy and policy.po_number_required),
            takes_file=bool(policy and policy.review) and (not channels or Channel.UPLOAD in channels),
            initial={"payment": "po" if offers_po else "wire"},
        )

    def payment(self, form: PayForm, client: Client, policy: Policy | None) -> dict[str, Any]:
        """The form with the ways to pay, and what each of them means."""
        days = {"days": str(policy.term_days if policy else 0)}
        po_text = fill(self.words["po_review_text" if policy and policy.review else "po_direct_text"], days)
        if policy and policy.delivery == "prepaid":
            po_text = f"{po_text} {self.words['po_prepaid_text']}"
        texts = {"po": po_text, "wire": self.words["wire_text"], "check": self.word("check_text", client)}
        return {
            "form": form,
            "ways": [(key, label, texts[key]) for key, label in form.fields["payment"].choices],  # type: ignore[attr-defined]
            "chosen": form["payment"].value(),
        }

    def nothing(self, title: str, text: str, *, status: int = 404) -> HttpResponse:
        """Say that an address leads nowhere."""
        return self.page("quotes/nothing.html", {"title": self.words[title], "text": self.words[text]}, status=status)
