"""Month-end statements of partners that get no notices."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from core.days import last_business_day_of_month
from dunning import documents, emails
from dunning.models import Statement
from partners.models import Partner
from purchases.models import DocumentKind, Purchase
from purchases.services.documents import keep_document, take_number

if TYPE_CHECKING:
    from datetime import date, datetime

    from dunning.selectors import ClientDay


def is_statement_day(day: ClientDay) -> bool:
    """Whether it is the month's last business day, or the first decision after one that was missed."""
    last = last_business_day_of_month(day.on, day.country, day.subdivision)
    if day.on == last:
        return True
    if day.on < last:
        before = day.on.replace(day=1) - timedelta(days=1)
        last = last_business_day_of_month(before, day.country, day.subdivision)
    return day.previous_on is not None and day.previous_on < last


def partners_with_statement(client_id: int) -> list[Partner]:
    """List the client's partners that get a statement instead of notices."""
    return list(Partner.objects.filter(client=client_id, month_end_statement=True).order_by("code"))


@transaction.atomic
def state_account(partner: Partner, *, on: date, at: datetime) -> Statement | None:
    """Send a partner the list of all its unpaid purchase orders; None when there is none, or it was sent already.

    Held, promised and part-paid orders are listed, test orders are not.
    """
    # Two workers would each find no statement: the partner's row orders them.
    partner = Partner.objects.select_related("client").select_for_update(of=("self",)).get(pk=partner.pk)
    if Statement.objects.filter(partner=partner, on=on).exists():
        return None
    unpaid = Purchase.objects.filter(partner=partner).accepted().real()
    orders = sorted(unpaid.with_parties(), key=lambda order: order.external_id or order.reference)
    if not orders:
        return None
    kind = DocumentKind.STATEMENT
    number = take_number(partner.client, kind, at=at)
    document = keep_document(
        partner.client,
        kind,
        number=number,
        template=documents.TEMPLATES[kind],
        data=documents.statement_data(partner, orders, number=number, at=at),
        language=documents.statement_language(partner),
        at=at,
        partner=partner,
    )
    statement = Statement.objects.create(
        partner=partner,
        on=on,
        decided_at=at,
        orders=[order.external_id or order.reference for order in orders],
        document=document,
    )
    statement.email = emails.partner_statement(partner, statement=statement, document=document, orders=orders, at=at)
    statement.save(update_fields=["email"])
    return statement
