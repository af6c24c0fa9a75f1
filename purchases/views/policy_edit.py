"""Changing the rules: the form, what the change would have done to past orders, and only then the new version.

All that was typed travels in the form itself, so that every step works without script and nothing is kept anywhere
before it is saved.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from core.charts import Bar, BarData, bar_chart
from core.money import Money
from core.refused import Refused
from core.tables import day_text, moment_text, money_text
from core.views import INVALID, STALE, ActView
from customers.models import Customer
from purchases.forms import PolicyForm
from purchases.models import Policy
from purchases.policy import (
    DEADLINE,
    DELIVERY,
    DUE,
    GAINED,
    LOST,
    NUMBER,
    REVIEW_ADDED,
    REVIEW_DROPPED,
    Outcome,
    PolicyTerms,
)
from purchases.selectors import MOST_AFFECTED, REHEARSED_DAYS, currencies_of, customers_named, rehearse
from purchases.services.policy import changed_fields, set_policy, trusted_by
from purchases.tables import purchase_link
from purchases.views.policy import SECTIONS, ClientPage, lines_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest, HttpResponse

    from core.tables import Reader
    from purchases.selectors import Affected, Rehearsal

FIELDS = (
    "offered_at_checkout",
    "on_request",
    "eligible_types",
    "minimum",
    "maximum",
    "countries",
    "partner_pos_allowed",
    "review",
    "reviewer",
    "four_eyes",
    "po_number_required",
    "accepted_channels",
    "document_deadline_days",
    "term_days",
    "delivery",
    "dunning",
    "cancel_step",
    "cancel_after_business_days",
    "texts",
)
"""The policy's fields that the form changes; trusted customers stand beside them."""
CARRIED = {"csrfmiddlewaretoken", "act", "form_key", "comment", "who"}
"""What a form sends that the next step writes itself."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A version of the rules, saved or not: its fields and its trusted customers."""

    values: dict[str, Any]
    trusted: frozenset[int]

    def differs_from(self, policy: Policy | None, trusted: frozenset[int]) -> bool:
        """Whether saving it would make a new version."""
        return policy is None or trusted != self.trusted or bool(changed_fields(policy, self.values))


