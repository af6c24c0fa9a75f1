"""A year of business that ends today, made up from a seed: what customers order, send, pay and forget.

First come the *set pieces*: orders placed so that today something of everything is on the desk (documents waiting for
review, every step of the ladder, holds, promises, part payments, partners near their limit). The rest is ordinary
business of the past twelve months. Everything is an event, played through the same services as a replay.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from random import Random
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from faker import Faker

from config.feeding.demo_world import DEMO_WORLD, LANDS, NEARLY_FULL, REVIEWERS, TAX_PERCENT, Land
from config.feeding.events import (
    Cancel,
    CustomerRow,
    DocumentReceived,
    Event,
    Fact,
    Hold,
    ItemRow,
    KeepActive,
    Order,
    Payment,
    Promise,
    Refund,
    Resume,
    Review,
)
from core.money import LineAmounts, Money, line_amounts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from config.feeding.world import ClientRow, PartnerRow

DAYS = 365
AT_HOME = 0.85
"""How many customers sit in their client's country."""
SET_PIECES_SHARE = 0.45
PDN_2, PDN_3, NOTIFICATION = 14, 28, 35
"""Days after the due date on which the steps of the ladder fall."""
NAMES = {
    "order": Order,
    "document": DocumentReceived,
    "cancel": Cancel,
    "payment": Payment,
    "refund": Refund,
    "hold": Hold,
    "resume": Resume,
    "promise": Promise,
    "keep_active": KeepActive,
}
REJECTED_BECAUSE = ("not on company letterhead", "no signature", "amounts differ from the order")
HELD_BECAUSE = ("customer disputes the delivery", "waiting for a corrected invoice", "price under negotiation")
LETTERHEAD = "letterhead.pdf"
"""The file name under which a demo document is made when it is received."""


@dataclass(slots=True)
class Story:
    """One order and what happens to it, until now."""

    number: str
    client: ClientRow
    now: datetime
    order: Order
    ordered_at: datetime
    events: list[Event] = field(default_factory=list)

    @property
    def gross(self) -> Money:
        """What the order costs."""
        return gross(self.order)

    def add(self, at: datetime, fact: Fact) -> bool:
        """Let something happen, unless it lies in the future; says whether it did."""
        if at > self.now:
            return False
        name = fact.act if isinstance(fact, Review) else next(key for key, kind in NAMES.items() if kind is type(fact))
        self.events.append(Event(0, at, name, self.number, fact))
        return True

    def moment(self, day: date, hour: int, minute: int = 0) -> datetime:
        """A moment of the client's day."""
        return datetime.combine(day, time(hour, minute), ZoneInfo(self.client.time_zone))

    def release(self, at: datetime) -> bool:
        """Let the policy's reviewer release."""
        reviewer = REVIEWERS[self.client.policy.reviewer].format(slug=self.client.slug)
        return self.add(at, Review("release", reviewer, "letterhead and amounts checked", ""))

    def pay(self, at: datetime, amount: Money, *, suffix: str = "") -> bool:
        """Let money arrive by bank."""
        return self.add(at, Payment(amount, "wire", f"{self.number}{suffix}", ""))

    def due_on(self, released_on: date) -> date:
        """The day on which the money is due."""
        return released_on + timedelta(days=self.client.policy.term_days)


def gross(order: Order) -> Money:
    """Add up an order as the product will."""
    total = sum(_line(order, item).gross for item in order.items)
    return Money(total, order.currency)


def _line(order: Order, item: ItemRow) -> LineAmounts:
    price = PRICES[order.client, item.product][order.currency]
    return line_amounts(
        unit_minor=price.minor,
        quantity=item.quantity,
        discount_percent=item.discount_percent,
        tax_percent=order.tax_percent,
    )


PRICES = {(product.client, product.id): product.prices for product in DEMO_WORLD.products}
CLIENTS = {client.slug: client for client in DEMO_WORLD.clients}
PARTNERS = {partner.code: partner for partner in DEMO_WORLD.partners}


