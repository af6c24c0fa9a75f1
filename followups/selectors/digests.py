"""What stands in somebody's daily e-mail, and whose morning has come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from accounts.models import User
from accounts.roles import Right
from followups.schedule import DIGEST_TIME
from followups.selectors import concerning, meant_for

if TYPE_CHECKING:
    from followups.models import FollowUp


@dataclass(frozen=True, slots=True)
class Work:
    """What is late and what is for today, the most urgent first."""

    late: list[FollowUp]
    today: list[FollowUp]


def work_of(user: User, *, at: datetime) -> Work:
    """Find what is due for a person until tonight: what is theirs, their team's, everybody's; not what they gave."""
    tonight = datetime.combine(at.astimezone(user.zone).date() + timedelta(days=1), time.min, tzinfo=user.zone)
    rows = concerning(user).visible_to(user).filter(meant_for(user), done_at=None, due_at__lt=tonight)
    due = list(rows.order_by("due_at", "pk"))
    return Work([row for row in due if row.due_at < at], [row for row in due if row.due_at >= at])


def waiting_readers(at: datetime) -> list[User]:
    """Find those whose morning has come, who want the e-mail, and were not looked at on this day of theirs."""
    people = User.objects.filter(is_active=True).exclude(follow_up_digest__is_on=False)
    waiting = []
    for user in people.select_related("client", "follow_up_digest").order_by("pk"):
        local = at.astimezone(user.zone)
        known = getattr(user, "follow_up_digest", None)
        is_done = known is not None and known.looked_on == local.date()
        if local.time() >= DIGEST_TIME and not is_done and user.may(Right.FOLLOW_UPS):
            waiting.append(user)
    return waiting
