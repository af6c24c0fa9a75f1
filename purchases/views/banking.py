"""Money from the bank: lines are confirmed, chosen by hand, split, or set aside."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404
from django.urls import reverse

from accounts.roles import Right
from core.tables import day_text, money_text
from core.views import ActionView, BulkAction, DetailPage, Empty, ListPage, Segment, chosen_client
from purchases import forms
from purchases.filters import BankLineFilter, StatementFilter
from purchases.models import BankFile, BankLine, BankStatement, LineStatus, Purchase, PurchaseSearch
from purchases.selectors.search import find_purchases
from purchases.services import banking
from purchases.services.bank_match import CLOSED, LATE, OVER, PART, PAYABLE, effect_of
from purchases.services.credit import missing_on
from purchases.states import LATE_MONEY, Status
from purchases.tables import (
    BankLineTable,
    StatementLineTable,
    StatementTable,
    line_badge,
    line_effect,
    purchase_link,
    status_cell,
)
from purchases.views.acts import Button

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.forms import Form

    from core.tables import Reader

WAITING = (LineStatus.PROPOSED, LineStatus.UNMATCHED)
MOST_FOUND = 10
MOST_FILES = 5
LATELY = timedelta(days=1)
KEY_DIGITS = 19


def _lines() -> Any:
    rows = BankLine.objects.select_related("client", "statement", "purchase", "decided_by")
    return rows.prefetch_related("purchase__refunds")


def bulk_acts() -> list[Button]:
    """What can be done with several lines at once."""
    many = (
        ("purchases:bank_confirm_many", "Confirm", "check", "c"),
        ("purchases:bank_aside_many", "Set aside", "x", ""),
    )
    return [Button(label, icon, reverse(page), "", key) for page, label, icon, key in many]


# Lists -----------------------------------------------------------------------------------------------------------


class LineRows(ListPage):
    """What all lists of bank lines share."""

    right = Right.PAYMENTS
    template_name = "purchases/bank_lines.html"
    filterset_class = BankLineFilter
    noun = ("line", "lines")

    def get_rows(self) -> Any:
        """Bank lines with what their rows show."""
        return _lines()

    def segments(self) -> Sequence[Segment]:
        """What waits for somebody first."""
        return (
            Segment("waiting", "To decide", lambda rows: rows.filter(status__in=WAITING)),
            *(
                Segment(status.value, str(status.label), lambda rows, only=status: rows.filter(status=only))  # type: ignore[misc]
                for status in LineStatus
            ),
            Segment("all", "All"),
        )

    def context(self) -> dict[str, Any]:
        """The list and its bulk bar."""
        return {**super().context(), "bulk_acts": bulk_acts()}


class BankLineList(LineRows):
    """Every line of every statement: the queue of what was not matched, and what became of the rest."""

    title = "Bank lines"
    table_class = BankLineTable
    empty = Empty(
        "No bank line waits",
        "Lines of imported bank statements wait here until they are booked on a purchase or set aside.",
    )


class StatementLines(LineRows):
    """The lines of one statement: the result of its import."""

    template_name = "purchases/bank_statement.html"
    table_class = StatementLineTable
    empty = Empty("Nothing to decide", "Every line of this statement is booked or set aside.")

    @property
    def statement(self) -> Any:
        """The statement; another tenant's does not exist."""
        if not hasattr(self, "_statement"):
            rows = BankStatement.objects.select_related("client", "imported_by")
            mine = rows.visible_to(self.user, chosen_client(self.request))
            try:
                self._statement = mine.filter(pk=self.kwargs["pk"]).first()
            except OverflowError:
                raise Http404 from None
            if self._statement is None:
                raise Http404
        return self._statement

    def get_rows(self) -> Any:
        """This statement's lines."""
        return _lines().filter(statement=self.statement)

    def context(self) -> dict[str, Any]:
        """The lines, and what the file said."""
        statement = self.statement
        return {**super().context(), "title": statement.filename, "statement": statement}


