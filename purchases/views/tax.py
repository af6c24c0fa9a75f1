"""Why a purchase was taxed, and what a certificate changes in purchases that were taxed before it was found valid."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.urls import reverse

from accounts.roles import Right
from core.tables import money_text
from core.views import MOST_PICKS, chosen_client
from purchases.selectors.exemption import certificate_of, tax_sentence
from purchases.services.credit import worth_of
from purchases.services.exemption import REFUND_DAYS, apply_certificate, change_of, changes_of
from purchases.states import Status
from purchases.views.acts import PurchaseBulk
from taxexempt.models import Certificate
from taxexempt.states import COVERING

if TYPE_CHECKING:
    from datetime import datetime

    from django.forms import Form
    from django.http import HttpResponse

    from accounts.models import User
    from purchases.models import Purchase
    from purchases.services.exemption import Change

MOST_AT_ONCE = MOST_PICKS
"""How many purchases one list shows, and one act changes."""


def tax_context(purchase: Purchase, *, user: User, at: datetime) -> dict[str, Any]:
    """The answer to “why was this taxed?”, the certificate it is about, and what that one changes."""
    is_given_back = bool(purchase.refunded_minor and purchase.tax_minor and not worth_of(purchase).tax_minor)
    certificate = certificate_of(purchase)
    change = None
    if certificate is not None and purchase.exempt_by_id is None and not is_given_back:
        change = change_of(purchase, certificate, on=at.astimezone(purchase.client.zone).date())
    return {
        "tax_sentence": tax_sentence(purchase, language=user.language, is_given_back=is_given_back),
        "tax_certificate": certificate,
        "tax_change": change,
    }


class ExemptionChanges(PurchaseBulk):
    """Take the tax off what a certificate covers: one list of what it changes, then one act with a result per row."""

    right = Right.REFUND_TAX
    title = "Take the tax off"
    action = staticmethod(apply_certificate)

    @cached_property
    def certificate(self) -> Certificate:
        """The certificate in the address; another tenant's does not exist."""
        rows = Certificate.objects.visible_to(self.user, chosen_client(self.request)).select_related("client")
        found = rows.filter(pk=self.kwargs["pk"]).first()
        if found is None:
            raise Http404
        return found

    @cached_property
    def changes(self) -> list[Change]:
        """What it changes today, and what it would but for the reason that stands beside it."""
        return changes_of(self.certificate, on=self.at.astimezone(self.certificate.client.zone).date())

    def heading(self) -> str:
        """The certificate."""
        return f"What certificate {self.certificate.pk} changes"

    def home(self) -> str:
        """The certificate's page."""
        return reverse("taxexempt:detail", args=[self.certificate.pk])

    def keywords(self, form: Form) -> dict[str, Any]:  # noqa: ARG002 -- nothing is asked
        """The certificate."""
        return {"certificate": self.certificate}

    def ask(self, form: Form, names: list[str], *, status: int = 200) -> HttpResponse:
        """Show the list; what is possible is chosen, or what was chosen where the list was opened for one purchase.

        Of very many the list shows those that can be changed first, and says how many follow.
        """
        changes = sorted(
            self.changes, key=lambda change: (bool(change.why_not), bool(names) and str(change.purchase) not in names)
        )
        shown, beyond = changes[:MOST_AT_ONCE], changes[MOST_AT_ONCE:]
        possible = [change for change in shown if not change.why_not]
        chosen = {str(change.purchase) for change in possible if not names or str(change.purchase) in names}
        refusal = "" if possible else self.nothing()
        return self.show(
            form,
            status=status,
            refusal=refusal,
            panel="purchases/_tax_changes.html",
            changes=shown,
            chosen=chosen,
            possible_beyond=sum(not change.why_not for change in beyond),
            others_beyond=sum(bool(change.why_not) for change in beyond),
            consequences=self.consequences(possible),
        )

    def nothing(self) -> str:
        """Why nothing can be done."""
        if self.certificate.status not in COVERING:
            return f"{self.certificate} is {self.certificate.status_label}: it covers nothing."
        if not self.changes:
            return f"{self.certificate} covers no taxed purchase of its customer: there is nothing to change."
        reasons = [f"{change.purchase}: {change.why_not}" for change in self.changes[:MOST_AT_ONCE]]
        beyond = len(self.changes) - len(reasons)
        return "\n".join(["Nothing can be changed.", *reasons, *([f"And {beyond} more."] if beyond else [])])

    def consequences(self, rows: list[Any]) -> list[str]:
        """Credit notes and e-mails; of those kinds of change that there are."""
        lines = []
        if any(change.is_refund for change in rows):
            lines.append(
                f"Paid within {REFUND_DAYS} days of the order: the tax goes back, with a credit note and an e-mail."
            )
        if any(not change.is_refund for change in rows):
            lines.append(
                "Unpaid: the invoice is undone by a credit note and issued anew without tax; the customer gets both."
            )
        return lines

    def sentence(self, row: Purchase) -> str:
        """What was given back, or what the purchase comes to now."""
        if row.exempt_by_id is None:
            refund = row.refunds.order_by("-pk").select_related("credit_note").first()
            shown = money_text(refund.amount_minor, row.currency, self.reader) if refund else ""
            return f"{shown} tax goes back; the purchase is {row.status_label}."
        shown = money_text(row.gross_minor, row.currency, self.reader)
        return f"Billed anew over {shown}, without tax" + ("; that is paid." if row.status == Status.PAID else ".")
