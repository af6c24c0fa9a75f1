"""One ZIP with all that is on record about a purchase, to be read without Kontor.

Documents, received files and e-mails are in it byte for byte; `manifest.json` names every file with its SHA-256. Left
out are the bytes of e-mails with a link by which the reader could do what they may not do themselves. Two packs of a
purchase that did not change between are the same bytes: nothing in them depends on when they were made.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, date
from itertools import chain
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any, Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from django.template.loader import render_to_string

from dunning.models import Explanation, Notice
from dunning.states import sentence
from mailing.models import EmailMime
from mailing.wording import kind_label
from purchases.models import HistoryEntry, PoDocument
from purchases.selectors import documents_of, emails_of
from purchases.services.documents import render_document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from django.db.models import QuerySet

    from mailing.models import Email
    from purchases.models import Purchase

BEFORE_ZIP: Final = 1980
"""The first year that a ZIP can write."""
UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Packed:
    """A file of the pack: its name there, what it is, the moment it is from, its bytes."""

    name: str
    what: str
    at: datetime
    content: bytes
    is_withheld: bool = False


def pack_evidence(
    purchase: Purchase, *, at: datetime, shows_internal: bool, blanked: Callable[[str], str]
) -> IO[bytes]:
    """Pack all that is on record about a purchase into a temporary file, read from its start.

    Without `shows_internal` the entries for the platform alone are left out; `blanked` takes the keys of links out of a
    text that the reader may not use. Documents that nobody needed yet are rendered, at `at`, and kept. Raises
    PdfUnavailableError or PdfTimeoutError when that is not possible.
    """
    pack = TemporaryFile()  # noqa: SIM115 -- the caller reads it
    facts = _facts(purchase, shows_internal=shows_internal, blanked=blanked)
    story = json.dumps(facts, ensure_ascii=False, indent=1).encode()
    page = render_to_string("dunning/evidence.html", {"purchase": purchase, "facts": facts}).encode()
    told = [
        Packed("timeline.html", "Timeline, to be read in a browser", purchase.changed_at, page),
        Packed("timeline.json", "Timeline, for programs", purchase.changed_at, story),
    ]
    listed = []
    with ZipFile(pack, "w") as archive:
        for file in chain(told, _documents(purchase, at=at), _received(purchase), _emails(purchase, blanked)):
            if not file.is_withheld:
                _write(archive, file)
            digest = hashlib.sha256(file.content).hexdigest()
            listed.append({"file": file.name, "what": file.what, "size": len(file.content), "sha256": digest})
        manifest = {"purchase": purchase.reference, "client": purchase.client.name, "files": listed}
        content = json.dumps(manifest, ensure_ascii=False, indent=1).encode()
        _write(archive, Packed("manifest.json", "", purchase.changed_at, content))
    pack.seek(0)
    return pack


def _write(archive: ZipFile, file: Packed) -> None:
    moment = file.at.astimezone(UTC)
    stamp = (max(moment.year, BEFORE_ZIP), moment.month, moment.day, moment.hour, moment.minute, moment.second)
    entry = ZipInfo(file.name, stamp)
    entry.external_attr = 0o644 << 16
    # a PDF is compressed already
    entry.compress_type = ZIP_STORED if file.name.endswith(".pdf") else ZIP_DEFLATED
    archive.writestr(entry, file.content)


def _documents(purchase: Purchase, *, at: datetime) -> Iterator[Packed]:
    for document in documents_of(purchase).order_by("issued_at", "pk"):
        content = bytes(render_document(document, at=at).content)
        yield Packed(f"documents/{_safe(document.filename)}", document.get_kind_display(), document.issued_at, content)


def _received(purchase: Purchase) -> Iterator[Packed]:
    files: QuerySet[Any] = PoDocument.objects.filter(purchase=purchase, content__isnull=False).order_by(
        "received_at", "pk"
    )
    for number, file in enumerate(files.iterator(chunk_size=10), start=1):
        what = f"PO document as received, {file.get_channel_display().lower()}"
        name = f"received/{number:02}-{_safe(file.filename) or 'document'}"
        yield Packed(name, what, file.received_at, bytes(file.content or b""))


def _emails(purchase: Purchase, blanked: Callable[[str], str]) -> Iterator[Packed]:
    for number, email in enumerate(_emails_of(purchase), start=1):
        kept = EmailMime.objects.filter(pk=email.pk).values_list("content", flat=True).first()
        if kept is not None:
            what = f"E-mail as it was handed over: {kind_label(email.kind)}"
            is_withheld = _is_withheld(email, blanked)
            what += " (withheld: it holds a link that is not for you)" if is_withheld else ""
            yield Packed(_email_name(number, email), what, email.created_at, bytes(kept), is_withheld)


def _emails_of(purchase: Purchase) -> QuerySet[Email]:
    return emails_of(purchase).order_by("created_at", "pk")


def _is_withheld(email: Email, blanked: Callable[[str], str]) -> bool:
    return any(blanked(text) != text for text in (email.body_text, email.body_html))


def _email_name(number: int, email: Email) -> str:
    return f"emails/{number:03}-{_safe(email.kind)}.eml"


def _safe(name: str) -> str:
    """A file name that leads nowhere: letters, digits, dots within, hyphens."""
    return UNSAFE.sub("-", name).strip("-.")[:100]


# The timeline --------------------------------------------------------------------------------------------------------


def _facts(purchase: Purchase, *, shows_internal: bool, blanked: Callable[[str], str]) -> dict[str, Any]:
    """All that is told about a purchase, as plain values; moments are UTC, days the client's."""
    entries = HistoryEntry.objects.filter(purchase=purchase).select_related("by").order_by("at", "pk")
    if not shows_internal:
        entries = entries.filter(is_internal=False)
    return {
        "reference": purchase.reference,
        "client": purchase.client.name,
        "time_zone": purchase.client.time_zone,
        "customer": purchase.billing_company or purchase.billing_last_name or purchase.billing_email,
        "status": purchase.status_label,
        "po_number": purchase.po_number,
        "ordered_at": _moment(purchase.ordered_at),
        "released_at": _moment(purchase.released_at),
        "due_on": _day(purchase.due_on),
        "gross": str(purchase.gross),
        "paid": str(purchase.paid),
        "given_back": str(purchase.refunded),
        "open": str(purchase.open_amount),
        "history": [_entry(entry) for entry in entries],
        "notices": [_notice(notice) for notice in Notice.objects.filter(purchase=purchase).order_by("pk")],
        "explanations": [_line(line) for line in Explanation.objects.filter(purchase=purchase).order_by("pk")],
        "emails": [_email(number, email, blanked) for number, email in enumerate(_emails_of(purchase), start=1)],
    }