class StatementList(ListPage):
    """Every imported statement with what became of its lines."""

    right = Right.PAYMENTS
    title = "Bank statements"
    template_name = "purchases/bank_statements.html"
    table_class = StatementTable
    filterset_class = StatementFilter
    noun = ("statement", "statements")
    empty = Empty(
        "No bank statement yet",
        "Import the statement files of your bank: CAMT.053, MT940 or CSV. Payments are proposed, you confirm them.",
    )

    def context(self) -> dict[str, Any]:
        """The list, and the files that are on their way in or were refused lately."""
        files = BankFile.objects.visible_to(self.user, chosen_client(self.request)).defer("content")
        lately = Q(sent_at__gte=self.at - LATELY) & ~Q(problem="")
        shown = files.filter(Q(finished_at=None) | lately).order_by("-pk")[:MOST_FILES]
        return {**super().context(), "files": shown}

    def get_rows(self) -> Any:
        """Statements with the number of their lines per state."""
        lines = BankLine.objects.filter(statement=OuterRef("pk")).order_by().values("statement")
        counts = {
            status.value: Coalesce(
                Subquery(lines.filter(status=status).annotate(number=Count("pk")).values("number")), 0
            )
            for status in LineStatus
        }
        return BankStatement.objects.select_related("client", "imported_by").annotate(**counts)


# One line --------------------------------------------------------------------------------------------------------


def booking_consequences(line: BankLine, purchase: Purchase, reader: Reader) -> list[str]:
    """What booking this line on this purchase will do."""
    owed = missing_on(purchase).minor
    effect = effect_of(line.amount_minor, status=purchase.status, owed_minor=owed)
    amount = money_text(line.amount_minor, line.currency, reader)
    who = purchase.billing_company or purchase.billing_last_name or "the customer"
    lines = [f"{amount} of {day_text(line.booked_on, reader)} is booked on {purchase.reference}, {who}."]
    if effect in {CLOSED, LATE}:
        lines.append(
            f"It is {purchase.status_label}: the status stays, and a follow-up asks what to do with the money."
        )
        return lines
    if effect == PART:
        left = money_text(owed - line.amount_minor, line.currency, reader)
        return [*lines, f"It is a part payment: {left} stays open, and nothing is canceled by itself."]
    lines.append(f"It is fully paid then; {purchase.billing_email or 'the customer'} gets a receipt.")
    if effect == OVER:
        more = money_text(line.amount_minor - owed, line.currency, reader)
        lines.append(f"{more} is more than open: a follow-up asks what to do with it.")
    return lines


def done_sentence(line: BankLine, reader: Reader) -> str:
    """What booking a line did."""
    purchase = Purchase.objects.get(bank_lines=line)
    amount = money_text(line.amount_minor, line.currency, reader)
    if purchase.is_open:
        left = money_text(purchase.open_amount.minor, purchase.currency, reader)
        return f"{amount} booked on {purchase.reference}: part payment, {left} stays open."
    extra = purchase.kept.minor - purchase.gross_minor
    if purchase.status == Status.PAID and extra <= 0:
        return f"{amount} booked on {purchase.reference}: fully paid."
    if purchase.status == Status.PAID:
        more = money_text(extra, purchase.currency, reader)
        return f"{amount} booked on {purchase.reference}: {more} more than asked for; a follow-up is open."
    return f"{amount} booked on {purchase.reference}, which is {purchase.status_label}; a follow-up is open."


