"""The columns of runs, of their why/why-not lines, and of the lists behind Today's figures."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.urls import reverse
from django.utils.html import format_html, format_html_join

from core.tables import NOTHING, Column, Reader, Table, badge, day_cell, day_text, moment_cell, money_cell
from core.templatetags.kontor import route
from dunning.models import Waiting
from dunning.schedule import CANCELS
from dunning.selectors.proposals import DROPPED, GOES, TAKEN_OUT, proposal_of
from dunning.states import REASON_LABELS, REASON_TONES, SHORT_LABELS, sentence
from dunning.wording.places import LEVELS
from mailing.tables import email_link
from purchases.models import Purchase
from purchases.services.credit import missing_on
from purchases.tables import purchase_link, status_cell

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.utils.safestring import SafeString

    from accounts.models import Client
    from core.money import Money
    from dunning.models import Explanation, Notice, Run
    from dunning.selectors.work import Work


def _day(run: Run, reader: Reader) -> str:
    link = reverse("dunning:run", args=[run.pk])
    return format_html('<a class="num-link" href="{}">{}</a>', link, day_text(run.on, reader))


def _state(run: Run, _reader: Reader) -> SafeString:
    if run.has_lapsed:
        return badge("Lapsed", "gray")
    if run.is_waiting:
        return badge(Waiting(run.waits_for).label, "amber")
    if run.finished_at is None:
        return badge("Under way", "amber")
    return badge("With errors", "red") if run.counts.get("errors") else badge("Done", "green")


def steps_text(counts: dict[str, int]) -> SafeString | str:
    """Tell how many steps of each kind there were."""
    known = [(count, SHORT_LABELS[step]) for step, count in counts.items() if step in SHORT_LABELS and count]
    return format_html_join(", ", "{}&nbsp;×&nbsp;{}", known) if known else NOTHING


def _steps(run: Run, _reader: Reader) -> SafeString | str:
    proposed = run.counts.get("proposed", {})
    return format_html("Proposed: {}", steps_text(proposed)) if proposed else steps_text(run.counts.get("steps", {}))


def _number(group: str) -> Any:
    def count(run: Run, _reader: Reader) -> str:
        total = sum(run.counts.get(group, {}).values())
        return str(total) if total else NOTHING

    return count


class RunTable(Table):
    """Daily decisions, the newest first."""

    columns = (
        Column("Day", _day, sort="on"),
        Column("Client", lambda run, _: run.client.name, clients_only=True),
        Column("State", _state),
        Column("Steps", _number("steps"), css="num"),
        Column("What was done", _steps),
        Column("Waiting", _number("waits"), css="num wide-only"),
        Column("Errors", lambda run, _: str(run.counts.get("errors") or NOTHING), css="num wide-only"),
        Column("Started", lambda run, reader: moment_cell(run.started_at, reader), sort="started_at", css="wide-only"),
    )
    default_sort = "-started_at"
    caption = "Dunning runs"

    def link(self, row: Any) -> str:
        """The run's lines."""
        return reverse("dunning:run", args=[row.pk])


def explanation_text(line: Explanation, reader: Reader) -> str:
    """Write a why/why-not line as a sentence."""
    return sentence(
        reason=line.reason,
        step=line.step,
        coming=line.coming,
        next_on=line.next_on,
        numbers=line.numbers,
        day=lambda day: day_text(day, reader),
    )


def outcome_badge(line: Explanation) -> SafeString:
    """What came of it: the step that was taken, or why there was none."""
    if line.step:
        return badge(SHORT_LABELS[line.step], "red" if line.step in CANCELS else "blue")
    return badge(REASON_LABELS[line.reason], REASON_TONES.get(line.reason, "gray"))


def _reference(line: Explanation | Notice, _reader: Reader) -> str:
    reference = line.purchase.reference
    link = route("purchases:viewer", reference)
    return format_html('<a class="num-link" href="{}">{}</a>', link, reference) if link else reference


def _who(line: Explanation | Notice, _reader: Reader) -> str:
    who = line.purchase.billing_company or line.purchase.billing_last_name
    return format_html('<span class="clip" title="{}">{}</span>', who, who)


class ExplanationTable(Table):
    """Why a step was taken or not, order by order."""

    columns: ClassVar[Sequence[Column]] = (
        Column("Reference", _reference, sort="purchase__reference"),
        Column("Customer", _who, css="wide-only"),
        Column("Outcome", lambda line, _: outcome_badge(line), sort="reason"),
        Column("Why", explanation_text, css="prose"),
        Column("Since", lambda line, reader: day_cell(line.on, reader), sort="on", css="wide-only"),
        Column("Next", lambda line, reader: day_cell(line.next_on, reader), sort="next_on", css="wide-only"),
    )
    default_sort = "-id"
    caption = "Why, order by order"

    def link(self, row: Any) -> str:
        """The purchase."""
        return route("purchases:viewer", row.purchase.reference)

    def label(self, row: Any) -> str:
        """The purchase's number."""
        return str(row.purchase.reference)


