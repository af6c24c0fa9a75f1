"""What every template may use: icons, money, days, moments, badges, navigation, addresses."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from babel import Locale, UnknownLocaleError
from babel.numbers import format_percent
from django import template
from django.conf import settings
from django.forms import CheckboxInput, Select
from django.urls import NoReverseMatch, get_script_prefix, get_urlconf, reverse
from django.utils.safestring import mark_safe
from django_countries import countries

from core import tables

if TYPE_CHECKING:
    from datetime import date, datetime
    from decimal import Decimal

    from django.forms import BoundField
    from django.template.context import Context
    from django.utils.safestring import SafeString

register = template.Library()


icon = register.simple_tag(tables.icon)


def _reader(context: Context) -> tables.Reader:
    """Who reads: on pages without a login of ours the page itself says."""
    return context.get("reader") or tables.Reader.of(context["request"])


@register.simple_tag(takes_context=True)
def money(context: Context, minor: int, currency: str) -> str:
    """An amount in minor units, with its currency, as the reader writes it."""
    return tables.money_text(minor, currency, _reader(context))


@register.simple_tag(takes_context=True)
def number(context: Context, minor: int, currency: str) -> str:
    """An amount in minor units without its currency."""
    return tables.number_text(minor, currency, _reader(context))


@register.simple_tag(takes_context=True)
def day(context: Context, value: date | None) -> SafeString:
    """A day, as the reader writes it."""
    return tables.day_cell(value, _reader(context))


@register.simple_tag(takes_context=True)
def moment(context: Context, value: datetime | None) -> SafeString:
    """A moment in the reader's zone, with the zone named."""
    return tables.moment_cell(value, _reader(context))


@register.simple_tag
def state(label: str, tone: str = "gray") -> SafeString:
    """A badge with a dot."""
    return tables.badge(label, tone)


@register.filter
def initials(name: str) -> str:
    """The letters in a person's round sign: first and last name's first."""
    words = str(name).split()
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()


@register.filter
def finished(rows: list[tables.Row]) -> SafeString:
    """The finished rows of a table, one after the other."""
    return mark_safe("".join([row.html for row in rows]))  # noqa: S308 -- finished HTML


@register.filter
def may(user: Any, right: str) -> bool:
    """Whether the user holds the right of this name."""
    return bool(user.is_authenticated and user.may(right))


@register.filter
def has_route(name: str) -> bool:
    """Whether a page of this name exists."""
    try:
        reverse(name)
    except NoReverseMatch:
        return False
    return True


@register.simple_tag
def route(name: str, *args: str) -> str:
    """The address of a page that may not exist: empty then."""
    return _route(name, args, get_urlconf() or settings.ROOT_URLCONF, get_script_prefix())


