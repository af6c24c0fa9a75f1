"""The row menu, the doubtful ones, and those that came back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from core.refused import Refused
from mailing.models import Email
from mailing.selectors import attention, oldest_waiting, status_counts
from mailing.services.capture import CaptureTransport
from mailing.services.claims import claim_due
from mailing.services.compose import AttachmentSpec
from mailing.services.decide import (
    cancel_email,
    confirm_delivered,
    hold_email,
    note_bounce,
    queue_held_email,
    send_again,
    send_email,
)
from mailing.services.handover import hand_over_due
from mailing.signals import email_bounced, email_dropped, email_handed_over
from mailing.states import DECISIONS, LABELS, Status, decisions, retry_delay
from tests.mailing.conftest import NOON
from tests.mailing.test_handover import heard

if TYPE_CHECKING:
    from accounts.models import Client, User
    from tests.mailing.conftest import Clock, QueueMail

pytestmark = pytest.mark.django_db

LATER = NOON + timedelta(hours=1)


def sent(queue_mail: QueueMail, **changes: object) -> Email:
    email = queue_mail(**changes)
    hand_over_due(clock=lambda: NOON, transport=CaptureTransport())
    email.refresh_from_db()
    assert email.status == Status.SENT
    return email


def in_doubt(queue_mail: QueueMail) -> Email:
    email = queue_mail()
    Email.objects.filter(pk=email.pk).update(status=Status.UNCERTAIN, attempts=1)
    email.refresh_from_db()
    email.tries.create(claimed_at=NOON, handoff_at=NOON, ended_at=LATER, outcome="NO_ANSWER", transport="smtp")
    return email


@pytest.mark.parametrize(
    ("status", "offered"),
    [
        (Status.HELD, ["Send", "Queue", "Cancel"]),
        (Status.QUEUED, ["Send", "Hold", "Cancel"]),
        (Status.CLAIMED, ["Hold", "Cancel"]),
        (Status.HANDOFF, []),
        (Status.SENT, ["Send", "Mark as bounced"]),
        (Status.FAILED, ["Send", "Queue", "Cancel"]),
        (Status.UNCERTAIN, ["It was delivered", "Send again"]),
        (Status.BOUNCED, ["Send"]),
        (Status.CANCELED, ["Send", "Queue"]),
    ],
)
def test_what_the_menu_offers(status: Status, offered: list[str]) -> None:
    assert [decision.label for decision in decisions(status)] == offered


def test_every_status_has_a_name_and_every_decision_leads_to_one() -> None:
    assert set(LABELS) == set(Status)
    assert {decision.target for decision in DECISIONS} <= set(Status)


def test_waits_grow() -> None:
    assert [retry_delay(attempts) for attempts in (0, 1, 2)] == [timedelta(minutes=n) for n in (1, 1, 5)]
    assert retry_delay(99) == timedelta(hours=12)
    assert retry_delay(99, unreachable=True) == timedelta(minutes=15)


def test_hold_then_queue(queue_mail: QueueMail, agent: User, clock: Clock) -> None:
    email = hold_email(queue_mail(), by=agent, at=NOON, reason="Wrong address")
    assert hand_over_due(clock=clock, transport=CaptureTransport()).total == 0
    entry = email.history.latest()
    assert (entry.status, entry.history_user, entry.history_date, entry.history_change_reason) == (
        Status.HELD,
        agent,
        NOON,
        "Wrong address",
    )
    email = queue_held_email(email, by=agent, at=LATER)
    assert (email.status, email.next_attempt_at) == (Status.QUEUED, LATER)
    assert email.history.count() == 2


def test_a_sent_one_can_not_be_held(queue_mail: QueueMail, agent: User) -> None:
    with pytest.raises(Refused, match="“Hold” is not possible in status Sent"):
        hold_email(sent(queue_mail), by=agent, at=NOON)


def test_a_stale_screen_is_refused(queue_mail: QueueMail, agent: User) -> None:
    email = queue_mail()
    stale = Email.objects.get(pk=email.pk)
    cancel_email(email, by=agent, at=NOON, reason="Ordered by mistake")
    with pytest.raises(Refused, match="status Canceled"):
        hold_email(stale, by=agent, at=NOON)


def test_send_now(queue_mail: QueueMail, agent: User) -> None:
    email = queue_mail(at=LATER)
    email = send_email(email, by=agent, at=NOON)
    assert email.next_attempt_at == NOON


def test_send_on_a_sent_one_is_a_new_attempt(queue_mail: QueueMail, agent: User, clock: Clock) -> None:
    email = sent(queue_mail, attachments=[AttachmentSpec("note.txt", content=b"hello", content_type="text/plain")])
    copy = send_email(email, by=agent, at=LATER, reason="Customer lost it")
    assert (copy.original, copy.root_id, copy.status, copy.created_at) == (email, email.pk, Status.QUEUED, LATER)
    assert copy.message_id != email.message_id
    assert [bytes(part.content or b"") for part in copy.attachments.all()] == [b"hello"]
    assert copy.history.latest().history_user == agent
    with pytest.raises(Refused, match="already waiting"):
        send_email(email, by=agent, at=LATER)
    clock.now = LATER
    hand_over_due(clock=clock, transport=CaptureTransport())
    copy.refresh_from_db()
    second = send_email(copy, by=agent, at=LATER)
    assert second.root_id == email.pk
    email.refresh_from_db()
    assert (email.status, email.sent_at) == (Status.SENT, NOON)


def test_a_canceled_one_can_be_sent_after_all(queue_mail: QueueMail, agent: User) -> None:
    email = queue_mail()
    with heard(email_dropped) as news:
        email = cancel_email(email, by=agent, at=NOON, reason="Ordered by mistake")
    assert news == [(email.pk, Status.CANCELED, NOON)]
    assert email.drop_reason == "Ordered by mistake"
    email = send_email(email, by=agent, at=LATER)
    assert (email.status, email.drop_reason) == (Status.QUEUED, "")


def test_reasons_are_needed(queue_mail: QueueMail, agent: User) -> None:
    for act in (cancel_email, confirm_delivered, send_again, note_bounce):
        with pytest.raises(Refused, match="reason"):
            act(queue_mail(), by=agent, at=NOON, reason="  ")


def test_a_person_finds_that_it_arrived(queue_mail: QueueMail, agent: User) -> None:
    email = in_doubt(queue_mail)
    with heard(email_handed_over) as news:
        email = confirm_delivered(email, by=agent, at=LATER, reason="The customer has it")
    assert (email.status, email.sent_at, email.transport) == (Status.SENT, NOON, "smtp")
    assert news == [(email.pk, Status.SENT, NOON)]
    assert email.history.latest().history_change_reason == "The customer has it"
    with pytest.raises(Refused):
        send_again(email, by=agent, at=LATER, reason="Again")


def test_a_person_sends_a_doubtful_one_again_under_its_message_id(
    queue_mail: QueueMail, agent: User, clock: Clock
) -> None:
    email = in_doubt(queue_mail)
    message_id = email.message_id
    send_again(email, by=agent, at=NOON, reason="The customer has nothing")
    assert hand_over_due(clock=clock, transport=CaptureTransport()).sent == 1
    email.refresh_from_db()
    assert (email.status, email.message_id) == (Status.SENT, message_id)


def test_the_machine_never_touches_a_doubt(queue_mail: QueueMail, clock: Clock) -> None:
    in_doubt(queue_mail)
    clock.pass_(days=400)
    assert claim_due(at=clock()) == []
    assert list(Email.objects.in_doubt()) == list(Email.objects.all())


def test_a_bounce(queue_mail: QueueMail, agent: User) -> None:
    email = sent(queue_mail)
    with heard(email_bounced) as news:
        email = note_bounce(email, by=None, at=LATER, reason="550 mailbox full")
    assert (email.status, email.sent_at, email.relay_reply) == (Status.BOUNCED, NOON, "550 mailbox full")
    assert news == [(email.pk, Status.BOUNCED, LATER)]
    assert send_email(email, by=agent, at=LATER).original == email


def test_news_of_a_refused_decision_are_taken_back(queue_mail: QueueMail, agent: User, hafen: Client) -> None:
    """A worker passes the fence between the screen and the click: what receivers wrote must not stay."""
    email = queue_mail()
    stale = Email.objects.get(pk=email.pk)
    Email.objects.filter(pk=email.pk).update(status=Status.SENT, sent_at=NOON)

    def write(**_: object) -> None:
        hafen.name = "changed"
        hafen.save()

    email_dropped.connect(write)
    try:
        with pytest.raises(Refused, match="status Sent"):
            cancel_email(stale, by=agent, at=NOON, reason="Ordered by mistake")
    finally:
        email_dropped.disconnect(write)
    hafen.refresh_from_db()
    assert hafen.name == "Hafen CAD GmbH"


def test_counts_and_the_oldest_waiting(queue_mail: QueueMail, agent: User, clock: Clock) -> None:
    assert oldest_waiting(NOON) is None
    sent(queue_mail)
    queue_mail(hold=True)
    queue_mail(at=NOON - timedelta(minutes=20))
    counts = status_counts(agent)
    assert (counts[Status.SENT], counts[Status.HELD], counts[Status.QUEUED], counts[Status.FAILED]) == (1, 1, 1, 0)
    assert oldest_waiting(NOON, user=agent) == timedelta(minutes=20)


def test_what_asks_for_attention(queue_mail: QueueMail, agent: User) -> None:
    nothing = attention(agent, limit=2)
    assert (nothing.undecided, nothing.undecided_count, nothing.waiting_count, nothing.oldest_at) == ([], 0, 0, None)
    doubtful = [in_doubt(queue_mail) for _ in range(3)]
    queue_mail(at=NOON - timedelta(minutes=20))
    queue_mail()
    found = attention(agent, limit=2)
    assert found.undecided == [doubtful[2], doubtful[1]]
    assert (found.undecided_count, found.waiting_count, found.oldest_at) == (3, 2, NOON - timedelta(minutes=20))


def test_search(queue_mail: QueueMail) -> None:
    email = queue_mail(recipient="lotte@werft.example", reference="300000001")
    queue_mail()
    for words in ("lotte", "300000001", "werft, lotte", "300000001,"):
        assert list(Email.objects.search(words)) == [email]
    assert list(Email.objects.for_reference("300000001").of_kinds(["test_letter"]).with_parties().newest_first()) == [
        email
    ]
