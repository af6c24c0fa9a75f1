"""Write a bank statement that pays some of a client's open purchases: to try out the import."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import BankAccount, Client
from core.money import Money
from purchases.models import Purchase
from purchases.states import Status

if TYPE_CHECKING:
    from datetime import date

    from django.core.management.base import CommandParser

MOST = 8


@dataclass(frozen=True, slots=True)
class Row:
    """A movement of the sample."""

    amount: Money
    payer: str
    text: str


class Command(BaseCommand):
    """Payments in full, a part, too much, late money, one for two purchases, one from nowhere, and a fee."""

    help = "Write a sample bank statement that pays open purchases of a client."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose statement, and how it is written."""
        parser.add_argument("--client", required=True, help="slug of the client")
        parser.add_argument("--format", default="camt", choices=["camt", "mt940", "csv"])
        parser.add_argument("--currency", default="", help="of which account; the client's first by default")

    def handle(self, **options: Any) -> None:
        """Write it to the standard output."""
        client = Client.objects.filter(slug=options["client"]).first()
        accounts = BankAccount.objects.filter(client=client).order_by("pk")
        if options["currency"]:
            accounts = accounts.filter(currency=options["currency"])
        account = accounts.first()
        if client is None or account is None:
            message = f"There is no client {options['client']} with such a bank account."
            raise CommandError(message)
        rows = sample(client, account.currency)
        number = account.iban or account.account
        on = timezone.now().astimezone(client.zone).date()
        write = {"camt": camt, "mt940": mt940, "csv": csv}[options["format"]]
        self.stdout.write(write(number, account.currency, on, rows), ending="")


def sample(client: Client, currency: str) -> list[Row]:
    """What happens on the account."""
    purchases = Purchase.objects.filter(client=client, currency=currency, is_test=False)
    waiting = list(purchases.open().filter(paid_minor=0).order_by("-ordered_at", "-pk")[:MOST])
    rows = [_row(one, one.open_amount, text) for one, text in zip(waiting, TEXTS, strict=False)]
    if len(rows) > 3:  # noqa: PLR2004 -- then there is one for every case
        rows[1] = _row(waiting[1], Money(waiting[1].gross_minor // 2 or 1, currency), TEXTS[1])
        rows[2] = _row(waiting[2], waiting[2].gross + Money(1000, currency), TEXTS[2])
    if len(waiting) == MOST:
        one, two = waiting[-2:]
        rows.append(_row(one, one.gross + two.gross, "Sammelzahlung {0.reference} + " + two.reference))
    late = purchases.filter(status=Status.CANCELED, paid_minor=0).order_by("-ordered_at", "-pk").first()
    rows += [_row(late, late.gross, "{0.reference}")] if late else []
    return [*rows, Row(Money(4711, currency), "Unknown sender", "no reference"), Row(Money(-490, currency), "", "Fee")]


TEXTS = (
    "Ref {0.reference}",
    "first half of {0.reference}",
    "Order {0.reference} incl. tip",
    "PO {0.po_number}",
    "",
    "Thank you {0.reference}",
)


def _row(purchase: Purchase, amount: Money, text: str) -> Row:
    return Row(amount, purchase.billing_company or purchase.billing_last_name, text.format(purchase))


def _sums(rows: list[Row], currency: str) -> tuple[Money, Money]:
    opening = Money(100_000, currency)
    return opening, sum((row.amount for row in rows), opening)


def _entry(row: Row, on: date, number: int) -> str:
    mark = "CRDT" if row.amount.minor > 0 else "DBIT"
    amount = Money(abs(row.amount.minor), row.amount.currency)
    return f"""      <Ntry>
        <Amt Ccy="{amount.currency}">{amount.amount}</Amt><CdtDbtInd>{mark}</CdtDbtInd><Sts>BOOK</Sts>
        <BookgDt><Dt>{on}</Dt></BookgDt><AcctSvcrRef>{on:%Y%m%d}-{number:04d}</AcctSvcrRef>
        <NtryDtls><TxDtls>
          <RltdPties><Dbtr><Nm>{escape(row.payer)}</Nm></Dbtr></RltdPties>
          <RmtInf><Ustrd>{escape(row.text)}</Ustrd></RmtInf>
        </TxDtls></NtryDtls>
      </Ntry>
"""


def camt(account: str, currency: str, on: date, rows: list[Row]) -> str:
    """CAMT.053.001.02."""
    where = f"<IBAN>{account}</IBAN>" if account[:2].isalpha() else f"<Othr><Id>{account}</Id></Othr>"
    balances = "".join(
        f"      <Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
        f'<Amt Ccy="{currency}">{amount.amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>{on}</Dt></Dt></Bal>\n'
        for code, amount in zip(("OPBD", "CLBD"), _sums(rows, currency), strict=True)
    )
    entries = "".join(_entry(row, on, number) for number, row in enumerate(rows, 1))
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02">
  <BkToCstmrStmt>
    <GrpHdr><MsgId>SAMPLE-{on:%Y%m%d}</MsgId></GrpHdr>
    <Stmt>
      <Id>SAMPLE-{on:%Y%m%d}</Id>
      <Acct><Id>{where}</Id><Ccy>{currency}</Ccy></Acct>
{balances}{entries}    </Stmt>
  </BkToCstmrStmt>
</Document>
"""


def mt940(account: str, currency: str, on: date, rows: list[Row]) -> str:
    """MT940 with the German structure of field 86."""
    opening, closing = (amount.amount.replace(".", ",") for amount in _sums(rows, currency))
    day, lines = f"{on:%y%m%d}", []
    for number, row in enumerate(rows, 1):
        mark, amount = ("C" if row.amount.minor > 0 else "D"), f"{abs(row.amount.decimal):f}".replace(".", ",")
        lines.append(f":61:{day}{on:%m%d}{mark}{_comma(amount)}NTRFNONREF//{on:%Y%m%d}{number:04d}")
        words = row.text.replace("?", " ")
        pieces = "".join(f"?{20 + place}{words[place * 27 : place * 27 + 27]}" for place in range(-(-len(words) // 27)))
        lines.append(f":86:166?00GUTSCHRIFT{pieces}?32{row.payer[:27]}?33{row.payer[27:54]}")
    head = [f":20:SAMPLE{day}", f":25:{account}", ":28C:1/1", f":60F:C{day}{currency}{_comma(opening)}"]
    return "\r\n".join([*head, *lines, f":62F:C{day}{currency}{_comma(closing)}", "-", ""])


def _comma(amount: str) -> str:
    return amount if "," in amount else f"{amount},"


def csv(_account: str, _currency: str, on: date, rows: list[Row]) -> str:
    """Semicolons, decimal comma, German headings."""
    lines = ["Buchungstag;Auftraggeber;Verwendungszweck;Betrag;Währung"]
    for row in rows:
        payer, text = (told.replace('"', "'") for told in (row.payer, row.text))
        amount = row.amount.amount.replace(".", ",")
        lines.append(f'{on:%d.%m.%Y};"{payer}";"{text}";{amount};{row.amount.currency}')
    return "\r\n".join([*lines, ""])
