"""Partners: who may order how much on purchase order, and what of it is taken."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.urls import reverse

from accounts.models import BankAccount, Client
from accounts.roles import Right
from core.refused import Refused
from core.tables import day_text, money_text, page_of
from core.views import INVALID, ActionView, ActView, DetailPage, Empty, ListPage, Segment
from partners.filters import PartnerFilter
from partners.forms import AllowanceForm, NewPartnerForm, PartnerForm
from partners.models import LimitEntry, LimitScope, Partner, PartnerStatus
from partners.selectors import (
    WARN_AT_PERCENT,
    exposure_of,
    exposure_picture,
    nearly_used,
    newest_entries,
    open_allowance,
    outstanding,
    with_outstanding,
)
from partners.services import limit, portal, terms
from partners.tables import PartnerTable, left_text, meter, status_badge

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from django import forms
    from django.http import HttpRequest, HttpResponse

LEDGER_PAGE = 25
NEWEST_CHANGES = 8
WEEK = timedelta(days=7)


def paid_currencies(client: Client | None) -> list[str]:
    """The currencies in which a client (or, without one, anybody here) is paid."""
    rows = BankAccount.objects.all() if client is None else BankAccount.objects.filter(client=client)
    return list(rows.order_by("currency").values_list("currency", flat=True).distinct())


class PartnerList(ListPage):
    """All partners with their limits."""

    right = Right.SEARCH
    title = "Partners"
    template_name = "partners/list.html"
    table_class = PartnerTable
    filterset_class = PartnerFilter
    noun = ("partner", "partners")
    is_personal = True
    empty = Empty(
        "No partners yet",
        "Resellers that buy on purchase order stand here with their limit and what is left of it. "
        "Add one, with what it may order.",
    )

    def get_rows(self) -> Any:
        """Partners with what is outstanding."""
        return with_outstanding(Partner.objects.select_related("client"))

    def segments(self) -> Sequence[Segment]:
        """All, then one by one the statuses."""
        return (
            Segment("all", "All"),
            Segment("near", "Limit nearly used", nearly_used),
            Segment("accepted", "Accepted", lambda rows: rows.filter(status=PartnerStatus.ACCEPTED)),
            Segment("in_review", "In review", lambda rows: rows.filter(status=PartnerStatus.IN_REVIEW)),
            Segment("rejected", "Rejected", lambda rows: rows.filter(status=PartnerStatus.REJECTED)),
        )


class PartnerDetail(DetailPage):
    """One partner: limit, exposure, open orders, ledger."""

    right = Right.SEARCH
    template_name = "partners/detail.html"

    def get_rows(self) -> Any:
        """Any partner."""
        return with_outstanding(Partner.objects.select_related("client", "customer"))

    def context(self) -> dict[str, Any]:
        """The partner, how its limit stands and how it came to that."""
        partner = self.row
        exposure = exposure_of(partner)
        on = self.at.astimezone(partner.client.zone).date()
        ledger = LimitEntry.objects.filter(partner=partner).select_related("by")
        return {
            "row": partner,
            "status": status_badge(partner),
            "is_expired": partner.valid_until is not None and partner.valid_until < on,
            "exposure": exposure,
            "left": left_text(exposure, self.reader),
            "meter": meter(exposure, self.reader, width=120),
            "picture": exposure_picture(newest_entries(partner), at=self.at),
            "ledger": page_of(ledger, sort="-at", query=self.request.GET, size=LEDGER_PAGE),
            "changes": partner.history.select_related("history_user").order_by("-history_date", "-history_id")[
                :NEWEST_CHANGES
            ],
            "on": on,
            "warn_at": WARN_AT_PERCENT,
            "is_per_order": partner.scope == LimitScope.PER_ORDER,
            "allowed": self.allowed(on),
        }

    def allowed(self, on: date) -> dict[str, str] | None:
        """The order over the limit that is allowed now, in words."""
        allowance = open_allowance(self.row, on=on)
        if allowance is None:
            return None
        return {
            "amount": money_text(allowance.amount_minor, self.row.currency, self.reader),
            "until": day_text(allowance.valid_until, self.reader),
            "by": str(allowance.by),
            "note": allowance.note,
        }


class PartnerAdd(ActView):
    """Register a new partner."""

    right = Right.PARTNERS
    title = "Add a partner"
    button = "Save"

    def home(self) -> str:
        """The list."""
        return reverse("partners:list")

    def get_initial(self) -> dict[str, Any]:
        """A partner that may order as soon as it is accepted, of the client that is chosen."""
        chosen = self.request.session.get("client")
        return {"status": PartnerStatus.IN_REVIEW, "is_po_enabled": True, "client": chosen}

    def get_form(self, data: Any = None, files: Any = None) -> NewPartnerForm:
        """The form; the platform's has the clients to choose from."""
        own = self.user.client
        return NewPartnerForm(
            data,
            files,
            initial=self.get_initial(),
            currencies=paid_currencies(own),
            language=self.user.language,
            clients=Client.objects.order_by("name", "pk") if own is None else None,
        )

    def get(self, request: HttpRequest) -> HttpResponse:  # noqa: ARG002
        """Ask."""
        return self.show(self.get_form())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Register it, once."""
        if self.is_spent():
            messages.info(request, "This was done already.")
            return self.leave(self.back)
        form = self.get_form(request.POST)
        if not form.is_valid():
            return self.show(form, status=INVALID)
        data = {name: value for name, value in form.cleaned_data.items() if name not in {"client", "currency"}}
        try:
            partner = terms.add_partner(
                self.user.client or form.cleaned_data["client"], by=self.user, at=self.at, **data
            )
        except Refused as refused:
            form.add_error(refused.code if refused.code in form.fields else None, refused.message)
            return self.show(form, status=INVALID)
        self.spend()
        messages.success(request, said_of_limit(partner, f"{partner.company} is a partner now."))
        return self.leave(reverse("partners:detail", args=[partner.pk]))


def said_of_limit(partner: Partner, done: str) -> str:
    """Say what was done, and that a limit of zero offers nothing."""
    return done if partner.limit_minor else f"{done} The limit is 0: purchase orders are not offered."


class _PartnerAct(ActionView):
    """What acts on partners have in common."""

    def get_rows(self) -> Any:
        """Any partner."""
        return Partner.objects.select_related("client", "customer")

    def home(self) -> str:
        """The partner's page."""
        return reverse("partners:detail", args=[self.row.pk])


