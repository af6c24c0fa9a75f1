"""The columns of the lists of purchases and products, and how a purchase's state is shown."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote_plus, urlencode

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from accounts.selectors import clients_of
from core.markup import markup
from core.tables import (
    NOTHING,
    Column,
    Reader,
    Table,
    badge,
    day_cell,
    moment_cell,
    money_cell,
    money_text,
    path_to,
)
from core.templatetags.kontor import icon
from purchases.models import LineStatus
from purchases.selectors.presence import open_sentence, open_with_others
from purchases.services.bank_match import effect_of
from purchases.services.credit import missing_on
from purchases.states import Status
from purchases.tables.columns import EXTRAS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from accounts.models import User
    from purchases.models import BankLine, BankStatement, Policy, Product, Purchase

TONES: dict[str, str] = {
    Status.QUOTE: "gray",
    Status.QUOTE_EXPIRED: "gray",
    Status.AWAITING_OFFLINE_PAYMENT: "blue",
    Status.UNPAID: "blue",
    Status.AWAITING_RELEASE: "violet",
    Status.PURCHASE_ORDER: "blue",
    Status.PAID: "green",
    Status.PARTIALLY_REFUNDED: "green",
    Status.REFUNDED: "gray",
    Status.CHARGED_BACK: "red",
    Status.CANCELED: "gray",
    Status.REJECTED: "gray",
}
SHORT: dict[str, str] = {
    Status.AWAITING_OFFLINE_PAYMENT: "Awaiting Payment",
    Status.AWAITING_RELEASE: "Awaiting Release",
}


def days_overdue(purchase: Purchase, on: date) -> int:
    """How many days an unpaid purchase order is past its due date on the client's day `on`; 0 if it is not."""
    if purchase.status != Status.PURCHASE_ORDER or purchase.due_on is None:
        return 0
    return max((on - purchase.due_on).days, 0)


def tone(purchase: Purchase, overdue: int) -> str:
    """The color of a purchase's state: amber when overdue, red once a notice went out."""
    if purchase.status == Status.PURCHASE_ORDER and purchase.dunning_level:
        return "red"
    return "amber" if overdue else TONES[purchase.status]


def status_cell(purchase: Purchase, on: date, *, is_short: bool = True) -> SafeString:
    """The status as a badge, with the dunning level and the mark of a test order."""
    label = SHORT.get(purchase.status, purchase.status_label) if is_short else purchase.status_label
    shown = badge(label, tone(purchase, days_overdue(purchase, on)))
    level = purchase.dunning_level if purchase.status == Status.PURCHASE_ORDER else 0
    if level:
        shown = markup('{} <span class="lvl" title="Notice {} sent">L{}</span>', shown, level, level)
    if purchase.held_at and purchase.status == Status.PURCHASE_ORDER:
        shown = markup('{} <span class="tag" title="Dunning on hold">HOLD</span>', shown)
    return markup('{} <span class="tag">TEST</span>', shown) if purchase.is_test else shown


def purchase_link(purchase: Purchase, origin: str | None = None) -> str:
    """A purchase's own page; `origin` is the query of the list it is opened from, whose neighbors it then shows."""
    link = path_to("purchases:viewer", purchase.reference)
    return link if origin is None else link + list_of(origin)


def list_of(origin: str) -> str:
    """The end of the address of a purchase that was opened from a list with this query."""
    return f"?list={quote_plus(origin)}"


def _today(purchase: Purchase) -> date:
    return purchase.on  # type: ignore[attr-defined, no-any-return]  # set by PurchaseTable.prepare


def _reference(purchase: Purchase, _reader: Reader) -> str:
    link: str = purchase.link  # type: ignore[attr-defined]  # set by PurchaseTable.prepare
    shown = markup('<a class="num-link" href="{}">{}</a>', link, purchase.reference)
    others: str = purchase.others  # type: ignore[attr-defined]  # set by PurchaseTable.prepare
    return (
        markup('{}<span class="others" title="{}">{}</span>', shown, others, others_mark(others)) if others else shown
    )


