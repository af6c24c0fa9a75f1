"""Reading customers: what they are called, what a merge would do, what anonymizing would."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django_countries import countries

from accounts.models import Export
from customers.models import Contact, ContactKind, Customer, CustomerType, Merge, MergeKind
from customers.signals import anonymizing_asked, merge_asked

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from django.dispatch import Signal

CUSTOMER_FIELDS: Final = {
    "company": "Company",
    "type": "Type",
    "vat_id": "VAT ID",
    "language": "Language",
    "payables_email": "E-mail of accounts payable",
}
"""What a customer says about itself: the field and its name on screens."""
REACHED_BY: Final = ("email", "phone", "fax")
"""What a contact takes over from those merged into it where it has nothing: the rest belongs together."""
UNDONE_FOR: Final = timedelta(days=30)


# Merging -------------------------------------------------------------------------------------------------------------


def effects_of_merge(kept: Customer, gone: Customer) -> tuple[list[str], str]:
    """Say what would happen if `gone` became a part of `kept`, in sentences; or, second, why it can't."""
    refusal = _unfit(kept, gone)
    return ([], refusal) if refusal else _effects(merge_asked, kept=kept, gone=gone)


def _unfit(kept: Customer, gone: Customer) -> str:
    if kept.pk == gone.pk:
        return "Choose another customer: this is the same one."
    if kept.client_id != gone.client_id:
        return "These are customers of two clients: they stay two."
    for customer in (kept, gone):
        if customer.merged_into_id is not None:
            return f"{named(customer)} was merged into another customer already."
        if customer.anonymized_at is not None:
            return f"{named(customer)} was anonymized: it stays as it is."
    return ""


def _effects(asked: Signal, **about: Any) -> tuple[list[str], str]:
    answers: list[Any] = [effect for _receiver, effect in asked.send(Customer, **about)]
    refusal = next((effect.refusal for effect in answers if effect.refusal), "")
    return [line for effect in answers for line in effect.lines], refusal


def taken_over(contacts: Mapping[str, Contact], into: str) -> dict[str, str]:
    """What the contact `into` takes over where it has nothing: the first other one's, in the order of their kinds."""
    others = [contacts[kind] for kind in ContactKind.values if kind in contacts and kind != into]
    first = {name: next((value for other in others if (value := getattr(other, name))), "") for name in REACHED_BY}
    return {name: value for name, value in first.items() if value and not getattr(contacts[into], name)}


def effects_of_contact_merge(customer: Customer) -> tuple[list[str], str]:
    """Say for each contact of a customer what would happen if the others were merged into it; or why that can't be."""
    contacts = {contact.kind: contact for contact in customer.contacts.all()}
    if len(contacts) < 2:  # noqa: PLR2004 -- a pair
        return [], "There is only one contact: nothing to merge."
    lines = []
    for kind, contact in sorted(contacts.items()):
        go = " and ".join(ContactKind(other).label.lower() for other in sorted(contacts) if other != kind)
        taken = ", ".join(f"{name} {value}" for name, value in taken_over(contacts, kind).items())
        gets = f"; it takes over {taken}" if taken else ""
        lines.append(f"Into {contact.get_kind_display().lower()}: the {go} contact goes{gets}.")
    return [*lines, "Purchases that are there keep their own addresses. For 30 days it can be undone here."], ""


def undo_refusal(merge: Merge, *, at: datetime) -> str:
    """Say why a merge can't be undone (any more); empty when it can."""
    if merge.undone_at is not None:
        return "This merge was undone already."
    if at - merge.at > UNDONE_FOR:
        return f"A merge can be undone for {UNDONE_FOR.days} days: this one is older."
    if merge.kept.merged_into_id is not None:
        return f"{named(merge.kept)} was itself merged since: undo that merge first."
    if merge.kept.anonymized_at is not None:
        return f"{named(merge.kept)} was anonymized since: what was merged can't be told apart any more."
    return ""


