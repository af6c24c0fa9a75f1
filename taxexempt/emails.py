"""The e-mails about a certificate: worded for its contact, with the client's own words where there are any."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from core.letters import clip, fill, formatter, letter_language, paragraphs
from core.messages import Fact, Message
from mailing.models import Email
from mailing.selectors.texts import words_of
from mailing.services.compose import queue_email
from taxexempt.states.places import NAMES
from taxexempt.wording import EMAILS, LABELS, MISSING
from taxexempt.wording.lists import BUSINESS_TYPES, EXEMPT_AS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mailing.wording import EmailText
    from taxexempt.models import Certificate

REASON_LIMIT: Final = 600
FACTS: Final = ("company", "business_type", "exempt_as", "tax_id", "state", "issued_on", "expires_on")


def reference_of(certificate: Certificate) -> str:
    """What e-mails about a certificate are found by."""
    return f"TX-{certificate.pk}"


def recipient_of(certificate: Certificate) -> str:
    """Where e-mails about it go: to its contact, else to the customer's billing contact; empty where that is none."""
    contacts = certificate.customer.contacts.filter(kind="billing") if not certificate.email else ()
    address = certificate.email or next((contact.email for contact in contacts), "")
    try:
        validate_email(address)
    except ValidationError:
        return ""
    return address


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An e-mail about a certificate as it would be written now; nothing is queued. `points` are keys of `MISSING`."""

    certificate: Certificate
    kind: str
    text: EmailText
    language: str
    points: Sequence[str] = ()
    reason: str = ""

    @property
    def values(self) -> dict[str, str]:
        """What the tokens stand for."""
        row, write = self.certificate, formatter(self.language)
        return {
            "company": clip(row.company or row.customer.company),
            "tax_id": clip(row.tax_id),
            "state": NAMES.get(row.state_of_issue, ""),
            "issued_on": write.day(row.issued_on) if row.issued_on else "",
            "expires_on": write.day(row.expires_on) if row.expires_on else "",
            "name": clip(row.name),
            "client": clip(row.client.name),
            "client_email": row.client.email,
            "reason": clip(self.reason, REASON_LIMIT),
        }

    @property
    def message(self) -> Message:
        """What the customer reads."""
        label, values = LABELS[self.language], self.values
        facts = values | {
            "business_type": BUSINESS_TYPES[self.language].get(self.certificate.business_type, ""),
            "exempt_as": EXEMPT_AS[self.language].get(self.certificate.reason, ""),
        }
        lines = [f"• {MISSING[self.language][point]}" for point in self.points]
        own = (
            ["{{reason}}"] if self.reason and "{{reason}}" not in "".join((*self.text.before, *self.text.after)) else []
        )
        return Message(
            language=self.language,
            sender=values["client"],
            subject=fill(self.text.subject, values),
            greeting=fill(label["greeting_named" if values["name"] else "greeting"], values),
            before=paragraphs([*self.text.before, *lines, *own], values),
            facts=[Fact(label[name], facts[name], strong=name == "expires_on") for name in FACTS if facts[name]],
            after=paragraphs(self.text.after, values),
            regards=label["regards"],
            footer=fill(label["footer"], values),
        )


def draft(certificate: Certificate, kind: str, *, language: str = "") -> Draft:
    """Word an e-mail in the customer's language, or in another one to try it."""
    language = letter_language(language or certificate.customer.language)
    text = words_of(certificate.client, kind, language, EMAILS[kind][language])
    return Draft(certificate=certificate, kind=kind, text=text, language=language)


def _key_of(certificate: Certificate, kind: str, key: str) -> str:
    return f"certificate:{certificate.pk}:{kind}:{key}"


def is_queued(certificate: Certificate, kind: str, *, key: str) -> bool:
    """Whether the e-mail of this `key` is in the outbox already, sent or not."""
    return Email.objects.filter(dedupe_key=_key_of(certificate, kind, key)).exists()


def send(
    certificate: Certificate, kind: str, *, key: str, at: datetime, points: Sequence[str] = (), reason: str = ""
) -> Email | None:
    """Put an e-mail about a certificate into the outbox, once for each `key`; None where nobody can be written to."""
    recipient = recipient_of(certificate)
    if not recipient:
        return None
    written = replace(draft(certificate, kind), points=points, reason=reason)
    message = written.message
    return queue_email(
        client=certificate.client,
        kind=kind,
        reference=reference_of(certificate),
        dedupe_key=_key_of(certificate, kind, key),
        recipient=recipient,
        recipient_name=clip(certificate.name or written.values["company"]),
        language=message.language,
        subject=message.subject_line,
        body_text=message.text,
        body_html=message.html,
        at=at,
    )
