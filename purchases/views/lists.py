"""The purchase list, the review queue, the products."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.db.models import Count, Exists, F, Max, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from accounts.roles import Right
from accounts.selectors import clients_of
from core.advanced import ADVANCED, ParameterList
from core.refused import Refused
from core.tables import address
from core.views import INVALID, Empty, ListPage, Segment, chosen_client
from purchases.filters import ProductFilter, PurchaseFilter, ReviewFilter
from purchases.filters.parameters import PurchaseAsker, parameters_for
from purchases.models import DeliveryKind, LicenseKey, NumberList, PoDocument, Product, Purchase
from purchases.selectors.batch import Found, find_numbers
from purchases.services.batch import keep_numbers
from purchases.states import OPEN, Status
from purchases.tables import ProductTable, PurchaseTable, ReviewTable, purchase_link
from purchases.views.acts import acts_many
from purchases.views.viewer import preview_context

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from zoneinfo import ZoneInfo

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse
    from django_filters import FilterSet

    from accounts.models import Client, User
    from core.conditions import Parameter
    from purchases.querysets import PurchaseQuerySet

REFERENCE_LENGTH = 9
LONGEST_QUERY = 400
MOST_UNFOLDED = 50
LONGEST_PASTE = 200_000


class PurchaseRows(ListPage):
    """What the list and the review queue share: their rows, their drawer, their bulk bar."""

    right = Right.SEARCH
    template_name = "purchases/list.html"
    is_exportable = True
    is_personal = True
    noun = ("purchase", "purchases")

    def get_rows(self) -> Any:
        """Purchases; what else their rows show, the table brings along."""
        return Purchase.objects.with_open()

    def make_table(self) -> PurchaseTable:
        """The table, as of now."""
        return self.for_reader(self.table_class(self.at))  # type: ignore[call-arg, arg-type]

    def for_reader(self, table: PurchaseTable) -> PurchaseTable:
        """Say in the rows who else has them open, and unfold those that the address names."""
        table.user = self.user
        table.unfolded = self.request.GET.getlist("unfold")[:MOST_UNFOLDED]
        return table

    def context(self) -> dict[str, Any]:
        """The list, and the drawer where the address names a purchase."""
        asked = self.request.GET.get("preview", "")
        is_known = len(asked) == REFERENCE_LENGTH and asked.isalnum()
        rows: Any = self.rows
        found = rows.with_parties().filter(reference=asked).first() if is_known else None
        more = preview_context(found, user=self.user, at=self.at) if found else {}
        return {**super().context(), "bulk_acts": acts_many(self.user), "preview": found, **more}


class PurchaseList(ParameterList, PurchaseRows):
    """All purchases, with saved tabs; found in three ways: keywords, conditions by parameter, or many numbers."""

    ways = (("standard", "Standard"), (ADVANCED, "Advanced"), ("batch", "Batch"))
    title = "Purchases"
    template_name = "purchases/purchases.html"
    refused: str = ""
    """Why the numbers that were pasted find nothing."""
    pasted: str = ""
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

    def context(self) -> dict[str, Any]:
        """The list, and the way in which it was searched."""
        context = super().context()
        return {**context, "is_filtered": context["is_filtered"] or self.found is not None}

    @property
    def way(self) -> str:
        """How one searches: by numbers that were pasted, else as the address shows."""
        return "batch" if "batch" in self.request.GET or self.refused else super().way

    def search_context(self) -> dict[str, Any]:
        """What the three ways show."""
        return {
            **super().search_context(),
            "found": self.found,
            "unknown": "\n".join(self.found.unknown) if self.found else "",
            "number_list": self.number_list,
            "pasted": self.pasted or ("\n".join(self.number_list.numbers) if self.number_list else ""),
            "refused": self.refused,
        }

    @cached_property
    def parameters(self) -> Sequence[Parameter]:
        """What can be searched by."""
        return parameters_for(shows_clients=self.reader.shows_clients)

    @cached_property
    def asker(self) -> PurchaseAsker:
        """Whose numbers, days and products the conditions mean."""
        zones: dict[ZoneInfo, list[int]] = {}
        for client in self.clients:
            zones.setdefault(client.zone, []).append(client.pk)
        products = Product.objects.visible_to(self.user, chosen_client(self.request))
        return PurchaseAsker(self.user.language, zones, self.at, self.clients, products)

    @cached_property
    def number_list(self) -> NumberList | None:
        """The numbers that the address names; another client's, or those forgotten by now, are not there."""
        token = self.request.GET.get("batch", "")
        return (
            NumberList.objects.visible_to(self.user).filter(token=token).first()
            if token.isprintable() and token
            else None
        )

    @cached_property
    def found(self) -> Found | None:
        """The purchases of those numbers."""
        if self.number_list is None:
            return None
        return find_numbers(self.number_list.numbers, user=self.user, client=chosen_client(self.request))

    def filtered(self) -> tuple[FilterSet | None, QuerySet[Purchase]]:
        """Apply the filter bar, the conditions, the numbers."""
        filterset, rows = super().filtered()
        return filterset, rows if self.found is None else rows.filter(pk__in=self.found.purchases)

    def get_filterset(self) -> FilterSet:
        """The filter bar; the client only where several are mixed."""
        clients = self.clients if self.reader.shows_clients else []
        return PurchaseFilter(
            self.request.GET,
            queryset=self.wanted_rows,
            request=self.request,
            asker=self.asker,
            clients=clients,
            is_narrow=bool(self.wanted),
        )

    def make_table(self) -> PurchaseTable:
        """The table, whose rows know the list they stand in unless its address is too long to be carried along."""
        table, query = super().make_table(), address(self.request.GET, preview=None)[1:]
        table.origin = query if len(query) <= LONGEST_QUERY else None
        return table

    @property
    def clients(self) -> list[Client]:
        """Those whose purchases are listed."""
        chosen = chosen_client(self.request)
        return [client for client in clients_of(self.user) if chosen is None or client.pk == chosen.pk]

    def segments(self) -> Sequence[Segment]:
        """The saved tabs."""
        accepted = self.among(Status.PURCHASE_ORDER)
        return (
            Segment("all", "All"),
            Segment("review", "Review", self.among(Status.AWAITING_RELEASE)),
            Segment("open", "Open", self.among(*OPEN)),
            Segment("overdue", "Overdue", lambda rows: self.overdue(accepted(rows))),
            Segment("dunning", "In dunning", lambda rows: accepted(rows).filter(dunning_level__gt=0)),
            Segment("paid", "Paid", self.among(Status.PAID, Status.PARTIALLY_REFUNDED)),
            Segment("refunded", "Refunded", self.among(Status.REFUNDED, Status.CHARGED_BACK)),
            Segment("canceled", "Canceled", self.among(Status.CANCELED, Status.REJECTED)),
        )

    def among(self, *statuses: Status) -> Callable[[Any], Any]:
        """Choose the rows in these statuses; none, without a look, where the filter bar asks for another status."""
        asked = self.request.GET.get("status", "")
        if asked in Status and asked not in statuses:
            return lambda rows: rows.none()
        return lambda rows: rows.filter(status__in=statuses)

    def overdue(self, rows: PurchaseQuerySet) -> QuerySet[Purchase]:
        """Those past their due date; each client's day ends in its own zone."""
        days: dict[Any, list[int]] = {}
        for client in self.clients:
            days.setdefault(self.at.astimezone(client.zone).date(), []).append(client.pk)
        late = Q(pk__in=[])
        for day, clients in days.items():
            late |= Q(client__in=clients, due_on__lt=day)
        return rows.filter(late)


