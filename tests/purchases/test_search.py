"""Finding purchases: what is kept of them, what a query means, who sees it, the box and its page."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from core import search as engine
from customers.models import CustomerSearch
from customers.services import AddressInput
from customers.services.search import keep_search as keep_customer_search
from purchases import filters
from purchases.models import Purchase, PurchaseSearch
from purchases.selectors.search import find_everything, find_purchases
from purchases.services.correction import correct_purchase
from purchases.services.release import convert_purchase, receive_document
from purchases.services.search import add_numbers, keep_search
from tests.stories import (
    MONDAY,
    a_client,
    a_customer,
    a_released_po,
    a_user,
    a_waiting_po,
    an_offline_order,
    days_later,
    pays,
)

if TYPE_CHECKING:
    from accounts.models import Client, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def hafen() -> Client:
    return a_client()


def found(query: str, client: Client | None = None) -> list[int]:
    rows = PurchaseSearch.objects.all() if client is None else PurchaseSearch.objects.filter(client=client)
    return list(find_purchases(rows, query).keys)


@pytest.fixture
def purchase(hafen: Client) -> Purchase:
    customer = a_customer(company="Müller & Söhne GmbH & Co. KG", last_name="Meyer-Schulz", email="jana@werft.example")
    return pays(a_released_po(hafen, customer=customer, po_number="PO 45-00/77 1"), "119.00")


@pytest.mark.parametrize(
    "query",
    [
        "müller",
        "MUELLER",
        "muller",
        "Söhne, Meyer",
        "soehne meyer",
        "meyer-schulz",
        "Meyer Schulz",
        "meyerschulz",
        "Müller Söhne AG",
        "ller",
        "jana@werft.example",
        "jana@we",
        "@werft.example",
        "@werft",
        "po4500771",
        "PO-4500-771",
        "4500771",
        "INV-2026-000001",
        "inv 2026 000001",
        "2026-000001",
        "Jana, meyer, po 4500771, @werft.example",
        # one letter mistyped
        "mullre",
        "mulller",
        "Meyer-Schulc",
        "shculz",
        "jnaa@werft.example",
        "@werf.example",
        "po4500671",
        "meyer, sohnne",
    ],
)
def test_however_it_is_written_it_is_found(purchase: Purchase, query: str) -> None:
    assert found(query) == [purchase.pk]


@pytest.mark.parametrize(
    "query", ["nobody", "müller, nobody", "4711", "@elsewhere.example", "", " , ", "%%%", "___", '"']
)
def test_what_is_not_there_is_not_found(purchase: Purchase, query: str) -> None:
    assert found(query) == []


def test_words_of_other_scripts_are_found_from_two_letters_on(hafen: Client) -> None:
    purchase = an_offline_order(hafen, customer=a_customer(company="株式会社山田製作所", last_name="山田"))
    assert found("山田") == found("山田製作所") == found("株式会社山田製作所") == [purchase.pk]


def test_the_last_digits_of_a_card_are_found_as_a_whole(hafen: Client) -> None:
    purchase = an_offline_order(hafen)
    Purchase.objects.filter(pk=purchase.pk).update(card_last4="4242", reference="100000009", external_id="SHOP-77")
    call_command("rebuild_search", verbosity=0)
    assert found("4242") == found("petersen, 4242") == found("shop-77") == [purchase.pk]
    assert found("242") == found("4243") == []


def test_the_last_digits_that_a_caller_reads_out_find_a_number(hafen: Client, rep: User) -> None:
    purchase, other = an_offline_order(hafen), an_offline_order(hafen, customer=a_customer(last_name="Quandt"))
    Purchase.objects.filter(pk=purchase.pk).update(reference="417093265", card_last4="")
    Purchase.objects.filter(pk=other.pk).update(reference="532650417", card_last4="")
    call_command("rebuild_search", verbosity=0)
    for digits in ("3265", "93265", "093265", "petersen, 3265"):
        assert found(digits) == [purchase.pk], digits
    assert set(found("4170")) == {purchase.pk}, "begins one number, is inside of the other"
    assert found("0417") == [other.pk]
    assert found("265") == found("3266") == [], "too few digits, and others"
    page = browser_of(rep).get("/search/", {"q": "3265"}).content.decode()
    assert "41709<mark>3265</mark>" in page


def test_an_e_mail_address_is_looked_for_among_billing_contacts_first_while_it_is_typed(
    hafen: Client, purchase: Purchase
) -> None:
    delivered = an_offline_order(hafen)
    contact = purchase.contacts.get(kind="billing")
    contact.pk, contact.purchase, contact.kind, contact.email = None, delivered, "delivery", "it@werft.example"
    contact.save()
    keep_search([delivered.pk])
    assert found("it@werft") == [delivered.pk]
    assert found("jana@werft.example, meyer") == [purchase.pk]
    contact.email = "jana@werft.example"
    contact.save()
    keep_search([delivered.pk])
    rows = PurchaseSearch.objects.all()
    assert find_purchases(rows, "jana@werft", is_quick=True).keys == (purchase.pk,)
    assert set(found("jana@werft")) == {delivered.pk, purchase.pk}


@pytest.mark.usefixtures("reads")
def test_of_very_many_that_begin_like_an_address_being_typed_the_newest_are_found(hafen: Client) -> None:
    orders = [
        an_offline_order(hafen, at=days_later(day), customer=a_customer(email=email)).pk
        for day, email in enumerate(("jana@werft.example", "jana@reede.example", "it@werft.example"))
    ]
    rows = PurchaseSearch.objects.all()
    assert find_purchases(rows, "jana@", is_quick=True).keys == (orders[1], orders[0])
    assert find_purchases(rows, "jana@w", is_quick=True, enough=1).keys == (orders[0],)


# What is kept --------------------------------------------------------------------------------------------------------


def test_a_correction_is_found_and_what_it_replaced_is_not(hafen: Client) -> None:
    purchase = a_released_po(hafen)
    changed = AddressInput(company="Reederei Nord", last_name="Quandt", email="ap@nord.example", country="DE")
    correct_purchase(
        purchase,
        by=a_user("platform_admin"),
        at=MONDAY,
        reason="wrong company",
        po_number="NEU-9",
        contacts={"billing": changed},
    )
    assert found("quandt") == found("@nord.example") == found("neu9") == found("CRN-2026-000001") == [purchase.pk]
    assert found("werft") == found("4500001") == []


def test_the_po_number_of_a_conversion_is_found(hafen: Client) -> None:
    purchase = an_offline_order(hafen)
    receive_document(purchase, channel="fax", by=None, at=MONDAY)
    convert_purchase(purchase, by=a_user("platform_customer_service"), at=MONDAY, po_number="WD 40")
    assert found("wd40") == [purchase.pk]


def test_what_is_kept_is_what_a_rebuild_writes(purchase: Purchase) -> None:
    def kept() -> list[Any]:
        fields = ("purchase", "client", "ordered_at", "email", "po_number", "last_name", "company")
        rows = [(*row, set(text.split())) for *row, text in PurchaseSearch.objects.values_list(*fields, "text")]
        return [*rows, *CustomerSearch.objects.values_list("customer", "client", "text")]

    before = kept()
    PurchaseSearch.objects.all().delete()
    CustomerSearch.objects.all().delete()
    assert found("meyer") == []
    call_command("rebuild_search", verbosity=0)
    assert kept() == before
    assert found("meyer") == [purchase.pk]


# Too many ------------------------------------------------------------------------------------------------------------


@pytest.fixture(params=[engine.READ, 0], ids=["sorted out", "by age"])
def reads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too many hits are sorted by the database, or, where there are very many, read by their age."""
    monkeypatch.setattr(engine, "READ", request.param)


