"""The purchase list, the review queue, the products."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Exists, Max, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpResponseRedirect

from accounts.models import Client
from accounts.roles import Right
from core.views import Empty, ListPage, Segment
from purchases.filters import ProductFilter, PurchaseFilter, SearchFilter
from purchases.models import LicenseKey, PoDocument, Product, Purchase
from purchases.states import OPEN, Status
from purchases.tables import ProductTable, PurchaseTable, ReviewTable, purchase_link
from purchases.views.acts import acts_many
from purchases.views.viewer import preview_context

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse
    from django_filters import FilterSet

    from accounts.models import User
    from purchases.querysets import PurchaseQuerySet

REFERENCE_LENGTH = 9


class PurchaseRows(ListPage):
    """What the list and the review queue share: their rows, their drawer, their bulk bar."""

    right = Right.SEARCH
    template_name = "purchases/list.html"
    noun = ("purchase", "purchases")

    def get_rows(self) -> Any:
        """Purchases with what their rows show."""
        return Purchase.objects.with_parties()

    def make_table(self) -> PurchaseTable:
        """The table, as of now."""
        table: PurchaseTable = self.table_class(self.at)  # type: ignore[call-arg, assignment]
        return table

    def context(self) -> dict[str, Any]:
        """The list, and the drawer where the address names a purchase."""
        asked = self.request.GET.get("preview", "")
        found = (
            self.rows.filter(reference=asked).first() if len(asked) == REFERENCE_LENGTH and asked.isascii() else None
        )
        more = preview_context(found, user=self.user, at=self.at) if found else {}
        return {**super().context(), "bulk_acts": acts_many(self.user), "preview": found, **more}


class PurchaseList(PurchaseRows):
    """All purchases, with filters and saved tabs."""

    title = "Purchases"
    table_class = PurchaseTable
    filterset_class = PurchaseFilter
    empty = Empty(
        "No purchases yet",
        "Orders from the checkout, the partner portal and Customer Service are listed here as soon as they come in.",
    )

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """Show the list; a reference number typed into the search leads straight to its purchase."""
        asked = request.GET.get("q", "").strip()
        if set(request.GET) == {"q"} and len(asked) == REFERENCE_LENGTH and asked.isascii() and asked.isdigit():
            found = self.rows.filter(reference=asked).first()
            if found:
                return HttpResponseRedirect(purchase_link(found))
        return super().get(request, *args, **kwargs)

    def get_filterset(self) -> FilterSet:
        """The filter bar; the client only where several are mixed."""
        clients = self.clients if self.reader.shows_clients else []
        return PurchaseFilter(self.request.GET, queryset=self.rows, request=self.request, clients=clients)

    @cached_property
    def clients(self) -> list[Client]:
        """All clients; read once, for the filter and for their days."""
        return list(Client.objects.only("name", "time_zone").order_by("name", "pk"))

    def segments(self) -> Sequence[Segment]:
        """The saved tabs."""
        return (
            Segment("all", "All"),
            Segment("review", "Review", lambda rows: rows.awaiting_release()),
            Segment("open", "Open", lambda rows: rows.filter(status__in=OPEN)),
            Segment("overdue", "Overdue", self.overdue),
            Segment("dunning", "In dunning", lambda rows: rows.accepted().filter(dunning_level__gt=0)),
            Segment("paid", "Paid", lambda rows: rows.filter(status__in=(Status.PAID, Status.PARTIALLY_REFUNDED))),
            Segment(
                "refunded", "Refunded", lambda rows: rows.filter(status__in=(Status.REFUNDED, Status.CHARGED_BACK))
            ),
            Segment("canceled", "Canceled", lambda rows: rows.filter(status__in=(Status.CANCELED, Status.REJECTED))),
        )

    def overdue(self, rows: PurchaseQuerySet) -> QuerySet[Purchase]:
        """Accepted purchase orders past their due date; each client's day ends in its own zone."""
        days: dict[Any, list[int]] = {}
        for client in self.clients:
            days.setdefault(self.at.astimezone(client.zone).date(), []).append(client.pk)
        late = Q(pk__in=[])
        for day, clients in days.items():
            late |= Q(client__in=clients, due_on__lt=day)
        return rows.accepted().filter(late)


class ReviewQueue(PurchaseRows):
    """Purchase orders that wait for their review, longest waiting first."""

    title = "Review"
    table_class = ReviewTable
    filterset_class = SearchFilter
    empty = Empty(
        "Nothing to review",
        "Purchase orders wait here until somebody checks the customer's document and releases or rejects them.",
    )

    def get_rows(self) -> Any:
        """The queue, each purchase with the moment of its newest document."""
        newest = PoDocument.objects.filter(purchase=OuterRef("pk")).order_by().values("purchase")
        newest_at = Subquery(newest.annotate(newest_at=Max("received_at")).values("newest_at"))
        return super().get_rows().awaiting_release().annotate(newest_document_at=newest_at)

    def segments(self) -> Sequence[Segment]:
        """The tabs of the queue."""
        return review_segments(self.user)

    def make_table(self) -> PurchaseTable:
        """The table, whose rows lead to the desk and know the tab one came from."""
        return ReviewTable(self.at, show=self.request.GET.get("show", ""))


def review_segments(user: User) -> tuple[Segment, ...]:
    """What the user may release now; ready for a decision, asked for again, or still waiting for the document."""

    def mine(rows: PurchaseQuerySet) -> QuerySet[Purchase]:
        """Choose the rows whose action bar offers the release."""
        ready = rows.filter(document_received_at__isnull=False).exclude(policy__four_eyes=True, approved_by=user)
        if user.role == "platform_admin":
            return ready
        return ready.filter(policy__reviewer="platform" if user.client_id is None else "client")

    def asked(rows: PurchaseQuerySet) -> QuerySet[Purchase]:
        """Choose those whose customer was asked and has not answered."""
        answers = PoDocument.objects.filter(received_at__gt=OuterRef("document_asked_at"), purchase=OuterRef("pk"))
        return rows.filter(document_asked_at__isnull=False).exclude(Exists(answers))

    return (
        Segment("all", "All"),
        *([Segment("mine", "For me to release", mine)] if user.may(Right.RELEASE) else []),
        Segment("ready", "Ready to release", lambda rows: rows.filter(document_received_at__isnull=False)),
        Segment("asked", "Asked again", asked),
        Segment("missing", "Document missing", lambda rows: rows.filter(document_received_at=None)),
        Segment("second", "Waiting for second approval", lambda rows: rows.filter(approved_at__isnull=False)),
    )


class ProductList(ListPage):
    """Products with their prices and key stock."""

    right = Right.PRODUCTS
    title = "Products"
    template_name = "purchases/products.html"
    table_class = ProductTable
    filterset_class = ProductFilter
    noun = ("product", "products")
    empty = Empty("No products yet", "What your customers can buy is listed here, with its prices and the keys left.")

    def get_rows(self) -> QuerySet[Product]:
        """Products with prices and the number of free keys."""
        free = LicenseKey.objects.filter(product=OuterRef("pk"), item=None).order_by().values("product")
        count = Subquery(free.annotate(number=Count("pk")).values("number"))
        return (
            Product.objects.select_related("client").prefetch_related("prices").annotate(free_keys=Coalesce(count, 0))
        )
