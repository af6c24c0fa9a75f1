"""How much of a partner's limit is used, now and over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import BigIntegerField, F, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThanOrEqual

from core.money import Money
from partners.models import Allowance, LimitEntry, LimitScope, Reservation

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from django.db.models import QuerySet

    from partners.models import Partner

WARN_AT_PERCENT = 80
MOST_POINTS = 400


def outstanding(partner: Partner) -> Money:
    """Sum the open amounts of a partner's orders, in the currency of the limit."""
    total = Reservation.objects.filter(partner=partner).aggregate(total=Sum("amount_minor"))["total"]
    return Money(total or 0, partner.currency)


def with_outstanding(partners: QuerySet[Partner]) -> QuerySet[Any]:
    """Add to each partner `outstanding_minor`: what its open orders take of the limit, in minor units."""
    sums = (
        Reservation.objects.filter(partner=OuterRef("pk"))
        .order_by()
        .values("partner")
        .annotate(total=Sum("amount_minor"))
        .values("total")
    )
    return partners.annotate(outstanding_minor=Coalesce(Subquery(sums, output_field=BigIntegerField()), 0))


def nearly_used(partners: QuerySet[Any]) -> QuerySet[Any]:
    """Narrow partners (`with_outstanding`) to those whose limit on all open orders is nearly used, or more."""
    # multiplied, not divided: databases divide whole numbers downwards
    is_near: Any = GreaterThanOrEqual(F("outstanding_minor") * 100, F("limit_minor") * WARN_AT_PERCENT)
    return partners.filter(is_near, scope=LimitScope.OUTSTANDING, limit_minor__gt=0)


def open_allowance(partner: Partner, gross: Money | None = None, *, on: date) -> Allowance | None:
    """Find the order over the limit that is allowed on the client's day `on`, if it is one for `gross`."""
    rows = Allowance.objects.filter(partner=partner, closed_at=None, valid_until__gte=on).select_related("by")
    if gross is not None:
        rows = rows.filter(amount_minor__gte=gross.minor)
    return rows.first()


@dataclass(frozen=True, slots=True)
class Exposure:
    """How a limit stands: what it is, what open orders take of it and what is left; minor units of `currency`."""

    limit_minor: int
    outstanding_minor: int
    currency: str

    @property
    def left_minor(self) -> int:
        """What another order may still take; negative when a lowered limit is exceeded."""
        return self.limit_minor - self.outstanding_minor

    @property
    def percent(self) -> int:
        """How much of the limit is used, rounded down so that 100 means nothing is left; 0 without a limit."""
        if self.limit_minor == 0:
            return 100 if self.outstanding_minor else 0
        return self.outstanding_minor * 100 // self.limit_minor

    @property
    def width(self) -> int:
        """The length of the bar, 0 to 100; a little is never nothing."""
        return max(min(self.percent, 100), 1 if self.outstanding_minor else 0)

    @property
    def level(self) -> str:
        """How close it is: `none` (no limit), `free`, `near` (four fifths are used) or `over` (nothing is left)."""
        if self.limit_minor == 0 and not self.outstanding_minor:
            return "none"
        if self.left_minor <= 0:
            return "over"
        return "near" if self.percent >= WARN_AT_PERCENT else "free"


def exposure_of(partner: Any) -> Exposure:
    """Say how the limit of a partner (`with_outstanding`) stands; per order, others take nothing of it."""
    used = partner.outstanding_minor if partner.scope == LimitScope.OUTSTANDING else 0
    return Exposure(partner.limit_minor, used, partner.currency)


@dataclass(frozen=True, slots=True)
class Point:
    """One corner of the picture, in its own units (x to the right, y down)."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Picture:
    """The outstanding amount and the limit over time, as steps in a box of `WIDTH` × `HEIGHT`."""

    used: str
    area: str
    limit: str
    first: datetime
    last: datetime
    top_minor: int
    highest_minor: int


WIDTH, HEIGHT, HEADROOM = 640, 140, 8


def exposure_picture(entries: Sequence[LimitEntry], *, at: datetime) -> Picture | None:
    """Draw the ledger of a limit, oldest entry first, up to `at`; None when there is nothing to draw."""
    if not entries or entries[0].at >= at:
        return None
    first, span = entries[0].at, (at - entries[0].at).total_seconds()
    highest = max(entry.outstanding_minor for entry in entries)
    top = max(highest, *(entry.limit_minor for entry in entries), 1)

    def place(moment: datetime, minor: int) -> Point:
        x = min((moment - first).total_seconds() / span, 1) * WIDTH
        return Point(round(x, 1), round(HEIGHT - minor / top * (HEIGHT - HEADROOM), 1))

    used = _steps([(entry.at, entry.outstanding_minor) for entry in entries], at, place)
    limit = _steps([(entry.at, entry.limit_minor) for entry in entries], at, place)
    return Picture(
        used=used,
        area=f"0,{HEIGHT} {used} {WIDTH},{HEIGHT}",
        limit=limit,
        first=first,
        last=at,
        top_minor=top,
        highest_minor=highest,
    )


def _steps(values: list[tuple[datetime, int]], at: datetime, place: Any) -> str:
    points: list[Point] = []
    for moment, minor in values:
        corner = place(moment, minor)
        if points:
            points.append(Point(corner.x, points[-1].y))
        points.append(corner)
    points.append(place(at, values[-1][1]))
    return " ".join(f"{point.x:g},{point.y:g}" for point in points)


def newest_entries(partner: Partner) -> list[LimitEntry]:
    """The newest lines of a partner's ledger, enough for a picture, oldest first."""
    entries = LimitEntry.objects.filter(partner=partner).order_by("-at", "-pk")[:MOST_POINTS]
    return list(reversed(entries))
