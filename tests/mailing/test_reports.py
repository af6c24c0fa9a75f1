"""What mail servers report: understood, matched, noted once; from a mailbox and at a provider's door."""

from __future__ import annotations

import json
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import Client
from config.environment import ReportMailbox, Webhook, read_mailbox, read_webhook
from mailing import tasks
from mailing.models import DeliveryReport, Email
from mailing.services.dsn import MESSAGE_ID, Report, address_in, key_of, read_report
from mailing.services.mailbox import Mailbox, MailboxError
from mailing.services.mailbox import read_mailbox as read_box
from mailing.services.reports import note_report
from mailing.services.webhook import note_event
from mailing.signals import email_complained
from mailing.states import Status
from tests.mailing.conftest import NOON
from tests.mailing.imap import ImapServer
from tests.mailing.reports import (
    COMPLAINT,
    DELAYED,
    DELIVERED,
    EXCHANGE,
    GMAIL,
    HEAD,
    HOSTILE,
    NO_REPORTS,
    OURS,
    POSTFIX,
)
from tests.stories import a_user

if TYPE_CHECKING:
    from tests.mailing.conftest import Clock, QueueMail

RECIPIENT = "einkauf1@werft.example"
KEY = "k" * 40


@pytest.mark.parametrize(
    ("text", "kind", "recipient", "words"),
    [
        (POSTFIX, "bounced", RECIPIENT, "5.1.1 550 5.1.1 <einkauf1@werft.example>: Recipient address rejected"),
        (DELAYED, "delayed", RECIPIENT, "4.4.1"),
        (DELIVERED, "delivered", RECIPIENT, "2.0.0"),
        (EXCHANGE, "bounced", RECIPIENT, "5.2.2 554 5.2.2 mailbox full; STOREDRV.Deliver"),
        (GMAIL, "bounced", RECIPIENT, "Delivery Status Notification (Failure)"),
        (COMPLAINT, "complained", RECIPIENT, "Feedback report: abuse"),
    ],
)  # fmt: skip
def test_reports_of_the_usual_servers_are_understood(text: str, kind: str, recipient: str, words: str) -> None:
    report = read_report(text.encode())
    assert report is not None
    assert (report.kind, report.recipient, report.message_id) == (kind, recipient, OURS)
    assert report.words.startswith(words)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_report_is_not_understood_and_breaks_nothing(name: str) -> None:
    report = read_report(HOSTILE[name].encode("utf-8", "surrogateescape"))
    assert report is not None
    assert report.kind == "unknown"
    assert len(report.words) <= 300
    assert report.words.isprintable()


@pytest.mark.parametrize("name", NO_REPORTS)
def test_what_is_no_report_is_left_alone(name: str) -> None:
    assert read_report(NO_REPORTS[name].encode()) is None


def test_odd_reports_say_what_they_can() -> None:
    bare = (
        f"{HEAD}--b\nContent-Type: message/feedback-report\n\nFeedback-Type: fraud\n\n"
        "--b\nContent-Type: message/rfc822\n\nTo: x@y.example\n\n--b--\n"
    )
    assert read_report(bare.encode()) == Report("complained", "", "x@y.example", "Feedback report: fraud")
    silent = f"{HEAD}--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nAction: failed\n\n--b--\n"
    assert read_report(silent.encode()) == Report("bounced", "", "", "No reason given")


@pytest.fixture
def sent(queue_mail: QueueMail) -> Email:
    email = queue_mail()
    Email.objects.filter(pk=email.pk).update(status=Status.SENT, sent_at=NOON, message_id=OURS)
    email.refresh_from_db()
    return email


def noted(report: Report, key: str = "1", **later: float) -> DeliveryReport | None:
    return note_report(report, source="mailbox", key=key, at=NOON + timedelta(**later))


def test_a_report_is_noted_once_and_the_email_is_bounced(sent: Email) -> None:
    report = Report("bounced", OURS, RECIPIENT, "5.1.1 unknown")
    assert noted(report, minutes=1) is not None
    assert noted(report, minutes=2) is None
    sent.refresh_from_db()
    assert (sent.status, sent.relay_reply) == (Status.BOUNCED, "5.1.1 unknown")
    assert noted(report, "2", minutes=3) is not None
    assert [row.email for row in DeliveryReport.objects.order_by("pk")] == [sent, sent]