class BatchSearch(PurchaseList):
    """Find the purchases of many numbers that were pasted."""

    http_method_names = ("get", "post")
    route = "purchases:list"

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:  # noqa: ARG002
        """Lead to where they are pasted."""
        return HttpResponseRedirect(f"{reverse('purchases:list')}?by=batch")

    def post(self, request: HttpRequest) -> HttpResponse:
        """Keep the numbers and show what they lead to; the address can be shared for 90 days."""
        self.pasted = request.POST.get("numbers", "")[:LONGEST_PASTE]
        try:
            kept = keep_numbers(self.pasted, by=self.user, at=self.at)
        except Refused as refused:
            self.refused = refused.message
            return render(request, self.template_name, {"at": self.at, **self.context()}, status=INVALID)
        return HttpResponseRedirect(f"{reverse('purchases:list')}?{urlencode({'batch': kept.token})}")


class ReviewQueue(PurchaseRows):
    """Purchase orders that wait for their review, longest waiting first."""

    title = "Review"
    table_class = ReviewTable
    filterset_class = ReviewFilter
    empty = Empty(
        "Nothing to review",
        "Purchase orders wait here until somebody checks the customer's document and releases or rejects them.",
    )

    def get_rows(self) -> Any:
        """The queue, each purchase with the moment of its newest document."""
        newest = PoDocument.objects.filter(purchase=OuterRef("pk")).order_by().values("purchase")
        newest_at = Subquery(newest.annotate(newest_at=Max("received_at")).values("newest_at"))
        return super().get_rows().select_related("policy").awaiting_release().annotate(newest_document_at=newest_at)

    def segments(self) -> Sequence[Segment]:
        """The tabs of the queue."""
        return review_segments(self.user)

    def make_table(self) -> PurchaseTable:
        """The table, whose rows lead to the desk and know the tab one came from."""
        return self.for_reader(ReviewTable(self.at, show=self.request.GET.get("show", "")))


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


def _low(rows: Any) -> Any:
    """Choose products that are sold from a key list at or below its mark; where none is left, a generator may do."""
    short = rows.filter(is_active=True, delivery=DeliveryKind.KEY, free_keys__lte=F("low_stock_at"))
    return short.exclude(~Q(generator_url=""), free_keys=0)


class ProductList(ListPage):
    """Products with their prices and key stock."""

    right = Right.PRODUCTS
    title = "Products"
    template_name = "purchases/products.html"
    table_class = ProductTable
    filterset_class = ProductFilter
    noun = ("product", "products")
    empty = Empty("No products yet", "What your customers can buy is listed here, with its prices and the keys left.")

    def segments(self) -> Sequence[Segment]:
        """All, and those whose key list has to be filled."""
        return (Segment("all", "All"), Segment("low", "Keys run low", _low))

    def get_rows(self) -> QuerySet[Product]:
        """Products with prices and the number of free keys."""
        free = LicenseKey.objects.filter(product=OuterRef("pk"), item=None).order_by().values("product")
        count = Subquery(free.annotate(number=Count("pk")).values("number"))
        return (
            Product.objects.select_related("client").prefetch_related("prices").annotate(free_keys=Coalesce(count, 0))
        )
