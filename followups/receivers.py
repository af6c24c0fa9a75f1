"""Follow-ups that open and close by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.dispatch import receiver
from django.urls import reverse

from core.history import take_out
from customers.models import Contact, Customer
from customers.selectors import family_of
from customers.signals import customer_anonymized, customers_merged, merge_undone
from followups import services
from followups.models import Category, FollowUp
from followups.services import merging
from partners.models import Partner
from partners.signals import limit_exceeded, limit_nearly_used
from purchases.models import LicenseKey, Product, Purchase
from purchases.services.customers import names_of
from purchases.signals import (
    document_received,
    keys_found,
    keys_missing,
    late_money,
    license_decision_needed,
    people_removed,
    purchase_changed,
    stock_filled,
    stock_low,
)
from purchases.states import Status
from taxexempt.models import Certificate

if TYPE_CHECKING:
    import re
    from datetime import datetime

    from django.db.models import QuerySet

    from core.money import Money
    from customers.signals import Moved
    from purchases.models import PurchaseItem


@receiver(document_received, sender=Purchase, dispatch_uid="follow-up-review")
def ask_for_review(*, purchase: Purchase, at: datetime, **_: Any) -> None:
    """A PO document is there: somebody should check it, once however many come before that."""
    if _reviews(purchase).exists():
        return
    services.open_follow_up(
        purchase,
        category=Category.REVIEW,
        reason="PO document received",
        subject=f"Review the PO document of {purchase.reference}",
        due_at=at,
        at=at,
        dedupe_key=f"{purchase.reference}:review:{purchase.version}",
    )


@receiver(purchase_changed, sender=Purchase, dispatch_uid="follow-up-reviewed")
def close_review(*, purchase: Purchase, event: str, at: datetime, **_: Any) -> None:
    """Reviewed, paid or canceled: nothing is left to review."""
    if event == "document" or purchase.status == Status.AWAITING_RELEASE:
        return
    for waiting in _reviews(purchase):
        services.finish_follow_up(waiting, by=purchase.changed_by, at=at)


def _reviews(purchase: Purchase) -> QuerySet[FollowUp]:
    return FollowUp.objects.filter(dedupe_key__startswith=f"{purchase.reference}:review:", done_at=None).order_by("pk")


@receiver(license_decision_needed, sender=Purchase, dispatch_uid="follow-up-license")
def ask_for_license_decision(*, purchase: Purchase, at: datetime, **_: Any) -> None:
    """Canceled, refunded or charged back after delivery: the client decides whether the keys stay valid."""
    services.open_follow_up(
        purchase,
        category=Category.LICENSE,
        reason=f"{purchase.status_label} after delivery",
        subject=f"Decide about the licenses of {purchase.reference}",
        due_at=at,
        at=at,
        dedupe_key=f"{purchase.reference}:license:{purchase.version}",
    )


@receiver(purchase_changed, sender=Purchase, dispatch_uid="follow-up-charged-back")
def ask_about_charge_back(*, purchase: Purchase, event: str, at: datetime, **_: Any) -> None:
    """The bank took the money back: somebody should talk to the customer."""
    if event != "charged_back":
        return
    services.open_follow_up(
        purchase,
        category=Category.PAYMENT,
        reason="Charged back",
        subject=f"{purchase.reference} was charged back: ask the customer to pay again",
        due_at=at,
        at=at,
        dedupe_key=f"{purchase.reference}:charged_back:{purchase.version}",
    )


@receiver(purchase_changed, sender=Purchase, dispatch_uid="follow-up-money-settled")
def close_money_questions(*, purchase: Purchase, event: str, at: datetime, **_: Any) -> None:
    """Reinstated, paid again, or the money went back: nothing is left to ask about it, or about the licenses."""
    settled = []
    if event in {"returned", "refunded", "reinstated"} and (purchase.status == Status.PAID or not purchase.kept):
        settled.append(f"{purchase.reference}:late:")
    if event in {"payment", "reinstated"} and purchase.status == Status.PAID:
        settled += [f"{purchase.reference}:charged_back:", f"{purchase.reference}:license:"]
    if event == "deactivated":
        settled.append(f"{purchase.reference}:license:")
    for prefix in settled:
        for waiting in FollowUp.objects.filter(purchase=purchase, dedupe_key__startswith=prefix, done_at=None):
            services.finish_follow_up(waiting, by=purchase.changed_by, at=at)


@receiver(keys_missing, sender=Purchase, dispatch_uid="follow-up-keys")
def ask_for_keys(*, purchase: Purchase, item: PurchaseItem, at: datetime, **_: Any) -> None:
    """The key list ran out: somebody should fill it; once, until the key is there."""
    if _missing_keys(purchase, item).exists():
        return
    services.open_follow_up(
        purchase,
        category=Category.DELIVERY,
        reason="Key list empty",
        subject=f"No keys left for {item.name}",
        due_at=at,
        at=at,
        dedupe_key=f"{purchase.reference}:keys:{item.position}:{at.isoformat()}",
    )


def _missing_keys(purchase: Purchase, item: PurchaseItem) -> QuerySet[FollowUp]:
    key = f"{purchase.reference}:keys:{item.position}"  # alone on those that were opened before there was a second time
    mine = FollowUp.objects.filter(Q(dedupe_key=key) | Q(dedupe_key__startswith=f"{key}:"), purchase=purchase)
    return mine.filter(done_at=None).order_by("pk")


@receiver(late_money, sender=Purchase, dispatch_uid="follow-up-late-money")
def ask_about_late_money(*, purchase: Purchase, amount: Money, at: datetime, **_: Any) -> None:
    """Money came in on a closed purchase: reinstate or refund."""
    services.open_follow_up(
        purchase,
        category=Category.PAYMENT,
        reason="Money on a closed purchase",
        subject=f"{amount} arrived on {purchase.reference} ({purchase.status_label})",
        due_at=at,
        at=at,
        dedupe_key=f"{purchase.reference}:late:{at.isoformat()}",
    )


@receiver(limit_nearly_used, sender=Partner, dispatch_uid="follow-up-limit-nearly-used")
def warn_of_limit(*, partner: Partner, outstanding: Money, at: datetime, **_: Any) -> None:
    """Four fifths of a partner's limit are used: raise it, or ask for payment, before the portal refuses orders."""
    services.open_partner_follow_up(
        partner,
        reason="Limit nearly used",
        subject=f"{partner.company[:100]} uses {outstanding} of its limit of {partner.limit}",
        at=at,
    )


