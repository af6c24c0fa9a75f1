"""Month-end statements of partners that get no notices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from core.days import last_business_day_of_month
from dunning import documents, emails
from dunning.models import OwedStatement, Run, Statement
from partners.models import Partner
from purchases.models import DocumentKind, Purchase
from purchases.services.documents import keep_document, take_number

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from dunning.selectors.days import ClientDay


@dataclass(frozen=True, slots=True)
class Owed:
    """A statement to make: for whom, and for which month (its first day)."""

    partner: Partner
    period: date


def owed_statements(day: ClientDay) -> list[Owed]:
    """List the statements to make on a client's day: everybody's when a month is to be closed, else what failed."""
    period = period_to_close(day)
    if period is None and not day.has_leftovers:
        return []
    exempt = Partner.objects.filter(client=day.client_id, month_end_statement=True).order_by("code")
    if period is not None:
        return [Owed(partner, period) for partner in exempt]
    failed = OwedStatement.objects.filter(partner__in=exempt).select_related("partner")
    return [Owed(row.partner, row.period) for row in failed.order_by("partner__code")]


def unpaid_of(partner: Partner) -> list[Purchase]:
    """List what a partner's statement lists, order ids ascending."""
    unpaid = Purchase.objects.filter(partner=partner).accepted().real()
    return sorted(unpaid.with_parties(), key=lambda order: order.external_id or order.reference)


def period_to_close(day: ClientDay) -> date | None:
    """Find the month that ends with this day's decisions: on its last business day, or afterwards if that was missed.

    Missed means that no day from its last business day on was finished, though decisions were taken before: a new
    client's first run makes up for nothing, one that was interrupted is made up for.
    """
    last = last_business_day_of_month(day.on, day.country, day.subdivision)
    if day.on == last:
        return last.replace(day=1)
    if day.on < last:
        before = day.on.replace(day=1) - timedelta(days=1)
        last = last_business_day_of_month(before, day.country, day.subdivision)
    if day.previous_on is None:
        is_missed = Run.objects.filter(client=day.client_id, on__lte=last).exists()
    else:
        is_missed = day.previous_on < last
    return last.replace(day=1) if is_missed else None


@dataclass(frozen=True, slots=True)
class ComingStatement:
    """A statement that a run would make, and the order ids on it."""

    partner: Partner
    on: date
    orders: list[str]


def preview_statements(days: Iterable[ClientDay]) -> list[ComingStatement]:
    """List the statements that the given days' runs would make, without writing."""
    coming = []
    for day in days:
        for owed in owed_statements(day):
            orders = [order.external_id or order.reference for order in unpaid_of(owed.partner)]
            is_made = Statement.objects.filter(partner=owed.partner, period=owed.period).exists()
            if orders and not is_made:
                coming.append(ComingStatement(owed.partner, day.on, orders))
    return coming


@transaction.atomic
def owe_statement(partner: Partner, *, period: date, at: datetime) -> OwedStatement:
    """Note that a month's statement could not be made, so that it is tried again; an older month's is given up."""
    row, is_new = OwedStatement.objects.select_for_update().get_or_create(
        partner=partner, defaults={"period": period, "since": at}
    )
    if not is_new and row.period < period:
        row.period, row.since = period, at
        row.save(update_fields=["period", "since"])
    return row


@transaction.atomic
def state_account(partner: Partner, *, period: date, on: date, at: datetime) -> Statement | None:
    """Send a partner the list of all its unpaid purchase orders; None when there is none, or it was sent already.

    `period` is the first day of the month that it closes. Held, promised and part-paid orders are listed, test
    orders are not. Raises Refused when the partner has no valid e-mail address.
    """
    # Two workers would each find no statement: the partner's row orders them.
    partner = Partner.objects.select_related("client").select_for_update(of=("self",)).get(pk=partner.pk)
    OwedStatement.objects.filter(partner=partner, period__lte=period).delete()  # comes back if making it fails
    if Statement.objects.filter(partner=partner, period=period).exists():
        return None
    orders = unpaid_of(partner)
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
        period=period,
        on=on,
        decided_at=at,
        orders=[order.external_id or order.reference for order in orders],
        document=document,
    )
    statement.email = emails.partner_statement(partner, statement=statement, document=document, orders=orders, at=at)
    statement.save(update_fields=["email"])
    return statement
