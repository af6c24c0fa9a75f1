"""Writing letters: numbered, frozen, queued and entered in the history, many of one client at once.

One order gets a letter of its own; where the client wants that, several orders of a customer share one. A letter may
be copied to the customer's accounts payable. What becomes of it afterwards is in `delivery`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.db.models import prefetch_related_objects

from core.bulk import write_again
from core.letters import letter_language
from dunning import documents, emails
from dunning.schedule import Step
from dunning.selectors.facts import is_address
from dunning.services.response import open_link
from dunning.states import STEP_LABELS
from dunning.wording.places import LEVELS
from mailing.services.compose import queue_emails
from purchases.documents import latest_bills
from purchases.models import Document, DocumentKind, Nature
from purchases.selectors import PAYABLES
from purchases.services.documents import keep_documents, take_numbers
from purchases.services.history import Note, enter_each

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from dunning.models import Notice
    from dunning.wording import NoticeText
    from mailing.models import Email
    from mailing.services.compose import Outgoing
    from purchases.documents import Bill
    from purchases.emails import Draft

DOCUMENT_KINDS: Final = {
    Step.PDN1: DocumentKind.NOTICE_1,
    Step.PDN2: DocumentKind.NOTICE_2,
    Step.PDN3: DocumentKind.NOTICE_3,
}


@dataclass(slots=True)
class Letter:
    """One letter that is being written: the notices it carries, the lead first, and its place among so many."""

    notices: Sequence[Notice]
    place: tuple[int, int] = (1, 1)
    document: Document | None = None
    email: Email | None = None

    @property
    def lead(self) -> Notice:
        """The notice with the highest level sets the tone."""
        return self.notices[0]

    @property
    def kind(self) -> str:
        """Which document it brings; empty where the e-mail says everything."""
        return DOCUMENT_KINDS.get(Step(self.lead.step), "")

    @property
    def words(self) -> tuple[int, str]:
        """Which of the client's texts it speaks with: of a level, in a language."""
        return LEVELS[self.lead.step], letter_language(self.lead.purchase.language)


def write_letters(shares: Sequence[Sequence[Notice]], *, at: datetime) -> None:
    """Write document, e-mail and history of the letters that carry new notices of one client, all or nothing.

    Each share is one customer's and gets a letter of its own: one notice makes a simple one, several share one, many
    share several. Their purchases are locked. A few queries for any number of simple letters.
    """
    letters = [letter for share in shares for letter in _in_letters(share)]
    _issue([letter for letter in letters if letter.kind], at=at)
    for letter in letters:
        if letter.document is None:
            letter.email = _queue_alone(letter.lead, at=at)
    told = [(notice, letter) for letter in letters for notice in letter.notices]
    for notice, letter in told:
        notice.document, notice.email = letter.document, letter.email
    write_again([notice for notice, _ in told], fields=["document", "email"])
    enter_each([(notice.purchase, _note(notice, letter)) for notice, letter in told], by=None, at=at)
    queue_emails([copy for letter in letters if (copy := _copy_to_payables(letter))], at=at)


def _in_letters(notices: Sequence[Notice]) -> list[Letter]:
    ranked = sorted(notices, key=lambda notice: documents.rank(notice.purchase, LEVELS.get(notice.step, 0)))
    shares = documents.in_letters(ranked)
    return [Letter(mine, (number, len(shares))) for number, mine in enumerate(shares, start=1)]


def _issue(letters: Sequence[Letter], *, at: datetime) -> None:
    """Number and freeze the documents of letters of one client, and queue the e-mails that bring them."""
    if not letters:
        return
    leads, client = [letter.lead.purchase for letter in letters], letters[0].lead.purchase.client
    numbers = _numbers(letters, at=at)
    prefetch_related_objects(leads, "contacts", "items")
    bills = latest_bills(leads)
    texts = {
        words: documents.notice_text(client, level=words[0], language=words[1])
        for words in {letter.words for letter in letters}
    }
    written = [
        _document(letter, texts[letter.words], number=number, bills=bills, at=at)
        for letter, number in zip(letters, numbers, strict=True)
    ]
    keep_documents(written)
    drafts = [_draft(one, document, texts[one.words], at=at) for one, document in zip(letters, written, strict=True)]
    queued = queue_emails([draft.outgoing for draft in drafts], at=at)
    for letter, document, email in zip(letters, written, queued, strict=True):
        letter.document, letter.email = document, email


def _numbers(letters: Sequence[Letter], *, at: datetime) -> list[str]:
    """Take the letters' numbers in their order, those of each series at once.

    The series are locked in one order: two workers that have different orders of a client would wait for each other.
    """
    series = [(letter.kind, letter.lead.purchase.is_test) for letter in letters]
    client = letters[0].lead.purchase.client
    taken = {
        (kind, is_test): iter(take_numbers(client, kind, count, at=at, is_test=is_test))
        for (kind, is_test), count in sorted(Counter(series).items())
    }
    return [next(taken[one]) for one in series]


def _document(letter: Letter, text: NoticeText, *, number: str, bills: Mapping[int, Bill], at: datetime) -> Document:
    lead, purchase = letter.lead, letter.lead.purchase
    if len(letter.notices) > 1:
        template = documents.JOINT_TEMPLATE
        orders = [(notice.purchase, LEVELS[notice.step]) for notice in letter.notices]
        data = documents.joint_notice_data(orders, number=number, at=at, text=text, place=letter.place)
    else:
        template = documents.TEMPLATES[letter.kind]
        data = documents.notice_data(purchase, level=LEVELS[lead.step], number=number, at=at, text=text, bills=bills)
    return Document(
        client=purchase.client,
        purchase=purchase,
        kind=letter.kind,
        number=number,
        template=template,
        data=data,
        language=purchase.language,
        issued_at=at,
    )


def _draft(letter: Letter, document: Document, text: NoticeText, *, at: datetime) -> Draft:
    write = emails.joint_notice if len(letter.notices) > 1 else emails.notice
    return write(letter.lead.purchase, text, notice=letter.lead, document=document, at=at)


def _queue_alone(notice: Notice, *, at: datetime) -> Email:
    """Queue the e-mail of a step that has no document: a reminder, or the question to the client."""
    purchase = notice.purchase
    if notice.step != Step.NOTIFICATION:
        return emails.reminder(purchase, notice=notice, at=at)
    token = open_link(notice, at=at)
    emails.cancellation_announced(purchase, notice=notice, at=at)
    return emails.client_notification(purchase, notice=notice, token=token, at=at)


def _note(notice: Notice, letter: Letter) -> Note:
    others = ", ".join(other.purchase.reference for other in letter.notices if other.pk != notice.pk)
    number = f" {letter.document.number}" if letter.document else ""
    return Note(
        notice.step,
        f"{STEP_LABELS[notice.step]}{number}: {notice.purchase.open_amount} open",
        detail=f"One letter with {others}" if others else "",
        nature=Nature.OUTBOUND,
        method="email",
    )


def _copy_to_payables(letter: Letter) -> Outgoing | None:
    purchase, email, document = letter.lead.purchase, letter.email, letter.document
    if document is None or email is None or not documents.settings_of(purchase.client).is_copied_to_payables:
        return None
    to = purchase.customer.payables_email if purchase.customer else ""
    if not is_address(to) or to.lower() == email.recipient.lower():
        return None
    return emails.notice_copy(email, document=document, role=PAYABLES, to=to)
