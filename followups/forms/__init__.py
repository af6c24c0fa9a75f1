"""What people enter about follow-ups: when, what about, whose; until when it can wait."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django import forms

from accounts.models import Client
from core.forms import date_input
from core.refused import Refused
from core.tables import moment_text
from core.views import ActionForm
from followups.forms.party import PartyForm
from followups.schedule import moment_of, morning_after, refuse_out_of_reach, snoozes
from followups.selectors.topics import all_topics
from followups.services import About, Details

if TYPE_CHECKING:
    from datetime import date, time
    from zoneinfo import ZoneInfo

    from django.db.models import QuerySet

    from accounts.querysets import TenantQuerySet
    from core.tables import Reader
    from purchases.models import Purchase

BETWEEN = " · "
ANOTHER = "another"
SHOWN = "%Y-%m-%dT%H:%MZ"
"""How a moment that a page offers comes back from it."""


def local_parts(moment: datetime, zone: ZoneInfo) -> tuple[date, time]:
    """Day and time of a moment as a form shows them."""
    local = moment.astimezone(zone)
    return local.date(), local.time().replace(second=0, microsecond=0)


def topic_value(category: str, reason: str) -> str:
    """A reason with its category as one choice: the same words may stand under several categories."""
    return f"{category}{BETWEEN}{reason}"


class FollowUpForm(PartyForm):
    """When, what about, whose."""

    due_on = forms.DateField(label="Date", widget=date_input())
    due_time = forms.TimeField(label="Time", widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    category = forms.ChoiceField(label="Category", widget=forms.Select(attrs={"autofocus": True}))
    reason = forms.ChoiceField(label="Reason", widget=forms.Select(attrs={"data-below": "category"}))
    subject = forms.CharField(label="Subject", max_length=200)
    note = forms.CharField(
        label="Note (optional)", required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 3})
    )
    field_order = (
        "reference", "client", "whose", "due_on", "due_time", "category", "reason", "office", "department", "assignee",
        "subject", "note",
    )  # fmt: skip

    def __init__(
        self,
        *args: Any,
        zone: ZoneInfo,
        at: datetime,
        also: tuple[str, str] | None = None,
        unchanged: datetime | None = None,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.zone, self.at, self.unchanged = zone, at, unchanged
        self.fields["due_time"].label = f"Time in {zone.key.replace('_', ' ')}"
        category, reason = self.fields["category"], self.fields["reason"]
        assert isinstance(category, forms.ChoiceField)  # noqa: S101 -- declared above
        assert isinstance(reason, forms.ChoiceField)  # noqa: S101
        topics = [topic for topic in all_topics() if topic.is_active or (also and also[0] == topic.code)]
        self.labels = {topic.code: topic.label for topic in topics}
        category.choices = [("", "Choose a category"), *self.labels.items()]
        reasons: list[tuple[str, Any]] = [("", "Choose a reason")]
        for topic in topics:
            names = [entry.name for entry in topic.reasons]
            if also and also[0] == topic.code and also[1] not in names:
                names.append(also[1])
            reasons.append((topic.label, [(topic_value(topic.code, name), name) for name in names]))
        reason.choices = reasons

    def clean(self) -> dict[str, Any]:
        """Look whether the reason fits the category, and whether there is such a moment and it is to come."""
        cleaned = super().clean()
        category, _, reason = cleaned.get("reason", "").partition(BETWEEN)
        chosen = cleaned.get("category")
        if reason and chosen and chosen != category:
            self.add_error("reason", f"“{reason}” is a reason of {self.labels[category]}: choose one of its own.")
        if cleaned.get("due_on") and cleaned.get("due_time") is not None:
            self._clean_moment(cleaned)
        return cleaned

    def _clean_moment(self, cleaned: dict[str, Any]) -> None:
        entered = cleaned["due_on"], cleaned["due_time"]
        if self.unchanged and entered == local_parts(self.unchanged, self.zone):
            cleaned["due_at"] = self.unchanged
            return
        try:
            cleaned["due_at"] = moment_of(*entered, self.zone)
            refuse_out_of_reach(cleaned["due_at"], at=self.at)
        except Refused as refused:
            field = "due_time" if refused.code == "gap" or self._is_today(cleaned) else "due_on"
            self.add_error(field, refused.message)

    def _is_today(self, cleaned: dict[str, Any]) -> bool:
        return bool(cleaned["due_on"] == self.at.astimezone(self.zone).date())

    def details(self) -> Details:
        """What was entered, the moment in UTC."""
        data = self.cleaned_data
        return Details(
            category=data["category"],
            reason=data["reason"].partition(BETWEEN)[2],
            subject=data["subject"],
            due_at=data["due_at"],
            note=data["note"],
            **self.party(),
        )


class NewFollowUpForm(FollowUpForm):
    """A new one, on a purchase or on none; without a purchase it needs a client."""

    reference = forms.CharField(
        label="Reference number", required=False, max_length=20, widget=forms.TextInput(attrs={"autofocus": True})
    )
    client = forms.ModelChoiceField(
        label="Client",
        required=False,
        queryset=Client.objects.none(),
        help_text="Needed when there is no reference number.",
    )

    def __init__(
        self,
        *args: Any,
        purchases: TenantQuerySet[Purchase],
        clients: QuerySet[Client] | None,
        only_client: Client | None,
        about: About,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.purchases, self.only_client, self.about = purchases, only_client, about
        if about.customer is not None or about.link:
            del self.fields["reference"]
        elif self.get_initial_for_field(self.fields["reference"], "reference"):
            del self.fields["reference"].widget.attrs["autofocus"]
        if clients is None:
            del self.fields["client"]
        else:
            field = self.fields["client"]
            assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 -- declared above
            field.queryset = clients
            field.empty_label = "The purchase's"

    def clean_reference(self) -> Purchase | None:
        """Find the purchase among those the person may see."""
        reference = self.cleaned_data["reference"].strip()
        if not reference:
            return None
        purchase: Purchase | None = self.purchases.filter(reference=reference).select_related("client").first()
        if purchase is None:
            raise forms.ValidationError("There is no purchase with this reference number.")
        return purchase

    def clean(self) -> dict[str, Any]:
        """Work out whose client's it is, and what it is about."""
        cleaned = super().clean()
        if "reference" in self.errors:
            return cleaned
        purchase = cleaned.get("reference")
        chosen = cleaned.get("client") or self.only_client
        if purchase is None and chosen is None:
            self.add_error("client", "Choose a client or enter a reference number.")
        elif purchase is not None and cleaned.get("client") and cleaned["client"] != purchase.client:
            self.add_error("client", f"{purchase} is a purchase of {purchase.client}.")
        cleaned["owner"] = purchase.client if purchase else chosen
        cleaned["about"] = About(purchase=purchase) if purchase else self.about
        return cleaned


