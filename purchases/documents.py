"""What each document says, frozen at issue: plain JSON in which every amount and day is already written out.

A snapshot is all that its PDF needs. Nothing in it changes when names, prices or bank accounts change later.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.db.models import prefetch_related_objects

from core.letters import Address, Formatter, clip, fill, formatter, letter_language, paragraphs
from customers.models import ContactKind
from purchases.models import CustomerReason, Document, DocumentKind
from purchases.states import Status
from purchases.wording import LABELS, LETTERS, REASONS, LetterText
from taxexempt.policy import Place, Supply, supply_of
from taxexempt.states.places import NAMES
from taxexempt.wording.lists import EXEMPT_AS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime
    from decimal import Decimal

    from django.db.models import Model

    from accounts.models import BankAccount, Client
    from core.money import Money
    from purchases.models import Purchase, PurchaseContact, PurchaseItem

TEMPLATES: Final[dict[str, str]] = {
    DocumentKind.INVOICE: "letters/invoice.html",
    DocumentKind.PROFORMA: "letters/pro_forma.html",
    DocumentKind.RECEIPT: "letters/receipt.html",
    DocumentKind.CREDIT_NOTE: "letters/credit_note.html",
    DocumentKind.CONFIRMATION: "letters/confirmation.html",
}
BILLS: Final = (DocumentKind.INVOICE, DocumentKind.PROFORMA)
AWAITS_PAYMENT: Final = (Status.AWAITING_OFFLINE_PAYMENT, Status.UNPAID)
PREPAID_DAYS: Final = 14
"""Days within which an order that awaits offline payment should be paid: the day of its second reminder."""
NAME_LIMIT: Final = 240
WIDE_DIGITS: Final = 13
LONG_FIGURE: Final = 17
LONG_HOUSE: Final = 32
LINES_IN_WINDOW: Final = 6
CHARACTERS_IN_LINE: Final = 40

Row = list[str]
Snapshot = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Voice:
    """In whose name, to whom and in which language a document speaks."""

    client: Client
    language: str
    on: date
    at: datetime

    @property
    def labels(self) -> Mapping[str, str]:
        """The short words on documents and e-mails."""
        return LABELS[self.language]

    @property
    def write(self) -> Formatter:
        """Amounts and days the way the reader writes them."""
        return formatter(self.language)


def voice_of(purchase: Purchase, *, at: datetime) -> Voice:
    """Speak for the purchase's client in the customer's language; days are the client's own."""
    client = purchase.client
    return Voice(client, letter_language(purchase.language), at.astimezone(client.zone).date(), at)


def client_voice(client: Client, *, at: datetime) -> Voice:
    """Speak to the client itself, in its own language."""
    return Voice(client, letter_language(client.language), at.astimezone(client.zone).date(), at)


def _read_once(row: Model, relation: str) -> Iterable[Any]:
    """Give related rows, which are read unless they are there.

    They come from where Django keeps them: a letter asks many times, and to make a manager takes longer each time.
    """
    if relation not in getattr(row, "_prefetched_objects_cache", ()):
        prefetch_related_objects([row], relation)
    related: Iterable[Any] = vars(row)["_prefetched_objects_cache"][relation]
    return related


def billing_contact(purchase: Purchase) -> PurchaseContact | None:
    """Find the address the bill goes to."""
    return contact_of(purchase, ContactKind.BILLING)


def contact_of(purchase: Purchase, kind: str) -> PurchaseContact | None:
    """Find a contact as it was given with the order; read once per row at hand."""
    contacts: Iterable[PurchaseContact] = _read_once(purchase, "contacts")
    return next((contact for contact in contacts if contact.kind == kind), None)


def seller_place(client: Client) -> Place:
    """Where the seller sits, as far as tax asks."""
    return Place(client.country, client.subdivision, client.postal_code)


def buyer_place(contact: PurchaseContact) -> Place:
    """Where the buyer sits, as far as tax asks."""
    return Place(contact.country, contact.state, contact.postal_code)


