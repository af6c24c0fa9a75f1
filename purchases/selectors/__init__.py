"""Reads over many purchases: what is open, how old it is, what needs a decision, what happened lately."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Case, Count, F, FilteredRelation, IntegerField, Q, Sum, Value, When
from django.db.models.functions import Concat

from core.letters import Address, clip, fill, formatter, letter_language
from core.money import Money
from customers.models import ContactKind, Customer, CustomerType
from customers.selectors import main_contact
from mailing.models import Email
from purchases.models import (
    Channel,
    Document,
    HistoryEntry,
    OfPurchaseQuerySet,
    ProductPrice,
    Purchase,
    ReviewCheck,
    Source,
)
from purchases.policy import EFFECTS, Buyer, Effect, PastOrder, compare, outcome
from purchases.states import Status
from purchases.wording import PO_TEXTS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date, datetime

    from django.db.models import QuerySet

    from accounts.models import Client, User
    from customers.services import CustomerInput
    from mailing.querysets import EmailQuerySet
    from purchases.models import Policy
    from purchases.policy import PolicyTerms


MOST_CARRIERS: Final = 5


@dataclass(frozen=True, slots=True)
class Age:
    """A class of open amounts by days overdue, ends included; `first` 0 is what is not due, `last` None has no end."""

    label: str
    first: int
    last: int | None


AGES: Final = (
    Age("Not due", 0, 0),
    Age("1–14 d", 1, 14),
    Age("15–30 d", 15, 30),
    Age("31–60 d", 31, 60),
    Age("61–90 d", 61, 90),
    Age("> 90 d", 91, None),
)


@dataclass(frozen=True, slots=True)
class Part:
    """Open amounts of one age: the sum in minor units and the number of purchases."""

    minor: int = 0
    count: int = 0


@dataclass(frozen=True, slots=True)
class Balance:
    """What is open in one currency, by age (one part for each of `AGES`)."""

    currency: str
    parts: tuple[Part, ...]

    @property
    def open(self) -> Part:
        """All of it."""
        return _sum(self.parts)

    @property
    def overdue(self) -> Part:
        """What should have been paid."""
        return _sum(self.parts[1:])


def _sum(parts: Sequence[Part]) -> Part:
    return Part(sum(part.minor for part in parts), sum(part.count for part in parts))


def balances(user: User, client: Client | None, *, days: Mapping[int, date]) -> list[Balance]:
    """Add up what is open for what `user` sees, by currency and age; the currency with most purchases first.

    `days` says which day it is at each client (by primary key). Test orders are no exposure. One query.
    """
    rows = (
        Purchase.objects.visible_to(user, client)
        .open()
        .real()
        .order_by()
        .annotate(age=age_of(days))
        .values_list("currency", "age")
        .annotate(minor=Sum(F("gross_minor") - F("paid_minor") + F("refunded_minor")), count=Count("pk"))
    )
    found: dict[str, dict[int, Part]] = {}
    for currency, age, minor, count in rows:
        found.setdefault(currency, {})[age] = Part(minor, count)
    sums = [
        Balance(currency, tuple(parts.get(number, Part()) for number in range(len(AGES))))
        for currency, parts in found.items()
    ]
    return sorted(sums, key=lambda balance: (-balance.open.count, balance.currency))


def age_of(days: Mapping[int, date], ages: Sequence[Age] = AGES) -> Case:
    """Number the age of each purchase, oldest first so that the first match holds; one set of cases for each day."""
    clients: dict[date, list[int]] = {}
    for pk, day in days.items():
        clients.setdefault(day, []).append(pk)
    cases = [
        When(
            Q(status=Status.PURCHASE_ORDER, client__in=pks, due_on__lte=day - timedelta(days=age.first)),
            then=Value(number),
        )
        for day, pks in clients.items()
        for number, age in reversed(list(enumerate(ages)))
        if number
    ]
    return Case(*cases, default=Value(0), output_field=IntegerField())


def latest_entries(user: User, client: Client | None, *, limit: int, shows_internal: bool) -> list[HistoryEntry]:
    """List what was written down last about the purchases `user` sees. One query."""
    rows: QuerySet[Any] = OfPurchaseQuerySet(HistoryEntry).visible_to(user, client).select_related("purchase", "by")
    if not shows_internal:
        rows = rows.filter(is_internal=False)
    return list(rows.order_by("-pk")[:limit])


CHECKLIST: Final[dict[str, str]] = {
    "letterhead": "Letterhead",
    "signature": "Signature",
    "reference": "Reference number",
    "products": "Products",
    "quantities": "Quantities",
    "amount": "Amount and currency",
    "addresses": "Addresses",
    "po_number": "PO number",
}
"""What a reviewer compares between the PO document and the order, in this order."""


@dataclass(frozen=True, slots=True)
class Review:
    """How far a purchase's checklist is: the checks by line, what is met, found wanting, and not looked at."""

    checks: Mapping[str, ReviewCheck]

    @property
    def in_order(self) -> list[tuple[str, ReviewCheck]]:
        """The lines somebody looked at, by name."""
        return [(label, self.checks[key]) for key, label in CHECKLIST.items() if key in self.checks]

    @property
    def met(self) -> list[str]:
        """The lines that are met."""
        return [key for key in CHECKLIST if key in self.checks and self.checks[key].is_met]

    @property
    def unmet(self) -> list[str]:
        """The lines that are not met."""
        return [key for key in CHECKLIST if key in self.checks and not self.checks[key].is_met]

    @property
    def open(self) -> list[str]:
        """The lines nobody looked at."""
        return [key for key in CHECKLIST if key not in self.checks]

    @property
    def progress(self) -> str:
        """How many lines are met, such as “6 of 8 met”."""
        return f"{len(self.met)} of {len(CHECKLIST)} met"

    @property
    def doubts(self) -> list[str]:
        """A sentence each for what is not met and what nobody looked at."""
        unmet = [
            CHECKLIST[key] + (f" ({self.checks[key].note})" if self.checks[key].note else "") for key in self.unmet
        ]
        lines = [f"Not met: {', '.join(unmet)}."] if unmet else []
        return [*lines, f"Not checked: {', '.join(CHECKLIST[key] for key in self.open)}."] if self.open else lines

    @property
    def result(self) -> str:
        """All of it in one text, for the history."""
        return " ".join([f"Checklist: {self.progress}.", *self.doubts])


