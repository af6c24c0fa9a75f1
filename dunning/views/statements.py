"""A customer's statement of account on demand: as a letter, and as figures."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import content_disposition_header, urlencode

from accounts.roles import Right
from core.pdf import PdfTimeoutError, PdfUnavailableError, render_pdf
from core.sheets import CSV, csv_of
from core.views import INVALID, ActionView, DetailPage
from customers.models import Customer
from dunning.documents import customer_statement_data
from dunning.forms import StatementForm
from dunning.selectors.accounts import FEW_ORDERS, MOST_ORDERS, orders_between
from dunning.services.accounts import mail_statement
from purchases.tables import days_overdue

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from django.http import HttpRequest

    from purchases.models import Purchase

HEAD = ("Reference", "PO number", "Status", "Ordered", "Due", "Days overdue", "Paid on", "Currency", "Gross", "Open")


class CustomerRow(DetailPage):
    """A page about one customer."""

    right = Right.SEARCH

    def get_rows(self) -> Any:
        """Any customer."""
        return Customer.objects.select_related("client")

    @cached_property
    def row(self) -> Any:
        """The customer; another tenant's does not exist."""
        try:
            return self.rows.get(pk=self.kwargs["customer"])
        except (Customer.DoesNotExist, OverflowError):
            raise Http404 from None


class CustomerStatement(CustomerRow):
    """What a customer owes today; with `?paid_from=…&paid_to=…` also what it paid on those days."""

    kind = "pdf"

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:  # noqa: ARG002
        """Send it."""
        customer = self.row
        on = self.at.astimezone(customer.client.zone).date()
        most = None if self.kind == "csv" else MOST_ORDERS + 1
        since, until = (_day(request.GET.get(name, "")) for name in ("paid_from", "paid_to"))
        unpaid, paid = orders_between(customer, since, until, at=self.at, most=most)
        if self.kind == "csv":
            content, content_type = csv_of(HEAD, _lines([*unpaid, *paid], on)), CSV
        elif len(unpaid) + len(paid) > MOST_ORDERS:
            return render(
                request, "dunning/statement_refused.html", {"customer": customer, "most": MOST_ORDERS}, status=INVALID
            )
        elif len(unpaid) + len(paid) > FEW_ORDERS:
            days = {"paid_from": since, "paid_to": until}
            query = urlencode({name: day.isoformat() for name, day in days.items() if day})
            return redirect(f"{reverse('dunning:statement_mail', args=[customer.pk])}?{query}")
        else:
            data = customer_statement_data(customer, unpaid, paid, at=self.at)
            try:
                content = render_pdf("letters/statement.html", data, language=customer.language)
            except (PdfUnavailableError, PdfTimeoutError) as error:
                missing = {"document": {"number": "The statement"}, "problem": str(error)}
                return render(request, "purchases/no_pdf.html", missing, status=503)
            content_type = "application/pdf"
        answer = HttpResponse(content, content_type=content_type)
        name = f"statement-{customer.pk}-{on:%Y-%m-%d}.{self.kind}"
        answer["Content-Disposition"] = content_disposition_header(self.kind == "csv", name) or "attachment"
        answer["X-Content-Type-Options"] = "nosniff"
        answer["Cache-Control"] = "private, no-store"
        return answer


class StatementMail(CustomerRow, ActionView):
    """Have a long statement made by the worker and sent to oneself."""

    title = "Statement of account of"
    button = "Send it to me"
    form_class = StatementForm
    action = staticmethod(mail_statement)

    def get_initial(self) -> dict[str, Any]:
        """The days that were asked for."""
        return {name: self.request.GET.get(name, "") for name in ("paid_from", "paid_to")}

    def consequences(self) -> list[str]:
        """Why it is not shown at once, and where it goes."""
        return [
            f"It lists more than {FEW_ORDERS} orders: the worker makes it and sends it to {self.user.email or 'you'}.",
            "The outbox shows when it has left, with the PDF.",
        ]

    def sentence(self) -> str:
        """On its way."""
        link = reverse("mailing:email", args=[self.result.pk])
        return format_html('The statement is on its way to {}. <a href="{}">See the e-mail</a>', self.user.email, link)


def _lines(purchases: list[Purchase], on: date) -> Iterator[list[str | int | date | Decimal | None]]:
    for purchase in purchases:
        paid_on = purchase.paid_at.astimezone(purchase.client.zone).date() if purchase.paid_at else None
        yield [
            purchase.reference,
            purchase.po_number,
            purchase.status_label,
            purchase.ordered_on,
            purchase.due_on,
            days_overdue(purchase, on),
            paid_on,
            purchase.currency,
            purchase.gross.decimal,
            purchase.open_amount.decimal,
        ]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
