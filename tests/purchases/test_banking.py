"""A bank statement comes in: nothing is booked twice, nothing by itself, and nothing is lost."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connections

from accounts.models import BankAccount
from core.money import Money
from core.refused import Refused
from followups.models import FollowUp
from purchases.models import BankFile, BankLine, BankStatement, CsvMapping, LineStatus, Payment, Purchase
from purchases.services import bank_candidates, bank_import, banking
from purchases.services.bank_csv import CsvLayout
from purchases.services.bank_files import Movement, StatementFile
from purchases.services.banking import Part
from purchases.services.cancel import cancel_purchase
from tests.stories import (
    MONDAY,
    a_bank_file,
    a_client,
    a_customer,
    a_released_po,
    a_user,
    a_waiting_po,
    days_later,
    pays,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from accounts.models import Client, User

pytestmark = pytest.mark.django_db

IBAN = "DE89370400440532013000"
FULL = Money(11_900, "EUR")


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


@pytest.fixture
def hafen() -> Client:
    return a_client("hafen")


@pytest.fixture
def finance() -> User:
    return a_user("platform_finance", name="Fina")


def moved(text: str = "", amount: Money = FULL, **more: Any) -> Movement:
    """A movement on Monday."""
    return Movement(line=more.pop("line", 5), booked_on=MONDAY.date(), amount=amount, text=text, **more)


def a_file(*movements: Movement, **more: Any) -> StatementFile:
    """A statement of Hafen's account."""
    return StatementFile(**{"format": "mt940", "account": IBAN, "currency": "EUR", "movements": movements, **more})


def bring(
    client: Client, user: User, *movements: Movement, name: str = "a.sta", sha: str = "a", **more: Any
) -> BankFile:
    """A file comes in."""
    return a_bank_file(client, a_file(*movements, **more), by=user, name=name, content=sha.encode())


def a_line(client: Client, user: User, *movements: Movement, sha: str = "a") -> BankLine:
    """The first line of an imported file."""
    return BankLine.objects.filter(statement__file=bring(client, user, *movements, sha=sha)).order_by("pk")[0]


def lines_of(file: BankFile) -> list[tuple[str, str, list[str], str]]:
    """State, purchase, grounds and note of each line."""
    return [
        (line.status, line.purchase.reference if line.purchase else "", line.grounds, line.note)
        for line in BankLine.objects.filter(statement__file=file).select_related("purchase").order_by("pk")
    ]


# Import ----------------------------------------------------------------------------------------------------------


def test_every_line_gets_a_proposal_or_a_reason_and_nothing_is_booked(hafen: Client, finance: User) -> None:
    purchase = a_released_po(hafen)
    done = bring(
        hafen,
        finance,
        moved(f"Ref {purchase.reference}", payer="Werft und Soehne KG"),
        moved("who knows", eur(77)),
        moved("fee", eur(-490)),
        moved("note", eur(0)),
    )
    assert (done.new_count, done.known_lines, str(done.statement), str(done)) == (4, [], "a.sta", "a.sta")
    grounds = [
        f"Reference number {purchase.reference}",
        "Exactly the open amount",
        "Payer like Werft & Söhne KG",
    ]
    assert lines_of(done) == [
        ("proposed", purchase.reference, grounds, ""),
        ("unmatched", "", ["No number and no amount fits an open purchase"], ""),
        ("ignored", "", [], "Money that went out"),
        ("ignored", "", [], "An amount of nothing"),
    ]
    assert Payment.objects.count() == 0


def test_only_open_real_purchases_of_this_client_in_this_currency_are_proposed(hafen: Client, finance: User) -> None:
    mine = a_released_po(hafen)
    paid = pays(a_released_po(hafen), "119.00")
    test_order = a_released_po(hafen, is_test=True)
    theirs = a_released_po(a_client("other"))
    canceled = cancel_purchase(a_waiting_po(hafen), by=finance, at=MONDAY, reason="late")
    asked = (mine, paid, test_order, theirs, canceled)
    done = bring(hafen, finance, *(moved(f"Ref {one.reference}", eur(1)) for one in asked))
    assert [one[1] for one in lines_of(done)] == [mine.reference, "", "", "", canceled.reference]
    Purchase.objects.filter(pk=mine.pk).update(currency="USD")
    again = bring(hafen, finance, moved(f"Ref {mine.reference}", eur(2)), sha="b")
    assert [one[1] for one in lines_of(again)] == [""]


