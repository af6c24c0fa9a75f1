"""E-mails to partners about their portal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.urls import reverse

from core.letters import clip, fill, letter_language, paragraphs
from core.messages import Message
from mailing.services.compose import queue_email
from partners.wording import LOGIN_LINK

if TYPE_CHECKING:
    from datetime import datetime

    from mailing.models import Email
    from partners.models import Partner, PortalLink

ENTER_ROUTE: Final = "portal:enter"
KIND: Final = "portal_link"


def language_of(partner: Partner) -> str:
    """Choose the language in which a partner is written to: its own, where it is known, else its client's."""
    own = partner.customer.language if partner.customer else ""
    return letter_language(own or partner.client.language)


def login_link(partner: Partner, *, link: PortalLink, token: str, at: datetime) -> Email:
    """Send a partner the link that logs it in; the token stands nowhere else."""
    language = language_of(partner)
    text = LOGIN_LINK[language]
    minutes = int((link.expires_at - link.created_at).total_seconds()) // 60
    values = {"client": clip(partner.client.name), "company": clip(partner.company), "minutes": str(minutes)}
    message = Message(
        language=language,
        sender=values["client"],
        subject=fill(text.subject, values),
        greeting=text.greeting,
        before=paragraphs(text.before, values),
        link=f"{settings.PUBLIC_URL}{reverse(ENTER_ROUTE, args=[token])}",
        link_label=text.button,
        after=paragraphs(text.after, values),
        regards=text.regards,
        footer=fill(text.footer, values),
    )
    return queue_email(
        client=partner.client,
        kind=KIND,
        reference="",
        dedupe_key=f"portal:{link.pk}",
        recipient=partner.email,
        recipient_name=values["company"],
        language=language,
        subject=message.subject_line,
        body_text=message.text,
        body_html=message.html,
        at=at,
    )
