"""Merging: two customers that are one, contacts of one; taking it back; pairs that are likely the same."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.shortcuts import render
from django.urls import reverse

from accounts.roles import Right
from core.views import ActionView, DetailPage, Page
from customers import selectors
from customers.filters import CustomerFilter
from customers.forms import ContactMergeForm, MergeForm
from customers.models import Customer, Merge
from customers.selectors import duplicates
from customers.services import merging
from customers.services.duplicates import mark_not_the_same
from customers.views.profile import CustomerAct, likely_others

if TYPE_CHECKING:
    from django import forms
    from django.http import HttpRequest, HttpResponse

    from customers.querysets import CustomerQuerySet

MOST_FOUND = 12


class MergeChoice(DetailPage):
    """Which other customer is the same one: those that look like it, or what is searched for."""

    right = Right.CUSTOMERS
    template_name = "customers/merge_choice.html"

    def get_rows(self) -> Any:
        """Any customer that stands for itself."""
        return Customer.objects.select_related("client").prefetch_related("contacts").filter(merged_into=None)

    def context(self) -> dict[str, Any]:
        """The customer, its likely duplicates, what was found."""
        asked = self.request.GET.get("q", "").strip()[:300]
        rows: CustomerQuerySet = self.rows  # type: ignore[assignment]
        others = rows.standing().filter(client=self.row.client_id).exclude(pk=self.row.pk)
        found = CustomerFilter({"q": asked}, queryset=others, request=self.request).qs if asked else others.none()
        return {
            "row": self.row,
            "name": selectors.named(self.row),
            "asked": asked,
            "found": [(other, selectors.named(other)) for other in found.order_by("company", "pk")[:MOST_FOUND]],
            "likely": likely_others(self.row),
        }


class _Pair(CustomerAct):
    """What acts on two customers have in common: `other`, found as the first is."""

    def get_rows(self) -> Any:
        """Any customer."""
        return super().get_rows().prefetch_related("contacts")

    @cached_property
    def other(self) -> Any:
        """The other customer; another tenant's does not exist."""
        try:
            return self.rows.get(pk=self.kwargs["other"])
        except (Customer.DoesNotExist, OverflowError):
            raise Http404 from None


class CustomerMerge(_Pair):
    """Make another customer a part of this one, after a look at everything that it does."""

    title = "Merge"
    button = "Merge"
    form_class = MergeForm

    @staticmethod
    def action(row: Any, **keywords: Any) -> Any:
        """Merge the other into the row."""
        return merging.merge_customers(row, keywords.pop("gone"), **keywords)

    def heading(self) -> str:
        """Both names."""
        return f"Merge {selectors.named(self.other)} into {selectors.named(self.row)}"

    @cached_property
    def effects(self) -> tuple[list[str], str]:
        """What would happen, and why it can't."""
        return selectors.effects_of_merge(self.row, self.other)

    def refusal(self) -> str:
        """Why the two can't be one."""
        return self.effects[1]

    def consequences(self) -> list[str]:
        """Everything that happens."""
        gone = selectors.named(self.other)
        return [
            *self.effects[0],
            f"{gone} leaves lists and search; its address leads here, and so do new orders in its name.",
            f"Nothing is deleted. For {selectors.UNDONE_FOR.days} days it can be undone here.",
        ]

    def get_form(self, data: Any = None, files: Any = None) -> forms.Form:  # noqa: ARG002 -- no files
        """One choice for each thing that the two say differently."""
        return MergeForm(data, differences=selectors.differences(self.row, self.other))

    def keywords(self, form: forms.Form) -> dict[str, Any]:
        """What is taken over from the other."""
        fields = dict(form.cleaned_data)
        reason = fields.pop("reason")
        return {"gone": self.other, "reason": reason, "take": [name for name, who in fields.items() if who == "gone"]}

    def show(self, form: forms.Form, *, status: int = 200, **more: Any) -> HttpResponse:
        """Both customers side by side: a page of its own, too wide for a dialog."""
        context = {
            "form": form,
            "title": self.heading(),
            "kept": self.row,
            "gone": self.other,
            "kept_name": selectors.named(self.row),
            "gone_name": selectors.named(self.other),
            "back": self.home(),
            "at": self.at,
            **more,
        }
        return render(self.request, "customers/merge.html", context, status=status)

    @property
    def back(self) -> str:
        """The profile of the one that stays."""
        return self.home()

    def sentence(self) -> str:
        """What was done."""
        return f"{selectors.named(self.other)} is a part of this customer now. It can be undone for 30 days."


