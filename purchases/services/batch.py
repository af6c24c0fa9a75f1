"""Keeping numbers that somebody pasted, so that an address can name them."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction

from core.refused import Refused
from purchases.models import NumberList
from purchases.selectors.batch import numbers_in

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import User

MOST_NUMBERS: Final = 1000
LONGEST_NUMBER: Final = 140
KEPT_FOR: Final = timedelta(days=90)


@transaction.atomic
def keep_numbers(text: str, *, by: User, at: datetime) -> NumberList:
    """Keep the numbers in `text` under a name for addresses; what is older than 90 days is forgotten.

    Raises Refused when there are none, or too many.
    """
    numbers = numbers_in(text)
    count = sum(len(number.split()) for number in numbers)
    if not numbers:
        message = "Paste at least one number."
        raise Refused(message, "numbers")
    if len(numbers) > MOST_NUMBERS or count > MOST_NUMBERS * 2:
        message = f"Paste at most {MOST_NUMBERS:,} numbers at once; these are {max(len(numbers), count):,}."
        raise Refused(message, "numbers")
    NumberList.objects.filter(created_at__lt=at - KEPT_FOR).delete()
    return NumberList.objects.create(
        token=secrets.token_urlsafe(12),
        client=by.client,
        numbers=[number[:LONGEST_NUMBER] for number in numbers],
        created_by=by,
        created_at=at,
    )
