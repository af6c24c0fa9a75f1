"""The one box: hits as you type, and a page with all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html, format_html_join

from accounts.roles import Right
from core.counts import CAP
from core.folding import is_enough, marked
from core.search import MOST_QUICKLY, NEWEST
from core.tables import day_cell, money_text
from core.views import Page, chosen_client
from customers.models import ContactKind
from purchases.models import Purchase
from purchases.selectors.search import Group, Hit, Results, find_everything
from purchases.states import QUOTES
from purchases.tables import purchase_link, status_cell

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import HttpRequest
    from django.utils.safestring import SafeString

LONGEST = 300


def mark(text: str, parts: Iterable[str]) -> SafeString:
    """A text with what was asked for marked in it."""
    pieces = (format_html("<mark>{}</mark>", piece) if is_hit else piece for piece, is_hit in marked(text, parts))
    return format_html_join("", "{}", ((piece,) for piece in pieces))


class SearchPage(Page):
    """Everything that a query finds, in groups, the best first; the only hit is opened at once."""

    right = Right.SEARCH
    template_name = "search/results.html"
    most = 20
    enough = NEWEST
    is_quick = False
    cap = CAP

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:  # noqa: ARG002
        """Find it."""
        query = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST]
        context: dict[str, Any] = {"query": query, "is_enough": is_enough(query)}
        if context["is_enough"]:
            client, how = chosen_client(request), {"most": self.most, "enough": self.enough}
            results = find_everything(self.user, client, query, **how, is_quick=self.is_quick)
            only = self.only(results, query)
            if only is not None:
                return HttpResponseRedirect(self.link(only))
            context |= {"groups": self.groups(results, query), "count": results.count, **self.told(results)}
        return render(request, self.template_name, context)

    def only(self, results: Results, query: str) -> Hit | None:
        """The hit to open without asking."""
        return results.only(query)

    def told(self, results: Results) -> dict[str, Any]:
        """What is said about the hits as a whole."""
        capped = [group for group in results.groups if group.is_capped]
        return {"is_corrected": results.is_corrected, "is_capped": bool(capped), "cap": f"{self.cap:,}"}

    def groups(self, results: Results, query: str) -> list[dict[str, Any]]:
        """The groups that have hits, each with the way to all of its hits."""
        asked = urlencode({"q": query})
        quoted = urlencode({"q": query, "p0": "status", "o0": "in", "t0": sorted(QUOTES)}, doseq=True)
        named = (
            ("purchases", "Purchases", ("purchase", "purchases"), results.purchases, "purchases:list", asked),
            ("customers", "Customers", ("customer", "customers"), results.customers, "customers:list", asked),
            ("quotes", "Quotes", ("quote", "quotes"), results.quotes, "purchases:list", quoted),
        )
        return [
            {
                "key": key,
                "title": title,
                "count": self.count(group),
                "noun": nouns[group.count != 1],
                "all": f"{reverse(page)}?{asked}",
                "has_more": group.count > len(group.hits) or group.is_capped,
                "hits": [self.shown(hit, results.parts) for hit in group.hits],
            }
            for key, title, nouns, group, page, asked in named
            if group.hits
        ]

    def count(self, group: Group) -> str:
        """How many there are, as far as it was counted; while somebody types, too many are just many."""
        if self.is_quick and group.is_capped and group.count > self.most:
            return "many"
        return f"{min(group.count, self.cap):,}{'+' if group.is_capped or group.count > self.cap else ''}"

    def link(self, hit: Hit) -> str:
        """The page of a hit."""
        if isinstance(hit.row, Purchase):
            return purchase_link(hit.row)
        return reverse("customers:detail", args=[hit.row.pk])

    def shown(self, hit: Hit, parts: Iterable[str]) -> dict[str, Any]:
        """A hit as the page and the box show it, what was asked for marked."""
        row, shows_clients = hit.row, self.reader.shows_clients
        common = {"link": self.link(hit), "client": row.client.name if shows_clients else ""}
        if not isinstance(row, Purchase):
            contact = next(iter(sorted(row.contacts.all(), key=lambda one: one.kind)), None)
            person, email = (contact.name, contact.email) if contact else ("", "")
            name = row.company or person or email or f"Customer {row.pk}"
            facts = [(label, mark(value, parts)) for label, value in hit.facts if value not in {name, person}]
            person = "" if person == name else person
            return {
                **common,
                "icon": "user-round" if not row.company else "building-2",
                "title": mark(name, parts),
                "name": mark(person, parts),
                "facts": facts or [("E-mail", mark(email, parts))],
            }
        billing = next((contact.name for contact in row.contacts.all() if contact.kind == ContactKind.BILLING), "")
        name = row.billing_company or billing or row.billing_email
        person = billing if row.billing_company else ""
        return {
            **common,
            "icon": "receipt-text",
            "number": mark(row.reference, parts),
            "title": mark(name, parts),
            "name": mark(person, parts),
            "facts": [(label, mark(value, parts)) for label, value in hit.facts if value not in {name, person}],
            "status": status_cell(row, self.at.astimezone(row.client.zone).date()),
            "amount": money_text(row.gross_minor, row.currency, self.reader),
            "day": day_cell(row.ordered_on, self.reader),
        }


class Suggestions(SearchPage):
    """The best hits, under the box, while somebody types."""

    template_name = "search/_suggestions.html"
    most = 5
    enough = 30
    is_quick = True
    cap = MOST_QUICKLY

    def only(self, results: Results, query: str) -> Hit | None:  # noqa: ARG002
        """Nothing opens by itself while somebody types."""
        return None
