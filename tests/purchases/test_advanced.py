"""Search by parameter: each kind of value, each operator; what makes no sense; the address as it is shared."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from core.conditions import MOST_TERMS, OPERATORS
from core.folding import fold
from core.money import Money
from dunning.services.pauses import hold_dunning
from purchases.filters import parameters
from purchases.filters.parameters import CLIENT, PARAMETERS
from purchases.models import Document, Purchase
from purchases.services.place import OrderLine
from purchases.services.products import save_product
from tests.stories import (
    MONDAY,
    a_client,
    a_customer,
    a_partner,
    a_released_po,
    a_user,
    a_waiting_po,
    an_offline_order,
    days_later,
    pays,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import Client

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def hafen() -> Client:
    return a_client("hafen")


@pytest.fixture
def rep() -> Browser:
    """A representative's browser."""
    return in_the_browser_of("platform_customer_service")


def in_the_browser_of(role: str, client: Client | None = None) -> Browser:
    browser = Browser()
    browser.force_login(a_user(role, client))
    return browser


def found(rep: Browser, **query: Any) -> set[str]:
    """The references that the list shows."""
    answer = rep.get("/purchases/", {"by": "advanced", **query})
    assert answer.status_code == 200, answer
    problems = [condition.problem for condition in answer.context["conditions"] if condition.problem]
    assert problems == []
    return {row.key for row in answer.context["rows"]}


def one(parameter: str, operator: str, *terms: str) -> dict[str, Any]:
    """A search with one condition."""
    return {"p0": parameter, "o0": operator, "t0": list(terms)}


def problem(rep: Browser, query: dict[str, Any]) -> str:
    """What the first condition says is wrong with it."""
    answer = rep.get("/purchases/", query)
    said: str = answer.context["conditions"][0].problem
    assert said in answer.content.decode()
    return said


# Kinds of values -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operator", "term", "is_found"),
    [
        ("is", "werft & söhne kg", True),
        ("is", "Werft", False),
        ("not", "Werft & Söhne KG", False),
        ("not", "Werft", True),
        ("starts", "werft", True),
        ("has", "& s", True),
        ("in", "Nobody; Werft & Söhne KG", True),
        ("in", "Nobody, Somebody", False),
        ("out", "Nobody, Somebody", True),
        ("empty", "", False),
        ("filled", "", True),
    ],
)
def test_words_whatever_their_case(hafen: Client, rep: Browser, operator: str, term: str, *, is_found: bool) -> None:
    purchase = a_waiting_po(hafen)
    assert found(rep, **one("company", operator, term)) == ({purchase.reference} if is_found else set())


def test_words_are_found_however_they_are_written(hafen: Client, rep: Browser) -> None:
    here = a_released_po(
        hafen,
        customer=a_customer(last_name="Öztürk"),
        partner=a_partner(hafen, company="Mueller Reseller"),
        po_number="PO-7/Ä",
        x_parameters={"x-campaign": "fruehling"},
    )
    Purchase.objects.filter(pk=here.pk).update(coupon="Frühling")
    a_waiting_po(hafen, customer=a_customer(company="Nord AG", last_name="Quandt", email="q@nord.example"))
    document = Document.objects.filter(purchase=here).order_by("pk").values_list("number", flat=True)[0]
    for parameter, term in (
        ("company", "WERFT & SOEHNE KG"),
        ("company", "werft & sohne kg"),
        ("last-name", "Ozturk"),
        ("last-name", "ÖZTÜRK"),
        ("email", "Einkauf@Werft.example"),
        ("po-number", "po-7/ä"),
        ("document", document.lower()),
        ("coupon", "fruehling"),
        ("partner", "müller reseller"),
    ):
        for operator in ("is", "starts", "has", "in"):
            assert found(rep, **one(parameter, operator, term)) == {here.reference}, (parameter, operator, term)
    for operator in ("is", "starts", "has"):
        assert found(rep, **one("x", operator, "x-campaign=FRÜHLING")) == {here.reference}
    assert len(found(rep, **one("currency", "is", "eur"))) == 2


def test_part_of_a_text_that_has_nothing_to_compare_says_so(rep: Browser) -> None:
    assert problem(rep, one("company", "has", "'")) == "Enter letters or digits."