def others_mark(sentence: str) -> SafeString:
    """An eye, and for people who cannot see it who else has a purchase open."""
    return markup('{}<span class="visually-hidden">{}</span>', icon("eye", 14), sentence)


def _customer(purchase: Purchase, _reader: Reader) -> str:
    name = purchase.billing_company or purchase.billing_last_name or purchase.billing_email
    return markup('<span class="clip" title="{}">{}</span>', name, name)


def _status(purchase: Purchase, _reader: Reader) -> str:
    return status_cell(purchase, _today(purchase))


def _due(purchase: Purchase, reader: Reader) -> str:
    overdue = days_overdue(purchase, _today(purchase))
    shown = day_cell(purchase.due_on, reader)
    return markup('{} <span class="over">{} d</span>', shown, overdue) if overdue else shown


def _gross(purchase: Purchase, reader: Reader) -> str:
    return money_cell(purchase.gross_minor, purchase.currency, reader)


def _open(purchase: Purchase, reader: Reader) -> str:
    left = purchase.open_amount.minor
    return money_cell(left, purchase.currency, reader, css="strong") if left else NOTHING


def _po_number(purchase: Purchase, _reader: Reader) -> str:
    if not purchase.po_number:
        return NOTHING
    return markup('<span class="clip clip-s" title="{}">{}</span>', purchase.po_number, purchase.po_number)


def _document(purchase: Purchase, reader: Reader) -> str:
    newest_at: datetime | None = purchase.newest_document_at  # type: ignore[attr-defined]  # set by ReviewQueue.get_rows
    asked_at = purchase.document_asked_at
    if asked_at is not None and (newest_at is None or newest_at <= asked_at):
        return badge("Asked again", "blue")
    if purchase.document_received_at is None:
        return badge("Missing", "amber")
    return moment_cell(newest_at or purchase.document_received_at, reader)


def desk_link(purchase: Purchase, show: str = "") -> str:
    """Where a purchase is reviewed; `show` is the tab of the queue one works through."""
    return path_to("purchases:desk", purchase.reference) + shown_tab(show)


def shown_tab(show: str) -> str:
    """The end of the address of a desk that works through a tab of the queue; none: the queue."""
    return f"?{urlencode({'show': show})}" if show else ""


def _desk(purchase: Purchase, _reader: Reader) -> str:
    link: str = purchase.link  # type: ignore[attr-defined]  # set by PurchaseTable.prepare
    return markup('<a class="num-link" href="{}">{}</a>', link, purchase.reference)


def _reviewer(purchase: Purchase, _reader: Reader) -> str:
    who = purchase.policy.get_reviewer_display()
    return f"{who}, first approval given" if purchase.approved_at else who


def _ordered(purchase: Purchase, reader: Reader) -> str:
    return day_cell(purchase.ordered_on, reader)


def _client(purchase: Purchase, _reader: Reader) -> str:
    return markup('<span class="clip clip-s" title="{}">{}</span>', purchase.client.name, purchase.client.name)


CLIENT = Column("Client", _client, css="wide-only fill-s", clients_only=True)


