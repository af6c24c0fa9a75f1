"""The public page of a quote link, on which a customer asks for a quote."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.http import HttpResponseRedirect

from core.letters import formatter
from core.refused import Refused
from customers.models import ContactKind
from quotes.forms import RemarkForm
from quotes.selectors import offered_cart, quote_link_of
from quotes.services.checkout import mask_address
from quotes.services.quote import QuoteRequest, request_quote
from quotes.views.checkout import Checkout, posted_pairs
from quotes.views.offer import quote_path
from quotes.views.public import (
    HOUR,
    INVALID,
    MOST_ORDERS,
    MOST_POSTS,
    MOST_WRONG_LINKS,
    SEE_OTHER,
    WINDOW_SECONDS,
    count,
    visitor_address,
)
from quotes.wording import LANGUAGES

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from quotes.models import QuoteLink
    from quotes.selectors import Cart


class OfferAsk(Checkout):
    """The page of a quote link: a checkout of what the link offers, at its prices and without a way to pay."""

    link: QuoteLink

    def find(self, request: HttpRequest, **kwargs: Any) -> HttpResponse | None:
        """Find the link by its secret; one that was switched off says whom to ask."""
        asked = str((request.POST or request.GET).get("language", ""))
        found = quote_link_of(kwargs["token"])
        if found is None:
            self.speak(asked)
            tries = count("wrong-links", request, HOUR)
            return self.nothing("gone", "gone_text", status=429 if tries > MOST_WRONG_LINKS else 404)
        self.link, self.client, self.is_test = found, found.client, found.is_test
        self.speak(asked or found.language)
        self.pairs = posted_pairs(request) if request.method == "POST" else []
        if found.is_active:
            return None
        words = {"title": self.words["quote_closed"], "text": self.word("quote_closed_text", self.client)}
        return self.page("quotes/nothing.html", {**words, **self.seller(self.client)}, status=410)

    def read_cart(self) -> Cart:
        """What the link offers, in the quantities that were typed."""
        return offered_cart(self.link, self.pairs)

    def read(self, *, is_checked: bool) -> None:
        """Read the remark, too."""
        super().read(is_checked=is_checked)
        initial = {} if is_checked else {"remark": self.data.get("remark", "")}
        self.remark_form = RemarkForm(self.data if is_checked else None, language=self.language, initial=initial)

    def is_whole(self) -> bool:
        """Whether a quote can be made of it."""
        return all([self.remark_form.is_valid(), super().is_whole()])

    def get(self, request: HttpRequest, token: str) -> HttpResponse:  # noqa: ARG002
        """Show what is offered."""
        self.read(is_checked=False)
        return self.first(status=200)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:  # noqa: ARG002
        """Recompute, or make the quote."""
        is_asked = request.POST.get("act") == "ask"
        is_too_many = count("posts", request, WINDOW_SECONDS) > MOST_POSTS
        # Every quote writes to a mailbox that its visitor only claims to be theirs.
        if is_too_many or (is_asked and count("quotes", request, HOUR) > MOST_ORDERS):
            self.read(is_checked=False)
            return self.first(status=429, note=self.words["quote_too_many"])
        self.read(is_checked=is_asked)
        if not is_asked:
            return self.first(status=200)
        if not self.is_whole():
            return self.first(status=INVALID, note="" if self.cart.problems else self.words["please_check"])
        return self.ask()

    def ask(self) -> HttpResponse:
        """Make the quote, once, and lead to its own page."""
        wanted = QuoteRequest(
            customer=self.customer(),
            quantities={line.product.code: line.quantity for line in self.cart.lines},
            remark=self.remark_form.cleaned_data["remark"],
            remote_address=mask_address(visitor_address(self.request)),
        )
        try:
            made = request_quote(self.link, wanted, form_key=self.data.get("form_key", ""), at=self.at)
        except Refused as refused:
            key = "quote_form_expired" if refused.code == "form_expired" else "quote_not_made"
            return self.first(status=INVALID, note=self.word(key, self.client))
        mark = "new" if made.is_new else "once"
        return HttpResponseRedirect(f"{quote_path(made.quote)}?{mark}=1", status=SEE_OTHER)

    def first(self, *, status: int, note: str = "") -> HttpResponse:
        """Show what is offered, and ask who it is for."""
        on = self.at.astimezone(self.client.zone).date() + timedelta(days=self.link.validity_days)
        problems = [self.word(problem.key, self.client, **problem.values) for problem in self.cart.problems]
        if status == 200 and problems:  # noqa: PLR2004
            status = INVALID if self.request.method == "POST" else status
        context = {
            **self.shared(),
            "link": self.link,
            "note": note,
            "problems": problems,
            "intro": self.word("quote_intro", self.client, on=formatter(self.language).day(on)),
            "message_from": self.word("quote_from", self.client),
            "message": [line for line in self.link.message.splitlines() if line.strip()],
            "sections": [self.section(kind) for kind in (ContactKind.DELIVERY, ContactKind.LICENSEE)],
            "billing": self.contacts[ContactKind.BILLING],
            "buyer_form": self.buyer_form,
            "remark_form": self.remark_form,
            "languages": LANGUAGES.items(),
        }
        return self.page("quotes/quote_ask.html", context, status=status)

    def test_lines(self) -> list[str]:
        """Its rules are the link's, not the policy's: nothing to explain."""
        return []
