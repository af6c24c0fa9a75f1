"""One function per e-mail of the ladder, the reminders and the statements (see `purchases.emails`)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.urls import reverse

from core.letters import clip
from core.messages import Fact
from dunning.documents import cancel_day, partner_voice, statement_values
from dunning.schedule import OFFLINE, Step
from dunning.wording import EMAILS, LABELS, STATEMENTS
from mailing.services.compose import Outgoing, queue_email
from purchases.documents import billing_contact, client_voice, purchase_values, voice_of
from purchases.emails import Draft, Mail, Parts, attach, draft_of, order_facts, payment_facts, word, write_to_client

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from core.messages import Message
    from dunning.models import Notice, Statement
    from dunning.wording import NoticeText
    from mailing.models import Email
    from mailing.wording import EmailText
    from partners.models import Partner
    from purchases.documents import Voice
    from purchases.models import Document, Purchase

EXPIRES_ON_DAY: Final = next(rung.day for rung in OFFLINE if rung.step is Step.OFFLINE_EXPIRED)
NOTICE_COPY: Final = "notice_copy"
"""The kind of a letter's copy to a second address; its key is that of the letter's e-mail and whose address it is."""
PAYMENT_REMINDER: Final = "payment_reminder"
ANSWER_ROUTE: Final = "dunning_public:answer"


def notice(purchase: Purchase, text: NoticeText, *, notice: Notice, document: Document, at: datetime) -> Draft:
    """Bring payment delinquency notice 1, 2 or 3 with its letter."""
    voice = voice_of(purchase, at=at)
    values = document.data["values"]
    parts = Parts(
        facts=order_facts(purchase, voice),
        payment=payment_facts(purchase, voice, by=values["pay_by"]),
        documents=[document],
        values=values,
        key=str(notice.pk),
    )
    return Draft(purchase=purchase, kind=notice.step, text=text.email, parts=parts, at=at)


def notice_message(purchase: Purchase, text: NoticeText, data: Mapping[str, Any], *, at: datetime) -> Message:
    """Word the e-mail of a letter to look at; nothing is queued."""
    voice = voice_of(purchase, at=at)
    payment = payment_facts(purchase, voice, by=data["values"]["pay_by"])
    return _message(purchase, text.email, Parts(facts=order_facts(purchase, voice), payment=payment), data, voice)


def joint_message(lead: Purchase, text: NoticeText, data: Mapping[str, Any], *, at: datetime) -> Message:
    """Word the e-mail of a letter about several orders to look at; nothing is queued."""
    voice = voice_of(lead, at=at)
    return _message(lead, joint_text(text), joint_parts(data, voice), data, voice)


def _message(purchase: Purchase, text: EmailText, parts: Parts, data: Mapping[str, Any], voice: Voice) -> Message:
    contact = billing_contact(purchase)
    name = contact.name if contact else purchase.billing_last_name
    return word(voice, text, parts, {**purchase_values(purchase, voice), **data["values"]}, name=name)


def joint_notice(lead: Purchase, text: NoticeText, *, notice: Notice, document: Document, at: datetime) -> Draft:
    """Bring the letter about several orders of one customer; `lead` and its `notice` have the highest level."""
    words, place = joint_text(text), document.data["values"]
    return Draft(
        purchase=lead,
        kind=notice.step,
        text=words._replace(subject=f"{words.subject} ({place['place']})") if "place" in place else words,
        parts=replace(joint_parts(document.data, voice_of(lead, at=at)), documents=[document], key=document.number),
        at=at,
    )


def joint_text(text: NoticeText) -> EmailText:
    """Choose the words of an e-mail about several orders."""
    return text.email._replace(subject=text.joint.email_subject, before=text.joint.email_before)


def joint_parts(data: Mapping[str, Any], voice: Voice) -> Parts:
    """List the orders of a joint letter and how to pay for them, as the letter says it."""
    letter, values = data["letter"], data["values"]
    payment, rows = letter["payment"], letter["payment"]["rows"]
    return Parts(
        facts=[
            Fact(row["reference"], " · ".join(part for part in (row["po_number"], row["due"], row["open"]) if part))
            for row in letter["orders"]["rows"]
        ],
        payment=[
            Fact(voice.labels["amount_due"], payment["figure"], strong=True),
            Fact(voice.labels["due_date"], values["pay_by"]),
            *(Fact(name, value, strong=index == len(rows) - 1) for index, (name, value) in enumerate(rows)),
        ],
        values=values,
    )


def notice_copy(email: Email, *, document: Document, role: str, to: str) -> Outgoing:
    """A letter's e-mail to a second address of the customer, as a row of its own that counts for no level."""
    return Outgoing(
        client=document.client,
        kind=NOTICE_COPY,
        reference=email.reference,
        dedupe_key=f"{email.dedupe_key}:{role}",
        recipient=to,
        language=email.language,
        subject=email.subject,
        body_text=email.body_text,
        body_html=email.body_html,
        attachments=[attach(document)],
    )


