"""The e-mail about what is due today. The platform writes it to its users, in the language of the screens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.urls import reverse

from core.letters import clip
from core.messages import Fact, Message
from core.tables import Reader, moment_text
from mailing.models import PLATFORM_NAME
from mailing.services.compose import queue_email

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import User
    from followups.models import FollowUp
    from followups.selectors.digests import Work
    from mailing.models import Email

KIND: Final = "follow_up_digest"
MOST_LINES: Final = 15


def digest(user: User, work: Work, *, at: datetime) -> Email:
    """Tell a person what is late and what is for today; a day has one.

    Raises Refused when there is no address to write to.
    """
    late, today = work.late_count, work.today_count
    words = [f"{today} for today" if today else "", f"{late} overdue" if late else ""]
    facts = [_fact(row, user, is_late=False) for row in work.today] + [
        _fact(row, user, is_late=True) for row in work.late
    ]
    more = late + today - MOST_LINES
    switch = f"{settings.PUBLIC_URL}{reverse('followups:digest')}"
    message = Message(
        language="en",
        sender=PLATFORM_NAME,
        subject=f"Follow-ups: {', '.join(filter(None, words))}",
        greeting=f"Good morning {clip(user.name)},",
        before=["This is to be done:"],
        facts=facts[:MOST_LINES],
        link=f"{settings.PUBLIC_URL}{reverse('followups:list')}",
        link_label="Open your follow-ups",
        after=[f"And {more} more on the list."] if more > 0 else [],
        footer=f"Sent once a day, when something is due. Switch it off: {switch}",
    )
    return queue_email(
        client=None,
        kind=KIND,
        reference="",
        dedupe_key=f"follow_up_digest:{user.pk}:{at.astimezone(user.zone).date()}",
        recipient=user.email,
        recipient_name=clip(user.name),
        language=message.language,
        subject=message.subject_line,
        body_text=message.text,
        body_html=message.html,
        at=at,
    )


def _fact(row: FollowUp, user: User, *, is_late: bool) -> Fact:
    """When it was or is due, what it is about; whose it is, for those who work for several clients."""
    when = moment_text(row.due_at, Reader(user.language, user.zone))
    reference = row.purchase.reference if row.purchase else ""
    words = [
        row.subject,
        reference if reference not in row.subject else "",
        row.client.name if user.client_id is None else "",
    ]
    return Fact(f"{when} (overdue)" if is_late else when, " · ".join(filter(None, words)))