class PartnerEdit(_PartnerAct):
    """Change who a partner is and what it may do."""

    right = Right.PARTNERS
    title = "Edit"
    button = "Save"
    form_class = PartnerForm
    action = terms.change_partner

    def get_form(self, data: Any = None, files: Any = None) -> forms.Form:
        """The form with the currencies of the client's accounts."""
        return PartnerForm(
            data,
            files,
            initial=self.get_initial(),
            currencies=paid_currencies(self.row.client),
            language=self.user.language,
            partner=self.row,
        )

    def get_initial(self) -> dict[str, Any]:
        """The partner as it is."""
        names = set(PartnerForm.base_fields) - {"limit", "comment"}
        return {name: getattr(self.row, name) for name in names} | {"limit": self.row.limit.amount}

    def keywords(self, form: forms.Form) -> dict[str, Any]:
        """The limit knows its currency."""
        return {name: value for name, value in form.cleaned_data.items() if name != "currency"}

    def consequences(self) -> list[str]:
        """Say what a change does to new and to open orders."""
        used = outstanding(self.row)
        reader = self.user.language
        return [
            f"Now {used.format(reader)} of {self.row.limit.format(reader)} is outstanding.",
            "A new limit counts for new orders at once; open orders stay, also above a lower limit.",
            "Only accepted partners may order; a partner with a month-end statement gets no payment notices.",
            "Every change stands in the ledger with your name and your comment.",
        ]

    def sentence(self) -> str:
        """What was done."""
        return said_of_limit(self.row, f"{self.row.company} is changed.")


class PartnerAllow(_PartnerAct):
    """Let one order through over the limit."""

    right = Right.ENTER_ORDER
    title = "Allow one order over the limit"
    button = "Allow"
    action = limit.allow_over_limit

    def heading(self) -> str:
        """The act and the partner."""
        return f"{self.title}: {self.row.company}"

    def get_form(self, data: Any = None, files: Any = None) -> forms.Form:
        """The form in the limit's currency."""
        initial = {"valid_until": self.day + WEEK}
        return AllowanceForm(data, files, initial=initial, currency=self.row.currency, language=self.user.language)

    @property
    def day(self) -> date:
        """The client's today."""
        return self.at.astimezone(self.row.client.zone).date()

    def refusal(self) -> str:
        """Say why the partner may not order at all."""
        try:
            limit.check_terms(self.row, self.row.currency, on=self.day)
        except Refused as refused:
            return refused.message
        return ""

    def consequences(self) -> list[str]:
        """Say how far it goes."""
        exposure = exposure_of(with_outstanding(Partner.objects.filter(pk=self.row.pk)).get())
        lines = [
            f"Now: {left_text(exposure, self.reader)} of {self.row.limit.format(self.user.language)}.",
            "The partner's next order over the limit goes through once, up to this total; the limit stays as it is.",
        ]
        if open_allowance(self.row, on=self.day):
            lines.append("It takes the place of the order that is allowed now.")
        return lines

    def sentence(self) -> str:
        """What was done."""
        return f"{self.row.company} may place one order over the limit."


class PartnerWithdraw(_PartnerAct):
    """Take back the allowed order over the limit."""

    right = Right.ENTER_ORDER
    title = "Withdraw the allowed order of"
    button = "Withdraw"
    tone = "danger"
    action = limit.withdraw_allowance

    def refusal(self) -> str:
        """Say that there is none."""
        on = self.at.astimezone(self.row.client.zone).date()
        return "" if open_allowance(self.row, on=on) else "No order over the limit is allowed."

    def consequences(self) -> list[str]:
        """Say what holds from now on."""
        return ["The next order is measured by the limit alone."]

    def sentence(self) -> str:
        """What was done."""
        return "The limit alone decides again."


class PartnerInvite(_PartnerAct):
    """Send a partner its login link."""

    right = Right.PARTNERS
    title = "Send a login link to"
    button = "Send"
    action = portal.send_link

    def refusal(self) -> str:
        """Say that the partner may not come in."""
        is_in = self.row.status == PartnerStatus.ACCEPTED
        return "" if is_in else f"{self.row.company} is not an accepted partner: it can't log in."

    def consequences(self) -> list[str]:
        """Say what the link opens."""
        return [
            f"{self.row.email} gets a link to the partner portal that works once, within 30 minutes.",
            "Later the partner asks for one itself, on the portal's page.",
        ]

    def sentence(self) -> str:
        """What was done."""
        return f"A login link goes to {self.row.email}."
