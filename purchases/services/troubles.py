"""What goes wrong around purchases, told to the error log: e-mails that did not arrive, money that needs a person.

Each trouble has its name there, so that it is entered once, and done once it is over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from core.refused import Refused
from errorlog.models import OF_EMAIL, ErrorType
from errorlog.services import log_error, settle_errors
from mailing.models import Notification
from mailing.services.notify_endpoints import retry_notification
from mailing.states import EVENT_LABELS, LABELS
from mailing.states import Status as Mail
from mailing.wording import kind_label
from purchases.models import Purchase
from purchases.services.credit import worth_of
from purchases.states import WON, Status

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from accounts.models import User
    from core.money import Money
    from errorlog.models import ErrorRecord
    from mailing.models import DeliveryReport, Email, Endpoint

LONGEST_KEY: Final = 120
TO_CLIENT: Final = "client_"
"""E-mails of types that start so tell the client itself: one that fails is a notification that failed."""
OF_NOTIFICATION: Final = "notification:"
NEEDS: Final[dict[str, str]] = {
    Mail.FAILED: "correct the address, or send it another way",
    Mail.BOUNCED: "correct the address, or send it another way",
    Mail.UNCERTAIN: "it may have arrived; say in the outbox whether it did",
    Mail.QUEUED: "it could not be made ready; it is tried again by itself",
}
WANTED: Final[dict[str, str]] = {
    Status.PAID: "give it back as an overpayment",
    Status.PARTIALLY_REFUNDED: "give it back as an overpayment",
    Status.CANCELED: "reinstate the purchase, or give the money back",
}
"""What to do with money that came too late or was too much; in other statuses it only goes back."""
MONEY_BACK: Final = frozenset({"returned", "refunded", "reinstated"})


def note_mail_trouble(email: Email, *, at: datetime) -> None:
    """Enter an e-mail that was refused, came back, may not have arrived, or can't be made ready."""
    statuses = Purchase.objects.filter(reference=email.reference, client=email.client_id).order_by()
    words = f": {email.relay_reply}" if email.relay_reply else ""
    log_error(
        type=ErrorType.NOTIFICATION if email.kind.startswith(TO_CLIENT) else ErrorType.EMAIL_DELIVERY,
        note=f"{kind_label(email.kind)} to {email.recipient}: {LABELS[email.status]}{words} – {NEEDS[email.status]}.",
        at=at,
        dedupe_key=_of_mail(email.pk),
        client=email.client,
        reference=email.reference,
        purchase_status=statuses.values_list("status", flat=True).first() or "",
    )


def settle_mail_trouble(email: Email, *, at: datetime, note: str) -> None:
    """Note that an e-mail, or a copy of it, went out after all, or need not any more."""
    settle_errors(_of_mail(email.pk), _of_mail(email.original_id or email.pk), by=None, at=at, note=note)


def note_unmatched_report(report: DeliveryReport, *, at: datetime) -> None:
    """Enter that an e-mail came back or was marked as spam and nobody can tell which; one entry for each recipient."""
    recipient = report.recipient or "an unknown recipient"
    words = f": {report.words}" if report.words else ""
    log_error(
        type=ErrorType.EMAIL_DELIVERY,
        note=f"{report.get_kind_display()} from {recipient}, and no e-mail of ours fits{words} – "
        "look in the outbox what went there lately, and correct the address.",
        at=at,
        dedupe_key=f"report:{report.kind}:{report.recipient.lower()}"[:LONGEST_KEY],
    )


def note_notification_trouble(notification: Notification, *, at: datetime) -> None:
    """Enter that an endpoint of the client was not told in 48 hours."""
    endpoint = notification.endpoint
    statuses = Purchase.objects.filter(reference=notification.reference, client=endpoint.client_id).order_by()
    log_error(
        type=ErrorType.NOTIFICATION,
        note=f"Notification “{EVENT_LABELS[notification.event]}” to {endpoint.place}: {notification.problem} – "
        "given up after 48 hours; retry it once the endpoint works.",
        at=at,
        dedupe_key=_of_notification(notification),
        client=endpoint.client,
        reference=notification.reference,
        purchase_status=statuses.values_list("status", flat=True).first() or "",
    )


def settle_notification_trouble(notification: Notification, *, at: datetime) -> None:
    """Note that an endpoint was told after all, and that nobody need hear any more that it fails."""
    keys = (_of_notification(notification), _of_endpoint(notification.endpoint))
    settle_errors(*keys, by=None, at=at, note="the endpoint took it")


def note_untold(endpoint: Endpoint, *, people: Sequence[str], at: datetime) -> None:
    """Enter that people could not be told that their endpoint fails; one entry for each endpoint."""
    log_error(
        type=ErrorType.EMAIL_DELIVERY,
        note=f"The endpoint {endpoint.place} has failed for 48 hours, and there is no e-mail address that works for "
        f"{', '.join(people)} – correct it, and tell the client another way.",
        at=at,
        dedupe_key=_of_endpoint(endpoint),
        client=endpoint.client,
    )


def retry_notification_trouble(entry: ErrorRecord, *, by: User, at: datetime) -> None:
    """Tell the endpoint of an error's notification again.

    Raises Refused where it was told meanwhile or is switched off, and for an e-mail to the client.
    """
    _, _, pk = entry.dedupe_key.partition(OF_NOTIFICATION)
    if not pk:
        raise Refused("This was an e-mail: send it again from the outbox.", "e-mail")
    retry_notification(Notification.objects.select_related("endpoint").get(pk=int(pk)), by=by, at=at)


def _of_notification(notification: Notification) -> str:
    return f"{OF_NOTIFICATION}{notification.pk}"


def _of_endpoint(endpoint: Endpoint) -> str:
    return f"endpoint:{endpoint.pk}"


def _of_mail(pk: int) -> str:
    return f"{OF_EMAIL}{pk}"


def note_late_money(purchase: Purchase, *, amount: Money, at: datetime) -> None:
    """Enter money that came when none, or less, was expected."""
    wanted = WANTED.get(purchase.status, "give it back")
    _note_payment(purchase, f"{amount} too much: {wanted}.", key=_late(purchase), at=at)


def note_charge_back(purchase: Purchase, *, at: datetime) -> None:
    """Enter that the bank took the money back."""
    note = "The bank took the money back: ask the customer to pay again, and decide about the licenses."
    _note_payment(purchase, note, key=_charged_back(purchase), at=at)


def settle_payment_trouble(purchase: Purchase, event: str, *, at: datetime) -> None:
    """Note what a change of a purchase put in order: money that went back or counts now, or that came again."""
    over = []
    if event in MONEY_BACK and purchase.kept.minor <= _due_in_all(purchase):
        over.append(_late(purchase))
    if event in {"payment", "reinstated"} and purchase.status == Status.PAID:
        over.append(_charged_back(purchase))
    if over:
        settle_errors(*over, by=purchase.changed_by, at=at, note=f"the purchase is {purchase.status_label}")


def _due_in_all(purchase: Purchase) -> int:
    return worth_of(purchase).gross_minor if purchase.status in WON else 0


def _note_payment(purchase: Purchase, note: str, *, key: str, at: datetime) -> None:
    log_error(
        type=ErrorType.PAYMENT,
        note=note,
        at=at,
        dedupe_key=key,
        client=purchase.client,
        reference=purchase.reference,
        purchase_status=purchase.status,
    )


def _late(purchase: Purchase) -> str:
    return f"late:{purchase.reference}"


def _charged_back(purchase: Purchase) -> str:
    return f"charged_back:{purchase.reference}"
