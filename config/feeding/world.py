"""World files: clients with their policies, products, users and partners, read and checked as a whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import holidays
from babel import Locale
from stdnum import iban as iban_numbers
from stdnum.eu import vat as vat_numbers
from stdnum.exceptions import ValidationError as NumberError

from accounts.roles import CLIENT_ROLES, ROLES
from config.feeding.jsonfile import Node, Source, parse, read_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from core.money import Money

TYPES = ("COM", "GOV", "UNI", "NPR", "MIS")
TERMS = (14, 30, 60)
LANGUAGES = ("en", "de", "fr", "es", "ja")
PARTNER_STATUSES = ("in_review", "accepted", "rejected")
VAT_PREFIXES = frozenset(state.upper() for state in vat_numbers.MEMBER_STATES) - {"GR"} | {"EL"}
COUNTRIES = frozenset(code for code in map(str, Locale("en").territories) if code.isalpha() and len(code) == len("DE"))


@dataclass(frozen=True, slots=True)
class BankRow:
    """Where a client's customers pay to in one currency."""

    currency: str
    holder: str
    iban: str
    bic: str
    bank: str
    account: str


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """A client's purchase order policy; amounts by currency, a currency without an entry has no bound."""

    offered_at_checkout: bool
    on_request: bool
    eligible_types: tuple[str, ...]
    minimum: dict[str, Money]
    maximum: dict[str, Money]
    review: bool
    reviewer: str
    term_days: int
    delivery: str
    document_deadline_days: int
    dunning: bool
    cancel_step: bool
    cancel_after_business_days: int


@dataclass(frozen=True, slots=True)
class ClientRow:
    """A merchant, with bank accounts and policy."""

    slug: str
    name: str
    street: str
    postal_code: str
    city: str
    country: str
    subdivision: str
    time_zone: str
    language: str
    email: str
    bank_accounts: tuple[BankRow, ...]
    policy: PolicyRow
    phone: str = ""
    fax: str = ""
    vat_id: str = ""


@dataclass(frozen=True, slots=True)
class ProductRow:
    """What a client sells; `delivery` is `key` (license keys) or `download`."""

    client: str
    id: str
    name: str
    prices: dict[str, Money]
    delivery: str


@dataclass(frozen=True, slots=True)
class UserRow:
    """Who works here; no client means the platform."""

    username: str
    name: str
    email: str
    role: str
    client: str | None
    time_zone: str
    office: str
    department: str


@dataclass(frozen=True, slots=True)
class PartnerRow:
    """A reseller with its purchase order limit."""

    client: str
    code: str
    company: str
    status: str
    limit: Money
    month_end_statement: bool
    email: str


@dataclass(frozen=True, slots=True)
class World:
    """Everything a world file holds."""

    clients: tuple[ClientRow, ...]
    products: tuple[ProductRow, ...]
    users: tuple[UserRow, ...]
    partners: tuple[PartnerRow, ...]
    source: Source = field(default=Source("world", "{}"), compare=False)


def read_world(path: Path, *, known_clients: Iterable[str] = ()) -> World:
    """Read and check a world file; rows may name its own clients and `known_clients` (slugs already loaded).

    Raises BadInputError at the first thing that is wrong.
    """
    text = read_text(path)
    root = Node(parse(text, file=str(path)), (), Source(str(path), text))
    root.only(("clients", "products", "users", "partners"))
    clients = tuple(_client(node) for node in root.rows("clients", default=[]))
    _unique(root, "clients", "slug", [client.slug for client in clients])
    slugs = {client.slug for client in clients} | set(known_clients)
    products = tuple(_product(node, slugs) for node in root.rows("products", default=[]))
    _unique(
        root,
        "products",
        "id",
        [f"{product.client}: {product.id}" for product in products],
    )
    users = tuple(_user(node, slugs) for node in root.rows("users", default=[]))
    _unique(root, "users", "username", [user.username.casefold() for user in users])
    partners = tuple(_partner(node, slugs) for node in root.rows("partners", default=[]))
    _unique(root, "partners", "code", [partner.code for partner in partners])
    return World(clients, products, users, partners, root.source)


def _unique(root: Node, table: str, field: str, keys: list[str]) -> None:
    seen: dict[str, int] = {}
    for index, key in enumerate(keys):
        if key in seen:
            reason = f"{key!r} is already in {table}[{seen[key]}]"
            root.source.fail((table, index, field), reason)
        seen[key] = index


def _client(node: Node) -> ClientRow:
    node.only(ClientRow.__dataclass_fields__)
    country = _country(node)
    accounts = tuple(_bank(row) for row in node.rows("bank_accounts", default=[]))
    for index, account in enumerate(accounts):
        if account.currency in [earlier.currency for earlier in accounts[:index]]:
            node.source.fail(
                (*node.path, "bank_accounts", index, "currency"),
                f"{account.currency} is given twice",
            )
    return ClientRow(
        slug=_slug(node),
        name=node.text("name"),
        street=node.text("street"),
        postal_code=node.text("postal_code", limit=20, default=""),
        city=node.text("city", limit=100),
        country=country,
        subdivision=_subdivision(node, country),
        time_zone=_zone(node),
        language=node.choice("language", LANGUAGES),
        email=node.email("email"),
        bank_accounts=accounts,
        policy=_policy(node.child("policy")),
        phone=node.text("phone", limit=50, default=""),
        fax=node.text("fax", limit=50, default=""),
        vat_id=_vat_id(node),
    )