class PolicyEdit(ClientPage, ActView):
    """The form with all rules; `act` says which button was pressed."""

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:  # noqa: ARG002
        """Start from the version in force."""
        newest = self.get_rows().first()
        return self.edit(self.unbound(draft_of(newest), newest), newest)

    def post(self, request: HttpRequest, slug: str) -> HttpResponse:  # noqa: ARG002
        """Shape the form, preview the change, or save it."""
        act = request.POST.get("act", "preview")
        if act == "save" and self.is_spent():
            messages.info(request, "This was done already.")
            return HttpResponseRedirect(self.home())
        newest = self.get_rows().first()
        form = PolicyForm(request.POST, client=self.client, language=self.user.language)
        if act not in {"preview", "save", "live"}:
            return self.reshape(form, act, newest)
        if not form.is_valid():
            return self.live(newest) if act == "live" else self.edit(form, newest, status=INVALID)
        draft = Draft(
            {name: form.cleaned_data[name] for name in FIELDS},
            frozenset(customer.pk for customer in form.cleaned_data["trusted"]),
        )
        if act == "live":
            return self.live(newest, draft)
        if self.base_number != number_of(newest) and draft.differs_from(newest, trusted_by(newest)):
            return self.stale(draft, newest)
        return self.save(form, draft) if act == "save" else self.preview(form, draft, newest)

    def home(self) -> str:
        """The policy's own page."""
        return reverse("purchases:policy_of", args=[self.client.slug])

    @property
    def base_number(self) -> int:
        """The version that the form started from; 0 is none."""
        typed = self.request.POST.get("row_version", "")
        return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 9 else 0  # noqa: PLR2004

    def unbound(self, draft: Draft, policy: Policy | None, comment: str = "") -> PolicyForm:  # noqa: ARG002
        """A form that starts with a draft."""
        return PolicyForm(
            initial={**initial_of(draft), "comment": comment}, client=self.client, language=self.user.language
        )

    def reshape(self, form: PolicyForm, act: str, newest: Policy | None) -> HttpResponse:
        """Show what was typed again, with a row more or less, or with customers found."""
        typed = form.typed()
        if act == "add":
            typed["rows"].append({"currency": "", "minimum": "", "maximum": ""})
        elif act.startswith("remove-") and act[7:].isdigit():
            typed["rows"] = [row for number, row in enumerate(typed["rows"]) if str(number) != act[7:]]
        again = PolicyForm(initial=typed, client=self.client, language=self.user.language)
        return self.edit(again, newest, base=self.base_number, who=self.request.POST.get("who", "").strip()[:100])

    def edit(
        self, form: PolicyForm, newest: Policy | None, *, status: int = 200, base: int | None = None, **more: Any
    ) -> HttpResponse:
        """Show the form."""
        if form.is_bound:
            base = self.base_number
            pks = form.typed()["trusted"]
        else:
            pks = form.initial.get("trusted", [])
        chosen = list(Customer.objects.standing().filter(client=self.client, pk__in=pks).order_by("company", "pk"))
        who = more.get("who", "")
        found = [customer for customer in customers_named(self.client, who) if customer not in chosen] if who else []
        context = {
            "client": self.client,
            "policy": newest,
            "form": form,
            "form_key": uuid4().hex,
            "row_version": number_of(newest) if base is None else base,
            "texts": [form[f"text_{code}"] for code, _ in settings.LANGUAGES],
            "chosen": chosen,
            "found": found,
            "currencies": currencies_of(self.client),
            "days": REHEARSED_DAYS,
            **more,
        }
        return render(self.request, "purchases/policy_edit.html", context, status=status)

    def stale(self, draft: Draft, newest: Policy | None) -> HttpResponse:
        """Say who saved a version in the meantime and what it changed; what was typed stays, and theirs joins it."""
        base = self.get_rows().filter(version=self.base_number).first()
        before, now = draft_of(base), draft_of(newest)
        both = merged(before, now, draft) if base else draft
        words = [self.words(version) for version in (before, now, draft, both)]
        differences = [
            (label, *(version[label] for version in words))
            for label in words[0]
            if words[1][label] != words[0][label] or words[3][label] != words[2][label]
        ]
        by = str(newest.created_by or "the system") if newest else ""
        when = moment_text(newest.created_at, self.reader) if newest else ""
        return self.edit(
            self.unbound(both, newest, self.request.POST.get("comment", "")),
            newest,
            status=STALE,
            stale=f"This was changed by {by} at {when}. Nothing you typed is lost.",
            differences=differences,
        )

    def preview(self, form: PolicyForm, draft: Draft, newest: Policy | None, *, problem: str = "") -> HttpResponse:
        """Show the change in words, and what it would have done."""
        before, after = self.words(draft_of(newest)), self.words(draft)
        changes = [
            (title, [(label, before[label] if newest else "", after[label]) for label in labels])
            for title, labels in (
                (title, [label for label in labels if newest is None or before[label] != after[label]])
                for title, labels in SECTIONS
            )
            if labels
        ]
        context = {
            "client": self.client,
            "policy": newest,
            "next_version": number_of(newest) + 1,
            "form": form,
            "form_key": uuid4().hex,
            "carried": [
                (name, value) for name, values in self.request.POST.lists() if name not in CARRIED for value in values
            ],
            "changes": changes,
            "is_changed": draft.differs_from(newest, trusted_by(newest)),
            "problem": problem,
            **self.effects(draft, newest),
        }
        return render(self.request, "purchases/policy_preview.html", context, status=INVALID if problem else 200)

    def live(self, newest: Policy | None, draft: Draft | None = None) -> HttpResponse:
        """The figures alone, for beside the form."""
        context = {
            "is_valid": draft is not None,
            "is_changed": draft is not None and draft.differs_from(newest, trusted_by(newest)),
            **(self.effects(draft, newest) if draft else {}),
        }
        return render(self.request, "purchases/_policy_live.html", context)

    def save(self, form: PolicyForm, draft: Draft) -> HttpResponse:
        """Make the new version."""
        newest = self.get_rows().first()
        try:
            saved = set_policy(
                self.client,
                values=draft.values,
                trusted=draft.trusted,
                comment=form.cleaned_data["comment"],
                base=self.base_number,
                by=self.user,
                at=self.at,
            )
        except Refused as refused:
            if refused.code == "stale":
                return self.stale(draft, self.get_rows().first())
            return self.preview(form, draft, newest, problem=refused.message)
        self.spend()
        if newest is not None and saved.pk == newest.pk:
            messages.info(self.request, f"Nothing was changed: version {saved.version} stays in force.")
        else:
            messages.success(
                self.request, f"Version {saved.version} is in force. Orders placed before keep their version."
            )
        return HttpResponseRedirect(self.home())

    def words(self, draft: Draft) -> dict[str, str]:
        """A draft in words."""
        customers = Customer.objects.filter(client=self.client, pk__in=draft.trusted)
        return lines_of(Policy(**draft.values), customers, self.reader)

    def effects(self, draft: Draft, newest: Policy | None) -> dict[str, Any]:
        """What the change would have done, as figures, bars and a list."""
        before = draft_of(newest)
        old = Policy(**before.values).terms if newest else PolicyTerms(offered_at_checkout=False)
        found = rehearse(
            self.client,
            old=old,
            new=Policy(**draft.values).terms,
            trusted_before=before.trusted,
            trusted_after=draft.trusted,
            at=self.at,
        )
        return {
            "rehearsal": found,
            "days": REHEARSED_DAYS,
            "tallies": [
                (label, tally.count, ", ".join(money_text(m, c, self.reader) for c, m in sorted(tally.amounts.items())))
                for kind, label in EFFECT_LABELS.items()
                if (tally := found.tallies[kind]).count
            ],
            "picture": picture_of(found),
            "affected": [affected_line(order, self.reader) for order in found.affected],
            "most": MOST_AFFECTED,
        }