@pytest.mark.parametrize(
    "written",
    [
        "Müller & Söhne",
        "MUELLER",
        "Straße, Ærø, Łódź, Ðođ, Þór",
        "O’Neill's `x´",
        "Goethe aee oee uee aue",
        "İstanbul ıspanak",
        "Ｋｏｎｔｏｒ ﬁ",
        "",
        "100 % _ \\",
    ],
)
def test_databases_fold_as_the_search_box_does(hafen: Client, written: str) -> None:
    purchase = a_waiting_po(hafen)
    Purchase.objects.filter(pk=purchase.pk).update(billing_company=written)
    assert Purchase.objects.values_list("billing_company__folded", flat=True).get(pk=purchase.pk) == fold(written)
    assert Purchase.objects.filter(billing_company__folded=fold(written)).exists()


def test_reference_numbers_are_compared_as_they_are(hafen: Client, rep: Browser) -> None:
    first, second = a_waiting_po(hafen), a_waiting_po(hafen)
    assert found(rep, **one("reference", "is", first.reference)) == {first.reference}
    assert found(rep, **one("reference", "starts", second.reference[:8])) >= {second.reference}
    assert found(rep, **one("reference", "in", f"{first.reference}, {second.reference}")) == {
        first.reference,
        second.reference,
    }
    assert found(rep, **one("reference", "out", first.reference)) == {second.reference}


def test_statuses_are_chosen_from_a_list(hafen: Client, rep: Browser) -> None:
    waiting, released, offline = a_waiting_po(hafen), a_released_po(hafen), an_offline_order(hafen)
    assert found(rep, **one("status", "is", "ARP")) == {waiting.reference}
    assert found(rep, **one("status", "not", "ARP")) == {released.reference, offline.reference}
    assert found(rep, **one("status", "in", "ARP", "WOF")) == {waiting.reference, offline.reference}
    assert found(rep, **one("status", "out", "ARP", "WOF")) == {released.reference}


def test_amounts_are_those_of_each_currency(hafen: Client, rep: Browser) -> None:
    prices = [Money(10_000, "EUR"), Money(12_000, "JPY")]
    save_product(hafen, code="PRO", name="Hafen Pro", prices=prices, delivery="key", by=None, at=MONDAY)
    euros, yen = a_waiting_po(hafen), a_waiting_po(hafen, currency="JPY")
    assert (euros.gross_minor, yen.gross_minor) == (11_900, 14_280)
    assert found(rep, **one("gross", "is", "119")) == {euros.reference}
    assert found(rep, **one("gross", "is", "14280")) == {yen.reference}
    assert found(rep, **one("gross", "not", "14280")) == {euros.reference}
    assert found(rep, **one("gross", "between", "100", "200.50")) == {euros.reference}
    assert found(rep, **one("gross", "between", "", "14,280.00")) == {euros.reference, yen.reference}
    assert found(rep, **one("gross", "between", "119.001", "")) == {yen.reference}


def test_what_is_open_and_what_is_paid(hafen: Client, rep: Browser) -> None:
    part, whole = pays(a_released_po(hafen), "19.00"), pays(a_released_po(hafen), "119.00")
    assert found(rep, **one("open", "is", "100")) == {part.reference}
    assert found(rep, **one("open", "is", "0")) == {whole.reference}
    assert found(rep, **one("paid-amount", "between", "100", "")) == {whole.reference}
    assert found(rep, **one("partly-paid", "is", "yes")) == {part.reference}
    assert found(rep, **one("partly-paid", "is", "no")) == {whole.reference}


def test_days_are_those_of_each_client(rep: Browser) -> None:
    near, far = a_client("hafen"), a_client("nordlicht")
    far.time_zone = "Asia/Tokyo"
    far.save()
    late = datetime(2026, 3, 2, 22, 30, tzinfo=UTC)  # still Monday in Berlin, Tuesday in Tokyo
    monday, tuesday = a_released_po(near, at=late), a_released_po(far, at=late)
    assert found(rep, **one("ordered", "is", "2026-03-02")) == {monday.reference}
    assert found(rep, **one("ordered", "not", "2026-03-02")) == {tuesday.reference}
    assert found(rep, **one("ordered", "between", "2026-03-03", "")) == {tuesday.reference}
    assert found(rep, **one("paid", "empty")) == {monday.reference, tuesday.reference}
    assert found(rep, **one("released", "filled")) == {monday.reference, tuesday.reference}
    assert found(rep, **one("due", "is", str(tuesday.due_on))) == {tuesday.reference}
    assert found(rep, **one("due", "between", "2026-01-01", str(monday.due_on))) == {monday.reference}
    assert found(rep, by="standard", ordered_from="2026-03-03") == {tuesday.reference}
    assert found(rep, by="standard", ordered_to="2026-03-02") == {monday.reference}


