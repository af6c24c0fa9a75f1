"""The shell and the base views: login, client switch, settings, navigation, formats, counts that stop."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.http import QueryDict
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import Client as Browser
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse, set_script_prefix
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy

from accounts.models import Client, User
from core.counts import CAP, CappedCount, count_all, keys_of
from core.forms import MoneyField
from core.markup import markup
from core.money import Money
from core.tables import (
    Column,
    Place,
    Reader,
    Table,
    address,
    badge,
    day_cell,
    locale_of,
    moment_cell,
    money_text,
    number_text,
    path_to,
)
from core.templatetags.kontor import has_route, initials, is_own_link, may, route
from core.views import capped_counts, last_change, version_of
from customers.models import Customer, CustomerType
from purchases.models import Purchase
from tests.stories import MONDAY, a_client, a_user, a_waiting_po

BERLIN = ZoneInfo("Europe/Berlin")
ENGLISH, GERMAN, JAPANESE = Reader("en", BERLIN), Reader("de", BERLIN), Reader("ja", BERLIN)


# Formats -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minor", "currency", "reader", "text", "bare"),
    [
        (123_450, "EUR", ENGLISH, "€1,234.50", "1,234.50"),
        (123_450, "EUR", GERMAN, "1.234,50\u00a0€", "1.234,50"),
        (98_000, "JPY", ENGLISH, "¥98,000", "98,000"),
        (0, "USD", JAPANESE, "$0.00", "0.00"),
    ],
)
def test_money_is_written_as_its_reader_writes_it(
    minor: int, currency: str, reader: Reader, text: str, bare: str
) -> None:
    assert (money_text(minor, currency, reader), number_text(minor, currency, reader)) == (text, bare)


def test_days_and_moments_name_their_zone_and_are_readable_by_machines() -> None:
    assert day_cell(date(2026, 3, 2), GERMAN) == '<time class="day" datetime="2026-03-02">02.03.2026</time>'
    assert moment_cell(MONDAY, ENGLISH) == (
        '<time class="moment" datetime="2026-03-02T09:00:00+00:00">Mar 2, 2026, 10:00 CET</time>'
    )
    assert "–" in day_cell(None, ENGLISH) + moment_cell(None, ENGLISH)


def test_addresses_that_are_looked_up_once_are_those_that_django_gives() -> None:
    for prefix in ("/", "/kontor/"):
        set_script_prefix(prefix)
        try:
            assert path_to("purchases:viewer", "100000017") == reverse("purchases:viewer", args=["100000017"])
            assert path_to("purchases:items", "a b") == reverse("purchases:items", args=["a b"])
            assert route("purchases:list") == reverse("purchases:list")
        finally:
            set_script_prefix("/")


def test_an_unknown_language_reads_english() -> None:
    assert [str(locale_of(language)) for language in ("xx-unknown", "pt-BR", "")] == ["en", "pt_BR", "en"]


def test_badges_escape_their_words() -> None:
    assert badge("<b>", "red") == '<span class="st st-red"><span class="st-dot"></span>&lt;b&gt;</span>'


@pytest.mark.parametrize(
    ("text", "language", "currency", "minor"),
    [
        ("12.5", "en", "EUR", 1250),
        ("1,234.50", "en", "EUR", 123_450),
        ("1.234,50", "de", "EUR", 123_450),
        ("1 234,50", "fr", "EUR", 123_450),
        ("98000", "ja", "JPY", 98_000),
    ],
)
def test_amounts_are_read(text: str, language: str, currency: str, minor: int) -> None:
    assert MoneyField(currency=currency, language=language).clean(text) == Money(minor, currency)


@pytest.mark.parametrize(
    ("text", "currency"), [("abc", "EUR"), ("1.005", "EUR"), ("1.5", "JPY"), ("Infinity", "EUR"), ("1e9999", "EUR")]
)
def test_what_is_no_amount_is_refused_with_an_example(text: str, currency: str) -> None:
    with pytest.raises(ValidationError, match=f"Enter an amount in {currency}, such as 1234"):
        MoneyField(currency=currency).clean(text)


def test_no_amount_is_nothing_where_none_is_needed() -> None:
    assert MoneyField(required=False).clean("") is None


def test_addresses_keep_what_they_do_not_change() -> None:
    assert address(QueryDict("q=a&show=open&after=x"), after=None, show="paid") == "?q=a&show=paid"


HOSTILE = "\"'><script>&"
ESCAPED = "&quot;&#x27;&gt;&lt;script&gt;&amp;"


class HostileTable(Table):
    """Every word of it tries to break out of its place."""

    columns = (Column("Name", lambda *_: HOSTILE),)
    is_selectable = has_preview = True

    def link(self, row: Any) -> str:
        return f"/link/{HOSTILE}"

    preview = fold = key = label = link

    def acts(self, row: Any) -> dict[str, str]:
        return {"c": self.link(row)}

    def below(self, row: Any, reader: Reader) -> str:
        return HOSTILE


def test_whatever_a_row_says_it_cannot_break_out_of_its_place() -> None:
    request = RequestFactory().get("/list/", {"q": HOSTILE})
    table, row, place = HostileTable(), SimpleNamespace(pk=7), Place.of(request)
    html = table.rows([row], ENGLISH, place)[0].html
    assert [part for part in ("<script", f"/{HOSTILE[:2]}", "'") if part in html] == []
    link, quoted = f"/link/{ESCAPED}", "/link/%22%27%3E%3Cscript%3E%26"
    assert html.startswith(f'<tr data-row data-link="{link}" data-act-c="{link}"><td class="pick"><input ')
    assert f'value="{link}" form="bulk" aria-label="Select {link}"></td><td>{ESCAPED}</td><td class="act ' in html
    assert f'href="?q=%22%27%3E%3Cscript%3E%26&amp;unfold={quoted}" data-fold hx-get="{link}"' in html
    assert f'hx-push-url="/list/?q=%22%27%3E%3Cscript%3E%26&amp;preview={quoted}" aria-label="Preview {link}"' in html
    assert html.endswith(f'</td></tr><tr class="below"><td colspan="3">{ESCAPED}</td></tr>')
    assert table.rows([row], ENGLISH)[0].html == (
        f'<tr><td>{ESCAPED}</td></tr><tr class="below"><td colspan="1">{ESCAPED}</td></tr>'
    )


def test_a_plain_table_leads_nowhere() -> None:
    row = SimpleNamespace(pk=7)
    table = Table()
    assert (table.link(row), table.preview(row), table.key(row), table.label(row)) == ("", "", "7", str(row))


# Template tags -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "letters"), [("Ida Lund", "IL"), ("Ida Maria Lund", "IL"), ("ida", "I"), ("", "")])
def test_initials(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_only_addresses_of_our_own_are_links() -> None:
    assert [is_own_link(link) for link in ("/purchases/", "//evil.example", "https://evil.example", "")] == [
        True,
        False,
        False,
        False,
    ]


def test_pages_that_do_not_exist_have_no_address() -> None:
    assert (has_route("purchases:list"), has_route("nowhere:list"), route("nowhere:list")) == (True, False, "")


def test_anonymous_visitors_may_nothing() -> None:
    assert may(SimpleNamespace(is_authenticated=False), "search") is False


def test_the_settings_of_htmx_are_json() -> None:
    assert json.loads(render_to_string("_htmx_config.html"))["allowEval"] is False


@pytest.mark.parametrize("page", ["403.html", "404.html", "500.html"])
def test_error_pages_need_nothing(page: str) -> None:
    text = render_to_string(page, {"reference": "AB12"})
    assert ("<h1>" in text, "AB12" in text) == (True, page == "500.html")


def test_icons_are_decoration() -> None:
    assert 'aria-hidden="true"' in Template("{% load kontor %}{% icon 'x' 12 %}").render(Context())


@pytest.mark.parametrize(
    "value",
    ["<b>&\"'", mark_safe("<b>&amp;</b>"), 7, None, Money(1050, "EUR"), gettext_lazy("<b>"), CustomerType.COMPANY],
)
def test_what_is_no_html_is_escaped_as_django_does_it(value: object) -> None:
    assert markup('<a title="{}">{}</a>', value, value) == format_html('<a title="{}">{}</a>', value, value)
    assert markup("{}", markup("<b>{}</b>", value)) == markup("<b>{}</b>", value)


def test_what_never_changes_is_written_once_and_sees_only_what_it_names() -> None:
    page = Template(
        "{% load unchanging %}"
        "{% unchanging name=user.name %}<b>{{ name }}{{ user.name }}</b>{{ x.y }}{% endunchanging %}"
        "{% unchanging %}{% now 'u' %}{% endunchanging %}"
    )
    first = page.render(Context({"user": SimpleNamespace(name="<Ada>")}))
    assert first.startswith("<b>&lt;Ada&gt;</b>"), "escaped, and nothing of the user but what is named"
    assert page.render(Context({"user": SimpleNamespace(name="<Ada>"), "x": {"y": "seen"}})) == first
    assert page.render(Context({"user": SimpleNamespace(name="Eve")})).startswith("<b>Eve</b>")
    alike = (mark_safe("<i>"), "<i>", 1, True)
    written = [page.render(Context({"user": SimpleNamespace(name=name)})) for name in alike]
    assert [html[:8] for html in written] == ["<b><i></", "<b>&lt;i", "<b>1</b>", "<b>True<"]
    try:
        set_script_prefix("/kontor/")
        assert page.render(Context({"user": SimpleNamespace(name="<Ada>")})) != first, "addresses lie elsewhere"
    finally:
        set_script_prefix("/")


# Counts --------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_counts_stop_at_their_cap() -> None:
    client = a_client()
    Customer.objects.bulk_create(Customer(client=client, type="COM", created_at=MONDAY) for _ in range(5))
    rows = Customer.objects.all()
    keys = keys_of(rows.order_by("created_at"))
    queries: dict[str, models.QuerySet[Customer]] = {"all": keys, "none": keys.none(), "other": keys.filter(type="GOV")}
    assert capped_counts(queries, cap=4) == {"all": "4+", "none": "0", "other": "0"}
    assert capped_counts(queries, cap=5) == {"all": "5", "none": "0", "other": "0"}
    assert capped_counts({"none": keys.none()}) == {"none": "0"}
    assert count_all([rows.none(), rows.filter(type="COM"), rows.filter(pk__in=[])]) == [0, 5, 0]
    assert isinstance(CappedCount(rows).output_field, models.IntegerField)


# Versions of rows -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_row_without_a_version_goes_by_its_history() -> None:
    user = a_user("auditor")
    before = version_of(user)
    assert last_change(user)[0] == ""
    user.name = "Another"
    user.save()
    assert version_of(user) != before
    assert version_of(object()) == ""
    User.history.all().delete()
    assert last_change(user) == ("", None)


@pytest.mark.django_db
def test_a_row_with_a_version_says_who_changed_it_last() -> None:
    purchase = a_waiting_po(a_client())
    assert (version_of(purchase), last_change(purchase)) == (str(purchase.version), ("", purchase.changed_at))


# The shell -----------------------------------------------------------------------------------------------------------


def logged_in(user: User) -> Browser:
    """This user's browser."""
    browser = Browser()
    browser.force_login(user)
    return browser