def test_the_invoice_number_leads_to_its_purchase(hafen: Client, finance: User) -> None:
    purchase = a_released_po(hafen)
    number = purchase.documents.get(kind="INV").number
    line = a_line(hafen, finance, moved(f"pays {number}", eur(1)))
    assert (line.purchase, line.grounds) == (purchase, [f"Invoice number {number}"])


@pytest.mark.parametrize(("few", "many"), [(200, 10_000), (1, 10_000), (200, 0)])
def test_a_purchase_is_found_among_few_lines_and_many(
    hafen: Client, finance: User, monkeypatch: pytest.MonkeyPatch, few: int, many: int
) -> None:
    monkeypatch.setattr(bank_candidates, "FEW", few)
    monkeypatch.setattr(bank_candidates, "MANY", many)
    monkeypatch.setattr(bank_candidates, "AT_ONCE", few)
    asked = [a_released_po(hafen) for _ in range(3)]
    done = bring(hafen, finance, *(moved(f"Ref {one.reference}", eur(1)) for one in asked))
    assert [one[1] for one in lines_of(done)] == [one.reference for one in asked]


def test_an_open_purchase_is_found_behind_newer_canceled_ones(
    hafen: Client, finance: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bank_candidates, "MOST_OF_AMOUNT", 1)
    waiting = a_released_po(hafen)
    cancel_purchase(a_waiting_po(hafen), by=finance, at=MONDAY, reason="late")
    done = bring(hafen, finance, moved("thank you", payer="Werft und Soehne KG"))
    assert [one[1] for one in lines_of(done)] == [waiting.reference]


def test_a_po_number_with_an_unusual_mark_is_found_as_it_is_written(hafen: Client, finance: User) -> None:
    purchase = a_released_po(hafen, po_number="PO–2026+77")
    done = bring(hafen, finance, moved("Order PO–2026+77.", eur(1)))
    assert [one[1:3] for one in lines_of(done)] == [(purchase.reference, ["PO number PO–2026+77"])]


def test_the_same_file_is_known_by_its_content(hafen: Client, finance: User) -> None:
    bring(hafen, finance, moved())
    with pytest.raises(Refused) as refused:
        bring(hafen, finance, moved(), name="b.sta")
    assert refused.value.message == (
        "b.sta was imported already as a.sta, by Fina on 2026-03-02 10:00. Nothing was imported."
    )
    with pytest.raises(Refused, match=r"^a.sta was imported already, by Fina on"):
        bring(hafen, finance, moved())
    assert (BankStatement.objects.count(), BankLine.objects.count()) == (1, 1)


def test_a_line_in_an_overlapping_file_is_skipped_and_equal_lines_are_counted(hafen: Client, finance: User) -> None:
    bring(hafen, finance, moved("a"), moved("twice"), moved("twice"))
    done = bring(
        hafen, finance, moved("twice", line=1), moved("twice", line=2), moved("twice", line=3), moved("b"), sha="b"
    )
    assert (done.new_count, done.known_count, done.known_lines) == (2, 2, [1, 2])
    assert BankLine.objects.count() == 5


@pytest.mark.parametrize(
    "change",
    [
        {"booked_on": date(2026, 3, 3)},
        {"amount": eur(1)},
        {"reference": "X"},
        {"payer": "X"},
        {"text": "X"},
    ],
)
def test_what_differs_in_anything_is_another_line(hafen: Client, finance: User, change: dict[str, Any]) -> None:
    bring(hafen, finance, moved("a"))
    assert bring(hafen, finance, replace(moved("a"), **change), sha="b").new_count == 1


def test_the_same_money_in_a_file_of_another_format_is_not_proposed_again(hafen: Client, finance: User) -> None:
    purchase = a_released_po(hafen)
    bring(hafen, finance, moved(f"Ref {purchase.reference}"), name="a.xml", format="camt.053")
    done = bring(hafen, finance, moved(f"{purchase.reference} as the bank's other export says"), sha="b")
    assert lines_of(done) == [("unmatched", "", ["Same day and amount as a line of a.xml: is it the same money?"], "")]


def test_two_lines_for_one_purchase_say_so(hafen: Client, finance: User) -> None:
    purchase = a_released_po(hafen)
    named = f"Ref {purchase.reference}"
    done = bring(hafen, finance, moved(named, eur(5_000)), moved(named, eur(6_900)))
    assert [one[2][-1] for one in lines_of(done)] == ["2 lines of this file name it"] * 2


def test_a_statement_without_incoming_money_asks_nobody(hafen: Client, finance: User) -> None:
    assert bring(hafen, finance, moved("fee", eur(-1))).new_count == 1