def test_yes_and_no(hafen: Client, rep: Browser) -> None:
    test, real = a_waiting_po(hafen, is_test=True), an_offline_order(hafen)
    assert found(rep, **one("test", "is", "yes")) == {test.reference}
    assert found(rep, **one("test", "is", "no")) == {real.reference}
    assert found(rep, **one("po", "is", "yes")) == {test.reference}


def test_a_hold_that_is_over_holds_nothing(hafen: Client, rep: Browser) -> None:
    held, over, free = a_released_po(hafen), a_released_po(hafen), a_released_po(hafen)
    rita = a_user("platform_customer_service")
    hold_dunning(held, by=rita, at=MONDAY, reason="asks")
    hold_dunning(over, by=rita, at=days_later(-9), reason="asks", until=days_later(-5).date())
    assert found(rep, **one("held", "is", "yes")) == {held.reference}
    assert found(rep, **one("held", "is", "no")) == {over.reference, free.reference}


def test_whole_numbers(hafen: Client, rep: Browser) -> None:
    purchase = a_waiting_po(hafen)
    version = purchase.policy.version
    assert found(rep, **one("policy", "is", str(version))) == {purchase.reference}
    assert found(rep, **one("policy", "not", str(version))) == set()
    assert found(rep, **one("policy", "between", str(version + 1), "")) == set()


def test_what_belongs_to_a_purchase(hafen: Client, rep: Browser) -> None:
    here = a_released_po(hafen, x_parameters={"x-campaign": "Spring 2026", "x-empty": "-"})
    there = a_waiting_po(hafen, customer=a_customer(country="AT"), partner=a_partner(hafen))
    assert found(rep, **one("x", "is", "x-campaign=spring 2026")) == {here.reference}
    assert found(rep, **one("x", "is", "x-campaign")) == {here.reference}
    assert found(rep, **one("x", "not", "x-campaign=spring 2026")) == {there.reference}
    assert found(rep, **one("x", "starts", "x-campaign=Sp")) == {here.reference}
    assert found(rep, **one("x", "has", "x-campaign=2026")) == {here.reference}
    assert found(rep, **one("country", "is", "AT")) == {there.reference}
    assert found(rep, **one("country", "not", "AT")) == {here.reference}
    assert found(rep, **one("country", "out", "AT", "FR")) == {here.reference}
    assert found(rep, **one("document", "starts", "inv-2026")) == {here.reference}
    assert found(rep, **one("document", "empty")) <= {there.reference}
    assert found(rep, **one("partner", "is", "reseller ag")) == {there.reference}
    assert found(rep, **one("partner", "empty")) == {here.reference}
    assert found(rep, **one("partner", "not", "Reseller AG")) == {here.reference}


def test_several_products_in_one_purchase(hafen: Client, rep: Browser) -> None:
    for code in ("ADD", "OTHER"):
        save_product(
            hafen, code=code, name=f"Hafen {code}", prices=[Money(100, "EUR")], delivery="download",
            by=None, at=MONDAY,
        )  # fmt: skip
    both = a_waiting_po(hafen, lines=[OrderLine("PRO", 1), OrderLine("ADD", 2), OrderLine("PRO", 3)])
    single = a_waiting_po(hafen)
    assert found(rep, **one("product", "all", "PRO", "ADD")) == {both.reference}
    assert found(rep, **one("product", "in", "PRO", "OTHER")) == {both.reference, single.reference}
    assert found(rep, **one("product", "out", "ADD", "OTHER")) == {single.reference}
    answer = rep.get("/purchases/", {**one("product", "all", "PRO", "ADD"), "unfold": both.reference})
    assert [row.key for row in answer.context["rows"]] == [both.reference]
    assert answer.context["rows"][0].html.count("Hafen ADD") == 1
    folded = rep.get(f"/purchases/{both.reference}/items/").content.decode()
    assert folded.count("<tr>") == 1 + 3


