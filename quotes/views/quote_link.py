"""Quote links: the list, making one, changing one, switching it off, giving it a new secret."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from accounts.models import Client
from accounts.roles import Right
from core.refused import Refused
from core.views import ActionView, DetailPage, Empty, ListPage, Segment, chosen_client
from purchases.views.entry import currencies_to_sell
from quotes.filters import LinkFilter
from quotes.forms import LinkForm
from quotes.models import Quote, QuoteLink, QuoteLinkItem
from quotes.services.quote_link import LinkValues, Offered, renew_link, request_url, save_link, switch_link
from quotes.tables import LinkTable
from quotes.views.sheet import Sheet, SheetPage, row_values

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse


class LinkList(ListPage):
    """The quote links."""

    right = Right.QUOTES
    title = "Quote links"
    template_name = "quotes/links.html"
    table_class = LinkTable
    filterset_class = LinkFilter
    noun = ("quote link", "quote links")
    is_exportable = True

    @property
    def empty(self) -> Empty:  # type: ignore[override]  # it names an address
        """What would be here."""
        text = "A quote link is a template of an offer. Customers who have it ask for a quote by themselves."
        return Empty("No quote links yet", text, reverse("quotes:link_new"), "Create quote link")

    def get_rows(self) -> Any:
        """Links with how many quotes were asked for by each."""
        return QuoteLink.objects.with_counts().select_related("client", "created_by").prefetch_related("items__product")

    def segments(self) -> Sequence[Segment]:
        """By whether they work."""
        return (
            Segment("active", "Active", lambda rows: rows.active()),
            Segment("off", "Switched off", lambda rows: rows.filter(is_active=False)),
            Segment("all", "All"),
        )


class LinkSheetPage(SheetPage):
    """The sheet of a quote link, new or known."""

    right = Right.QUOTES
    template_name = "quotes/link.html"
    client: Any

    def sheet(self, values: Mapping[str, Any], *, is_bound: bool = False) -> Sheet:
        """The sheet in the currency that it names."""
        currencies = currencies_to_sell(self.client)
        named = str(values.get("currency", ""))
        return Sheet(
            LinkForm,
            values,
            client=self.client,
            currency=named if named in currencies else currencies[0],
            language=self.user.language,
            is_bound=is_bound,
            currencies=currencies,
        )

    def context(self) -> dict[str, Any]:
        """Whose link it is."""
        return {"client": self.client, "may_choose": self.user.client_id is None and not chosen_client(self.request)}

    def values(self, sheet: Sheet) -> LinkValues:
        """What a valid sheet stands for."""
        items = []
        for form in sheet.filled:
            line = form.line()
            unit = line.unit_price.minor if line.unit_price is not None else None
            items.append(Offered(form.cleaned_data["product"], line.quantity, unit, line.discount_percent))
        return LinkValues(**sheet.main.cleaned_data, items=items)


class LinkNew(LinkSheetPage):
    """Make a quote link: choose the client, fill the sheet."""

    @cached_property
    def client(self) -> Any:
        """The user's client, the chosen one, or the one the address names."""
        rows = Client.objects.visible_to(self.user, chosen_client(self.request))
        if self.user.client_id is None and chosen_client(self.request) is None:
            rows = rows.filter(slug=self.request.GET.get("client", "").replace("\x00", "")[:50])
        return rows.first()

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """Ask for the client first, where it is not known."""
        if self.client is None:
            clients = Client.objects.filter(policies__isnull=False).distinct().order_by("name", "pk")
            return render(request, "quotes/link_client.html", {"clients": clients})
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """Without a client there is nothing to save."""
        if self.client is None:
            return HttpResponseRedirect(reverse("quotes:link_new"))
        return super().post(request, *args, **kwargs)

    def start(self) -> dict[str, str]:
        """The client's language and first currency."""
        return {
            "language": self.client.language,
            "currency": currencies_to_sell(self.client)[0],
            "validity_days": "30",
            "may_change_quantity": "on",
            "may_order_on_po": "on",
        }

    def save(self, sheet: Sheet) -> HttpResponse:
        """Make it, and show it with its address; a sheet that was sent before shows what it made."""
        token = f"{self.client.pk}:{self.form_key}"
        link = save_link(self.client, self.values(sheet), by=self.user, at=self.at, form_token=token)
        is_new = link.created_at == self.at
        made = f"Quote link “{link}” made." if is_new else f"This form has made “{link}” already: it is one link."
        messages.success(self.request, f"{made} Copy its address below.")
        return HttpResponseRedirect(f"{reverse('quotes:link', args=[link.pk])}#address")


