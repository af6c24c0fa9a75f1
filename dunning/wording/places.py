"""What a client may word of its letters: the places, the tokens, and what a text lacks. Pure decisions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from core.letters import TOKEN, fill, unknown_tokens
from dunning.schedule import Step
from dunning.wording import NOTICES, NoticeText
from mailing.wording import LONGEST_SUBJECT, EmailText, Finding, Place
from purchases.wording import LetterText
from purchases.wording.places import REMINDERS, MailPlaces

if TYPE_CHECKING:
    from collections.abc import Mapping

LEVELS: Final[dict[str, int]] = {Step.PDN1: 1, Step.PDN2: 2, Step.PDN3: 3}
"""The steps whose words are a client's own to choose."""
LONGEST_WORD: Final = 60
"""Characters without a blank that fit on a line of a letter."""
UNSPACED: Final = frozenset({"ja"})
"""Languages that are written without blanks: every character may end a line."""

PARAGRAPHS: Final = "Every line is a paragraph."
SHORT: Final = "Up to 78 characters are shown everywhere."


@dataclass(frozen=True, slots=True)
class LetterPlace(Place):
    """A place of a letter or its e-mail; a joint one is for letters about several orders."""

    is_joint: bool = False


PLACES: Final[dict[str, LetterPlace]] = {
    "title": LetterPlace("Title", "The heading of the letter.", 80),
    "subject": LetterPlace("Subject line", "Under the heading: what the letter is about.", 160),
    "opening": LetterPlace("Opening", "What is open and until when. Every line is a paragraph.", 1500, lines=4),
    "closing": LetterPlace(
        "Closing", "After the amounts; lines go on in one paragraph.", 1000, lines=3, is_needed=False
    ),
    "next": LetterPlace("What happens next", "If no payment arrives.", 240, lines=2),
    "next_without_cancel": LetterPlace(
        "The same without a cancellation", "If it is not canceled by itself.", 240, lines=2
    ),
    "email_subject": LetterPlace("Subject of the e-mail", SHORT, 200),
    "email_before": LetterPlace("E-mail before the amounts", PARAGRAPHS, 1500, lines=4),
    "email_after": LetterPlace("E-mail after the amounts", PARAGRAPHS, 1000, lines=2, is_needed=False),
    "joint_subject": LetterPlace(
        "Subject line", "Under the heading of a letter about several orders.", 160, is_joint=True
    ),
    "joint_opening": LetterPlace("Opening", PARAGRAPHS, 1500, lines=4, is_joint=True),
    "joint_email_subject": LetterPlace("Subject of the e-mail", SHORT, 200, is_joint=True),
    "joint_email_before": LetterPlace("E-mail before the amounts", PARAGRAPHS, 1500, lines=4, is_joint=True),
}
"""In the order of the form. Joint ones are for a letter about several orders; the rest is shared."""

TOKENS: Final[dict[str, str]] = {
    "open": "The amount to pay, with its currency.",
    "pay_by": "The business day by which to pay.",
    "reference": "The order's reference number.",
    "invoice_number": "The number of the invoice.",
    "invoice_on": "The date of the invoice.",
    "due_on": "The day it was due.",
    "days": "How many days it is overdue; of several orders, the longest.",
    "po_number": "The customer's own PO number.",
    "gross": "The order's total with tax.",
    "ordered_on": "The day of the order.",
    "name": "The customer's last name.",
    "client": "Your company's name.",
    "client_email": "Your e-mail address.",
    "next_on": "The day of the next letter.",
    "cancel_on": "The day of the cancellation, where there is one.",
    "disregard": "“If you have paid in the meantime, please disregard this letter.”",
    "count": "How many orders the letter is about; only in letters about several.",
}
"""Every token a client may use, and what it stands for."""
JOINT_TOKENS: Final = frozenset(
    {"open", "pay_by", "days", "name", "client", "client_email", "next_on", "cancel_on", "disregard", "count"}
)
SHARED: Final = frozenset({"title", "closing", "next", "next_without_cancel", "email_after"})
"""Places that single and joint letters share: only what both know may stand there."""


def allowed_tokens(place: str) -> frozenset[str]:
    """List the tokens that a place may use."""
    if PLACES[place].is_joint:
        return JOINT_TOKENS
    single = frozenset(TOKENS) - {"count"}
    return single & JOINT_TOKENS if place in SHARED else single


def places_for(step: str) -> dict[str, LetterPlace]:
    """Find the places of a step's letter; only the last notice can announce a cancellation."""
    return {name: place for name, place in PLACES.items() if name != "next_without_cancel" or step == Step.PDN3}


def problem_of(place: str, text: str) -> str:
    """Say why a place can't be worded like this; empty when it can."""
    wrong = unknown_tokens(text, allowed_tokens(place))
    known = [token for token in wrong if token in TOKENS]
    if "count" in known:
        return "“{{count}}” has a meaning only in letters about several orders."
    if known:
        return f"“{{{{{known[0]}}}}}” has no meaning here: one letter may be about several orders."
    if wrong:
        shown = wrong[0] if "{" in wrong[0] or "}" in wrong[0] else f"{{{{{wrong[0]}}}}}"
        return f"“{shown}” is no token. Choose one from the list, or write it without braces."
    if len(text) > PLACES[place].limit:
        return f"Use at most {PLACES[place].limit} characters; these are {len(text)}."
    return "" if text.strip() or not PLACES[place].is_needed else "Write something here; the letter needs it."