def test_of_too_many_products_the_first_are_listed_and_the_others_found(
    hafen: Client, rep: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parameters, "MOST_PRODUCTS", 2)
    for code, name in (("ADD", "Zusätze"), ("OTHER", "Hafen Other")):
        save_product(
            hafen, code=code, name=name, prices=[Money(100, "EUR")], delivery="download", by=None, at=MONDAY
        )  # fmt: skip
    purchase = a_waiting_po(hafen, lines=[OrderLine("ADD", 1)])

    def listed(**query: Any) -> tuple[list[str], str]:
        answer = rep.get("/purchases/", {"by": "advanced", "p0": "product", "o0": "in", **query})
        return [code for code, _ in answer.context["conditions"][0].choices], answer.content.decode()

    first, text = listed()
    assert (first, "The first 2 by name." in text) == (["OTHER", "PRO"], True)
    assert listed(f0="zusatz")[0] == listed(f0="add")[0] == ["ADD"]
    assert listed(f0="zusatz", t0="PRO")[0] == ["PRO", "ADD"], "what is ticked stays"
    assert "Nothing fits" in listed(f0="quitte")[1]
    search = {"by": "advanced", "p0": "product", "o0": "in", "f0": ""}
    assert 'id="m0" open' not in listed(f0="zusatz")[1], "the list covers no results"
    assert 'id="m0" open' in rep.get("/purchases/", search, headers={"HX-Request": "true"}).content.decode()
    assert found(rep, **one("product", "in", "ADD")) == {purchase.reference}, "not among the first"
    assert listed(t0="ADD")[0] == ["ADD", "OTHER", "PRO"]


def test_every_parameter_answers_every_operator_that_it_offers(hafen: Client, rep: Browser) -> None:
    purchase = a_waiting_po(hafen)
    terms = {"amount": "1", "number": "1", "day": "2026-03-02"}
    for parameter in (CLIENT, *PARAMETERS):
        for operator in parameter.operators:
            term = "x-a=b" if parameter.key == "x" else terms.get(parameter.kind.control, "1")
            if parameter.kind.control == "choice":
                answer = rep.get("/purchases/", one(parameter.key, operator))
                choices = answer.context["conditions"][0].choices
                term = choices[0][0] if choices else "1"
            assert found(rep, **one(parameter.key, operator, term)) <= {purchase.reference}
    assert {operator for parameter in PARAMETERS for operator in parameter.operators} == set(OPERATORS)


# What makes no sense -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (one("company", "is", ""), "Enter a term."),
        (one("company", "in", " , "), "Enter at least one term; separate several by commas."),
        (
            one("company", "in", ",".join(map(str, range(MOST_TERMS + 1)))),
            f"Enter at most {MOST_TERMS} terms; for more there is the batch search.",
        ),
        (one("status", "is", ""), "Choose one."),
        (one("status", "in", "", "XXX"), "Choose at least one."),
        (one("test", "is", ""), "Choose one."),
        (one("held", "is", ""), "Choose one."),
        (one("partly-paid", "is", ""), "Choose one."),
        (one("product", "all", ""), "Choose at least one product."),
        (one("gross", "is", "much"), "Enter an amount, such as 1234.50."),
        (one("gross", "is", "1,2,3"), "Enter an amount, such as 1234.50."),
        (one("gross", "is", "9" * 20), "Enter an amount, such as 1234.50."),
        (one("gross", "between", "", ""), "Enter at least one end."),
        (one("gross", "between", "9", "1"), "The first must not be greater than the second."),
        (one("ordered", "is", "yesterday"), "Enter a day, such as 2026-03-31."),
        (one("ordered", "is", ""), "Enter a term."),
        (one("policy", "is", "one"), "Enter a whole number, such as 3."),
        (one("x", "is", "campaign=spring"), "A key starts with x-: enter it as in x-campaign=spring."),
        (one("x", "is", ""), "Enter a key and a value, such as x-campaign=spring."),
        (one("shoe-size", "is", "44"), "There is no such parameter: choose one of the list."),
        (one("client", "is", "987654321"), "Choose one."),
        (one("po", "resembles", "44"), "There is no such comparison: choose one of the list."),
    ],
)
def test_what_makes_no_sense_says_so_beside_it(hafen: Client, rep: Browser, query: dict[str, Any], said: str) -> None:
    a_waiting_po(hafen)
    assert problem(rep, query) == said


def test_a_bad_term_loses_nothing_else(hafen: Client, rep: Browser) -> None:
    wanted, other = a_waiting_po(hafen), an_offline_order(hafen)
    query = {**one("gross", "is", "much"), "p1": "status", "o1": "is", "t1": "ARP", "show": "all", "sort": "status"}
    answer = rep.get("/purchases/", query)
    text = answer.content.decode()
    assert [row.key for row in answer.context["rows"]] == [wanted.reference]
    assert ['value="much"' in text, '<option value="ARP" selected>' in text] == [True, True]
    assert ['name="sort" value="status"' in text, other.reference in text] == [True, False]


def test_a_condition_that_was_only_just_added_is_no_mistake(rep: Browser) -> None:
    answer = rep.get("/purchases/", {"by": "advanced", "p0": "gross", "o0": "starts"})
    condition = answer.context["conditions"][0]
    assert (condition.problem, condition.operator, condition.control, condition.where) == ("", "is", "amount", None)