def test_without_a_message_id_the_last_one_to_that_address_is_meant(sent: Email) -> None:
    row = noted(Report("bounced", "", RECIPIENT.upper()), hours=1)
    sent.refresh_from_db()
    assert row is not None
    assert (row.email, sent.status) == (sent, Status.BOUNCED)
    assert sent.relay_reply == "Came back without a reason"


def test_a_report_about_anothers_message_is_not_about_ours(sent: Email) -> None:
    row = noted(Report("bounced", "<other@x>", RECIPIENT), hours=1)
    sent.refresh_from_db()
    assert row is not None
    assert (row.email, sent.status) == (None, Status.SENT)


def test_a_recipient_of_several_clients_says_not_which_email_came_back(sent: Email, queue_mail: QueueMail) -> None:
    other = Client.objects.create(
        slug="nord", name="Nord Software AG", country="DE", time_zone="Europe/Berlin", email="mail@nord.example"
    )
    its = queue_mail(client=other, recipient=RECIPIENT)
    Email.objects.filter(pk=its.pk).update(status=Status.SENT, sent_at=NOON)
    row = noted(Report("bounced", "", RECIPIENT), hours=1)
    assert row is not None
    assert (row.email, set(Email.objects.values_list("status", flat=True))) == (None, {Status.SENT})
    Email.objects.filter(pk=its.pk).update(status=Status.BOUNCED)
    row = noted(Report("bounced", "", RECIPIENT), "2", hours=1)
    assert row is not None
    assert row.email == sent


def test_a_late_or_strange_report_is_kept_and_changes_nothing(sent: Email) -> None:
    rows = [noted(Report("bounced", "", RECIPIENT), days=6), noted(Report("unknown"), "2", days=1)]
    sent.refresh_from_db()
    assert ([row and row.email for row in rows], sent.status) == ([None, None], Status.SENT)


def a_box(server: ImapServer, **changes: Any) -> Mailbox:
    facts = {"user": "reports", "password": "secret", "folder": "INBOX", "tls": "no", **changes}
    return Mailbox("127.0.0.1", server.port, **facts)


def test_a_mailbox_is_read_once_whatever_is_in_it(sent: Email, clock: Clock) -> None:
    messages = [text.encode() for text in (*HOSTILE.values(), NO_REPORTS["an answer"], POSTFIX)]
    with ImapServer(messages) as server:
        until = NOON + timedelta(minutes=1)
        result = read_box(a_box(server), clock=clock, until=until)
        assert (result.messages, result.reports) == (len(messages), len(HOSTILE) + 1)
        assert read_box(a_box(server), clock=clock, until=until).messages == 0
    sent.refresh_from_db()
    assert sent.status == Status.BOUNCED
    assert DeliveryReport.objects.get(kind="bounced").key == key_of(POSTFIX.encode())


def test_a_crash_between_noting_and_marking_notes_nothing_twice(sent: Email, clock: Clock) -> None:
    with ImapServer([POSTFIX.encode(), GMAIL.encode()]) as server:
        server.breaks_at = 2
        with pytest.raises(MailboxError):
            read_box(a_box(server), clock=clock, until=NOON + timedelta(minutes=1))
        server.breaks_at, server.seen = 0, set()
        result = read_box(a_box(server), clock=clock, until=NOON + timedelta(minutes=1))
    assert (result.messages, result.reports, DeliveryReport.objects.count()) == (2, 1, 2)
    assert sent.pk


def test_a_report_that_breaks_something_keeps_no_other_from_being_read(sent: Email, clock: Clock) -> None:
    def breaks(**_: Any) -> None:
        message = "a bug"
        raise RuntimeError(message)

    email_complained.connect(breaks)
    try:
        with ImapServer([COMPLAINT.encode(), POSTFIX.encode()]) as server:
            result = read_box(a_box(server), clock=clock, until=NOON + timedelta(minutes=1))
    finally:
        email_complained.disconnect(breaks)
    sent.refresh_from_db()
    assert (result.messages, result.reports, sent.status) == (2, 2, Status.BOUNCED)
    assert DeliveryReport.objects.get(kind="unknown").key == key_of(COMPLAINT.encode())


