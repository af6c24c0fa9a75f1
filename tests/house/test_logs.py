"""Logs hold no secrets and no personal content (P17)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from config.logs import HIDDEN, hide, log_config, redact

if TYPE_CHECKING:
    from io import StringIO


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("sent to eva@hafen.example today", f"sent to {HIDDEN} today"),
        ("postgresql://kontor:geheim@db/kontor", f"postgresql://{HIDDEN}@db/kontor"),
        ("GET /p/Zk3-secret_token/ 200", f"GET /p/{HIDDEN}/ 200"),
        ("GET /p/partner/Zk3-secret_token/ 200", f"GET /p/partner/{HIDDEN}/ 200"),
        ("GET /p/answer/Zk3-secret_token/ 200", f"GET /p/answer/{HIDDEN}/ 200"),
        ("GET /order/0a1b2c/INV-1.pdf 200", f"GET /order/{HIDDEN}/INV-1.pdf 200"),
        ("purchase N-10001 released", "purchase N-10001 released"),
    ],
)
def test_text_is_cleaned(text: str, shown: str) -> None:
    assert hide(text) == shown


def test_secret_values_are_hidden_by_their_name() -> None:
    event = {
        "event": "mail.sent",
        "body_text": "Dear Eva",
        "password": "x",
        "count": 3,
        "emails": 3,
        "headers": {"Cookie": "kontor_session=1", "Host": "kontor"},
        "recipients": ["eva@hafen.example"],
        "people": ["eva@hafen.example", "Eva"],
        "_record": "kept",
    }
    assert redact(None, "info", event) == {
        "event": "mail.sent",
        "body_text": HIDDEN,
        "password": HIDDEN,
        "count": 3,
        "emails": 3,
        "headers": {"Cookie": HIDDEN, "Host": "kontor"},
        "recipients": HIDDEN,
        "people": [HIDDEN, "Eva"],
        "_record": "kept",
    }


def test_an_exception_is_cleaned_too(log_lines: StringIO) -> None:
    try:
        int("eva@hafen.example")
    except ValueError:
        logging.getLogger("kontor.test").exception("hand-over to %s failed", "eva@hafen.example")
    printed = log_lines.getvalue()
    assert "failed" in printed
    assert "ValueError" in printed
    assert "eva@" not in printed


def test_debug_is_for_people() -> None:
    assert log_config(debug=True)["root"]["level"] == "INFO"
    assert log_config(debug=False)["root"]["level"] == "WARNING"