def undo_effects(merge: Merge) -> list[str]:
    """Say what undoing a merge puts back, and what stays."""
    if merge.kind == MergeKind.CONTACTS:
        return ["The contacts are again as they were; what somebody entered since stays."]
    count = len(merge.moved["rows"].get("purchases", []))
    back = "1 purchase goes" if count == 1 else f"{count:,} purchases go"
    return [
        f"{back} back to {named(merge.gone)}, with all else that the merge moved.",
        f"What came since stays with {named(merge.kept)}; so does what somebody changed since.",
    ]


def family_of(pks: Collection[int]) -> dict[int, int]:
    """Find the customers that are these by now, however often they were merged on: each with the one that it became."""
    found = {pk: pk for pk in pks}
    newest = found
    while newest:
        rows = Customer.objects.filter(merged_into__in=newest).values_list("pk", "merged_into")
        newest = {pk: found[into] for pk, into in rows if into is not None}
        found |= newest
    return found


def merges_of(customer: Customer) -> list[Merge]:
    """List what was merged into a customer, the newest first."""
    return list(Merge.objects.filter(kept=customer).select_related("gone", "kept", "by", "undone_by").order_by("-pk"))


def named(customer: Customer) -> str:
    """What a customer is called: its company, else whoever is its contact, else its number."""
    if customer.anonymized_at is not None:
        return f"Anonymized customer {customer.pk}"
    main = main_contact(customer)
    return customer.company or main.name or main.email or f"Customer {customer.pk}"


def main_contact(customer: Customer) -> Contact:
    """Who stands for the customer: the billing contact, else any; an empty one when there is none."""
    contacts = {contact.kind: contact for contact in customer.contacts.all()}
    return contacts.get(ContactKind.BILLING) or next(iter(contacts.values()), Contact(customer=customer))


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that two customers say differently: a field, or a whole contact."""

    name: str
    label: str
    kept: str
    gone: str


def differences(kept: Customer, gone: Customer) -> list[Difference]:
    """List what two customers say differently; a contact that only one has is no difference."""
    found = [
        Difference(name, label, _shown(kept, name), _shown(gone, name))
        for name, label in CUSTOMER_FIELDS.items()
        if getattr(kept, name) != getattr(gone, name)
    ]
    theirs = {contact.kind: contact for contact in gone.contacts.all()}
    mine = {contact.kind: contact for contact in kept.contacts.all()}
    for kind in ContactKind:
        if kind.value in mine and kind.value in theirs:
            one, other = address_lines(mine[kind.value]), address_lines(theirs[kind.value])
            if one != other:
                found.append(Difference(kind.value, f"{kind.label} contact", one, other))
    return found


def _shown(customer: Customer, name: str) -> str:
    return in_words(name, getattr(customer, name))


def in_words(name: str, value: str) -> str:
    """A customer's or contact's field as people read it."""
    words: dict[str, dict[str, Any]] = {
        "type": dict(CustomerType.choices),
        "language": dict(settings.LANGUAGES),
        "country": {value: countries.name(value) or value},
    }
    return str(words.get(name, {}).get(value, value)) or "–"


def address_lines(contact: Contact) -> str:
    """A contact as lines of text."""
    place = " ".join(filter(None, (contact.postal_code, contact.city, contact.state)))
    country = countries.name(contact.country) or contact.country
    lines = (contact.company, contact.name, contact.street, place, country, contact.email, contact.phone, contact.fax)
    return "\n".join(line for line in lines if line)


# Anonymizing ---------------------------------------------------------------------------------------------------------


def effects_of_anonymizing(customer: Customer) -> tuple[list[str], str]:
    """Say what anonymizing would take out and what stays, in sentences; or, second, why it can't be done."""
    if customer.merged_into_id is not None:
        return [], "This customer was merged into another one: anonymize that one."
    if customer.anonymized_at is not None:
        return [], "This customer was anonymized already."
    lines, refusal = _effects(anonymizing_asked, customer=customer)
    count = Export.objects.with_rows_of(customer.client).count()
    if count:
        files = (
            "1 exported file that may say its names is"
            if count == 1
            else f"{count:,} exported files that may say its names are"
        )
        lines.append(f"{files} removed, whoever exported them; those who did can export their lists again.")
    return lines, refusal