def shown_moment(value: str) -> datetime | None:
    """Read a moment that a page offered; None where it is none."""
    try:
        return datetime.strptime(value, SHOWN).replace(tzinfo=UTC)
    except ValueError:
        return None


class OfferedField(forms.ChoiceField):
    """One of the moments that the page offered, as it stood there: by now others may be offered."""

    def valid_value(self, value: Any) -> bool:
        """Any moment may have been offered once."""
        return super().valid_value(value) or shown_moment(value) is not None


class SnoozeForm(ActionForm):
    """Until when it can wait: one of the usual moments, or a day and a time."""

    until = OfferedField(
        label="Until", widget=forms.RadioSelect, error_messages={"required": "Choose until when it can wait."}
    )
    due_on = forms.DateField(label="Date", required=False, widget=date_input())
    due_time = forms.TimeField(
        label="Time", required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )

    def __init__(self, *args: Any, at: datetime, reader: Reader, **options: Any) -> None:
        super().__init__(*args, **options)
        self.at, self.zone = at, reader.zone
        field = self.fields["until"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 -- declared above
        usual = [
            (moment.strftime(SHOWN), f"{words}: {moment_text(moment, reader)}")
            for words, moment in snoozes(at, reader.zone)
        ]
        field.choices = [*usual, (ANOTHER, "Another time:")]
        field.initial = morning_after(at, reader.zone).strftime(SHOWN)
        self.fields["due_time"].label = f"Time in {reader.zone.key.replace('_', ' ')}"

    def clean(self) -> dict[str, Any]:
        """Find the moment; it must still be to come."""
        cleaned: dict[str, Any] = super().clean() or {}
        if "until" not in cleaned or self.errors:
            return cleaned
        moment, field = shown_moment(cleaned["until"]), "until"
        if moment is None and (not cleaned.get("due_on") or cleaned.get("due_time") is None):
            self.add_error("due_time" if cleaned.get("due_on") else "due_on", "Enter a date and a time.")
            return cleaned
        try:
            if moment is None:
                field = "due_on"
                moment = moment_of(cleaned["due_on"], cleaned["due_time"], self.zone)
            refuse_out_of_reach(moment, at=self.at)
        except Refused as refused:
            self.add_error("due_time" if refused.code == "gap" else field, refused.message)
            return cleaned
        return {"until": moment}
