"""HTML put together in Python, where it happens hundreds of times a page."""

from __future__ import annotations

from html import escape
from typing import Any

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString


def escaped(value: Any) -> str:
    """A value as a part of HTML: escaped, unless it is HTML already. Gives what `conditional_escape` gives, sooner."""
    if type(value) is str:  # what Django does with a plain text, without its detours for texts translated late
        return value if value.isalnum() else escape(value)
    return value if type(value) is SafeString else conditional_escape(value)


def markup(pattern: str, *values: object) -> SafeString:
    """Fill a pattern of ours with values, each escaped unless it is HTML already: `format_html` in half the time."""
    return SafeString(pattern.format(*[escaped(value) for value in values]))