class LinkRows(DetailPage):
    """The quote links a user may see."""

    right = Right.QUOTES

    def get_rows(self) -> QuerySet[QuoteLink]:
        """Links with their client."""
        return QuoteLink.objects.select_related("client", "created_by")


class LinkEdit(LinkSheetPage, LinkRows):
    """One quote link: its address, what it offers, its quotes."""

    @cached_property
    def items(self) -> list[QuoteLinkItem]:
        """What it offers."""
        rows = self.row.items.select_related("product", "link").prefetch_related("product__prices")
        return list(rows.order_by("position"))

    @property
    def client(self) -> Any:
        """The link's client."""
        return self.row.client

    def start(self) -> dict[str, str]:
        """What it says now."""
        link, names = self.row, ("title", "language", "currency", "note", "message", "validity_days")
        values = {name: str(getattr(link, name)) for name in names}
        values |= {name: "on" for name in ("may_change_quantity", "may_order_on_po", "is_test") if getattr(link, name)}
        values["x_parameters"] = "\n".join(f"{key}={value}" for key, value in link.x_parameters.items())
        for number, item in enumerate(self.items):
            values |= row_values(
                number,
                code=item.product.code,
                quantity=item.quantity,
                unit_price=item.price.amount if item.price is not None else "",
                discount=item.discount_percent,
            )
        return {**values, "rows": str(len(self.items) + 1)}

    def context(self) -> dict[str, Any]:
        """The link's address and its latest quotes."""
        quotes = Quote.objects.current().filter(link=self.row).select_related("purchase__client")
        return {
            **super().context(),
            "link": self.row,
            "address": request_url(self.row),
            "quotes": quotes.order_by("-created_at", "-pk")[:8],
            "quote_count": quotes.count(),
            "not_sold": [item.product.name for item in self.items if item.offered_price is None],
            "changes": self.row.history.select_related("history_user").order_by("-history_date", "-history_id")[:6],
        }

    def save(self, sheet: Sheet) -> HttpResponse:
        """Change it; quotes that were asked for stay as they are."""
        stale = self.stale_sentence(self.row)
        if stale:
            raise Refused(stale, "stale")
        link = save_link(self.client, self.values(sheet), by=self.user, at=self.at, link=self.row)
        messages.success(self.request, f"Quote link “{link}” saved.")
        return HttpResponseRedirect(reverse("quotes:link", args=[link.pk]))


class _LinkAct(LinkRows, ActionView):
    """An act on a quote link."""

    def home(self) -> str:
        """The link."""
        return reverse("quotes:link", args=[self.row.pk])


class LinkSwitch(_LinkAct):
    """Switch a link off or on again."""

    @property
    def title(self) -> str:  # type: ignore[override]  # by what it is now
        """What the button does."""
        return "Switch off" if self.row.is_active else "Switch on"

    @staticmethod
    def action(link: QuoteLink, **options: Any) -> QuoteLink:
        """Turn it round."""
        return switch_link(link, is_active=not link.is_active, **options)

    def consequences(self) -> list[str]:
        """What becomes of its address and its quotes."""
        if not self.row.is_active:
            return ["Customers who have its address can ask for quotes again."]
        return [
            "Its page says that no more quotes are made by it.",
            "Quotes that were asked for stay: customers can accept them until they expire.",
        ]

    def sentence(self) -> str:
        """Say it."""
        return f"Quote link “{self.result}” is {'active' if self.result.is_active else 'switched off'}."


class LinkRenew(_LinkAct):
    """Give a link a new secret."""

    title = "New address for"
    button = "Make a new address"
    tone = "danger"
    action = renew_link

    def consequences(self) -> list[str]:
        """The old one ends."""
        return [
            "The address that is on websites and in e-mails now opens nothing any more.",
            "Quotes that were asked for stay as they are.",
        ]

    def sentence(self) -> str:
        """Say it."""
        return "The link has a new address; the old one is useless."