class LinePage(DetailPage):
    """One line with what it says, what it may pay, and a search for another purchase."""

    right = Right.PAYMENTS
    template_name = "purchases/bank_line.html"

    def get_rows(self) -> Any:
        """Bank lines."""
        return _lines().select_related("payment__by", "statement__imported_by")

    def context(self) -> dict[str, Any]:
        """The line; while it waits also what it may pay."""
        line, asked = self.row, self.request.GET.get("q", "").strip()[:100]
        waits = line.is_waiting
        return {
            "row": line,
            "badge": line_badge(line),
            "effect": line_effect(line),
            "suggested": [self.choice(*one) for one in banking.suggestions(line)] if waits else [],
            "asked": asked,
            "found": [self.choice(one, []) for one in self.search(asked)] if waits and asked else [],
            "may_split": waits,
            "may_take_back": line.status == LineStatus.IGNORED and line.amount_minor > 0,
        }

    def search(self, asked: str) -> Any:
        """This client's purchases in the line's currency."""
        rows = Purchase.objects.with_parties().prefetch_related("refunds")
        rows = rows.filter(client=self.row.client, currency=self.row.currency)
        found = find_purchases(PurchaseSearch.objects.of_client(self.row.client), asked)
        rows = rows.filter(status__in=PAYABLE | LATE_MONEY, pk__among=found.keys)
        return rows.order_by("-ordered_at", "-pk")[:MOST_FOUND]

    def choice(self, purchase: Purchase, grounds: list[str]) -> dict[str, Any]:
        """A purchase that can be chosen."""
        owed = missing_on(purchase).minor
        effect = effect_of(self.row.amount_minor, status=purchase.status, owed_minor=owed)
        return {
            "purchase": purchase,
            "link": purchase_link(purchase),
            "status": status_cell(purchase, self.at.astimezone(purchase.client.zone).date()),
            "owed": owed if purchase.status in PAYABLE else 0,
            "grounds": grounds,
            "effect": effect,
            "is_proposed": purchase.pk == self.row.purchase_id,
        }


class LineAct(ActionView):
    """An act on one line."""

    right = Right.PAYMENTS
    needs: ClassVar[tuple[str, ...]] = WAITING

    def get_rows(self) -> Any:
        """Bank lines."""
        return _lines()

    def home(self) -> str:
        """The line."""
        return reverse("purchases:bank_line", args=[self.row.pk])

    def heading(self) -> str:
        """The act and the amount."""
        return f"{self.title}: {money_text(self.row.amount_minor, self.row.currency, self.reader)}"

    def refusal(self) -> str:
        """Why not now."""
        if self.row.status in self.needs:
            return ""
        if self.row.status == LineStatus.BOOKED:
            return f"This line was booked on {self.row.purchase} already, by {self.row.decided_by}."
        return (
            "This line is set aside." if self.row.status == LineStatus.IGNORED else "This line waits for its purchase."
        )


class LineConfirm(LineAct):
    """Book the proposal."""

    title = "Confirm payment"
    button = "Book"
    action = staticmethod(banking.confirm_line)
    needs = (LineStatus.PROPOSED,)

    def consequences(self) -> list[str]:
        """What it does to the purchase."""
        return booking_consequences(self.row, self.row.purchase, self.reader) if self.row.purchase else []

    def sentence(self) -> str:
        """Booked."""
        return done_sentence(self.row, self.reader)


class LineBook(LineAct):
    """Book on a purchase of one's own choice."""

    title = "Book payment"
    button = "Book"
    form_class = forms.BookForm
    action = staticmethod(banking.book_line)

    @property
    def named(self) -> Purchase | None:
        """The purchase in the address, if it is one of this client's."""
        asked = self.request.GET.get("reference", "") or self.request.POST.get("reference", "")
        rows = Purchase.objects.filter(client=self.row.client, currency=self.row.currency)
        return rows.filter(reference=asked[:20]).first() if asked.isascii() and asked.isdigit() else None

    def get_initial(self) -> dict[str, Any]:
        """The purchase that was picked."""
        return {"reference": self.named.reference if self.named else ""}

    def consequences(self) -> list[str]:
        """What it does to the picked purchase."""
        return booking_consequences(self.row, self.named, self.reader) if self.named else []

    def sentence(self) -> str:
        """Booked."""
        return done_sentence(self.row, self.reader)


