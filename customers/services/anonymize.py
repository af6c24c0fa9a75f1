"""Taking a customer's names and addresses out on request. It can't be undone; documents stay as issued."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.db.models import Q

from accounts.services.exports import take_exports_back
from core.history import record
from core.refused import Refused
from customers.models import Contact, Customer, Merge
from customers.selectors import effects_of_anonymizing, family_of
from customers.services import AddressInput
from customers.signals import customer_anonymized, customers_locking

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import User


FILE_REMOVED: Final = (
    "The file was removed since it may have named a customer who asked to be forgotten: export it again."
)


@transaction.atomic
def anonymize_customer(customer: Customer, *, by: User, at: datetime) -> Customer:
    """Take names and addresses out of a customer, of those merged into it, and out of their history, for good.

    Apps above take them out of their copies. Raises Refused while something about it is open.
    """
    pks = sorted(family_of([customer.pk]))
    customers_locking.send(Customer, customers=pks)
    found = {row.pk: row for row in Customer.objects.select_for_update().filter(pk__in=pks).order_by("pk")}
    customer = found[customer.pk]
    _lines, refusal = effects_of_anonymizing(customer)
    if refusal:
        raise Refused(refusal, "anonymize")
    customer_anonymized.send(Customer, customer=customer, by=by, at=at)
    Contact.objects.filter(customer__in=pks).delete()
    nobody = {**asdict(AddressInput()), "history_change_reason": "anonymized"}
    Contact.history.filter(customer_id__in=pks).update(**nobody)
    blank = {"company": "", "vat_id": "", "payables_email": ""}
    Customer.history.filter(id__in=pks).update(**blank)
    merges = Merge.objects.filter(Q(kept__in=pks) | Q(gone__in=pks))
    for merge in merges.select_for_update().order_by("pk"):
        merge.moved, merge.reason = {"rows": merge.moved.get("rows", {})}, ""
        merge.save(update_fields=["moved", "reason"])
    for row in found.values():
        for name, value in blank.items():
            setattr(row, name, value)
        row.anonymized_at = at
        record(row, by=by, at=at, reason="anonymized on request")
    take_exports_back(customer.client, why=FILE_REMOVED)  # last: from here on no list says the names
    return customer
