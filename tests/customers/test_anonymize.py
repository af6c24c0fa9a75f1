"""A customer asks that its names are taken out: what goes, what the law keeps, and what has to be settled before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from accounts.services import exports
from core.refused import Refused
from customers.models import Contact, Customer, CustomerSearch
from customers.selectors import effects_of_anonymizing, named
from customers.selectors.search import find_customers
from customers.services import AddressInput, find_customer, save_contact
from customers.services.anonymize import anonymize_customer
from customers.services.merging import merge_customers, undo_merge
from dunning.models import AccountHold, Promise
from errorlog.models import ErrorRecord
from followups.models import FollowUp
from mailing.models import Email
from mailing.services.anonymize import NOBODY
from partners.models import Partner
from purchases.models import Document, HistoryEntry, Purchase
from purchases.services.correction import correct_purchase
from purchases.services.history import Note, enter
from tests.customers.conftest import in_the_browser_of
from tests.stories import (
    MONDAY,
    a_client,
    a_customer,
    a_partner,
    a_user,
    an_offline_order,
    days_later,
    pays,
)

if TYPE_CHECKING:
    from accounts.models import Client, Export, User

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("forty_days_later")]

JANA = a_customer(phone="+49 431 4711")
ALONE = a_customer(company="", last_name="Sommer", email="s@sommer.example")


@pytest.fixture
def boss(hafen: Client) -> User:
    return a_user("client_admin", hafen)


def settled(client: Client, customer: object = JANA) -> Purchase:
    """A paid order whose e-mails have gone out."""
    purchase = pays(an_offline_order(client, customer=customer), "119.00")
    Email.objects.filter(reference=purchase.reference).update(status="SENT", sent_at=MONDAY)
    return purchase


def everything_about(purchase: Purchase) -> str:
    """All that the product says about a customer outside of documents, as one text."""
    customer = purchase.customer
    rows: list[object] = [
        *Contact.history.values(),
        *Customer.history.filter(id=customer.pk).values(),
        *Purchase.history.filter(id=purchase.pk).values(),
        *purchase.contacts.values(),
        *HistoryEntry.objects.filter(purchase=purchase).values(),
        *Email.objects.filter(reference=purchase.reference).values(),
        *Email.history.filter(reference=purchase.reference).values(),
        customer.search.text,
    ]
    return repr(rows)


def test_exported_files_that_may_name_the_customer_are_removed(hafen: Client, boss: User) -> None:
    customer, other = settled(hafen).customer, a_client("other")
    everybody, theirs = a_user("platform_finance"), a_user("client_admin", other)

    def asks(by: User, client: Client | None = None) -> Export:
        how = {"kind": "customers:list", "query": "", "format": "csv"}
        return exports.ask_export(**how, client=client, by=by, at=days_later(1))

    files = [asks(boss), asks(everybody), asks(everybody, hafen), asks(everybody, other), asks(theirs)]
    while exports.write_due(clock=lambda: days_later(1)):
        pass
    begun = exports.write_piece(exports.write_piece(asks(boss), at=days_later(1)), at=days_later(1))
    assert begun.parts.exists()
    assert effects_of_anonymizing(customer)[0][-1] == (
        "4 exported files that may say its names are removed, whoever exported them; those who did can export their "
        "lists again."
    )
    anonymize_customer(customer, by=boss, at=days_later(2))
    for file in files:
        file.refresh_from_db()
    assert [file.content is None for file in files] == [True, True, True, False, False]
    assert files[0].problem.startswith("The file was removed since")
    begun.refresh_from_db()
    assert (begun.keys, begun.done, begun.parts.exists(), begun.problem) == (None, 0, False, "")
    while exports.write_due(clock=lambda: days_later(2)):
        pass
    begun.refresh_from_db()
    assert (begun.total, b"Petersen" in bytes(begun.content or b"")) == (1, False)
    again = Customer.objects.get(pk=settled(hafen, ALONE).customer.pk)
    assert "1 exported file that may say its names is removed" in effects_of_anonymizing(again)[0][-1]


def test_people_go_and_documents_stay(hafen: Client, boss: User) -> None:
    purchase = settled(hafen)
    documents = list(Document.objects.filter(purchase=purchase).order_by("pk").values_list("number", "data"))
    customer = anonymize_customer(purchase.customer, by=boss, at=days_later(2))
    purchase = Purchase.objects.get(pk=purchase.pk)
    found = everything_about(purchase)
    assert [word for word in ("Petersen", "Jana", "einkauf@werft", "4711") if word in found] == []
    assert list(Document.objects.filter(purchase=purchase).order_by("pk").values_list("number", "data")) == documents
    assert "Petersen" in str(documents)
    contact = purchase.contacts.get()
    assert (contact.company, contact.street, contact.last_name) == ("Werft & Söhne KG", "Am Dock 3", "")
    assert (customer.company, customer.anonymized_at, named(customer)) == (
        "",
        days_later(2),
        f"Anonymized customer {customer.pk}",
    )
    assert set(Email.objects.filter(reference=purchase.reference).values_list("recipient", flat=True)) == {NOBODY}
    entry = HistoryEntry.objects.filter(purchase=purchase).latest("pk")
    assert (entry.event, entry.by) == ("anonymized", boss)


def test_somebody_without_a_company_loses_the_place_too(hafen: Client, boss: User) -> None:
    purchase = settled(hafen, ALONE)
    anonymize_customer(purchase.customer, by=boss, at=days_later(2))
    contact = purchase.contacts.get()
    assert (contact.street, contact.city, contact.country) == ("", "", "DE")


def test_names_go_out_of_what_staff_wrote(hafen: Client, boss: User) -> None:
    purchase = an_offline_order(hafen, customer=JANA)
    new = AddressInput(company="Werft & Söhne KG", last_name="Brandt", email="brandt@werft.example", country="DE")
    correct_purchase(purchase, by=boss, at=MONDAY, reason="Jana Petersen called", contacts={"billing": new})
    pays(purchase, "119.00")
    Email.objects.filter(reference=purchase.reference).update(status="SENT", sent_at=MONDAY)
    anonymize_customer(purchase.customer, by=boss, at=days_later(2))
    entry = HistoryEntry.objects.get(purchase=purchase, event="corrected")
    assert (entry.reason, entry.detail) == ("[removed] called", "[removed]")


def test_names_go_out_of_what_is_written_elsewhere(hafen: Client, boss: User) -> None:
    purchase = settled(hafen)
    texts = {"note": "Jana Petersen, einkauf@werft.example", "created_at": MONDAY}
    error = ErrorRecord.objects.create(
        type="email_delivery", client=hafen, reference=purchase.reference, dedupe_key="x", **texts
    )
    follow_up = FollowUp.objects.create(
        client=hafen, purchase=purchase, category="payment", subject="Call Petersen", due_at=MONDAY, **texts
    )
    promise = Promise.objects.create(purchase=purchase, until=MONDAY, by=boss, at=MONDAY, note="Says Jana Petersen")
    AccountHold.objects.create(
        client=hafen, customer=purchase.customer, reason="Petersen is ill", set_at=MONDAY, set_by=boss
    )
    anonymize_customer(purchase.customer, by=boss, at=days_later(2))
    promise.refresh_from_db()
    kept = [
        *ErrorRecord.objects.filter(pk=error.pk).values("note"),
        *ErrorRecord.history.filter(id=error.pk).values("note"),
        *FollowUp.objects.filter(pk=follow_up.pk).values("subject", "note"),
        *FollowUp.history.filter(id=follow_up.pk).values("subject", "note"),
        *AccountHold.objects.values("reason"),
    ]
    assert promise.note == "Says [removed]"
    assert [word for word in ("Petersen", "einkauf") if word in repr(kept)] == []


def test_the_next_order_is_somebody_new(hafen: Client, boss: User) -> None:
    customer = settled(hafen).customer
    anonymize_customer(customer, by=boss, at=days_later(2))
    assert find_customer(hafen, JANA) is None
    assert an_offline_order(hafen, customer=JANA).customer != customer
    with pytest.raises(Refused, match="anonymized: it stays as it is"):
        save_contact(customer, kind="billing", address=AddressInput(company="x"), by=boss, at=MONDAY)


def test_what_is_not_settled_is_settled_first(hafen: Client, boss: User) -> None:
    purchase = an_offline_order(hafen, customer=JANA)
    with pytest.raises(Refused, match=f"Not yet settled: {purchase.reference}"):
        anonymize_customer(purchase.customer, by=boss, at=MONDAY)
    pays(purchase, "119.00")
    with pytest.raises(Refused, match="has not gone out yet"):
        anonymize_customer(purchase.customer, by=boss, at=MONDAY)
    Email.objects.filter(reference=purchase.reference).update(status="SENT", sent_at=MONDAY)
    partner = a_partner(hafen)
    Partner.objects.filter(pk=partner.pk).update(customer=purchase.customer)
    with pytest.raises(Refused, match="is a partner, whose record needs its name"):
        anonymize_customer(purchase.customer, by=boss, at=MONDAY)
    Partner.objects.filter(pk=partner.pk).update(customer=None)
    anonymize_customer(purchase.customer, by=boss, at=MONDAY)
    with pytest.raises(Refused, match="anonymized already"):
        anonymize_customer(purchase.customer, by=boss, at=MONDAY)


def test_a_customer_that_never_bought_has_nothing_to_look_through(hafen: Client, boss: User) -> None:
    nobody = Customer.objects.create(client=hafen, company="Nie", type="COM", created_at=MONDAY)
    assert effects_of_anonymizing(nobody)[0][0].startswith("0 purchases lose")
    assert anonymize_customer(nobody, by=boss, at=MONDAY).company == ""


def test_those_that_were_merged_into_it_go_along(hafen: Client, boss: User) -> None:
    kept, gone = settled(hafen).customer, settled(hafen, ALONE).customer
    merge = merge_customers(kept, gone, by=boss, at=MONDAY)
    gone.refresh_from_db()
    with pytest.raises(Refused, match="anonymize that one"):
        anonymize_customer(gone, by=boss, at=MONDAY)
    anonymize_customer(kept, by=boss, at=MONDAY)
    gone.refresh_from_db()
    assert (gone.anonymized_at, gone.contacts.count()) == (MONDAY, 0)
    merge.refresh_from_db()
    assert "sommer" not in str(merge.moved).lower()
    with pytest.raises(Refused, match="can't be told apart"):
        undo_merge(merge, by=boss, at=MONDAY)
    other = settled(hafen, a_customer(company="Dritte", email="d@d.example")).customer
    kept.refresh_from_db()
    with pytest.raises(Refused, match="was anonymized"):
        merge_customers(other, kept, by=boss, at=MONDAY)


def test_those_that_were_merged_on_go_along_and_are_found_until_then(hafen: Client, boss: User) -> None:
    last, middle, first = (
        settled(hafen, a_customer(company=name, last_name=name, email=f"{name}@x.example")).customer
        for name in ("Ultimo", "Medius", "Primus")
    )
    merge_customers(middle, first, by=boss, at=MONDAY)
    merge_customers(last, middle, by=boss, at=MONDAY)
    assert find_customers(CustomerSearch.objects.all(), "primus").keys == (last.pk,)
    anonymize_customer(last, by=boss, at=MONDAY)
    assert find_customers(CustomerSearch.objects.all(), "primus").keys == ()
    first.refresh_from_db()
    assert (first.anonymized_at, first.company, first.contacts.count()) == (MONDAY, "", 0)
    assert [word for word in ("Primus", "Medius") if word in repr([*Contact.history.values()])] == []


def test_names_of_before_go_too_and_what_a_merge_that_was_undone_kept(hafen: Client, boss: User) -> None:
    kept, gone = settled(hafen).customer, settled(hafen, ALONE).customer
    merge = undo_merge(merge_customers(kept, gone, take={"billing"}, by=boss, at=MONDAY), by=boss, at=MONDAY)
    purchase = gone.purchases.get()
    enter(purchase, Note("note", "Frau Sommer called"), by=boss, at=MONDAY)
    save_contact(gone, kind="billing", address=AddressInput(last_name="Winter"), by=boss, at=MONDAY)
    purchase.contacts.update(last_name="Winter")
    gone.refresh_from_db()
    anonymize_customer(gone, by=boss, at=MONDAY)
    merge.refresh_from_db()
    assert "sommer" not in str(merge.moved).lower()
    assert not HistoryEntry.objects.filter(note__contains="Sommer").exists()


def test_a_client_admin_types_the_number(hafen: Client, boss: User) -> None:
    customer = settled(hafen).customer
    browser = in_the_browser_of(boss)
    path = reverse("customers:anonymize", args=[customer.pk])
    page = browser.get(path).content.decode()
    for words in ("1 purchase loses", "This can&#x27;t be undone", f"Type {customer.pk} to confirm"):
        assert words in page
    answer = browser.post(path, {"number": "yes"})
    assert (answer.status_code, "type it as it stands here" in answer.content.decode()) == (422, True)
    page = browser.post(path, {"number": f" {customer.pk} "}, follow=True).content.decode()
    assert "The customer is anonymized." in page
    assert f"Anonymized customer {customer.pk}" in page
    assert "Anonymize" not in page.replace("Anonymized", "")
    assert "anonymized already" in browser.get(path).content.decode()


def test_support_may_not(hafen: Client) -> None:
    customer = settled(hafen).customer
    browser = in_the_browser_of(a_user("client_support", hafen))
    assert browser.get(reverse("customers:anonymize", args=[customer.pk])).status_code == 403