def _open(line: Explanation, reader: Reader) -> SafeString:
    purchase = line.purchase
    return money_cell(purchase.open_amount.minor, purchase.currency, reader)


PROPOSED_BADGES: Final = {GOES: ("Goes out", "blue"), TAKEN_OUT: ("Taken out", "amber"), DROPPED: ("Dropped", "gray")}


def _proposed_state(line: Explanation, _reader: Reader) -> SafeString:
    one = line.proposed  # type: ignore[attr-defined]  # the table hangs it on
    label, tone = PROPOSED_BADGES[one.state]
    return format_html("{} {}", badge(label, tone), one.why)


def _proposed_why(line: Explanation, reader: Reader) -> str:
    """Why the step is due: that it waits is said above."""
    return sentence(
        reason=line.reason,
        step=line.coming,
        coming=line.coming,
        next_on=None,
        numbers=line.numbers,
        day=lambda day: day_text(day, reader),
    )


def _proposed_links(line: Explanation, _reader: Reader) -> SafeString:
    one, arguments = line.proposed, [line.run_id, line.purchase.reference]  # type: ignore[attr-defined]
    links = []
    if one.step in LEVELS:
        links.append((reverse("dunning:letter_preview", args=arguments), "", "Letter"))
    if one.state == GOES and line.may_take_out:  # type: ignore[attr-defined]
        page = reverse("dunning:take_out", args=arguments)
        dialog = format_html(' hx-get="{}" hx-target="#dialog-body" hx-swap="innerHTML"', page)
        links.append((page, dialog, "Take out"))
    return format_html_join(" · ", '<a href="{}"{}>{}</a>', links)


class ProposalTable(Table):
    """What a run that waits would do, order by order."""

    columns = (
        Column("Step", lambda line, _: badge(SHORT_LABELS[line.coming], "red" if line.coming in CANCELS else "blue")),
        Column("Reference", _reference, sort="purchase__reference"),
        Column("Customer", _who, css="wide-only"),
        Column("Open", _open, css="num"),
        Column("Why", _proposed_why, css="prose wide-only"),
        Column("State", _proposed_state),
        Column("", _proposed_links),
    )
    default_sort = "pk"
    caption = "Proposed steps"

    def __init__(self, run: Run, *, may_take_out: bool) -> None:
        self.run = run
        self.may_take_out = may_take_out

    def prepare(self, page: Sequence[Any]) -> None:
        """Hang on each line how its step stands now; of the other pages nothing is read."""
        shown = Purchase.objects.filter(pk__in=[line.purchase_id for line in page])
        steps = proposal_of(self.run, among=shown).steps
        for line in page:
            line.proposed, line.may_take_out = steps[line.purchase_id], self.may_take_out

    def link(self, row: Any) -> str:
        """The purchase."""
        return route("purchases:viewer", row.purchase.reference)

    def label(self, row: Any) -> str:
        """The purchase's number."""
        return str(row.purchase.reference)


class WhyTable(ExplanationTable):
    """Every open purchase with the line that holds, or held."""

    columns: ClassVar[Sequence[Column]] = (
        Column("Reference", _reference, sort="purchase__reference"),
        Column("Client", lambda line, _: line.purchase.client.name, clients_only=True, css="wide-only"),
        Column("Customer", _who),
        Column("Open", _open, css="num"),
        Column("Level", lambda line, _: str(line.purchase.dunning_level or NOTHING), css="num wide-only"),
        Column("Outcome", lambda line, _: outcome_badge(line), sort="reason"),
        Column("Why", explanation_text, css="prose wide-only"),
        Column("Next", lambda line, reader: day_cell(line.next_on, reader), sort="next_on", css="wide-only"),
        Column("Since", lambda line, reader: day_cell(line.on, reader), sort="on", css="wide-only"),
    )
    caption = "Why and why not, order by order"


class PastWhyTable(WhyTable):
    """The line that held on a past day: what is open and the level are today's, they would not fit it."""

    columns = tuple(column for column in WhyTable.columns if column.label not in {"Open", "Level"})


def _link(purchase: Purchase, _reader: Reader) -> SafeString:
    return format_html('<a class="num-link" href="{}">{}</a>', purchase_link(purchase), purchase.reference)


def _customer(purchase: Purchase, _reader: Reader) -> SafeString:
    name = purchase.billing_company or purchase.billing_last_name or purchase.billing_email
    return format_html('<span class="clip" title="{}">{}</span>', name, name)


