"""`manage.py dunning`: one dunning run, or what one would do and why not."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.models import Client
from dunning.selectors.as_of import replay_day
from dunning.selectors.days import Preview, due_days, preview
from dunning.services.approval import wait_of
from dunning.services.days import decide_due_days
from dunning.services.statements import preview_statements
from dunning.states import STEP_LABELS, sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from dunning.models import Run
    from dunning.policy import Wait
    from dunning.selectors.as_of import Replay
    from dunning.services.statements import ComingStatement


def read_moment(text: str) -> datetime:
    """Read a moment with its offset. Raises CommandError with a sentence when it is none."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        message = f"--as-of: {text!r} is not a moment; write it like 2026-03-02T09:00:00+01:00"
        raise CommandError(message) from None
    if at.tzinfo is None:
        message = f"--as-of: {text!r} has no offset from UTC; write it like 2026-03-02T09:00:00+01:00"
        raise CommandError(message)
    return at


def runs_as_lines(runs: Iterable[Run]) -> Iterator[str]:
    """Tell what runs did, a line for each client."""
    for run in runs:
        steps = ", ".join(f"{count} {step}" for step, count in run.counts.get("steps", {}).items()) or "no step"
        if run.is_waiting:
            proposed = sum(run.counts.get("proposed", {}).values())
            yield f"{run.client} {run.on}: {proposed} proposed, nothing done. {run.waits_because}"
            continue
        errors = run.counts.get("errors", 0)
        yield f"{run.client} {run.on}: {steps}" + (f", {errors} errors" if errors else "")


class Command(BaseCommand):
    """One dunning run."""

    help = (
        "Takes the daily dunning decisions of every client for whom 08:00 has passed and who was not decided today. "
        "With --dry-run it says for every open order what would happen and why not, and writes nothing. "
        "With --compare it decides a past day again with what was known then and says what was done otherwise."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare --as-of, --dry-run and --json."""
        parser.add_argument("--as-of", metavar="MOMENT", help="as of this moment, e.g. 2026-03-02T09:00:00+01:00")
        parser.add_argument("--dry-run", action="store_true", help="say what would be done and why not; write nothing")
        parser.add_argument(
            "--compare", action="store_true", help="decide the day again as of then; say what was done otherwise"
        )
        parser.add_argument("--json", action="store_true", help="one JSON object per line")

    def handle(self, *_: Any, as_of: str | None, dry_run: bool, **options: Any) -> None:
        """Decide or say what would be decided."""
        at = read_moment(as_of) if as_of else timezone.now()
        is_json = options["json"]
        if options["compare"]:
            self.compare(at, is_json=is_json)
            return
        if dry_run:
            self.preview(at, is_json=is_json)
            return
        waiting = len(due_days(at))
        runs = decide_due_days(at=at)
        if is_json:
            for run in runs:
                fact = {"client": run.client.slug, "on": run.on.isoformat(), **run.counts}
                self.stdout.write(json.dumps(fact, ensure_ascii=False))
            return
        for line in runs_as_lines(runs):
            self.stdout.write(line)
        if not waiting:
            self.stdout.write("Nothing to decide: every client was decided today, or it is not 08:00 there yet.")

    def preview(self, at: datetime, *, is_json: bool) -> None:
        """Say for every open order and every statement what would happen, and what the client's run would wait for."""
        days = due_days(at)
        waits = {day.client_id: wait for day in days if (wait := wait_of(day, at=at)) is not None}
        for one in preview(at=at):
            wait = waits.get(one.purchase.client_id) if one.decision.step else None
            self.say(_as_json(one) if is_json else _as_line(one), wait)
        for coming in preview_statements(days):
            self.say(
                _statement_as_json(coming) if is_json else _statement_as_line(coming),
                waits.get(coming.partner.client_id),
            )

    def say(self, fact: dict[str, Any] | str, wait: Wait | None) -> None:
        """Write a line; that the run would wait is an extra key, or a sentence more."""
        if isinstance(fact, str):
            self.stdout.write(f"{fact} The run waits: {wait.because}" if wait else fact)
        else:
            more = {"waits_for": wait.what, "waits_because": wait.because} if wait else {}
            self.stdout.write(json.dumps(fact | more, ensure_ascii=False))

    def compare(self, at: datetime, *, is_json: bool) -> None:
        """Decide every client's day again as of then, and say what was done otherwise."""
        for client in Client.objects.order_by("slug"):
            for line in _comparison(replay_day(client, at=at), is_json=is_json):
                self.stdout.write(line)


def _comparison(replay: Replay, *, is_json: bool) -> Iterator[str]:
    """Tell how a client's day differs from the same day decided again."""
    rows = replay.differences
    for row in rows:
        reference = row.purchase.reference
        if is_json:
            fact = {
                "order": row.purchase.external_id or reference,
                "reference": reference,
                "client": replay.client.slug,
                "on": replay.on.isoformat(),
                "would": row.decision.step,
                "did": row.done.step if row.done else None,
                "difference": row.difference,
            }
            yield json.dumps(fact, ensure_ascii=False)
        else:
            yield f"{reference}  {replay.on}  {row.would or '–':<12}  {row.did or '–':<12}  {row.difference}"
    if not rows and not is_json:
        count = len(replay.rows)
        yield f"{replay.client} {replay.on}: {count or 'no'} step{'' if count == 1 else 's'}, no difference"


def _as_json(one: Preview) -> dict[str, Any]:
    decision = one.decision
    return {
        "order": one.purchase.external_id or one.purchase.reference,
        "reference": one.purchase.reference,
        "client": one.purchase.client.slug,
        "on": one.on.isoformat(),
        "step": decision.step,
        "reason": decision.reason,
        "next_step": decision.coming,
        "next_on": decision.next_on.isoformat() if decision.next_on else None,
        "numbers": dict(decision.numbers),
        "why": _why(one),
    }


def _as_line(one: Preview) -> str:
    doing = STEP_LABELS[one.decision.step] if one.decision.step else "–"
    return f"{one.purchase.reference}  {one.on}  {doing:<30}  {_why(one)}"


def _statement_as_json(coming: ComingStatement) -> dict[str, Any]:
    return {
        "partner": coming.partner.code,
        "client": coming.partner.client.slug,
        "on": coming.on.isoformat(),
        "step": "statement",
        "orders": coming.orders,
    }


def _statement_as_line(coming: ComingStatement) -> str:
    return f"{coming.partner.code}  {coming.on}  {'Month-end statement':<30}  {', '.join(coming.orders)}"


def _why(one: Preview) -> str:
    def day(value: date) -> str:
        return value.isoformat()

    decision = one.decision
    waits = f" The next decisions fall on {one.next_at:%Y-%m-%d at %H:%M}." if one.next_at else ""
    words = sentence(
        reason=decision.reason,
        step="",
        coming=decision.coming or "",
        next_on=decision.next_on,
        numbers=decision.numbers,
        day=day,
    )
    return words + waits