def reminder(purchase: Purchase, *, notice: Notice, at: datetime) -> Email:
    """Remind of an offline payment, the first or second time."""
    return offline_reminder.draft(purchase, step=notice.step, at=at, key=str(notice.pk)).queue()


@Mail
def offline_reminder(purchase: Purchase, *, step: str, at: datetime, key: str = "") -> Draft:
    """Remind of an offline payment; the second reminder names the day of the cancellation."""
    voice = voice_of(purchase, at=at)
    cancel_on = purchase.ordered_on + timedelta(days=EXPIRES_ON_DAY)
    values = {"cancel_on": voice.write.day(max(cancel_on, voice.on + timedelta(days=1)))}
    return draft_of(purchase, step, _asking(purchase, voice, values, key), voice, texts=EMAILS)


@Mail
def payment_reminder(purchase: Purchase, *, at: datetime, key: str = "") -> Draft:
    """Remind of a payment because a person wants to: it says what the first reminder says and counts for no step."""
    voice = voice_of(purchase, at=at)
    return draft_of(
        purchase, PAYMENT_REMINDER, _asking(purchase, voice, {}, key), voice, words=Step.REMINDER1, texts=EMAILS
    )


def cancellation_announced(purchase: Purchase, *, notice: Notice, at: datetime) -> Email | None:
    """Tell the customer on which day the order will be canceled if nothing is paid.

    A partly paid order is never canceled by itself: nothing is announced then.
    """
    return None if purchase.is_partly_paid else announcement(purchase, on=notice.on, at=at, key=str(notice.pk))


@Mail
def announcement(purchase: Purchase, *, on: date, at: datetime, key: str = "") -> Draft:
    """Name the day on which an order is canceled whose client is asked `on` a day."""
    voice = voice_of(purchase, at=at)
    values = {"cancel_on": voice.write.day(cancel_day(purchase, on))}
    return draft_of(purchase, "cancellation_announced", _asking(purchase, voice, values, key), voice, texts=EMAILS)


def _asking(purchase: Purchase, voice: Voice, values: Mapping[str, str], key: str) -> Parts:
    facts, payment = order_facts(purchase, voice), payment_facts(purchase, voice)
    return Parts(facts=facts, payment=payment, values=values, key=key)


def client_notification(purchase: Purchase, *, notice: Notice, token: str, at: datetime) -> Email:
    """Ask the client to keep the order active, extend it or cancel it now, on the page behind the signed link."""
    client = purchase.client
    voice = client_voice(client, at=at)
    values = {
        "cancel_on": voice.write.day(cancel_day(purchase, notice.on)),
        "company": clip(purchase.billing_company or purchase.billing_last_name),
        "days": str((voice.on - purchase.due_on).days if purchase.due_on else 0),
    }
    parts = Parts(
        facts=[Fact(voice.labels["customer"], values["company"]), *order_facts(purchase, voice)],
        link=answer_url(token),
        link_label=LABELS[voice.language]["keep_active"],
        values=values,
        key=str(notice.pk),
    )
    kind = "notification_partly_paid" if purchase.is_partly_paid else "notification"
    return write_to_client(purchase, "client_notification", EMAILS[kind], parts, at=at)


def answer_url(token: str) -> str:
    """Write the full address of the page behind a signed link."""
    return f"{settings.PUBLIC_URL}{reverse(ANSWER_ROUTE, args=[token])}"


def client_canceled(purchase: Purchase, *, at: datetime) -> Email:
    """Tell the client that an order was canceled for non-payment."""
    voice = client_voice(purchase.client, at=at)
    company = clip(purchase.billing_company or purchase.billing_last_name)
    facts = [Fact(voice.labels["customer"], company), *order_facts(purchase, voice)]
    parts = Parts(facts=facts, values={"company": company})
    return write_to_client(purchase, "client_canceled", EMAILS["client_canceled"], parts, at=at)


@Mail
def offline_expired(purchase: Purchase, *, at: datetime) -> Draft:
    """Say that the order is canceled because its offline payment never came."""
    voice = voice_of(purchase, at=at)
    return draft_of(purchase, "offline_expired", Parts(facts=order_facts(purchase, voice)), voice, texts=EMAILS)


def partner_statement(
    partner: Partner, *, statement: Statement, document: Document, orders: Sequence[Purchase], at: datetime
) -> Email:
    """Send a partner the month-end statement of all its unpaid orders."""
    voice = partner_voice(partner, at=at)
    values = statement_values(partner, voice, count=len(orders))
    message = word(voice, STATEMENTS[voice.language].email, Parts(documents=[document]), values, name="")
    return queue_email(
        client=partner.client,
        kind="partner_statement",
        reference="",
        dedupe_key=f"statement:{statement.pk}",
        recipient=partner.email,
        recipient_name=clip(partner.company),
        language=voice.language,
        subject=message.subject_line,
        body_text=message.text,
        body_html=message.html,
        attachments=[attach(document)],
        at=at,
    )
