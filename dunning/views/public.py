"""The page behind the signed link of a delinquency notification: GET shows, POST acts.

Mail scanners follow links, so opening the page changes nothing. A wrong, a used-up and an expired link look alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.cache import cache
from django.shortcuts import render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables

from core.refused import Refused
from core.tables import Reader, day_text, moment_text, money_text
from dunning.forms import AnswerForm
from dunning.selectors.why import answer_of
from dunning.services.response import CANCEL, EXTEND, KEEP, answer_link

if TYPE_CHECKING:
    from datetime import date, datetime

    from django.http import HttpRequest, HttpResponse

    from dunning.models import ResponseLink
    from purchases.models import Purchase

TRIES_PER_HOUR = 60
HOUR = 3600
DONE = {
    KEEP: "The order stays active: no further notice goes out, and it is not canceled.",
    EXTEND: "The due date was extended. Further notices count from the new date.",
    CANCEL: "The order was canceled. The customer is told by e-mail.",
}


def is_throttled(request: HttpRequest) -> bool:
    """Whether this visitor's address tried too many wrong links; guessing is hopeless, but not free either."""
    return int(cache.get(_visitor(request), 0)) > TRIES_PER_HOUR


def count_try(request: HttpRequest) -> None:
    """Remember a wrong link."""
    key = _visitor(request)
    cache.add(key, 0, HOUR)
    try:
        cache.incr(key)
    except ValueError:
        cache.set(key, 1, HOUR)


def _visitor(request: HttpRequest) -> str:
    return f"answer-tries:{request.META.get('REMOTE_ADDR', '')}"


@method_decorator([never_cache, sensitive_variables("token")], name="dispatch")
class Answer(View):
    """Shows the order, and does what the client chooses: keep active, extend, cancel now."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Show the order and the three answers."""
        at = timezone.now()
        link = self.find(request, token, at)
        if link is None:
            return self.nothing(request)
        return self.show(request, link, AnswerForm(), at=at)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Act."""
        at = timezone.now()
        link = self.find(request, token, at)
        if link is None:
            return self.nothing(request)
        form = AnswerForm(request.POST)
        if not form.is_valid():
            return self.show(request, link, form, at=at, status=422)
        try:
            answer_link(link, at=at, answer=form.cleaned_data["answer"], due_on=form.cleaned_data["due_on"])
        except Refused as refused:
            return self.show(request, link, form, at=at, status=422, problem=refused.message)
        return self.show(request, link, AnswerForm(), at=at, done=DONE[form.cleaned_data["answer"]])

    def find(self, request: HttpRequest, token: str, at: datetime) -> ResponseLink | None:
        """Find the link of a token; a wrong one is counted.

        Nobody who has a link is kept from it: behind a proxy many visitors share one address.
        """
        link = answer_of(token, at=at)
        if link is None:
            count_try(request)
        return link

    def nothing(self, request: HttpRequest) -> HttpResponse:
        """Say that the link leads nowhere (any more); 429 to an address that tried too many of them."""
        status = 429 if is_throttled(request) else 404
        return _private(render(request, "dunning/answer_gone.html", status=status))

    def show(
        self,
        request: HttpRequest,
        link: ResponseLink,
        form: AnswerForm,
        *,
        at: datetime,
        status: int = 200,
        **more: Any,
    ) -> HttpResponse:
        """Show the order, the answers, and what was said."""
        purchase = link.notice.purchase
        purchase.refresh_from_db()
        reader = Reader(language=purchase.client.language, zone=purchase.client.zone)
        context = {
            "link": link,
            "purchase": purchase,
            "client": purchase.client,
            "facts": _facts(purchase, reader, on=at.astimezone(purchase.client.zone).date()),
            "answered": moment_text(link.answered_at, reader) if link.answered_at else "",
            "valid_until": moment_text(link.expires_at, reader),
            "form": form,
            "chosen": form["answer"].value() or KEEP,
            **more,
        }
        return _private(render(request, "dunning/answer.html", context, status=status))


def _facts(purchase: Purchase, reader: Reader, *, on: date) -> list[tuple[str, str]]:
    """What the client needs to know to answer."""
    rows = [
        ("Reference", purchase.reference),
        ("Customer", purchase.billing_company or purchase.billing_last_name),
        ("PO number", purchase.po_number),
        ("Due", day_text(purchase.due_on, reader)),
        ("Days overdue", str((on - purchase.due_on).days) if purchase.due_on else ""),
        ("Total", money_text(purchase.gross_minor, purchase.currency, reader)),
        ("Paid", money_text(purchase.kept.minor, purchase.currency, reader) if purchase.kept else ""),
        ("Open", money_text(purchase.open_amount.minor, purchase.currency, reader)),
        ("Status", purchase.status_label),
    ]
    return [(label, value) for label, value in rows if value]


def _private(response: HttpResponse) -> HttpResponse:
    """Keep the token out of other servers' logs and search engines.

    Not `no-referrer`: browsers then send the form with the origin `null`, which is refused as a forgery.
    """
    response["Referrer-Policy"] = "same-origin"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