@pytest.mark.usefixtures("reads")
def test_of_too_many_hits_the_newest_are_found(hafen: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    orders = [an_offline_order(hafen, at=MONDAY.replace(hour=hour)).pk for hour in range(8, 12)]
    monkeypatch.setattr(engine, "MOST", 2)
    hits = find_purchases(PurchaseSearch.objects.all(), "petersen", enough=3)
    assert (list(hits.keys), hits.is_capped) == (orders[:0:-1], True)
    typo = find_purchases(PurchaseSearch.objects.all(), "petresen", enough=3)
    assert (typo.keys, typo.is_capped, typo.is_corrected) == (hits.keys, True, True)


@pytest.mark.usefixtures("reads")
@pytest.mark.parametrize("query", ["Werft", "WERFT GmbH", "4711-0", "petersen, 4711-0", "werft, &"])
def test_what_is_exactly_as_asked_is_found_however_old(
    hafen: Client, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    oldest, *_ = (
        a_released_po(hafen, customer=a_customer(company=company, email=f"{day}@x.example"), po_number=number)
        for day, (company, number) in enumerate(
            (("Werft GmbH", "47110"), ("Schiffswerft", "47110-2"), ("Werftbau", "47110-3"), ("Hochwerft", "47110-4"))
        )
    )
    Purchase.objects.filter(pk=oldest.pk).update(ordered_at=MONDAY.replace(year=2020))
    keep_search([oldest.pk])
    monkeypatch.setattr(engine, "MOST", 1)
    hits = find_purchases(PurchaseSearch.objects.all(), query, enough=2)
    assert (hits.is_capped, oldest.pk in hits.keys, hits.rank(oldest.pk)) == (True, True, 0)
    results = find_everything(a_user("platform_customer_service"), None, query, most=1, enough=2)
    assert results.purchases.hits[0].row == oldest


@pytest.mark.usefixtures("reads")
def test_while_somebody_types_the_best_of_too_many_are_found(hafen: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, *_ = (
        an_offline_order(hafen, at=days_later(day), customer=a_customer(company=name, email=f"{day}@x.example")).pk
        for day, name in enumerate(("Werft", "Schiffswerft", "Werftbau", "Hochwerft"))
    )
    monkeypatch.setattr(engine, "MOST", 2)
    hits = find_purchases(PurchaseSearch.objects.all(), "werft", enough=2, is_quick=True)
    assert (hits.is_capped, whole in hits.keys, hits.rank(whole)) == (True, True, 0)


def test_while_somebody_types_what_too_many_new_ones_have_is_not_collected(
    hafen: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "SAMPLE", 2)
    monkeypatch.setattr(engine, "NEW", 5)
    monkeypatch.setattr(engine, "MOST", 3)
    companies = ("Quittenbaum", "Werftbau", "Werftbau", "Hochwerft", "Werftbau", "Schiffswerft", "Werft AG")
    orders = [
        an_offline_order(hafen, at=days_later(day), customer=a_customer(company=company, email=f"{day}@x.example")).pk
        for day, company in enumerate(companies)
    ]
    asked = []
    for query, rows in (
        ("werf", PurchaseSearch.objects.filter(client=hafen)),
        ("werf", PurchaseSearch.objects.all()),
        ("quitten", PurchaseSearch.objects.filter(client=hafen)),
        ("hochwe", PurchaseSearch.objects.filter(client=hafen)),
    ):
        with CaptureQueriesContext(connection) as queries:
            hits = find_purchases(rows, query, enough=2, is_quick=True)
        collected = [one for one in queries if " MATCH " in one["sql"] or f"%{query}%" in one["sql"]]
        asked.append((hits.is_capped, hits.rank(hits.keys[0]), len(hits.keys), bool(collected)))
    begun, inside = engine.BEGUN, engine.INSIDE
    assert asked == [(True, begun, 3, False), (True, begun, 3, True), (False, begun, 1, True), (False, begun, 1, True)]
    best = find_purchases(PurchaseSearch.objects.filter(client=hafen), "werf", enough=2, is_quick=True)
    assert (best.keys, inside in map(best.rank, best.keys)) == ((orders[6], orders[4], orders[2]), False)


@pytest.mark.parametrize(
    ("most", "query", "found"),
    [
        (8, "werft", (False, [0, 1, 2, 3, 4, 5])),
        (3, "werft", (True, [3, 4, 5])),
        (3, "jana@werft.example", (False, [0])),
        (3, "@werft.example", (False, [0])),
        (3, "hoch", (True, [3, 4, 5])),
    ],
)
def test_while_a_clients_user_types_new_ones_hide_older_ones_only_where_there_are_too_many(
    hafen: Client, monkeypatch: pytest.MonkeyPatch, most: int, query: str, found: tuple[bool, list[int]]
) -> None:
    for name, size in (("SAMPLE", 2), ("NEW", 5), ("MOST", most)):
        monkeypatch.setattr(engine, name, size)
    orders = [
        an_offline_order(
            hafen,
            at=days_later(day),
            customer=a_customer(
                company="Hochwerft" if day else "Werft Nord GmbH", email=f"jana@werft.example{'.net' * day}"
            ),
        ).pk
        for day in range(6)
    ]
    hits = find_purchases(
        PurchaseSearch.objects.visible_to(a_user("client_support", hafen)), query, enough=2, is_quick=True
    )
    assert (hits.is_capped, sorted(hits.keys)) == (found[0], [orders[day] for day in found[1]])


def test_a_clients_search_asks_an_index_that_knows_the_client(hafen: Client) -> None:
    an_offline_order(hafen)
    if connection.vendor == "postgresql":  # for one row it would read the table, or the client's
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("DROP INDEX search_newest")
    plan = PurchaseSearch.objects.visible_to(a_user("client_support", hafen)).filter(text__has_often="werft").explain()
    asked = {"postgresql": r"_parts_of_client.*\n\s*Index Cond: \(\(client_id = ", "sqlite": "VIRTUAL TABLE INDEX"}
    assert re.search(asked[connection.vendor], plan), plan


@pytest.mark.parametrize(
    "query", ["jana@werft.example", "JANA@Werft.example", "@werft.example", "petersen, jana@werft.example"]
)
def test_a_whole_address_or_domain_is_found_before_those_that_only_begin_like_it(hafen: Client, query: str) -> None:
    order, longer = (
        an_offline_order(hafen, customer=a_customer(email=email)).pk
        for email in ("jana@werft.example", "jana@werft.example.net")
    )
    assert list(find_purchases(PurchaseSearch.objects.all(), query).keys) == [order]
    part = query.removesuffix("ple")
    assert set(find_purchases(PurchaseSearch.objects.all(), part).keys) == {order, longer}


# Everything ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def rep(hafen: Client) -> User:
    return a_user("platform_customer_service")


def browser_of(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


def page(user: User, query: str, path: str = "/search/") -> str:
    answer = browser_of(user).get(path, {"q": query})
    assert answer.status_code == 200
    return answer.content.decode()


def test_whole_words_come_before_their_beginnings_before_their_middles(hafen: Client, rep: User) -> None:
    orders = [
        an_offline_order(
            hafen, at=MONDAY.replace(hour=hour), customer=a_customer(company=name, email=f"{hour}@x.example")
        )
        for hour, name in enumerate(("Schiffswerft", "Werft", "Werftbau", "Werft"), start=8)
    ]
    results = find_everything(rep, None, "werft", most=3)
    assert [hit.row.pk for hit in results.purchases.hits] == [orders[place].pk for place in (3, 1, 2)]
    assert [hit.rank for hit in results.purchases.hits] == [0, 0, 1]
    assert (results.purchases.count, results.customers.count, results.quotes.count) == (4, 4, 0)


def test_whose_purchase_has_a_number_is_found_with_it(hafen: Client, rep: User) -> None:
    purchase, other = (
        an_offline_order(hafen),
        an_offline_order(hafen, customer=a_customer(last_name="Quandt", email="q@x.example")),
    )
    Purchase.objects.filter(pk=purchase.pk).update(reference="417093265", card_last4="")
    Purchase.objects.filter(pk=other.pk).update(reference="532650417", card_last4="")
    call_command("rebuild_search", verbosity=0)
    for is_quick in (True, False):
        for query, customers in (
            ("417093265", [purchase.customer_id]),
            ("417093", [purchase.customer_id]),
            ("4170", [purchase.customer_id]),
            ("417, 4170", [purchase.customer_id]),
            ("quandt, 5326", [other.customer_id]),
            ("3265", []),
            ("petersen, 5326", []),
            ("999999998", []),
        ):
            results = find_everything(rep, None, query, most=5, is_quick=is_quick)
            assert [hit.row.pk for hit in results.customers.hits] == customers, query
    assert [hit.row for hit in find_everything(rep, None, "3265", most=5).purchases.hits] == [purchase]


def test_numbers_of_several_purchases_of_a_customer_find_the_customer(hafen: Client, rep: User) -> None:
    purchases = [an_offline_order(hafen) for _ in range(2)]
    for purchase, reference in zip(purchases, ("417093265", "532650417"), strict=True):
        Purchase.objects.filter(pk=purchase.pk).update(reference=reference, card_last4="")
    call_command("rebuild_search", verbosity=0)
    for query in ("417093265, 532650417", "093265, 4170", "417093265"):
        for is_quick in (True, False):
            results = find_everything(rep, None, query, most=5, is_quick=is_quick)
            assert [hit.row.pk for hit in results.customers.hits] == [purchases[0].customer_id], query


def test_no_number_changes_nothing(purchase: Purchase) -> None:
    before = list(PurchaseSearch.objects.values_list("purchase", "text"))
    add_numbers({})
    assert list(PurchaseSearch.objects.values_list("purchase", "text")) == before


def test_quotes_are_a_group_of_their_own(hafen: Client, rep: User) -> None:
    order = an_offline_order(hafen)
    quote = Purchase(**{field.attname: getattr(order, field.attname) for field in Purchase._meta.concrete_fields})
    quote.pk, quote.reference, quote.status = None, "100000003", "QUO"
    quote.save()
    keep_search([quote.pk])
    results = find_everything(rep, None, "petersen", most=5)
    assert [hit.row for hit in results.purchases.hits] == [order]
    assert [hit.row for hit in results.quotes.hits] == [quote]
    assert "Quotes" in page(rep, "petersen", "/search/suggest/")
    Purchase.objects.filter(pk=quote.pk).update(status="QEX")
    browser = browser_of(rep)
    (group,) = [one for one in browser.get("/search/", {"q": "petersen"}).context["groups"] if one["key"] == "quotes"]
    assert browser.get(group["all"]).context["count"] == "1"


def test_another_clients_rows_are_never_suggested(hafen: Client, purchase: Purchase) -> None:
    stranger = a_user("client_support", a_client("other"))
    for query in ("meyer", "mayer", purchase.reference, "@werft.example", "INV-2026-000001"):
        for path in ("/search/", "/search/suggest/"):
            told = page(stranger, query, path)
            assert purchase.reference not in told.replace(query, "")
            assert "Müller" not in told
    assert "Müller" in page(a_user("client_support", hafen), "mayer", "/search/suggest/").replace("<mark>", "")


def test_the_chosen_client_narrows_what_the_platform_finds(hafen: Client, purchase: Purchase, rep: User) -> None:
    browser = browser_of(rep)
    browser.post("/accounts/client/", {"client": a_client("other").pk, "next": "/"})
    assert "No hit for" in browser.get("/search/", {"q": "meyer"}).content.decode()


def test_the_page_marks_what_was_asked_for_and_leads_to_the_lists(purchase: Purchase, rep: User) -> None:
    told = page(rep, "mueller")
    assert "<mark>Müller</mark>" in told
    assert 'href="/purchases/?q=mueller"' in told
    assert 'href="/customers/?q=mueller"' in told
    assert "Show in the list" in told


def test_a_hit_says_where_it_was_found(purchase: Purchase, rep: User) -> None:
    told = page(rep, "INV-2026, meyer", "/search/suggest/")
    assert "<mark>INV-2026</mark>-000001" in told


@pytest.mark.parametrize("query", ["REFERENCE", "INV-2026-000001", " po 45-00/77 1 "])
def test_the_exact_number_of_one_purchase_opens_it(purchase: Purchase, rep: User, query: str) -> None:
    answer = browser_of(rep).get("/search/", {"q": query.replace("REFERENCE", purchase.reference)})
    assert (answer.status_code, answer["Location"]) == (302, f"/purchases/{purchase.reference}/")


def test_a_person_is_no_exact_hit_while_there_are_several_rows(purchase: Purchase, rep: User) -> None:
    assert "2 hits" in page(rep, "jana@werft.example", "/search/suggest/")
    assert "<h1>Search</h1>" in page(rep, "jana@werft.example")


def test_the_only_hit_is_opened(purchase: Purchase, rep: User) -> None:
    Purchase.objects.filter(pk=purchase.pk).update(po_number="")
    PurchaseSearch.objects.all().delete()
    answer = browser_of(rep).get("/search/", {"q": "jana@werft.example"})
    assert (answer.status_code, answer["Location"]) == (302, f"/customers/{purchase.customer_id}/")


def test_empty_short_and_unknown_say_what_to_do(purchase: Purchase, rep: User) -> None:
    assert "What do you look for?" in page(rep, "")
    assert "A little more, please" in page(rep, "mü")
    told = page(rep, "quittenbaum")
    assert "No hit for “quittenbaum”" in told
    assert "last 4 digits of cards" in told
    assert "Type at least three letters" in page(rep, "mü", "/search/suggest/")
    assert "No hit for" in page(rep, "quittenbaum", "/search/suggest/")


def test_one_letter_off_is_said(purchase: Purchase, rep: User) -> None:
    assert "This is one letter off." in page(rep, "mullre")
    assert "This is one letter off." in page(rep, "mullre", "/search/suggest/")


def test_what_is_spelled_as_typed_hides_what_is_not(hafen: Client, purchase: Purchase, rep: User) -> None:
    other = an_offline_order(hafen, customer=a_customer(company="Nord", last_name="Mullre", email="m@nord.example"))
    Purchase.objects.filter(pk=other.pk).update(customer=purchase.customer)
    CustomerSearch.objects.filter(customer=other.customer_id).delete()
    results = find_everything(rep, None, "mullre", most=5)
    assert [hit.row.pk for hit in results.purchases.hits] == [other.pk]
    assert (results.customers.hits, results.is_corrected) == ((), False)
    PurchaseSearch.objects.filter(purchase=other).delete()
    keep_customer_search([other.customer_id])
    results = find_everything(rep, None, "mullre", most=5)
    assert [hit.row.pk for hit in results.customers.hits] == [other.customer_id]
    assert (results.purchases.hits, results.is_corrected) == ((), False)


def test_too_many_are_said_not_counted(hafen: Client, rep: User, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        an_offline_order(hafen)
    monkeypatch.setattr(engine, "MOST", 1)
    assert "More than 1,000 hits: the best of the newest are shown." in page(rep, "petersen")
    assert "More than 200 hits. Arrow keys choose." in page(rep, "petersen", "/search/suggest/")


def test_of_too_many_hits_a_list_knows_those_that_its_filters_leave(
    hafen: Client, rep: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = a_waiting_po(hafen)
    for day in (1, 2, 3):
        an_offline_order(hafen, at=days_later(day))
    monkeypatch.setattr(engine, "MOST", 1)
    monkeypatch.setattr(filters, "find_purchases", partial(find_purchases, enough=2))

    def listed(path: str = "/purchases/", **query: str) -> tuple[list[str], bool]:
        answer = browser_of(rep).get(path, {"q": "petersen", **query})
        return [row.key for row in answer.context["rows"]], "Too many match the keywords" in answer.content.decode()

    every, is_told = listed()
    assert (len(every), old.reference in every, is_told) == (2, False, True)
    assert listed(status="ARP") == ([old.reference], False)
    assert listed(ordered_to="2026-03-02") == ([old.reference], False)
    assert listed(p0="status", o0="in", t0="ARP") == ([old.reference], False), "as the box leads to its quotes"
    assert listed("/purchases/review/") == ([old.reference], False)
    assert listed(show="review") == ([], True), "a tab narrows what is listed, and that is said"


def test_customers_without_company_and_customers_without_contact_have_a_name(hafen: Client, rep: User) -> None:
    order = an_offline_order(hafen, customer=a_customer(company="", last_name="Quandt", email="q@x.example"))
    assert "Jana <mark>Quandt</mark>" in page(rep, "quandt")
    order.customer.contacts.all().delete()
    order.customer.vat_id = "DE129273398"
    order.customer.save()
    assert f"/customers/{order.customer_id}/" in browser_of(rep).get("/search/", {"q": "DE129273398"})["Location"]
    assert f"Customer {order.customer_id}" in page(rep, "DE12927339", "/search/suggest/")


def test_many_hits_cost_the_queries_of_one(hafen: Client, rep: User) -> None:
    browser = browser_of(rep)
    counts = []
    for number in (1, 29):
        for _ in range(number):
            an_offline_order(hafen)
        for path in ("/search/", "/search/suggest/"):
            browser.get(path, {"q": "petersen"})
            with CaptureQueriesContext(
                connection,
            ) as queries:
                assert browser.get(path, {"q": "petersen"}).status_code == 200
            counts.append(len(queries))
    assert counts[2:] == counts[:2]


def test_a_null_byte_and_a_long_query_are_harmless(purchase: Purchase, rep: User) -> None:
    for path in ("/search/", "/search/suggest/", "/purchases/", "/customers/"):
        for query in ("\x00", "a" * 5_000, ", ".join("abcdefgh"), "%_" * 9, "'\"*()", "NOT OR AND"):
            assert browser_of(rep).get(path, {"q": query}).status_code == 200


def test_many_words_without_a_hit_ask_no_more_than_a_few(purchase: Purchase) -> None:
    query = ", ".join(f"nobody{number}" for number in range(30))
    with CaptureQueriesContext(connection) as queries:
        assert found(query) == []
    assert len(queries) == 1 + engine.MISTYPED


def test_a_role_without_the_right_is_refused(hafen: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    user = a_user("client_support", hafen)
    monkeypatch.setattr(type(user), "may", lambda _self, _right: False)
    for path in ("/search/", "/search/suggest/"):
        assert browser_of(user).get(path, {"q": "meyer"}).status_code == 403


def test_lists_find_the_same(purchase: Purchase, rep: User) -> None:
    for path in ("/purchases/", "/customers/"):
        for query in ("mullre", "mueller, jana", "@werft"):
            assert browser_of(rep).get(path, {"q": query}).context["count"] == "1", (path, query)
        assert browser_of(rep).get(path, {"q": "quittenbaum"}).context["count"] == "0"
        assert browser_of(rep).get(path, {"q": " , "}).context["count"] == "1"
