"""Filling key lists: a file or pasted lines, all of it or nothing, and what waited for keys is delivered at once."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from django.db import transaction

from core.history import record
from core.refused import Refused
from errorlog.services import settle_errors
from purchases.models import LicenseKey, Product, PurchaseItem
from purchases.services.delivery import ask_generator, awaiting_key, deliver_late, error_keys
from purchases.signals import stock_filled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from accounts.models import User

LIMIT_BYTES: Final = 2 * 1024 * 1024
LIMIT_KEYS: Final = 20_000
LONGEST_KEY: Final = 200
LINES_NAMED: Final = 8
HEADINGS: Final = frozenset({"key", "keys", "code", "license key", "licence key", "license", "licence", "serial"})
CHUNK: Final = 500


@dataclass(frozen=True, slots=True)
class KeyLine:
    """One key and the line of the list it stands in."""

    number: int
    code: str


@dataclass(frozen=True, slots=True)
class KeyList:
    """A list as read: each key once, and the lines that only repeat one."""

    lines: tuple[KeyLine, ...]
    repeated: tuple[int, ...] = ()


@dataclass(slots=True)
class Filling:
    """What filling a key list did: keys added, lines passed over, items delivered, keys left."""

    added: int = 0
    known: list[int] = field(default_factory=list)
    repeated: Sequence[int] = ()
    delivered: int = 0
    left: int = 0

    def __str__(self) -> str:
        sentences = [f"{_keys(self.added)} added."]
        if self.known:
            sentences.append(f"Already there: {name_lines(self.known)}.")
        if self.repeated:
            sentences.append(f"Repeated in the list: {name_lines(self.repeated)}.")
        if self.delivered:
            sentences.append(
                f"{_items(self.delivered)} that waited {'was' if self.delivered == 1 else 'were'} delivered."
            )
        return " ".join([*sentences, f"{_keys(self.left)} left."])


def _keys(number: int) -> str:
    return f"{number:,} key{'' if number == 1 else 's'}"


def _items(number: int) -> str:
    return f"{number:,} item{'' if number == 1 else 's'}"


def name_lines(numbers: Sequence[int]) -> str:
    """Name lines for people: `line 4`, `lines 1, 2 and 3`, the first few of many."""
    shown = [f"{number:,}" for number in numbers[:LINES_NAMED]]
    if len(numbers) > LINES_NAMED:
        return f"lines {', '.join(shown)} and {len(numbers) - LINES_NAMED:,} more"
    if len(shown) == 1:
        return f"line {shown[0]}"
    return f"lines {', '.join(shown[:-1])} and {shown[-1]}"


def decode(content: bytes) -> str:
    """Read the bytes of a key list as text.

    Raises Refused when it is empty, too large, or no text.
    """
    if not content.strip():
        raise Refused("The list is empty.", "empty")
    if len(content) > LIMIT_BYTES:
        raise Refused("The list is larger than 2 MB; split it.", "size")
    encoding = "utf-16" if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        raise Refused("The file is no text in UTF-8; save it as text or CSV first.", "encoding") from None
    if "\0" in text:
        raise Refused("The file is no text in UTF-8; save it as text or CSV first.", "encoding")
    return text


def read_keys(text: str, *, is_csv: bool = False) -> KeyList:
    """Read a key list: a key a line, or the first column of a CSV; blanks around keys and empty lines don't count.

    Raises Refused, naming lines, when there is no key, too many, or one is too long or holds what can't be printed.
    """
    found: dict[str, int] = {}
    repeated, wrong = [], []
    for number, code in _cells(text, is_csv=is_csv):
        if not code or (not found and code.casefold() in HEADINGS):
            continue
        if len(code) > LONGEST_KEY or not code.isprintable():
            wrong.append(number)
        elif code in found:
            repeated.append(number)
        else:
            found[code] = number
    if wrong:
        where = name_lines(wrong)
        message = f"Nothing was added: a key has at most {LONGEST_KEY} printable characters; look at {where}."
        raise Refused(message, "too_long")
    if not found:
        raise Refused("The list holds no key.", "empty")
    if len(found) > LIMIT_KEYS:
        message = f"The list holds {len(found):,} keys; at most {LIMIT_KEYS:,} are taken at a time."
        raise Refused(message, "too_many")
    return KeyList(tuple(KeyLine(number, code) for code, number in found.items()), tuple(repeated))


def _cells(text: str, *, is_csv: bool) -> Iterator[tuple[int, str]]:
    if not is_csv:
        yield from ((number, line.strip()) for number, line in enumerate(text.splitlines(), start=1))
        return
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(text.splitlines(), delimiter=delimiter)
    try:
        for row in reader:
            yield reader.line_num, row[0].strip() if row else ""
    except csv.Error:
        message = f"Line {reader.line_num} can't be read as CSV."
        raise Refused(message, "csv") from None


def fill_key_list(product: Product, *, keys: KeyList, by: User, at: datetime) -> Filling:
    """Add a list's new keys to a product, then deliver what waited for them, longest waiting first.

    The keys are added all or none; each waiting purchase is delivered by itself. Raises Refused for a product without
    a key list.
    """
    filling = _add(product, keys, by=by, at=at)
    filling.delivered = sum(deliver_late(item, by=by, at=at) for item in waiting_items(product))
    filling.left = LicenseKey.objects.filter(product=product, item=None).count()
    stock_filled.send(Product, product=product, left=filling.left, at=at)
    return filling


@transaction.atomic
def _add(product: Product, keys: KeyList, *, by: User, at: datetime) -> Filling:
    # The lock keeps a second upload of the same list from counting the same keys as new.
    product = Product.objects.lock(product)
    if product.delivery != "key":
        message = f"{product} is delivered as a download; it has no key list."
        raise Refused(message, "delivery")
    filling = Filling(repeated=keys.repeated)
    fresh = []
    for start in range(0, len(keys.lines), CHUNK):
        chunk = keys.lines[start : start + CHUNK]
        known = set(
            LicenseKey.objects.filter(product=product, code__in=[line.code for line in chunk])
            .order_by()
            .values_list("code", flat=True)
        )
        filling.known += [line.number for line in chunk if line.code in known]
        fresh += [LicenseKey(product=product, code=line.code) for line in chunk if line.code not in known]
    LicenseKey.objects.bulk_create(fresh, batch_size=CHUNK)
    filling.added = len(fresh)
    if fresh:
        record(product, by=by, at=at, reason=f"{_keys(filling.added)} added")
    return filling


def waiting_items(product: Product) -> list[PurchaseItem]:
    """List the items that still need a key of this product, longest waiting first."""
    rows = awaiting_key(PurchaseItem.objects.filter(product=product))
    return list(rows.select_related("purchase", "product", "key_request").order_by("purchase__released_at", "pk"))


@transaction.atomic
def ask_again(product: Product, *, by: User, at: datetime) -> int:
    """Ask a product's key generator anew for every item that waits, given up or not; say for how many.

    Raises Refused when the product has no generator or nothing waits.
    """
    if not product.generator_url:
        message = f"{product} has no key generator."
        raise Refused(message, "generator")
    items = waiting_items(product)
    if not items:
        raise Refused("No item waits for a key.", "nothing")
    for item in items:
        ask_generator(item, at=at)
    record(Product.objects.lock(product), by=by, at=at, reason=f"generator asked again for {_items(len(items))}")
    return len(items)


@transaction.atomic
def try_again(item: PurchaseItem, *, by: User, at: datetime) -> None:
    """Deliver an item's missing key now: from the list, else have the generator asked, its retries anew.

    Where no key is owed any more, the error log is told so. Raises Refused while the list is empty.
    """
    if deliver_late(item, by=by, at=at):
        return
    if not awaiting_key(PurchaseItem.objects.filter(pk=item.pk)).exists():
        settle_errors(*error_keys(item.purchase, item), by=by, at=at, note="no key is owed any more")
    elif item.product.generator_url:
        ask_generator(item, at=at)
    else:
        message = f"The key list of {item.product} is still empty: add keys, and it is delivered at once."
        raise Refused(message, "empty")
