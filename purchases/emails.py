"""One `Mail` per e-mail about a purchase: called, it words the e-mail and puts it into the outbox.

That returns the row, or None where the purchase has no address to write to; `draft` only words it, to be looked at.
Whether to write is decided elsewhere. What it says are the client's own words where there are any.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import update_wrapper
from typing import TYPE_CHECKING, Final, Generic, ParamSpec

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from core.letters import clip, fill, paragraphs
from core.messages import Fact, Message
from customers.models import ContactKind
from mailing.selectors.texts import words_of
from mailing.services.compose import AttachmentSpec, Outgoing, queue_email, queue_emails
from purchases.documents import (
    bank_rows,
    billing_contact,
    client_voice,
    contact_of,
    pay_by_sentence,
    purchase_values,
    salutation,
    voice_of,
)
from purchases.models import Document, DocumentKind, LicenseKey, PurchaseItem, Source
from purchases.wording import EMAILS, MISSING_POINTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from core.money import Money
    from mailing.models import Email
    from mailing.wording import EmailText
    from purchases.documents import Voice
    from purchases.models import Purchase

KEY_LIMIT: Final = 250
REASON_LIMIT: Final = 600
PDF: Final = "application/pdf"
P = ParamSpec("P")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What one e-mail has beside its words: tables, a link, documents. `key` tells it from its kin.

    `before` and `after` are paragraphs that follow the words. `to` is set where it goes to somebody else than the
    billing contact, `footer` where the reason for writing is not an order.
    """

    before: Sequence[str] = ()
    after: Sequence[str] = ()

    facts: Sequence[Fact] = ()
    payment: Sequence[Fact] = ()
    link: str = ""
    link_label: str = ""
    documents: Sequence[Document] = ()
    values: Mapping[str, str] = field(default_factory=dict)
    key: str = ""
    to: str = ""
    to_name: str = ""
    footer: str = ""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An e-mail about a purchase as it would be written now, in the language of the order; nothing is queued."""

    purchase: Purchase
    kind: str
    text: EmailText
    parts: Parts
    at: datetime

    @property
    def recipient(self) -> str:
        """Where it goes: to the billing contact, unless to somebody else."""
        return self.parts.to or self.purchase.billing_email

    @property
    def name(self) -> str:
        """Who is greeted: the billing contact, or whom it goes to instead (nobody by name where that is not known)."""
        if self.parts.to:
            return self.parts.to_name
        contact = billing_contact(self.purchase)
        return contact.name if contact else self.purchase.billing_last_name

    @property
    def values(self) -> dict[str, str]:
        """What the tokens stand for."""
        return {**purchase_values(self.purchase, voice_of(self.purchase, at=self.at)), **self.parts.values}

    @property
    def message(self) -> Message:
        """What the customer reads."""
        voice = voice_of(self.purchase, at=self.at)
        message = word(voice, self.text, self.parts, self.values, name=self.name)
        return replace(message, badge=voice.labels["test"]) if self.purchase.is_test else message

    @property
    def outgoing(self) -> Outgoing:
        """What is to be put into the outbox."""
        message = self.message
        return Outgoing(
            client=self.purchase.client,
            kind=self.kind,
            reference=self.purchase.reference,
            dedupe_key=dedupe_key(self.purchase, self.kind, self.parts),
            recipient=self.recipient,
            recipient_name=clip(self.name),
            language=message.language,
            subject=message.subject_line,
            body_text=message.text,
            body_html=message.html,
            attachments=[attach(document) for document in self.parts.documents],
        )

    def queue(self) -> Email:
        """Put it into the outbox.

        Raises Refused when there is no e-mail address to send it to.
        """
        (email,) = queue_emails([self.outgoing], at=self.at)
        return email


class Mail(Generic[P]):
    """One e-mail: called, it goes into the outbox where there is somebody to write to; `draft` only words it."""

    def __init__(self, draft: Callable[P, Draft]) -> None:
        self.draft = draft
        update_wrapper(self, draft)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Email | None:
        """Queue it; None where there is nobody to write to."""
        draft = self.draft(*args, **kwargs)
        return draft.queue() if is_address(draft.recipient) else None


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
        before=paragraphs([*text.before, *parts.before], values),
        facts=parts.facts,
        payment=parts.payment,
        link=parts.link,
        link_label=parts.link_label,
        after=[*paragraphs([*text.after, *parts.after], values), *attached],
        regards=label["regards_email"],
        footer=fill(parts.footer or label["footer"], values),
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


def draft_of(
    purchase: Purchase,
    kind: str,
    parts: Parts,
    voice: Voice,
    *,
    words: str = "",
    texts: Mapping[str, Mapping[str, EmailText]] = EMAILS,
) -> Draft:
    """Put an e-mail's words and facts together: the client's own `words`, else the standard ones of `texts`."""
    key = words or kind
    text = words_of(voice.client, key, voice.language, texts[key][voice.language])
    return Draft(purchase=purchase, kind=kind, text=text, parts=parts, at=voice.at)


def _confirmations(purchase: Purchase, *others: str) -> list[Document]:
    kinds = [DocumentKind.CONFIRMATION, *others]
    return list(Document.objects.filter(purchase=purchase, kind__in=kinds).order_by("pk"))


@Mail
def order_confirmation(purchase: Purchase, *, at: datetime, again: str = "", link: str = "") -> Draft:
    """Confirm an order that will be paid offline, with the account to pay to. `again` makes it a new e-mail.

    What was a quote comes with its pro-forma invoice. `link` is the order's own page, known only while it is placed.
    """
    voice = voice_of(purchase, at=at)
    parts = Parts(
        facts=order_facts(purchase, voice),
        payment=payment_facts(purchase, voice),
        documents=_confirmations(purchase, DocumentKind.PROFORMA),
        key=again,
        link=link,
        link_label=voice.labels["status_link"] if link else "",
    )
    return draft_of(purchase, "order_confirmation", parts, voice)


@Mail
def po_received(purchase: Purchase, *, at: datetime, again: str = "", link: str = "") -> Draft:
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
    return draft_of(purchase, "po_received", parts, voice)


@Mail
def po_in_review(purchase: Purchase, *, at: datetime, link: str = "") -> Draft:
    """Say that the order came with its signed PO document, which is checked now: nobody is asked for anything."""
    voice = voice_of(purchase, at=at)
    parts = Parts(
        facts=order_facts(purchase, voice),
        documents=_confirmations(purchase),
        link=link,
        link_label=voice.labels["status_link"] if link else "",
    )
    return draft_of(purchase, "po_in_review", parts, voice)


@Mail
def nothing_to_pay(purchase: Purchase, *, document: Document, at: datetime, link: str = "") -> Draft:
    """Say that an order over nothing is complete, with its invoice; not reviewed, the e-mail confirms it too."""
    voice = voice_of(purchase, at=at)
    parts = Parts(
        facts=order_facts(purchase, voice),
        documents=[document, *([] if purchase.is_reviewed else _confirmations(purchase))],
        values={"number": document.number},
        link=link,
        link_label=voice.labels["status_link"] if link else "",
    )
    return draft_of(purchase, "nothing_to_pay", parts, voice)


@Mail
def order_link(purchase: Purchase, *, link: str, at: datetime) -> Draft:
    """Send the link to the order's own page anew."""
    voice = voice_of(purchase, at=at)
    parts = Parts(
        facts=order_facts(purchase, voice), link=link, link_label=voice.labels["status_link"], key=at.isoformat()
    )
    return draft_of(purchase, "order_link", parts, voice)


