"""A client's letter to look at, on one of its open orders, or on one that is made up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from dunning.documents import JOINT_TEMPLATE, TEMPLATES, joint_notice_data, notice_data
from dunning.emails import announcement, joint_message, notice_message, offline_expired, offline_reminder
from dunning.schedule import LADDER
from dunning.wording.places import LEVELS
from purchases.documents import bank_account
from purchases.models import Purchase
from purchases.selectors.samples import made_up_order

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from accounts.models import Client
    from core.messages import Message
    from dunning.wording import NoticeText
    from purchases.emails import Draft

MOST_ORDERS: Final = 30


@dataclass(frozen=True, slots=True)
class Sample:
    """A letter as it would be issued, and its e-mail."""

    template: str
    data: dict[str, Any]
    message: Message

    @property
    def values(self) -> dict[str, str]:
        """What the tokens stand for in it."""
        values: dict[str, str] = {"count": "3", **self.data["values"]}
        return values


def open_orders(client: Client) -> list[Purchase]:
    """List the client's open purchase orders to try a letter on, the longest due first."""
    rows = Purchase.objects.filter(client=client).accepted().real().with_parties()
    return list(rows.order_by("due_on", "pk")[:MOST_ORDERS])


def currencies_without_account(client: Client) -> list[str]:
    """List the currencies of open orders for which a letter could name no bank account."""
    used = Purchase.objects.filter(client=client).accepted().real().order_by("currency")
    found = used.values_list("currency", flat=True).distinct()
    return [currency for currency in found if bank_account(client, currency) is None]


def sample_letter(
    client: Client,
    *,
    step: str,
    language: str,
    text: NoticeText,
    order: Purchase | None,
    is_joint: bool,
    at: datetime,
) -> Sample:
    """Write the letter of a step in a language as it would be issued, without keeping anything.

    Without an `order` it is made up. A letter about several orders adds made-up ones.
    """
    level = LEVELS[step]
    day = LADDER[level - 1].day
    today = at.astimezone(client.zone).date()
    lead = order or made_up_order(client, language, due_on=today - timedelta(days=day))
    lead.language = language
    late = lead.due_on + timedelta(days=day) if lead.due_on else today
    at += timedelta(days=max((late - today).days, 0))
    number = f"{step.upper()}-{at.year}-000000"
    if is_joint:
        others = [
            made_up_order(client, language, due_on=today - timedelta(days=14 * n), number=n + 1, currency=lead.currency)
            for n in range(level - 1, -1, -1)
        ]
        orders = [(lead, level), *((other, max(n, 1)) for n, other in zip(range(level, 0, -1), others, strict=True))]
        data = joint_notice_data(orders, number=number, at=at, text=text)
        return Sample(JOINT_TEMPLATE, data, joint_message(lead, text, data, at=at))
    data = notice_data(lead, level=level, number=number, at=at, text=text)
    return Sample(TEMPLATES[step.upper()], data, notice_message(lead, text, data, at=at))


DRAFTS: Final[dict[str, Callable[[Purchase, datetime], Draft]]] = {
    "reminder1": lambda order, at: offline_reminder.draft(order, step="reminder1", at=at),
    "reminder2": lambda order, at: offline_reminder.draft(order, step="reminder2", at=at),
    "offline_expired": lambda order, at: offline_expired.draft(order, at=at),
    "cancellation_announced": lambda order, at: announcement.draft(
        order, on=at.astimezone(order.client.zone).date(), at=at
    ),
}
"""The e-mails that are no letters and that clients may word, on any order."""
