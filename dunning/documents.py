"""The three notices and the partner statement, frozen at issue (see `purchases.documents`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from core.days import is_business_day, next_business_day, nth_business_day_after
from core.letters import Address, clip, fill, letter_language
from core.money import Money
from customers.models import ContactKind
from dunning.models import LetterText, Settings
from dunning.wording import LABELS, STATEMENTS
from dunning.wording.accounts import ACCOUNTS
from dunning.wording.places import text_of
from purchases.documents import (
    Voice,
    bank_rows,
    frame,
    item_table,
    items_of,
    latest_bill,
    latest_bills,
    particulars,
    payment_box,
    purchase_frame,
    purchase_values,
    salutation,
    sum_row,
    total_rows,
    voice_of,
)
from purchases.models import DocumentKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from accounts.models import Client
    from customers.models import Customer
    from dunning.wording import NoticeText
    from partners.models import Partner
    from purchases.documents import Bill
    from purchases.models import Purchase

TEMPLATES: Final[dict[str, str]] = {
    DocumentKind.NOTICE_1: "letters/notice.html",
    DocumentKind.NOTICE_2: "letters/notice.html",
    DocumentKind.NOTICE_3: "letters/notice.html",
    DocumentKind.STATEMENT: "letters/statement.html",
}
DAYS_TO_PAY: Final = {1: 10, 2: 10, 3: 6}
"""Calendar days a notice leaves, always less than the distance to the next step."""
DAYS_TO_NEXT: Final = {1: 14, 2: 14, 3: 7}
LAST_LEVEL: Final = 3
JOINT_TEMPLATE: Final = "letters/notice_joint.html"
ON_ONE_LETTER: Final = 30
"""How many orders a letter lists: more of a customer's go on to another one."""
ROOMY: Final = 7
"""Items and sums up to which a notice fits on a page in every language without being set tighter."""
ON_TRANSFER: Final = 140
"""Characters that banks carry from payer to payee (SEPA, unstructured)."""


def settings_of(client: Client) -> Settings:
    """Find how a client's dunning goes; the defaults where nothing was set. Read once per row at hand."""
    return getattr(client, "dunning_settings", None) or Settings(client=client)


def notice_text(client: Client, *, level: int, language: str) -> NoticeText:
    """Find the words of a client's letter: its newest version, else the standard."""
    rows = LetterText.objects.filter(client=client, step=f"pdn{level}", language=language)
    texts = rows.order_by("-version").values_list("texts", flat=True).first()
    return text_of(f"pdn{level}", language, texts or {})


def pay_by(on: date, level: int, client: Client) -> date:
    """Choose the day by which to pay: the last business day of the time a notice leaves, never the notice's own."""
    day = on + timedelta(days=DAYS_TO_PAY[level])
    while day > on and not is_business_day(day, client.country, client.subdivision):
        day -= timedelta(days=1)
    return day if day > on else next_business_day(on + timedelta(days=1), client.country, client.subdivision)


def cancel_day(purchase: Purchase, notified_on: date) -> date:
    """Find the day on which an order is canceled whose client is notified on `notified_on`."""
    client, days = purchase.client, purchase.policy.cancel_after_business_days
    return nth_business_day_after(notified_on, days, client.country, client.subdivision)


@dataclass(frozen=True, slots=True)
class _Days:
    """The days a notice names."""

    pay_by: date
    next_on: date
    cancel_on: date


def _days(purchase: Purchase, level: int, on: date) -> _Days:
    client = purchase.client
    next_on = on + timedelta(days=DAYS_TO_NEXT[level])
    return _Days(pay_by(on, level, client), next_on, cancel_day(purchase, next_on))


