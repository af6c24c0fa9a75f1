"""What happens around customers by itself."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from core import searched
from customers.models import Contact, Customer, CustomerSearch
from customers.services.search import keep_search


@receiver(post_save, sender=Customer, dispatch_uid="customers-search")
def follow_customer(*, instance: Customer, **_: Any) -> None:
    """Who a customer is was written: it is found by that from now on."""
    keep_search([instance.pk])


@receiver([post_save, post_delete], sender=Contact, dispatch_uid="customers-search-contact")
def follow_contact(*, instance: Contact, **_: Any) -> None:
    """A contact came, changed or went."""
    keep_search([instance.customer_id])


def install_search(*, using: str, **_: Any) -> None:
    """Index what customers are found by; written after every migration."""
    searched.install(CustomerSearch, using=using)