def test_a_mapping_is_kept_once_per_name(hafen: Client) -> None:
    bank_import.save_mapping(hafen, name="Bank", layout=CsvLayout(decimal="."))
    bank_import.save_mapping(hafen, name="Bank", layout=CsvLayout(decimal=","))
    kept = CsvMapping.objects.get()
    assert (str(kept), CsvLayout.of(kept.columns)) == ("Bank", CsvLayout(decimal=","))


# Whose account ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        (IBAN, True),
        ("DE89 3704 0044 0532 0130 00", True),
        ("de89370400440532013000EUR", True),
        ("370400440532013000", True),
        ("37040044/532013000", True),
        ("37040044/0532013000EUR", True),
        ("0815", True),
        ("37040044/0532013001", False),
        ("DE02120300000000202051", False),
        ("", False),
    ],
)
def test_an_account_is_known_however_the_bank_writes_it(stated: str, *, expected: bool) -> None:
    account = BankAccount(currency="EUR", iban=IBAN, account="0815")
    assert bank_import.is_same_account(stated, account) is expected


def test_an_account_without_an_iban_is_known_by_its_number() -> None:
    account = BankAccount(currency="USD", account="7225516707")
    assert bank_import.is_same_account("7225516707USD", account)
    assert not bank_import.is_same_account("021000021/7225516708", account)


def test_the_account_names_the_client(hafen: Client) -> None:
    other = a_client("other")
    BankAccount.objects.filter(client=other).update(iban="DE02120300000000202051")
    whose = partial(bank_import.client_of, filename="a.sta")
    both = [hafen, other]
    assert whose(a_file(moved()), clients=both, chosen=None) == hafen
    assert whose(a_file(moved()), clients=both, chosen=hafen) == hafen
    with pytest.raises(Refused) as refused:
        whose(a_file(moved()), clients=both, chosen=other)
    assert refused.value.message == (
        f"a.sta is of the account {IBAN} in EUR, which is not one of Other GmbH. Nothing was imported."
    )
    with pytest.raises(Refused, match="which is not one of Hafen GmbH"):
        whose(a_file(moved(), account="DE00"), clients=both, chosen=hafen)
    with pytest.raises(Refused, match="which no client has: choose the client"):
        whose(a_file(moved(), account="DE00"), clients=both, chosen=None)
    with pytest.raises(Refused, match="which no client has: choose the client"):
        whose(a_file(moved()), clients=[other], chosen=None)
    assert whose(a_file(moved(), currency="USD"), clients=both, chosen=other) == other
    BankAccount.objects.filter(client=other).update(iban=IBAN)
    with pytest.raises(Refused, match="which several clients have: choose the client"):
        whose(a_file(moved()), clients=both, chosen=None)


def test_a_csv_is_of_the_clients_own_account(hafen: Client) -> None:
    assert [bank_import.own_account(hafen, currency) for currency in ("EUR", "USD")] == [IBAN, ""]


# Booking ---------------------------------------------------------------------------------------------------------


def test_a_confirmed_line_is_booked_as_a_payment_that_names_it(hafen: Client, finance: User) -> None:
    purchase = a_released_po(hafen)
    line = a_line(hafen, finance, moved(f"Ref {purchase.reference}", payer="Werft"))
    line = banking.confirm_line(line, by=finance, at=days_later(2))
    purchase.refresh_from_db()
    payment = purchase.payments.get()
    assert purchase.status == "PAY"
    assert (line.status, line.payment, line.decided_by, line.decided_at) == ("booked", payment, finance, days_later(2))
    assert (payment.at, payment.method, payment.by) == (days_later(2), "wire", finance)
    assert payment.bank_reference == f"Bank 2026-03-02 · Werft · Ref {purchase.reference}"
    assert payment.dedupe_key == f"bank:{line.client_id}:{line.fingerprint}"
    with pytest.raises(Refused) as refused:
        banking.confirm_line(line, by=finance, at=MONDAY)
    assert refused.value.message == f"This line was booked on {purchase.reference} already, by Fina."