def notice_values(
    purchase: Purchase, voice: Voice, *, level: int, bills: Mapping[int, Bill] | None = None
) -> dict[str, str]:
    """List what a notice and its e-mail may say, for a notice dated the voice's day.

    `bills`: the latest bill of each purchase where they were read for many at once.
    """
    bill = latest_bill(purchase) if bills is None else bills.get(purchase.pk)
    days, label = _days(purchase, level, voice.on), LABELS[voice.language]
    values = purchase_values(purchase, voice)
    overdue = max((voice.on - purchase.due_on).days, 0) if purchase.due_on else 0
    return {
        **values,
        "invoice_number": bill.number if bill else purchase.reference,
        "invoice_kind": bill.kind if bill else "",
        "invoice_on": voice.write.day(bill.issued_at.astimezone(voice.client.zone).date()) if bill else "",
        "days": str(overdue),
        "pay_by": voice.write.day(days.pay_by),
        "next_on": voice.write.day(days.next_on),
        "cancel_on": voice.write.day(days.cancel_on),
        "disregard": label["disregard"],
    }


def notice_data(
    purchase: Purchase,
    *,
    level: int,
    number: str,
    at: datetime,
    credited_minor: int = 0,
    text: NoticeText | None = None,
    bills: Mapping[int, Bill] | None = None,
) -> dict[str, Any]:
    """Freeze payment delinquency notice 1, 2 or 3: what is open and why, until when to pay, what happens next.

    `credited_minor` is what credit notes took off the invoice, `text` other words than the client's own. `values` are
    for the e-mail that brings the letter; `bills` as for `notice_values`.
    """
    voice = voice_of(purchase, at=at)
    label = LABELS[voice.language]
    text = text or notice_text(voice.client, level=level, language=voice.language)
    values, items = notice_values(purchase, voice, level=level, bills=bills), items_of(purchase)
    owed = Money(purchase.open_amount.minor - credited_minor, purchase.currency)
    values["open"] = voice.write.money(owed.minor, owed.currency)
    letter = purchase_frame(purchase, voice, text.letter, number=number, values=values)
    letter["particulars"] = particulars(
        purchase,
        voice,
        (label["notice_number"], number),
        (label["notice_date"], letter["date"]),
        (values["invoice_kind"], values["invoice_number"] if values["invoice_kind"] else ""),
        ("invoice_date", values["invoice_on"]),
        ("due_date", values["due_on"]),
        (label["days_overdue"], values["days"]),
    )
    letter["items"] = item_table(items, voice, purchase.currency, has_codes=False)
    letter["closing"] = _in_one(letter["closing"], voice)
    letter["totals"] = total_rows(purchase, items, voice) + _settled(purchase, voice, owed, credited_minor)
    letter["payment"] = payment_box(
        voice,
        amount=owed,
        caption=voice.labels["open"],
        by=fill(voice.labels["pay_by"], {"due_on": values["pay_by"]}),
        rows=bank_rows(voice, purchase.currency, purchase.reference),
    )
    _claim(letter, voice, [(level, owed, int(values["days"]))])
    letter["is_tight"] = len(items) + len(letter["totals"]) > ROOMY
    letter["next"] = {"title": label["next_title"], "rows": _next(purchase, voice, level, values, text)}
    return {"letter": letter, "values": values}


def rank(purchase: Purchase, level: int) -> tuple[int, date, int]:
    """Put the orders of a joint letter in order: the highest level leads, among several the one due longest."""
    return -level, purchase.due_on or date.max, purchase.pk