def test_a_report_waits_while_the_database_is_away(sent: Email, clock: Clock) -> None:
    def breaks(**_: Any) -> None:
        raise OperationalError

    email_complained.connect(breaks)
    try:
        with ImapServer([COMPLAINT.encode()]) as server:
            with pytest.raises(OperationalError):
                read_box(a_box(server), clock=clock, until=NOON + timedelta(minutes=1))
            assert server.seen == set()
    finally:
        email_complained.disconnect(breaks)
    assert not DeliveryReport.objects.exists()


@pytest.mark.parametrize("harm", ["\x00", "\x1b", "\x7f", "\udcff"])
def test_harmful_characters_are_no_part_of_addresses_and_ids(harm: str) -> None:
    assert address_in(f"rfc822; a{harm}b@werft.example") == "b@werft.example"
    assert MESSAGE_ID.search(f"<a{harm}b@x.example>") is None


def test_a_mailbox_has_its_time_and_the_rest_waits(db: None, clock: Clock) -> None:
    with ImapServer([b"x", b"y"]) as server:
        assert read_box(a_box(server), clock=clock, until=NOON).messages == 0


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"password": "wrong"}, "wrong password"),
        ({"folder": "Reports"}, "no folder Reports"),
        ({"tls": "yes"}, "."),
        ({"tls": "starttls"}, "."),
    ],
)  # fmt: skip
def test_a_mailbox_that_lets_nobody_in_says_why(changes: dict[str, str], reason: str, clock: Clock) -> None:
    with ImapServer([]) as server, pytest.raises(MailboxError, match=reason):
        read_box(a_box(server, **changes), clock=clock, until=NOON + timedelta(minutes=1))


def test_the_worker_reads_the_configured_mailbox(sent: Email, settings: Any) -> None:
    settings.MAIL_REPORTS = None
    assert tasks.read_reports() == 0
    with ImapServer([GMAIL.encode()]) as server:
        settings.MAIL_REPORTS = ReportMailbox("127.0.0.1", server.port, "reports", "secret", "INBOX", "no")
        assert tasks.read_reports() == 1
    assert DeliveryReport.objects.get().email == sent


# The provider's door -------------------------------------------------------------------------------------------------


@pytest.fixture
def door(settings: Any, db: None) -> str:
    cache.clear()
    settings.MAIL_WEBHOOK = Webhook("postmark", KEY, {})
    return reverse("mailing:report", args=[KEY])


BOUNCE = {
    "RecordType": "Bounce", "ID": 42, "Type": "HardBounce", "TypeCode": 1, "Name": "Hard bounce",
    "MessageID": "00000000-0000-0000-0000-000000000000", "Description": "The server was unable to deliver",
    "Details": "smtp;550 5.1.1 user unknown", "Email": RECIPIENT, "BouncedAt": "2026-03-02T12:30:00Z",
}  # fmt: skip


def post(path: str, content: Any) -> Any:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return Browser().post(path, body, content_type="application/json")


def test_a_provider_reports_a_bounce_once(sent: Email, door: str) -> None:
    Email.objects.update(sent_at=NOON.replace(year=2100))
    for _ in range(2):
        assert post(door, BOUNCE).status_code == 200
    row = DeliveryReport.objects.get()
    assert (row.kind, row.source, row.recipient, row.email) == ("bounced", "webhook", RECIPIENT, None)
    assert "550 5.1.1 user unknown" in row.words


def test_the_door_is_closed_to_everybody_else(door: str, settings: Any) -> None:
    assert Browser().head(door).status_code == 200
    assert Browser().get(door).status_code == 405
    assert post(door, b"{").status_code == 400
    assert post(door, b"x" * (1024 * 1024 + 1)).status_code == 413
    wrong = reverse("mailing:report", args=["w" * 40])
    assert {post(wrong, BOUNCE).status_code for _ in range(30)} == {404}
    assert post(wrong, BOUNCE).status_code == 429
    assert Browser().head(door).status_code == 200  # who has the key gets in
    cache.clear()
    settings.MAIL_WEBHOOK = None
    assert post(door, BOUNCE).status_code == 404
    assert not DeliveryReport.objects.exists()


