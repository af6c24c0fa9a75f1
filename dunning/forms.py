"""What people type about dunning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.validators import MinValueValidator

from core.forms import Form, MoneyField, date_input
from dunning.models import HoldKind
from dunning.services.holding import ORDER
from dunning.services.response import CANCEL, EXTEND, KEEP
from dunning.wording.places import LEVELS
from mailing.forms import TextForm

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

REASON_LENGTH = 300


def end_from(field: forms.Field, day: date, *, name: str) -> None:
    """Let a last day be this day (told as `name`) or a later one: what ends on a day that is over never begins."""
    field.validators.append(MinValueValidator(day, f"This day is over: choose {name} or a later one."))


class HoldForm(Form):
    """Why dunning is held, until when, and of what."""

    scope = forms.ChoiceField(label="Of what", choices=[(ORDER, ORDER)], required=False, widget=forms.RadioSelect)
    kind = forms.ChoiceField(
        choices=HoldKind.choices,
        required=False,
        widget=forms.RadioSelect,
        help_text="Dispute: the customer says that the claim, or a part of it, is not owed.",
    )
    reason = forms.CharField(max_length=REASON_LENGTH, help_text="For example: waits for a corrected invoice.")
    until = forms.DateField(
        required=False, widget=date_input(), help_text="The last held day. Empty: until somebody resumes dunning."
    )


class ResumeForm(Form):
    """Which of the holds end, and why."""

    scopes = forms.MultipleChoiceField(
        label="What ends",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "This hold was ended meanwhile: choose among those that stand."},
    )
    reason = forms.CharField(required=False, max_length=REASON_LENGTH)


class TakeOutForm(Form):
    """Why a purchase is left out of a run."""

    reason = forms.CharField(max_length=REASON_LENGTH, help_text="For example: the customer called this morning.")


class ReasonForm(Form):
    """An optional reason, for the history."""

    reason = forms.CharField(required=False, max_length=REASON_LENGTH)


class PromiseForm(Form):
    """Until when the customer promised to pay."""

    until = forms.DateField(label="Promised until", widget=date_input(), help_text="No step up to and on this day.")
    note = forms.CharField(required=False, max_length=REASON_LENGTH, help_text="Who promised, and how.")


class ExtendForm(Form):
    """A later due date."""

    due_on = forms.DateField(label="New due date", widget=date_input())
    reason = forms.CharField(max_length=REASON_LENGTH)


class AnswerForm(Form):
    """What the client chose in answer to a delinquency notification."""

    answer = forms.ChoiceField(choices=[(KEEP, KEEP), (EXTEND, EXTEND), (CANCEL, CANCEL)])
    due_on = forms.DateField(required=False, widget=date_input())

    def clean(self) -> dict[str, Any]:
        """An extension needs its new due date."""
        data = super().clean() or self.cleaned_data
        due_on: date | None = data.get("due_on")
        if data.get("answer") == EXTEND and due_on is None and "due_on" not in self.errors:
            self.add_error("due_on", "Choose the new due date.")
        return data


class AsOfForm(Form):
    """Which day to look at again, and as of which time where each client is at home."""

    on = forms.DateField(label="Day", widget=date_input())
    time = forms.TimeField(
        label="Time there", required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )


class WhatIfForm(Form):
    """Which ladder and term to try out, for which clients; nothing of it is saved."""

    term = forms.TypedChoiceField(
        label="Term",
        coerce=int,
        empty_value=None,
        required=False,
        choices=[("", "As agreed"), (14, "14 days"), (30, "30 days"), (60, "60 days")],
    )
    grace = forms.IntegerField(label="Days to PDN 1", min_value=0, max_value=60)
    second = forms.IntegerField(label="To PDN 2", min_value=1, max_value=90)
    third = forms.IntegerField(label="To PDN 3", min_value=1, max_value=90)
    notification = forms.IntegerField(label="To notification", min_value=1, max_value=90)
    cancel_after = forms.TypedChoiceField(
        label="Business days to cancel",
        coerce=int,
        empty_value=None,
        required=False,
        choices=[("", "As in the policy"), *[(days, str(days)) for days in (1, 2, 3, 5, 10)]],
    )
    clients = forms.TypedMultipleChoiceField(label="Clients", coerce=int, required=False)

    def __init__(self, *args: Any, clients: list[tuple[int, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        if len(clients) > 1:
            self.fields["clients"].choices = clients  # type: ignore[attr-defined]
        else:
            del self.fields["clients"]


class LetterForm(TextForm):
    """What a client's letter says, and of how many orders it is tried on."""

    shape = forms.ChoiceField(
        label="Letter about", required=False, choices=[("single", "One order"), ("joint", "Several orders")]
    )