class NotSame(_Pair):
    """Say that two customers, proposed as one, are two."""

    title = "Not the same"
    button = "They are two"

    @staticmethod
    def action(row: Any, **keywords: Any) -> Any:
        """Note it for the pair."""
        return mark_not_the_same(row, keywords.pop("other"), **keywords)

    def heading(self) -> str:
        """Both names."""
        return f"{selectors.named(self.row)} and {selectors.named(self.other)}: not the same"

    def keywords(self, form: forms.Form) -> dict[str, Any]:
        """The other one."""
        return {**super().keywords(form), "other": self.other}

    def consequences(self) -> list[str]:
        """Say what that does."""
        return ["The two are not proposed as one any more. They can still be merged by hand."]

    def sentence(self) -> str:
        """What was done."""
        return "The two are not proposed any more."


class ContactsMerge(CustomerAct):
    """Make all contacts of a customer one."""

    title = "Merge contacts of"
    button = "Merge contacts"
    form_class = ContactMergeForm
    action = merging.merge_contacts

    def get_rows(self) -> Any:
        """Any customer with its contacts."""
        return super().get_rows().prefetch_related("contacts")

    def refusal(self) -> str:
        """Why there is nothing to merge."""
        return selectors.effects_of_contact_merge(self.row)[1]

    def get_form(self, data: Any = None, files: Any = None) -> forms.Form:  # noqa: ARG002 -- no files
        """A choice among the contacts that are there."""
        return ContactMergeForm(data, contacts=self.row.contacts.all())

    def consequences(self) -> list[str]:
        """Say what happens to which."""
        return selectors.effects_of_contact_merge(self.row)[0]

    def sentence(self) -> str:
        """What was done."""
        return "The contacts are merged."


class MergeUndo(ActionView):
    """Put back what a merge moved."""

    right = Right.CUSTOMERS
    title = "Undo the merge"
    button = "Undo"
    action = merging.undo_merge

    def get_rows(self) -> Any:
        """Any merge."""
        return Merge.objects.select_related("client", "kept", "gone")

    def heading(self) -> str:
        """The act."""
        return self.title

    def refusal(self) -> str:
        """Why it can't be undone any more."""
        return selectors.undo_refusal(self.row, at=self.at)

    def consequences(self) -> list[str]:
        """Say what goes back and what stays."""
        return selectors.undo_effects(self.row)

    def home(self) -> str:
        """The profile of the one that was kept."""
        return reverse("customers:detail", args=[self.row.kept_id])

    def stale_sentence(self) -> str:
        """A merge changes only by being undone, which its refusal tells."""
        return ""

    def sentence(self) -> str:
        """What was done."""
        return "The merge is undone."


class Duplicates(Page):
    """Pairs of customers that are likely the same."""

    right = Right.CUSTOMERS

    def get_rows(self) -> Any:
        """Any customer."""
        return Customer.objects.select_related("client").prefetch_related("contacts")

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:  # noqa: ARG002
        """Show the pairs side by side."""
        asked = request.GET.get("before", "")[:18]
        before = int(asked) if asked.isascii() and asked.isdecimal() else None
        rows: CustomerQuerySet = self.rows  # type: ignore[assignment]
        proposals = duplicates.likely_pairs(rows, before=before)
        context = {"proposals": proposals, "before": before, "at": self.at}
        return render(request, "customers/duplicates.html", context)
