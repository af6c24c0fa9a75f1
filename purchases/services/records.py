"""What people write down with a purchase: history entries, x-parameters, files. None of it changes what is owed."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction

from accounts.roles import Right
from core.lengths import one_line, refuse_too_long
from core.refused import Refused
from purchases.models import HistoryEntry, Method, Nature, Purchase, PurchaseFile, XParameter
from purchases.services.history import Note, enter, save_change
from purchases.services.place import check_x_parameter

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import User
    from core.uploads import CheckedFile

BY_HAND: Final = (Nature.INBOUND, Nature.OUTBOUND, Nature.CLIENT, Nature.INTERNAL)
"""What a person may say of an entry; what is of the system only the system writes."""
MOST_FILES: Final = 50
LONGEST_DETAIL: Final = 10_000
check_web_address = URLValidator(
    schemes=["http", "https"], message="Enter an address that starts with https:// or http://."
)


@transaction.atomic
def add_entry(
    purchase: Purchase,
    *,
    by: User,
    at: datetime,
    nature: str,
    note: str,
    method: str = Method.NONE,
    reason: str = "",
    detail: str = "",
    link: str = "",
    is_internal: bool = False,
) -> HistoryEntry:
    """Write down by hand what happened: a call, a letter, a decision. `detail` is the long note.

    Raises Refused without a note, for a nature that is not for people, a link that leads not into the web, a text that
    is too long, and for an internal entry of somebody who may not read it.
    """
    _check_internal(by, is_internal=is_internal)
    if nature not in BY_HAND or method not in Method.values:
        raise Refused("Choose one of the natures and methods offered.", "nature")
    if link:
        _check_link(link)
    if len(detail) > LONGEST_DETAIL:
        message = f"The long note is too long: at most {LONGEST_DETAIL:,} characters are kept."
        raise Refused(message, "length")
    kept = Note(
        "note",
        one_line(note),
        reason=one_line(reason),
        detail=detail.strip(),
        nature=nature,
        method=method,
        link=link,
        is_internal=is_internal,
    )
    if not kept.text:
        raise Refused("Say in a few words what happened.", "note")
    refuse_too_long(HistoryEntry(note=kept.text, reason=kept.reason, link=kept.link))
    return enter(purchase, kept, by=by, at=at)


@transaction.atomic
def add_x_parameter(purchase: Purchase, *, by: User, at: datetime, key: str, value: str) -> XParameter:
    """Attach a key and value for the client's reports, in any status.

    Raises Refused when the key is not `x-` and letters, digits, hyphens, when the purchase has it already, and when the
    value is not 1 to 255 printable characters.
    """
    purchase = Purchase.objects.lock(purchase)
    check_x_parameter(key, value)
    parameter = XParameter(purchase=purchase, key=key, value=value)
    refuse_too_long(parameter)
    known = dict(purchase.x_parameters.values_list("key", "value"))
    if key in known:
        message = f"{key} is there already: {known[key]}. Remove it first."
        raise Refused(message, "twice")
    parameter.save()
    save_change(purchase, Note("x_parameter", f"X-parameter {key} added", detail=f"{key}={value}"), by=by, at=at)
    return parameter


@transaction.atomic
def remove_x_parameter(purchase: Purchase, *, by: User, at: datetime, key: str, reason: str) -> Purchase:
    """Take back an x-parameter that is wrong; the history keeps what it said. Raises Refused when it is not there."""
    purchase = Purchase.objects.lock(purchase)
    parameter = XParameter.objects.filter(purchase=purchase, key=key).first()
    if parameter is None:
        message = f"{purchase.reference} has no x-parameter {key}."
        raise Refused(message, "gone")
    said = str(parameter)
    parameter.delete()
    note = Note("x_parameter", f"X-parameter {key} removed", reason=one_line(reason), detail=said)
    return save_change(purchase, note, by=by, at=at)


@transaction.atomic
def attach_file(
    purchase: Purchase, *, by: User, at: datetime, file: CheckedFile, note: str = "", is_internal: bool = False
) -> PurchaseFile:
    """Keep a checked file with the purchase.

    Raises Refused when the purchase has it already or has as many as it may, and for an internal file of somebody who
    may not read it.
    """
    _check_internal(by, is_internal=is_internal)
    purchase = Purchase.objects.lock(purchase)
    digest = sha256(file.content).hexdigest()
    there = purchase.files.filter(sha256=digest)
    if not by.may(Right.INTERNAL_HISTORY):
        there = there.filter(is_internal=False)
    known = there.values_list("filename", flat=True).first()
    if known is not None:
        message = f"This file is there already: {known}."
        raise Refused(message, "twice")
    if purchase.files.count() >= MOST_FILES:
        message = f"{purchase.reference} has {MOST_FILES} attachments; no more are kept with one purchase."
        raise Refused(message, "most")
    kept = PurchaseFile(
        purchase=purchase,
        filename=file.filename,
        content_type=file.content_type,
        content=file.content,
        size=len(file.content),
        sha256=digest,
        note=one_line(note),
        is_internal=is_internal,
        added_at=at,
        added_by=by,
    )
    refuse_too_long(kept)
    kept.save()
    text = f"Attachment added: {kept.filename}"
    enter(purchase, Note("file", text, detail=kept.note, is_internal=is_internal), by=by, at=at)
    return kept


def _check_internal(by: User, *, is_internal: bool) -> None:
    if is_internal and not by.may(Right.INTERNAL_HISTORY):
        raise Refused("What is internal is the platform's alone.", "internal")


def _check_link(link: str) -> None:
    try:
        check_web_address(link)
    except ValidationError as error:
        raise Refused(error.messages[0], "link") from None
