"""Which e-mails the outbox shows: the filter bar."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING, Any, ClassVar

import django_filters as filters
from django import forms

from accounts.models import Client
from core.forms import date_input
from mailing.models import Email, Notification
from mailing.states import EVENT_LABELS, LABELS, Status
from mailing.wording import KIND_LABELS

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from mailing.querysets import EmailQuerySet, NotificationQuerySet

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2999, 12, 31)
SENDING = "SENDING"
STATUSES = [
    (SENDING, label) if status == Status.CLAIMED else (str(status), label)
    for status, label in LABELS.items()
    if status != Status.HANDOFF
]
"""Both steps of a hand-over are one status to people."""


class EmailFilter(filters.FilterSet):
    """The bar above the outbox."""

    q = filters.CharFilter(
        label="Search",
        method="find",
        max_length=300,
        widget=forms.TextInput(attrs={"placeholder": "Recipient, name or subject"}),
    )
    reference = filters.CharFilter(label="Reference", max_length=40, method="find_reference")
    kind = filters.ChoiceFilter(
        label="Type", choices=sorted(KIND_LABELS.items(), key=lambda item: item[1]), empty_label="Any type"
    )
    status = filters.ChoiceFilter(label="Status", choices=STATUSES, method="find_status", empty_label="Any status")
    since = filters.DateFilter(label="From", method="find_since", widget=date_input())
    until = filters.DateFilter(label="To", method="find_until", widget=date_input())
    client = filters.ModelChoiceFilter(
        label="Client", queryset=Client.objects.order_by("name", "pk"), empty_label="All clients"
    )

    class Meta:
        model = Email
        fields: ClassVar = ["q", "reference", "kind", "status", "since", "until", "client"]

    def __init__(self, *args: Any, zone: tzinfo, shows_clients: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        self.zone = zone
        if not shows_clients:
            del self.filters["client"]

    def find(self, rows: EmailQuerySet, _name: str, value: str) -> QuerySet[Email]:
        """Find by keywords, comma separated, all of which must match."""
        return rows.search(value)

    def find_reference(self, rows: EmailQuerySet, _name: str, value: str) -> QuerySet[Email]:
        """Find by the number of the purchase or quote."""
        return rows.for_reference(value.strip())

    def find_status(self, rows: EmailQuerySet, _name: str, value: str) -> QuerySet[Email]:
        """Find by the status that people see."""
        return rows.filter(status__in=[Status.CLAIMED, Status.HANDOFF] if value == SENDING else [value])

    def find_since(self, rows: EmailQuerySet, _name: str, value: date) -> QuerySet[Email]:
        """Find what was decided on this day or later; days are the reader's."""
        return rows.filter(created_at__gte=self.start_of(value))

    def find_until(self, rows: EmailQuerySet, _name: str, value: date) -> QuerySet[Email]:
        """Find what was decided on this day or before."""
        return rows.filter(created_at__lt=self.start_of(value) + timedelta(days=1))

    def start_of(self, day: date) -> datetime:
        """When a day begins where the reader is; days before and after any e-mail are as good as the nearest."""
        return datetime.combine(min(max(day, FIRST_DAY), LAST_DAY), time(), self.zone)


class NotificationFilter(filters.FilterSet):
    """The bar above what an endpoint was told."""

    reference = filters.CharFilter(label="Reference", max_length=40, method="find_reference")
    event = filters.ChoiceFilter(label="Event", choices=list(EVENT_LABELS.items()), empty_label="Any event")

    class Meta:
        model = Notification
        fields: ClassVar = ["reference", "event"]

    def find_reference(self, rows: NotificationQuerySet, _name: str, value: str) -> QuerySet[Notification]:
        """Find by the number of the purchase."""
        return rows.filter(reference=value.strip())
