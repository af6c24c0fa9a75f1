"""Partners added by hand, one order let through over the limit, the warning at 80 percent."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.test import Client as Browser
from django.urls import reverse

from core.money import Money
from core.refused import Refused
from followups.models import FollowUp
from mailing.models import Email
from partners.models import Allowance, LimitEntry, Partner
from partners.selectors import exposure_of, nearly_used, open_allowance, outstanding, with_outstanding
from partners.services.limit import allow_over_limit, note_refused_order, reserve_checked, withdraw_allowance
from partners.services.terms import add_partner
from purchases.models import Purchase, Source
from purchases.services.place import place_order
from tests.stories import MONDAY, a_client, a_partner, a_user, an_order, days_later, pays

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import Client, User

pytestmark = pytest.mark.django_db
TODAY = MONDAY.date()
ORDER = Money(11_900, "EUR")


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def hafen() -> Client:
    return a_client("hafen")


@pytest.fixture
def agent() -> User:
    return a_user("platform_customer_service", name="Clara Winter")


def ordered(partner: Partner, quantity: int = 1, by: User | None = None, **fields: Any) -> Purchase:
    order = an_order(quantity=quantity, **{"source": Source.PARTNER, "partner": partner, **fields})
    return place_order(partner.client, order, by=by, at=MONDAY)


def last_line(partner: Partner) -> LimitEntry:
    return LimitEntry.objects.filter(partner=partner).latest("pk")


# Adding -----------------------------------------------------------------------------------------------------------

NEW: dict[str, Any] = {
    "code": "P-HAM-1",
    "company": "Nordlicht GmbH",
    "email": "ap@nordlicht.example",
    "type": "distributor",
    "status": "accepted",
    "limit": "5000.00",
    "currency": "EUR",
    "scope": "outstanding",
    "is_po_enabled": "on",
    "comment": "good references",
}


def in_the_browser_of(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


def test_a_client_admin_adds_a_partner(hafen: Client) -> None:
    admin = a_user("client_admin", hafen, name="Ada Admin")
    browser = in_the_browser_of(admin)
    assert reverse("partners:add") in browser.get(reverse("partners:list")).content.decode()
    assert "Add a partner" in browser.get(reverse("partners:add")).content.decode()
    for _ in range(2):
        assert browser.post(reverse("partners:add"), {**NEW, "form_key": "once"}).status_code == 302
    partner = Partner.objects.get()
    assert (partner.client, partner.code, partner.type, partner.limit) == (
        hafen,
        "P-HAM-1",
        "distributor",
        Money(500_000, "EUR"),
    )
    assert (last_line(partner).by, last_line(partner).comment) == (
        admin,
        "partner added (Accepted) with a limit of 5,000.00 EUR: good references",
    )
    taken = browser.post(reverse("partners:add"), {**NEW, "code": "p-ham-1"})
    assert (taken.status_code, "is taken" in taken.content.decode()) == (422, True)


def test_the_platform_says_whose_partner_it_is(hafen: Client) -> None:
    browser = in_the_browser_of(a_user("platform_admin"))
    assert browser.post(reverse("partners:add"), NEW).status_code == 422
    done = browser.post(reverse("partners:add"), {**NEW, "client": hafen.pk, "limit": "0", "comment": ""}, follow=True)
    partner = Partner.objects.get()
    assert (partner.client, partner.limit_minor) == (hafen, 0)
    assert "The limit is 0: purchase orders are not offered." in done.content.decode()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"limit": ""}, "empty is not 0"),
        ({"limit": "-1"}, "Enter 0 or more"),
        ({"code": "a b"}, "Use 2 to 40 letters"),
        ({"email": "nobody"}, "valid email"),
        ({"currency": "XXX"}, "Select a valid choice"),
    ],
)
def test_the_form_says_what_is_wrong(hafen: Client, change: dict[str, str], words: str) -> None:
    answer = in_the_browser_of(a_user("client_admin", hafen)).post(reverse("partners:add"), {**NEW, **change})
    assert (answer.status_code, words in answer.content.decode()) == (422, True)
    assert Partner.objects.count() == 0


def test_a_limit_below_zero_is_none(hafen: Client) -> None:
    values = {name: value for name, value in NEW.items() if name not in {"currency", "limit", "is_po_enabled"}}
    more: dict[str, Any] = {"valid_until": None, "month_end_statement": False, "is_po_enabled": True}
    with pytest.raises(Refused, match="never below zero"):
        add_partner(hafen, **values, **more, limit=Money(-1, "EUR"), by=a_user("platform_admin"), at=MONDAY)


def test_a_code_belongs_to_one_client(hafen: Client) -> None:
    partner = a_partner(hafen, code="P-1")
    with pytest.raises(Refused, match="The partner code P-1 is taken"):
        a_partner(a_client("other"), code="P-1")
    assert a_partner(hafen, code="P-1") == partner, "loading the same again changes nothing"
    assert LimitEntry.objects.filter(partner=partner).count() == 1
    a_partner(hafen, code="P-1", company="Other AG")
    assert LimitEntry.objects.filter(partner=partner).count() == 1


# Over the limit ---------------------------------------------------------------------------------------------------


def allowed(partner: Partner, by: User, amount: Money = ORDER, **more: Any) -> Allowance:
    values = {"amount": amount, "valid_until": TODAY, "note": "big deal", "at": MONDAY, **more}
    return allow_over_limit(partner, by=by, **values)


def test_one_order_goes_over_the_limit_once_it_is_allowed(hafen: Client, agent: User) -> None:
    partner = a_partner(hafen, limit="150.00")
    ordered(partner)
    allowance = allowed(partner, agent)
    assert last_line(partner).comment == (
        "one order of up to 119.00 EUR allowed over the limit until 2026-03-02: big deal"
    )
    with pytest.raises(Refused):
        ordered(partner, quantity=2)
    purchase = ordered(partner)
    allowance.refresh_from_db()
    assert (allowance.reference, allowance.closed_at) == (purchase.reference, MONDAY)
    assert last_line(partner).comment == "order placed over the limit, as allowed by Clara Winter: big deal"
    assert outstanding(partner) == Money(23_800, "EUR")
    with pytest.raises(Refused):
        ordered(partner)


def test_an_order_within_the_limit_uses_nothing_up(hafen: Client, agent: User) -> None:
    partner = a_partner(hafen)
    allowed(partner, agent)
    ordered(partner)
    assert open_allowance(partner, on=TODAY) is not None
    assert open_allowance(partner, on=TODAY + timedelta(days=1)) is None, "its day is over"


def test_a_new_allowance_takes_the_place_of_the_last_and_can_be_withdrawn(hafen: Client, agent: User) -> None:
    partner = a_partner(hafen, limit="10.00")
    allowed(partner, agent)
    second = allowed(partner, agent, Money(50_000, "EUR"))
    assert open_allowance(partner, on=TODAY) == second
    withdraw_allowance(partner, by=agent, at=MONDAY)
    assert last_line(partner).comment == "allowed order over the limit withdrawn"
    with pytest.raises(Refused):
        ordered(partner)
    with pytest.raises(Refused, match="nothing to withdraw"):
        withdraw_allowance(partner, by=agent, at=MONDAY)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"note": "  "}, "note"),
        ({"amount": Money(0, "EUR")}, "amount"),
        ({"amount": Money(1, "USD")}, "currency"),
        ({"valid_until": TODAY - timedelta(days=1)}, "valid_until"),
        ({"valid_until": TODAY + timedelta(days=31)}, "valid_until"),
    ],
)
def test_an_allowance_needs_a_note_an_amount_and_a_day(
    hafen: Client, agent: User, change: dict[str, Any], code: str
) -> None:
    partner = a_partner(hafen)
    with pytest.raises(Refused) as refused:
        allowed(partner, agent, **change)
    assert (refused.value.code, Allowance.objects.count()) == (code, 0)


def test_an_allowance_opens_nothing_else(hafen: Client, agent: User) -> None:
    for partner in (a_partner(hafen, status="in_review"), a_partner(hafen, limit="0")):
        with pytest.raises(Refused):
            allowed(partner, agent)
    with pytest.raises(Refused, match="Only Customer Service"):
        allowed(a_partner(hafen), a_user("client_admin", hafen))
    partner = a_partner(hafen, limit="10.00")
    allowed(partner, agent)
    Partner.objects.update(status="rejected")
    with pytest.raises(Refused) as refused:
        ordered(partner)
    assert refused.value.code == "partner"


def test_an_order_keyed_in_is_reviewed_not_measured(hafen: Client, agent: User) -> None:
    partner = a_partner(hafen, limit="100.00")
    purchase = ordered(partner, by=agent, source=Source.OFFLINE)
    assert (purchase.status, outstanding(partner)) == ("ARP", ORDER)
    assert last_line(partner).comment == "order placed"


def test_a_test_order_takes_nothing_of_the_limit_but_is_measured(hafen: Client) -> None:
    partner = a_partner(hafen, limit="119.00")
    reserve_checked(partner, "100000001", ORDER, at=MONDAY, is_test=True)
    assert outstanding(partner) == Money(0, "EUR")
    with pytest.raises(Refused):
        reserve_checked(partner, "100000002", ORDER + ORDER, at=MONDAY, is_test=True)


def test_the_dialog_allows_one_order_and_takes_it_back(hafen: Client, agent: User) -> None:
    partner = a_partner(hafen, limit="100.00")
    browser = in_the_browser_of(agent)
    page = reverse("partners:detail", args=[partner.pk])
    allow, withdraw = (reverse(f"partners:{name}", args=[partner.pk]) for name in ("allow", "withdraw"))
    assert "Now: €100.00 left of €100.00." in browser.get(allow).content.decode()
    assert "No order over the limit is allowed." in browser.get(withdraw).content.decode()
    sent = {"amount": "500", "valid_until": "2026-03-09", "note": "big <b>deal</b>"}
    assert browser.post(allow, {**sent, "note": ""}).status_code == 422
    assert browser.post(allow, sent)["Location"] == page
    shown = browser.get(page).content.decode()
    assert "One order of up to €500.00 may go over the limit until Mar 9, 2026, allowed by Clara Winter" in shown
    assert "&lt;b&gt;deal" in shown
    assert "takes the place" in browser.get(allow).content.decode()
    assert "limit alone" in browser.post(withdraw, follow=True).content.decode()
    assert open_allowance(partner, on=TODAY) is None
    Partner.objects.update(status="rejected")
    assert "not an accepted partner" in browser.get(allow).content.decode()
    for role in ("client_admin", "client_support"):
        assert in_the_browser_of(a_user(role, hafen)).get(allow).status_code == 403


def test_the_dialog_sends_a_login_link(hafen: Client) -> None:
    partner = a_partner(hafen)
    browser = in_the_browser_of(a_user("client_admin", hafen))
    invite = reverse("partners:invite", args=[partner.pk])
    assert "works once" in browser.get(invite).content.decode()
    assert "goes to ap@reseller.example" in browser.post(invite, follow=True).content.decode()
    assert Email.objects.get().kind == "portal_link"
    Partner.objects.update(status="in_review")
    assert "it can&#x27;t log in" in browser.get(invite).content.decode()


# The warning ------------------------------------------------------------------------------------------------------


def test_at_four_fifths_somebody_is_told_once_until_it_is_done(hafen: Client) -> None:
    partner = a_partner(hafen, limit="148.75")
    assert FollowUp.objects.count() == 0
    purchase = ordered(partner)
    told = FollowUp.objects.get()
    assert (told.client, told.category, told.reason, told.note) == (
        hafen,
        "partner",
        "Limit nearly used",
        f"Partner {partner.code}",
    )
    assert told.subject == "Reseller AG uses 119.00 EUR of its limit of 148.75 EUR"
    pays(purchase, "119.00")
    ordered(partner)
    assert FollowUp.objects.count() == 1, "the first is still open"


def test_below_four_fifths_and_per_order_nobody_is_told(hafen: Client) -> None:
    ordered(a_partner(hafen, limit="148.76"))
    alone = a_partner(hafen, limit="120.00")
    Partner.objects.filter(pk=alone.pk).update(scope="per_order")
    ordered(alone)
    ordered(alone)
    assert FollowUp.objects.count() == 0
    found = {row.pk: exposure_of(row).left_minor for row in with_outstanding(Partner.objects.filter(pk=alone.pk))}
    assert found == {alone.pk: 12_000}


def test_the_list_narrows_to_limits_nearly_used(hafen: Client) -> None:
    near, far, none, alone = (a_partner(hafen, limit=limit) for limit in ("148.75", "148.76", "0", "119.00"))
    Partner.objects.filter(pk=alone.pk).update(scope="per_order")
    for partner in (near, far, alone):
        ordered(Partner.objects.get(pk=partner.pk))
    assert list(nearly_used(with_outstanding(Partner.objects.all()))) == [near]
    browser = in_the_browser_of(a_user("client_admin", hafen))
    assert "1</strong> partner" in browser.get(reverse("partners:list"), {"show": "near"}).content.decode()
    warned = browser.get(reverse("partners:detail", args=[near.pk])).content.decode()
    assert "80 % of the limit is used; the warning comes at 80 %." in warned
    assert "The limit is 0" in browser.get(reverse("partners:detail", args=[none.pk])).content.decode()
    assert "For each order" in browser.get(reverse("partners:detail", args=[alone.pk])).content.decode()
    Partner.objects.filter(pk=near.pk).update(limit_minor=11_900)
    assert "Nothing is left" in browser.get(reverse("partners:detail", args=[near.pk])).content.decode()


def test_an_order_that_is_refused_is_told_once(hafen: Client) -> None:
    partner = a_partner(hafen)
    for day in (0, 1):
        note_refused_order(partner, ORDER, at=days_later(day))
    assert [told.subject for told in FollowUp.objects.all()] == [
        "Reseller AG wanted to order for 119.00 EUR: more than is left of its limit"
    ]
