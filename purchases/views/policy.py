"""The rules for purchase orders, to read: the version in force of each client and the versions before it.

Also the text for customers, and the answer whether PO would be offered for an order, and why not.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Max
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from accounts.models import Client
from accounts.roles import Right
from core.tables import money_text
from core.views import Empty, ListPage, Page, chosen_client
from customers.models import CustomerType
from purchases.forms import AskForm
from purchases.models import Channel, Policy
from purchases.policy import Buyer, Offer, checks_at_checkout, offer_at_checkout, warnings
from purchases.selectors import currencies_of, customers_with_email, po_instructions
from purchases.tables import PolicyTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from core.tables import Reader
    from customers.models import Customer


class PolicyList(ListPage):
    """The version in force of each client; with one client, straight to it."""

    right = Right.POLICY
    title = "Policy"
    table_class = PolicyTable
    noun = ("client", "clients")
    empty = Empty("No policy yet", "Without a policy no order can be placed. The rules of each client are shown here.")

    def get_rows(self) -> QuerySet[Policy]:
        """The newest version of each client."""
        newest = Policy.objects.order_by().values("client").annotate(newest=Max("pk")).values("newest")
        return Policy.objects.filter(pk__in=newest).select_related("client")

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """Show the list, or the one."""
        client_pk = self.user.client_id or getattr(chosen_client(request), "pk", None)
        slug = Client.objects.filter(pk=client_pk).values_list("slug", flat=True).first() if client_pk else None
        if slug:
            return HttpResponseRedirect(reverse("purchases:policy_of", args=[slug]))
        return super().get(request, *args, **kwargs)


class ClientPage(Page):
    """A page about the rules of the client in the address; another's does not exist."""

    right = Right.POLICY

    @cached_property
    def client(self) -> Client:
        """The client whose rules these are."""
        slug = self.kwargs["slug"]
        if not self.user.is_platform and self.user.client.slug != slug:
            raise Http404
        client = Client.objects.filter(slug=slug).first()
        if client is None:
            raise Http404
        return client

    def get_rows(self) -> QuerySet[Policy]:
        """All versions, newest first."""
        rows = Policy.objects.visible_to(self.user).filter(client=self.client).select_related("client", "created_by")
        return rows.order_by("-version")


