"""What happens around purchases by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connections
from django.dispatch import receiver

from core import searched
from customers.models import Customer
from customers.signals import (
    anonymizing_asked,
    customer_anonymized,
    customers_locking,
    customers_merged,
    merge_asked,
    merge_undone,
)
from errorlog.models import ErrorRecord, ErrorType
from errorlog.signals import retry_asked
from mailing.models import DeliveryReport, Email, Endpoint, Notification
from mailing.signals import (
    email_bounced,
    email_dropped,
    email_failed,
    email_handed_over,
    email_uncertain,
    email_unprepared,
    endpoint_untold,
    notification_failed,
    notification_settled,
    report_unmatched,
)
from mailing.states import Carrier
from partners.models import Partner
from partners.signals import limit_currency_changed
from purchases.models import Purchase, PurchaseItem, PurchaseSearch
from purchases.services import customers as parties
from purchases.services import news, troubles
from purchases.services.history import keep_limit
from purchases.services.licenses import try_again
from purchases.services.search import RENAMED, keep_search
from purchases.signals import late_money, purchase_changed
from purchases.states import ARROWS

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import User
    from core.money import Money
    from customers.signals import Effect, Moved


@receiver(limit_currency_changed, sender=Partner, dispatch_uid="purchases-limit-currency")
def reserve_anew(*, partner: Partner, by: User | None, at: datetime, **_: Any) -> None:
    """Count the open orders that could not be compared with the limit before: those in its new currency."""
    for purchase in Purchase.objects.receivable().real().filter(partner=partner, currency=partner.currency):
        keep_limit(purchase, by=by, at=at, comment="counted from now on")


@receiver(retry_asked, sender=ErrorRecord, dispatch_uid="purchases-retry-key")
def deliver_again(*, entry: ErrorRecord, by: User, at: datetime, **_: Any) -> None:
    """Somebody wants a missing key now."""
    rows = PurchaseItem.objects.select_related("product", "purchase__client")
    item = rows.filter(purchase__reference=entry.reference, position=entry.item_number or 0).first()
    if item is not None:
        try_again(item, by=by, at=at)


@receiver(retry_asked, sender=ErrorRecord, dispatch_uid="purchases-retry-notification")
def tell_again(*, entry: ErrorRecord, by: User, at: datetime, **_: Any) -> None:
    """Somebody wants a client's endpoint to be told again now."""
    if entry.type == ErrorType.NOTIFICATION:
        troubles.retry_notification_trouble(entry, by=by, at=at)


@receiver(
    [email_failed, email_bounced, email_uncertain, email_unprepared],
    sender=Email,
    dispatch_uid="purchases-mail-trouble",
)
def tell_of_mail(*, email: Email, at: datetime, **_: Any) -> None:
    """An e-mail did not arrive, or may not have: somebody has to see to it."""
    troubles.note_mail_trouble(email, at=at)


@receiver(report_unmatched, sender=DeliveryReport, dispatch_uid="purchases-report-unmatched")
def tell_of_report(*, report: DeliveryReport, at: datetime, **_: Any) -> None:
    """Something came back and nobody knows what: somebody has to look which customer got no letter."""
    troubles.note_unmatched_report(report, at=at)


@receiver(email_handed_over, sender=Email, dispatch_uid="purchases-mail-sent")
def close_mail(*, email: Email, at: datetime, is_smooth: bool = False, **_: Any) -> None:
    """It went out after all; a replay's, and one that was taken at once, were never in trouble."""
    if email.transport != Carrier.SINK and not is_smooth:
        troubles.settle_mail_trouble(email, at=at, note="the e-mail was sent")


@receiver(email_dropped, sender=Email, dispatch_uid="purchases-mail-dropped")
def forget_mail(*, email: Email, at: datetime, **_: Any) -> None:
    """It will not go out any more, and somebody or a rule said why."""
    troubles.settle_mail_trouble(email, at=at, note=f"the e-mail was canceled: {email.drop_reason}")


@receiver(late_money, sender=Purchase, dispatch_uid="purchases-late-money")
def tell_of_money(*, purchase: Purchase, amount: Money, at: datetime, **_: Any) -> None:
    """Money came that nothing was open for: somebody has to decide about it."""
    troubles.note_late_money(purchase, amount=amount, at=at)


@receiver(purchase_changed, sender=Purchase, dispatch_uid="purchases-payment-trouble")
def follow_money(*, purchase: Purchase, event: str, at: datetime, **_: Any) -> None:
    """The bank took money back, or it is all in order again."""
    if event == "charged_back":
        troubles.note_charge_back(purchase, at=at)
    else:
        troubles.settle_payment_trouble(purchase, event, at=at)


@receiver(merge_asked, sender=Customer, dispatch_uid="purchases-merge-asked")
def tell_of_purchases(*, kept: Customer, gone: Customer, **_: Any) -> Effect:
    """Say what a merge would do with purchases."""
    return parties.merge_effect(kept, gone)


@receiver(customers_locking, sender=Customer, dispatch_uid="purchases-customers-locking")
def lock_their_purchases(*, customers: list[int], **_: Any) -> None:
    """A correction locks the purchase first and its customer next: the other way round the two would wait forever."""
    parties.lock_purchases(customers)