def tax_notes(purchase: Purchase, voice: Voice) -> Row:
    """Say why an order bears no tax where its documents have to: under a certificate, or by reverse charge."""
    certificate, contact, label = purchase.exempt_by, billing_contact(purchase), voice.labels
    if certificate is not None:
        state = NAMES.get(certificate.state_of_issue, "")
        reason = EXEMPT_AS[voice.language].get(certificate.reason, "")
        values = {"state": state, "reason": reason, "number": clip(certificate.tax_id, 40)}
        return [fill(label["exempt" if values["reason"] else "exempt_unsaid"], values)]
    if contact is None or purchase.tax_minor or not purchase.vat_id:
        return []
    supply = supply_of(seller_place(voice.client), buyer_place(contact), purchase.vat_id)
    return [label["reverse_charge"]] if supply is Supply.REVERSE_CHARGE else []


def bank_account(client: Client, currency: str) -> BankAccount | None:
    """Find where the client's customers pay in a currency; read once per row at hand."""
    accounts: Iterable[BankAccount] = _read_once(client, "bank_accounts")
    return next((account for account in accounts if account.currency == currency), None)


def bank_rows(voice: Voice, currency: str, reference: str) -> list[Row]:
    """List the account to pay to, and what to write on the transfer (last)."""
    rows: list[Row] = []
    label, account = voice.labels, bank_account(voice.client, currency)
    if account is not None:
        iban = " ".join(account.iban[i : i + 4] for i in range(0, len(account.iban), 4))
        rows = [
            [label["holder"], clip(account.holder, 80)],
            [label["iban"], iban],
            [label["account"], "" if iban else clip(account.account)],
            [
                label["bic"] if account.bic else label["bank"],
                clip(" · ".join(filter(None, (account.bic, account.bank))), 90),
            ],
        ]
    return [row for row in [*rows, [label["payment_reference"], reference]] if row[1]]


def salutation(voice: Voice, name: str) -> str:
    """Greet a person by name where the language can without knowing more, else politely everyone."""
    if not name:
        return voice.labels["salutation"]
    return fill(voice.labels["salutation_named"], {"name": clip(name, 80)})


def _imprint(voice: Voice) -> str:
    client = voice.client
    home = Address(postal_code=client.postal_code, city=client.city, country=client.country)
    number = f"{voice.labels['own_vat_id']} {clip(client.vat_id, 30)}" if client.vat_id else ""
    parts = (clip(client.name, 60), clip(client.street, 60), home.place(), clip(client.email, 60), number)
    return " · ".join(part for part in parts if part)


def _sender(voice: Voice) -> Snapshot:
    client = voice.client
    home = Address(
        street=client.street, postal_code=client.postal_code, city=client.city, state="", country=client.country
    )
    name = clip(client.name, 90)
    return {
        "name": name,
        "initial": name[:1].upper(),
        "is_long": len(name) > LONG_HOUSE,
        "contact": [line for line in (clip(client.street), home.place(), clip(client.email)) if line],
        "return_line": clip(" · ".join(part for part in (name, clip(client.street), home.place()) if part), 110),
    }


