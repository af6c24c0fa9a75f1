"""Requested quotes: the list, and what staff does with one. All of it is under the purchase's reference number."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import messages
from django.http import HttpResponseRedirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from accounts.roles import Right
from core.money import Money
from core.refused import Refused
from core.tables import day_text, money_text
from core.views import ActionView, DetailPage, Empty, ListPage, Segment
from purchases.models import Purchase, Source
from purchases.selectors.exemption import cover_of
from purchases.services.place import exemption_change
from purchases.states import QUOTES, Status
from quotes.filters import QuoteFilter
from quotes.forms import AcceptForm, ExtendForm, QuotePoForm, ReviseForm
from quotes.models import LONGEST_VALIDITY, Quote
from quotes.selectors import current_of, customer_of, tax_on
from quotes.services.quote import accept_quote, po_warnings, quote_to_po, refusal_of
from quotes.services.revision import extend_quote, revise_quote
from quotes.tables import QuoteTable
from quotes.views.sheet import Sheet, SheetPage, row_values

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from django import forms
    from django.http import HttpRequest, HttpResponse

    from purchases.selectors.exemption import Cover

LOST = (Status.QUOTE_EXPIRED, Status.CANCELED)


class QuoteList(ListPage):
    """The quotes that customers asked for, each by its newest revision."""

    right = Right.QUOTES
    title = "Requested quotes"
    template_name = "quotes/list.html"
    table_class = QuoteTable
    filterset_class = QuoteFilter
    noun = ("quote", "quotes")
    is_exportable = True
    is_personal = True

    @property
    def empty(self) -> Empty:  # type: ignore[override]  # it names an address
        """What would be here."""
        text = "A quote appears here once a customer asks for one by a quote link. Make a link and send it to them."
        return Empty("No quotes yet", text, reverse("quotes:links"), "Quote links")

    def get_rows(self) -> Any:
        """The newest revision of each quote, with its purchase."""
        return Quote.objects.current().select_related("purchase__client", "link")

    def segments(self) -> Sequence[Segment]:
        """By where they stand."""
        return (
            Segment("waiting", "Waiting for the customer", lambda rows: rows.standing()),
            Segment("ordered", "Ordered", lambda rows: rows.filter(accepted_at__isnull=False)),
            Segment("lost", "Expired or canceled", lambda rows: rows.filter(purchase__status__in=LOST)),
            Segment("all", "All"),
        )

    def make_table(self) -> QuoteTable:
        """The table, as of now."""
        return QuoteTable(self.at)


class QuotePage(DetailPage):
    """A page about the quote that a purchase is; `sources` are the statuses in which it is of use."""

    right = Right.QUOTES
    lookup = "reference"
    sources: ClassVar[frozenset[str]] = frozenset({Status.QUOTE})

    def get_rows(self) -> Any:
        """Purchases that came by a quote link."""
        return Purchase.objects.filter(source=Source.QUOTE).with_parties().select_related("changed_by")

    @cached_property
    def quote(self) -> Quote:
        """The newest revision, with its purchase."""
        quote = current_of(self.row)
        quote.purchase = self.row
        return quote

    def refusal(self) -> str:
        """Why nothing can be done here any more; of the row alone, for the action bar asks, too."""
        if self.row.status not in QUOTES:
            return f"{self.row} is {self.row.status_label}: it is no quote any more."
        return "" if self.row.status in self.sources else "The quote has expired: extend it first."

    def home(self) -> str:
        """The viewer."""
        return reverse("purchases:viewer", args=[self.row.reference])


class QuoteAct(QuotePage, ActionView):
    """An act on a quote."""


class QuoteAccept(QuoteAct):
    """Accept a quote on the customer's behalf."""

    title = "Accept for the customer"
    button = "Accept"
    form_class = AcceptForm

    @staticmethod
    def action(purchase: Purchase, **options: Any) -> Purchase:
        """Accept its newest revision."""
        return accept_quote(current_of(purchase), **options)

    def heading(self) -> str:
        """The act and the quote."""
        return f"Accept quote {self.row} for the customer"

    def consequences(self) -> list[str]:
        """What goes out."""
        amount = money_text(self.row.gross_minor, self.row.currency, self.reader)
        return [
            f"It becomes an order over {amount}, awaiting payment.",
            f"{self.row.billing_email} gets the order confirmation with a pro-forma invoice and bank details.",
            "Keys are delivered once it is paid.",
        ]

    def sentence(self) -> str:
        """Say it."""
        return f"Quote {self.row} is accepted: {self.result.status_label}."


class QuoteConvert(QuoteAct):
    """Turn a quote into the purchase order that the customer sent."""

    right = Right.CONVERT
    title = "Convert to PO"
    form_class = QuotePoForm

    @staticmethod
    def action(purchase: Purchase, **options: Any) -> Purchase:
        """Convert its newest revision."""
        return quote_to_po(current_of(purchase), **options)

    def heading(self) -> str:
        """The act and the quote."""
        return f"Convert quote {self.row} to a purchase order"

    def get_form(self, data: Any = None, files: Any = None) -> forms.Form:
        """Outside the policy the note is needed."""
        return QuotePoForm(
            data,
            files,
            needs_note=bool(po_warnings(self.quote)),
            needs_number=self.row.policy.po_number_required,
        )

    def keywords(self, form: Any) -> dict[str, Any]:
        """The number, how it came, and why."""
        data = form.cleaned_data
        return {"po_number": data["po_number"], "note": data["note"], "arrival": form.arrival}

    def consequences(self) -> list[str]:
        """Review, e-mail, and what the policy says against it."""
        against = [f"Outside the policy: {line} A note has to say why." for line in po_warnings(self.quote)]
        is_reviewed = self.row.policy.review or against
        then = "It then waits for its release." if is_reviewed else "It is accepted at once: nothing is reviewed."
        return [then, f"{self.row.billing_email} gets an e-mail that says what happens next.", *against]

    def sentence(self) -> str:
        """Say it."""
        return f"Quote {self.row} is a purchase order now: {self.result.status_label}."