def test_behind_the_proxy_wrong_keys_are_counted_by_visitor(door: str, settings: Any) -> None:
    settings.PRODUCTION = True
    wrong = reverse("mailing:report", args=["w" * 40])
    one, other = Browser(HTTP_X_FORWARDED_FOR="198.51.100.7"), Browser(HTTP_X_FORWARDED_FOR="198.51.100.8")
    answers = [one.post(wrong, secure=True).status_code for _ in range(31)]
    assert (answers[-1], other.post(wrong, secure=True).status_code) == (429, 404)


def test_an_event_is_matched_by_our_own_message_id(sent: Email) -> None:
    event = SimpleNamespace(
        event_type="deferred", event_id="", esp_event={"smtp-id": OURS}, message_id="theirs", recipient=None,
        mta_response="", description="", reject_reason=None,
    )  # fmt: skip
    row = note_event(event, provider="SendGrid", at=NOON)
    assert row is not None
    assert (row.kind, row.email) == ("delayed", sent)
    event.esp_event, event.message_id, event.event_type = "text", OURS.strip("<>"), "delivered"
    row = note_event(event, provider="Mailgun", at=NOON)
    assert row is not None
    assert (row.kind, row.email) == ("delivered", sent)
    event.event_type, event.message_id, event.recipient = "bounced", "12345", f"\x00{RECIPIENT}"
    row = note_event(event, provider="Mailjet", at=NOON + timedelta(hours=1))
    assert row is not None
    assert (row.recipient, row.email) == (RECIPIENT, sent)
    event.event_type = "opened"
    assert note_event(event, provider="Mailgun", at=NOON) is None


def test_the_emails_page_tells_what_was_reported(sent: Email) -> None:
    noted(Report("delayed", OURS, RECIPIENT, "4.4.1 no answer"), minutes=1)
    browser = Browser()
    browser.force_login(a_user("platform_admin"))
    page = browser.get(reverse("mailing:email", args=[sent.pk])).content.decode()
    assert "Delayed" in page
    assert "4.4.1 no answer" in page


# The settings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "mailbox"),
    [
        ("", None),
        ("imaps://u%40x:p%2F@mail.example/", ReportMailbox("mail.example", 993, "u@x", "p/", "INBOX", "yes")),
        ("imap://u:p@mail.example:1143/Reports", ReportMailbox("mail.example", 1143, "u", "p", "Reports", "starttls")),
        ("imap://u:p@localhost", ReportMailbox("localhost", 143, "u", "p", "INBOX", "no")),
    ],
)
def test_the_mailbox_is_read_from_its_url(url: str, mailbox: ReportMailbox | None) -> None:
    assert read_mailbox({"IMAP_URL": url}) == mailbox


@pytest.mark.parametrize(
    "url",
    ["pop3://u:p@x", "imaps://x", "imaps://u@x", "imaps://u:p@x:port/", "imaps://u:p@/", 'imaps://u:p@x/A"B', "imaps://u:p@x/?a"],
)  # fmt: skip
def test_a_wrong_mailbox_is_a_sentence(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="Use imaps://"):
        read_mailbox({"IMAP_URL": url})


def test_the_provider_is_read_and_checked() -> None:
    assert read_webhook({}) is None
    assert read_webhook({"MAIL_WEBHOOK": "Postmark", "MAIL_WEBHOOK_KEY": KEY}) == Webhook("postmark", KEY, {})
    signed = {"MAIL_WEBHOOK": "mailgun", "MAIL_WEBHOOK_KEY": KEY, "MAIL_WEBHOOK_SIGNING_KEY": "s"}
    assert read_webhook(signed) == Webhook("mailgun", KEY, {"MAILGUN_WEBHOOK_SIGNING_KEY": "s"})
    for wrong, sentence in (
        ({"MAIL_WEBHOOK": "pigeon"}, "Use one of"),
        ({"MAIL_WEBHOOK": "postmark", "MAIL_WEBHOOK_KEY": "short"}, "at least 32"),
        ({"MAIL_WEBHOOK": "postmark", "MAIL_WEBHOOK_KEY": KEY + "/"}, "at least 32"),
        ({"MAIL_WEBHOOK": "mailgun", "MAIL_WEBHOOK_KEY": KEY}, "Mailgun signs"),
    ):
        with pytest.raises(ImproperlyConfigured, match=sentence):
            read_webhook(wrong)