def review_of(purchase: Purchase) -> Review:
    """Read a purchase's checklist. One query."""
    checks = ReviewCheck.objects.filter(purchase=purchase, key__in=CHECKLIST).select_related("by")
    return Review({check.key: check for check in checks})


def others_with_po_number(purchase: Purchase) -> list[Purchase]:
    """List the customer's other purchases that carry the same PO number, newest first. One query."""
    if not purchase.po_number.strip():
        return []
    rows = Purchase.objects.filter(
        client=purchase.client_id, customer=purchase.customer_id, po_number__iexact=purchase.po_number.strip()
    )
    return list(rows.exclude(pk=purchase.pk).with_parties().order_by("-ordered_at", "-pk")[:MOST_CARRIERS])


# What a change of the policy would have done -----------------------------------------------------------------------

REHEARSED_DAYS: Final = 90
MOST_AFFECTED: Final = 50


@dataclass(frozen=True, slots=True)
class Affected:
    """One order that a change of the policy would have treated otherwise."""

    reference: str
    customer: str
    gross: Money
    ordered_on: date
    effect: Effect


@dataclass(slots=True)
class Tally:
    """How many orders, and their amounts in minor units by currency."""

    count: int = 0
    amounts: dict[str, int] = field(default_factory=dict)

    def add(self, gross: Money) -> None:
        """Count one more."""
        self.count += 1
        self.amounts[gross.currency] = self.amounts.get(gross.currency, 0) + gross.minor


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a change of the policy would have done to the orders of the last days, newest first.

    `tallies` counts orders by kind of effect; `before` and `after` count what was `offered`, `reviewed` and delivered
    at `once`. `affected` holds the first orders with an effect, `affected_count` how many there are.
    """

    order_count: int
    tallies: dict[str, Tally]
    before: dict[str, int]
    after: dict[str, int]
    affected: list[Affected]
    affected_count: int


def rehearse(
    client: Client,
    *,
    old: PolicyTerms,
    new: PolicyTerms,
    trusted_before: Collection[int],
    trusted_after: Collection[int],
    at: datetime,
) -> Rehearsal:
    """Apply two versions of a client's rules to the orders of the last 90 days at its checkout and partner portal.

    Trusted customers are primary keys. Test orders, and orders keyed in by Customer Service, are left out. One query.
    """
    tallies = {kind: Tally() for kind in EFFECTS}
    before, after = dict.fromkeys(COUNTED, 0), dict.fromkeys(COUNTED, 0)
    affected: list[Affected] = []
    count = affected_count = 0
    for row in _past_orders(client, since=at - timedelta(days=REHEARSED_DAYS)):
        order = _past_order(row, client)
        was = outcome(old, order, is_trusted=row["customer"] in trusted_before)
        would_be = outcome(new, order, is_trusted=row["customer"] in trusted_after)
        effect = compare(was, would_be, is_po=order.is_po)
        count += 1
        for counts, result in ((before, was), (after, would_be)):
            counts["offered"] += result.offer.is_offered
            counts["reviewed"] += result.offer.is_reviewed
            counts["once"] += result.delivery == "immediate"
        if not effect.kinds:
            continue
        affected_count += 1
        for kind in effect.kinds:
            tallies[kind].add(order.gross)
        if len(affected) < MOST_AFFECTED:
            who = row["billing_company"] or row["billing_last_name"] or row["billing_email"]
            affected.append(Affected(row["reference"], who, order.gross, order.ordered_on, effect))
    return Rehearsal(count, tallies, before, after, affected, affected_count)


COUNTED: Final = ("offered", "reviewed", "once")


def _past_orders(client: Client, *, since: datetime) -> QuerySet[Any, dict[str, Any]]:
    rows = Purchase.objects.filter(
        client=client, ordered_at__gte=since, source__in=[Source.CHECKOUT, Source.PARTNER]
    ).real()
    billing = FilteredRelation("contacts", condition=Q(contacts__kind=ContactKind.BILLING))
    return (
        rows.annotate(billing=billing)
        .order_by("-ordered_at", "-pk")
        .values(
            "reference",
            "customer",
            "customer_type",
            "billing_company",
            "billing_last_name",
            "billing_email",
            "billing__country",
            "gross_minor",
            "currency",
            "ordered_at",
            "released_at",
            "source",
            "is_po",
            "po_number",
        )
    )


def _past_order(row: Mapping[str, Any], client: Client) -> PastOrder:
    zone = client.zone
    return PastOrder(
        buyer=Buyer(row["customer_type"], row["billing_company"], row["billing__country"] or ""),
        gross=Money(row["gross_minor"], row["currency"]),
        ordered_on=row["ordered_at"].astimezone(zone).date(),
        released_on=row["released_at"].astimezone(zone).date() if row["released_at"] else None,
        is_portal=row["source"] == Source.PARTNER,
        is_po=row["is_po"],
        has_po_number=bool(row["po_number"]),
    )


def customers_named(client: Client, text: str, *, limit: int = 20) -> list[Customer]:
    """Find a client's customers by company, or by a contact's e-mail or last name. One query."""
    words = Q(company__icontains=text) | Q(contacts__email__istartswith=text) | Q(contacts__last_name__istartswith=text)
    found = Customer.objects.standing().filter(words, client=client).distinct()
    return list(found.order_by("company", "pk")[:limit])


def customers_with_email(client: Client, email: str) -> list[Customer]:
    """Find a client's customers whose billing contact has this e-mail. One query."""
    found = (
        Customer.objects.standing()
        .filter(client=client, contacts__kind=ContactKind.BILLING, contacts__email__iexact=email)
        .distinct()
    )
    return list(found.order_by("pk"))


