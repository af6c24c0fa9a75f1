"""Rows that are made in bulk come back as they were written, whatever marks their texts have."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DataError, IntegrityError, connection, transaction
from django.utils.safestring import mark_safe

from accounts.models import Client
from core.bulk import write_again, write_new
from dunning.models import Run
from mailing.models import Email, EmailMime
from mailing.states import Status
from purchases.models import HistoryEntry, Nature
from tests.stories import MONDAY, a_client, a_waiting_po

AWKWARD = (
    '"',
    "\\",
    "\\N",
    '\\"',
    "{}",
    "{a,b}",
    ",",
    "'",
    "NULL",
    "null",
    "",
    " ",
    "a\nb\tc\rd",
    "\\.",
    "%s",
    "ü “q” 請求",
    '<p class="x">',
)


@pytest.mark.django_db
def test_awkward_texts_survive_being_written_all_at_once() -> None:
    client = a_client()
    made = write_new(
        Run(
            client=client,
            on=MONDAY.date() + timedelta(days=number),
            started_at=MONDAY,
            finished_at=MONDAY if number % 2 else None,
            waits_because=text,
            counts={"said": text, text: [text, None, number]},
        )
        for number, text in enumerate(AWKWARD)
    )
    runs = Run.objects.order_by("on")
    assert [(run.pk, run.waits_because, run.counts, run.finished_at) for run in runs] == [
        (made[number].pk, text, {"said": text, text: [text, None, number]}, MONDAY if number % 2 else None)
        for number, text in enumerate(AWKWARD)
    ]


@pytest.mark.django_db
def test_what_is_written_at_once_can_be_changed_as_if_it_had_been_saved() -> None:
    purchase = a_waiting_po(a_client())
    entries = write_new(
        HistoryEntry(purchase=purchase, at=MONDAY, event="noted", nature=Nature.INTERNAL, note=f"Call {number}")
        for number in range(3)
    )
    entries[1].note = "Call back"
    entries[1].save()
    found = HistoryEntry.objects.filter(event="noted").order_by("pk")
    assert [(one.pk, one.note, one.nature) for one in found] == [
        (entries[0].pk, "Call 0", Nature.INTERNAL),
        (entries[1].pk, "Call back", Nature.INTERNAL),
        (entries[2].pk, "Call 2", Nature.INTERNAL),
    ]


@pytest.mark.django_db
def test_of_rows_one_of_which_is_refused_none_is_written() -> None:
    client = a_client()
    days = [MONDAY.date(), MONDAY.date() + timedelta(days=1), MONDAY.date()]
    with pytest.raises(IntegrityError), transaction.atomic():
        write_new(Run(client=client, on=on, started_at=MONDAY) for on in days)
    assert Run.objects.count() == 0


@pytest.mark.django_db
def test_rows_of_a_row_that_is_not_written_yet_are_refused() -> None:
    purchase = a_waiting_po(a_client())
    purchase.pk = None
    with pytest.raises(ValueError, match="purchase"):
        write_new(HistoryEntry(purchase=purchase, at=MONDAY, event="noted", note="Too early") for _ in range(3))
    with pytest.raises(ValueError, match="are there"):
        write_again([purchase], fields=["status"])


@pytest.mark.django_db
def test_rows_that_named_another_before_it_was_written_point_to_it() -> None:
    client = Client(slug="hafen", name="Hafen", time_zone="Europe/Berlin", country="DE")
    runs = [Run(client=client, on=MONDAY.date() + timedelta(days=day), started_at=MONDAY) for day in range(3)]
    client.save()
    write_new(runs)
    assert all(run.client is client for run in runs)
    assert [(run.client_id, run.client) for run in Run.objects.order_by("on")] == [(client.pk, client)] * 3


@pytest.mark.django_db
def test_bytes_tokens_and_marked_texts_come_back_as_they_were() -> None:
    client = a_client()
    token, content = uuid4(), b"\x00\\x41\t\n"
    emails = write_new(
        Email(
            client=client,
            kind="note",
            dedupe_key=f"note:{number}",
            recipient="ap@werft.example",
            language="de",
            subject=mark_safe("Müller &amp; Söhne"),
            body_text="Guten Tag",
            status=Status.CLAIMED,
            created_at=MONDAY,
            claim_token=token,
            lease_until=MONDAY,
            message_id=f"<{number}@werft.example>",
        )
        for number in range(3)
    )
    write_new(EmailMime(email=email, content=content) for email in emails)
    rows = Email.objects.order_by("pk").values_list("pk", "subject", "status", "claim_token", "mime__content")
    assert [(*row[:-1], bytes(row[-1])) for row in rows] == [
        (email.pk, "Müller &amp; Söhne", "CLAIMED", token, content) for email in emails
    ]


@pytest.mark.django_db
def test_columns_of_many_rows_are_written_again_each_with_its_own_value() -> None:
    client = a_client()
    made = write_new(Run(client=client, on=MONDAY.date() + timedelta(days=day), started_at=MONDAY) for day in range(3))
    made[0].finished_at, made[2].waits_because = MONDAY, "The bank's file is late"
    made[1].started_at = MONDAY + timedelta(hours=1)  # nobody asked for this one
    write_again(made, fields=["finished_at", "waits_because"])
    write_again([], fields=["finished_at"])
    runs = Run.objects.order_by("on").values_list("started_at", "finished_at", "waits_because")
    assert list(runs) == [(MONDAY, MONDAY, ""), (MONDAY, None, ""), (MONDAY, None, "The bank's file is late")]


@pytest.mark.django_db
def test_a_text_that_is_too_long_is_never_cut() -> None:
    (run,) = write_new([Run(client=a_client(), on=MONDAY.date(), started_at=MONDAY)])
    run.waits_because = long = "x" * 301
    with suppress(DataError), transaction.atomic():  # SQLite's columns have no end
        write_again([run], fields=["waits_because"])
    run.refresh_from_db()
    assert run.waits_because == ("" if connection.vendor == "postgresql" else long)


def test_nothing_at_all_is_written_without_a_word_to_the_database() -> None:
    assert write_new([]) == []
