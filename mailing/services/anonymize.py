"""Taking recipients and texts out of e-mails that are done with; that they went out, and when, stays known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import transaction

from mailing.models import Attachment, Attempt, DeliveryReport, Email, EmailMime, NotificationTry
from mailing.states import Status

if TYPE_CHECKING:
    from collections.abc import Collection

NOBODY: Final = "removed@invalid"
TAKEN_OUT: Final = "Taken out on request."
DONE: Final = (Status.SENT, Status.FAILED, Status.BOUNCED, Status.CANCELED)


def are_all_done(references: Collection[str]) -> bool:
    """Whether none of the e-mails about these purchases may still go out."""
    return not Email.objects.filter(reference__in=references).exclude(status__in=DONE).exists()


@transaction.atomic
def anonymize_emails(references: Collection[str]) -> int:
    """Take recipient and text out of all that was sent about these purchases; return how many e-mails there are.

    Attachments that have an owner stay with them, as they were issued. What clients' endpoints were told names nobody;
    what they answered may.
    """
    emails = Email.objects.filter(reference__in=references)
    pks = list(emails.values_list("pk", flat=True))
    who = {"recipient": NOBODY, "recipient_name": "", "relay_reply": ""}
    emails.update(**who, subject=TAKEN_OUT, body_text=TAKEN_OUT, body_html="")
    Email.history.filter(id__in=pks).update(**who)
    EmailMime.objects.filter(email__in=pks).delete()
    Attachment.objects.filter(email__in=pks, content__isnull=False).update(content=b"", filename="removed")
    Attempt.objects.filter(email__in=pks).update(words="")
    DeliveryReport.objects.filter(email__in=pks).update(recipient="", words="")
    NotificationTry.objects.filter(notification__reference__in=references).update(answer="")
    return len(pks)