def currencies_of(client: Client) -> list[str]:
    """List the currencies in which a client has prices."""
    prices = ProductPrice.objects.filter(product__client=client).order_by("currency")
    return list(prices.values_list("currency", flat=True).distinct())


# Trusted customers ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Trust:
    """Whether an order is a trusted customer's, and what in it is other than what is on file about that customer.

    Anybody can type a company and an e-mail address. So an order goes past the review only when nothing in it is new:
    then the keys go to the mailbox that is on file, and the invoice says what earlier ones said.
    """

    customer: str
    is_listed: bool
    gaps: tuple[str, ...] = ()

    @property
    def is_given(self) -> bool:
        """Whether the order need not be reviewed."""
        return self.is_listed and not self.gaps

    def sentence(self, policy: Policy) -> str:
        """Say why an order on purchase order is reviewed, or why not."""
        if not policy.review:
            return f"Not reviewed: version {policy.version} of the policy reviews nothing."
        if self.is_given:
            return f"Not reviewed: {self.customer} is a trusted customer, and everything is as it is on file."
        if self.is_listed:
            new = ", ".join(self.gaps)
            return f"Reviewed although {self.customer} is a trusted customer: other than on file is {new}."
        return f"Reviewed: version {policy.version} of the policy asks for it."


ON_FILE: Final = {
    "company": "the company",
    "first_name": "the first name",
    "last_name": "the last name",
    "email": "the e-mail address",
    "street": "the street",
    "postal_code": "the postal code",
    "city": "the city",
    "state": "the state",
    "country": "the country",
}


