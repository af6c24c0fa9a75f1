"""The columns of runs and of their why/why-not lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.html import format_html, format_html_join

from core.tables import NOTHING, Column, Reader, Table, badge, day_cell, day_text, moment_cell
from core.templatetags.kontor import route
from dunning.schedule import CANCELS
from dunning.states import REASON_LABELS, REASON_TONES, SHORT_LABELS, sentence

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

    from dunning.models import Explanation, Run


def _day(run: Run, reader: Reader) -> str:
    link = reverse("dunning:run", args=[run.pk])
    return format_html('<a class="num-link" href="{}">{}</a>', link, day_text(run.on, reader))


def _state(run: Run, _reader: Reader) -> SafeString:
    if run.finished_at is None:
        return badge("Under way", "amber")
    return badge("With errors", "red") if run.counts.get("errors") else badge("Done", "green")


def steps_text(counts: dict[str, int]) -> SafeString | str:
    """Tell how many steps of each kind there were."""
    known = [(count, SHORT_LABELS[step]) for step, count in counts.items() if step in SHORT_LABELS and count]
    return format_html_join(", ", "{}&nbsp;×&nbsp;{}", known) if known else NOTHING


def _steps(run: Run, _reader: Reader) -> str:
    return steps_text(run.counts.get("steps", {}))


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


def _reference(line: Explanation, _reader: Reader) -> str:
    reference = line.purchase.reference
    link = route("purchases:viewer", reference)
    return format_html('<a class="num-link" href="{}">{}</a>', link, reference) if link else reference


def _who(line: Explanation, _reader: Reader) -> str:
    who = line.purchase.billing_company or line.purchase.billing_last_name
    return format_html('<span class="clip" title="{}">{}</span>', who, who)


class ExplanationTable(Table):
    """Why a step was taken or not, order by order."""

    columns = (
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
