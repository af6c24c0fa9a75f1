"""One function per e-mail about a purchase: it words the e-mail and puts it into the outbox.

Each returns the row, or None where the purchase has no address to write to. Whether to write is decided elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from core.letters import clip, fill, paragraphs
from core.messages import Fact, Message
from customers.models import ContactKind
from mailing.services.compose import AttachmentSpec, queue_email
from purchases.documents import (
    bank_rows,
    billing_contact,
    client_voice,
    pay_by_sentence,
    purchase_values,
    salutation,
    voice_of,
)
from purchases.models import Document, DocumentKind, LicenseKey, Source
from purchases.wording import EMAILS, MISSING_POINTS, EmailText

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from core.money import Money
    from mailing.models import Email
    from purchases.documents import Voice
    from purchases.models import Purchase

KEY_LIMIT: Final = 250
REASON_LIMIT: Final = 600
PDF: Final = "application/pdf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What one e-mail has beside its words: tables, a link, documents. `key` tells it from its kin.

    `to` is set where it goes to somebody else than the billing contact.
    """

    facts: Sequence[Fact] = ()
    payment: Sequence[Fact] = ()
    link: str = ""
    link_label: str = ""
    documents: Sequence[Document] = ()
    values: Mapping[str, str] = field(default_factory=dict)
    key: str = ""
    to: str = ""
    to_name: str = ""


def is_address(text: str) -> bool:
    """Whether an e-mail could be sent to `text`."""
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


def attach(document: Document) -> AttachmentSpec:
    """Attach a document by its source: its bytes are rendered when the e-mail goes out, then kept."""
    return AttachmentSpec(source=f"purchases.document:{document.pk}", filename=document.filename, content_type=PDF)


def write_to_customer(purchase: Purchase, kind: str, text: EmailText, parts: Parts, *, at: datetime) -> Email | None:
    """Like `queue_for_customer`, but None where there is nobody to write to."""
    if not is_address(purchase.billing_email):
        return None
    return queue_for_customer(purchase, kind, text, parts, at=at)


def queue_for_customer(purchase: Purchase, kind: str, text: EmailText, parts: Parts, *, at: datetime) -> Email:
    """Word an e-mail to the purchase's billing contact, in the language of the order, and queue it.

    Raises Refused when the purchase has no e-mail address.
    """
    voice = voice_of(purchase, at=at)
    contact = billing_contact(purchase)
    name = parts.to_name or (contact.name if contact else purchase.billing_last_name)
    message = word(voice, text, parts, {**purchase_values(purchase, voice), **parts.values}, name=name)
    if purchase.is_test:
        message = replace(message, badge=voice.labels["test"])
    return queue_email(
        client=purchase.client,
        kind=kind,
        reference=purchase.reference,
        dedupe_key=dedupe_key(purchase, kind, parts),
        recipient=parts.to or purchase.billing_email,
        recipient_name=clip(name),
        language=voice.language,
        subject=message.subject_line,
        body_text=message.text,
        body_html=message.html,
        attachments=[attach(document) for document in parts.documents],
        at=at,
    )


def dedupe_key(purchase: Purchase, kind: str, parts: Parts) -> str:
    """Name what an e-mail is for: the same reason makes the same e-mail, once."""
    return ":".join(part for part in (purchase.reference, kind, parts.key) if part)


def write_to_client(
    purchase: Purchase, kind: str, text: Mapping[str, EmailText], parts: Parts, *, at: datetime
) -> Email:
    """Word an e-mail about a purchase to its client, in the client's language, and queue it."""
    client = purchase.client
    voice = client_voice(client, at=at)
    values = {**purchase_values(purchase, voice), **parts.values}
    message = word(voice, text[voice.language], parts, values, name="")
    return queue_email(
        client=client,
        kind=kind,
        reference=purchase.reference,
        dedupe_key=dedupe_key(purchase, kind, parts),
        recipient=client.email,
        recipient_name=clip(client.name),
        language=voice.language,
        subject=message.subject_line,
        body_text=message.text,
        body_html=message.html,
        at=at,
    )