def number_of(policy: Policy | None) -> int:
    """A version's number; 0 when there is none yet."""
    return policy.version if policy else 0


def draft_of(policy: Policy | None) -> Draft:
    """A saved version as a draft; without one, the rules that a first version starts from."""
    usual = PolicyTerms()
    first = Policy(reviewer=usual.reviewer, delivery=usual.delivery, eligible_types=sorted(usual.eligible_types))
    row = policy or first
    return Draft({name: getattr(row, name) for name in FIELDS}, trusted_by(policy))


def initial_of(draft: Draft) -> dict[str, Any]:
    """A draft as the form starts with it."""
    values = dict(draft.values)
    least, most, texts = values.pop("minimum"), values.pop("maximum"), values.pop("texts")
    rows = [
        {
            "currency": currency,
            "minimum": Money(least[currency], currency).amount if currency in least else "",
            "maximum": Money(most[currency], currency).amount if currency in most else "",
        }
        for currency in sorted({*least, *most})
    ]
    return {
        **values,
        "countries": ", ".join(values["countries"]),
        "trusted": sorted(draft.trusted),
        "rows": rows or [{"currency": "", "minimum": "", "maximum": ""}],
        **{f"text_{code}": texts.get(code, "") for code, _ in settings.LANGUAGES},
    }


def merged(base: Draft, theirs: Draft, mine: Draft) -> Draft:
    """Join two changes of one version: where both changed a rule, mine holds."""
    values = {
        name: theirs.values[name] if mine.values[name] == base.values[name] else mine.values[name] for name in FIELDS
    }
    trusted = (theirs.trusted | (mine.trusted - base.trusted)) - (base.trusted - mine.trusted)
    return Draft(values, trusted)


# Effects in words and bars -------------------------------------------------------------------------------------------

EFFECT_LABELS = {
    LOST: "PO no longer offered",
    GAINED: "PO offered, was not",
    REVIEW_ADDED: "Reviewed, was accepted at once",
    REVIEW_DROPPED: "Accepted at once, was reviewed",
    NUMBER: "Asked for a PO number that is missing",
    DUE: "Due date moved",
    DEADLINE: "Document deadline moved",
    DELIVERY: "Delivered at another time",
}
CODES = {REVIEW_ADDED: "review", REVIEW_DROPPED: "review", DUE: "term"}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two bars side by side: what holds now, and what would hold."""

    label: str
    before: Bar
    after: Bar
    middle: float


def picture_of(found: Rehearsal) -> dict[str, Any]:
    """Draw how many orders were offered PO, reviewed, delivered at once: before and after."""
    labels = {"offered": "PO offered", "reviewed": "Reviewed", "once": "Delivered at once"}
    data = [
        BarData(label, counts[name], f"{counts[name]:,}")
        for name, label in labels.items()
        for counts in (found.before, found.after)
    ]
    chart = bar_chart(data, label_of=lambda value: f"{value:,}", width=420, height=200, left=46)
    bars = chart.bars
    pairs = [
        Pair(bars[at].data.label, bars[at], bars[at + 1], (bars[at].middle + bars[at + 1].middle) / 2)
        for at in range(0, len(bars), 2)
    ]
    return {"chart": chart, "pairs": pairs}


def affected_line(order: Affected, reader: Reader) -> dict[str, Any]:
    """One order: who, how much, and each effect with its code, before and after."""
    effect = order.effect
    return {
        "reference": order.reference,
        "link": purchase_link(order),  # type: ignore[arg-type]  # a reference is all it needs
        "customer": order.customer,
        "amount": money_text(order.gross.minor, order.gross.currency, reader),
        "ordered_on": order.ordered_on,
        "effects": [
            (code_of(kind, effect), said(kind, effect.before, reader), said(kind, effect.after, reader))
            for kind in effect.kinds
        ],
    }


def code_of(kind: str, effect: Any) -> str:
    """The short word for an effect: for the offer, the rule that forbids it."""
    if kind in {LOST, GAINED}:
        code: str = effect.after.offer.code or effect.before.offer.code
        return code
    return CODES.get(kind, kind)


def said(kind: str, outcome: Outcome, reader: Reader) -> str:
    """One side of an effect in words."""
    if kind in {LOST, GAINED}:
        return "PO offered" if outcome.offer.is_offered else outcome.offer.reason.rstrip(".")
    words: Mapping[str, str] = {
        NUMBER: "PO number missing" if outcome.lacks_po_number else "no PO number asked for",
        DUE: f"due {day_text(outcome.due_on, reader)}"
        if outcome.due_on
        else f"due {outcome.term_days} days after release",
        DEADLINE: f"document by {day_text(outcome.deadline_on, reader)}",
        DELIVERY: "delivered at once" if outcome.delivery == "immediate" else "delivered after payment",
    }
    return words.get(kind) or ("reviewed" if outcome.offer.is_reviewed else "accepted at once")