def _entry(entry: HistoryEntry) -> dict[str, str]:
    return {
        "at": _moment(entry.at),
        "by": str(entry.by or "automatic"),
        "event": entry.event,
        "nature": entry.get_nature_display(),
        "method": entry.get_method_display(),
        "note": entry.note,
        "reason": entry.reason,
        "detail": entry.detail,
    }


def _notice(notice: Notice) -> dict[str, str]:
    return {
        "step": notice.label,
        "on": _day(notice.on),
        "status": notice.get_status_display(),
        "decided_at": _moment(notice.decided_at),
        "sent_on": _day(notice.sent_on),
        "came_back_at": _moment(notice.returned_at),
        "not_sent_because": notice.drop_reason,
    }


def _line(line: Explanation) -> dict[str, str]:
    why = sentence(
        reason=line.reason,
        step=line.step,
        coming=line.coming,
        next_on=line.next_on,
        numbers=line.numbers,
        day=date.isoformat,
    )
    return {"at": _moment(line.at), "on": _day(line.on), "why": why}


def _email(number: int, email: Email, blanked: Callable[[str], str]) -> dict[str, Any]:
    is_withheld = _is_withheld(email, blanked)
    is_kept = not is_withheld and EmailMime.objects.filter(pk=email.pk).exists()
    return {
        "file": _email_name(number, email) if is_kept else "",
        "kind": kind_label(email.kind),
        "to": email.recipient,
        "subject": email.subject,
        "status": email.status_label,
        "created_at": _moment(email.created_at),
        "sent_at": _moment(email.sent_at),
        "message_id": email.message_id,
        "sha256": email.mime_sha256,
        "not_sent_because": email.drop_reason,
        "is_withheld": is_withheld,
        "text": "" if is_kept else blanked(email.body_text),
        "attempts": [
            {
                "began_at": _moment(attempt.claimed_at),
                "final_dot_at": _moment(attempt.handoff_at),
                "ended_at": _moment(attempt.ended_at),
                "outcome": attempt.outcome_label,
                "words": attempt.words,
            }
            for attempt in email.tries.in_order()
        ],
    }


def _moment(at: datetime | None) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds") if at else ""


def _day(on: date | None) -> str:
    return on.isoformat() if on else ""
