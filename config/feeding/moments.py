"""Moments typed on a command line."""

from __future__ import annotations

from datetime import datetime

from config.feeding.jsonfile import EARLIEST_YEAR, LATEST_YEAR, BadInputError


def parse_moment(option: str, text: str) -> datetime:
    """Read an ISO 8601 moment with its UTC offset.

    Raises BadInputError naming the option.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        reason = f"{text!r} is not a moment such as 2026-11-22T12:00:00+00:00"
        raise BadInputError(option, None, "", reason) from None
    if moment.tzinfo is None:
        raise BadInputError(option, None, "", f"{text!r} has no UTC offset; add +00:00 or Z")
    if not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
        raise BadInputError(option, None, "", f"{text!r} is not between {EARLIEST_YEAR} and {LATEST_YEAR}")
    return moment