def word(voice: Voice, text: EmailText, parts: Parts, values: Mapping[str, str], *, name: str) -> Message:
    """Put an e-mail's words, facts and greeting together in one voice."""
    label = voice.labels
    attached = [fill(label["attached"], {"number": document.filename}) for document in parts.documents]
    return Message(
        language=voice.language,
        sender=values["client"],
        subject=fill(text.subject, values),
        greeting=salutation(voice, name),
        before=paragraphs(text.before, values),
        facts=parts.facts,
        payment=parts.payment,
        link=parts.link,
        link_label=parts.link_label,
        after=[*paragraphs(text.after, values), *attached],
        regards=label["regards_email"],
        footer=fill(label["footer"], values),
    )


def order_facts(purchase: Purchase, voice: Voice) -> list[Fact]:
    """List what identifies an order: reference, PO number, day, total."""
    label, values = voice.labels, purchase_values(purchase, voice)
    rows = [
        Fact(label["reference"], purchase.reference, strong=True),
        Fact(label["po_number"], values["po_number"]),
        Fact(label["order_date"], values["ordered_on"]),
        Fact(label["gross"], values["gross"]),
    ]
    return [row for row in rows if row.value]


def payment_facts(purchase: Purchase, voice: Voice, *, by: str = "") -> list[Fact]:
    """List how to pay what is open: amount, until when, account, what to write on the transfer."""
    owed = purchase.open_amount.minor
    if owed <= 0 or purchase.is_test:
        return []
    amount = Fact(voice.labels["amount_due"], voice.write.money(owed, purchase.currency), strong=True)
    due = Fact(voice.labels["due_date"], by or _due(purchase, voice))
    rows = bank_rows(voice, purchase.currency, purchase.reference)
    facts = [Fact(row[0], row[1], strong=index == len(rows) - 1) for index, row in enumerate(rows)]
    return [fact for fact in (amount, due, *facts) if fact.value]


def _due(purchase: Purchase, voice: Voice) -> str:
    return voice.write.day(purchase.due_on) if purchase.due_on else pay_by_sentence(purchase, voice)


def _text(kind: str, voice: Voice) -> EmailText:
    return EMAILS[kind][voice.language]


def _confirmations(purchase: Purchase) -> list[Document]:
    return list(Document.objects.filter(purchase=purchase, kind=DocumentKind.CONFIRMATION).order_by("pk"))


def order_confirmation(purchase: Purchase, *, at: datetime, again: str = "", link: str = "") -> Email | None:
    """Confirm an order that will be paid offline, with the account to pay to. `again` makes it a new e-mail.

    `link` is the order's own page, known only while it is placed.
    """
    voice = voice_of(purchase, at=at)
    parts = Parts(
        facts=order_facts(purchase, voice),
        payment=payment_facts(purchase, voice),
        documents=_confirmations(purchase),
        key=again,
        link=link,
        link_label=voice.labels["status_link"] if link else "",
    )
    return write_to_customer(purchase, "order_confirmation", _text("order_confirmation", voice), parts, at=at)


def po_received(purchase: Purchase, *, at: datetime, again: str = "", link: str = "") -> Email | None:
    """Ask for the signed PO document: which reference to quote, where to send it, by when."""
    voice = voice_of(purchase, at=at)
    deadline_on = purchase.ordered_on + timedelta(days=purchase.policy.document_deadline_days - 1)
    values = {"deadline_on": voice.write.day(deadline_on)}
    parts = Parts(
        facts=order_facts(purchase, voice),
        documents=_confirmations(purchase),
        values=values,
        key=again,
        link=link,
        link_label=voice.labels["status_link"] if link else "",
    )
    return write_to_customer(purchase, "po_received", _text("po_received", voice), parts, at=at)


