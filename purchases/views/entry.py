"""Order entry for Customer Service: what came by fax, letter or e-mail becomes an order."""

from __future__ import annotations

from accounts.roles import Right
from core.views import Page


class OrderEntry(Page):
    """The form of a new order."""

    right = Right.ENTER_ORDER