class QuoteExtend(QuoteAct):
    """Give a quote a later last day."""

    right = Right.EXTEND_QUOTES
    title = "Extend"
    sources = QUOTES
    form_class = ExtendForm

    @staticmethod
    def action(purchase: Purchase, **options: Any) -> Quote:
        """Extend its newest revision."""
        return extend_quote(current_of(purchase), **options)

    def heading(self) -> str:
        """The act and the quote."""
        return f"Extend quote {self.row}"

    def get_initial(self) -> dict[str, Any]:
        """As many days as its link gives, from today or from its last day on; no later than it may be."""
        quote = self.quote
        today = self.at.astimezone(self.row.client.zone).date()
        later = max(today, quote.valid_until) + timedelta(days=quote.link.validity_days)
        return {"valid_until": min(later, today + timedelta(days=LONGEST_VALIDITY))}

    def consequences(self) -> list[str]:
        """Prices stay, the customer hears of it."""
        until = day_text(self.quote.valid_until, self.reader)
        return [
            f"It {'was' if self.row.status == Status.QUOTE_EXPIRED else 'is'} valid until {until}.",
            "Prices and tax stay as they are.",
            f"{self.row.billing_email} gets the quote again, with the new day.",
        ]

    def sentence(self) -> str:
        """Say it."""
        return f"Quote {self.row} is valid until {day_text(self.result.valid_until, self.reader)}."


class QuoteRevise(SheetPage, QuotePage):
    """Write the next revision of a quote."""

    template_name = "quotes/revise.html"

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """Show it; asked for as a dialog, it opens as the page that it is."""
        if self.is_htmx:
            return HttpResponseClientRedirect(reverse("quotes:revise", args=[self.row.reference]))
        return super().get(request, *args, **kwargs)

    def sheet(self, values: Mapping[str, Any], *, is_bound: bool = False) -> Sheet:
        """The sheet in the quote's currency."""
        return Sheet(
            ReviseForm,
            values,
            client=self.row.client,
            currency=self.row.currency,
            language=self.user.language,
            is_bound=is_bound,
        )

    def start(self) -> dict[str, str]:
        """What the quote says now; valid for as long as its link says, from today on."""
        quote = self.quote
        values = {
            "message": quote.message,
            "valid_until": f"{self.client_day + timedelta(days=quote.link.validity_days):%Y-%m-%d}",
        }
        items = list(self.row.items.order_by("position"))
        for number, item in enumerate(items):
            values |= row_values(
                number,
                code=item.product_code,
                quantity=item.quantity,
                unit_price=Money(item.unit_minor, self.row.currency).amount,
                discount=item.discount_percent,
            )
        return {**values, "rows": str(len(items) + 1)}

    @cached_property
    def client_day(self) -> date:
        """The client's today: tax and certificates of this day hold for the revision."""
        return self.at.astimezone(self.row.client.zone).date()

    @cached_property
    def rate(self) -> Decimal:
        """The tax of this customer without a certificate."""
        return tax_on(self.row.client, customer_of(self.row), on=self.client_day).percent

    @cached_property
    def cover(self) -> Cover:
        """The certificate that takes the tax off."""
        row = self.row
        return cover_of(row.client, row.customer, customer_of(row), self.rate, on=self.client_day, is_proven=False)

    def percent(self) -> Decimal:
        """The tax of this customer, as of today; none where a certificate takes it off."""
        return Decimal(0) if self.cover.lifting else self.rate

    def context(self) -> dict[str, Any]:
        """What it is now, what becomes of its certificate, and why it can't be revised any more."""
        refused = refusal_of(self.quote, at=self.at)
        changed = exemption_change(self.row.exempt_by, self.cover, on=self.client_day)
        return {
            "tax_note": changed and [changed.text, changed.detail],
            "purchase": self.row,
            "quote": self.quote,
            "remark": Quote.objects.get(purchase=self.row, revision=1).remark,
            "next_revision": self.quote.revision + 1,
            "refusal": refused.message if refused else "",
        }

    def save(self, sheet: Sheet) -> HttpResponse:
        """Make the revision and send it; a sheet that was sent before has done so."""
        token = f"{self.row.reference}:{self.form_key}"
        stale = "" if Quote.objects.filter(form_token=token).exists() else self.stale_sentence(self.row)
        if stale:
            raise Refused(stale, "stale")
        lines = [item.line() for item in sheet.filled]
        made = revise_quote(
            self.quote, lines=lines, by=self.user, at=self.at, form_token=token, **sheet.main.cleaned_data
        )
        if made.created_at == self.at:
            done = f"Revision {made.revision} of quote {self.row} is on its way to the customer."
            messages.success(self.request, done)
        else:
            messages.warning(
                self.request,
                f"This form has sent revision {made.revision} of quote {self.row} already. "
                "What was changed on it since was not sent: revise the quote again.",
            )
        return HttpResponseRedirect(self.home())
