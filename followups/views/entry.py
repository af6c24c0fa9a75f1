"""Entering a follow-up: a new one, or a copy."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.contrib import messages
from django.urls import Resolver404, resolve, reverse

from accounts.models import Client
from accounts.roles import Right
from core.refused import Refused
from core.views import INVALID, ActView, chosen_client
from customers.models import Customer
from customers.selectors import named
from followups import services
from followups.forms import NewFollowUpForm, local_parts, topic_value
from followups.forms.party import PERSONAL, party_of
from followups.schedule import morning_after
from followups.selectors import concerning, in_reach
from followups.services import About
from purchases.models import Purchase

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from accounts.models import User
    from accounts.querysets import TenantQuerySet
    from followups.models import FollowUp

LONGEST_KEY = 18
NO_KEY = 0
LONGEST_LINK = 300
LONGEST_LABEL = 200


def begin(user: User, at: datetime, *, days: int = 1) -> dict[str, Any]:
    """What an empty form starts with: a morning to come, for the user."""
    due_on, due_time = local_parts(morning_after(at, user.zone, days=days), user.zone)
    return {"whose": PERSONAL, "assignee": user.pk, "due_on": due_on, "due_time": due_time}


def is_page(link: str) -> bool:
    """Whether an address is a page of ours."""
    path = link.split("?", maxsplit=1)[0]
    try:
        return link.startswith("/") and not link.startswith("//") and len(link) <= LONGEST_LINK and bool(resolve(path))
    except Resolver404:
        return False


def form_key_of(request: HttpRequest, *more: object) -> str:
    """What makes a form that is sent twice enter one follow-up."""
    key = request.POST.get("form_key", "")[:64] or uuid4().hex
    return ":".join(["form", key, *map(str, more)])


class FollowUpAdd(ActView):
    """Enter a follow-up: from scratch, as a copy (`?copy=`), or on something that is named in the address.

    A purchase (`?reference=`), a customer (`?customer=`), or any other page of ours (`?about=` its address, `?label=`
    its name, `?client=` whose it is).
    """

    right = Right.FOLLOW_UPS
    title = "Add a follow-up"
    button = "Add follow-up"

    def home(self) -> str:
        """The list."""
        return reverse("followups:list")

    def asked(self, name: str) -> int:
        """A primary key in the address; none that any row has where there is none."""
        text = self.request.GET.get(name, "")
        return int(text) if text.isascii() and text.isdecimal() and len(text) <= LONGEST_KEY else NO_KEY

    @cached_property
    def source(self) -> FollowUp | None:
        """The follow-up that is copied, if the user sees it."""
        rows = concerning(self.user).visible_to(self.user, chosen_client(self.request))
        return rows.filter(pk=self.asked("copy")).first()

    @cached_property
    def about(self) -> About:
        """What it is about, other than a purchase: named in the address, or by what is copied."""
        if self.source is not None:
            return About(customer=self.source.customer, link=self.source.about_link, label=self.source.about_label)
        customers = Customer.objects.visible_to(self.user, chosen_client(self.request))
        customer = customers.filter(pk=self.asked("customer"), merged_into=None).first()
        link, label = (self.request.GET.get(name, "").strip() for name in ("about", "label"))
        if customer is None and label and is_page(link):
            return About(link=link, label=label[:LONGEST_LABEL])
        return About(customer=customer)

    @property
    def purchases(self) -> TenantQuerySet[Purchase]:
        """What it can be about."""
        return Purchase.objects.visible_to(self.user, chosen_client(self.request))

    @property
    def reference(self) -> str:
        """The purchase in the address."""
        return self.request.GET.get("reference", "")[:LONGEST_KEY]

    @cached_property
    def client(self) -> Client | None:
        """Whose it will be, where that is sure before anything is entered."""
        if self.source is not None:
            return self.source.client
        if self.about.customer is not None:
            return self.about.customer.client
        purchase = self.purchases.filter(reference=self.reference).select_related("client").first()
        if purchase is not None:
            return purchase.client
        chosen = chosen_client(self.request)
        return self.user.client or (Client.objects.filter(pk=chosen.pk).first() if chosen else None)

    def heading(self) -> str:
        """What it is about, where that is known."""
        customer = self.about.customer
        name = named(customer) if customer else self.about.label
        return f"{self.title} on {name}" if name else self.title

    def get_initial(self) -> dict[str, Any]:
        """Tomorrow morning, for the user; or what is copied."""
        initial = begin(self.user, self.at)
        source = self.source
        if source is None:
            return initial | {"reference": self.reference, "client": self.asked("client") or None}
        return initial | {
            "reference": source.purchase.reference if source.purchase else "",
            "client": source.client_id,
            "category": source.category,
            "reason": topic_value(source.category, source.reason),
            "subject": source.subject,
            "note": source.note,
            **party_of(source),
        }

    def get_form(self, data: Any = None, files: Any = None) -> NewFollowUpForm:
        """The form with the people and purchases in the user's reach."""
        source, initial = self.source, self.get_initial()
        owner = self.client or self.owner(data or initial)
        return NewFollowUpForm(
            data,
            files,
            initial=initial,
            zone=self.user.zone,
            at=self.at,
            reach=in_reach(self.user, owner),
            also=(source.category, source.reason) if source else None,
            purchases=self.purchases,
            clients=None if self.client else Client.objects.order_by("name", "pk"),
            only_client=self.client,
            about=self.about,
        )

    def owner(self, entered: Mapping[str, Any]) -> Client | None:
        """Whose it will be by what is entered, for a user of the platform."""
        reference, client = (str(entered.get(name) or "")[:LONGEST_KEY].strip() for name in ("reference", "client"))
        found = Client.objects.filter(purchases__in=self.purchases.filter(reference=reference)).first()
        return found or (Client.objects.filter(pk=client).first() if client.isascii() and client.isdecimal() else None)

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:  # noqa: ARG002
        """Ask."""
        return self.show(self.get_form(), action_url=request.get_full_path())

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:  # noqa: ARG002
        """Enter it, once."""
        if self.is_spent():
            messages.info(request, "This was done already.")
            return self.leave(self.back)
        form = self.get_form(request.POST)
        if not form.is_valid():
            return self.show(form, status=INVALID, action_url=request.get_full_path())
        data = form.cleaned_data
        try:
            services.add_follow_up(
                data["owner"],
                about=data["about"],
                details=form.details(),
                by=self.user,
                at=self.at,
                dedupe_key=form_key_of(request, self.user.pk),
            )
        except Refused as refused:
            return self.show(form, status=INVALID, problem=refused.message, action_url=request.get_full_path())
        self.spend()
        messages.success(request, "The follow-up is saved.")
        return self.leave(self.back)