class PurchaseTable(Table):
    """Purchases, newest first."""

    columns: ClassVar[Sequence[Column]] = (
        Column("Reference", _reference, sort="reference", plain=lambda purchase, _: purchase.reference),
        Column("Customer", _customer, sort="billing_company", css="fill"),
        CLIENT,
        Column("Status", _status, sort="status", plain=lambda purchase, _: purchase.status_label),
        Column("PO number", _po_number, sort="po_number", css="wide-only"),
        Column("Due", _due, sort="due_on", css="wide-only", plain=lambda purchase, _: purchase.due_on),
        Column("Gross", _gross, sort="gross_minor", css="num wide-only", plain=lambda purchase, _: purchase.gross),
        Column("Open", _open, sort="open_minor", css="num", plain=lambda purchase, _: purchase.open_amount),
        *EXTRAS,
    )
    usual_fields: ClassVar[Sequence[str]] = (
        "client",
        "reference",
        "billing_company",
        "billing_last_name",
        "billing_email",
        "status",
        "is_test",
        "held_at",
        "dunning_level",
        "po_number",
        "due_on",
        "currency",
        "gross_minor",
        "paid_minor",
        "refunded_minor",
        "ordered_at",
    )
    default_sort = "-ordered_at"
    key_field = "reference"
    currency_field = "currency"
    caption = "Purchases"
    is_selectable = True
    has_preview = True
    bulk_template = "purchases/_bulk.html"
    origin: str | None = None
    """The query of the list that the rows stand in: a purchase opened from it shows its neighbors."""

    user: User | None = None
    """Who looks: the rows say who else has them open."""
    unfolded: Sequence[str] = ()
    """The references of the rows whose items are shown."""

    def __init__(self, at: datetime | None = None) -> None:
        self.moment = at or datetime.min.replace(tzinfo=UTC)

    def prepare(self, page: Sequence[Any]) -> None:
        """Give each purchase its client's day, where it leads, and who else has it open."""
        others = open_with_others(page, user=self.user, at=self.moment) if self.user else {}
        clients = {client.pk: client for client in clients_of(self.user)} if self.user else {}
        for purchase in page:
            if purchase.client_id in clients:  # the head of the page has read them; joining them costs each row
                purchase.client = clients[purchase.client_id]
            purchase.on = self.moment.astimezone(purchase.client.zone).date()
            purchase.link = self.link(purchase)
            purchase.others = open_sentence(others.get(purchase.pk, []))

    def below(self, row: Any, reader: Reader) -> str:
        """The items of a row that is unfolded."""
        if row.reference not in self.unfolded:
            return ""
        return render_to_string(
            "purchases/_items.html", {"purchase": row, "items": row.items.order_by("position"), "reader": reader}
        )

    def fold(self, row: Any) -> str:
        """Where its items come from."""
        return self.path_to("purchases:items", row.reference)

    def acts(self, row: Any) -> dict[str, str]:
        """What a key does with the row under the cursor."""
        return {"c": self.path_to("purchases:cancel", row.reference)}

    def link(self, row: Any) -> str:
        """The viewer."""
        return self.path_to("purchases:viewer", row.reference) + self.beside

    @cached_property
    def beside(self) -> str:
        """How a purchase's page knows the list it was opened from."""
        return "" if self.origin is None else list_of(self.origin)

    def preview(self, row: Any) -> str:
        """The drawer."""
        return self.path_to("purchases:preview", row.reference)


class ReviewTable(PurchaseTable):
    """The review queue, longest waiting first; a row leads to its desk."""

    columns = (
        Column("Reference", _desk, sort="reference"),
        Column("Customer", _customer, sort="billing_company", css="fill"),
        CLIENT,
        Column("Document", _document, sort="document_received_at"),
        Column("PO number", _po_number, css="wide-only"),
        Column("Ordered", _ordered, sort="ordered_at", css="wide-only", plain=lambda purchase, _: purchase.ordered_on),
        Column("Reviewed by", _reviewer, css="wide-only"),
        Column("Gross", _gross, sort="gross_minor", css="num", plain=lambda purchase, _: purchase.gross),
        *(column for column in EXTRAS if column.label not in {"Ordered", "Reviewed by"}),
    )
    usual_fields = ()  # it has other columns
    default_sort = "ordered_at"
    caption = "Purchase orders that wait for their review"

    def __init__(self, at: datetime | None = None, show: str = "") -> None:
        super().__init__(at)
        self.show = show

    def link(self, row: Any) -> str:
        """The desk."""
        return self.path_to("purchases:desk", row.reference) + shown_tab(self.show)


def _product(product: Product, _reader: Reader) -> str:
    link = reverse("purchases:product", args=[product.pk])
    return markup('<a href="{}">{}</a><span class="sub">{}</span>', link, product.name, product.code)