def test_part_over_and_late_money_become_visible(hafen: Client, finance: User) -> None:
    part, over, late = a_released_po(hafen), a_released_po(hafen), a_released_po(hafen)
    cancel_purchase(late, by=finance, at=MONDAY, reason="x")
    known = set(FollowUp.objects.values_list("pk", flat=True))
    movements = [
        moved(f"Ref {one.reference}", eur(minor)) for one, minor in ((part, 900), (over, 12_000), (late, 11_900))
    ]
    for line in BankLine.objects.filter(statement__file=bring(hafen, finance, *movements)).order_by("pk"):
        banking.confirm_line(line, by=finance, at=MONDAY)
    found = [Purchase.objects.get(pk=one.pk) for one in (part, over, late)]
    assert [(one.status, one.paid_minor) for one in found] == [("WPO", 900), ("PAY", 12_000), ("CAN", 11_900)]
    subjects = FollowUp.objects.exclude(pk__in=known).order_by("pk").values_list("subject", flat=True)
    assert list(subjects) == [
        f"1.00 EUR arrived on {over.reference} (Paid)",
        f"119.00 EUR arrived on {late.reference} (Canceled)",
    ]


def test_a_purchase_paid_in_between_is_refused_and_the_line_stays(hafen: Client, finance: User) -> None:
    purchase = a_released_po(hafen)
    line = a_line(hafen, finance, moved(f"Ref {purchase.reference}"))
    pays(purchase, "119.00")
    with pytest.raises(Refused) as refused:
        banking.confirm_line(line, by=finance, at=MONDAY)
    assert refused.value.message == f"{purchase.reference} is Paid now: nothing is open on it."
    line.refresh_from_db()
    assert (line.status, Payment.objects.count()) == ("proposed", 1)
    banking.book_line(line, reference=purchase.reference, is_extra=True, by=finance, at=MONDAY)
    purchase.refresh_from_db()
    assert purchase.paid_minor == 23_800


def test_a_person_chooses_another_purchase(hafen: Client, finance: User) -> None:
    purchase = a_released_po(hafen)
    line = a_line(hafen, finance, moved("who knows", eur(77)))
    with pytest.raises(Refused, match=r"Nothing is proposed for this line: choose its purchase."):
        banking.confirm_line(line, by=finance, at=MONDAY)
    theirs = a_released_po(a_client("other"))
    for wrong in (theirs.reference, "12"):
        with pytest.raises(Refused, match=rf"Hafen GmbH has no purchase {wrong}."):
            banking.book_line(line, reference=wrong, by=finance, at=MONDAY)
    dollars = a_released_po(hafen)
    Purchase.objects.filter(pk=dollars.pk).update(currency="USD")
    with pytest.raises(Refused, match="is in USD; a payment in EUR can't be booked on it"):
        banking.book_line(line, reference=dollars.reference, by=finance, at=MONDAY)
    spaced = f"{purchase.reference[:3]} {purchase.reference[3:]}"
    line = banking.book_line(line, reference=spaced, by=finance, at=MONDAY)
    assert (line.status, line.purchase) == ("booked", purchase)


def test_lines_are_set_aside_and_taken_back(hafen: Client, finance: User) -> None:
    purchase = a_released_po(hafen)
    line = a_line(hafen, finance, moved(f"Ref {purchase.reference}"), moved("fee", eur(-1)))
    line = banking.set_aside(line, reason="own transfer", by=finance, at=MONDAY)
    assert (line.status, line.purchase, line.note) == ("ignored", None, "own transfer")
    for act in (
        partial(banking.set_aside, reason="again"),
        banking.confirm_line,
        partial(banking.book_line, reference=purchase.reference),
    ):
        with pytest.raises(Refused, match=r"This line is set aside: take it back first."):
            act(line, by=finance, at=MONDAY)
    line = banking.take_back(line, by=finance, at=MONDAY)
    assert (line.status, line.purchase, line.note) == ("proposed", purchase, "")
    with pytest.raises(Refused, match=r"This line is not set aside."):
        banking.take_back(line, by=finance, at=MONDAY)
    fee = BankLine.objects.get(amount_minor=-1)
    with pytest.raises(Refused, match=r"Only money that came in can be booked."):
        banking.take_back(fee, by=finance, at=MONDAY)
    BankLine.objects.filter(pk=fee.pk).update(status=LineStatus.UNMATCHED)
    with pytest.raises(Refused, match=r"Only money that came in can be booked."):
        banking.book_line(fee, reference=purchase.reference, by=finance, at=MONDAY)


# Several purchases -----------------------------------------------------------------------------------------------