def po_in_review(purchase: Purchase, *, at: datetime, link: str = "") -> Email | None:
    """Say that the order came with its signed PO document, which is checked now: nobody is asked for anything."""
    voice = voice_of(purchase, at=at)
    parts = Parts(
        facts=order_facts(purchase, voice),
        documents=_confirmations(purchase),
        link=link,
        link_label=voice.labels["status_link"] if link else "",
    )
    return write_to_customer(purchase, "po_in_review", _text("po_in_review", voice), parts, at=at)


def nothing_to_pay(purchase: Purchase, *, document: Document, at: datetime, link: str = "") -> Email | None:
    """Say that an order over nothing is complete, with its invoice; not reviewed, the e-mail confirms it too."""
    voice = voice_of(purchase, at=at)
    parts = Parts(
        facts=order_facts(purchase, voice),
        documents=[document, *([] if purchase.is_reviewed else _confirmations(purchase))],
        values={"number": document.number},
        link=link,
        link_label=voice.labels["status_link"] if link else "",
    )
    return write_to_customer(purchase, "nothing_to_pay", _text("nothing_to_pay", voice), parts, at=at)


def order_link(purchase: Purchase, *, link: str, at: datetime) -> Email:
    """Send the link to the order's own page anew. Raises Refused when there is nobody to write to."""
    voice = voice_of(purchase, at=at)
    parts = Parts(
        facts=order_facts(purchase, voice), link=link, link_label=voice.labels["status_link"], key=at.isoformat()
    )
    return queue_for_customer(purchase, "order_link", _text("order_link", voice), parts, at=at)


def po_released(
    purchase: Purchase, *, document: Document, at: datetime, again: str = "", link: str = ""
) -> Email | None:
    """Say that the PO is accepted: payment instructions, and the invoice or pro-forma invoice attached.

    Accepted without a review, it is the first e-mail about the order and confirms it too; what anybody may have typed
    at the checkout also asks to be told if it was somebody else.
    """
    voice = voice_of(purchase, at=at)
    text = _text("po_released", voice)
    if purchase.source == Source.CHECKOUT and not purchase.is_reviewed:
        text = text._replace(after=(*text.after, voice.labels["not_you"]))
    parts = Parts(
        facts=order_facts(purchase, voice),
        payment=payment_facts(purchase, voice),
        documents=[document, *([] if purchase.is_reviewed else _confirmations(purchase))],
        values={"number": document.number},
        key=again,
        link=link,
        link_label=voice.labels["status_link"] if link else "",
    )
    return write_to_customer(purchase, "po_released", text, parts, at=at)


def po_rejected(purchase: Purchase, *, reason: str, at: datetime) -> Email | None:
    """Say that the PO was turned down, and why."""
    voice = voice_of(purchase, at=at)
    values = {"reason": clip(reason, REASON_LIMIT) or "–"}
    parts = Parts(facts=order_facts(purchase, voice), values=values)
    return write_to_customer(purchase, "po_rejected", _text("po_rejected", voice), parts, at=at)


def po_ask_again(purchase: Purchase, *, points: Sequence[str], message: str, at: datetime) -> Email | None:
    """Ask for the PO document again: what it lacks (keys of `MISSING_POINTS`), and a sentence of the reviewer's."""
    voice = voice_of(purchase, at=at)
    text = _text("po_ask_again", voice)
    lines = [f"• {MISSING_POINTS[voice.language][point]}" for point in points]
    values = {"reason": clip(message, REASON_LIMIT)}
    parts = Parts(facts=order_facts(purchase, voice), values=values, key=at.isoformat())
    text = text._replace(before=(*text.before, *lines, "{{reason}}"))
    return write_to_customer(purchase, "po_ask_again", text, parts, at=at)


