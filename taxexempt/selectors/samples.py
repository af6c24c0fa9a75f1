"""Certificates to try texts on: a client's own, or one that is made up."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from customers.models import Customer
from mailing.wording import Trial
from taxexempt.emails import draft
from taxexempt.models import Certificate
from taxexempt.wording import POINTS

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from accounts.models import Client
    from mailing.wording import EmailText

MOST: Final = 30
NUMBER: Final = re.compile("[0-9]{1,18}")
SAMPLE_REASON: Final = "…"


def certificates_to_try(client: Client) -> list[tuple[str, str]]:
    """List the client's newest certificates to try an e-mail on: number and company."""
    rows = Certificate.objects.filter(client=client).order_by("-created_at", "-pk")[:MOST]
    return [(str(row.pk), f"{row}, {row.company}") for row in rows]


def made_up(client: Client, at: datetime) -> Certificate:
    """Make up a certificate that ends in 30 days; it is nowhere but in memory."""
    on = at.astimezone(client.zone).date()
    return Certificate(
        client=client,
        customer=Customer(pk=0, client=client, company="Northwind University"),
        company="Northwind University",
        first_name="Alex",
        last_name="Morgan",
        tax_id="3-20123-4567-8",
        state_of_issue="TX",
        issued_on=on - timedelta(days=335),
        expires_on=on + timedelta(days=30),
    )


def attempt_of(kind: str) -> Callable[[Client, str, EmailText, str, datetime], Trial]:
    """Make the way to try other words of an e-mail."""

    def attempt(client: Client, language: str, text: EmailText, number: str, at: datetime) -> Trial:
        rows = Certificate.objects.filter(client=client).select_related("client", "customer")
        found = rows.filter(pk=int(number)).first() if NUMBER.fullmatch(number) else None
        points = tuple(POINTS)[1:2] if kind == "exemption_invalid" else ()
        written = draft(found or made_up(client, at), kind, language=language)
        trial = replace(written, text=text, points=points, reason=SAMPLE_REASON if points else "")
        return Trial(trial.message, trial.values)

    return attempt