def test_one_line_pays_two_purchases(hafen: Client, finance: User) -> None:
    one, two = a_released_po(hafen), a_released_po(hafen, quantity=2)
    line = a_line(hafen, finance, moved(f"{one.reference} and {two.reference}", eur(35_700)))
    named = sorted((one.reference, two.reference))
    together = f"Names 2 purchases: {', '.join(named)}; together exactly the amount"
    assert (line.status, line.grounds) == ("unmatched", [together])
    parts = banking.named_parts(line)
    assert {(part.reference, part.amount.minor) for part in parts} == {(one.reference, 11_900), (two.reference, 23_800)}
    line = banking.split_line(line, parts=parts, by=finance, at=MONDAY)
    told = ", ".join(f"{part.reference} {part.amount}" for part in parts)
    assert (line.status, line.note) == ("ignored", f"Split: {told}")
    assert [Purchase.objects.get(pk=purchase.pk).status for purchase in (one, two)] == ["PAY", "PAY"]
    booked = BankLine.objects.filter(status=LineStatus.BOOKED).order_by("amount_minor")
    assert [(part.purchase, part.grounds) for part in booked] == [
        (one, ["Part of 357.00 EUR"]),
        (two, ["Part of 357.00 EUR"]),
    ]
    with pytest.raises(Refused, match=r"This line was split, and its parts are booked."):
        banking.take_back(line, by=finance, at=MONDAY)
    known = bring(hafen, finance, moved(f"{one.reference} and {two.reference}", eur(35_700)), sha="b")
    assert (known.new_count, known.known_lines) == (0, [5])


def test_a_split_is_whole_or_nothing(hafen: Client, finance: User) -> None:
    one, paid = a_released_po(hafen), pays(a_released_po(hafen), "119.00")
    line = a_line(hafen, finance, moved("both", eur(23_800)))
    split = partial(banking.split_line, line, by=finance, at=MONDAY)
    for parts in ([Part(one.reference, eur(23_800))], [Part(one.reference, FULL), Part(f" {one.reference}", FULL)]):
        with pytest.raises(Refused, match=r"Name two or more different purchases."):
            split(parts=parts)
    with pytest.raises(Refused, match=r"The parts come to 120.00 EUR; the line is 238.00 EUR."):
        split(parts=[Part(one.reference, FULL), Part(paid.reference, eur(100))])
    with pytest.raises(Refused, match=r"The parts come to"):
        split(parts=[Part(one.reference, eur(23_900)), Part(paid.reference, eur(-100))])
    with pytest.raises(Refused, match="is Paid now"):
        split(parts=[Part(one.reference, FULL), Part(paid.reference, FULL)])
    one.refresh_from_db()
    line.refresh_from_db()
    assert (one.paid_minor, line.status, BankLine.objects.count()) == (0, "unmatched", 1)


def test_suggestions_are_the_best_first(hafen: Client, finance: User) -> None:
    one, two = a_released_po(hafen), a_released_po(hafen, customer=a_customer(company="Nord", last_name="X"))
    line = a_line(hafen, finance, moved(f"Ref {two.reference}"))
    assert [(purchase, grounds) for purchase, grounds in banking.suggestions(line)] == [
        (two, [f"Reference number {two.reference}", "Exactly the open amount"]),
        (one, ["Exactly the open amount"]),
    ]


# At once ---------------------------------------------------------------------------------------------------------


def at_once(*acts: Callable[[], object]) -> list[str]:
    """Run every act in a thread of its own, all starting together; return the refusals."""
    start = threading.Barrier(len(acts))
    refusals: list[str] = []

    def run(act: Callable[[], object]) -> None:
        start.wait()
        try:
            act()
        except Refused as refused:
            refusals.append(refused.message)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return refusals


@pytest.mark.django_db(transaction=True)
def test_several_people_who_confirm_at_once_book_once() -> None:
    hafen, finance = a_client("hafen"), a_user("platform_finance")
    for round_ in range(5):
        purchase = a_released_po(hafen)
        line = a_line(hafen, finance, moved(f"Ref {purchase.reference}"), sha=f"{round_}")
        refusals = at_once(*[partial(banking.confirm_line, line, by=finance, at=MONDAY)] * 4)
        purchase.refresh_from_db()
        assert len(refusals) == 3
        assert (purchase.paid_minor, purchase.payments.count()) == (11_900, 1)


@pytest.mark.django_db(transaction=True)
def test_the_same_file_sent_twice_at_once_is_there_once() -> None:
    hafen, finance = a_client("hafen"), a_user("platform_finance")
    refusals = at_once(*[lambda: bring(hafen, finance, moved("a"), moved("b"))] * 4)
    assert len(refusals) == 3
    assert (BankStatement.objects.count(), BankLine.objects.count()) == (1, 2)