class People:
    """Who buys: a pool of customers per client, most of them from the client's own country."""

    def __init__(self, random: Random, *, per_client: int, first: int = 100) -> None:
        self.random = random
        self.fakers = {name: Faker(land.locale) for name, land in LANDS.items()}
        for faker in self.fakers.values():
            faker.seed_instance(random.getrandbits(32))
        self.serial = first
        self.pools = {client.slug: [self.newcomer(client) for _ in range(per_client)] for client in CLIENTS.values()}

    def _land(self, client: ClientRow) -> Land:
        home = self.random.random() < AT_HOME
        return LANDS[client.language if home else self.random.choice(list(LANDS))]

    def pick(self, client: ClientRow) -> CustomerRow:
        """Choose a customer of the client."""
        return self.random.choice(self.pools[client.slug])

    def newcomer(self, client: ClientRow) -> CustomerRow:
        """Make up one more customer of the client, who is in no pool."""
        return self._customer(self._land(client))

    def _customer(self, land: Land) -> CustomerRow:
        fake, place = self.fakers[land.language], self.random.choice(land.places)
        self.serial += 1
        return CustomerRow(
            company=fake.company(),
            first_name=fake.first_name(),
            last_name=fake.last_name(),
            email=f"{land.mailbox}@customer-{self.serial}.example",
            phone=fake.phone_number() if land.language != "en" else f"+1 312 555 {self.random.randint(100, 199):04}",
            fax="",
            street=self._street(land, fake),
            postal_code=place.postal_code,
            city=place.city,
            country=land.country,
            state=place.state,
            type=self.random.choices(("COM", "GOV", "UNI", "NPR", "MIS"), (62, 10, 16, 8, 4))[0],
            language=land.language,
            vat_id="",
        )

    def _street(self, land: Land, fake: Faker) -> str:
        if land.language == "ja":
            return f"{fake.town()}{self.random.randint(1, 8)}-{self.random.randint(1, 20)}-{self.random.randint(1, 30)}"
        return fake.street_address().replace("\n", ", ")


