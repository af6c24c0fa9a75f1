"""Roles and rights as data: the one place that says who may do what (domain, "People and rights")."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Right(StrEnum):
    """One thing a person may do; a page or a button asks for exactly one."""

    SEARCH = "search"
    ENTER_ORDER = "enter_order"
    CONVERT = "convert"
    CORRECT = "correct"
    RELEASE = "release"
    CANCEL = "cancel"
    HOLD = "hold"
    EMAILS = "emails"
    FOLLOW_UPS = "follow_ups"
    RECORDS = "records"
    ERRORS = "errors"
    PAYMENTS = "payments"
    REFUND = "refund"
    REFUND_TAX = "refund_tax"
    CREDIT_NOTES = "credit_notes"
    LICENSES = "licenses"
    DUNNING = "dunning"
    CERTIFICATES = "certificates"
    PARTNERS = "partners"
    POLICY = "policy"
    LETTERS = "letters"
    PRODUCTS = "products"
    USERS = "users"
    QUOTES = "quotes"
    EXTEND_QUOTES = "extend_quotes"
    CUSTOMERS = "customers"
    ANONYMIZE = "anonymize"
    EXPORT = "export"
    REVENUE = "revenue"
    INTERNAL_HISTORY = "internal_history"
    OFFICES = "offices"


@dataclass(frozen=True, slots=True)
class Role:
    """A job title: its name on screens, whether it belongs to the platform, and its rights.

    `if_refunds` are rights that a client may switch on for this role among its own users.
    """

    label: str
    is_platform: bool
    rights: frozenset[Right]
    if_refunds: frozenset[Right] = frozenset()


READ = {Right.SEARCH, Right.EXPORT}
REFUNDS = frozenset({Right.REFUND, Right.REFUND_TAX})
SERVICE = READ | {
    Right.CONVERT,
    Right.CORRECT,
    Right.EMAILS,
    Right.FOLLOW_UPS,
    Right.RECORDS,
    Right.CUSTOMERS,
}

ROLES: dict[str, Role] = {
    "platform_admin": Role("Platform admin", is_platform=True, rights=frozenset(Right)),
    "platform_customer_service": Role(
        "Customer service",
        is_platform=True,
        rights=frozenset(
            SERVICE
            | {
                Right.ENTER_ORDER,
                Right.RELEASE,
                Right.CANCEL,
                Right.LICENSES,
                Right.HOLD,
                Right.ERRORS,
                Right.QUOTES,
                Right.EXTEND_QUOTES,
                Right.INTERNAL_HISTORY,
            }
        ),
    ),
    "platform_finance": Role(
        "Finance",
        is_platform=True,
        rights=frozenset(
            READ
            | REFUNDS
            | {
                Right.PAYMENTS,
                Right.CORRECT,
                Right.CREDIT_NOTES,
                Right.REVENUE,
                Right.DUNNING,
                Right.HOLD,
                Right.EMAILS,
                Right.FOLLOW_UPS,
                Right.RECORDS,
                Right.INTERNAL_HISTORY,
            }
        ),
    ),
    "platform_tax": Role(
        "Tax",
        is_platform=True,
        rights=frozenset(
            READ | {Right.CERTIFICATES, Right.REFUND_TAX, Right.FOLLOW_UPS, Right.RECORDS, Right.INTERNAL_HISTORY}
        ),
    ),
    "client_admin": Role(
        "Client admin",
        is_platform=False,
        rights=frozenset(
            SERVICE
            | {
                Right.RELEASE,
                Right.HOLD,
                Right.LICENSES,
                Right.POLICY,
                Right.PARTNERS,
                Right.LETTERS,
                Right.PRODUCTS,
                Right.REVENUE,
                Right.USERS,
                Right.DUNNING,
                Right.QUOTES,
                Right.EXTEND_QUOTES,
                Right.ANONYMIZE,
            }
        ),
    ),
    "client_support": Role("Client support", is_platform=False, rights=frozenset(SERVICE), if_refunds=REFUNDS),
    "client_sales": Role(
        "Client sales",
        is_platform=False,
        rights=frozenset(READ | {Right.QUOTES, Right.CUSTOMERS}),
    ),
    "auditor": Role("Auditor", is_platform=True, rights=frozenset(READ | {Right.REVENUE})),
}

ROLE_CHOICES = [(code, role.label) for code, role in ROLES.items()]
CLIENT_ROLES = frozenset(code for code, role in ROLES.items() if not role.is_platform) | {"auditor"}
"""Roles that a user of one client may have; an auditor may be bound to a client or see all."""
