"""Two customers that are one, and contacts of one: merged with everything named before, put back within 30 days."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.refused import Refused
from customers import selectors
from customers.models import Contact, Customer, Merge
from customers.services import AddressInput, change_customer, find_customer, save_contact
from customers.services.merging import merge_contacts, merge_customers, undo_merge
from dunning.models import AccountHold
from dunning.services.account_holds import hold_account
from partners.models import Partner
from purchases.forms import PolicyForm
from purchases.models import HistoryEntry, Policy, Purchase
from purchases.selectors import customers_named, customers_with_email, trust_of
from purchases.views.entry import customers_like
from tests.customers.conftest import in_the_browser_of
from tests.stories import (
    MONDAY,
    a_client,
    a_customer,
    a_partner,
    a_released_po,
    a_user,
    an_offline_order,
    days_later,
)

if TYPE_CHECKING:
    from accounts.models import Client, User

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("forty_days_later")]

OLD = a_customer(company="Werft KG", email="einkauf@werft.example", phone="+49 431 1")
NEW = a_customer(company="Werft & Söhne KG", email="jana@werft.example", phone="", city="Lübeck")


@pytest.fixture
def kept(hafen: Client) -> Customer:
    return an_offline_order(hafen, customer=OLD).customer


@pytest.fixture
def gone(hafen: Client) -> Customer:
    return a_released_po(hafen, customer=NEW).customer


def purchases_of(customer: Customer) -> list[str]:
    return list(Purchase.objects.filter(customer=customer).order_by("pk").values_list("reference", flat=True))


def contact_of(customer: Customer, kind: str = "billing") -> Contact:
    return Contact.objects.get(customer=customer, kind=kind)


# Two customers that are one -----------------------------------------------------------------------------------------


def test_a_merge_names_what_it_does_before_it_does_it(kept: Customer, gone: Customer) -> None:
    assert selectors.effects_of_merge(kept, gone) == (
        [
            "1 purchase moves, with payments, letters, e-mails, promises and follow-ups; documents keep what they say.",
            "119.00 EUR is open on 1 of them.",
        ],
        "",
    )
    assert next((one.label, one.kept, one.gone) for one in selectors.differences(kept, gone)) == (
        "Company",
        "Werft KG",
        "Werft & Söhne KG",
    )


def test_purchases_move_and_tell_it_while_their_documents_stay(kept: Customer, gone: Customer, rep: User) -> None:
    (moved,) = purchases_of(gone)
    merge = merge_customers(kept, gone, reason="moved", by=rep, at=days_later(1))
    kept.refresh_from_db()
    gone.refresh_from_db()
    assert (len(purchases_of(kept)), purchases_of(gone), gone.merged_into) == (2, [], kept)
    assert merge.moved["rows"] == {"purchases": [Purchase.objects.get(reference=moved).pk]}
    purchase = Purchase.objects.get(reference=moved)
    assert purchase.contacts.get(kind="billing").company == "Werft & Söhne KG", "what was given with the order"
    entry = HistoryEntry.objects.filter(purchase=purchase).latest("pk")
    assert (entry.event, entry.by, entry.note) == (
        "customer",
        rep,
        f"Customer {gone.pk} was merged into customer {kept.pk}",
    )
    assert kept.history.latest().history_change_reason == f"customer {gone.pk} merged into it"
    line = purchase.history.latest()
    assert (line.history_type, line.history_user, line.history_date) == ("~", rep, days_later(1))
    assert (line.history_change_reason, line.customer, line.version) == ("customer", kept, purchase.version)
    assert (purchase.changed_by, purchase.changed_at) == (rep, days_later(1))


def test_many_settled_purchases_move_and_go_back_in_as_many_queries_as_one(
    hafen: Client, kept: Customer, gone: Customer, rep: User
) -> None:
    def queries(day: int) -> int:
        with CaptureQueriesContext(connection) as found:
            undo_merge(merge_customers(kept, gone, by=rep, at=days_later(day)), by=rep, at=days_later(day))
        return len(found)

    Purchase.objects.filter(customer=gone).update(paid_minor=11_900, status="PAY")
    first = queries(1)
    for day in (2, 3):
        Purchase.objects.filter(pk=a_released_po(hafen, customer=NEW, at=days_later(day)).pk).update(
            paid_minor=11_900, status="PAY"
        )
    assert queries(4) == first
    versions = {purchase.version: purchase.history.count() for purchase in Purchase.objects.filter(customer=gone)}
    assert all(version == count for version, count in versions.items()), "a line of history for each version"


def test_the_one_that_stays_takes_over_what_was_chosen(kept: Customer, gone: Customer, rep: User) -> None:
    change_customer(gone, company=gone.company, type="UNI", vat_id="DE129273398", language="de", by=rep, at=MONDAY)
    save_contact(gone, kind="delivery", address=AddressInput(company="Lager", city="Kiel"), by=rep, at=MONDAY)
    gone.refresh_from_db()
    merge = merge_customers(kept, gone, take=["vat_id", "billing"], by=rep, at=days_later(1))
    kept.refresh_from_db()
    assert (kept.company, kept.type, kept.vat_id) == ("Werft KG", "COM", "DE129273398")
    assert contact_of(kept).email == "jana@werft.example"
    assert contact_of(kept, "delivery").company == "Lager", "only the other had one"
    undo_merge(merge, by=rep, at=days_later(2))
    kept.refresh_from_db()
    assert (kept.vat_id, contact_of(kept).email) == ("", "einkauf@werft.example")
    assert not Contact.objects.filter(customer=kept, kind="delivery").exists()
    assert contact_of(gone, "delivery").company == "Lager"


def test_undoing_puts_back_exactly_what_moved(hafen: Client, kept: Customer, gone: Customer, rep: User) -> None:
    before = (purchases_of(kept), purchases_of(gone))
    merge = merge_customers(kept, gone, take=["company", "billing"], by=rep, at=days_later(1))
    later = an_offline_order(hafen, customer=NEW, at=days_later(2))
    change_customer(kept, company="Werft SE", type="COM", vat_id="", language="de", by=rep, at=days_later(2))
    save_contact(kept, kind="billing", address=AddressInput(company="Neu", city="Bonn"), by=rep, at=days_later(2))
    undo_merge(merge, by=rep, at=days_later(3))
    kept.refresh_from_db()
    gone.refresh_from_db()
    assert (purchases_of(kept), purchases_of(gone)) == ([*before[0], later.reference], before[1])
    assert (gone.merged_into, kept.company) == (None, "Werft SE")
    assert contact_of(kept).company == "Neu", "entered since"
    merge.refresh_from_db()
    assert (merge.undone_by, merge.undone_at) == (rep, days_later(3))
    with pytest.raises(Refused, match="undone already"):
        undo_merge(merge, by=rep, at=days_later(3))


def test_a_partner_record_goes_along_and_comes_back(hafen: Client, kept: Customer, gone: Customer, rep: User) -> None:
    partner = a_partner(hafen)
    Partner.objects.filter(pk=partner.pk).update(customer=gone)
    assert any("The partner record Reseller AG" in line for line in selectors.effects_of_merge(kept, gone)[0])
    merge = merge_customers(kept, gone, by=rep, at=days_later(1))
    assert Partner.objects.get(pk=partner.pk).customer == kept
    undo_merge(merge, by=rep, at=days_later(2))
    assert Partner.objects.get(pk=partner.pk).customer == gone


def test_the_gone_one_is_found_as_the_one_that_stays(kept: Customer, gone: Customer, rep: User) -> None:
    def found() -> list[str]:
        page = in_the_browser_of(rep).get(reverse("customers:list"), {"q": "jana@werft.example"}).content.decode()
        return [name for name, row in (("kept", kept), ("gone", gone)) if f"/customers/{row.pk}/" in page]

    assert found() == ["gone"]
    merge = merge_customers(kept, gone, by=rep, at=days_later(1))
    assert found() == ["kept"]
    undo_merge(merge, by=rep, at=days_later(2))
    assert found() == ["gone"]


def test_the_gone_one_is_nowhere_to_be_chosen(hafen: Client, kept: Customer, gone: Customer, rep: User) -> None:
    merge_customers(kept, gone, by=rep, at=MONDAY)
    assert customers_like(hafen, "werft") == customers_named(hafen, "werft") == [kept]
    assert customers_with_email(hafen, contact_of(gone).email) == []
    assert set(PolicyForm(client=hafen).fields["trusted"].queryset) == {kept}  # type: ignore[attr-defined]
    browser = in_the_browser_of(a_user("platform_customer_service"))
    for customer, is_there in ((kept, True), (gone, False)):
        email, path = contact_of(customer).email, f"{reverse('purchases:enter')}?client=hafen"
        assert (email in browser.get(f"{path}&customer={customer.pk}").content.decode()) is is_there
        assert (email in browser.post(path, {"use": customer.pk}).content.decode()) is is_there


def test_what_both_say_is_no_difference(kept: Customer, gone: Customer, rep: User) -> None:
    for customer in (kept, gone):
        save_contact(customer, kind="delivery", address=AddressInput(company="Lager"), by=rep, at=MONDAY)
    assert [one.name for one in selectors.differences(kept, gone)] == ["company", "billing"]


def test_two_partners_stay_two(hafen: Client, kept: Customer, gone: Customer, rep: User) -> None:
    for customer in (kept, gone):
        partner = a_partner(hafen, company=customer.company)
        Partner.objects.filter(pk=partner.pk).update(customer=customer)
    with pytest.raises(Refused, match="Both are partners"):
        merge_customers(kept, gone, by=rep, at=days_later(1))
    assert not Merge.objects.exists()
    assert len(purchases_of(gone)) == 1


def test_a_hold_goes_along_and_holds_both(kept: Customer, gone: Customer, rep: User) -> None:
    hold = hold_account(gone, by=rep, at=MONDAY, reason="talks")
    words = "Hold over all orders: the orders {} are held, too (talks)."
    assert words.format("of the customer you keep") in selectors.effects_of_merge(kept, gone)[0]
    assert words.format("that move") in selectors.effects_of_merge(gone, kept)[0]
    merge = merge_customers(kept, gone, by=rep, at=days_later(1))
    assert AccountHold.objects.get(pk=hold.pk).customer == kept
    undo_merge(merge, by=rep, at=days_later(2))
    assert AccountHold.objects.get(pk=hold.pk).customer == gone
    hold_account(kept, by=rep, at=days_later(3), reason="dispute")
    with pytest.raises(Refused, match="All orders of both are on hold"):
        merge_customers(kept, gone, by=rep, at=days_later(4))


def test_trust_does_not_go_along(hafen: Client, kept: Customer, gone: Customer) -> None:
    policy = Policy.objects.get(client=hafen)
    policy.trusted_customers.set([gone])
    assert any("trusts it but not the one you keep" in line for line in selectors.effects_of_merge(kept, gone)[0])
    policy.trusted_customers.set([gone, kept])
    assert not any("trusts" in line for line in selectors.effects_of_merge(kept, gone)[0])


def test_what_cannot_be_one(kept: Customer, gone: Customer, rep: User) -> None:
    other = an_offline_order(a_client("other"), customer=NEW).customer
    third = an_offline_order(kept.client, customer=a_customer(company="Dritte", email="d@d.example")).customer
    merge_customers(kept, third, by=rep, at=MONDAY)
    third.refresh_from_db()
    for one, two, words in (
        (kept, kept, "this is the same one"),
        (kept, other, "customers of two clients"),
        (kept, third, "Dritte was merged into another customer already"),
        (third, gone, "Dritte was merged into another customer already"),
    ):
        with pytest.raises(Refused, match=words):
            merge_customers(one, two, by=rep, at=MONDAY)
    with pytest.raises(Refused, match="merged into another one"):
        save_contact(third, kind="billing", address=AddressInput(company="x"), by=rep, at=MONDAY)


def test_thirty_days_and_what_came_in_between(hafen: Client, kept: Customer, gone: Customer, rep: User) -> None:
    third = an_offline_order(hafen, customer=a_customer(company="Dritte", email="d@d.example")).customer
    first = merge_customers(kept, gone, by=rep, at=MONDAY)
    second = merge_customers(third, kept, by=rep, at=days_later(1))
    with pytest.raises(Refused, match="was itself merged since: undo that merge first"):
        undo_merge(first, by=rep, at=days_later(2))
    undo_merge(second, by=rep, at=days_later(2))
    with pytest.raises(Refused, match="30 days: this one is older"):
        undo_merge(first, by=rep, at=MONDAY + timedelta(days=30, seconds=1))
    undo_merge(first, by=rep, at=MONDAY + timedelta(days=30))
    assert len(purchases_of(gone)) == 1


def test_new_orders_of_the_gone_one_go_to_the_one_that_stays(
    hafen: Client, kept: Customer, gone: Customer, rep: User
) -> None:
    merge_customers(kept, gone, by=rep, at=days_later(1))
    assert find_customer(hafen, NEW) == kept
    order = an_offline_order(hafen, customer=NEW, at=days_later(2))
    assert order.customer == kept
    assert contact_of(kept).email == "einkauf@werft.example", "what the merge decided stays on file"
    assert an_offline_order(hafen, customer=OLD, at=days_later(3)).customer == kept


# Contacts of one ----------------------------------------------------------------------------------------------------


def with_a_delivery_contact(customer: Customer, rep: User) -> Customer:
    address = AddressInput(company="Lager Nord", last_name="Brandt", email="lager@werft.example", fax="+49 431 9")
    return save_contact(customer, kind="delivery", address=address, by=rep, at=MONDAY)


def test_contacts_become_the_chosen_one_and_two_again(hafen: Client, kept: Customer, rep: User) -> None:
    with_a_delivery_contact(kept, rep)
    merge = merge_contacts(kept, into="delivery", by=rep, at=days_later(1))
    contact = kept.contacts.get()
    assert (contact.kind, contact.company, contact.email, contact.phone, contact.fax) == (
        "delivery",
        "Lager Nord",
        "lager@werft.example",
        "+49 431 1",
        "+49 431 9",
    )
    undo_merge(merge, by=rep, at=days_later(2))
    assert (contact_of(kept).email, contact_of(kept, "delivery").phone) == ("einkauf@werft.example", "")


def test_the_only_contact_stands_for_billing(hafen: Client, kept: Customer, rep: User) -> None:
    with_a_delivery_contact(kept, rep)
    Policy.objects.get(client=hafen).trusted_customers.set([kept])
    merge_contacts(kept, into="delivery", by=rep, at=days_later(1))
    named = a_customer(company="Werft KG", email="lager@werft.example")
    assert find_customer(hafen, named) == kept
    assert trust_of(Policy.objects.get(client=hafen), kept, named).gaps, "what was typed is compared with it"
    order = an_offline_order(hafen, customer=named, source="checkout")
    assert (order.customer, list(kept.contacts.values_list("kind", flat=True))) == (kept, ["delivery"])


def test_a_contact_that_has_all_stays_as_it_was(kept: Customer, rep: User) -> None:
    save_contact(kept, kind="licensee", address=AddressInput(last_name="Brandt"), by=rep, at=MONDAY)
    before = contact_of(kept).history.count()
    merge = merge_contacts(kept, into="billing", by=rep, at=MONDAY)
    assert contact_of(kept).history.count() == before
    save_contact(kept, kind="licensee", address=AddressInput(last_name="Neu"), by=rep, at=MONDAY)
    undo_merge(merge, by=rep, at=MONDAY)
    assert contact_of(kept, "licensee").last_name == "Neu", "entered since"


def test_one_contact_is_nothing_to_merge(kept: Customer, rep: User) -> None:
    with pytest.raises(Refused, match="only one contact"):
        merge_contacts(kept, into="billing", by=rep, at=MONDAY)
    with_a_delivery_contact(kept, rep)
    with pytest.raises(Refused, match="Choose a contact that is there"):
        merge_contacts(kept, into="licensee", by=rep, at=MONDAY)


# On screen ----------------------------------------------------------------------------------------------------------


def test_a_rep_merges_two_customers_and_takes_it_back(kept: Customer, gone: Customer, rep: User) -> None:
    browser = in_the_browser_of(rep)
    choice = browser.get(reverse("customers:merge_choice", args=[kept.pk]), {"q": "Söhne"}).content.decode()
    path = reverse("customers:merge", args=[kept.pk, gone.pk])
    assert path in choice
    page = browser.get(path).content.decode()
    for words in ("What they say differently", "1 purchase moves", "119.00 EUR is open", 'name="company"'):
        assert words in page
    answer = browser.post(path, {"company": "gone", "billing": "kept", "reason": "renamed"}, follow=True)
    assert "is a part of this customer now" in answer.content.decode()
    kept.refresh_from_db()
    assert kept.company == "Werft & Söhne KG"
    answer = browser.get(reverse("customers:detail", args=[gone.pk]), follow=True)
    assert answer.redirect_chain == [(reverse("customers:detail", args=[kept.pk]), 302)]
    assert "was merged into this customer." in answer.content.decode()
    listed = browser.get(reverse("customers:list")).content.decode()
    assert reverse("customers:detail", args=[gone.pk]) not in listed
    merge = Merge.objects.get()
    undo = reverse("customers:undo_merge", args=[merge.pk])
    assert "1 purchase goes back to Werft &amp; Söhne KG" in browser.get(undo).content.decode()
    browser.post(undo)
    assert len(purchases_of(gone)) == 1
    assert "undone already" in browser.get(undo).content.decode()


def test_a_merge_that_is_refused_says_why(kept: Customer, gone: Customer, rep: User) -> None:
    for customer in (kept, gone):
        hold_account(customer, by=rep, at=MONDAY, reason="talks")
    browser = in_the_browser_of(rep)
    path = reverse("customers:merge", args=[kept.pk, gone.pk])
    assert "end one of the holds first" in browser.get(path).content.decode()
    assert browser.post(path, {}).status_code == 422
    assert browser.post(path, {"company": "nobody"}).status_code == 422


def test_a_rep_merges_contacts(kept: Customer, rep: User) -> None:
    browser = in_the_browser_of(rep)
    path = reverse("customers:merge_contacts", args=[kept.pk])
    assert "nothing to merge" in browser.get(path).content.decode()
    with_a_delivery_contact(kept, rep)
    page = browser.get(path).content.decode()
    assert "Into delivery: the billing contact goes; it takes over phone +49 431 1." in page
    browser.post(path, {"into": "delivery"})
    assert list(kept.contacts.values_list("kind", flat=True)) == ["delivery"]
    undo = reverse("customers:undo_merge", args=[Merge.objects.get().pk])
    assert "The contacts are again as they were" in browser.get(undo).content.decode()


def test_a_customer_without_purchases_is_a_part_like_any_other(hafen: Client, kept: Customer, rep: User) -> None:
    never = Customer.objects.create(client=hafen, company="Nie", type="COM", language="de", created_at=MONDAY)
    assert selectors.effects_of_merge(kept, never)[0] == ["It has no purchases: only what is on file about it goes."]
    assert [one.label for one in selectors.differences(kept, never)] == ["Company"]
    assert merge_customers(kept, never, by=rep, at=MONDAY).moved["rows"] == {}