@pytest.mark.django_db
def test_the_login_goes_on_to_the_page_that_was_asked_for() -> None:
    user = a_user("auditor")
    form = {"username": user.username.upper(), "password": "a long enough password", "next": "/purchases/"}
    browser = Browser()
    wrong = browser.post("/accounts/login/", {**form, "password": "x"})
    assert (wrong.status_code, "do not match" in wrong.content.decode()) == (422, True)
    assert browser.post("/accounts/login/", form)["Location"] == "/purchases/"
    assert browser.get("/accounts/login/?next=/purchases/")["Location"] == "/purchases/"
    assert browser.post("/accounts/logout/").status_code == 302
    assert browser.get("/purchases/")["Location"] == "/accounts/login/?next=/purchases/"


@pytest.mark.django_db
def test_somebody_locked_out_does_not_come_in() -> None:
    user = a_user("auditor", is_active=False)
    answer = Browser().post("/accounts/login/", {"username": user.username, "password": "a long enough password"})
    assert answer.status_code == 422


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "back", "kept", "to"),
    [
        ("{pk}", "/purchases/", True, "/purchases/"),
        ("", "/purchases/", False, "/purchases/"),
        ("999999", "/", False, "/"),
        ("x", "https://evil.example/", False, "/"),
        ("9" * 30, "//evil.example", False, "/"),
    ],
)
def test_the_client_switch_takes_only_clients_and_our_own_pages(asked: str, back: str, kept: bool, to: str) -> None:  # noqa: FBT001
    client = a_client()
    browser = logged_in(a_user("platform_admin"))
    answer = browser.post("/accounts/client/", {"client": asked.replace("{pk}", str(client.pk)), "next": back})
    assert (answer["Location"], browser.session.get("client")) == (to, client.pk if kept else None)