@Mail
def po_released(purchase: Purchase, *, document: Document, at: datetime, again: str = "", link: str = "") -> Draft:
    """Say that the PO is accepted: payment instructions, and the invoice or pro-forma invoice attached.

    Accepted without a review, it is the first e-mail about the order and confirms it too; what anybody may have typed
    at the checkout also asks to be told if it was somebody else.
    """
    voice = voice_of(purchase, at=at)
    is_unseen = purchase.source == Source.CHECKOUT and not purchase.is_reviewed
    parts = Parts(
        after=[voice.labels["not_you"]] if is_unseen else [],
        facts=order_facts(purchase, voice),
        payment=payment_facts(purchase, voice),
        documents=[document, *([] if purchase.is_reviewed else _confirmations(purchase))],
        values={"number": document.number},
        key=again,
        link=link,
        link_label=voice.labels["status_link"] if link else "",
    )
    return draft_of(purchase, "po_released", parts, voice)


@Mail
def po_rejected(purchase: Purchase, *, reason: str, at: datetime) -> Draft:
    """Say that the PO was turned down, and why."""
    voice = voice_of(purchase, at=at)
    values = {"reason": clip(reason, REASON_LIMIT) or "–"}
    parts = Parts(facts=order_facts(purchase, voice), values=values)
    return draft_of(purchase, "po_rejected", parts, voice)