class PolicyOfClient(ClientPage):
    """One client's rules: a version, what it changed against another, and a question to ask."""

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:  # noqa: ARG002
        """Show the version in the address, else the one in force."""
        versions = list(self.get_rows().prefetch_related("trusted_customers"))
        by_number = {str(policy.version): policy for policy in versions}
        shown = by_number.get(request.GET.get("version", "")) or next(iter(versions), None)
        chosen = by_number.get(request.GET.get("with", ""))
        other = chosen or (by_number.get(str(shown.version - 1)) if shown else None)
        context = {
            "client": self.client,
            "versions": versions,
            "policy": shown,
            "other": other,
            "is_compared": chosen is not None,
            "is_current": bool(versions) and shown is versions[0],
            "sections": sections(shown, other, self.reader) if shown else [],
            **(self.asked(shown) if shown else {}),
        }
        return render(request, "purchases/policy.html", context)

    def asked(self, policy: Policy) -> dict[str, Any]:
        """The question whether PO would be offered, and its answer once it was asked."""
        query = self.request.GET
        currencies = currencies_of(self.client)
        start = {"type": "COM", "country": self.client.country, "currency": next(iter(currencies), "EUR")}
        form = AskForm(query if "ask" in query else None, initial=start, language=self.user.language)
        found = answer(policy, form.cleaned_data) if form.is_valid() else None
        return {"ask": form, "answer": found, "currencies": currencies}


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether PO would be offered: every rule with yes, no or (empty) not looked at, and what is known of the buyer."""

    offer: Offer
    rules: list[tuple[str, str]]
    customers: list[Customer]
    is_trusted: bool
    warnings: list[str]


RULES = {
    "offered": "Offered at checkout",
    "type": "Customer type, with a company",
    "minimum": "Smallest amount",
    "maximum": "Largest amount",
    "country": "Country",
}


def answer(policy: Policy, asked: Mapping[str, Any]) -> Answer:
    """Decide about a made-up order as the checkout would."""
    known = customers_with_email(policy.client, asked["email"]) if asked["email"] else []
    trusted = set(policy.trusted_customers.all())
    buyer = Buyer(
        asked["type"], asked["company"], asked["country"], is_trusted=any(customer in trusted for customer in known)
    )
    rules, is_over = [], False
    for check in checks_at_checkout(policy.terms, buyer, asked["gross"]):
        rules.append((RULES[check.code], "" if is_over else "yes" if check.is_met else "no"))
        is_over = is_over or not check.is_met
    return Answer(
        offer_at_checkout(policy.terms, buyer, asked["gross"]),
        rules,
        known,
        buyer.is_trusted,
        warnings(policy.terms, buyer, asked["gross"]),
    )


class PolicyText(ClientPage):
    """What customers have to know about ordering on PO, in each language, to be copied or linked."""

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:  # noqa: ARG002
        """Show all languages."""
        policy = self.get_rows().first()
        texts = [po_instructions(policy, code) for code, _ in settings.LANGUAGES] if policy else []
        context = {
            "client": self.client,
            "policy": policy,
            "texts": [
                (
                    text,
                    request.build_absolute_uri(reverse("purchases_public:po", args=[self.client.slug, text.language])),
                )
                for text in texts
            ],
            "missing": texts[0].missing if texts else (),
        }
        return render(request, "purchases/policy_text.html", context)


# A policy in words ---------------------------------------------------------------------------------------------------


def sections(policy: Policy, earlier: Policy | None, reader: Reader) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """A policy in words: titled lines, each with what it said before where that was different."""
    now = lines_of(policy, policy.trusted_customers.all(), reader)
    before = lines_of(earlier, earlier.trusted_customers.all(), reader) if earlier else now
    return [
        (title, [(label, now[label], before[label] if before[label] != now[label] else "") for label in labels])
        for title, labels in SECTIONS
    ]


SECTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "Who may buy on purchase order",
        (
            "Offered at checkout",
            "On request",
            "Customer types",
            "Smallest amount",
            "Largest amount",
            "Countries",
            "Partner orders",
            "Trusted customers",
        ),
    ),
    ("Review", ("Reviewed by", "Four eyes", "PO number", "Documents come in by", "Document deadline")),
    ("Delivery and payment", ("Term", "Delivery")),
    ("Dunning", ("Letters", "Cancel step", "Cancel after")),
    ("Sentences for customers", tuple(f"In {name}" for _, name in settings.LANGUAGES)),
)


def lines_of(policy: Policy, trusted: Iterable[Customer], reader: Reader) -> dict[str, str]:
    """Every rule of a policy in words; `trusted` are its trusted customers."""
    names = ", ".join(sorted(str(customer) for customer in trusted))
    return {
        "Offered at checkout": _yes(policy.offered_at_checkout),
        "On request": _yes(policy.on_request),
        "Customer types": _labels(CustomerType.choices, policy.eligible_types) or "None",
        "Smallest amount": _amounts(policy.minimum, reader),
        "Largest amount": _amounts(policy.maximum, reader),
        "Countries": ", ".join(sorted(policy.countries)) or "All",
        "Partner orders": _yes(policy.partner_pos_allowed),
        "Trusted customers": f"{names} (not reviewed)" if names else "None",
        "Reviewed by": str(policy.get_reviewer_display()) if policy.review else "Nobody: accepted at once",
        "Four eyes": "Two people approve" if policy.four_eyes else "No",
        "PO number": "Required" if policy.po_number_required else "Optional",
        "Documents come in by": _labels(Channel.choices, policy.accepted_channels) or "Any channel",
        "Document deadline": f"{policy.document_deadline_days} days after the order",
        "Term": f"{policy.term_days} days",
        "Delivery": "At once" if policy.delivery == "immediate" else "After payment (prepaid)",
        "Letters": "Three notices, 14 days apart" if policy.dunning else "Off",
        "Cancel step": _yes(policy.cancel_step),
        "Cancel after": f"{policy.cancel_after_business_days} business days after the notification",
        **{f"In {name}": str(policy.texts.get(code, "")) or "None" for code, name in settings.LANGUAGES},
    }


def _labels(choices: Iterable[tuple[str, Any]], codes: Iterable[str]) -> str:
    return ", ".join(str(label) for code, label in choices if code in set(codes))


def _yes(value: bool) -> str:  # noqa: FBT001 -- a plain value to word
    return "Yes" if value else "No"


def _amounts(amounts: Mapping[str, int], reader: Reader) -> str:
    return ", ".join(money_text(minor, currency, reader) for currency, minor in sorted(amounts.items())) or "No bound"