def _prices(product: Product, reader: Reader) -> str:
    shown = [(money_text(price.unit_minor, price.currency, reader),) for price in product.prices.all()]
    return format_html_join(", ", '<span class="amount">{}</span>', shown) or NOTHING


def _stock(product: Any, _reader: Reader) -> str:
    if product.delivery != "key":
        return NOTHING
    if product.free_keys == 0:
        return badge("Generated", "blue") if product.generator_url else badge("Empty", "red")
    if product.free_keys <= product.low_stock_at:
        return badge(f"Low: {product.free_keys:,}", "amber")
    return f"{product.free_keys:,}"


def _checkout_link(product: Product, _reader: Reader) -> str:
    if not product.is_active:
        return NOTHING
    link = f"{reverse('quotes_public:checkout', args=[product.client.slug])}?{urlencode({'product': product.code})}"
    return markup('<a href="{}" aria-label="Checkout link of {}">Checkout</a>', link, product.name)


class ProductTable(Table):
    """Products with their prices and what is left of their keys."""

    columns = (
        Column("Product", _product, sort="name"),
        Column("Client", lambda product, _: product.client.name, css="wide-only fill-s", clients_only=True),
        Column("Net prices", _prices),
        Column("Delivery", lambda product, _: product.get_delivery_display(), css="wide-only"),
        Column("Keys left", _stock, css="num"),
        Column("Link", _checkout_link, css="wide-only"),
        Column(
            "State",
            lambda product, _: badge("On sale", "green") if product.is_active else badge("Withdrawn"),
            css="wide-only",
        ),
    )
    default_sort = "name"
    caption = "Products"

    def link(self, row: Any) -> str:
        """The product."""
        return reverse("purchases:product", args=[row.pk])


def _policy(policy: Policy, _reader: Reader) -> str:
    link = reverse("purchases:policy_of", args=[policy.client.slug])
    return markup('<a class="num-link" href="{}">{}</a>', link, policy.client.name)


class PolicyTable(Table):
    """The rules in force, one row per client."""

    columns = (
        Column("Client", _policy, sort="client__name"),
        Column("Version", lambda policy, _: str(policy.version), css="num"),
        Column("Since", lambda policy, reader: moment_cell(policy.created_at, reader), css="wide-only"),
        Column("Term", lambda policy, _: policy.get_term_days_display()),
        Column("Delivery", lambda policy, _: policy.get_delivery_display()),
        Column("Reviewed by", lambda policy, _: policy.get_reviewer_display() if policy.review else "Nobody"),
        Column("Dunning", lambda policy, _: badge("On", "green") if policy.dunning else badge("Off")),
    )
    default_sort = "client__name"
    caption = "Policies"

    def link(self, row: Any) -> str:
        """The client's policy."""
        return reverse("purchases:policy_of", args=[row.client.slug])


LINE_TONES: dict[str, str] = {
    LineStatus.PROPOSED: "blue",
    LineStatus.UNMATCHED: "amber",
    LineStatus.BOOKED: "green",
    LineStatus.IGNORED: "gray",
}


def line_badge(line: BankLine) -> SafeString:
    """What became of a bank line."""
    return badge(line.get_status_display(), LINE_TONES[line.status])


def line_effect(line: BankLine) -> SafeString:
    """What booking a proposed line would do; empty for the others."""
    if line.status != LineStatus.PROPOSED or line.purchase is None:
        return SafeString()
    owed = missing_on(line.purchase).minor
    effect = effect_of(line.amount_minor, status=line.purchase.status, owed_minor=owed)
    return badge(effect.label, effect.tone)


def line_amount(line: BankLine, reader: Reader) -> SafeString:
    """What moved."""
    return money_cell(line.amount_minor, line.currency, reader, css="strong" if line.amount_minor > 0 else "")


