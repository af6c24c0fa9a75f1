"""Writing clients, their bank accounts, offices, departments and users.

Every service finds its row again by its natural key, changes only what differs and keeps the history: saving the same
data twice writes nothing the second time.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar
from unicodedata import normalize

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.crypto import salted_hmac

from accounts.models import BankAccount, Client, Department, LoginAttempt, Office, User
from accounts.roles import CLIENT_ROLES, ROLES, Right
from core.history import record
from core.refused import Refused

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import Model

M = TypeVar("M", bound="Model")
MOST_ATTEMPTS: Final = 10
ATTEMPTS_COUNT_FOR: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class ClientDetails:
    """A merchant's name, address, tax number, zone and language, as they appear on its letters."""

    name: str
    street: str
    postal_code: str
    city: str
    country: str
    subdivision: str
    time_zone: str
    language: str
    email: str
    phone: str = ""
    fax: str = ""
    vat_id: str = ""


@dataclass(frozen=True, slots=True)
class BankDetails:
    """Where customers pay to: an IBAN, or an account number where there is none."""

    holder: str
    iban: str = ""
    bic: str = ""
    bank: str = ""
    account: str = ""


@dataclass(frozen=True, slots=True)
class UserDetails:
    """Who a person is, what they may do, and where they sit; no client means the platform."""

    name: str
    email: str
    role: str
    client: Client | None = None
    time_zone: str = "UTC"
    department: Department | None = None
    language: str = "en"


def _keep(row: M, values: dict[str, Any], *, by: User | None, at: datetime, what: str) -> M:
    """Write `row` with `values` when it is new or something differs."""
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    if row.pk is not None and not changed:
        return row
    reason = f"{what} registered" if row.pk is None else f"{what} changed: {', '.join(changed)}"
    for name, value in values.items():
        setattr(row, name, value)
    return record(row, by=by, at=at, reason=reason)


@transaction.atomic
def save_client(slug: str, *, details: ClientDetails, by: User | None, at: datetime) -> Client:
    """Register the client `slug`, or change it to these details."""
    client = Client.objects.select_for_update().filter(slug=slug).first() or Client(slug=slug)
    return _keep(client, asdict(details), by=by, at=at, what="client")


@transaction.atomic
def save_bank_account(
    client: Client,
    *,
    currency: str,
    details: BankDetails,
    by: User | None,
    at: datetime,
) -> BankAccount:
    """Set the account to which the client's customers pay in `currency` (ISO 4217)."""
    found = BankAccount.objects.select_for_update().filter(client=client, currency=currency).first()
    account = found or BankAccount(client=client, currency=currency)
    return _keep(account, asdict(details), by=by, at=at, what="bank account")


@transaction.atomic
def save_department(client: Client | None, *, office: str, name: str) -> Department:
    """Find the department `name` in the office of a client (of the platform without one), or open both."""
    place, _ = Office.objects.get_or_create(client=client, name=office)
    department, _ = Department.objects.get_or_create(office=place, name=name)
    return department


@transaction.atomic
def save_user(username: str, *, details: UserDetails, by: User | None, at: datetime) -> User:
    """Register the user who logs in as `username` (whatever its case), or change them; a new one has no password yet.

    Raises Refused when the role does not fit the client, or none.
    """
    _check_role(details)
    user = User.objects.select_for_update(of=("self",)).filter(username__iexact=username).first()
    if user is None:
        user = User(username=username)
        user.set_unusable_password()
    values = {name: getattr(details, name) for name in UserDetails.__dataclass_fields__}
    return _keep(user, values, by=by, at=at, what="user")


def _check_role(details: UserDetails) -> None:
    if details.role not in ROLES:
        message = f"{details.role} is not a role."
        raise Refused(message, "role")
    label = ROLES[details.role].label
    if details.client is None and not ROLES[details.role].is_platform:
        message = f"{label} is a role within a client: choose the client."
        raise Refused(message, "role")
    if details.client is not None and details.role not in CLIENT_ROLES:
        message = f"{label} is a role of the platform: it has no client."
        raise Refused(message, "role")


@transaction.atomic
def set_password(user: User, *, password: str, by: User | None, at: datetime) -> User:
    """Give a user a new password.

    Raises Refused with what is wrong when the password is too easy.
    """
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Refused(" ".join(error.messages), "password") from None
    user = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    user.set_password(password)
    return record(user, by=by, at=at, reason="password set")


