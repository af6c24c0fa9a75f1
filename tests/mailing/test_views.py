"""The outbox as people use it: what they see, what they may decide, and what stays closed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Client, User
from core.pdf import PdfUnavailableError
from mailing.models import Attachment, Attempt, Email, RelayState
from mailing.services.capture import CaptureTransport
from mailing.services.compose import AttachmentSpec, queue_email
from mailing.services.handover import hand_over_due
from mailing.states import Carrier, Outcome, Status
from mailing.wording import kind_label
from purchases.models import Document
from tests.stories import a_client, a_released_po, a_user

pytestmark = pytest.mark.django_db

HOSTILE = "<script>alert(1)</script>{{ x }}"
SIGNED = "http://localhost:8000/p/answer/AbCdEfGhIjKlMnOpQrStUvWxYz012345/"
PDF = b"%PDF-1.7 not really"
MOST_QUERIES = 12


@pytest.fixture
def hafen(db: None) -> Client:
    return Client.objects.create(slug="hafen", name="Hafen GmbH", time_zone="Europe/Berlin", email="o@hafen.example")


@pytest.fixture
def stranger(db: None) -> Client:
    return Client.objects.create(slug="other", name="Other Inc.", time_zone="UTC", email="o@other.example")


@pytest.fixture
def rep(db: None) -> User:
    return a_user("platform_customer_service")


def an_email(client: Client, key: str, status: str = Status.QUEUED, **fields: Any) -> Email:
    """An e-mail in any status, as its worker or somebody would have left it."""
    now = timezone.now()
    words: dict[str, Any] = {
        "subject": "Your order",
        "body_text": "Hello",
        "body_html": "",
        "recipient": "ap@werft.example",
    }
    words |= {name: fields.pop(name) for name in list(fields) if name in words}
    email = queue_email(
        client=client,
        kind=fields.pop("kind", "order_confirmation"),
        reference=fields.pop("reference", ""),
        dedupe_key=key,
        language="en",
        at=fields.pop("at", now),
        attachments=fields.pop("attachments", ()),
        hold=status == Status.HELD,
        **words,
    )
    if status in {Status.SENT, Status.BOUNCED}:
        fields.setdefault("sent_at", now)
    if status == Status.CANCELED:
        fields.setdefault("drop_reason", "Paid before it went out.")
    Email.objects.filter(pk=email.pk).update(status=status, **fields)
    email.refresh_from_db()
    return email


def enter(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


def page(user: User, name: str, *args: int, **query: str) -> Any:
    return enter(user).get(reverse(f"mailing:{name}", args=args), query)


def act(user: User, name: str, email: Email, **data: str) -> Any:
    return enter(user).post(reverse(f"mailing:{name}", args=[email.pk]), {"form_key": "once", **data})


# The list


def test_the_outbox_lists_what_the_client_sent_and_nobody_elses(hafen: Client, stranger: Client) -> None:
    an_email(hafen, "a", subject="Ours")
    an_email(stranger, "b", subject="Theirs")
    answer = page(a_user("client_support", hafen), "list")
    assert b"Ours" in answer.content
    assert b"Theirs" not in answer.content
    assert b"Other Inc." not in answer.content


def test_the_platform_sees_all_clients_with_their_names(hafen: Client, stranger: Client, rep: User) -> None:
    an_email(hafen, "a", subject="Ours")
    an_email(stranger, "b", subject="Theirs")
    answer = page(rep, "list")
    assert b"Hafen GmbH" in answer.content
    assert b"Theirs" in answer.content
    assert b"Ours" not in page(rep, "list", client=str(stranger.pk)).content


def test_an_empty_outbox_says_what_would_be_here(rep: User) -> None:
    assert b"No e-mail yet" in page(rep, "list").content


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"show": "waiting"}, {"queued", "claimed"}),
        ({"show": "hold"}, {"held"}),
        ({"show": "decide"}, {"doubt", "failed", "bounced"}),
        ({"show": "sent"}, {"sent"}),
        ({"show": "canceled"}, {"canceled"}),
        ({"status": "SENDING"}, {"claimed"}),
        ({"status": "QUEUED"}, {"queued"}),
        ({"kind": "delivery"}, {"sent"}),
        ({"reference": "123456789"}, {"held"}),
        ({"q": "boss@werft.example, subject of failed"}, {"failed"}),
    ],
)
def test_tabs_and_filters_choose_rows(hafen: Client, rep: User, query: dict[str, str], shown: set[str]) -> None:
    under_way = {"claim_token": "8f8f8f8f8f8f4f8f8f8f8f8f8f8f8f8f", "lease_until": timezone.now()}
    rows: dict[str, tuple[str, dict[str, Any]]] = {
        "queued": (Status.QUEUED, {}),
        "claimed": (Status.CLAIMED, under_way),
        "held": (Status.HELD, {"reference": "123456789"}),
        "doubt": (Status.UNCERTAIN, {}),
        "failed": (Status.FAILED, {"recipient": "boss@werft.example"}),
        "bounced": (Status.BOUNCED, {}),
        "sent": (Status.SENT, {"kind": "delivery"}),
        "canceled": (Status.CANCELED, {}),
    }
    for name, (status, fields) in rows.items():
        an_email(hafen, name, status, subject=f"subject of {name}", **fields)
    content = page(rep, "list", **query).content.decode()
    assert {name for name in rows if f"subject of {name}<" in content} == shown


def test_the_tabs_count(hafen: Client, rep: User) -> None:
    an_email(hafen, "a", Status.UNCERTAIN)
    an_email(hafen, "b", Status.FAILED)
    assert "Needs a decision<span>2</span>" in page(rep, "list").content.decode()


def test_a_list_costs_the_same_for_one_row_and_three(hafen: Client, rep: User) -> None:
    def cost() -> int:
        browser = enter(rep)
        browser.get(reverse("mailing:list"))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            browser.get(reverse("mailing:list"))
        return len(queries)

    an_email(hafen, "a", attachments=[AttachmentSpec("a.pdf", content=PDF)])
    one = cost()
    an_email(hafen, "b", attachments=[AttachmentSpec("b.pdf", content=PDF)])
    an_email(hafen, "c")
    assert cost() == one
    assert one <= MOST_QUERIES


def test_only_who_may_decide_gets_the_menu(hafen: Client, rep: User) -> None:
    an_email(hafen, "a")
    assert b"row-menu" in page(rep, "list").content
    assert b"row-menu" not in page(a_user("auditor"), "list").content


# One e-mail


def test_an_email_is_read_with_its_text_its_files_and_its_story(hafen: Client, rep: User) -> None:
    email = an_email(
        hafen, "a", Status.SENT, body_text="Dear Jana", attachments=[AttachmentSpec("INV-1.pdf", content=PDF)]
    )
    moment = timezone.now()
    Attempt.objects.create(
        email=email, claimed_at=moment, ended_at=moment, outcome=Outcome.DEFERRED, words="451 later", worker="w:1"
    )
    content = page(rep, "email", email.pk).content.decode()
    assert "Dear Jana" in content
    assert "INV-1.pdf" in content
    assert "451 later" in content
    assert "Deferred by the relay" in content
    assert email.message_id.strip("<>") in content


def test_the_headers_are_those_that_went_out(hafen: Client, rep: User) -> None:
    email = an_email(hafen, "a")
    assert "Written when it goes out" in page(rep, "email", email.pk, view="headers").content.decode()
    hand_over_due(clock=timezone.now, transport=CaptureTransport())
    shown = page(rep, "email", email.pk, view="headers").content.decode()
    assert "Written when it goes out" not in shown
    assert "<dt>Message-ID</dt>" in shown


def test_an_email_costs_the_same_with_one_attempt_and_three(hafen: Client, rep: User) -> None:
    email = an_email(hafen, "a", attachments=[AttachmentSpec("a.pdf", content=PDF)])

    def cost() -> int:
        browser = enter(rep)
        browser.get(reverse("mailing:email", args=[email.pk]))
        with CaptureQueriesContext(connection) as queries:
            browser.get(reverse("mailing:email", args=[email.pk]))
        return len(queries)

    def try_it() -> None:
        Attempt.objects.create(email=email, claimed_at=timezone.now())
        Attachment.objects.create(email=email, filename="b.pdf", content_type="application/pdf", content=PDF)

    try_it()
    one = cost()
    try_it()
    try_it()
    assert cost() == one


def test_hostile_words_come_out_as_words(hafen: Client, rep: User) -> None:
    email = an_email(hafen, "a", subject=HOSTILE, body_text=HOSTILE, body_html=f"<p>{HOSTILE}</p>")
    for answer in (page(rep, "list"), page(rep, "email", email.pk), page(rep, "email", email.pk, view="text")):
        content = answer.content.decode()
        assert "<script>alert" not in content
        assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ x }}" in content


def test_html_is_shown_where_nothing_runs_loads_or_submits(hafen: Client, rep: User) -> None:
    email = an_email(hafen, "a", body_html=f"<p>{HOSTILE}</p>")
    answer = page(rep, "body", email.pk)
    directives = answer["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "sandbox", "form-action 'none'", "base-uri 'none'"} <= set(directives)
    assert "script-src" not in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert '<iframe class="m-frame"' in page(rep, "email", email.pk).content.decode()
    assert page(rep, "body", an_email(hafen, "b").pk).status_code == 404


def test_the_key_of_a_signed_link_is_only_for_those_who_may_do_what_it_does(hafen: Client) -> None:
    email = an_email(hafen, "a", body_text=f"Go to {SIGNED}", body_html=f'<a href="{SIGNED}">go</a>')
    for name, query in (("email", {"view": "text"}), ("body", {})):
        assert SIGNED in page(a_user("client_admin", hafen), name, email.pk, **query).content.decode()
        hidden = page(a_user("client_sales", hafen), name, email.pk, **query).content.decode()
        assert "AbCdEfGh" not in hidden
        assert "/p/answer/…/" in hidden


# Attachments


def test_a_pdf_is_shown_and_can_be_kept(hafen: Client, rep: User) -> None:
    email = an_email(hafen, "a", attachments=[AttachmentSpec("Rechnung Nr. 1 ü.pdf", content=PDF)])
    part = email.attachments.get()
    shown = page(rep, "attachment", email.pk, part.pk)
    assert (shown.content, shown["Content-Type"]) == (PDF, "application/pdf")
    assert shown["Content-Disposition"].startswith("inline; filename")
    assert "sandbox" in shown["Content-Security-Policy"]
    assert shown["X-Content-Type-Options"] == "nosniff"
    kept = page(rep, "attachment", email.pk, part.pk, save="")
    assert kept["Content-Disposition"].startswith("attachment; filename")
    assert kept["Content-Type"] == "application/octet-stream"


def test_a_page_as_an_attachment_is_never_shown_as_one(hafen: Client, rep: User) -> None:
    spec = AttachmentSpec("x.html", content=b"<script>alert(1)</script>", content_type="text/html")
    email = an_email(hafen, "a", attachments=[spec])
    answer = page(rep, "attachment", email.pk, email.attachments.get().pk)
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")


def test_a_document_is_rendered_for_whoever_looks_first() -> None:
    purchase = a_released_po(a_client())
    document = Document.objects.filter(purchase=purchase).order_by("pk").first()
    assert document is not None
    spec = AttachmentSpec(document.filename, source=f"purchases.document:{document.pk}")
    email = an_email(purchase.client, "a", attachments=[spec])
    answer = page(a_user("client_support", purchase.client), "attachment", email.pk, email.attachments.get().pk)
    assert answer.content.startswith(b"%PDF")


def test_without_the_means_to_make_pdfs_the_page_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        message = "Install libpango-1.0-0."
        raise PdfUnavailableError(message)

    monkeypatch.setattr("purchases.services.documents.render_pdf", fails)
    purchase = a_released_po(a_client())
    document = Document.objects.filter(purchase=purchase).order_by("pk").first()
    assert document is not None
    spec = AttachmentSpec(document.filename, source=f"purchases.document:{document.pk}")
    email = an_email(purchase.client, "a", attachments=[spec])
    clerk = enter(a_user("client_support", purchase.client))
    answer = clerk.get(reverse("mailing:attachment", args=[email.pk, email.attachments.get().pk]))
    assert answer.status_code == 503
    assert "Install libpango-1.0-0." in answer.content.decode()


def test_a_file_that_cannot_be_had_any_more_is_said_to_be(hafen: Client, rep: User) -> None:
    specs = [AttachmentSpec("lost.pdf", source="nobody.knows:1"), AttachmentSpec("changed.pdf", content=PDF)]
    email = an_email(hafen, "a", attachments=specs)
    lost, changed = email.attachments.order_by("pk")
    Attachment.objects.filter(pk=changed.pk).update(sha256="0" * 64)
    for part, words in ((lost, "is not there any more"), (changed, "no longer those that were sent")):
        answer = enter(rep).get(reverse("mailing:attachment", args=[email.pk, part.pk]), follow=True)
        assert words in answer.content.decode()


# Who may what


@pytest.mark.parametrize("name", ["email", "body", "send", "send_copy", "hold", "queue", "cancel", "confirm_delivered"])
def test_another_clients_email_does_not_exist(hafen: Client, stranger: Client, name: str) -> None:
    email = an_email(stranger, "a", body_html="<p>x</p>")
    admin = a_user("client_admin", hafen)
    assert page(admin, name, email.pk).status_code == 404
    assert page(admin, name, 987_654_321).status_code == 404
    assert act(admin, name, email).status_code in {404, 405}


def test_another_clients_attachment_does_not_exist(hafen: Client, stranger: Client) -> None:
    mine = an_email(hafen, "mine")
    email = an_email(stranger, "a", attachments=[AttachmentSpec("a.pdf", content=PDF)])
    part = email.attachments.get()
    admin = a_user("client_admin", hafen)
    assert page(admin, "attachment", email.pk, part.pk).status_code == 404
    assert page(admin, "attachment", mine.pk, part.pk).status_code == 404


ACTS = ["send", "send_copy", "hold", "queue", "cancel", "confirm_delivered", "send_again", "bounce"]


@pytest.mark.parametrize("name", ACTS)
def test_acts_are_closed_to_bystanders_and_the_world(hafen: Client, name: str) -> None:
    email = an_email(hafen, "a")
    assert act(a_user("auditor"), name, email).status_code == 403
    assert act(a_user("client_sales", hafen), name, email).status_code == 403
    anonymous = Browser().post(reverse(f"mailing:{name}", args=[email.pk]))
    assert anonymous.status_code == 302
    assert reverse("accounts:login") in anonymous["Location"]


# Decisions


def decided(email: Email) -> str:
    return Email.objects.values_list("status", flat=True).get(pk=email.pk)


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("hold", Status.QUEUED, Status.HELD),
        ("queue", Status.HELD, Status.QUEUED),
        ("send", Status.FAILED, Status.QUEUED),
        ("cancel", Status.HELD, Status.CANCELED),
        ("confirm_delivered", Status.UNCERTAIN, Status.SENT),
        ("send_again", Status.UNCERTAIN, Status.QUEUED),
        ("bounce", Status.SENT, Status.BOUNCED),
    ],
)
def test_a_decision_is_asked_about_taken_and_written_down(
    hafen: Client, rep: User, name: str, before: str, after: str
) -> None:
    email = an_email(hafen, "a", before)
    assert "What will happen" in page(rep, name, email.pk).content.decode()
    answer = act(rep, name, email, reason="The relay's log shows it.")
    assert (answer.status_code, answer["Location"]) == (302, reverse("mailing:email", args=[email.pk]))
    assert decided(email) == after
    assert email.history.first().history_user == rep
    assert "The relay’s log" in page(rep, "email", email.pk).content.decode().replace("&#x27;", "’")


@pytest.mark.parametrize("name", ["cancel", "confirm_delivered", "send_again", "bounce"])
def test_what_cannot_be_taken_back_needs_a_reason(hafen: Client, rep: User, name: str) -> None:
    before = {"cancel": Status.HELD, "bounce": Status.SENT}.get(name, Status.UNCERTAIN)
    email = an_email(hafen, "a", before)
    assert act(rep, name, email, reason=" ").status_code == 422
    assert decided(email) == before


def test_send_on_a_screen_from_before_it_was_sent_makes_no_copy(hafen: Client, rep: User) -> None:
    email = an_email(hafen, "a", Status.SENT)
    answer = act(rep, "send", email)
    assert answer.status_code == 422
    assert "not possible in status Sent" in answer.content.decode()
    assert Email.objects.count() == 1


def test_a_sent_one_goes_out_once_more_as_a_copy_however_often_one_clicks(hafen: Client, rep: User) -> None:
    email = an_email(hafen, "a", Status.SENT)
    browser = enter(rep)
    for _ in range(2):
        browser.post(reverse("mailing:send_copy", args=[email.pk]), {"form_key": "same"})
    assert list(Email.objects.exclude(pk=email.pk).values_list("original", "status")) == [(email.pk, Status.QUEUED)]
    assert "Copies" in page(rep, "email", email.pk).content.decode()


def test_a_sent_one_goes_to_another_address_as_a_copy(hafen: Client, rep: User) -> None:
    email = an_email(hafen, "a", Status.SENT, attachments=[AttachmentSpec("a.pdf", content=PDF)])
    assert 'value="ap@werft.example"' in page(rep, "resend", email.pk).content.decode()
    browser = enter(rep)
    for to in ("boss@werft.example", "ap@werft.example", "BOSS@werft.example"):
        browser.post(reverse("mailing:resend", args=[email.pk]), {"to": to, "form_key": to})
    copies = Email.objects.filter(original=email).order_by("pk")
    assert [(copy.recipient, copy.recipient_name, copy.status) for copy in copies] == [
        ("boss@werft.example", "", Status.QUEUED),
        ("ap@werft.example", "", Status.QUEUED),
    ]
    assert bytes(copies[0].attachments.get().content or b"") == PDF
    assert act(rep, "resend", email, to="nobody").status_code == 422
    assert "not possible in status Queued" in act(rep, "resend", copies[0], to="x@y.example").content.decode()


def test_a_link_that_lets_in_stays_with_its_recipient(hafen: Client, rep: User) -> None:
    email = an_email(hafen, "a", Status.SENT, body_text=f"Go to {SIGNED}")
    refused = act(rep, "resend", email, to="me@else.example")
    assert "It holds a link that lets its reader in" in refused.content.decode()
    assert act(rep, "resend", email, to="AP@werft.example").status_code == 302


def test_what_was_refused_for_good_goes_to_the_right_address(hafen: Client, rep: User) -> None:
    email = an_email(hafen, "a", Status.FAILED)
    assert act(rep, "resend", email, to="right@werft.example").status_code == 302
    assert Email.objects.get(original=email).recipient == "right@werft.example"
    assert decided(email) == Status.FAILED


# Several at once


@pytest.mark.parametrize(
    ("name", "first", "words"),
    [
        ("hold_many", Status.HELD, "On hold."),
        ("send_many", Status.QUEUED, "Goes out now."),
        ("queue_many", Status.QUEUED, "“Queue” is not possible in status Queued."),
    ],
)
def test_several_are_decided_each_by_itself(hafen: Client, rep: User, name: str, first: str, words: str) -> None:
    queued, sent = an_email(hafen, "a"), an_email(hafen, "b", Status.SENT)
    browser, here = enter(rep), reverse(f"mailing:{name}")
    asked = browser.get(here, {"pick": [queued.pk, sent.pk]}).content.decode()
    assert "The others are left as they are" in asked
    held = an_email(hafen, "c", Status.HELD)
    assert (
        "The others"
        not in browser.get(here, {"pick": [held.pk if name == "queue_many" else queued.pk]}).content.decode()
    )
    answer = browser.post(here, {"pick": [queued.pk, sent.pk], "form_key": "a"}).content.decode()
    assert words in answer
    assert "is not possible in status Sent." in answer
    assert (decided(queued), decided(sent)) == (first, Status.SENT)
    assert enter(a_user("auditor")).post(here, {"pick": [queued.pk]}).status_code == 403


@pytest.mark.parametrize(
    ("role", "is_offered"), [("client_support", True), ("client_sales", False), ("auditor", False)]
)
def test_who_may_not_decide_has_nothing_to_pick(hafen: Client, role: str, is_offered: bool) -> None:  # noqa: FBT001
    an_email(hafen, "a")
    shown = page(a_user(role, hafen), "list").content.decode()
    assert ("/mail/send/" in shown, 'name="pick"' in shown) == (is_offered, is_offered)


@pytest.mark.parametrize(
    ("status", "fields", "words"),
    [
        (Status.CANCELED, {"drop_reason": "Paid before it went out."}, "Paid before it went out."),
        (Status.FAILED, {"relay_reply": "550 no such user"}, "550 no such user"),
        (Status.QUEUED, {"relay_reply": "451 later", "attempts": 2}, "451 later"),
    ],
)
def test_the_list_says_why_somebody_did_not_get_it(
    hafen: Client, rep: User, status: str, fields: dict[str, Any], words: str
) -> None:
    an_email(hafen, "a", status, **fields)
    assert words in page(rep, "list").content.decode()


def test_the_list_is_narrowed_to_days(hafen: Client, rep: User) -> None:
    an_email(hafen, "a", subject="Old one", at=timezone.now() - timedelta(days=10))
    an_email(hafen, "b", subject="New one")
    day = (timezone.now() - timedelta(days=5)).date().isoformat()
    since, until = page(rep, "list", since=day).content.decode(), page(rep, "list", until=day).content.decode()
    assert ("New one" in since, "Old one" in since) == (True, False)
    assert ("New one" in until, "Old one" in until) == (False, True)
    assert page(rep, "list", since="0001-01-01", until="9999-12-31").content.decode().count("one</a>") == 2


def test_a_doubt_is_shown_with_its_evidence(hafen: Client, rep: User) -> None:
    email = an_email(hafen, "a", Status.UNCERTAIN, relay_reply="reset")
    moment = timezone.now() - timedelta(minutes=5)
    Attempt.objects.create(
        email=email,
        claimed_at=moment,
        handoff_at=moment,
        ended_at=moment,
        outcome=Outcome.NO_ANSWER,
        words="No answer to the final dot: reset by peer",
        worker="box:17",
        transport=Carrier.SMTP,
    )
    content = page(rep, "email", email.pk).content.decode()
    assert "Nobody knows whether this e-mail arrived" in content
    assert "reset by peer" in content
    assert "box:17" in content
    assert reverse("mailing:confirm_delivered", args=[email.pk]) in content
    read_only = page(a_user("auditor"), "email", email.pk).content.decode()
    assert "Your role may read this, not decide it." in read_only
    assert reverse("mailing:send_again", args=[email.pk]) not in read_only


# The banner


@pytest.fixture
def a_relay(settings: Any) -> Any:
    settings.MAIL_RELAY = object()
    return settings


@pytest.mark.usefixtures("a_relay")
def test_a_relay_that_does_not_answer_is_on_every_page(hafen: Client, rep: User) -> None:
    RelayState.objects.create(pk=1, failing_since=timezone.now(), last_error="relay.internal: timed out")
    for address in (reverse("mailing:list"), reverse("dunning:today"), reverse("accounts:profile")):
        content = enter(rep).get(address).content.decode()
        assert "The mail relay has not answered since" in content
        assert "timed out" in content
    support = enter(a_user("client_support", hafen)).get(reverse("mailing:list")).content.decode()
    assert "The mail relay has not answered since" in support
    assert "relay.internal" not in support


@pytest.mark.usefixtures("a_relay")
def test_no_banner_while_the_relay_works(rep: User) -> None:
    RelayState.objects.create(pk=1, last_success_at=timezone.now())
    assert b"has not answered" not in page(rep, "list").content


@pytest.mark.parametrize(("kind", "label"), [("pdn1", "PDN 1"), ("partner_notes.weekly", "Partner notes weekly")])
def test_types_have_names(kind: str, label: str) -> None:
    assert kind_label(kind) == label
