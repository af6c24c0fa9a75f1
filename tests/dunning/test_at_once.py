"""Many purchases decided at once: the same as one by one, in few queries, and one that fails keeps nobody back."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.models import Customer
from dunning.models import Explanation, LetterText, Notice, Settings
from dunning.selectors.days import due_purchases
from dunning.services.days import decide_due_days
from dunning.services.promises import promise_payment
from dunning.services.steps import decide_purchase
from errorlog.models import ErrorRecord
from mailing.models import Email
from mailing.signals import email_queued
from purchases.models import HistoryEntry, Purchase
from tests.dunning.worker import at_nine, hands_over, steps_of, works
from tests.stories import MONDAY, a_client, a_released_po, a_user, pays

if TYPE_CHECKING:
    from accounts.models import Client

pytestmark = pytest.mark.django_db

DUE = date(2026, 4, 1)


def every_kind(client: Client) -> list[Purchase]:
    """Plain ones, one nobody can write to, one that was promised in vain; all are due."""
    plain = [a_released_po(client) for _ in range(3)]
    unknown, broken = a_released_po(client), a_released_po(client)
    Purchase.objects.filter(pk=unknown.pk).update(billing_email="")
    promise_payment(
        broken, by=a_user("platform_customer_service"), at=at_nine(date(2026, 3, 5)), until=DUE - timedelta(days=2)
    )
    return [*plain, unknown, broken]


def told(purchase: Purchase) -> list[Any]:
    """All that was written about a purchase, but for its numbers and keys."""
    lines = Explanation.objects.filter(purchase=purchase).order_by("pk")
    entries = HistoryEntry.objects.filter(purchase=purchase).order_by("pk")
    emails = Email.objects.filter(reference=purchase.reference).order_by("pk")
    row = Purchase.objects.get(pk=purchase.pk)
    return [
        [(line.on, line.step, line.reason, line.coming, line.next_on, line.numbers) for line in lines],
        [(entry.event, entry.nature, entry.method) for entry in entries],
        [(email.kind, email.recipient, email.status, email.attachments.count()) for email in emails],
        list(Notice.objects.filter(purchase=purchase).order_by("pk").values_list("document__kind", "email__kind")),
        row.next_action_on,
        row.version,
    ]


def test_decided_at_once_is_as_decided_one_by_one() -> None:
    one, other = a_client("hafen"), a_client("werft")
    singly, together = every_kind(one), every_kind(other)
    for pk in due_purchases(one.pk, DUE):
        decide_purchase(pk, on=DUE, at=at_nine(DUE))
    decide_due_days(at=at_nine(DUE))
    assert [told(purchase) for purchase in together] == [told(purchase) for purchase in singly]
    assert [steps_of(purchase) for purchase in together[:3]] == [[("pdn1", "2026-04-01")]] * 3
    hands_over(at_nine(DUE))
    assert [told(purchase) for purchase in together] == [told(purchase) for purchase in singly]
    numbers = Notice.objects.filter(purchase__in=together).order_by("pk").values_list("document__number", flat=True)
    assert list(numbers) == [f"PDN1-2026-{number:06d}" for number in range(1, 5)]


def of_all_levels_and_languages(client: Client) -> list[Purchase]:
    """Two for their second notice before two for their first, each in German and in English; one is partly paid."""
    texts = {"email_subject": "Hoppla: {{invoice_number}} über {{open}}"}
    by = a_user("client_admin", client)
    LetterText.objects.create(client=client, step="pdn1", language="de", version=1, texts=texts, by=by, at=MONDAY)
    purchases = [a_released_po(client, at=MONDAY + timedelta(days=days)) for days in (0, 0, 14, 14)]
    for purchase, language in zip(purchases, ("de", "en") * 2, strict=True):
        Purchase.objects.filter(pk=purchase.pk).update(language=language)
    pays(purchases[2], "19.00", at=MONDAY + timedelta(days=15))
    return purchases


def letters_of(purchases: list[Purchase]) -> list[tuple[str, ...]]:
    """The newest letter of each purchase: number, language and subject of its e-mail."""
    notices = [Notice.objects.filter(purchase=purchase).latest("pk") for purchase in purchases]
    letters = [(notice.document, notice.email) for notice in notices]
    return [
        (document.number, email.language, email.subject)
        for document, email in letters
        if document is not None and email is not None
    ]


def test_levels_languages_own_words_and_part_payments_at_once_are_as_one_by_one() -> None:
    one, other = a_client("hafen"), a_client("werft")
    singly, together = of_all_levels_and_languages(one), of_all_levels_and_languages(other)
    works(DUE)
    later = DUE + timedelta(days=14)
    for pk in due_purchases(one.pk, later):
        decide_purchase(pk, on=later, at=at_nine(later))
    with CaptureQueriesContext(connection) as queries:
        decide_due_days(at=at_nine(later))
    assert [told(purchase) for purchase in together] == [told(purchase) for purchase in singly]
    letters = letters_of(together)
    assert letters == letters_of(singly)
    assert [letter[:2] for letter in letters] == [
        ("PDN2-2026-000001", "de"),
        ("PDN2-2026-000002", "en"),
        ("PDN1-2026-000003", "de"),
        ("PDN1-2026-000004", "en"),
    ]
    assert letters[2][2].startswith("Hoppla: INV-2026-000003 über 100,00")
    series = [query["sql"] for query in queries if "numberseries" in query["sql"] and "SELECT" in query["sql"][:7]]
    # Whoever takes several series takes them in one order: two workers would wait for each other.
    assert [number for sql in series for number in ("PDN1", "PDN2") if number in sql][:2] == ["PDN1", "PDN2"]


def queries_of_a_run(orders: int) -> int:
    client = a_client(f"client-{orders}")
    Settings.objects.create(client=client, is_copied_to_payables=True)
    for _ in range(orders):
        a_released_po(client)
    Customer.objects.filter(client=client).update(payables_email="kreditoren@werft.example")
    decide_due_days(at=at_nine(DUE - timedelta(days=1)))
    with CaptureQueriesContext(connection) as queries:
        decide_due_days(at=at_nine(DUE))
    assert Notice.objects.filter(purchase__client=client).count() == orders
    assert Email.objects.filter(client=client, kind="notice_copy").count() == orders
    return len(queries)


def test_a_run_takes_as_many_queries_for_seven_letters_and_their_copies_as_for_three() -> None:
    assert queries_of_a_run(7) == queries_of_a_run(3)


def test_one_that_fails_keeps_none_of_the_others_back() -> None:
    client = a_client()
    purchases = [a_released_po(client) for _ in range(4)]
    bad = purchases[2]

    def fails(*, email: Email, **_: Any) -> None:
        if email.reference == bad.reference:
            raise RuntimeError("no such luck")

    email_queued.connect(fails)
    try:
        works(DUE)
    finally:
        email_queued.disconnect(fails)
    assert [bool(steps_of(purchase)) for purchase in purchases] == [True, True, False, True]
    assert [entry.reference for entry in ErrorRecord.objects.all()] == [bad.reference]
    works(DUE + timedelta(days=1))
    assert steps_of(bad) == [("pdn1", "2026-04-02")]


def test_copies_to_accounts_payable_go_along() -> None:
    client = a_client()
    Settings.objects.create(client=client, is_copied_to_payables=True)
    purchases = [a_released_po(client) for _ in range(2)]
    for purchase in purchases:
        assert purchase.customer is not None
        purchase.customer.payables_email = "kreditoren@werft.example"
        purchase.customer.save()
    works(DUE)
    copies = Email.objects.filter(kind="notice_copy").order_by("pk")
    assert [(copy.reference, copy.recipient, copy.attachments.count()) for copy in copies] == [
        (purchase.reference, "kreditoren@werft.example", 1) for purchase in purchases
    ]
