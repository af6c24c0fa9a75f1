"""Which certificates a list shows: the filter bar, and what can be searched by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

import django_filters as filters
from django import forms
from django.db.models import Q

from core.conditions import Asker, Choice, Day, Flag, Number, Parameter, Text, one_of
from taxexempt.models import BusinessType, Certificate, Reason, Source, TaxIdType
from taxexempt.states import Status
from taxexempt.states.places import NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.db.models import QuerySet

    from accounts.models import Client, User

LONGEST_NUMBER: Final = 18
STATES: Final = tuple((code, f"{name} ({code})") for code, name in NAMES.items())


class CertificateFilter(filters.FilterSet):
    """The bar above the certificates."""

    q = filters.CharFilter(
        label="Search",
        method="find",
        max_length=100,
        widget=forms.TextInput(attrs={"placeholder": "Company, tax ID, e-mail, document ID"}),
    )
    state_of_issue = filters.ChoiceFilter(label="State of issue", choices=STATES, empty_label="Any state")

    class Meta:
        model = Certificate
        fields: ClassVar = ["q", "state_of_issue"]

    def find(self, rows: QuerySet[Certificate], _name: str, value: str) -> QuerySet[Certificate]:
        """Find by a part of the company, contact or e-mail, by the tax ID, or by the document's own number."""
        found = Q()
        for name in ("company", "last_name", "email", "tax_id", "customer__company"):
            found |= Q(**{f"{name}__icontains": value})
        if value.isascii() and value.isdigit() and len(value) <= LONGEST_NUMBER:
            found |= Q(pk=int(value))
        return rows.filter(found)


@dataclass(frozen=True)
class CertificateAsker(Asker):
    """Who searches certificates: among whose clients and staff."""

    clients: Sequence[Client]
    people: Iterable[User]


class Attached(Flag):
    """Whether there is an attachment."""

    def where(self, name: str, operator: str, terms: list[str], asker: Asker) -> Q:  # noqa: ARG002
        """Compare with the files."""
        return Q(**{f"{name}__isnull": one_of(terms, "Choose one.") == "no"})


WORDS: Final = Text()
CHOICE: Final = Choice()
DAY: Final = Day()
MOMENT: Final = Day(is_moment=True)

PARAMETERS: Final = (
    Parameter("status", "Document status", CHOICE, "status", "Document", Status.choices),
    Parameter("id", "Document ID", Number(), "pk", "Document"),
    Parameter("uploaded", "Upload date", MOMENT, "created_at", "Document"),
    Parameter("modified", "Date modified", MOMENT, "changed_at", "Document"),
    Parameter("attachment", "Attachment", Attached(), "first_file", "Document"),
    Parameter("source", "Came by", CHOICE, "source", "Document", Source.choices),
    Parameter(
        "assignee",
        "Assignee",
        CHOICE,
        "assignee",
        "Document",
        lambda asker: [(str(user.pk), str(user)) for user in asker.people],
        is_optional=True,
    ),
    Parameter("tax-id", "Tax ID", WORDS, "tax_id", "Exemption"),
    Parameter("tax-id-type", "Tax ID type", CHOICE, "tax_id_type", "Exemption", TaxIdType.choices),
    Parameter("reason", "Reason for exemption", CHOICE, "reason", "Exemption", Reason.choices),
    Parameter("state-of-issue", "State of issue", CHOICE, "state_of_issue", "Exemption", STATES),
    Parameter("issued", "Certification effective date", DAY, "issued_on", "Exemption"),
    Parameter("expires", "Expiration date", DAY, "expires_on", "Exemption"),
    Parameter("company", "Company", WORDS, "company", "Contact"),
    Parameter("business", "Type of business", CHOICE, "business_type", "Contact", BusinessType.choices),
    Parameter("first-name", "First name", WORDS, "first_name", "Contact"),
    Parameter("last-name", "Last name", WORDS, "last_name", "Contact"),
    Parameter("email", "E-mail", WORDS, "email", "Contact"),
    Parameter("state", "State", WORDS, "state", "Contact"),
)
CLIENT: Final = Parameter(
    "client",
    "Client",
    CHOICE,
    "client",
    "Document",
    lambda asker: [(str(client.pk), client.name) for client in asker.clients],
)
"""For those who see several clients."""