@Mail
def po_ask_again(purchase: Purchase, *, points: Sequence[str], message: str, at: datetime) -> Draft:
    """Ask for the PO document again: what it lacks (keys of `MISSING_POINTS`), and a sentence of the reviewer's."""
    voice = voice_of(purchase, at=at)
    lines = [f"• {MISSING_POINTS[voice.language][point]}" for point in points]
    values = {"reason": clip(message, REASON_LIMIT)}
    parts = Parts(before=[*lines, "{{reason}}"], facts=order_facts(purchase, voice), values=values, key=at.isoformat())
    return draft_of(purchase, "po_ask_again", parts, voice)


@Mail
def delivery(purchase: Purchase, *, at: datetime, again: str = "") -> Draft:
    """Deliver: the license keys and download links of every item that has them.

    They go to the delivery contact where the order named one. Keys that came later than the first delivery make a new
    e-mail.
    """
    voice = voice_of(purchase, at=at)
    items = PurchaseItem.objects.filter(purchase=purchase).select_related("product").order_by("position")
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
    contact = contact_of(purchase, ContactKind.DELIVERY)
    to = contact if contact is not None and is_address(contact.email) else None
    parts = Parts(
        facts=facts, key=again or count, to=to.email if to else "", to_name=to.name if to and to.email else ""
    )
    return draft_of(purchase, "delivery", parts, voice)


@Mail
def receipt(purchase: Purchase, *, document: Document, at: datetime, again: str = "") -> Draft:
    """Thank for the payment, with the receipt or invoice attached."""
    voice = voice_of(purchase, at=at)
    parts = Parts(
        facts=order_facts(purchase, voice), documents=[document], values={"number": document.number}, key=again
    )
    return draft_of(purchase, "receipt", parts, voice)


@Mail
def cancellation(purchase: Purchase, *, credit_note: Document | None, at: datetime) -> Draft:
    """Say that the order is canceled, with the credit note where an invoice had been issued."""
    voice = voice_of(purchase, at=at)
    parts = Parts(facts=order_facts(purchase, voice), documents=[credit_note] if credit_note else [])
    return draft_of(purchase, "cancellation", parts, voice)


@Mail
def refund(
    purchase: Purchase, *, credit_note: Document | None, amount: Money, at: datetime, reason: str = "", key: object = ""
) -> Draft:
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
    return draft_of(purchase, "refund", parts, voice, words="refund" if credit_note else "return_payment")


@Mail
def payment_returned(purchase: Purchase, *, amount: Money, at: datetime, key: object) -> Draft:
    """Say that money which was received goes back; `key` names the booking."""
    voice = voice_of(purchase, at=at)
    values = {"amount": voice.write.money(amount.minor, amount.currency)}
    parts = Parts(facts=order_facts(purchase, voice), values=values, key=str(key))
    return draft_of(purchase, "return_payment", parts, voice)


@Mail
def correction(
    purchase: Purchase, *, document: Document, replaced: Document, credit_note: Document | None, at: datetime
) -> Draft:
    """Bring a corrected invoice with the credit note over the old one, or a corrected pro-forma invoice."""
    voice = voice_of(purchase, at=at)
    parts = Parts(
        facts=order_facts(purchase, voice),
        payment=payment_facts(purchase, voice),
        documents=[credit_note, document] if credit_note else [document],
        values={"number": document.number, "invoice_number": replaced.number},
        key=document.number,
    )
    return draft_of(purchase, "correction", parts, voice)


@Mail
def tax_removed(
    purchase: Purchase, *, document: Document, replaced: Document, credit_note: Document | None, at: datetime
) -> Draft:
    """Say that a certificate takes the tax off an unpaid order, with what replaces its bill."""
    draft = correction.draft(purchase, document=document, replaced=replaced, credit_note=credit_note, at=at)
    return draft_of(purchase, "tax_removed", draft.parts, voice_of(purchase, at=at))


@Mail
def document_expired(purchase: Purchase, *, at: datetime) -> Draft:
    """Say that the order is canceled because its PO document never came."""
    voice = voice_of(purchase, at=at)
    parts = Parts(facts=order_facts(purchase, voice))
    return draft_of(purchase, "document_expired", parts, voice)