def trust_of(policy: Policy, customer: Customer, given: CustomerInput) -> Trust:
    """Compare what an order says about its customer with what is on file, where the policy trusts that customer."""
    if not policy.trusted_customers.filter(pk=customer.pk).exists():
        return Trust(str(customer), is_listed=False)
    return Trust(str(customer), is_listed=True, gaps=tuple(other_than_on_file(customer, given)))


def other_than_on_file(customer: Customer, given: CustomerInput) -> list[str]:
    """Name what an order says otherwise about its customer than what is on file."""
    contact = main_contact(customer)
    same = {label: (getattr(contact, name), getattr(given.billing, name)) for name, label in ON_FILE.items()}
    same |= {"the customer type": (customer.type, given.type), "the VAT ID": (customer.vat_id, given.vat_id)}
    gaps = [label for label, (known, typed) in same.items() if known.casefold() != typed.casefold()]
    others = {"the delivery contact": given.delivery, "the licensee": given.licensee}
    gaps += [label for label, address in others.items() if address is not None]
    return gaps


# How to order on purchase order, for customers -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Instructions:
    """How to send a purchase order to a client, in one language; `missing` names channels without an address."""

    language: str
    name: str
    title: str
    opening: str
    is_open: bool
    contents_title: str
    contents: tuple[str, ...]
    channels_title: str
    channels: tuple[tuple[str, tuple[str, ...]], ...]
    terms_title: str
    terms: tuple[str, ...]
    own_title: str
    own: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def text(self) -> str:
        """All of it as plain text, to paste."""
        blocks = [self.title, self.opening]
        if self.is_open:
            lists = (
                (self.contents_title, self.contents),
                (self.channels_title, [f"{label}: {', '.join(lines)}" for label, lines in self.channels]),
                (self.terms_title, self.terms),
            )
            blocks += ["\n".join([title, *(f"• {line}" for line in lines)]) for title, lines in lists]
        return "\n\n".join([*blocks, *self.own]) + "\n"


