"""A customer's long statement of account, made by the worker: whoever asked gets it by e-mail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from core.refused import Refused
from dunning import documents
from dunning.selectors.accounts import MOST_ORDERS, orders_between
from mailing.services.compose import queue_email
from purchases.emails import attach
from purchases.models import DocumentKind
from purchases.services.documents import keep_document, take_number

if TYPE_CHECKING:
    from datetime import date, datetime

    from accounts.models import User
    from customers.models import Customer
    from mailing.models import Email


@transaction.atomic
def mail_statement(
    customer: Customer, *, by: User, at: datetime, paid_from: date | None = None, paid_to: date | None = None
) -> Email:
    """Freeze a customer's statement as of now and queue it to whoever asked; the worker renders it when it goes out.

    Raises Refused for more orders than a letter holds, and for somebody without an e-mail address.
    """
    unpaid, paid = orders_between(customer, paid_from, paid_to, at=at, most=MOST_ORDERS + 1)
    count = len(unpaid) + len(paid)
    if count > MOST_ORDERS:
        message = f"More than {MOST_ORDERS} orders are no letter: take the CSV, or ask for fewer days."
        raise Refused(message, "orders")
    if not by.email:
        raise Refused("You have no e-mail address to which it could go.", "email")
    client, kind = customer.client, DocumentKind.STATEMENT
    document = keep_document(
        client,
        kind,
        number=take_number(client, kind, at=at),
        template=documents.TEMPLATES[kind],
        data=documents.customer_statement_data(customer, unpaid, paid, at=at),
        language=customer.language,
        at=at,
    )
    told = f"Statement of account of {customer}, {count} order{'' if count == 1 else 's'}"
    return queue_email(
        client=client,
        kind="customer_statement",
        reference="",
        dedupe_key=f"customer_statement:{document.pk}",
        recipient=by.email,
        recipient_name=str(by),
        language="en",
        subject=told,
        body_text=f"{told}, as you asked for it. The PDF is attached.",
        attachments=[attach(document)],
        at=at,
    )
