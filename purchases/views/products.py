"""One product: its prices, its key list, what waits for keys; adding and changing it, filling its list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.urls import reverse

from accounts.models import BankAccount, Client
from accounts.roles import Right
from core.refused import Refused
from core.views import INVALID, ActionView, ActView, DetailPage, chosen_client
from purchases.forms import KeyListForm, ProductForm
from purchases.models import LicenseKey, Product
from purchases.services.generator import secret_of
from purchases.services.licenses import ask_again, fill_key_list, waiting_items
from purchases.services.products import add_product, change_product

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

LATEST = 8
WAITING_SHOWN = 20
USUAL_CURRENCIES = ("EUR", "USD")


class ProductRows(DetailPage):
    """The products a user may see."""

    right = Right.PRODUCTS

    def get_rows(self) -> QuerySet[Product]:
        """Products with their prices."""
        return Product.objects.select_related("client").prefetch_related("prices")


class ProductPage(ProductRows):
    """One product."""

    template_name = "purchases/product.html"

    def context(self) -> dict[str, Any]:
        """What is left of its keys, what waits for them, its settings and changes."""
        product = self.row
        keys = LicenseKey.objects.filter(product=product)
        left = keys.filter(item=None).count()
        waiting = waiting_items(product) if product.delivery == "key" else []
        return {
            "row": product,
            "left": left,
            "delivered": keys.filter(item__isnull=False).count(),
            "is_low": product.delivery == "key" and left <= product.low_stock_at and not product.generator_url,
            "waiting": waiting[:WAITING_SHOWN],
            "waiting_count": len(waiting),
            "secret": secret_of(product) if product.generator_url else "",
            "changes": product.history.select_related("history_user").order_by("-history_date", "-history_id")[:LATEST],
        }


class ProductEdit(ProductRows, ActionView):
    """Change a product."""

    title = "Change"
    button = "Save"
    form_class = ProductForm
    action = change_product

    def get_form(self, data: Any = None, files: Any = None) -> ProductForm:
        """The form, filled in."""
        initial: dict[str, Any] = {name: getattr(self.row, name) for name in ProductForm.base_fields}
        initial |= {f"price_{price.currency}": price.price.amount for price in self.row.prices.all()}
        currencies = currencies_to_price(self.row.client, self.row)
        return ProductForm(data, files, initial=initial, currencies=currencies, language=self.user.language)

    def keywords(self, form: Any) -> dict[str, Any]:
        """What was entered."""
        return {"details": form.details, "prices": form.prices}

    def home(self) -> str:
        """The product."""
        return reverse("purchases:product", args=[self.row.pk])

    def sentence(self) -> str:
        """Say it."""
        return "Product saved"


class ProductKeys(ProductRows, ActionView):
    """Fill a product's key list."""

    title = "Add keys to"
    button = "Add keys"
    form_class = KeyListForm
    action = fill_key_list

    def refusal(self) -> str:
        """A download has no keys."""
        return "" if self.row.delivery == "key" else "This product is a download; it has no key list."

    def keywords(self, form: Any) -> dict[str, Any]:
        """The list."""
        return {"keys": form.keys}

    def home(self) -> str:
        """The product."""
        return reverse("purchases:product", args=[self.row.pk])

    def sentence(self) -> str:
        """What became of the lines."""
        return str(self.result)


class ProductAsk(ProductRows, ActionView):
    """Ask the key generator anew for what waits."""

    title = "Ask the generator again for"
    button = "Ask again"
    action = ask_again

    def consequences(self) -> list[str]:
        """What will happen."""
        return ["Every item that waits for a key of this product is asked for within a minute.", "Retries start anew."]

    def refusal(self) -> str:
        """Without a generator nobody can be asked."""
        return "" if self.row.generator_url else "This product has no key generator."

    def home(self) -> str:
        """The product."""
        return reverse("purchases:product", args=[self.row.pk])

    def sentence(self) -> str:
        """Say it."""
        return "The generator will be asked within a minute"


class ProductAdd(ActView):
    """Add a product."""

    right = Right.PRODUCTS
    title = "Add product"
    button = "Add"
    form_class = ProductForm

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:  # noqa: ARG002
        """Ask."""
        return self.show(self.get_form())

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:  # noqa: ARG002
        """Add it, once."""
        if self.is_spent():
            messages.info(request, "This was done already.")
            return self.leave(self.home())
        form = self.get_form(request.POST)
        if not form.is_valid():
            return self.show(form, status=INVALID)
        client = self.client or Client.objects.get(pk=form.cleaned_data["client"])
        try:
            product = add_product(client, details=form.details, prices=form.prices, by=self.user, at=self.at)
        except Refused as refused:
            return self.show(form, status=INVALID, problem=refused.message)
        self.spend()
        messages.success(request, f"{product.name} added")
        return self.leave(reverse("purchases:product", args=[product.pk]))

    @property
    def client(self) -> Client | None:
        """Whose product it becomes: the user's client's, or the chosen one's; with All Clients the form asks."""
        chosen: Client | None = self.user.client or chosen_client(self.request)
        return chosen

    def get_form(self, data: Any = None, files: Any = None) -> ProductForm:
        """The form."""
        clients: Sequence[Client] = () if self.client else list(Client.objects.order_by("name", "pk"))
        return ProductForm(
            data, files, currencies=currencies_to_price(self.client), language=self.user.language, clients=clients
        )

    def home(self) -> str:
        """The list."""
        return reverse("purchases:products")


def currencies_to_price(client: Client | None, product: Product | None = None) -> list[str]:
    """List the currencies to price in: the client's accounts' first, then what the product has."""
    accounts = BankAccount.objects.filter(client=client).order_by("currency") if client else BankAccount.objects.none()
    found = [account.currency for account in accounts] or list(USUAL_CURRENCIES)
    priced = [price.currency for price in product.prices.all()] if product else []
    return list(dict.fromkeys([*found, *priced]))