def standard_places(step: str, language: str) -> dict[str, str]:
    """Write the standard words of a step as places."""
    text = NOTICES[LEVELS[step]][language]
    joint = text.joint
    places = {
        "title": text.letter.title,
        "subject": text.letter.subject,
        "opening": "\n".join(text.letter.opening),
        "closing": "\n".join(text.letter.closing),
        "next": text.next,
        "next_without_cancel": text.next_without_cancel,
        "email_subject": text.email.subject,
        "email_before": "\n".join(text.email.before),
        "email_after": "\n".join(text.email.after),
        "joint_subject": joint.subject,
        "joint_opening": "\n".join(joint.opening),
        "joint_email_subject": joint.email_subject,
        "joint_email_before": "\n".join(joint.email_before),
    }
    return {place: places[place] for place in places_for(step)}


def text_of(step: str, language: str, places: Mapping[str, str]) -> NoticeText:
    """Make the words of a letter of its places; what is not there says the standard."""
    said = {**standard_places(step, language), **places}

    def lines(place: str) -> tuple[str, ...]:
        return tuple(line.strip() for line in said[place].splitlines() if line.strip())

    standard = NOTICES[LEVELS[step]][language]
    return NoticeText(
        LetterText(said["title"], said["subject"], lines("opening"), lines("closing")),
        EmailText(said["email_subject"], lines("email_before"), lines("email_after")),
        said["next"],
        said.get("next_without_cancel", ""),
        standard.joint._replace(
            subject=said["joint_subject"],
            opening=lines("joint_opening"),
            email_subject=said["joint_email_subject"],
            email_before=lines("joint_email_before"),
        ),
    )


NEEDED: Final = (
    (("opening",), ("open",), "The letter’s text does not name the amount ({{open}})."),
    (("opening",), ("pay_by",), "The letter’s text does not say by when to pay ({{pay_by}})."),
    (("subject", "opening"), ("reference", "invoice_number"), "The letter names neither the order nor the invoice."),
    (("email_subject", "email_before"), ("open",), "The e-mail does not name the amount ({{open}})."),
    (("email_subject", "email_before"), ("pay_by",), "The e-mail does not say by when to pay ({{pay_by}})."),
    (("email_subject", "email_before"), ("reference", "invoice_number"), "The e-mail names neither order nor invoice."),
    (("closing", "email_after"), ("disregard",), "Nothing tells who paid meanwhile to ignore it ({{disregard}})."),
    (("joint_opening",), ("open",), "The letter about several orders does not name the amount ({{open}})."),
    (("joint_opening",), ("pay_by",), "The letter about several orders does not say by when to pay ({{pay_by}})."),
)  # fmt: skip


def lint(language: str, places: Mapping[str, str], values: Mapping[str, str]) -> list[Finding]:
    """Find what a reader would miss in a text; `values` are those of one letter, to see how long it becomes."""
    found = []
    for where, tokens, sentence in NEEDED:
        used = {match[1] for place in where for match in TOKEN.finditer(places.get(place, ""))}
        if used.isdisjoint(tokens):
            found.append(Finding(where[-1], sentence))
    for place, text in places.items():
        if problem_of(place, text):
            continue
        filled = fill(text, values)
        if place.endswith("email_subject") and len(filled) > LONGEST_SUBJECT:
            found.append(
                Finding(place, f"{len(filled)} characters: many mail programs cut off after {LONGEST_SUBJECT}.")
            )
        longest = max(filled.split(), key=len, default="")
        if language not in UNSPACED and len(longest) > LONGEST_WORD:
            found.append(Finding(place, f"“{longest[:20]}…” is too long for a line and is broken anywhere."))
    return found


# The e-mails that are no letters; see `mailing.wording` --------------------------------------------------------------

_WHICH: Final = {"reference": "which order it is about"}
_ASKS: Final = {**_WHICH, "open": "how much is to be paid"}
_CANCEL: Final = {"cancel_on": "The day of the cancellation."}
_WHEN: Final = {"cancel_on": "on which day the order is canceled"}
MAILS: Final[dict[str, MailPlaces]] = {
    "reminder1": MailPlaces(REMINDERS, "7 days after an online order that is not paid; also by hand.", {}, _ASKS),
    "reminder2": MailPlaces(REMINDERS, "14 days after an online order that is not paid.", _CANCEL, {**_ASKS, **_WHEN}),
    "offline_expired": MailPlaces(REMINDERS, "30 days after: the order is canceled.", {}, _WHICH),
    "cancellation_announced": MailPlaces(
        REMINDERS, "After the three notices: when the order is canceled.", _CANCEL, {**_ASKS, **_WHEN}
    ),
}
"""What clients may word of them."""
