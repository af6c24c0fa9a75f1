"""Rows that are made in bulk come back as they were written, whatever marks their texts have."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dunning.models import Run
from tests.stories import MONDAY, a_client

AWKWARD = (
    '"',
    "\\",
    '\\"',
    "{}",
    "{a,b}",
    ",",
    "'",
    "NULL",
    "null",
    "",
    " ",
    "a\nb\tc",
    "%s",
    "ü “q” 請求",
    '<p class="x">',
)


@pytest.mark.django_db
def test_awkward_texts_survive_being_written_all_at_once() -> None:
    client = a_client()
    Run.objects.bulk_create(
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
    runs = Run.objects.order_by("on").values_list("waits_because", "counts", "finished_at")
    assert list(runs) == [
        (text, {"said": text, text: [text, None, number]}, MONDAY if number % 2 else None)
        for number, text in enumerate(AWKWARD)
    ]
