"""Writing a world through the services: all of it or nothing, and nothing twice."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import asdict, dataclass
from random import Random, SystemRandom
from typing import TYPE_CHECKING, Any

from django.db import transaction

from accounts.selectors import client_by_slug
from accounts.services import (
    BankDetails,
    ClientDetails,
    UserDetails,
    save_bank_account,
    save_client,
    save_department,
    save_user,
)
from core.refused import Refused
from partners.services import save_partner
from purchases.models import DeliveryKind, LicenseKey
from purchases.services.delivery import add_keys
from purchases.services.policy import set_policy
from purchases.services.products import save_product

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from accounts.models import Client, User
    from config.feeding.world import BankRow, ClientRow, PartnerRow, PolicyRow, ProductRow, UserRow, World

KEYS = 1_000
"""Unused keys in a fresh key list; one key covers an item, whatever its quantity."""
KEY_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""No letters and digits that look alike: customers type license keys."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """How much a world named, and how many license keys were made for it."""

    clients: int
    products: int
    users: int
    partners: int
    keys: int

    def __str__(self) -> str:
        named = f"{self.clients} clients, {self.products} products, {self.users} users, {self.partners} partners"
        return f"{named}; {self.keys} license keys made"


class _Loader:
    """One run over a world: who does it, when, and which clients are known by now."""

    def __init__(self, world: World, *, keys: int, by: User | None, at: datetime, random: Random) -> None:
        self.world, self.keys, self.by, self.at, self.random = world, keys, by, at, random
        self.clients: dict[str, Client] = {}
        self.keys_made = 0

    @contextmanager
    def row(self, table: str, index: int) -> Iterator[None]:
        """Turn a refusal into a complaint about this row of the file."""
        try:
            yield
        except Refused as error:
            self.world.source.fail((table, index), str(error))

    def run(self) -> Loaded:
        """Write everything, in the order in which rows need each other."""
        self.each("clients", self.world.clients, self.save_client)
        self.each("products", self.world.products, self.save_product)
        self.each("users", self.world.users, self.save_user)
        self.each("partners", self.world.partners, self.save_partner)
        world = self.world
        return Loaded(
            len(world.clients), len(world.products), len(world.users), len(world.partners), keys=self.keys_made
        )

    def each(self, table: str, rows: tuple[Any, ...], save: Callable[[Any], None]) -> None:
        """Write one table."""
        for index, row in enumerate(rows):
            with self.row(table, index):
                save(row)

    def client(self, slug: str) -> Client:
        """Find a client of this world, or one that was there before."""
        if slug not in self.clients:
            found = client_by_slug(slug)
            if found is None:
                message = f"There is no client {slug}."
                raise Refused(message, "client")
            self.clients[slug] = found
        return self.clients[slug]

    def save_client(self, row: ClientRow) -> None:
        """Write a client with its bank accounts and the newest version of its policy."""
        details = ClientDetails(**{name: getattr(row, name) for name in ClientDetails.__dataclass_fields__})
        client = save_client(row.slug, details=details, by=self.by, at=self.at)
        for account in row.bank_accounts:
            save_bank_account(client, currency=account.currency, details=_bank_details(account), by=self.by, at=self.at)
        set_policy(client, values=_policy_values(row.policy), by=self.by, at=self.at)
        self.clients[row.slug] = client

    def save_product(self, row: ProductRow) -> None:
        """Write a product; an empty key list is filled, so that orders can be delivered."""
        product = save_product(
            self.client(row.client),
            code=row.id,
            name=row.name,
            prices=list(row.prices.values()),
            delivery=row.delivery,
            by=self.by,
            at=self.at,
        )
        if row.delivery == DeliveryKind.KEY and not LicenseKey.objects.filter(product=product, item=None).exists():
            self.keys_made += add_keys(product, [_new_key(row.id, self.random) for _ in range(self.keys)])

    def save_user(self, row: UserRow) -> None:
        """Write a user with office and department."""
        client = self.client(row.client) if row.client else None
        department = save_department(client, office=row.office, name=row.department) if row.office else None
        details = UserDetails(
            name=row.name,
            email=row.email,
            role=row.role,
            client=client,
            time_zone=row.time_zone,
            department=department,
        )
        save_user(row.username, details=details, by=self.by, at=self.at)

    def save_partner(self, row: PartnerRow) -> None:
        """Write a partner with its limit."""
        save_partner(
            self.client(row.client),
            code=row.code,
            company=row.company,
            status=row.status,
            limit=row.limit,
            email=row.email,
            month_end_statement=row.month_end_statement,
            by=self.by,
            at=self.at,
        )


@transaction.atomic
def load_world(world: World, *, keys: int, by: User | None, at: datetime, random: Random | None = None) -> Loaded:
    """Register what a world names, or change what differs, in one transaction; loading it twice writes nothing new.

    A product that delivers keys and has none left gets `keys` generated ones, unguessable unless `random` is given.
    Raises BadInputError when a rule of the product refuses a row.
    """
    return _Loader(world, keys=keys, by=by, at=at, random=random or SystemRandom()).run()


def _bank_details(row: BankRow) -> BankDetails:
    values = asdict(row)
    del values["currency"]
    return BankDetails(**values)


def _policy_values(row: PolicyRow) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in row.__dataclass_fields__}
    amounts = {
        bound: {currency: money.minor for currency, money in values[bound].items()} for bound in ("minimum", "maximum")
    }
    return values | amounts | {"eligible_types": list(row.eligible_types)}


def _new_key(product: str, random: Random) -> str:
    """Generate a license key such as `CAD-PRO-7K2MX-Q9RTD-4HJWB`."""
    letters = "".join(random.choices(KEY_LETTERS, k=15))
    return f"{product}-{letters[:5]}-{letters[5:10]}-{letters[10:]}"
