"""The rules for purchase orders, to read: the version in force of each client, and the versions before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Max
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from accounts.models import Client
from accounts.roles import Right
from core.tables import money_text
from core.views import Empty, ListPage, Page, chosen_client
from customers.models import CustomerType
from purchases.models import Channel, Policy
from purchases.tables import PolicyTable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from core.tables import Reader


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


class PolicyOfClient(Page):
    """One client's rules: a version, and what it changed."""

    right = Right.POLICY

    def rows_of(self, client: Client) -> QuerySet[Policy]:
        """All versions of a client whose rules the user may see."""
        rows: QuerySet[Policy] = Policy.objects.visible_to(self.user).filter(client=client)
        return rows.select_related("client", "created_by")

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Show the version in the address, else the one in force."""
        if not self.user.is_platform and self.user.client.slug != slug:
            raise Http404
        client = Client.objects.filter(slug=slug).first()
        if client is None:
            raise Http404
        versions = list(self.rows_of(client).prefetch_related("trusted_customers").order_by("-version"))
        asked = request.GET.get("version", "")
        shown = next((policy for policy in versions if str(policy.version) == asked), None) or next(
            iter(versions), None
        )
        earlier = next((p for p in versions if shown and p.version == shown.version - 1), None)
        context = {
            "client": client,
            "versions": versions,
            "policy": shown,
            "is_current": bool(versions) and shown is versions[0],
            "sections": sections(shown, earlier, self.reader) if shown else [],
        }
        return render(request, "purchases/policy.html", context)


def sections(policy: Policy, earlier: Policy | None, reader: Reader) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """A policy in words: titled lines, each with what it said before where that was different."""
    now = dict(_lines(policy, reader))
    before = dict(_lines(earlier, reader)) if earlier else now
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
)


def _lines(policy: Policy, reader: Reader) -> list[tuple[str, str]]:
    types = dict(CustomerType.choices)
    channels = dict(Channel.choices)
    trusted = ", ".join(sorted(str(customer) for customer in policy.trusted_customers.all()))
    return [
        ("Offered at checkout", _yes(policy.offered_at_checkout)),
        ("On request", _yes(policy.on_request)),
        ("Customer types", ", ".join(str(types.get(code, code)) for code in policy.eligible_types) or "None"),
        ("Smallest amount", _amounts(policy.minimum, reader)),
        ("Largest amount", _amounts(policy.maximum, reader)),
        ("Countries", ", ".join(policy.countries) or "All"),
        ("Partner orders", _yes(policy.partner_pos_allowed)),
        ("Trusted customers", f"{trusted} (not reviewed)" if trusted else "None"),
        ("Reviewed by", policy.get_reviewer_display() if policy.review else "Nobody: accepted at once"),
        ("Four eyes", "Two people approve" if policy.four_eyes else "No"),
        ("PO number", "Required" if policy.po_number_required else "Optional"),
        (
            "Documents come in by",
            ", ".join(str(channels.get(code, code)) for code in policy.accepted_channels) or "Any channel",
        ),
        ("Document deadline", f"{policy.document_deadline_days} days after the order"),
        ("Term", policy.get_term_days_display()),
        ("Delivery", "At once" if policy.delivery == "immediate" else "After payment (prepaid)"),
        ("Letters", "Three notices, 14 days apart" if policy.dunning else "Off"),
        ("Cancel step", _yes(policy.cancel_step)),
        ("Cancel after", f"{policy.cancel_after_business_days} business days after the notification"),
    ]


def _yes(value: bool) -> str:  # noqa: FBT001 -- a plain value to word
    return "Yes" if value else "No"


def _amounts(amounts: Mapping[str, int], reader: Reader) -> str:
    return ", ".join(money_text(minor, currency, reader) for currency, minor in sorted(amounts.items())) or "No bound"
