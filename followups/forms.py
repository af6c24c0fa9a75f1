"""What people enter about follow-ups."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms

from accounts.models import Client
from core.forms import date_input
from core.views import ActionForm
from followups.models import Category
from followups.selectors import party_of
from followups.services import Details
from followups.wording import REASONS

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from django.db.models import QuerySet

    from accounts.querysets import TenantQuerySet
    from followups.selectors import Choices
    from purchases.models import Purchase

BETWEEN = " · "


def topic_of(category: str, reason: str) -> str:
    """Category and reason as one choice, so that a reason always fits its category."""
    return f"{category}{BETWEEN}{reason}"


def topics(also: tuple[str, str] | None = None) -> Choices:
    """All reasons under their categories, and the one a follow-up has already."""
    choices: Choices = [("", "Choose a reason")]
    for category in Category:
        reasons = list(REASONS[category])
        if also and also[0] == category and also[1] not in reasons:
            reasons.append(also[1])
        choices.append((str(category.label), [(topic_of(category, reason), reason) for reason in reasons]))
    return choices


class FollowUpForm(ActionForm):
    """When, what about, who."""

    topic = forms.ChoiceField(label="Category and reason")
    subject = forms.CharField(label="Subject", max_length=200)
    due_on = forms.DateField(label="Date", widget=date_input())
    due_time = forms.TimeField(label="Time", widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    whose = forms.ChoiceField(label="For", required=False)
    note = forms.CharField(label="Note", required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(
        self, *args: Any, zone: ZoneInfo, people: Choices, also: tuple[str, str] | None = None, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.zone = zone
        self.fields["due_time"].label = f"Time in {zone.key}"
        topic, whose = self.fields["topic"], self.fields["whose"]
        assert isinstance(topic, forms.ChoiceField)  # noqa: S101 -- declared above
        assert isinstance(whose, forms.ChoiceField)  # noqa: S101
        topic.choices, whose.choices = topics(also), people

    def details(self) -> Details:
        """What was entered, the moment in UTC."""
        data = self.cleaned_data
        category, _, reason = data["topic"].partition(BETWEEN)
        person, team = party_of(data["whose"])
        return Details(
            category=category,
            reason=reason,
            subject=data["subject"],
            due_at=datetime.combine(data["due_on"], data["due_time"], tzinfo=self.zone),
            note=data["note"],
            assignee=person,
            department=team,
        )


class NewFollowUpForm(FollowUpForm):
    """A new one, on a purchase or on none; without a purchase it needs a client."""

    reference = forms.CharField(label="Reference number", required=False, max_length=20)
    client = forms.ModelChoiceField(
        label="Client",
        required=False,
        queryset=Client.objects.none(),
        help_text="Needed when there is no reference number.",
    )
    field_order = ("reference", "client", "topic", "subject", "due_on", "due_time", "whose", "note")

    def __init__(
        self,
        *args: Any,
        purchases: TenantQuerySet[Purchase],
        clients: QuerySet[Client] | None,
        only_client: Client | None,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.purchases = purchases
        self.only_client = only_client
        field = self.fields["client"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 -- declared above
        if clients is None:
            del self.fields["client"]
        else:
            field.queryset = clients
            field.empty_label = "The purchase's"

    def clean_reference(self) -> Purchase | None:
        """Find the purchase among those the person may see."""
        reference = self.cleaned_data["reference"]
        if not reference:
            return None
        purchase: Purchase | None = self.purchases.filter(reference=reference).select_related("client").first()
        if purchase is None:
            raise forms.ValidationError("There is no purchase with this reference number.")
        return purchase

    def clean(self) -> dict[str, Any]:
        """Work out whose client's it is."""
        cleaned: dict[str, Any] = super().clean() or {}
        if "reference" in self.errors:
            return cleaned
        purchase = cleaned.get("reference")
        chosen = cleaned.get("client") or self.only_client
        if purchase is None and chosen is None:
            self.add_error("client", "Choose a client or enter a reference number.")
        elif purchase is not None and cleaned.get("client") and cleaned["client"] != purchase.client:
            self.add_error("client", f"{purchase} is a purchase of {purchase.client}.")
        cleaned["owner"] = purchase.client if purchase else chosen
        return cleaned