def delivery(purchase: Purchase, *, at: datetime, again: str = "") -> Email | None:
    """Deliver: the license keys and download links of every item that has them.

    They go to the delivery contact where the order named one. Keys that came later than the first delivery make a new
    e-mail.
    """
    voice = voice_of(purchase, at=at)
    items = purchase.items.select_related("product").order_by("position")
    keys: dict[int, list[str]] = {}
    for key in LicenseKey.objects.filter(item__purchase=purchase, deactivated_at=None).order_by("pk"):
        keys.setdefault(key.item_id or 0, []).append(clip(key.code, KEY_LIMIT))
    facts = []
    for item in items:
        name = f"{item.quantity} × {clip(item.name, KEY_LIMIT)}"
        codes = keys.get(item.pk, [])
        codes += [item.product.download_url] if item.product.download_url else []
        if codes:
            facts.append(Fact(name, "\n".join(codes), strong=True))
    count = str(LicenseKey.objects.filter(item__purchase=purchase).count())  # a key for a deactivated one is news too
    contact = purchase.contacts.filter(kind=ContactKind.DELIVERY).first()
    to = contact if contact is not None and is_address(contact.email) else None
    parts = Parts(
        facts=facts, key=again or count, to=to.email if to else "", to_name=to.name if to and to.email else ""
    )
    return write_to_customer(purchase, "delivery", _text("delivery", voice), parts, at=at)


def receipt(purchase: Purchase, *, document: Document, at: datetime, again: str = "") -> Email | None:
    """Thank for the payment, with the receipt or invoice attached."""
    voice = voice_of(purchase, at=at)
    parts = Parts(
        facts=order_facts(purchase, voice), documents=[document], values={"number": document.number}, key=again
    )
    return write_to_customer(purchase, "receipt", _text("receipt", voice), parts, at=at)


def cancellation(purchase: Purchase, *, credit_note: Document | None, at: datetime) -> Email | None:
    """Say that the order is canceled, with the credit note where an invoice had been issued."""
    voice = voice_of(purchase, at=at)
    parts = Parts(facts=order_facts(purchase, voice), documents=[credit_note] if credit_note else [])
    return write_to_customer(purchase, "cancellation", _text("cancellation", voice), parts, at=at)


def refund(
    purchase: Purchase, *, credit_note: Document | None, amount: Money, at: datetime, reason: str = "", key: object = ""
) -> Email | None:
    """Say how much money goes back and why, with the credit note where something of the sale was taken back."""
    voice = voice_of(purchase, at=at)
    number = credit_note.number if credit_note else ""
    because = [Fact(voice.labels["reason"], reason)] if reason else []
    parts = Parts(
        facts=[*order_facts(purchase, voice), *because],
        documents=[credit_note] if credit_note else [],
        values={"amount": voice.write.money(amount.minor, amount.currency), "number": number},
        key=number or str(key),
    )
    text = _text("refund" if credit_note else "return_payment", voice)
    return write_to_customer(purchase, "refund", text, parts, at=at)


def payment_returned(purchase: Purchase, *, amount: Money, at: datetime, key: object) -> Email | None:
    """Say that money which was received goes back; `key` names the booking."""
    voice = voice_of(purchase, at=at)
    values = {"amount": voice.write.money(amount.minor, amount.currency)}
    parts = Parts(facts=order_facts(purchase, voice), values=values, key=str(key))
    return write_to_customer(purchase, "return_payment", _text("return_payment", voice), parts, at=at)


def correction(
    purchase: Purchase, *, document: Document, replaced: Document, credit_note: Document | None, at: datetime
) -> Email | None:
    """Bring a corrected invoice with the credit note over the old one, or a corrected pro-forma invoice."""
    voice = voice_of(purchase, at=at)
    parts = Parts(
        facts=order_facts(purchase, voice),
        payment=payment_facts(purchase, voice),
        documents=[credit_note, document] if credit_note else [document],
        values={"number": document.number, "invoice_number": replaced.number},
        key=document.number,
    )
    return write_to_customer(purchase, "correction", _text("correction", voice), parts, at=at)


def document_expired(purchase: Purchase, *, at: datetime) -> Email | None:
    """Say that the order is canceled because its PO document never came."""
    voice = voice_of(purchase, at=at)
    parts = Parts(facts=order_facts(purchase, voice))
    return write_to_customer(purchase, "document_expired", _text("document_expired", voice), parts, at=at)
