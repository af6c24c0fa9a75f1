"""What quotes do when purchases have news."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.dispatch import receiver

from core.history import take_out
from purchases.models import Purchase
from purchases.signals import people_removed
from quotes.models import Quote

if TYPE_CHECKING:
    import re


@receiver(people_removed, sender=Purchase, dispatch_uid="quotes-people-removed")
def take_people_out(*, purchases: list[int], words: re.Pattern[str], **_: Any) -> None:
    """People are taken out of purchases: out of what was written to them with their quotes, and by them, too."""
    take_out(Quote.objects.filter(purchase__in=purchases), ("message", "remark", "accept_remark"), words)