def test_an_operator_that_does_not_fit_becomes_one_that_does(rep: Browser) -> None:
    answer = rep.get("/purchases/", {"p0": "ordered", "o0": "has", "t0": "2026-03-02"})
    assert answer.context["conditions"][0].operators[0] == ("is", "equals")


# Without script, with script -----------------------------------------------------------------------------------------


def test_a_button_adds_a_condition_and_another_takes_one_away(rep: Browser) -> None:
    query = {
        "by": "advanced",
        "show": "open",
        "sort": "due_on",
        "p4": "gross",
        "o4": "between",
        "t4": ["", "100"],
        "p7": "status",
        "o7": "in",
        "t7": ["", "ARP", "WPO"],
    }
    added = rep.get("/purchases/", {**query, "add": "1"})["Location"]
    head = "/purchases/?by=advanced&show=open&sort=due_on"
    gross, status = "&p0=gross&o0=between&t0=&t0=100", "&p1=status&o1=in&t1=ARP&t1=WPO"
    assert added == f"{head}{gross}{status}&p2="
    dropped = rep.get("/purchases/", {**query, "drop": "4"})["Location"]
    assert dropped == f"{head}{status.replace('1=', '0=')}"
    assert len(rep.get(added).context["conditions"]) == 3


def test_script_exchanges_the_form_alone(rep: Browser) -> None:
    htmx = {"HX-Request": "true", "HX-Target": "advanced"}
    query = {"by": "advanced", "p0": "status", "o0": "in", "t0": ["", "ARP"]}
    text = rep.get("/purchases/", {**query, "add": "1"}, headers=htmx).content.decode()
    assert ["<html" in text, text.count('<li class="cond">'), "Awaiting Release for Purchase Order</span>" in text] == [
        False,
        2,
        True,
    ]


def test_conditions_have_an_end(rep: Browser) -> None:
    query = {"by": "advanced", **{f"p{number}": "status" for number in range(40)}}
    answer = rep.get("/purchases/", {**query, "add": "1"}, follow=True)
    assert len(answer.context["conditions"]) == 30


def test_the_client_is_a_parameter_for_those_who_see_several(hafen: Client) -> None:
    purchase = a_waiting_po(hafen)
    a_waiting_po(a_client("nordlicht"))
    everywhere = in_the_browser_of("platform_customer_service")
    assert found(everywhere, **one("client", "is", str(hafen.pk))) == {purchase.reference}
    admin = in_the_browser_of("client_admin", hafen)
    assert problem(admin, one("client", "is", str(hafen.pk))) == "There is no such parameter: choose one of the list."


def test_another_clients_rows_and_products_stay_theirs(hafen: Client) -> None:
    other = a_client("nordlicht")
    other.products.update(code="SECRET", name="Secret")
    theirs = a_waiting_po(other, lines=[OrderLine("SECRET", 1)])
    admin = in_the_browser_of("client_admin", hafen)
    answer = admin.get(
        "/purchases/", {**one("product", "all", "SECRET"), "p1": "reference", "o1": "is", "t1": theirs.reference}
    )
    text = answer.content.decode()
    assert ["Secret" in text, answer.context["rows"]] == [False, []]
    assert admin.get(f"/purchases/{theirs.reference}/items/").status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        {},
        {**one("open", "between", "1", ""), "p1": "ordered", "o1": "between", "t1": ["2026-01-01", "2026-12-31"]},
        {"sort": "-open_minor"},
        {"sort": "partner__company"},
    ],
)
def test_a_search_takes_as_many_queries_for_many_rows_as_for_one(
    hafen: Client, rep: Browser, query: dict[str, Any]
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert rep.get("/purchases/", query).status_code == 200
        return len(captured)

    a_waiting_po(hafen)
    first = queries()
    for _ in range(2):
        a_waiting_po(hafen)
    assert (queries(), first <= 12) == (first, True)


def test_lists_are_sorted_by_what_is_open_page_by_page(
    hafen: Client, rep: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("purchases.views.lists.PurchaseList.page_size", 2)
    some = [pays(a_released_po(hafen), f"{amount}.00") for amount in (10, 30, 20)]
    some += [a_released_po(hafen), pays(a_released_po(hafen), "119.00")]
    in_order = [purchase.reference for purchase in sorted(some, key=lambda row: (row.open_amount.minor, row.pk))]
    seen: list[str] = []
    address = "?sort=open_minor"
    while address:
        page = rep.get(f"/purchases/{address}").context
        seen += [row.key for row in page["rows"]]
        address = page["page"].older
    assert seen == in_order
    assert Purchase.objects.count() == len(seen)
