"""Partners: what a limit is, who changes it, and what the pages show of it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.money import Money
from core.refused import Refused
from partners.forms import PartnerForm
from partners.models import LimitEntry, Partner, PartnerStatus
from partners.selectors import Exposure, exposure_picture, newest_entries, outstanding, with_outstanding
from partners.services.terms import change_partner
from purchases.models import Source
from purchases.services.place import OrderLine, place_order
from tests.stories import MONDAY, a_client, a_partner, a_user, an_order, days_later

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import Client, User

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(days_later(10), tick=False):
        yield


@pytest.fixture
def hafen() -> Client:
    return a_client("hafen")


@pytest.fixture
def admin(hafen: Client) -> User:
    return a_user("client_admin", hafen, name="Ada Admin")


def in_the_browser_of(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


def as_it_is(partner: Partner, **changes: Any) -> dict[str, Any]:
    names = ("status", "scope", "is_po_enabled", "valid_until", "month_end_statement", "limit")
    who = ("company", "email", "type")
    return {name: getattr(partner, name) for name in (*names, *who)} | {"comment": "", **changes}


def filled_in(partner: Partner, **changes: Any) -> dict[str, Any]:
    plain = {"limit": partner.limit.amount, "valid_until": partner.valid_until or "", "currency": partner.currency}
    values = as_it_is(partner) | plain | changes
    return {name: value for name, value in values.items() if value not in {False, None}}


def orders(partner: Partner, quantity: int = 1) -> None:
    order = an_order(quantity=quantity, source=Source.PARTNER, partner=partner)
    place_order(partner.client, order, by=None, at=MONDAY)


# Changing ---------------------------------------------------------------------------------------------------------


def test_a_new_limit_stands_in_the_ledger_with_who_and_why(hafen: Client, admin: User) -> None:
    partner = a_partner(hafen)
    orders(partner)
    more = as_it_is(partner, limit=Money(250_000, "EUR"), comment="good payer")
    partner = change_partner(partner, **more, by=admin, at=days_later(1))
    entry = LimitEntry.objects.filter(partner=partner).latest("at", "pk")
    assert (partner.limit_minor, entry.limit_minor, entry.change_minor, entry.outstanding_minor) == (
        250_000,
        250_000,
        0,
        11_900,
    )
    assert (entry.by, entry.comment) == (admin, "Limit 1,000.00 EUR → 2,500.00 EUR: good payer")
    newest = partner.history.latest()
    assert (newest.history_user, newest.history_change_reason) == (admin, "good payer")


@pytest.mark.parametrize(
    ("limit", "comment", "code"),
    [
        (Money(5, "EUR"), "", "comment"),
        (Money(5, "EUR"), "  ", "comment"),
        (Money(-1, "EUR"), "less", "limit"),
        (Money(100_000, "USD"), "", "comment"),
    ],
)
def test_a_limit_does_not_change_without_a_reason_or_into_nonsense(
    hafen: Client, admin: User, limit: Money, comment: str, code: str
) -> None:
    partner = a_partner(hafen)
    with pytest.raises(Refused) as refused:
        change_partner(partner, **as_it_is(partner, limit=limit, comment=comment), by=admin, at=MONDAY)
    assert refused.value.code == code
    assert Partner.objects.get(pk=partner.pk).limit_minor == 100_000


def test_every_change_stands_in_the_ledger_with_who_and_why(hafen: Client, admin: User) -> None:
    partner = a_partner(hafen)
    changed = as_it_is(
        partner,
        status=PartnerStatus.REJECTED,
        valid_until=date(2026, 12, 31),
        scope="per_order",
        month_end_statement=True,
        is_po_enabled=False,
        comment="does not pay",
    )
    partner = change_partner(partner, **changed, by=admin, at=MONDAY)
    assert (partner.status, partner.valid_until, partner.month_end_statement) == ("rejected", date(2026, 12, 31), True)
    entry = LimitEntry.objects.filter(partner=partner).latest("pk")
    assert (entry.by, entry.change_minor) == (admin, 0)
    assert entry.comment == (
        "Status Accepted → Rejected, scope All outstanding orders → Each order by itself, purchase orders on → off, "
        "valid until no end → 2026-12-31, month-end statement off → on: does not pay"
    )
    assert partner.history.latest().history_change_reason == "does not pay"


@pytest.mark.parametrize(
    "change",
    [{"status": "in_review"}, {"scope": "per_order"}, {"is_po_enabled": False}, {"valid_until": date(2026, 12, 31)}],
)
def test_what_decides_on_orders_does_not_change_without_a_comment(
    hafen: Client, admin: User, change: dict[str, Any]
) -> None:
    partner = a_partner(hafen)
    with pytest.raises(Refused, match="Say why"):
        change_partner(partner, **as_it_is(partner, **change), by=admin, at=MONDAY)
    assert PartnerForm(filled_in(partner, **change), currencies=["EUR"], language="en", partner=partner).errors[
        "comment"
    ] == ["Say why this changes: the comment is kept in the ledger."]


def test_who_a_partner_is_changes_without_a_comment_and_stands_in_the_ledger_too(hafen: Client, admin: User) -> None:
    partner = a_partner(hafen)
    corrected = as_it_is(partner, email="new@reseller.example", type="distributor", company="Reseller SE")
    partner = change_partner(partner, **corrected, by=admin, at=MONDAY)
    assert (partner.email, partner.type, partner.company) == ("new@reseller.example", "distributor", "Reseller SE")
    assert LimitEntry.objects.filter(partner=partner).latest("pk").comment == (
        "Company Reseller AG → Reseller SE, e-mail ap@reseller.example → new@reseller.example, "
        "type reseller → distributor"
    )
    assert partner.history.latest().history_change_reason == "partner changed"


def test_a_limit_changes_its_currency_only_while_nothing_takes_of_it(hafen: Client, admin: User) -> None:
    partner = a_partner(hafen)
    orders(partner)
    dollars = as_it_is(partner, limit=Money(50_000, "USD"), comment="dollars")
    with pytest.raises(Refused) as refused:
        change_partner(partner, **dollars, by=admin, at=MONDAY)
    assert refused.value.code == "currency"
    other = a_partner(hafen)
    lines = [OrderLine("PRO", 1, unit_price=Money(10_000, "USD"))]
    order = an_order(source=Source.OFFLINE, partner=other, currency="USD", lines=lines)
    purchase = place_order(hafen, order, by=None, at=MONDAY)
    other = change_partner(other, **as_it_is(other, limit=Money(50_000, "USD"), comment="x"), by=admin, at=MONDAY)
    assert (other.limit, outstanding(other)) == (Money(50_000, "USD"), Money(11_900, "USD"))
    assert other.reservations.get().reference == purchase.reference


def test_saving_what_is_there_writes_nothing(hafen: Client, admin: User) -> None:
    partner = a_partner(hafen)
    before = partner.history.count()
    change_partner(partner, **as_it_is(partner, comment="nothing"), by=admin, at=MONDAY)
    assert partner.history.count() == before


def test_a_lower_limit_stops_new_orders_and_keeps_open_ones(hafen: Client, admin: User) -> None:
    partner = a_partner(hafen)
    orders(partner, quantity=4)
    partner = change_partner(
        partner, **as_it_is(partner, limit=Money(30_000, "EUR"), comment="risk"), by=admin, at=MONDAY
    )
    assert outstanding(partner) == Money(47_600, "EUR")
    with pytest.raises(Refused) as refused:
        orders(partner)
    assert refused.value.code == "limit"


def test_a_limit_in_euros_is_no_limit_in_dollars(hafen: Client) -> None:
    partner = a_partner(hafen)
    dollars = [OrderLine("PRO", 1, unit_price=Money(10_000, "USD"))]
    order = an_order(source=Source.PARTNER, partner=partner, currency="USD", lines=dollars)
    with pytest.raises(Refused) as refused:
        place_order(hafen, order, by=None, at=MONDAY)
    assert refused.value.code == "currency"
    assert str(refused.value) == "The limit of Reseller AG is in EUR, the order in USD."


def test_an_order_keyed_in_in_dollars_takes_nothing_of_a_limit_in_euros(hafen: Client) -> None:
    partner = a_partner(hafen)
    dollars = [OrderLine("PRO", 1, unit_price=Money(10_000, "USD"))]
    order = an_order(source=Source.OFFLINE, partner=partner, currency="USD", lines=dollars)
    purchase = place_order(hafen, order, by=None, at=MONDAY)
    assert (purchase.status, purchase.open_amount) == ("ARP", Money(11_900, "USD"))
    assert (outstanding(partner), partner.reservations.count()) == (Money(0, "EUR"), 0)


# Figures ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "used", "shown"),
    [
        (0, 0, (0, 0, 0, "none")),
        (1000, 0, (1000, 0, 0, "free")),
        (1000, 1, (999, 0, 1, "free")),
        (1000, 799, (201, 79, 79, "free")),
        (1000, 800, (200, 80, 80, "near")),
        (1000, 999, (1, 99, 99, "near")),
        (1000, 1000, (0, 100, 100, "over")),
        (1000, 1500, (-500, 150, 100, "over")),
        (0, 10, (-10, 100, 100, "over")),
    ],
)
def test_how_a_limit_stands(limit: int, used: int, shown: tuple[int, int, int, str]) -> None:
    exposure = Exposure(limit, used, "EUR")
    assert (exposure.left_minor, exposure.percent, exposure.width, exposure.level) == shown


def test_outstanding_is_summed_per_partner(hafen: Client) -> None:
    busy, idle = a_partner(hafen), a_partner(hafen)
    orders(busy, quantity=2)
    orders(busy)
    found = {row.pk: row.outstanding_minor for row in with_outstanding(Partner.objects.all())}
    assert found == {busy.pk: 35_700, idle.pk: 0}


def entry(days: int, used: int, limit: int) -> LimitEntry:
    return LimitEntry(at=days_later(days), outstanding_minor=used, limit_minor=limit, change_minor=0, comment="")


def test_the_picture_goes_in_steps_from_the_first_entry_to_now() -> None:
    picture = exposure_picture([entry(0, 0, 100), entry(5, 50, 100), entry(5, 50, 200)], at=days_later(10))
    assert picture is not None
    assert picture.used == "0,140 320,140 320,107 320,107 320,107 640,107"
    assert picture.limit == "0,74 320,74 320,74 320,74 320,8 640,8"
    assert (picture.first, picture.last, picture.top_minor, picture.highest_minor) == (
        MONDAY,
        days_later(10),
        200,
        50,
    )


def test_without_a_past_there_is_no_picture() -> None:
    assert exposure_picture([], at=MONDAY) is None
    assert exposure_picture([entry(1, 0, 0)], at=days_later(1)) is None
    assert exposure_picture([entry(0, 0, 0)], at=days_later(1)) is not None


def test_the_picture_reads_the_ledger_oldest_first(hafen: Client) -> None:
    partner = a_partner(hafen)
    orders(partner)
    assert [line.change_minor for line in newest_entries(partner)] == [0, 11_900]


# Pages ------------------------------------------------------------------------------------------------------------


def test_the_list_costs_the_same_with_one_and_with_three(hafen: Client) -> None:
    browser = in_the_browser_of(a_user("platform_admin"))
    orders(a_partner(hafen))
    browser.get(reverse("partners:list"))
    with CaptureQueriesContext(connection) as one:
        assert browser.get(reverse("partners:list")).status_code == 200
    for _ in range(2):
        orders(a_partner(hafen))
    with CaptureQueriesContext(connection) as three:
        assert "3</strong> partners" in browser.get(reverse("partners:list")).content.decode()
    assert len(three) == len(one)
    assert len(three) <= 12


def test_the_list_says_in_words_what_is_left(hafen: Client, admin: User) -> None:
    orders(a_partner(hafen, company="Nearly Full AG", limit="130.00"))
    over = a_partner(hafen, company="Over AG")
    orders(over, quantity=2)
    change_partner(over, **as_it_is(over, limit=Money(10_000, "EUR"), comment="cut"), by=admin, at=MONDAY)
    a_partner(hafen, company="No Limit AG", limit="0")
    page = in_the_browser_of(admin).get(reverse("partners:list")).content.decode()
    for words in ("€11.00 left", "91 % used", "€138.00 over", "238 % used", "No limit"):
        assert words in page


def test_the_bar_finds_by_company_and_narrows_by_statement(hafen: Client, admin: User) -> None:
    a_partner(hafen, company="Alpha AG", month_end_statement=True)
    a_partner(hafen, company="Beta AG", email="beta@beta.example")
    browser = in_the_browser_of(admin)
    found = browser.get(reverse("partners:list"), {"q": "beta@"}).content.decode()
    assert "Beta AG" in found
    assert "Alpha AG" not in found
    found = browser.get(reverse("partners:list"), {"month_end_statement": "True"}).content.decode()
    assert "Alpha AG" in found
    assert "Beta AG" not in found
    assert "Nothing matches" in browser.get(reverse("partners:list"), {"show": "rejected"}).content.decode()


def test_the_page_shows_orders_ledger_and_exposure(hafen: Client, admin: User) -> None:
    partner = a_partner(hafen)
    orders(partner)
    browser = in_the_browser_of(admin)
    page = browser.get(reverse("partners:detail", args=[partner.pk])).content.decode()
    reference = partner.reservations.get().reference
    for words in (f"/purchases/{reference}/", "€881.00 left", "order placed", "+119.00", "11 % used", "Exposure"):
        assert words in page
    with CaptureQueriesContext(connection) as one:
        browser.get(reverse("partners:detail", args=[partner.pk]))
    orders(partner)
    orders(partner)
    with CaptureQueriesContext(connection) as three:
        browser.get(reverse("partners:detail", args=[partner.pk]))
    assert len(three) == len(one)
    assert len(three) <= 20


def test_the_dialog_changes_the_limit_and_comes_back(hafen: Client, admin: User) -> None:
    partner = a_partner(hafen)
    edit, page = reverse("partners:edit", args=[partner.pk]), reverse("partners:detail", args=[partner.pk])
    browser = in_the_browser_of(admin)
    asked = browser.get(edit, headers={"HX-Request": "true", "HX-Current-URL": f"http://testserver{page}"})
    assert "Now €0.00 of €1,000.00 is outstanding." in asked.content.decode()
    refused = browser.post(edit, filled_in(partner, limit="2000.00"))
    assert refused.status_code == 422
    assert "Say why the limit changes from 1,000.00 EUR to 2,000.00 EUR." in refused.content.decode()
    done = browser.post(edit, filled_in(partner, limit="2,000.00", comment="<b>grows</b>", form_key="k", next=page))
    assert (done.status_code, done["Location"]) == (302, page)
    assert Partner.objects.get(pk=partner.pk).limit_minor == 200_000
    shown = browser.get(page).content.decode()
    assert "&lt;b&gt;grows&lt;/b&gt;" in shown
    assert "Ada Admin" in shown


@pytest.mark.parametrize("limit", ["", "-5", "many", "1.005", "9" * 20])
def test_the_form_says_what_is_wrong_with_a_limit(hafen: Client, admin: User, limit: str) -> None:
    partner = a_partner(hafen)
    answer = in_the_browser_of(admin).post(
        reverse("partners:edit", args=[partner.pk]), filled_in(partner, limit=limit, comment="why")
    )
    assert answer.status_code == 422
    assert "is-invalid" in answer.content.decode()
    assert Partner.objects.get(pk=partner.pk).limit_minor == 100_000


def test_the_form_asks_for_what_the_act_takes() -> None:
    taken = set(change_partner.__kwdefaults__ or {}) | set(change_partner.__annotations__)
    assert set(PartnerForm.base_fields) - {"currency"} == taken - {"partner", "by", "at", "return"}


def test_a_second_click_changes_nothing(hafen: Client, admin: User) -> None:
    partner = a_partner(hafen)
    browser = in_the_browser_of(admin)
    sent = filled_in(partner, limit="2000.00", comment="grows", form_key="once")
    for _ in range(2):
        assert browser.post(reverse("partners:edit", args=[partner.pk]), sent).status_code == 302
    assert partner.limit_entries.filter(comment__contains="grows").count() == 1


def test_support_reads_and_does_not_edit(hafen: Client) -> None:
    partner = a_partner(hafen)
    browser = in_the_browser_of(a_user("client_support", hafen))
    page = browser.get(reverse("partners:detail", args=[partner.pk]))
    assert page.status_code == 200
    assert reverse("partners:edit", args=[partner.pk]) not in page.content.decode()
    assert browser.get(reverse("partners:edit", args=[partner.pk])).status_code == 403


def test_an_expired_partner_is_marked(hafen: Client, admin: User) -> None:
    partner = a_partner(hafen)
    expired = as_it_is(partner, valid_until=(MONDAY + timedelta(days=1)).date(), is_po_enabled=False, comment="ends")
    change_partner(partner, **expired, by=admin, at=MONDAY)
    browser = in_the_browser_of(admin)
    assert "expired" in browser.get(reverse("partners:detail", args=[partner.pk])).content.decode()
    assert "PO off" in browser.get(reverse("partners:list")).content.decode()