def po_instructions(policy: Policy, language: str) -> Instructions:
    """Write how customers order on purchase order under this version of a client's policy.

    Only channels that the policy accepts and the client has an address for are named; e-mail when there is none.
    """
    client, code = policy.client, letter_language(language)
    texts = PO_TEXTS[code]
    values = {"client": clip(client.name), "client_email": clip(client.email)}
    accepted = [channel for channel in Channel.values if channel in (policy.accepted_channels or Channel.values)]
    addresses = _addresses(client, code, texts["upload"])
    named = [channel for channel in accepted if addresses[channel]] or [Channel.EMAIL.value]
    signed = ["signature"] if {Channel.FAX, Channel.LETTER} & set(named) else []
    is_open = policy.offered_at_checkout or policy.on_request
    return Instructions(
        language=code,
        name=texts["name"],
        title=fill(texts["title"], values),
        opening=fill(texts["opening" if is_open else "closed"], values),
        is_open=is_open,
        contents_title=texts["contents"],
        contents=tuple(texts[f"content_{name}"] for name in (*CONTENTS, *signed)),
        channels_title=texts["channels"],
        channels=tuple((texts[f"channel_{channel}"], addresses[channel]) for channel in named),
        terms_title=texts["terms"],
        terms=(*_terms(policy, texts), *_bounds(policy, code)),
        own_title=texts["more"],
        own=tuple(part for part in map(str.strip, str(policy.texts.get(code, "")).splitlines()) if part),
        missing=tuple(str(Channel(channel).label) for channel in accepted if not addresses[channel]),
    )


CONTENTS: Final = ("letterhead", "reference", "products", "licensee", "addresses", "contact", "email", "currency")


def _addresses(client: Client, language: str, upload: str) -> dict[str, tuple[str, ...]]:
    street = Address(
        company=client.name,
        street=client.street,
        postal_code=client.postal_code,
        city=client.city,
        country=client.country,
    )
    lines = street.lines(language=language, home="")
    return {
        Channel.EMAIL: (client.email,) if client.email else (),
        Channel.FAX: (clip(client.fax),) if client.fax else (),
        Channel.LETTER: tuple(lines) if client.street else (),
        Channel.UPLOAD: (upload,),
    }


def _terms(policy: Policy, texts: Mapping[str, str]) -> list[str]:
    types = [texts[f"type_{code}"] for code in CustomerType.values if code in policy.eligible_types]
    lines = [fill(texts["types"], {"types": texts["types_separator"].join(types)})] if types else []
    lines += [fill(texts["term"], {"days": str(policy.term_days)}), texts[policy.delivery]]
    if policy.po_number_required:
        lines.append(texts["number"])
    if policy.review and policy.offered_at_checkout:
        lines.append(fill(texts["deadline"], {"days": str(policy.document_deadline_days)}))
    return lines


def _bounds(policy: Policy, language: str) -> list[str]:
    texts, words = PO_TEXTS[language], formatter(language)
    bounds = (("minimum", policy.minimum), ("maximum", policy.maximum))
    return [
        fill(
            texts[name],
            {"amount": texts["or"].join(words.money(minor, currency) for currency, minor in sorted(amounts.items()))},
        )
        for name, amounts in bounds
        if amounts
    ]


# What belongs to a purchase -------------------------------------------------------------------------------------------


def documents_of(purchase: Purchase) -> QuerySet[Document]:
    """Its documents, and the letters about several orders that asked for it, too: those hang on one of the orders."""
    # a union is found by two indexes; an OR of the same would read the whole table
    own = Document.objects.filter(purchase=purchase).values("pk")
    return Document.objects.filter(pk__in=own.union(purchase.notices.exclude(document=None).values("document")))


PAYABLES, DELIVERY = "payables", "delivery"
"""How the key of a letter's e-mail ends that went to a second address of the customer, too."""


def emails_of(purchase: Purchase) -> EmailQuerySet:
    """Its e-mails, and those about several orders that asked for it, too, with their copies."""
    own = Email.objects.filter(reference=purchase.reference, client=purchase.client_id).values("pk")
    letters = purchase.notices.exclude(email=None)
    keys = [letters.values(key=Concat("email__dedupe_key", Value(f":{role}"))) for role in (PAYABLES, DELIVERY)]
    copies = [Email.objects.filter(dedupe_key__in=key).values("pk") for key in keys]
    ordered = Email.objects.filter(original__in=letters.values("email")).values("pk")
    return Email.objects.filter(pk__in=own.union(letters.values("email"), ordered, *copies))
