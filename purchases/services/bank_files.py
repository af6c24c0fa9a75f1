"""Reading a bank's statement file: CAMT.053 and MT940 into plain movements; anything odd is refused with its line.

No database and no clock here: bytes in, values out. MT940 is read by the `mt-940` package. For CAMT.053 the packages at
hand skip what they do not expect or compute with floating point, so the XML is read here, by lxml with entities off.
"""

from __future__ import annotations

import re
from bisect import bisect
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final, TypeGuard

from babel.numbers import is_currency
from lxml import etree
from mt940.models import Transactions
from mt940.options import Options

from core.lengths import one_line
from core.money import Money
from core.refused import Refused
from purchases.models import StatementFormat

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from decimal import Decimal

LIMIT_BYTES: Final = 10 * 1024 * 1024
LIMIT_LINES: Final = 20_000
TEXT_LENGTH: Final = 1000
NAME_LENGTH: Final = 200
ACCOUNT_LENGTH: Final = 40
LARGEST: Final = 10**15
CAMT_NAMESPACE: Final = re.compile(r"urn:iso:std:iso:20022:tech:xsd:(camt\.\d{3})\.001\.(\d{2})")
CAMT_VERSIONS: Final = frozenset(f"{number:02d}" for number in range(2, 14))
CAMT_AMOUNT: Final = re.compile(r"\d{1,15}(\.\d{0,5})?")
CAMT_DAY: Final = re.compile(r"(\d{4}-\d{2}-\d{2})(T.*|Z|[+-]\d{2}:\d{2})?")
NO_REFERENCE: Final = frozenset({"", "NOTPROVIDED", "NONREF", "NOREF"})


class UnreadableError(Exception):
    """A file can't be read any further; `line` is counted from 1, 0 is the file as a whole."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line
        self.reason = reason

    def refusal(self, filename: str) -> Refused:
        """The sentence for the person who sent the file."""
        place = f"{filename}, line {self.line}" if self.line else filename
        return Refused(f"{place}: {self.reason}; nothing was imported.", "file")


@dataclass(frozen=True, slots=True)
class Movement:
    """Money that moved on an account: negative went out. `line` is where the file says so, counted from 1."""

    line: int
    booked_on: date
    amount: Money
    payer: str = ""
    account: str = ""
    text: str = ""
    reference: str = ""

    @property
    def amount_minor(self) -> int:
        """What moved, in minor units."""
        return self.amount.minor

    def shortened(self) -> Movement:
        """The same, on single lines that fit their columns."""
        return replace(
            self,
            payer=one_line(self.payer)[:NAME_LENGTH],
            account=plain_account(self.account)[:ACCOUNT_LENGTH],
            text=one_line(self.text)[:TEXT_LENGTH],
            reference=one_line(self.reference),
        )


@dataclass(frozen=True, slots=True)
class StatementFile:
    """What a file says: whose account in which currency, and what moved on it, in the file's order."""

    format: str
    account: str
    currency: str
    movements: tuple[Movement, ...]


def plain_account(text: str) -> str:
    """An account number without spaces, in capitals."""
    return "".join(text.split()).upper()


def format_of(filename: str, content: bytes) -> str:
    """Tell the format of a file by what stands in it; raises Refused when it is no statement at all."""
    try:
        return _format_of(filename, content)
    except UnreadableError as bad:
        raise bad.refusal(filename) from None