def in_letters(ranked: Sequence[Any]) -> list[Sequence[Any]]:
    """Share out the orders of one customer among as few letters as hold them, none much shorter than another."""
    count = -(-len(ranked) // ON_ONE_LETTER)
    size = -(-len(ranked) // count)
    return [ranked[start : start + size] for start in range(0, len(ranked), size)]


def joint_notice_data(
    orders: Sequence[tuple[Purchase, int]],
    *,
    number: str,
    at: datetime,
    text: NoticeText | None = None,
    place: tuple[int, int] = (1, 1),
) -> dict[str, Any]:
    """Freeze one letter about several orders of one customer in one currency, each with the level it has reached.

    The first by `rank` sets the tone. `place`: which letter it is of how many that go out at once.
    """
    orders = sorted(orders, key=lambda order: rank(*order))
    lead, level = orders[0]
    voice, owed = voice_of(lead, at=at), sum((order.open_amount for order, _ in orders[1:]), lead.open_amount)
    label = LABELS[voice.language]
    text = text or notice_text(voice.client, level=level, language=voice.language)
    values = notice_values(lead, voice, level=level)
    days = [max((voice.on - order.due_on).days, 0) if order.due_on else 0 for order, _ in orders]
    values |= {
        "count": str(len(orders)),
        "days": str(max(days)),
        "open": voice.write.money(owed.minor, owed.currency),
    }
    words = text.letter._replace(subject=text.joint.subject, opening=text.joint.opening)
    letter = purchase_frame(lead, voice, words, number=number, values=values)
    letter["closing"] = _in_one(letter["closing"], voice)
    letter["particulars"] = [[label["notice_number"], number], [label["notice_date"], letter["date"]]]
    if place[1] > 1:
        of_many = fill(label["place"], {"number": str(place[0]), "count": str(place[1])})
        letter["particulars"].append([label["letter"], of_many])
        values["place"] = f"{place[0]}/{place[1]}"
    bills = _bill_numbers([order for order, _ in orders])
    letter["orders"] = {
        "head": {key: label[key] for key in ("reference", "po_number", "invoice", "level", "due", "days", "open")},
        "rows": [
            {
                "reference": order.reference,
                "po_number": clip(order.po_number, 40),
                "invoice": bills.get(order.pk, ""),
                "level": str(reached),
                "due": voice.write.short_day(order.due_on) if order.due_on else "",
                "days": str(overdue),
                "open": voice.write.figure(order.open_amount.minor, order.currency),
            }
            for (order, reached), overdue in zip(orders, days, strict=True)
        ],
    }
    letter["totals"] = [sum_row(fill(label["sum"], {"currency": owed.currency}), values["open"], "final")]
    references = clip(", ".join(order.reference for order, _ in orders), ON_TRANSFER)
    letter["payment"] = payment_box(
        voice,
        amount=owed,
        caption=voice.labels["open"],
        by=fill(voice.labels["pay_by"], {"due_on": values["pay_by"]}),
        rows=bank_rows(voice, owed.currency, references),
    )
    _claim(letter, voice, [(reached, o.open_amount, d) for (o, reached), d in zip(orders, days, strict=True)])
    letter["next"] = {"title": label["next_title"], "rows": _next(lead, voice, level, values, text)}
    return {"letter": letter, "values": values}


def _in_one(texts: Sequence[str], voice: Voice) -> list[str]:
    return [("" if voice.language == "ja" else " ").join(texts)]


def interest_minor(owed: Money, *, days: int, basis_points: int) -> int:
    """Work out simple interest for `days` at a yearly rate in hundredths of a percent; half a minor unit rounds up."""
    year = 365 * 10_000
    return (owed.minor * basis_points * days * 2 + year) // (2 * year)


def _claim(letter: dict[str, Any], voice: Voice, claims: Sequence[tuple[int, Money, int]]) -> None:
    """Show, below the open amount, the fee and interest that would be due; `claims`: level, open amount, days overdue.

    They are not booked, and their words say so: the amount to pay stays the open amount.
    """
    settings, label, currency = settings_of(voice.client), LABELS[voice.language], claims[0][1].currency
    fees: Mapping[str, int] = settings.fees.get(currency, {})
    fee = sum(fees.get(str(level), 0) for level, _, _ in claims)
    rate = settings.interest_basis_points
    interest = sum(interest_minor(owed, days=days, basis_points=rate) for _, owed, days in claims)
    percent = voice.write.percent(Decimal(rate) / 100)
    rows = [(label["fee"], fee), (fill(label["interest"], {"percent": percent}), interest)]
    shown = [sum_row(text, voice.write.money(minor, currency), "muted") for text, minor in rows if minor]
    if shown:
        letter["totals"] = [*letter["totals"], *shown]


def _settled(purchase: Purchase, voice: Voice, owed: Money, credited_minor: int) -> list[dict[str, str]]:
    def money(minor: int) -> str:
        return voice.write.money(minor, purchase.currency)

    rows = [sum_row(voice.labels["paid"], money(-purchase.kept.minor if purchase.kept else 0), "muted")]
    if credited_minor:
        rows.append(sum_row(voice.labels["credited"], money(-credited_minor), "muted"))
    return [*rows, sum_row(voice.labels["open"], money(owed.minor), "final")]


def _next(purchase: Purchase, voice: Voice, level: int, values: Mapping[str, str], text: NoticeText) -> list[list[str]]:
    label = LABELS[voice.language]
    paid = [fill(label["paid_when"], values), fill(label["paid_then"], values)]
    if level < LAST_LEVEL:
        return [paid, [fill(label["next_when"], values), fill(text.next, values)]]
    if purchase.policy.cancel_step and not purchase.is_partly_paid:
        return [paid, [fill(label["cancel_when"], values), fill(text.next, values)]]
    return [paid, [fill(label["next_when"], values), fill(text.next_without_cancel, values)]]


def statement_language(partner: Partner) -> str:
    """Choose the language of a partner's statement: its own, else the client's."""
    return letter_language(partner.customer.language if partner.customer else partner.client.language)


def partner_voice(partner: Partner, *, at: datetime) -> Voice:
    """Speak to a partner for its client."""
    client = partner.client
    return Voice(client, statement_language(partner), at.astimezone(client.zone).date(), at)


def statement_values(partner: Partner, voice: Voice, *, count: int) -> dict[str, str]:
    """List what a statement and its e-mail may say."""
    return {
        "client": clip(voice.client.name, 90),
        "client_email": clip(voice.client.email, 120),
        "number": clip(partner.code, 40),
        "on": voice.write.day(voice.on),
        "count": str(count),
        "disregard": LABELS[voice.language]["disregard"],
    }


def statement_data(partner: Partner, purchases: Sequence[Purchase], *, number: str, at: datetime) -> dict[str, Any]:
    """Freeze a partner's month-end statement: every unpaid order by currency, with what is open and overdue."""
    voice = partner_voice(partner, at=at)
    label, text = LABELS[voice.language], STATEMENTS[voice.language]
    values = statement_values(partner, voice, count=len(purchases))
    address, name = _partner_address(partner, voice)
    letter = frame(voice, text.letter, number=number, address=address, values=values)
    letter["salutation"] = salutation(voice, name)
    letter["particulars"] = [
        [label["statement_number"], number],
        [label["notice_date"], letter["date"]],
        [voice.labels["partner_code"], clip(partner.code, 40)],
    ]
    bills = _bill_numbers(purchases)
    ordered = sorted(purchases, key=lambda purchase: (purchase.currency, purchase.due_on or voice.on, purchase.pk))
    letter["orders"] = [
        _group(list(group), currency, voice, reference=clip(partner.code, 40), bills=bills)
        for currency, group in groupby(ordered, key=lambda purchase: purchase.currency)
    ]
    return {"letter": letter}


def _partner_address(partner: Partner, voice: Voice) -> tuple[list[str], str]:
    contact = partner.customer.contacts.filter(kind=ContactKind.BILLING).first() if partner.customer else None
    if contact is None:
        return [clip(partner.company), clip(partner.email)], ""
    address = Address(
        company=partner.company,
        name=contact.name,
        street=contact.street,
        postal_code=contact.postal_code,
        city=contact.city,
        state=contact.state,
        country=contact.country,
    )
    return address.lines(language=voice.language, home=voice.client.country), contact.name


def _bill_numbers(purchases: Sequence[Purchase]) -> dict[int, str]:
    return {pk: bill.number for pk, bill in latest_bills(purchases).items()}


def _group(
    purchases: Sequence[Purchase], currency: str, voice: Voice, *, reference: str, bills: Mapping[int, str]
) -> dict[str, Any]:
    label, write = LABELS[voice.language], voice.write

    def money(minor: int) -> str:
        return write.money(minor, currency)

    rows, total, overdue = [], 0, 0
    for purchase in purchases:
        left = purchase.open_amount.minor
        days = max((voice.on - purchase.due_on).days, 0) if purchase.due_on else 0
        total, overdue = total + left, overdue + (left if days else 0)
        rows.append(
            {
                "reference": purchase.reference,
                "po_number": clip(purchase.po_number, 40),
                "invoice": bills.get(purchase.pk, ""),
                "due": write.short_day(purchase.due_on) if purchase.due_on else "",
                "days": str(days) if days else "",
                "gross": write.figure(purchase.gross_minor, currency),
                "open": write.figure(left, currency),
            }
        )
    head = {key: label[key] for key in ("reference", "po_number", "invoice", "due", "days", "gross", "open")}
    payment = payment_box(
        voice,
        amount=Money(total, currency),
        caption=fill(label["sum"], {"currency": currency}),
        by=label["transfer_note"],
        rows=bank_rows(voice, currency, reference),
    )
    totals = [
        sum_row(label["overdue_sum"], money(overdue), "muted"),
        sum_row(fill(label["sum"], {"currency": currency}), money(total), "final"),
    ]
    return {"head": head, "rows": rows, "totals": totals, "payment": payment}


def customer_statement_data(
    customer: Customer, unpaid: Sequence[Purchase], paid: Sequence[Purchase], *, at: datetime
) -> dict[str, Any]:
    """Write a customer's statement of account as of a moment: by currency what is unpaid, and what was paid.

    Looks as the partners' month-end statement does, but carries no number: it is no document that anybody keeps.
    """
    client = customer.client
    voice = Voice(client, letter_language(customer.language), at.astimezone(client.zone).date(), at)
    label, text = LABELS[voice.language], ACCOUNTS[voice.language]
    values = {
        "client_email": clip(client.email, 120),
        "on": voice.write.day(voice.on),
        "disregard": label["disregard"],
    }
    address, name = _customer_address(customer, voice)
    words = text.letter if unpaid else text.letter._replace(opening=(text.nothing_open,))
    letter = frame(voice, words, number="", address=address, values=values)
    letter["salutation"] = salutation(voice, name)
    letter["particulars"] = [[label["notice_date"], letter["date"]]]
    if customer.vat_id:
        letter["particulars"].append([voice.labels["vat_id"], clip(customer.vat_id, 40)])
    bills = _bill_numbers([*unpaid, *paid])
    letter["orders"] = [
        _group(group, currency, voice, reference=_references(group), bills=bills)
        for currency, group in _by_currency(unpaid, voice)
    ] + [_paid_group(group, currency, voice, bills=bills) for currency, group in _by_currency(paid, voice)]
    return {"letter": letter}


def _by_currency(purchases: Sequence[Purchase], voice: Voice) -> list[tuple[str, list[Purchase]]]:
    ordered = sorted(purchases, key=lambda purchase: (purchase.currency, purchase.due_on or voice.on, purchase.pk))
    return [(currency, list(group)) for currency, group in groupby(ordered, key=lambda purchase: purchase.currency)]


def _references(purchases: Sequence[Purchase]) -> str:
    return clip(", ".join(purchase.reference for purchase in purchases), ON_TRANSFER)


def _customer_address(customer: Customer, voice: Voice) -> tuple[list[str], str]:
    contact = customer.contacts.filter(kind=ContactKind.BILLING).first()
    if contact is None:
        return [clip(customer.company)], ""
    address = Address(
        company=contact.company or customer.company,
        name=contact.name,
        street=contact.street,
        postal_code=contact.postal_code,
        city=contact.city,
        state=contact.state,
        country=contact.country,
    )
    return address.lines(language=voice.language, home=voice.client.country), contact.name


def _paid_group(
    purchases: Sequence[Purchase], currency: str, voice: Voice, *, bills: Mapping[int, str]
) -> dict[str, Any]:
    label, text, write = LABELS[voice.language], ACCOUNTS[voice.language], voice.write
    head = {key: label[key] for key in ("reference", "po_number", "invoice", "gross")}
    rows = [
        {
            "reference": purchase.reference,
            "po_number": clip(purchase.po_number, 40),
            "invoice": bills.get(purchase.pk, ""),
            "due": write.short_day(purchase.paid_at.astimezone(voice.client.zone).date()) if purchase.paid_at else "",
            "days": "",
            "gross": write.figure(purchase.gross_minor, currency),
            "open": write.figure(purchase.kept.minor, currency),
        }
        for purchase in purchases
    ]
    total = write.money(sum(purchase.kept.minor for purchase in purchases), currency)
    totals = [sum_row(fill(text.paid_sum, {"currency": currency}), total, "final")]
    head |= {"due": text.paid_on, "days": "", "open": text.paid}
    return {"head": head, "rows": rows, "totals": totals, "payment": None}