@pytest.mark.django_db
def test_users_of_a_client_have_no_switch() -> None:
    own, other = a_client("hafen"), a_client("nordlicht")
    browser = logged_in(a_user("client_admin", own))
    browser.post("/accounts/client/", {"client": other.pk})
    assert "client" not in browser.session
    assert "All Clients" not in browser.get("/purchases/").content.decode()


@pytest.mark.django_db
def test_the_switch_shows_what_was_chosen() -> None:
    client = a_client("hafen")
    browser = logged_in(a_user("platform_admin"))
    assert 'aria-label="Client: All Clients"' in browser.get("/purchases/").content.decode()
    browser.post("/accounts/client/", {"client": client.pk})
    assert 'aria-label="Client: Hafen GmbH"' in browser.get("/purchases/").content.decode()


@pytest.mark.django_db
def test_ones_own_settings_are_kept() -> None:
    user = a_user("client_admin", a_client())
    browser = logged_in(user)
    assert "Europe/Berlin" in browser.get("/accounts/settings/").content.decode()
    assert browser.post("/accounts/settings/", {"time_zone": "Mars/Base", "language": "de"}).status_code == 422
    browser.post("/accounts/settings/", {"time_zone": "Asia/Tokyo", "language": "ja"})
    user.refresh_from_db()
    assert (user.time_zone, user.language, user.client) == ("Asia/Tokyo", "ja", Client.objects.get())