def _line_payer(line: BankLine, _reader: Reader) -> str:
    link = reverse("purchases:bank_line", args=[line.pk])
    name = line.payer or "Payer not given"
    return markup(
        '<a class="clip" href="{}" title="{}">{}</a><span class="sub" title="{}">{}</span>',
        link,
        name,
        name,
        line.text,
        line.text,
    )


def _line_pays(line: BankLine, _reader: Reader) -> str:
    grounds = line.note if line.status == LineStatus.IGNORED else "; ".join(line.grounds)
    told = markup('<span class="sub" title="{}">{}</span>', grounds, grounds)
    if line.purchase is None:
        return told
    paid = markup('<a class="num-link" href="{}">{}</a>', purchase_link(line.purchase), line.purchase.reference)
    return markup("{} {}{}", paid, line_effect(line), told)


def _line_file(line: BankLine, _reader: Reader) -> str:
    link = reverse("purchases:bank_statement", args=[line.statement_id])
    return markup('<a class="clip clip-s" href="{}" title="{}">{}</a>', link, *[line.statement.filename] * 2)


class BankLineTable(Table):
    """Bank lines over all statements, newest first."""

    columns: ClassVar[Sequence[Column]] = (
        Column("Day", lambda line, reader: day_cell(line.booked_on, reader), sort="booked_on"),
        Column("Payer and text", _line_payer, sort="payer", css="fill bank"),
        Column("Amount", line_amount, sort="amount_minor", css="num"),
        Column("Pays", _line_pays, css="fill bank"),
        Column("State", lambda line, _: line_badge(line), sort="status", css="wide-only"),
        Column("File", _line_file, css="wide-only"),
        Column("Client", lambda line, _: line.client.name, css="wide-only fill-s", clients_only=True),
    )
    default_sort = "-booked_on"
    caption = "Bank lines"
    is_selectable = True
    bulk_template = "purchases/_bulk.html"

    def link(self, row: Any) -> str:
        """The line's own page."""
        return reverse("purchases:bank_line", args=[row.pk])


class StatementLineTable(BankLineTable):
    """The lines of one statement, in the file's order."""

    columns = (
        Column("Line", lambda line, _: f"{line.position:,}", sort="position", css="num wide-only"),
        *(column for column in BankLineTable.columns if column.label not in {"File", "Client"}),
    )
    default_sort = "position"
    caption = "Lines of this statement"


def _statement(statement: BankStatement, _reader: Reader) -> str:
    link = reverse("purchases:bank_statement", args=[statement.pk])
    return markup('<a class="num-link clip" href="{}">{}</a>', link, statement.filename)


def _count(name: str, tone: str) -> Any:
    def cell(statement: Any, _reader: Reader) -> str:
        number = getattr(statement, name)
        return badge(f"{number:,}", tone) if number else NOTHING

    return cell


class StatementTable(Table):
    """Imported statements with what became of their lines."""

    columns = (
        Column("File", _statement, sort="filename", css="fill"),
        Column("Client", lambda row, _: row.client.name, css="wide-only fill-s", clients_only=True),
        Column("Account", lambda row, _: row.account or NOTHING, css="wide-only"),
        Column("Format", lambda row, _: row.get_format_display(), css="wide-only"),
        Column(
            "Imported", lambda row, reader: moment_cell(row.imported_at, reader), sort="imported_at", css="wide-only"
        ),
        Column("By", lambda row, _: row.imported_by.name, css="wide-only"),
        Column("Proposed", _count("proposed", LINE_TONES[LineStatus.PROPOSED]), css="num"),
        Column("Unmatched", _count("unmatched", LINE_TONES[LineStatus.UNMATCHED]), css="num"),
        Column("Booked", _count("booked", LINE_TONES[LineStatus.BOOKED]), css="num"),
        Column("Set aside", _count("ignored", LINE_TONES[LineStatus.IGNORED]), css="num wide-only"),
    )
    default_sort = "-imported_at"
    caption = "Bank statements"

    def link(self, row: Any) -> str:
        """The statement's lines."""
        return reverse("purchases:bank_statement", args=[row.pk])
