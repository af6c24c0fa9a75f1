"""E-mails that don't arrive stand in the error log until they do, or need not any more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from errorlog.models import ErrorRecord
from mailing.services.capture import CaptureTransport
from mailing.services.compose import AttachmentSpec
from mailing.services.decide import cancel_email, confirm_delivered, note_bounce, queue_held_email, send_email
from mailing.services.handover import hand_over_due
from mailing.services.relay import SmtpTransport
from mailing.signals import email_handed_over
from mailing.states import Status
from tests.mailing.conftest import NOON
from tests.mailing.test_handover import Interrupted
from tests.stories import a_client, a_released_po

if TYPE_CHECKING:
    from accounts.models import User
    from tests.mailing.conftest import Clock, QueueMail
    from tests.mailing.sink import Sink

pytestmark = pytest.mark.django_db(transaction=True)


def the_error() -> ErrorRecord:
    return ErrorRecord.objects.get()


def test_a_refused_e_mail_is_an_error_until_it_is_sent(
    queue_mail: QueueMail, sink: Sink, transport: SmtpTransport, clock: Clock, agent: User
) -> None:
    client = a_client("werk")
    purchase = a_released_po(client)
    hand_over_due(clock=clock, transport=CaptureTransport())
    email = queue_mail(client=client, kind="delivery", reference=purchase.reference)
    sink.plan.append("550 no such mailbox")
    hand_over_due(clock=clock, transport=transport)
    error = the_error()
    assert error.note == (
        f"Delivery to {email.recipient}: Failed: 550 no such mailbox – correct the address, or send it another way."
    )
    found = (error.type, error.client, error.reference, error.purchase_status, error.is_done, error.created_at)
    assert found == ("email_delivery", client, purchase.reference, "WPO", False, NOON)
    email.refresh_from_db()
    queue_held_email(email, by=agent, at=NOON)
    hand_over_due(clock=clock, transport=transport)
    assert the_error().is_done


def test_one_that_came_back_is_done_once_a_copy_went_out(
    queue_mail: QueueMail, transport: SmtpTransport, clock: Clock, agent: User
) -> None:
    email = queue_mail()
    hand_over_due(clock=clock, transport=transport)
    email.refresh_from_db()
    note_bounce(email, by=None, at=clock.pass_(hours=1), reason="5.1.1 user unknown")
    assert (the_error().type, the_error().is_done) == ("email_delivery", False)
    assert "Bounced: 5.1.1 user unknown" in the_error().note
    email.refresh_from_db()
    send_email(email, by=agent, at=clock.now)
    hand_over_due(clock=clock, transport=transport)
    assert the_error().is_done


def test_a_doubt_is_an_error_until_somebody_settles_it(
    queue_mail: QueueMail, sink: Sink, transport: SmtpTransport, clock: Clock, agent: User
) -> None:
    email = queue_mail(kind="client_canceled")
    sink.plan.append("reset")
    hand_over_due(clock=clock, transport=transport)
    assert (the_error().type, the_error().is_done) == ("notification", False)
    assert the_error().note.endswith("it may have arrived; say in the outbox whether it did.")
    email.refresh_from_db()
    confirm_delivered(email, by=agent, at=clock.now, reason="The client has it")
    assert the_error().is_done


def test_the_doubt_about_a_worker_believed_dead_is_over_with_its_answer(
    queue_mail: QueueMail, sink: Sink, clock: Clock
) -> None:
    queue_mail()
    found: list[bool] = []

    def believed_dead() -> None:
        clock.pass_(minutes=13)
        hand_over_due(clock=clock, transport=SmtpTransport(sink))
        found.append(the_error().is_done)

    hand_over_due(clock=clock, transport=Interrupted(sink, before_dot=believed_dead))
    assert [*found, the_error().is_done] == [False, True]


def test_one_that_is_canceled_is_no_trouble_any_more(
    queue_mail: QueueMail, sink: Sink, transport: SmtpTransport, clock: Clock, agent: User
) -> None:
    email = queue_mail()
    sink.plan.append("550 no such mailbox")
    hand_over_due(clock=clock, transport=transport)
    email.refresh_from_db()
    cancel_email(email, by=agent, at=clock.now, reason="Told by phone")
    assert the_error().is_done
    assert the_error().history.first().history_change_reason == "the e-mail was canceled: Told by phone"


@pytest.mark.parametrize("is_captured", [True, False])
def test_one_that_can_not_be_made_ready_is_an_error_while_it_is_tried_again(
    queue_mail: QueueMail, transport: SmtpTransport, clock: Clock, *, is_captured: bool
) -> None:
    email = queue_mail(attachments=[AttachmentSpec("a.pdf", source="nobody.knows:1")])
    carrier: Any = CaptureTransport() if is_captured else transport
    hand_over_due(clock=clock, transport=carrier)
    email.refresh_from_db()
    assert email.status == Status.QUEUED
    assert "LookupError" in the_error().note
    assert the_error().note.endswith("it could not be made ready; it is tried again by itself.")
    email.attachments.all().delete()
    clock.pass_(hours=1)
    hand_over_due(clock=clock, transport=carrier)
    assert the_error().is_done


def test_news_that_could_not_be_told_are_told_to_the_error_log(
    queue_mail: QueueMail, transport: SmtpTransport, clock: Clock
) -> None:
    def buggy(**_: Any) -> None:
        raise ZeroDivisionError

    queue_mail()
    email_handed_over.connect(buggy)
    try:
        hand_over_due(clock=clock, transport=transport)
    finally:
        email_handed_over.disconnect(buggy)
    assert "noting it here failed" in the_error().note