class LineSplit(LineAct):
    """Book one line on several purchases."""

    title = "Split payment"
    button = "Book all"
    form_class = forms.SplitForm
    action = staticmethod(banking.split_line)

    def get_form(self, data: Any = None, files: Any = None) -> Form:  # noqa: ARG002 -- Django's own
        """Starts with the purchases that the line names."""
        initial: dict[str, str] = {}
        if data is None and self.row.is_waiting:
            for row, part in enumerate(banking.named_parts(self.row)[: forms.SPLIT_ROWS], 1):
                initial |= {f"reference_{row}": part.reference, f"amount_{row}": part.amount.amount}
        return forms.SplitForm(data, initial=initial, currency=self.row.currency, language=self.user.language)

    def consequences(self) -> list[str]:
        """All or nothing."""
        amount = money_text(self.row.amount_minor, self.row.currency, self.reader)
        return [f"The amounts have to make {amount} exactly.", "Either all of them are booked or none."]

    def sentence(self) -> str:
        """Split."""
        return f"Booked. {self.row.note}."


class LineAside(LineAct):
    """Say that a line is no payment."""

    title = "Set aside"
    form_class = forms.AsideForm
    action = staticmethod(banking.set_aside)

    def sentence(self) -> str:
        """Set aside."""
        return f"{money_text(self.row.amount_minor, self.row.currency, self.reader)} set aside."


class LineBack(LineAct):
    """Take a setting aside back."""

    title = "Take back"
    action = staticmethod(banking.take_back)
    needs = (LineStatus.IGNORED,)

    def consequences(self) -> list[str]:
        """The line waits again."""
        return ["The line is compared with the open purchases again and waits for your decision."]

    def sentence(self) -> str:
        """Back."""
        return f"The line waits again: {self.row.get_status_display().lower()}."


# Many lines ------------------------------------------------------------------------------------------------------


class LineBulk(BulkAction):
    """An act on several lines."""

    right = Right.PAYMENTS
    list_url = "purchases:bank_lines"

    def get_rows(self) -> Any:
        """Bank lines."""
        return _lines()

    def picked(self, names: list[str]) -> tuple[list[Any], list[str]]:
        """Only what can be a line's key is looked for."""
        return super().picked([name for name in names if name.isascii() and name.isdigit() and len(name) < KEY_DIGITS])

    def link(self, row: BankLine) -> str:
        """The line."""
        return reverse("purchases:bank_line", args=[row.pk])


class ConfirmMany(LineBulk):
    """Book several proposals."""

    title = "Confirm payments"
    button = "Book"
    action = staticmethod(banking.confirm_line)

    def consequences(self, rows: list[Any]) -> list[str]:
        """How many will be booked, over how much; what they do."""
        ready = [line for line in rows if line.status == LineStatus.PROPOSED]
        totals: dict[str, int] = {}
        for line in ready:
            totals[line.currency] = totals.get(line.currency, 0) + line.amount_minor
        shown = ", ".join(money_text(minor, currency, self.reader) for currency, minor in sorted(totals.items()))
        lines = [f"{len(ready)} of {len(rows)} can be booked" + (f", {shown} in all." if shown else ".")]
        effects = [
            effect_of(line.amount_minor, status=line.purchase.status, owed_minor=missing_on(line.purchase).minor)
            for line in ready
        ]
        counts = Counter(effects)
        return lines + [f"{count} × {effect.label[0].lower()}{effect.label[1:]}." for effect, count in counts.items()]

    def sentence(self, row: BankLine) -> str:
        """What it did to its purchase."""
        return done_sentence(row, self.reader)


class AsideMany(LineBulk):
    """Set several lines aside, for one reason."""

    title = "Set aside"
    form_class = forms.AsideForm
    action = staticmethod(banking.set_aside)
    done = "Set aside."

    def consequences(self, rows: list[Any]) -> list[str]:
        """They leave the queue."""
        return [f"{len(rows)} lines leave the queue; each can be taken back."]