class LetterSettingsForm(Form):
    """What a client's letters add: fees per currency and level, interest, one letter per customer, copies."""

    is_consolidated = forms.BooleanField(
        label="One letter per customer and currency",
        required=False,
        help_text="All notices that one day’s run decides for a customer go out as one e-mail with one letter.",
    )
    is_copied_to_payables = forms.BooleanField(
        label="Copy to accounts payable",
        required=False,
        help_text="Where a customer’s accounts payable has an address of its own. The copy counts for no level.",
    )
    interest = forms.DecimalField(
        label="Interest a year, in percent",
        required=False,
        min_value=0,
        max_value=50,
        max_digits=4,
        decimal_places=2,
        help_text="Shown below the open amount, never booked. Empty: none.",
    )

    def __init__(self, *args: Any, currencies: Sequence[str], language: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.currencies = currencies
        for currency in currencies:
            for level in LEVELS.values():
                self.fields[f"fee_{currency}_{level}"] = MoneyField(
                    label=f"Fee of notice {level}, {currency}", required=False, currency=currency, language=language
                )

    @property
    def rows(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fees by currency."""
        return [(code, [self[f"fee_{code}_{level}"] for level in LEVELS.values()]) for code in self.currencies]

    def clean(self) -> dict[str, Any]:
        """A fee is not negative."""
        data = super().clean() or self.cleaned_data
        for name in [name for name in data if name.startswith("fee_")]:
            if data[name] is not None and data[name].minor < 0:
                self.add_error(name, "A fee is not negative.")
        return data

    @property
    def fees(self) -> dict[str, dict[str, int]]:
        """The fees in minor units, by currency and level; what is empty or nothing is left out."""
        found: dict[str, dict[str, int]] = {}
        for currency in self.currencies:
            for level in LEVELS.values():
                fee = self.cleaned_data.get(f"fee_{currency}_{level}")
                if fee:
                    found.setdefault(currency, {})[str(level)] = fee.minor
        return found


class SettingsForm(Form):
    """How a client's runs are let go."""

    is_approved_by_person = forms.BooleanField(
        label="Every run waits for approval",
        required=False,
        help_text="Off: runs go by themselves, unless one of the brakes below stops them.",
    )
    brake_percent = forms.IntegerField(
        label="Brake: more letters than this share of the last run, in percent",
        required=False,
        min_value=1,
        max_value=10_000,
        help_text="200: more than twice as many as the last run that sent any. Empty: no such brake.",
    )
    brake_letters = forms.IntegerField(
        label="Brake: more letters than",
        required=False,
        min_value=1,
        max_value=1_000_000,
        help_text="A run with more letters waits for approval. Empty: no such brake.",
    )
    bank_data_hours = forms.IntegerField(
        label="No step while the newest bank statement is older than, in hours",
        required=False,
        min_value=1,
        max_value=8760,
        help_text="The run goes by itself as soon as a newer one is imported. Empty: bank data may be of any age.",
    )


class StatementForm(Form):
    """The days on which a statement shows what was paid; without a first day it shows what is unpaid alone."""

    paid_from = forms.DateField(required=False, widget=date_input())
    paid_to = forms.DateField(required=False, label="to", widget=date_input())