def _window_size(lines: Sequence[str]) -> str:
    needed = sum(1 + len(line) // CHARACTERS_IN_LINE for line in lines)
    if needed <= LINES_IN_WINDOW:
        return ""
    return "tight" if needed <= LINES_IN_WINDOW + 2 else "tightest"


def page_parts(voice: Voice) -> Row:
    """Split "Page x of y" into its words and the places of the two numbers (`#` and `##`)."""
    text = fill(voice.labels["page"], {"page": "\0#\0", "pages": "\0##\0"})
    return [part for part in text.split("\0") if part]


def frame(voice: Voice, text: LetterText, *, number: str, address: Row, values: Mapping[str, str]) -> Snapshot:
    """Build what every document has: letterhead, window, title, opening, closing, imprint."""
    return {
        "language": voice.language,
        "issued": voice.at.isoformat(timespec="seconds"),
        "title": fill(text.title, values),
        "number": number,
        "date": voice.write.day(voice.on),
        "subject": fill(text.subject, values),
        "sender": _sender(voice),
        "address": address,
        "address_size": _window_size(address),
        "imprint": _imprint(voice),
        "page": page_parts(voice),
        "opening": paragraphs(text.opening, values),
        "closing": paragraphs(text.closing, values),
        "notes": [],
        "regards": voice.labels["regards"],
        "watermark": "",
        "badge": "",
        "payment": None,
        "next": None,
    }


def _address_lines(contact: PurchaseContact, voice: Voice) -> Row:
    return Address(
        company=contact.company,
        name=contact.name,
        street=contact.street,
        postal_code=contact.postal_code,
        city=contact.city,
        state=contact.state,
        country=contact.country,
    ).lines(language=voice.language, home=voice.client.country)


def purchase_frame(
    purchase: Purchase, voice: Voice, text: LetterText, *, number: str, values: Mapping[str, str]
) -> Snapshot:
    """Build the frame of a document about a purchase: its customer in the window, a watermark on test orders."""
    contact = billing_contact(purchase)
    address: Row = [clip(purchase.billing_company)]
    name = purchase.billing_last_name
    if contact is not None:
        name, address = contact.name, _address_lines(contact, voice)
    letter = frame(voice, text, number=number, address=address, values=values)
    letter["salutation"] = salutation(voice, name)
    if purchase.is_test:
        letter["watermark"], letter["badge"] = voice.labels["watermark"], voice.labels["test"]
        letter["notes"] = [voice.labels["test_note"]]
    return letter


def purchase_values(purchase: Purchase, voice: Voice) -> dict[str, str]:
    """List what texts about a purchase may say of it."""
    write = voice.write
    return {
        "client": clip(voice.client.name, 90),
        "client_email": clip(voice.client.email, 120),
        "name": clip(purchase.billing_last_name, 80),
        "reference": purchase.reference,
        "po_number": clip(purchase.po_number, 60),
        "gross": write.money(purchase.gross_minor, purchase.currency),
        "open": write.money(purchase.open_amount.minor, purchase.currency),
        "ordered_on": write.day(purchase.ordered_on),
        "due_on": write.day(purchase.due_on) if purchase.due_on else "",
        "supply": voice.labels["supply"],
    }


def particulars(purchase: Purchase, voice: Voice, *rows: tuple[str, str]) -> list[Row]:
    """List the facts beside the window: the document's own first, then the order's."""
    label = voice.labels
    own = [[label.get(key, key), value] for key, value in rows]
    order = [
        [label["reference"], purchase.reference],
        [label["po_number"], clip(purchase.po_number, 60)],
        [label["vat_id"], clip(purchase.vat_id, 40)],
    ]
    return [row for row in [*own, *order] if row[1]]


def item_table(items: Sequence[PurchaseItem], voice: Voice, currency: str, *, has_codes: bool = True) -> Snapshot:
    """Write the table of items: each line with its price, discount, tax rate, net and gross."""
    write, label = voice.write, voice.labels
    rows = [
        {
            "position": str(item.position),
            "name": clip(item.name, NAME_LIMIT),
            "code": clip(item.product_code, 60) if has_codes else "",
            "quantity": write.count(item.quantity),
            "unit": write.figure(item.unit_minor, currency),
            "discount": write.percent(item.discount_percent) if item.discount_percent else "",
            "tax": write.percent(item.tax_percent),
            "net": write.figure(item.net_minor, currency),
            "gross": write.figure(item.gross_minor, currency),
        }
        for item in items
    ]
    head = {key: label[key] for key in ("position", "product", "quantity", "unit", "discount", "tax")}
    head["net"] = fill(label["net_column"], {"amount": currency})
    head["gross"] = fill(label["gross_column"], {"amount": currency})
    return {
        "head": head,
        "rows": rows,
        "discounted": any(row["discount"] for row in rows),
        "wide": any(len(row["gross"]) > WIDE_DIGITS for row in rows),
    }


def sum_row(label: str, value: str, weight: str = "") -> dict[str, str]:
    """One line under a table; `weight` is muted, sum or final."""
    return {"label": label, "value": value, "weight": weight}


def total_rows(purchase: Purchase, items: Sequence[PurchaseItem], voice: Voice) -> list[dict[str, str]]:
    """Add up net, tax by rate and gross. Sums are those of the lines, so they agree to the minor unit."""
    label = voice.labels

    def money(minor: int) -> str:
        return voice.write.money(minor, purchase.currency)

    rates = sorted({item.tax_percent for item in items})
    rows = [sum_row(label["net"], money(sum(item.net_minor for item in items)))]
    for rate in rates:
        taxed = [item for item in items if item.tax_percent == rate]
        net = money(sum(item.net_minor for item in taxed))
        text = fill(label["tax_at"], {"percent": voice.write.percent(rate), "net": net})
        rows.append(sum_row(text, money(sum(item.tax_minor for item in taxed)), "muted"))
    return [*rows, sum_row(label["gross"], money(sum(item.gross_minor for item in items)), "sum")]


def payment_box(voice: Voice, *, amount: Money, caption: str, by: str, rows: list[Row]) -> Snapshot:
    """Say how much, until when and where to pay."""
    figure = voice.write.money(amount.minor, amount.currency)
    return {"caption": caption, "figure": figure, "is_long": len(figure) > LONG_FIGURE, "by": by, "rows": rows}


def items_of(purchase: Purchase) -> list[PurchaseItem]:
    """List the purchase's lines in their order."""
    items: Iterable[PurchaseItem] = _read_once(purchase, "items")
    return sorted(items, key=lambda item: item.position)


def _bill(
    purchase: Purchase, kind: str, *, number: str, at: datetime, by: str, extra: Sequence[tuple[str, str]]
) -> Snapshot:
    voice = voice_of(purchase, at=at)
    items, values = items_of(purchase), {**purchase_values(purchase, voice), "number": number}
    letter = purchase_frame(purchase, voice, LETTERS[kind][voice.language], number=number, values=values)
    letter["particulars"] = particulars(
        purchase, voice, (kind, number), ("date", letter["date"]), *extra, ("order_date", values["ordered_on"])
    )
    letter["items"] = item_table(items, voice, purchase.currency)
    letter["totals"] = total_rows(purchase, items, voice)
    letter["notes"] += tax_notes(purchase, voice)
    owed = purchase.open_amount
    if purchase.kept:
        letter["totals"] += _paid_rows(purchase, voice, owed)
    if owed.minor > 0 and not purchase.is_test:
        rows = bank_rows(voice, purchase.currency, purchase.reference)
        letter["payment"] = payment_box(voice, amount=owed, caption=voice.labels["amount_due"], by=by, rows=rows)
    return {"letter": letter}


def _paid_rows(purchase: Purchase, voice: Voice, owed: Money) -> list[dict[str, str]]:
    paid = voice.write.money(-purchase.kept.minor, purchase.currency)
    left = voice.write.money(max(owed.minor, 0), owed.currency)
    return [sum_row(voice.labels["paid"], paid, "muted"), sum_row(voice.labels["open"], left, "final")]


def _term(purchase: Purchase, voice: Voice) -> list[tuple[str, str]]:
    if purchase.due_on is None:
        return []
    term = fill(voice.labels["term_days"], {"days": str(purchase.term_days)})
    return [("due_date", voice.write.day(purchase.due_on)), ("term", term)]


def pay_by_sentence(purchase: Purchase, voice: Voice) -> str:
    """Say until when to pay: the due date of an accepted PO, else two weeks after the order."""
    due_on = purchase.due_on or purchase.ordered_on + timedelta(days=PREPAID_DAYS)
    if due_on <= voice.on:
        return voice.labels["pay_now"]
    return fill(voice.labels["pay_by"], {"due_on": voice.write.day(due_on)})


def confirmation_data(purchase: Purchase, *, number: str, at: datetime) -> Snapshot:
    """Freeze an order confirmation: items, sums, the customer's addresses, and what happens or is awaited next."""
    voice, kind = voice_of(purchase, at=at), DocumentKind.CONFIRMATION
    label, items = voice.labels, items_of(purchase)
    values = {**purchase_values(purchase, voice), "number": number}
    letter = purchase_frame(purchase, voice, LETTERS[kind][voice.language], number=number, values=values)
    letter["particulars"] = particulars(
        purchase, voice, (kind, number), ("order_date", values["ordered_on"]), *_term(purchase, voice)
    )
    letter["items"] = item_table(items, voice, purchase.currency)
    letter["totals"] = total_rows(purchase, items, voice)
    letter["notes"] += tax_notes(purchase, voice)
    letter["addresses"] = [
        {"label": label[contact.kind], "lines": _address_lines(contact, voice)}
        for contact in sorted(purchase.contacts.all(), key=lambda contact: contact.kind)
    ]
    if purchase.is_test:
        return {"letter": letter}
    if purchase.status == Status.AWAITING_RELEASE:
        deadline_on = purchase.ordered_on + timedelta(days=purchase.policy.document_deadline_days - 1)
        awaited = {**values, "deadline_on": voice.write.day(deadline_on)}
        letter["closing"] = [fill(label["await_document"], awaited), *letter["closing"]]
    elif purchase.status in AWAITS_PAYMENT:
        by = pay_by_sentence(purchase, voice)
        rows = bank_rows(voice, purchase.currency, purchase.reference)
        letter["payment"] = payment_box(voice, amount=purchase.gross, caption=label["amount_due"], by=by, rows=rows)
    else:
        letter["closing"] = [label["await_bill"], *letter["closing"]]
    return {"letter": letter}


def invoice_data(purchase: Purchase, *, number: str, at: datetime) -> Snapshot:
    """Freeze an invoice: items, tax by rate, what is owed, until when and where to."""
    voice = voice_of(purchase, at=at)
    return _bill(
        purchase,
        DocumentKind.INVOICE,
        number=number,
        at=at,
        by=pay_by_sentence(purchase, voice),
        extra=_term(purchase, voice),
    )


def proforma_data(purchase: Purchase, *, number: str, at: datetime) -> Snapshot:
    """Freeze a pro-forma invoice: like an invoice, but delivery follows the payment."""
    voice = voice_of(purchase, at=at)
    data = _bill(
        purchase,
        DocumentKind.PROFORMA,
        number=number,
        at=at,
        by=pay_by_sentence(purchase, voice),
        extra=_term(purchase, voice),
    )
    if data["letter"]["payment"]:
        data["letter"]["payment"]["note"] = voice.labels["pay_before_delivery"]
    return data


def receipt_data(purchase: Purchase, *, number: str, at: datetime) -> Snapshot:
    """Freeze a receipt: items, sums and the money received."""
    voice = voice_of(purchase, at=at)
    items, values = items_of(purchase), {**purchase_values(purchase, voice), "number": number}
    kind = DocumentKind.RECEIPT
    letter = purchase_frame(purchase, voice, LETTERS[kind][voice.language], number=number, values=values)
    letter["particulars"] = particulars(
        purchase,
        voice,
        (kind, number),
        ("date", letter["date"]),
        *bill_rows(purchase, voice),
        ("order_date", values["ordered_on"]),
    )
    letter["items"] = item_table(items, voice, purchase.currency)
    letter["totals"] = total_rows(purchase, items, voice) + _paid_rows(purchase, voice, purchase.open_amount)
    letter["notes"] += tax_notes(purchase, voice)
    return {"letter": letter}


class Bill(NamedTuple):
    """An invoice or pro-forma invoice as other documents name it."""

    kind: str
    number: str
    issued_at: datetime


def latest_bill(purchase: Purchase) -> Bill | None:
    """Find the invoice of a purchase, or its pro-forma invoice while there is no other."""
    return latest_bills([purchase]).get(purchase.pk)


def latest_bills(purchases: Sequence[Purchase]) -> dict[int, Bill]:
    """Find the `latest_bill` of each of several purchases, by primary key: one query."""
    rows = Document.objects.filter(purchase__in=purchases, kind__in=BILLS).order_by("pk")
    found: dict[int, Bill] = {}
    for pk, kind, number, issued_at in rows.values_list("purchase_id", "kind", "number", "issued_at"):
        bill = Bill(kind, number, issued_at)
        if pk not in found or bill.kind == DocumentKind.INVOICE or found[pk].kind == bill.kind:
            found[pk] = bill
    return found


def bill_rows(purchase: Purchase, voice: Voice) -> list[tuple[str, str]]:
    """Name the bill a document refers to, with its date."""
    bill = latest_bill(purchase)
    if bill is None:
        return []
    issued_on = bill.issued_at.astimezone(voice.client.zone).date()
    return [(bill.kind, bill.number), ("invoice_date", voice.write.day(issued_on))]


@dataclass(frozen=True, slots=True)
class CreditPart:
    """What a credit note takes back at one tax rate; minor units."""

    percent: Decimal
    net_minor: int
    tax_minor: int

    @property
    def gross_minor(self) -> int:
        """Net and tax."""
        return self.net_minor + self.tax_minor


@dataclass(frozen=True, slots=True)
class Piece:
    """Some pieces of an item that are taken back, and what they cost; minor units."""

    item: PurchaseItem
    quantity: int
    net_minor: int
    tax_minor: int

    def __str__(self) -> str:
        return f"{self.quantity} × {self.item.name}"

    @property
    def gross_minor(self) -> int:
        """Net and tax."""
        return self.net_minor + self.tax_minor


@dataclass(frozen=True, slots=True)
class Credit:
    """What a credit note takes back, by tax rate; with its items where it is about whole pieces."""

    parts: Sequence[CreditPart] = ()
    pieces: Sequence[Piece] = ()

    @property
    def tax_minor(self) -> int:
        """All tax within."""
        return sum(part.tax_minor for part in self.parts)

    @property
    def gross_minor(self) -> int:
        """All of it, tax included."""
        return sum(part.gross_minor for part in self.parts)


def credit_of(items: Sequence[PurchaseItem]) -> Credit:
    """Take everything back: each item with all its pieces."""
    rates = sorted({item.tax_percent for item in items})
    taxed = {rate: [item for item in items if item.tax_percent == rate] for rate in rates}
    parts = [
        CreditPart(rate, sum(item.net_minor for item in lines), sum(item.tax_minor for item in lines))
        for rate, lines in taxed.items()
    ]
    return Credit(parts, [Piece(item, item.quantity, item.net_minor, item.tax_minor) for item in items])


def credit_note_data(purchase: Purchase, *, number: str, at: datetime, credit: Credit, reason: str) -> Snapshot:
    """Freeze a credit note: the pieces taken back, if any, net, tax by rate and the amount; `reason` is printed."""
    voice, kind = voice_of(purchase, at=at), DocumentKind.CREDIT_NOTE
    values = {**purchase_values(purchase, voice), "number": number}
    letter = purchase_frame(purchase, voice, LETTERS[kind][voice.language], number=number, values=values)
    letter["particulars"] = particulars(
        purchase, voice, (kind, number), ("date", letter["date"]), *bill_rows(purchase, voice)
    )
    letter["items"] = item_table([_taken_back(piece) for piece in credit.pieces], voice, purchase.currency)
    letter["totals"] = _credit_rows(credit, voice, purchase.currency)
    if not credit.tax_minor:
        letter["notes"] += tax_notes(purchase, voice)
    if reason:
        letter["notes"] = [*letter["notes"], f"{voice.labels['reason']}: {clip(reason, 300)}"]
    return {"letter": letter}


def _taken_back(piece: Piece) -> PurchaseItem:
    """Write the taken pieces as a line of their own; it is printed, never saved."""
    line = copy(piece.item)
    line.quantity, line.net_minor, line.tax_minor = piece.quantity, piece.net_minor, piece.tax_minor
    line.gross_minor = piece.gross_minor
    return line


def _credit_rows(credit: Credit, voice: Voice, currency: str) -> list[dict[str, str]]:
    label = voice.labels

    def money(minor: int) -> str:
        return voice.write.money(minor, currency)

    rows = [sum_row(label["net"], money(sum(part.net_minor for part in credit.parts)))]
    for part in credit.parts:
        percent = voice.write.percent(part.percent)
        at_rate = fill(label["tax_at"], {"percent": percent, "net": money(part.net_minor)})
        text = at_rate if part.net_minor else f"{label['tax']} {percent}"  # tax alone was taken back
        rows.append(sum_row(text, money(part.tax_minor), "muted"))
    return [*rows, sum_row(label["refund"], money(credit.gross_minor), "final")]


def reason_for_customer(purchase: Purchase, customer_reason: str, remark: str) -> str:
    """Word why money goes back, in the customer's language; of Other they read the remark itself."""
    if customer_reason == CustomerReason.OTHER:
        return clip(remark, 300)
    return REASONS[letter_language(purchase.language)][customer_reason]


def latest_invoice(purchase: Purchase) -> Document | None:
    """Find the invoice that holds, or the last one that held; none while the purchase was not invoiced. One query."""
    return Document.objects.filter(purchase=purchase, kind=DocumentKind.INVOICE).order_by("-pk").first()
