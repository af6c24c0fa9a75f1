"""What certificates do when customers become one, or lose their names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.dispatch import receiver

from customers.models import Customer
from customers.signals import customer_anonymized, customers_merged, merge_asked, merge_undone
from taxexempt.services import customers

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import User
    from customers.signals import Effect, Moved


@receiver(merge_asked, sender=Customer, dispatch_uid="taxexempt-merge-asked")
def tell_of_certificates(*, gone: Customer, **_: Any) -> Effect:
    """Say what a merge would do with certificates."""
    return customers.merge_effect(gone)


@receiver(customers_merged, sender=Customer, dispatch_uid="taxexempt-merged")
def move_certificates(*, kept: Customer, gone: Customer, by: User, at: datetime, **_: Any) -> Moved:
    """Two customers are one: its certificates go along."""
    return customers.move_certificates(kept, gone, by=by, at=at)


@receiver(merge_undone, sender=Customer, dispatch_uid="taxexempt-merge-undone")
def move_certificates_back(
    *, kept: Customer, gone: Customer, moved: dict[str, list[int]], by: User, at: datetime, **_: Any
) -> None:
    """They are two after all."""
    customers.move_certificates_back(moved.get(customers.NAME, []), kept, gone, by=by, at=at)


@receiver(customer_anonymized, sender=Customer, dispatch_uid="taxexempt-anonymized")
def take_people_out(*, customer: Customer, by: User, at: datetime, **_: Any) -> None:
    """A customer's names go: those on its certificates, too."""
    customers.anonymize_certificates(customer, by=by, at=at)
