"""One letter for all that a customer owes: who shares it, what the fence does, who gets a copy, what is shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from core.letters import LANGUAGES
from core.money import Money
from dunning import documents
from dunning.documents import interest_minor
from dunning.models import Notice, Run, Settings, TakenOut
from dunning.services.pauses import hold_dunning
from mailing.models import Email
from mailing.services.decide import cancel_email, note_bounce, send_email
from purchases.models import Document, Purchase, PurchaseContact
from purchases.selectors import emails_of
from purchases.services.place import OrderLine
from tests.dunning.test_letters import printed
from tests.dunning.worker import at_nine, hands_over, steps_of, works, works_daily
from tests.stories import MONDAY, a_client, a_customer, a_released_po, a_user, days_later, pays

if TYPE_CHECKING:
    from accounts.models import Client

pytestmark = pytest.mark.django_db

DUE = date(2026, 4, 1)


@pytest.fixture
def hafen() -> Client:
    client = a_client()
    Settings.objects.create(client=client, is_consolidated=True)
    return client


def two_due(client: Client) -> tuple[Purchase, Purchase]:
    """Two orders of one customer, both due on 1 April."""
    return a_released_po(client), a_released_po(client, po_number="4500002")


def test_two_pos_of_one_customer_share_one_letter(hafen: Client) -> None:
    first, second = two_due(hafen)
    other = a_released_po(hafen, customer=a_customer(company="Other AG", email="other@other.example"))
    works(DUE)
    notices = {notice.purchase_id: notice for notice in Notice.objects.select_related("email", "document")}
    mine, its = notices[first.pk], notices[second.pk]
    assert (mine.email, mine.document, mine.status, its.status) == (its.email, its.document, "sent", "sent")
    assert notices[other.pk].email != mine.email
    assert Document.objects.filter(kind="PDN1").count() == 2
    letter = mine.document.data["letter"]  # type: ignore[union-attr]
    assert [(row["reference"], row["level"], row["days"], row["open"]) for row in letter["orders"]["rows"]] == [
        (first.reference, "1", "0", "119,00"),
        (second.reference, "1", "0", "119,00"),
    ]
    assert letter["payment"]["figure"] == "238,00\xa0€"
    assert letter["payment"]["rows"][-1][1] == f"{first.reference}, {second.reference}"
    assert "2 Bestellungen" in mine.email.subject  # type: ignore[union-attr]
    assert {order.dunning_level for order in Purchase.objects.filter(pk__in=[first.pk, second.pk])} == {1}


def test_the_highest_level_sets_the_tone_and_other_currencies_stay_apart(hafen: Client) -> None:
    older = a_released_po(hafen)
    works(DUE)
    younger = a_released_po(hafen, at=at_nine(DUE + timedelta(days=14)) - timedelta(days=30), po_number="4500002")
    works(DUE + timedelta(days=14))
    notices = {notice.purchase_id: notice for notice in Notice.objects.filter(on=DUE + timedelta(days=14))}
    assert (notices[older.pk].step, notices[younger.pk].step) == ("pdn2", "pdn1")
    document = notices[younger.pk].document
    assert document is not None
    assert document == notices[older.pk].document
    assert (document.kind, document.data["letter"]["title"]) == ("PDN2", "Zweite Mahnung")
    assert [row["level"] for row in document.data["letter"]["orders"]["rows"]] == ["2", "1"]


def test_without_the_setting_every_order_has_its_own_letter() -> None:
    two_due(a_client())
    works(DUE)
    assert Email.objects.filter(kind="pdn1", status="SENT").count() == 2


def test_mixed_currencies_have_a_letter_each(hafen: Client) -> None:
    first, second = two_due(hafen)
    Purchase.objects.filter(pk=second.pk).update(currency="USD")
    works(DUE)
    assert Email.objects.filter(kind="pdn1", status="SENT").count() == 2
    assert Notice.objects.get(purchase=first).document != Notice.objects.get(purchase=second).document


def test_an_order_taken_out_of_the_run_is_not_in_the_letter(hafen: Client) -> None:
    first, second = two_due(hafen)
    run = Run.objects.create(client=hafen, on=DUE, started_at=at_nine(DUE))
    TakenOut.objects.create(run=run, purchase=second, reason="asked", by=a_user("platform_finance"), at=at_nine(DUE))
    works(DUE)
    document = Notice.objects.get(purchase=first).document
    assert document is not None
    assert document.template == "letters/notice.html"


def test_payment_between_proposal_and_sending_the_letter_is_written_anew_without_it(hafen: Client) -> None:
    first, second = two_due(hafen)
    third = a_released_po(hafen, po_number="4500003")
    works(DUE, mails=False)
    asked = Email.objects.get(kind="pdn1")
    pays(first, "119.00", at=at_nine(DUE))
    hands_over(at_nine(DUE))
    asked.refresh_from_db()
    assert (asked.status, asked.drop_reason) == ("CANCELED", f"Written anew without {first.reference} (Paid)")
    hands_over(at_nine(DUE))
    sent = Email.objects.get(kind="pdn1", status="SENT")
    notices = {notice.purchase_id: notice for notice in Notice.objects.all()}
    assert (notices[first.pk].status, notices[first.pk].drop_reason) == ("dropped", "Paid")
    assert (notices[second.pk].email, notices[third.pk].email) == (sent, sent)
    assert notices[second.pk].status == "sent"
    rows = notices[second.pk].document.data["letter"]["orders"]["rows"]  # type: ignore[union-attr]
    assert [row["reference"] for row in rows] == [second.reference, third.reference]


def test_one_order_is_left_its_letter_is_an_ordinary_one(hafen: Client) -> None:
    first, second = two_due(hafen)
    works(DUE, mails=False)
    pays(first, "119.00", at=at_nine(DUE))
    hands_over(at_nine(DUE))
    hands_over(at_nine(DUE))
    document = Notice.objects.get(purchase=second).document
    assert document is not None
    assert (document.template, Notice.objects.get(purchase=second).status) == ("letters/notice.html", "sent")


def test_all_paid_nothing_goes_out(hafen: Client) -> None:
    for order in two_due(hafen):
        works(DUE, mails=False)
        pays(order, "119.00", at=at_nine(DUE))
    hands_over(at_nine(DUE))
    assert set(Email.objects.filter(kind="pdn1").values_list("status", "drop_reason")) == {("CANCELED", "Paid")}
    assert set(Notice.objects.values_list("status", flat=True)) == {"dropped"}


@pytest.mark.parametrize("reason", ["on the phone", "Written anew without the second order"])
def test_a_person_stops_the_letter_and_all_levels_are_free_again(hafen: Client, reason: str) -> None:
    two_due(hafen)
    works(DUE, mails=False)
    cancel_email(Email.objects.get(kind="pdn1"), by=a_user("platform_finance"), at=at_nine(DUE), reason=reason)
    assert set(Notice.objects.values_list("status", "drop_reason")) == {("dropped", reason)}


def test_each_notice_is_dropped_for_its_own_reason(hafen: Client) -> None:
    first, second = two_due(hafen)
    works(DUE, mails=False)
    pays(first, "119.00", at=at_nine(DUE))
    hold_dunning(second, by=a_user("platform_finance"), at=at_nine(DUE), reason="asked")
    hands_over(at_nine(DUE))
    reasons = dict(Notice.objects.values_list("purchase", "drop_reason"))
    assert reasons == {first.pk: "Paid", second.pk: "Held"}


def test_the_order_due_longest_leads_letter_and_email(hafen: Client) -> None:
    first, second = two_due(hafen)
    Purchase.objects.filter(pk=second.pk).update(due_on=DUE - timedelta(days=1))
    works(DUE)
    notice = Notice.objects.select_related("email", "document").get(purchase=first)
    rows = notice.document.data["letter"]["orders"]["rows"]  # type: ignore[union-attr]
    assert [row["reference"] for row in rows] == [second.reference, first.reference]
    assert notice.email.reference == second.reference  # type: ignore[union-attr]


@pytest.mark.parametrize(("its", "is_held"), [("lager@werft.example", False), ("kai@werft.example", True)])
def test_a_returned_joint_letter_goes_only_to_a_contact_of_all_its_orders(
    hafen: Client, its: str, *, is_held: bool
) -> None:
    for order, address in zip(two_due(hafen), ("lager@werft.example", its), strict=True):
        PurchaseContact.objects.update_or_create(purchase=order, kind="delivery", defaults={"email": address})
    works(DUE)
    letter = Email.objects.get(kind="pdn1")
    note_bounce(letter, by=None, at=at_nine(DUE), reason="550 no such user")
    assert Email.objects.filter(kind="notice_copy").exists() is not is_held
    assert {order.held_at is not None for order in Purchase.objects.all()} == {is_held}


def test_a_copy_of_a_letter_goes_out_while_all_of_it_is_true(hafen: Client) -> None:
    first, _second = two_due(hafen)
    works(DUE)
    boss, letter = a_user("platform_finance"), Email.objects.get(kind="pdn1")
    send_email(letter, by=boss, at=at_nine(DUE))
    hands_over(at_nine(DUE))
    pays(first, "119.00", at=at_nine(DUE))
    send_email(letter, by=boss, at=at_nine(DUE))
    hands_over(at_nine(DUE))
    copies = letter.copies.order_by("pk").values_list("status", "drop_reason")
    assert list(copies) == [("SENT", ""), ("CANCELED", "Paid")]


def test_accounts_payable_gets_a_copy_that_counts_for_nothing() -> None:
    client = a_client()
    Settings.objects.create(client=client, is_copied_to_payables=True)
    order = a_released_po(client)
    order.customer.payables_email = "ap@werft.example"
    order.customer.save()
    works(DUE, mails=False)
    letter, copy = Email.objects.get(kind="pdn1"), Email.objects.get(kind="notice_copy")
    assert (copy.recipient, copy.dedupe_key) == ("ap@werft.example", f"{letter.dedupe_key}:payables")
    assert (copy.subject, copy.attachments.get().source) == (letter.subject, letter.attachments.get().source)
    Email.objects.filter(pk=letter.pk).update(next_attempt_at=at_nine(DUE) + timedelta(hours=1))
    hands_over(at_nine(DUE))
    copy.refresh_from_db()
    assert (copy.status, Notice.objects.get().status) == ("SENT", "pending")


@pytest.mark.parametrize("address", ["", "EINKAUF@werft.example", "nobody"])
def test_no_second_address_no_copy(address: str) -> None:
    client = a_client()
    Settings.objects.create(client=client, is_copied_to_payables=True)
    order = a_released_po(client)
    order.customer.payables_email = address
    order.customer.save()
    works(DUE)
    assert not Email.objects.filter(kind="notice_copy").exists()


def test_a_copy_is_stopped_with_its_letter_and_by_a_payment() -> None:
    client = a_client()
    Settings.objects.create(client=client, is_copied_to_payables=True)
    order = a_released_po(client)
    order.customer.payables_email = "ap@werft.example"
    order.customer.save()
    works(DUE, mails=False)
    cancel_email(Email.objects.get(kind="pdn1"), by=a_user("platform_finance"), at=at_nine(DUE), reason="by phone")
    later = at_nine(DUE + timedelta(days=1))
    works(DUE + timedelta(days=1), mails=False)
    Email.objects.filter(kind="notice_copy").update(next_attempt_at=later + timedelta(hours=1))
    hands_over(later)
    pays(order, "119.00", at=later)
    hands_over(later + timedelta(hours=1))
    dropped = Email.objects.filter(kind="notice_copy").order_by("pk").values_list("status", "drop_reason")
    assert list(dropped) == [("CANCELED", "Its letter was not sent"), ("CANCELED", "Paid")]


@pytest.mark.parametrize(
    ("minor", "days", "points", "interest"),
    [(10_000, 365, 900, 900), (11_900, 14, 912, 42), (100, 1, 900, 0), (0, 14, 900, 0), (10_000, 73, 25, 5)],
)
def test_interest_is_simple_and_rounded_half_up(minor: int, days: int, points: int, interest: int) -> None:
    assert interest_minor(Money(minor, "EUR"), days=days, basis_points=points) == interest


@pytest.mark.parametrize("language", LANGUAGES)
def test_fees_and_interest_are_shown_and_not_asked_for(language: str) -> None:
    client = a_client()
    Settings.objects.create(client=client, fees={"EUR": {"2": 500}}, interest_basis_points=912)
    order = a_released_po(client, customer=replace(a_customer(), language=language))
    data = documents.notice_data(order, level=2, number="PDN2-1", at=days_later(44))
    rows = data["letter"]["totals"]
    assert [row["weight"] for row in rows[-3:]] == ["final", "muted", "muted"]
    assert [Money(500, "EUR").format(language), Money(42, "EUR").format(language)] == [
        row["value"] for row in rows[-2:]
    ]
    assert data["letter"]["payment"]["figure"] == Money(11_900, "EUR").format(language)
    [text] = printed("letters/notice.html", data, language)
    assert "".join(rows[-1]["label"].split()) in "".join(text.split())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("level", [1, 2, 3])
def test_a_joint_letter_fits_on_one_page_and_says_everything(level: int, language: str) -> None:
    client = a_client()
    customer = replace(a_customer(), language=language)
    orders = [(a_released_po(client, customer=customer, po_number=f"450000{n}"), max(level - n, 1)) for n in range(3)]
    data = documents.joint_notice_data(orders, number=f"PDN{level}-2026-000001", at=MONDAY + timedelta(days=58))
    [text] = printed(documents.JOINT_TEMPLATE, data, language)
    for word in (f"PDN{level}-2026-000001", *(order.reference for order, _ in orders), "INV-2026-000003"):
        assert word in text, word
    assert "".join(Money(35_700, "EUR").format(language).replace("\uffe5", "¥").split()) in "".join(text.split())
    assert "{{" not in text


def test_only_letters_join_a_letter(hafen: Client) -> None:
    last = DUE + timedelta(days=35)
    younger = a_released_po(hafen, at=at_nine(last) - timedelta(days=30), po_number="4500002")
    older = a_released_po(hafen)
    works_daily(DUE, last)
    assert [steps_of(one)[-1] for one in (older, younger)] == [
        ("notification", last.isoformat()),
        ("pdn1", last.isoformat()),
    ]
    document = Notice.objects.get(purchase=younger).document
    assert document is not None
    assert document.template == "letters/notice.html"


@pytest.mark.parametrize(
    ("orders", "letters"), [(1, [1]), (2, [2]), (30, [30]), (31, [16, 15]), (60, [30, 30]), (61, [21, 21, 19])]
)
def test_many_orders_are_shared_out_among_few_letters(orders: int, letters: list[int]) -> None:
    assert [len(letter) for letter in documents.in_letters(range(orders))] == letters


def test_more_orders_than_a_letter_holds_go_on_to_a_second_one_that_says_so(hafen: Client) -> None:
    Settings.objects.update(is_copied_to_payables=True)
    orders = [a_released_po(hafen, po_number=f"45{number:05}") for number in range(documents.ON_ONE_LETTER + 1)]
    customer = orders[0].customer
    customer.payables_email = "ap@werft.example"
    customer.save()
    works(DUE)
    notices = {notice.purchase_id: notice for notice in Notice.objects.select_related("email", "document")}
    assert {notice.status for notice in notices.values()} == {"sent"}
    first, last = notices[orders[0].pk], notices[orders[-1].pk]
    assert [len(one.document.data["letter"]["orders"]["rows"]) for one in (first, last)] == [16, 15]  # type: ignore[union-attr]
    assert [one.document.data["letter"]["particulars"][-1] for one in (first, last)] == [  # type: ignore[union-attr]
        ["Schreiben", "1 von 2"],
        ["Schreiben", "2 von 2"],
    ]
    assert [one.email.subject[-6:] for one in (first, last)] == [" (1/2)", " (2/2)"]  # type: ignore[union-attr]
    for order in (orders[1], orders[-1]):
        kinds = set(emails_of(order).values_list("kind", "recipient"))
        assert {("pdn1", "einkauf@werft.example"), ("notice_copy", "ap@werft.example")} <= kinds
        assert emails_of(order).filter(kind="notice_copy").count() == 1


def test_a_copy_that_a_person_ordered_of_a_joint_letter_stands_on_every_order(hafen: Client) -> None:
    orders = two_due(hafen)
    works(DUE)
    letter = Email.objects.get(kind="pdn1")
    copy = send_email(letter, by=a_user("platform_finance"), at=at_nine(DUE))
    assert [list(emails_of(order).filter(pk=copy.pk)) for order in orders] == [[copy], [copy]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_notice_about_five_items_keeps_to_one_page_with_fees_and_interest(language: str) -> None:
    client = a_client()
    Settings.objects.create(client=client, fees={"EUR": {"3": 1_500}}, interest_basis_points=912)
    order = a_released_po(client, customer=replace(a_customer(), language=language), lines=[OrderLine("PRO", 1)] * 5)
    data = documents.notice_data(order, level=3, number="PDN3-2026-000001", at=days_later(60))
    assert data["letter"]["is_tight"]
    [text] = printed("letters/notice.html", data, language)
    assert "PDN3-2026-000001" in text