def _format_of(filename: str, content: bytes) -> str:
    if not content.strip():
        raise UnreadableError(0, "the file is empty")
    if len(content) > LIMIT_BYTES:
        raise UnreadableError(0, "the file is larger than 10 MB")
    for magic, name in ((b"%PDF", "a PDF"), (b"PK\x03\x04", "a ZIP or Excel file"), (b"\xd0\xcf\x11\xe0", "Excel")):
        if content.startswith(magic):
            raise UnreadableError(0, f"this is {name}, not a bank statement; export CAMT.053, MT940 or CSV instead")
    start = content[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith((b"<", b"\xff\xfe<", b"\xfe\xff\x00<")) or filename.lower().endswith(".xml"):
        return StatementFormat.CAMT
    if b"\x00" in content:
        raise UnreadableError(content[: content.index(b"\x00")].count(b"\n") + 1, "this is not text")
    if re.search(rb"(?m)^(\{.*)?:20:", start):
        return StatementFormat.MT940
    return StatementFormat.CSV


def read_statement(filename: str, content: bytes) -> StatementFile:
    """Read a CAMT.053 or MT940 file whole, or not at all.

    Raises Refused naming file, line and reason: not what it seems, cut, doubled, several accounts or currencies,
    entities, balances that don't add up, too large, too many lines, nothing in it.
    """
    try:
        kind = _format_of(filename, content)
        blocks = list(_camt_blocks(content) if kind == StatementFormat.CAMT else _mt940_blocks(content))
        return _joined(kind, blocks)
    except UnreadableError as bad:
        raise bad.refusal(filename) from None


# Statements ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Block:
    """One statement within a file. Balances are minor units; None where the bank gave none."""

    line: int
    closing_line: int
    name: str
    account: str
    currency: str
    opening: int | None
    closing: int | None
    movements: tuple[Movement, ...]

    def check_balance(self) -> None:
        """Opening and lines make the closing balance, or something is missing or there twice."""
        if self.opening is None or self.closing is None:
            return
        moved = sum(movement.amount.minor for movement in self.movements)
        if self.opening + moved != self.closing:
            sums = [str(Money(minor, self.currency)) for minor in (self.opening, moved, self.closing)]
            reason = f"opening balance {sums[0]} and lines {sums[1]} do not make the closing balance {sums[2]}"
            raise UnreadableError(self.closing_line, reason)


def _joined(kind: str, blocks: Sequence[Block]) -> StatementFile:
    """Make one statement of a file's blocks: one account, one currency, none of them twice."""
    if not blocks:
        raise UnreadableError(0, "there is no statement in it")
    first, seen = blocks[0], set()
    for block in blocks:
        if (block.account, block.currency) != (first.account, first.currency):
            others = f"{first.account} {first.currency} and {block.account} {block.currency}"
            raise UnreadableError(block.line, f"there are several accounts in it ({others}); import one at a time")
        mark = (block.name, block.opening, block.closing, *(replace(moved, line=0) for moved in block.movements))
        if mark in seen:
            raise UnreadableError(block.line, f"the statement {block.name} is in it twice")
        seen.add(mark)
        block.check_balance()
    movements = [movement for block in blocks for movement in block.movements]
    return finished(kind, first.account, first.currency, movements)


def finished(kind: str, account: str, currency: str, movements: Sequence[Movement]) -> StatementFile:
    """Check what holds for every format: some lines, not too many, all of one currency, amounts that can be kept."""
    if not movements:
        raise UnreadableError(0, "no money moved in it")
    if len(movements) > LIMIT_LINES:
        raise UnreadableError(movements[LIMIT_LINES].line, f"more than {LIMIT_LINES:,} lines; import it in parts")
    for movement in movements:
        if movement.amount.currency != currency:
            reason = f"the amount is in {movement.amount.currency}, the statement in {currency}"
            raise UnreadableError(movement.line, reason)
        if abs(movement.amount.minor) > LARGEST:
            raise UnreadableError(movement.line, "the amount is too large")
    return StatementFile(kind, plain_account(account), currency, tuple(moved.shortened() for moved in movements))


def money_of(text: str, currency: str, line: int) -> Money:
    """An exact amount from a plain decimal."""
    if not is_currency(currency):
        raise UnreadableError(line, f"“{currency[:10]}” is not a currency")
    try:
        return Money.parse(text, currency)
    except ValueError:
        raise UnreadableError(line, f"“{text[:40]}” is not an amount in {currency}") from None


# CAMT.053 --------------------------------------------------------------------------------------------------------


def _camt_blocks(content: bytes) -> Iterator[Block]:
    root = _xml(content)
    found = CAMT_NAMESPACE.fullmatch(etree.QName(root).namespace or "")
    if etree.QName(root).localname != "Document" or found is None:
        raise UnreadableError(root.sourceline, "this XML is not CAMT.053")
    if found[1] != "camt.053":
        raise UnreadableError(root.sourceline, f"this is {found[1]}, not a statement of booked movements (camt.053)")
    if found[2] not in CAMT_VERSIONS:
        raise UnreadableError(root.sourceline, f"version {found[2]} of CAMT.053 is not known; 02 to 13 are")
    for statement in root.iterfind("{*}BkToCstmrStmt/{*}Stmt"):
        yield _camt_block(statement)


def _xml(content: bytes) -> Any:
    """Parse without entities, document types or network; whatever is not plain XML is refused."""
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        at = content.find(b"<!DOCTYPE") if b"<!DOCTYPE" in content else content.find(b"<!ENTITY")
        raise UnreadableError(content[:at].count(b"\n") + 1, "it declares a document type or entities")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        line = error.lineno or 1
        raise UnreadableError(line, f"the XML is broken or cut ({_plain(error.msg)})") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise UnreadableError(1, "it declares a document type or entities")
    return root


def _plain(message: str | None) -> str:
    return one_line(message or "no reason given").split(", line ", maxsplit=1)[0][:120]


def _text(element: Any, *paths: str) -> str:
    """The text of the first of these paths (local names with slashes) that has one."""
    for path in paths:
        found = element.findtext("/".join(f"{{*}}{part}" for part in path.split("/")))
        if found and found.strip():
            return str(found).strip()
    return ""


def _texts(element: Any, path: str) -> list[str]:
    found = element.iterfind("/".join(f"{{*}}{part}" for part in path.split("/")))
    return [one.text.strip() for one in found if one.text and one.text.strip()]


def _camt_block(statement: Any) -> Block:
    account = _text(statement, "Acct/Id/IBAN", "Acct/Id/Othr/Id")
    balances = {_text(one, "Tp/CdOrPrtry/Cd"): one for one in reversed(statement.findall("{*}Bal"))}
    opening = balances.get("OPBD", balances.get("PRCD"))
    closing = balances.get("CLBD")
    entries = statement.findall("{*}Ntry")
    amounts = [one.find("{*}Amt") for one in (*(e for e in (opening, closing) if e is not None), *entries)]
    currency = _text(statement, "Acct/Ccy") or next((a.get("Ccy", "") for a in amounts if a is not None), "")
    if not account:
        raise UnreadableError(statement.sourceline, "the statement does not say of which account it is")
    return Block(
        line=statement.sourceline,
        closing_line=(statement if closing is None else closing).sourceline,
        name=_text(statement, "Id"),
        account=account,
        currency=currency,
        opening=None if opening is None else _signed(opening).minor,
        closing=None if closing is None else _signed(closing).minor,
        movements=tuple(movement for entry in entries for movement in _camt_movements(entry)),
    )


def _signed(element: Any) -> Money:
    """The amount of a balance, entry or transaction, negative for a debit."""
    found = element.find("{*}Amt")
    if found is None:
        raise UnreadableError(element.sourceline, "the amount is missing")
    sign = _text(element, "CdtDbtInd")
    if sign not in {"CRDT", "DBIT"}:
        raise UnreadableError(element.sourceline, "it is not said whether money came or went (CdtDbtInd)")
    amount = _amount(found)
    return -amount if sign == "DBIT" else amount


def _amount(element: Any) -> Money:
    text = (element.text or "").strip()
    if not CAMT_AMOUNT.fullmatch(text):
        raise UnreadableError(element.sourceline, f"“{text[:40]}” is not an amount")
    return money_of(text, element.get("Ccy", ""), element.sourceline)


def _camt_movements(entry: Any) -> list[Movement]:
    """Read an entry; one that collects several payments becomes several movements if they say what each is worth."""
    if _text(entry, "Sts/Cd", "Sts") not in {"BOOK", ""}:
        return []
    whole = _camt_movement(entry, entry, _signed(entry))
    details = entry.findall("{*}NtryDtls/{*}TxDtls")
    if len(details) == 1:
        return [_camt_movement(entry, details[0], whole.amount)]
    parts = [_part_amount(detail, whole.amount) for detail in details]
    if not parts or None in parts or sum(part.minor for part in parts if part) != whole.amount.minor:
        texts = [whole.text, *(_camt_movement(entry, detail, whole.amount).text for detail in details)]
        return [replace(whole, text=" / ".join(dict.fromkeys(filter(None, texts))))]
    return [_camt_movement(entry, detail, part) for detail, part in zip(details, parts, strict=True) if part]


def _part_amount(detail: Any, whole: Money) -> Money | None:
    """What one transaction of a collected entry is worth; None if it does not say so in the entry's currency."""
    found = detail.find("{*}Amt")
    if found is None:
        found = detail.find("{*}AmtDtls/{*}TxAmt/{*}Amt")
    if found is None:
        return None
    amount = _amount(found)
    if amount.currency != whole.currency:
        return None
    is_out = {"DBIT": True, "CRDT": False}.get(_text(detail, "CdtDbtInd"), whole.minor < 0)
    return -amount if is_out else amount


def _camt_movement(entry: Any, detail: Any, amount: Money) -> Movement:
    who = "Cdtr" if amount.minor < 0 else "Dbtr"
    party, account = f"RltdPties/{who}", f"RltdPties/{who}Acct/Id"
    end_to_end = _text(detail, "Refs/EndToEndId")
    texts = [
        *_texts(detail, "RmtInf/Ustrd"),
        *_texts(detail, "RmtInf/Strd/CdtrRefInf/Ref"),
        *_texts(detail, "RmtInf/Strd/RfrdDocInf/Nb"),
        *_texts(detail, "RmtInf/Strd/AddtlRmtInf"),
    ]
    texts = texts or [_text(detail, "AddtlTxInf") or _text(entry, "AddtlNtryInf")]
    return Movement(
        line=detail.sourceline,
        booked_on=_camt_day(entry),
        amount=amount,
        payer=_text(detail, f"{party}/Nm", f"{party}/Pty/Nm", f"RltdPties/Ultmt{who}/Nm"),
        account=_text(detail, f"{account}/IBAN", f"{account}/Othr/Id"),
        text=" ".join(filter(None, [*texts, *_said([end_to_end])])),
        reference="|".join(
            _said([_text(detail, "Refs/AcctSvcrRef") or _text(entry, "AcctSvcrRef", "NtryRef"), end_to_end])
        ),
    )


def _said(references: Iterable[str]) -> list[str]:
    return [one for one in references if one.upper() not in NO_REFERENCE]


def _camt_day(entry: Any) -> date:
    text = _text(entry, "BookgDt/Dt", "BookgDt/DtTm", "ValDt/Dt", "ValDt/DtTm")
    found = CAMT_DAY.fullmatch(text)
    try:
        return date.fromisoformat(found[1] if found else "")
    except ValueError:
        raise UnreadableError(entry.sourceline, f"“{text[:40]}” is not a day") from None


# MT940 -----------------------------------------------------------------------------------------------------------

MT940_OPTIONS: Final = Options.all()
TAG: Final = re.compile(r"(?m)^:(\d{2}[A-Z]?|NS):")
OPENINGS: Final = ("final_opening_balance", "intermediate_opening_balance", "opening_balance")
CLOSINGS: Final = ("final_closing_balance", "intermediate_closing_balance", "closing_balance")


def _mt940_blocks(content: bytes) -> Iterator[Block]:
    text = _decoded(content)
    starts = [found.start() for found in re.finditer(r"(?m)^(?:\{.*)?(?=:20:)", text)]
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        block = text[start:end]
        yield _mt940_block(block[block.index(":20:") :], text[:start].count("\n") + 1)


def _decoded(content: bytes) -> str:
    """Text of a file that does not say its encoding: UTF-8, else what Western banks write."""
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return text.replace("\r\n", "\n").replace("\r", "\n")
    return content.decode("latin-1").replace("\r\n", "\n").replace("\r", "\n")


def _mt940_block(text: str, first_line: int) -> Block:
    breaks = [found.start() for found in re.finditer("\n", text)]
    tags = [(tag[1], first_line + bisect(breaks, tag.start()), tag.start()) for tag in TAG.finditer(text)]
    lines = [(line, start) for tag, line, start in tags if tag == "61"]
    statement = _parsed(text)
    if not _is_whole(statement, len(lines)):
        bad = _bad_line(text, lines)
        what = "movement (:61:)" if bad else "statement"
        raise UnreadableError(bad or first_line, f"the {what} can't be read")
    data = statement.data
    opening = next((data[key] for key in OPENINGS if key in data), None)
    closing = next((data[key] for key in CLOSINGS if key in data), None)
    last_line = first_line + text.rstrip("-}\n ").count("\n")
    if opening is None or opening.amount is None:
        raise UnreadableError(first_line, "the opening balance (:60F:) is missing or can't be read")
    if closing is None or closing.amount is None:
        raise UnreadableError(last_line, "the closing balance (:62F:) is missing; the file seems to be cut")
    currency = str(opening.amount.currency)
    closing_line = next((line for tag, line, _ in tags if tag in {"62F", "62M", "62"}), last_line)
    if str(closing.amount.currency) != currency:
        reason = f"the closing balance is in {closing.amount.currency}, the opening balance in {currency}"
        raise UnreadableError(closing_line, reason)
    number = "/".join(str(data[key]) for key in ("statement_number", "sequence_number") if data.get(key))
    account = str(data.get("account_identification") or "").strip()
    if not account:
        raise UnreadableError(first_line, "the statement does not say of which account it is (:25:)")
    return Block(
        line=first_line,
        closing_line=closing_line,
        name=number or str(data.get("transaction_reference") or ""),
        account=account,
        currency=currency,
        opening=_minor(opening.amount.amount, currency, first_line),
        closing=_minor(closing.amount.amount, currency, closing_line),
        movements=tuple(
            _mt940_movement(one.data, currency, line)
            for one, (line, _) in zip(statement.transactions, lines, strict=True)
        ),
    )


def _parsed(text: str) -> Transactions | None:
    statement = Transactions(options=MT940_OPTIONS)
    try:
        statement.parse(text)
    except (ValueError, ArithmeticError, TypeError, AttributeError, KeyError, IndexError, RuntimeError):
        return None  # the package raises whatever its patterns stumble over
    return statement


def _is_whole(statement: Transactions | None, movements: int) -> TypeGuard[Transactions]:
    """Whether every movement was read; the package runs one that it can't read into the next, without its kind."""
    found = statement.transactions if statement is not None else []
    return len(found) == movements and all(one.data.get("id") for one in found) and statement is not None


def _bad_line(text: str, lines: Sequence[tuple[int, int]]) -> int:
    """Find the first movement that can't be read by itself."""
    for line, start in lines:
        following = TAG.search(text, start + 1)
        alone = _parsed(f":20:X\n:60F:C000101EUR0,00\n{text[start : following.start() if following else len(text)]}")
        if not _is_whole(alone, 1):
            return line
    return 0


def _minor(amount: Decimal, currency: str, line: int) -> int:
    return money_of(f"{amount:f}", currency, line).minor


def _mt940_movement(data: dict[str, Any], currency: str, line: int) -> Movement:
    told = {key: str(value).strip() for key, value in data.items() if isinstance(value, str) and value.strip()}
    details = told.get("purpose") or told.get("transaction_details", "")
    named = re.search(r"/NAME/([^/]+)", details)
    end_to_end = told.get("end_to_end_reference", "")
    own = [end_to_end, told.get("customer_reference", "")]
    day = data.get("entry_date") or data["date"]
    return Movement(
        line=line,
        booked_on=date(day.year, day.month, day.day),
        amount=Money(_minor(data["amount"].amount, currency, line), currency),
        payer=told.get("applicant_name") or (named[1] if named else ""),
        account=told.get("applicant_iban") or told.get("gvc_applicant_iban", ""),
        text=" ".join(dict.fromkeys(filter(None, [details, told.get("additional_purpose", ""), *_said(own)]))),
        reference="|".join(dict.fromkeys(_said([told.get("bank_reference", ""), *own]))),
    )
