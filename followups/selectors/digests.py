"""What stands in somebody's daily e-mail, and whose morning has come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.db.models import Count, Q

from accounts.models import User
from accounts.roles import Right
from core.walking import by_key
from followups.schedule import DIGEST_TIME
from followups.selectors import concerning, meant_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from followups.models import FollowUp


@dataclass(frozen=True, slots=True)
class Work:
    """How much is late and how much is for today, and of each the most urgent."""

    late_count: int
    today_count: int
    late: list[FollowUp]
    today: list[FollowUp]


def work_of(user: User, *, at: datetime, most: int) -> Work:
    """Find what is due for a person until tonight: what is theirs, their team's, everybody's; not what they gave.

    Of each kind at most `most` are read; all are counted.
    """
    tonight = datetime.combine(at.astimezone(user.zone).date() + timedelta(days=1), time.min, tzinfo=user.zone)
    rows = concerning(user).visible_to(user).filter(meant_for(user), done_at=None, due_at__lt=tonight)
    counts = rows.order_by().aggregate(late=Count("pk", filter=Q(due_at__lt=at)), all=Count("pk"))
    late, today = rows.filter(due_at__lt=at), rows.filter(due_at__gte=at)
    return Work(
        late_count=counts["late"],
        today_count=counts["all"] - counts["late"],
        late=list(late.order_by("due_at", "pk")[:most]) if counts["late"] else [],
        today=list(today.order_by("due_at", "pk")[:most]) if counts["all"] > counts["late"] else [],
    )


def waiting_readers(at: datetime) -> Iterator[User]:
    """Find those whose morning has come, who want the e-mail, and were not looked at on this day of theirs.

    Of the others none is read: with nothing to do it is two queries.
    """
    people = User.objects.filter(is_active=True).exclude(follow_up_digest__is_on=False)
    waiting = Q(pk__in=[])
    for name in people.order_by("time_zone").values_list("time_zone", flat=True).distinct():
        local = at.astimezone(ZoneInfo(name))
        if local.time() >= DIGEST_TIME:
            waiting |= Q(time_zone=name) & ~Q(follow_up_digest__looked_on=local.date())
    return (user for user in by_key(people.filter(waiting).select_related("client")) if user.may(Right.FOLLOW_UPS))