def _on(field: str) -> Any:
    """A field's day, at the client where it holds a moment."""

    def cell(purchase: Purchase, reader: Reader) -> SafeString:
        value = getattr(purchase, field)
        return day_cell(value.astimezone(purchase.client.zone).date() if isinstance(value, datetime) else value, reader)

    return cell


AMOUNTS: Final[dict[str, tuple[str, Callable[[Purchase], Money]]]] = {
    "open": ("Open", lambda purchase: purchase.open_amount),
    "gross": ("Gross", lambda purchase: purchase.gross),
    "kept": ("To decide", lambda purchase: purchase.kept),
    "excess": ("Too much", lambda purchase: purchase.kept - purchase.gross),
    "missing": ("Missing", missing_on),
}
"""What a kind of work is about, in words and figures."""


def _amount(name: str) -> Column:
    label, amount_of = AMOUNTS[name]

    def cell(purchase: Purchase, reader: Reader) -> SafeString:
        return money_cell(amount_of(purchase).minor, purchase.currency, reader, css="strong")

    return Column(label, cell, css="num")


class OrderTable(Table):
    """Purchases with their state as of a moment."""

    def __init__(self, at: datetime) -> None:
        self.moment = at

    def prepare(self, page: Sequence[Any]) -> None:
        """Give each purchase its client's day."""
        for purchase in page:
            purchase.on = self.moment.astimezone(purchase.client.zone).date()

    def link(self, row: Any) -> str:
        """The viewer."""
        return purchase_link(row)


ORDER: Final = (
    Column("Reference", _link, sort="reference"),
    Column("Customer", _customer, sort="billing_company", css="fill"),
    Column("Client", lambda purchase, _: purchase.client.name, clients_only=True, css="wide-only"),
    Column("Status", lambda purchase, _: status_cell(purchase, purchase.on), css="wide-only"),
)


class WorkTable(OrderTable):
    """Purchases that wait for somebody, the most urgent first."""

    def __init__(self, work: Work, at: datetime) -> None:
        super().__init__(at)
        self.columns = (*ORDER, Column(work.when, _on(work.sort), sort=work.sort), _amount(work.amount))  # type: ignore[misc]
        self.default_sort = work.sort
        self.caption = work.label


class BalanceTable(OrderTable):
    """Open purchases, the longest overdue first."""

    columns = (*ORDER, Column("Due", _on("due_on"), sort="due_on"), _amount("open"))
    default_sort = "due_on"
    caption = "Open purchases"


def _notice_email(notice: Notice, _reader: Reader) -> SafeString | str:
    if notice.email is None:
        return NOTHING
    return format_html('<a href="{}">{}</a>', email_link(notice.email), notice.email.recipient)


class NoticeTable(Table):
    """Letters of the ladder, the newest first."""

    columns = (
        Column("Sent on", lambda notice, reader: day_cell(notice.sent_on, reader), sort="sent_on"),
        Column("Letter", lambda notice, _: badge(notice.short_label, "blue")),
        Column("Reference", _reference),
        Column("Customer", _who, css="fill"),
        Column("Client", lambda notice, _: notice.purchase.client.name, clients_only=True, css="wide-only"),
        Column("E-mail", _notice_email, css="wide-only"),
        Column(
            "Open then",
            lambda notice, reader: money_cell(notice.open_minor, notice.purchase.currency, reader),
            css="num",
        ),
    )
    default_sort = "-sent_on"
    caption = "Letters sent"

    def link(self, row: Any) -> str:
        """The purchase."""
        return purchase_link(row.purchase)

    def label(self, row: Any) -> str:
        """The letter and the purchase's number."""
        return f"{row.short_label} of {row.purchase.reference}"


def _settings(name: str, words: str) -> Any:
    def cell(client: Client, _reader: Reader) -> SafeString | str:
        value = getattr(getattr(client, "dunning_settings", None), name, None)
        return words.format(value) if value else NOTHING

    return cell


def _settings_link(client: Client, _reader: Reader) -> SafeString:
    return format_html(
        '<a class="strong" href="{}">{}</a>', reverse("dunning:settings_of", args=[client.slug]), client.name
    )


class SettingsTable(Table):
    """How each client's runs are let go."""

    columns = (
        Column("Client", _settings_link, sort="name"),
        Column("Approval", _settings("is_approved_by_person", "every run")),
        Column("Brake, share", _settings("brake_percent", "over {} %"), css="wide-only"),
        Column("Brake, letters", _settings("brake_letters", "over {}"), css="wide-only"),
        Column("Bank data", _settings("bank_data_hours", "at most {} hours old"), css="wide-only"),
    )
    default_sort = "name"
    caption = "Dunning settings"

    def link(self, row: Any) -> str:
        """The client's settings."""
        return reverse("dunning:settings_of", args=[row.slug])