def _vat_id(node: Node) -> str:
    """Check a tax number: one of the EU by its check digits, any other is taken as it is."""
    number = node.text("vat_id", limit=30, default="")
    if number[:2] in VAT_PREFIXES and not vat_numbers.is_valid(number):
        node.fail("vat_id", f"{number!r} is not a VAT ID: its check digits are wrong")
    return number


def _slug(node: Node) -> str:
    slug = node.text("slug", limit=50)
    if not slug.isascii() or not slug.replace("-", "").replace("_", "").isalnum():
        node.fail("slug", f"{slug!r} may hold only letters, digits, hyphens and underscores")
    return slug


def _country(node: Node) -> str:
    code = node.text("country", limit=2)
    if code not in COUNTRIES:
        node.fail("country", f"{code!r} is not a country code (ISO 3166, two capital letters)")
    return code


def _subdivision(node: Node, country: str) -> str:
    """Check the state or province: its public holidays decide on which days orders are canceled."""
    code = node.text("subdivision", limit=10, default="")
    known = holidays.list_supported_countries(include_aliases=True).get(country, [])
    if code and known and code not in known:
        node.fail(
            "subdivision",
            f"{code!r} is not a subdivision of {country} with known holidays: {', '.join(known)}",
        )
    return code


def _zone(node: Node) -> str:
    name = node.text("time_zone", limit=64)
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        node.fail("time_zone", f"{name!r} is not a time zone such as Europe/Berlin")
    return name


def _bank(node: Node) -> BankRow:
    node.only(BankRow.__dataclass_fields__)
    iban = node.text("iban", limit=34, default="")
    if iban:
        try:
            iban_numbers.validate(iban, check_country=False)
        except NumberError:
            node.fail("iban", f"{iban!r} is not an IBAN: its check digits are wrong")
    return BankRow(
        currency=node.currency("currency"),
        holder=node.text("holder"),
        iban=iban,
        bic=node.text("bic", limit=11, default=""),
        bank=node.text("bank", default=""),
        account=node.text("account", limit=40, default=""),
    )


def _policy(node: Node) -> PolicyRow:
    node.only(PolicyRow.__dataclass_fields__)
    minimum = node.amounts("minimum", default={})
    maximum = node.amounts("maximum", default={})
    for currency, bound in maximum.items():
        if currency in minimum and bound < minimum[currency]:
            node.source.fail(
                (*node.path, "maximum", currency),
                f"{bound} is below the minimum {minimum[currency]}",
            )
    term = node.whole("term_days", low=1, high=365)
    if term not in TERMS:
        node.fail("term_days", f"must be 14, 30 or 60, not {term}")
    return PolicyRow(
        offered_at_checkout=node.flag("offered_at_checkout", default=True),
        on_request=node.flag("on_request", default=True),
        eligible_types=tuple(node.choices("eligible_types", TYPES)),
        minimum=minimum,
        maximum=maximum,
        review=node.flag("review", default=True),
        reviewer=node.choice("reviewer", ("client", "platform")),
        term_days=term,
        delivery=node.choice("delivery", ("immediate", "prepaid")),
        document_deadline_days=node.whole("document_deadline_days", low=1, high=365),
        dunning=node.flag("dunning", default=True),
        cancel_step=node.flag("cancel_step", default=True),
        cancel_after_business_days=node.whole("cancel_after_business_days", low=2, high=3, default=3),
    )


def _known_client(node: Node, slugs: set[str]) -> str:
    slug = node.text("client", limit=50)
    if slug not in slugs:
        node.fail("client", f"there is no client {slug!r}")
    return slug


def _product(node: Node, slugs: set[str]) -> ProductRow:
    node.only(ProductRow.__dataclass_fields__)
    prices = node.amounts("prices")
    if not prices:
        node.fail("prices", "holds no price")
    return ProductRow(
        client=_known_client(node, slugs),
        id=node.text("id", limit=60),
        name=node.text("name"),
        prices=prices,
        delivery=node.choice("delivery", ("key", "download"), default="key"),
    )


def _user(node: Node, slugs: set[str]) -> UserRow:
    node.only(UserRow.__dataclass_fields__)
    role = node.choice("role", tuple(ROLES))
    client = _known_client(node, slugs) if node.has("client") else None
    if client is None and not ROLES[role].is_platform:
        node.fail("client", f"a {role} belongs to a client")
    if client is not None and role not in CLIENT_ROLES:
        node.fail("client", f"a {role} belongs to the platform, not to a client")
    return UserRow(
        username=node.text("username", limit=150),
        name=node.text("name"),
        email=node.email("email"),
        role=role,
        client=client,
        time_zone=_zone(node),
        office=node.text("office", limit=100, default=""),
        department=node.text("department", limit=100, default=""),
    )


def _partner(node: Node, slugs: set[str]) -> PartnerRow:
    fields = {*PartnerRow.__dataclass_fields__, "currency"}
    node.only(fields)
    currency = node.currency("currency")
    limit = node.money("limit", currency)
    if limit.minor < 0:
        node.fail(
            "limit",
            "must not be below zero; 0 means that purchase orders are not offered",
        )
    return PartnerRow(
        client=_known_client(node, slugs),
        code=node.text("code", limit=40),
        company=node.text("company", limit=300),
        status=node.choice("status", PARTNER_STATUSES),
        limit=limit,
        month_end_statement=node.flag("month_end_statement", default=False),
        email=node.email("email", default=""),
    )