@receiver(limit_exceeded, sender=Partner, dispatch_uid="follow-up-limit-exceeded")
def tell_of_refused_order(*, partner: Partner, gross: Money, at: datetime, **_: Any) -> None:
    """A partner could not order: let this one through, raise the limit, or leave it at that."""
    services.open_partner_follow_up(
        partner,
        reason="Limit exceeded",
        subject=f"{partner.company[:100]} wanted to order for {gross}: more than is left of its limit",
        at=at,
    )


@receiver(keys_found, sender=Purchase, dispatch_uid="follow-up-keys-found")
def close_missing_keys(*, purchase: Purchase, item: PurchaseItem, at: datetime, **_: Any) -> None:
    """The key is with the customer: nobody has to fill the list for it any more."""
    for waiting in _missing_keys(purchase, item):
        services.finish_follow_up(waiting, by=None, at=at)


@receiver(people_removed, sender=Purchase, dispatch_uid="follow-up-people-removed")
def take_people_out(*, purchases: list[int], words: re.Pattern[str], **_: Any) -> None:
    """People are taken out of purchases: out of what was to be done about them, too."""
    fields = ("reason", "subject", "note")
    take_out(FollowUp.objects.filter(purchase__in=purchases), fields, words)
    take_out(FollowUp.history.filter(purchase_id__in=purchases), fields, words)


@receiver(customer_anonymized, sender=Customer, dispatch_uid="follow-up-anonymized")
def take_customer_out(*, customer: Customer, **_: Any) -> None:
    """A customer's people are taken out: out of what was to be done about it or its certificates, too."""
    mine = family_of([customer.pk])
    words = names_of([line.instance for line in Contact.history.filter(customer_id__in=mine)])
    fields = ("reason", "subject", "note")
    papers = Certificate.objects.filter(customer__in=mine).values_list("pk", flat=True)
    pages = [reverse("taxexempt:detail", args=[pk]) for pk in papers]
    about = Q(customer_id__in=mine) | Q(about_link__in=pages)
    take_out(FollowUp.objects.filter(about), fields, words)
    take_out(FollowUp.history.filter(about), fields, words)


@receiver(customers_merged, sender=Customer, dispatch_uid="follow-up-customers-merged")
def move_follow_ups(*, kept: Customer, gone: Customer, **_: Any) -> Moved:
    """Two customers are one: what is to be done about it goes along."""
    return merging.move_follow_ups(kept, gone)


@receiver(merge_undone, sender=Customer, dispatch_uid="follow-up-merge-undone")
def move_follow_ups_back(*, kept: Customer, gone: Customer, moved: dict[str, list[int]], **_: Any) -> None:
    """They are two after all."""
    merging.move_follow_ups_back(moved.get("follow_ups", []), kept, gone)


@receiver(stock_low, sender=Product, dispatch_uid="follow-up-stock-low")
def warn_of_low_stock(*, product: Product, purchase: Purchase, left: int, at: datetime, **_: Any) -> None:
    """A key list runs low: the client should fill it. Once per filling, which the newest key stands for."""
    newest = LicenseKey.objects.filter(product=product).order_by("-pk").values_list("pk", flat=True).first()
    services.open_follow_up(
        purchase,
        category=Category.DELIVERY,
        reason="Keys run low",
        subject=f"{left or 'No'} key{'' if left == 1 else 's'} left for {product.name}",
        due_at=at,
        at=at,
        dedupe_key=f"stock:{product.pk}:{newest}",
    )


@receiver(stock_filled, sender=Product, dispatch_uid="follow-up-stock-filled")
def close_low_stock(*, product: Product, left: int, at: datetime, **_: Any) -> None:
    """The list was filled above its mark."""
    if left <= product.low_stock_at:
        return
    for waiting in FollowUp.objects.filter(dedupe_key__startswith=f"stock:{product.pk}:", done_at=None):
        services.finish_follow_up(waiting, by=None, at=at)
