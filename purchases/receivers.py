"""What happens around purchases by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connections
from django.dispatch import receiver

from partners.models import Partner
from partners.signals import limit_currency_changed
from purchases.models import Purchase
from purchases.services.history import keep_limit
from purchases.states import ARROWS

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import User


@receiver(limit_currency_changed, sender=Partner, dispatch_uid="purchases-limit-currency")
def reserve_anew(*, partner: Partner, by: User | None, at: datetime, **_: Any) -> None:
    """Count the open orders that could not be compared with the limit before: those in its new currency."""
    for purchase in Purchase.objects.receivable().real().filter(partner=partner, currency=partner.currency):
        keep_limit(purchase, by=by, at=at, comment="counted from now on")


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
