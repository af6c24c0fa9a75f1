"""Our addresses, and those of the peer."""

from __future__ import annotations

from typing import Any

from django.contrib import admin  # noqa: TID251 -- the peer that is measured, never part of the product
from django.urls import include, path

from purchases.models import Purchase


class Peer(admin.AdminSite):
    """An admin that lets in whoever is logged in."""

    def has_permission(self, request: Any) -> bool:
        """Ours have no permissions of Django's kind."""
        return bool(request.user.is_authenticated)


class PurchaseAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """The purchase list as the admin shows it, with the columns, filters and rows of ours; the bare change page."""

    list_display = (
        "reference",
        "billing_company",
        "client",
        "status",
        "po_number",
        "due_on",
        "gross_minor",
        "paid_minor",
    )
    list_filter = ("status", "client", "currency")
    list_select_related = ("client", "customer", "partner", "policy")
    list_per_page = 50
    ordering = ("-ordered_at",)
    search_fields = ("reference", "billing_company", "billing_last_name", "billing_email", "po_number")
    raw_id_fields = ("client", "customer", "partner", "policy", "approved_by", "changed_by")

    def has_view_permission(self, *_: Any) -> bool:
        """Everybody may look."""
        return True

    has_change_permission = has_module_permission = has_view_permission

    def has_add_permission(self, *_: Any) -> bool:
        """Nobody adds."""
        return False

    has_delete_permission = has_add_permission


peer = Peer(name="peer")
peer.register(Purchase, PurchaseAdmin)
urlpatterns = [path("peer/", peer.urls), path("", include("config.urls"))]
handler500 = "config.errors.server_error"