@transaction.atomic
def set_active(user: User, *, is_active: bool, by: User | None, at: datetime) -> User:
    """Let a user in again, or lock them out; nothing of theirs is deleted.

    Raises Refused when people lock themselves out.
    """
    user = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    if by is not None and by.pk == user.pk and not is_active:
        message = "You can't deactivate yourself."
        raise Refused(message, "self")
    return _keep(user, {"is_active": is_active}, by=by, at=at, what="user")


@transaction.atomic
def register_user(username: str, *, details: UserDetails, password: str, by: User, at: datetime) -> User:
    """Let somebody new in, with a first password.

    Raises Refused when the name is taken, when the role or client is not one that `by` may give, or when the password
    is too easy.
    """
    if User.objects.filter(username__iexact=username).exists():
        message = f"The user name {username} is taken."
        raise Refused(message, "username")
    _check_reach(details, by=by)
    user = save_user(username, details=details, by=by, at=at)
    return set_password(user, password=password, by=by, at=at)


@transaction.atomic
def change_user(user: User, *, details: UserDetails, by: User, at: datetime) -> User:
    """Change who somebody is and what they may do; the user name and the client stay.

    Raises Refused when the role is not one that `by` may give, or is their own.
    """
    user = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    if details.client != user.client:
        message = f"{user} works for {user.client or 'the platform'}: register a new user for another client."
        raise Refused(message, "client")
    if user.pk == by.pk and details.role != user.role:
        message = "You can't change your own role."
        raise Refused(message, "self")
    _check_reach(details, by=by)
    return save_user(user.username, details=details, by=by, at=at)


@transaction.atomic
def let_support_refund(client: Client, *, support_may_refund: bool, by: User, at: datetime) -> Client:
    """Let a client's users with the role Client support give money back, or no longer.

    Raises Refused for somebody who may not say what users of this client may do.
    """
    if not by.may(Right.USERS) or by.client_id not in {None, client.pk}:
        message = f"Your role ({by.role_data.label}) does not decide what users of {client} may do."
        raise Refused(message, "right")
    client = Client.objects.lock(client)
    return _keep(client, {"support_may_refund": support_may_refund}, by=by, at=at, what="client")


def _check_reach(details: UserDetails, *, by: User) -> None:
    if by.client_id is not None and (details.client != by.client or details.role not in CLIENT_ROLES):
        message = f"You can give roles within {by.client} only."
        raise Refused(message, "role")
    office = details.department.office if details.department else None
    if office is not None and office.client != details.client:
        message = f"{details.department} is not a team of {details.client or 'the platform'}."
        raise Refused(message, "department")


def begin_login(username: str, *, address: str, at: datetime) -> None:
    """Count a login as `username` from `address` before its password is looked at.

    So many at once get no more tries than one after the other; each counts for a quarter of an hour. Whether there is
    such a user plays no part. Raises Refused, with the wait in minutes, after ten.
    """
    LoginAttempt.objects.filter(at__lte=at - ATTEMPTS_COUNT_FOR).delete()
    key = _attempt_key(username, address)
    attempt = LoginAttempt.objects.create(key=key, at=at)  # committed by itself: others count it from now on
    before = LoginAttempt.objects.filter(key=key, pk__lt=attempt.pk).order_by("-pk")[:MOST_ATTEMPTS]
    counted = [earlier.at for earlier in before]
    if len(counted) < MOST_ATTEMPTS:
        return
    attempt.delete()
    wait = math.ceil((counted[-1] + ATTEMPTS_COUNT_FOR - at) / timedelta(minutes=1))
    message = f"Too many wrong passwords. Try again in {wait} minute{'' if wait == 1 else 's'}."
    raise Refused(message, "throttled")


def end_login(username: str, *, address: str) -> None:
    """Forget the tries of somebody who came in."""
    LoginAttempt.objects.filter(key=_attempt_key(username, address)).delete()


def _attempt_key(username: str, address: str) -> str:
    """Stand for a name however it is written, since users are found whatever its case."""
    name = normalize("NFKC", username[:300]).strip().upper().casefold()
    return salted_hmac("accounts.login", f"{name}\n{address}", algorithm="sha256").hexdigest()