@receiver(customers_merged, sender=Customer, dispatch_uid="purchases-merged")
def move_purchases(*, kept: Customer, gone: Customer, by: User, at: datetime, **_: Any) -> Moved:
    """Two customers are one: so are their purchases."""
    return parties.move_purchases(kept, gone, by=by, at=at)


@receiver(merge_undone, sender=Customer, dispatch_uid="purchases-merge-undone")
def move_purchases_back(
    *, kept: Customer, gone: Customer, moved: dict[str, list[int]], by: User, at: datetime, **_: Any
) -> None:
    """They are two after all."""
    parties.move_purchases_back(moved.get("purchases", []), kept, gone, by=by, at=at)


@receiver(anonymizing_asked, sender=Customer, dispatch_uid="purchases-anonymizing-asked")
def tell_of_names(*, customer: Customer, **_: Any) -> Effect:
    """Say what anonymizing would do to purchases and their e-mails."""
    return parties.anonymizing_effect(customer)


@receiver(customer_anonymized, sender=Customer, dispatch_uid="purchases-anonymized")
def take_names_out(*, customer: Customer, by: User, at: datetime, **_: Any) -> None:
    """People are taken out of purchases, too."""
    parties.anonymize_purchases(customer, by=by, at=at)


@receiver(purchase_changed, sender=Purchase, dispatch_uid="purchases-search")
def follow_names(*, purchase: Purchase, event: str, **_: Any) -> None:
    """What a purchase is found by may have changed."""
    if event in RENAMED:
        keep_search([purchase.pk])


@receiver(purchase_changed, sender=Purchase, dispatch_uid="purchases-notify")
def tell_endpoints(*, purchase: Purchase, event: str, at: datetime, **_: Any) -> None:
    """The client's own systems hear of it."""
    news.tell_endpoints(purchase, event, at=at)


@receiver(notification_failed, sender=Notification, dispatch_uid="purchases-notification-failed")
def tell_of_notification(*, notification: Notification, at: datetime, **_: Any) -> None:
    """A client's own system was not told: somebody has to see to it."""
    troubles.note_notification_trouble(notification, at=at)


@receiver(notification_settled, sender=Notification, dispatch_uid="purchases-notification-settled")
def close_notification(*, notification: Notification, at: datetime, **_: Any) -> None:
    """It was told after all."""
    troubles.settle_notification_trouble(notification, at=at)


@receiver(endpoint_untold, sender=Endpoint, dispatch_uid="purchases-endpoint-untold")
def tell_of_untold(*, endpoint: Endpoint, people: list[str], at: datetime, **_: Any) -> None:
    """A client does not know that its own system takes nothing: somebody has to say so."""
    troubles.note_untold(endpoint, people=people, at=at)


def install_search(*, using: str, **_: Any) -> None:
    """Index what purchases are found by; written after every migration as the backstop is."""
    searched.install(PurchaseSearch, using=using)


def install_backstop(*, using: str, **_: Any) -> None:
    """Let the database itself refuse a change of status that `states.py` does not know or that its money denies.

    Canceled, refunded and charged back keep no money; paid, but for what was charged back, is covered by it.
    Written anew after every migration: SQLite loses triggers when a table is rebuilt.
    """
    connection = connections[using]
    allowed = ", ".join(f"'{source}>{target}'" for source, target in sorted(ARROWS))
    with connection.cursor() as cursor:
        for statement in _POSTGRESQL if connection.vendor == "postgresql" else _SQLITE:
            cursor.execute(statement.replace("ALLOWED", allowed))


_MESSAGE = "a purchase does not change its status this way"
_SQLITE = (
    "DROP TRIGGER IF EXISTS purchase_status_backstop",
    f"""
    CREATE TRIGGER purchase_status_backstop BEFORE UPDATE OF status ON purchases_purchase FOR EACH ROW
    WHEN OLD.status <> NEW.status AND (
      OLD.status || '>' || NEW.status NOT IN (ALLOWED)
      OR (NEW.status IN ('CAN', 'REF', 'CHB') AND NEW.paid_minor > NEW.refunded_minor)
      OR (NEW.status = 'PAY' AND OLD.status <> 'CHB' AND NEW.paid_minor - NEW.refunded_minor < NEW.gross_minor)
    )
    BEGIN SELECT RAISE(ABORT, '{_MESSAGE}'); END
    """,
)
_POSTGRESQL = (
    f"""
    CREATE OR REPLACE FUNCTION purchase_status_backstop() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF OLD.status <> NEW.status AND (
        OLD.status || '>' || NEW.status NOT IN (ALLOWED)
        OR (NEW.status IN ('CAN', 'REF', 'CHB') AND NEW.paid_minor > NEW.refunded_minor)
        OR (NEW.status = 'PAY' AND OLD.status <> 'CHB' AND NEW.paid_minor - NEW.refunded_minor < NEW.gross_minor)
      ) THEN
        RAISE EXCEPTION '{_MESSAGE}' USING ERRCODE = 'check_violation';
      END IF;
      RETURN NEW;
    END $$
    """,
    "DROP TRIGGER IF EXISTS purchase_status_backstop ON purchases_purchase",
    """
    CREATE TRIGGER purchase_status_backstop BEFORE UPDATE OF status ON purchases_purchase
    FOR EACH ROW EXECUTE FUNCTION purchase_status_backstop()
    """,
)