@lru_cache(maxsize=512)
def _route(name: str, args: tuple[str, ...], urlconf: str, _prefix: str) -> str:
    """Looked up once: every page asks for dozens, and they stay the same."""
    try:
        return reverse(name, urlconf, args)
    except NoReverseMatch:
        return ""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the side navigation: its page, its words, its icon, the right it takes, its part of the menu.

    `also` names pages that lie elsewhere and belong to it all the same; `key` leads there after a g.
    """

    page: str
    label: str
    icon: str
    right: str = ""
    is_admin: bool = False
    counter: str = ""
    also: tuple[str, ...] = ()
    key: str = ""


ENTRIES = (
    Entry("dunning:today", "Today", "layout-dashboard", key="t"),
    Entry("purchases:list", "Purchases", "receipt-text", "search", key="p"),
    Entry("purchases:enter", "New order", "file-plus", "enter_order", key="n"),
    Entry(
        "purchases:review", "Review", "clipboard-check", "search", counter="review", also=("purchases:desk",), key="r"
    ),
    Entry("purchases:bank_lines", "Bank lines", "banknote", "payments", key="b"),
    Entry("customers:list", "Customers", "users", "search", key="c"),
    Entry("quotes:list", "Quotes", "file-pen-line", "quotes", key="q"),
    Entry("followups:list", "Follow-ups", "list-todo", "follow_ups", counter="followups", key="f"),
    Entry("taxexempt:list", "Tax exemptions", "landmark", "search", key="x"),
    Entry("errorlog:list", "Error log", "circle-alert", "errors", key="e"),
    Entry("mailing:list", "Outbox", "mail", "search", key="o"),
    Entry(
        "dunning:runs",
        "Dunning",
        "bell-ring",
        "search",
        key="d",
        also=(
            "dunning:why",
            "dunning:calendar",
            "dunning:as_of",
            "dunning:what_if",
            "dunning:ageing",
            "dunning:settings",
            "dunning:settings_of",
        ),
    ),
    Entry("purchases:revenue", "Revenue", "coins", "revenue", key="v"),
    Entry("partners:list", "Partners", "handshake", "search", key="a"),
    Entry("purchases:policy", "Policy", "sliders-horizontal", "policy", is_admin=True),
    Entry(
        "dunning:letters",
        "Letters",
        "file-text",
        "letters",
        is_admin=True,
        also=("mailing:texts", "mailing:texts_of", "mailing:text"),
    ),
    Entry("mailing:endpoints", "Notifications", "webhook", "policy", is_admin=True),
    Entry("purchases:products", "Products", "package", "products", is_admin=True),
    Entry("accounts:users", "Users", "user-cog", "users", is_admin=True),
)


@lru_cache(maxsize=64)
def _places(rights: frozenset[str], urlconf: str, _prefix: str) -> tuple[tuple[Entry, str], ...]:
    links = [(entry, _route(entry.page, (), urlconf, _prefix)) for entry in ENTRIES if entry.right in {"", *rights}]
    return tuple((entry, link) for entry, link in links if link)


def places(rights: frozenset[str]) -> tuple[tuple[Entry, str], ...]:
    """The pages of the side navigation that exist and that these rights open, with their addresses."""
    return _places(rights, get_urlconf() or settings.ROOT_URLCONF, get_script_prefix())


@register.simple_tag
def places_by_key(rights: frozenset[str]) -> list[Entry]:
    """The entries of the side navigation that a key leads to."""
    return [entry for entry, _link in places(rights) if entry.key]


@register.inclusion_tag("_navigation.html", takes_context=True)
def navigation(context: Context) -> dict[str, Any]:
    """The side navigation: only pages that exist and that the user may open; the current one is the nearest above."""
    request = context["request"]
    links = places(request.user.rights)
    above = [link for _entry, link in links if request.path == link or (link != "/" and request.path.startswith(link))]
    page = getattr(request.resolver_match, "view_name", "")
    current = next((link for entry, link in links if page in entry.also), "") or max(above, key=len, default="")
    return {
        "request": request,
        "user": request.user,
        "main": [(entry, link, link == current) for entry, link in links if not entry.is_admin],
        "admin": tuple((entry, link, link == current) for entry, link in links if entry.is_admin),
    }


@register.simple_tag(takes_context=True)
def query(context: Context, **changes: str | None) -> str:
    """The page's own address with some parameters changed; an empty value takes one out."""
    return tables.address(context["request"].GET, **{name: value or None for name, value in changes.items()})


@register.filter
def control(field: BoundField) -> SafeString:
    """A form field's widget in the house's look."""
    is_choice = isinstance(field.field.widget, Select)
    is_box = isinstance(field.field.widget, CheckboxInput)
    css = "form-check-input" if is_box else "form-select" if is_choice else "form-control"
    return field.as_widget(attrs={"class": css + (" is-invalid" if field.errors else "")})


@register.simple_tag(takes_context=True)
def percent(context: Context, value: Decimal) -> str:
    """A percentage with only the decimals it has; a dash for nothing."""
    if not value:
        return "–"
    return format_percent(value / 100, locale=tables.locale_of(_reader(context).language), decimal_quantization=False)


@register.filter
def language_name(code: str) -> str:
    """A language in words; an unknown code stays as it is."""
    try:
        return Locale.parse(code.replace("-", "_")).get_display_name("en") or code
    except (UnknownLocaleError, ValueError):
        return code


@register.filter
def country_name(code: str) -> str:
    """A country in words; an unknown code stays as it is."""
    return countries.name(code) or code


@register.filter
def is_web_link(value: str) -> bool:
    """Whether a stored address leads into the web."""
    return str(value).startswith(("https://", "http://"))


@register.filter
def is_own_link(value: str) -> bool:
    """Whether a stored address leads into this product."""
    return str(value).startswith("/") and not str(value).startswith("//")