class DemoYear:
    """Makes up the stories; the same seed on the same day makes up the same ones."""

    def __init__(self, *, seed: int, now: datetime, purchases: int) -> None:
        self.random, self.now, self.purchases = Random(seed), now, purchases
        self.people = People(self.random, per_client=max(8, min(200, purchases // 12)))
        self.number = 100_000

    def events(self) -> list[Event]:
        """All events of the year, in order of their moment."""
        pieces = list(islice(self._set_pieces(), int(self.purchases * SET_PIECES_SHARE)))
        ordinary = [self._ordinary() for _ in range(self.purchases - len(pieces))]
        events = [event for story in (*pieces, *ordinary) for event in story.events]
        events.sort(key=lambda event: (event.at, event.order))
        return [replace(event, line=number) for number, event in enumerate(events, start=1)]

    # Orders

    def story(
        self,
        client: ClientRow,
        at: datetime,
        *,
        channel: str = "checkout",
        payment: str = "po",
        partner: PartnerRow | None = None,
        test: bool = False,
        items: tuple[ItemRow, ...] = (),
    ) -> Story:
        """Place an order; what is outside the client's policy is paid by wire instead."""
        customer = self.people.pick(client)
        currency = partner.limit.currency if partner else next(iter(self._prices(client)))
        if partner:
            customer = replace(customer, company=partner.company, email=partner.email, type="COM")
        order = Order(
            client=client.slug,
            channel=channel,
            payment=payment,
            currency=currency,
            customer=customer,
            delivery=None,
            licensee=None,
            po_number=f"{self.random.randint(10, 99)}-{self.random.randint(10_000, 99_999)}" if payment == "po" else "",
            partner=partner.code if partner else "",
            test=test,
            x_parameters={"x-campaign": self.random.choice(("spring", "edu", "webinar"))} if self.happens(0.15) else {},
            tax_percent=Decimal(TAX_PERCENT[client.country] if customer.country == client.country else "0"),
            items=items or self._items(client, currency),
        )
        if channel == "checkout" and payment == "po":
            order = self._within_policy(client, order)
        self.number += 1
        story = Story(f"N-{self.number}", client, self.now, order, at)
        story.add(at, order)
        return story

    def _prices(self, client: ClientRow) -> dict[str, Money]:
        return next(product.prices for product in DEMO_WORLD.products if product.client == client.slug)

    def _items(self, client: ClientRow, currency: str) -> tuple[ItemRow, ...]:
        products = [p for p in DEMO_WORLD.products if p.client == client.slug and currency in p.prices]
        chosen = self.random.sample(products, min(len(products), self.random.choices((1, 2, 3), (60, 30, 10))[0]))
        return tuple(
            ItemRow(
                product=product.id,
                quantity=self.random.choices((1, 2, 3, 5, 10, 25), (30, 20, 15, 18, 12, 5))[0],
                unit_price=None,
                discount_percent=Decimal(self.random.choices(("0", "5", "10", "7.5"), (80, 8, 8, 4))[0]),
            )
            for product in chosen
        )

    def _within_policy(self, client: ClientRow, order: Order) -> Order:
        policy, total = client.policy, gross(order)
        low, high = policy.minimum.get(order.currency), policy.maximum.get(order.currency)
        while low is not None and total < low:
            items = tuple(replace(item, quantity=item.quantity + 2) for item in order.items)
            order = replace(order, items=items)
            total = gross(order)
        while high is not None and high < total:
            items = tuple(replace(item, quantity=max(1, item.quantity // 2)) for item in order.items[:1])
            order = replace(order, items=items)
            total = gross(order)
        if order.customer.type not in policy.eligible_types:
            order = replace(order, customer=replace(order.customer, type="COM"))
        return order

    # Chance and moments

    def happens(self, chance: float) -> bool:
        """Throw the dice: true in so many of all cases."""
        return self.random.random() < chance

    def office_moment(self, client: ClientRow, days_ago: float) -> datetime:
        """A moment of the client's working hours, about so many days ago."""
        zone = ZoneInfo(client.time_zone)
        day = (self.now - timedelta(days=days_ago)).astimezone(zone).date()
        return datetime.combine(day, time(self.random.randint(8, 17), self.random.randint(0, 59)), zone)

    def later(self, at: datetime, low_hours: float, high_hours: float) -> datetime:
        """Some time after `at`, to the minute."""
        return at + timedelta(minutes=round(self.random.uniform(low_hours, high_hours) * 60))

    def today(self, client: ClientRow) -> date:
        """The client's day today."""
        return self.now.astimezone(ZoneInfo(client.time_zone)).date()

    # Ordinary business

    def _ordinary(self) -> Story:
        client = self.random.choices(list(CLIENTS.values()), (28, 20, 18, 16, 18))[0]
        at = self.office_moment(client, self.random.triangular(1, DAYS - 1, 120))
        kind = self.random.choices(("checkout", "partner", "offline", "wire"), (56, 10, 12, 22))[0]
        if kind == "partner":
            return self._partner_order(client, at)
        if kind == "wire":
            return self._wire_order(client, at)
        story = self.story(client, at, channel=kind, test=self.happens(0.03))
        released = self._review(story, reviewed=kind == "offline" or client.policy.review)
        if released is not None:
            self._settle(story, released)
        return story

    def _partner_order(self, client: ClientRow, at: datetime) -> Story:
        mine = [p for p in DEMO_WORLD.partners if p.client == client.slug and p.status == "accepted"]
        partner = self.random.choice(mine)
        if partner.code in NEARLY_FULL:
            at = min(at, self.office_moment(client, 80))
        product = next(p for p in DEMO_WORLD.products if p.client == client.slug and p.delivery == "key")
        items = (ItemRow(product.id, self.random.randint(1, 4), None, Decimal(0)),)
        story = self.story(client, at, channel="partner", partner=partner, items=items)
        story.pay(self.later(at, 24 * 6, 24 * 40), story.gross)
        return story

    def _wire_order(self, client: ClientRow, at: datetime) -> Story:
        channel = "offline" if self.happens(0.3) else "checkout"
        story = self.story(client, at, channel=channel, payment=self.random.choice(("wire", "wire", "check")))
        fate = self.random.choices(("paid", "converted", "forgotten"), (72, 12, 16))[0]
        if fate == "paid":
            story.pay(self.later(at, 40, 24 * 20), story.gross)
        elif fate == "converted":
            received = self.later(at, 20, 120)
            story.add(received, DocumentReceived("email", ""))
            converted = self.later(received, 2, 30)
            story.add(converted, Review("convert", "rep", "customer sent a purchase order", f"PO/{self.number}"))
            released = self.later(converted, 2, 40)
            if story.release(released):
                self._settle(story, released)
        return story

    def _review(self, story: Story, *, reviewed: bool) -> datetime | None:
        """Receive the document and release; says when, or nothing when it wasn't (yet)."""
        at = story.ordered_at
        if not reviewed:
            return at
        fate = self.random.choices(("silence", "rejected", "released"), (6, 4, 90))[0]
        if fate == "silence":
            return None
        received = self.later(at, 1, 100)
        if not story.add(
            received, DocumentReceived(self.random.choice(("email", "email", "fax", "letter", "upload")), "")
        ):
            return None
        decided = self.later(received, 1, 60)
        if fate == "rejected":
            reviewer = REVIEWERS[story.client.policy.reviewer].format(slug=story.client.slug)
            story.add(decided, Review("reject", reviewer, self.random.choice(REJECTED_BECAUSE), ""))
            return None
        return decided if story.release(decided) else None

    def _settle(self, story: Story, released: datetime) -> None:
        """Let the customer pay in time, late, in parts, or never."""
        term = story.client.policy.term_days
        fate = self.random.choices(
            ("early", "late", "later", "last", "parts", "never", "cancel"), (50, 22, 8, 5, 5, 7, 3)
        )[0]
        spans = {"early": (3, term), "late": (term, term + 13), "later": (term + 14, term + 27)}
        if fate in spans or fate == "last":
            low, high = spans.get(fate, (term + PDN_3, term + NOTIFICATION))
            paid = self.later(released, 24 * low, 24 * high)
            if story.pay(paid, story.gross) and self.happens(0.06):
                self._refund(story, paid)
        elif fate == "parts":
            first = Money(story.gross.minor // 2, story.gross.currency)
            if first and story.pay(self.later(released, 24 * 5, 24 * term), first, suffix="a"):
                story.pay(self.later(released, 24 * term, 24 * (term + 40)), story.gross - first, suffix="b")
        elif fate == "cancel":
            story.add(self.later(released, 30, 24 * 10), Cancel("rep", "customer withdrew the order"))

    def _refund(self, story: Story, paid: datetime) -> None:
        at = self.later(paid, 24, 24 * 9)
        if self.happens(0.5):
            story.add(at, Refund("finance", None, "customer unwanted"))
        else:
            part = Money(max(1, story.gross.minor // 5), story.gross.currency)
            story.add(at, Refund("finance", part.amount, "price correction"))

    # Set pieces

    def _set_pieces(self) -> Iterator[Story]:
        """What shall be on the desk today, the most telling first."""
        elbtor, prairie, lettre, sendero, aozora = CLIENTS.values()
        reviewed = (elbtor, aozora, sendero, prairie)
        more: tuple[tuple[Callable[[ClientRow], Story], ...], ...] = (
            (self._part_paid, self._held, self._promised),
            (self._reminded, self._no_document, self._test_order),
            (self._kept_active, self._held_until, self._part_paid),
            (self._reminded_twice, self._unconverted, self._promise_broken),
            (self._test_order, self._reminded, self._unconverted),
            (self._resumed, self._part_paid, self._held),
            (self._promised, self._kept_active, self._resumed),
        )
        for number in range(16):
            yield self._waiting(reviewed[number % len(reviewed)])
            if number < len(CLIENTS):
                steps = zip(CLIENTS.values(), self._steps(number), strict=True)
                yield from (self._overdue(client, step) for client, step in steps)
            if number < len(more):
                yield from (
                    piece(client) for piece, client in zip(more[number], (elbtor, sendero, lettre), strict=True)
                )
        for code in NEARLY_FULL:
            yield from self._fill(PARTNERS[code])
        yield self._partner_unpaid(PARTNERS["P-ELB-1"])
        yield self._partner_unpaid(PARTNERS["P-AOZ-1"])

    def _steps(self, turn: int) -> tuple[int, ...]:
        """Days after the due date for the five clients, so that each turn shows other steps."""
        days = (4, PDN_2 + 4, PDN_3 + 4, NOTIFICATION + 1, -6)
        return tuple(days[(turn + shift) % len(days)] for shift in range(len(days)))

    def _waiting(self, client: ClientRow) -> Story:
        """A document lies there and nobody has looked at it yet."""
        at = self.office_moment(client, self.random.uniform(2, 6))
        story = self.story(client, at, channel=self.random.choice(("checkout", "checkout", "offline")))
        latest = (self.now - at) / timedelta(hours=1)
        channel = self.random.choice(("email", "upload", "fax"))
        story.add(self.later(at, 1, latest - 0.5), DocumentReceived(channel, LETTERHEAD))
        return story

    def _released(self, client: ClientRow, days_after_due: int) -> tuple[Story, date]:
        """An accepted order whose due date was so many days ago."""
        released_on = self.today(client) - timedelta(days=client.policy.term_days + days_after_due)
        days_ago = client.policy.term_days + days_after_due + (2 if client.policy.review else 0)
        story = self.story(client, self.office_moment(client, days_ago))
        if client.policy.review:
            story.add(self.later(story.ordered_at, 1, 12), DocumentReceived("email", ""))
            story.release(story.moment(released_on, 10, self.random.randint(0, 59)))
        return story, story.due_on(released_on)

    def _overdue(self, client: ClientRow, days_after_due: int) -> Story:
        return self._released(client, days_after_due)[0]

    def _part_paid(self, client: ClientRow) -> Story:
        story, due = self._released(client, PDN_2 + 6)
        part = Money(story.gross.minor * 2 // 5, story.gross.currency)
        story.pay(story.moment(due + timedelta(days=5), 9), part, suffix="a")
        return story

    def _held(self, client: ClientRow) -> Story:
        story, due = self._released(client, PDN_2 + 5)
        reason = self.random.choice(HELD_BECAUSE)
        story.add(story.moment(due + timedelta(days=10), 11), Hold("rep", reason, None))
        return story

    def _held_until(self, client: ClientRow) -> Story:
        story, due = self._released(client, 9)
        reason = self.random.choice(HELD_BECAUSE)
        until = self.today(client) + timedelta(days=12)
        story.add(story.moment(due + timedelta(days=6), 11), Hold("rep", reason, until))
        return story

    def _resumed(self, client: ClientRow) -> Story:
        story, due = self._released(client, PDN_3 + 2)
        story.add(story.moment(due + timedelta(days=3), 11), Hold("rep", self.random.choice(HELD_BECAUSE), None))
        story.add(story.moment(due + timedelta(days=21), 15), Resume("rep", "settled with the customer"))
        return story

    def _promised(self, client: ClientRow) -> Story:
        story, due = self._released(client, PDN_2 + 3)
        until = self.today(client) + timedelta(days=5)
        story.add(story.moment(due + timedelta(days=8), 14), Promise("finance", until))
        return story

    def _promise_broken(self, client: ClientRow) -> Story:
        story, due = self._released(client, PDN_2 + 8)
        story.add(story.moment(due + timedelta(days=4), 14), Promise("finance", self.today(client) - timedelta(days=5)))
        return story

    def _kept_active(self, client: ClientRow) -> Story:
        story, due = self._released(client, NOTIFICATION + 9)
        story.add(story.moment(due + timedelta(days=NOTIFICATION), 16), KeepActive())
        return story

    def _test_order(self, client: ClientRow) -> Story:
        story = self.story(client, self.office_moment(client, 5), test=True)
        self._review(story, reviewed=client.policy.review)
        return story

    def _reminded(self, client: ClientRow) -> Story:
        return self.story(client, self.office_moment(client, 9), payment="wire")

    def _reminded_twice(self, client: ClientRow) -> Story:
        return self.story(client, self.office_moment(client, 17), payment="check", channel="offline")

    def _unconverted(self, client: ClientRow) -> Story:
        story = self.story(client, self.office_moment(client, 4), payment="wire")
        story.add(self.later(story.ordered_at, 2, 30), DocumentReceived("email", LETTERHEAD))
        return story

    def _no_document(self, client: ClientRow) -> Story:
        return self.story(client, self.office_moment(client, 21), channel="offline")

    def _fill(self, partner: PartnerRow) -> Iterator[Story]:
        """Two open orders that together use more than nine tenths of the limit."""
        client, currency = CLIENTS[partner.client], partner.limit.currency
        cheap = min((p for p in DEMO_WORLD.products if p.client == client.slug), key=lambda p: p.prices[currency].minor)
        unit = cheap.prices[currency].minor * (100 + int(TAX_PERCENT[client.country])) / 100
        left = partner.limit.minor * 0.96
        for days_ago, share in ((9, 0.6), (3, 1)):
            items = (ItemRow(cheap.id, int(left * share / unit), None, Decimal(0)),)
            at = self.office_moment(client, days_ago)
            story = self.story(client, at, channel="partner", partner=partner, items=items)
            left -= story.gross.minor
            yield story

    def _partner_unpaid(self, partner: PartnerRow) -> Story:
        client = CLIENTS[partner.client]
        return self.story(client, self.office_moment(client, 50), channel="partner", partner=partner)