@pytest.mark.django_db
def test_the_navigation_offers_what_the_role_may_open() -> None:
    client = a_client()

    def links(role: str) -> set[str]:
        browser = logged_in(a_user(role, client if role.startswith("client") else None))
        answer = browser.get("/purchases/").content.decode()
        found = {label for label in ("Purchases", "Review", "Policy", "Products") if f"<span>{label}</span>" in answer}
        assert 'href="/purchases/" aria-current="page"' in answer
        return found

    assert links("client_sales") == {"Purchases", "Review"}
    assert links("client_admin") == {"Purchases", "Review", "Policy", "Products"}


@pytest.mark.django_db
def test_the_review_queue_is_counted_beside_its_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    client = a_client()
    browser = logged_in(a_user("auditor"))
    assert " waiting</span>" not in browser.get("/purchases/").content.decode()
    for _ in range(2):
        a_waiting_po(client)
    assert '2<span class="visually-hidden"> waiting</span>' in browser.get("/purchases/").content.decode()
    monkeypatch.setattr("followups.templatetags.followups.CAP", 1)
    assert "1+<span" in browser.get("/purchases/").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("pk", ["0", "99999999999999999999999"])
def test_a_row_that_can_not_be_is_not_found(pk: str) -> None:
    assert logged_in(a_user("platform_admin")).get(f"/purchases/{pk}/").status_code == 404


@pytest.mark.django_db
def test_no_page_carries_style_or_script_of_its_own() -> None:
    purchase = a_waiting_po(a_client())
    browser = logged_in(a_user("platform_admin"))
    for path in ("/purchases/", f"/purchases/{purchase.reference}/", "/accounts/settings/"):
        answer = browser.get(path)
        text = answer.content.decode()
        assert [" style=" in text, "<style" in text, " onclick=" in text, "<script>" in text] == [False] * 4
        assert "default-src 'none'" in answer["Content-Security-Policy"]


def test_moments_before_the_epoch_are_moments_too() -> None:
    assert "Jan 1, 1900" in moment_cell(datetime(1900, 1, 1, 12, tzinfo=UTC), ENGLISH)


@pytest.mark.django_db
def test_rows_of_nobody_stay_with_nobody() -> None:
    a_waiting_po(a_client())
    bound = a_user("auditor", Client.objects.get())
    assert Purchase.objects.visible_to(bound).count() == 1


@pytest.mark.django_db
def test_a_list_with_nothing_in_it_says_so_in_each_tab_and_counts_nothing() -> None:
    hafen = a_client()
    browser = Browser()
    browser.force_login(a_user("platform_customer_service"))

    def tabs(**query: str) -> tuple[set[str], bool]:
        with CaptureQueriesContext(connection) as asked:
            context = browser.get("/purchases/", query).context
        is_counted = any(f"LIMIT {CAP + 1}) counted" in one["sql"] for one in asked)
        return {segment["count"] for segment in context["segments"]}, is_counted

    assert tabs() == ({"0"}, False)
    a_waiting_po(hafen)
    counts, is_counted = tabs()
    assert ("1" in counts, is_counted) == (True, True)
    assert tabs(currency="XXX") == ({"0"}, False)
    assert tabs(show="overdue")[1], "nothing in this tab, but perhaps in others"
