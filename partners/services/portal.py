"""Coming into the partner portal: a link to the partner's own address instead of a password."""

from __future__ import annotations

import math
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from unicodedata import normalize

from django.db import transaction
from django.utils.crypto import salted_hmac

from accounts.models import LoginAttempt
from core.refused import Refused
from core.tokens import hash_of
from partners import emails
from partners.models import Partner, PartnerStatus, PortalLink
from partners.services.limit import enter_change

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import User

TOKEN_BYTES: Final = 32
VALID_FOR: Final = timedelta(minutes=30)
COUNTS_FOR: Final = timedelta(minutes=15)
MOST_PER_EMAIL: Final = 5
MOST_PER_REMOTE: Final = 60
"""Generous, since behind a proxy many visitors share one address."""
MOST_PARTNERS: Final = 10
"""Partners with one address that get a link at once, one e-mail each."""


class TooManyTriesError(Refused):
    """Somebody knocked too often; may try again in `minutes`."""

    def __init__(self, minutes: int) -> None:
        super().__init__(f"Too many tries. Try again in {minutes} minute{'' if minutes == 1 else 's'}.", "throttled")
        self.minutes = minutes


def ask_for_link(email: str, *, remote: str, at: datetime) -> int:
    """Send a login link to every accepted partner with this address; says how many, for nobody outside to know.

    Each partner gets an e-mail of its own from its own client, so that no link opens another client's portal. Whether
    the address is known plays no part in what is counted. Raises Refused after too many tries, with the wait.
    """
    address = normalize("NFKC", email[:300]).strip()
    _count(f"remote\n{remote}", MOST_PER_REMOTE, at=at)
    _count(f"email\n{address.casefold()}", MOST_PER_EMAIL, at=at)
    found = Partner.objects.filter(email__iexact=address, status=PartnerStatus.ACCEPTED)
    partners = found.select_related("client", "customer").order_by("pk")[:MOST_PARTNERS]
    return sum(bool(open_link(partner, at=at)) for partner in partners)


@transaction.atomic
def open_link(partner: Partner, *, at: datetime) -> str:
    """Make a login link, mail it, and return its token, of which only the hash is kept."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    PortalLink.objects.filter(expires_at__lte=at - timedelta(days=1)).delete()
    link = PortalLink.objects.create(
        partner=partner, token_hash=hash_of(token), created_at=at, expires_at=at + VALID_FOR
    )
    emails.login_link(partner, link=link, token=token, at=at)
    return token


def send_link(partner: Partner, *, by: User, at: datetime) -> Partner:
    """Mail a partner its login link on behalf of somebody in the house.

    Raises Refused unless the partner is accepted.
    """
    if partner.status != PartnerStatus.ACCEPTED:
        message = f"{partner.company} is not an accepted partner: it can't log in."
        raise Refused(message, "partner")
    open_link(partner, at=at)
    enter_change(partner, by=by, at=at, comment=f"login link sent to {partner.email}")
    return partner


def find_link(token: str, *, at: datetime) -> PortalLink | None:
    """Find a link that still opens the portal; a wrong, a used and an expired one look alike."""
    rows = PortalLink.objects.filter(
        token_hash=hash_of(token), used_at=None, expires_at__gt=at, partner__status=PartnerStatus.ACCEPTED
    )
    return rows.select_related("partner__client").first()


@transaction.atomic
def use_link(token: str, *, at: datetime) -> Partner:
    """Log a partner in by its link, once.

    The link's row is locked: of two clicks at once one comes in. Raises Refused when it opens nothing (any more).
    """
    link = find_link(token, at=at)
    if link is not None:
        link = PortalLink.objects.select_for_update(of=("self",)).select_related("partner__client").get(pk=link.pk)
    if link is None or link.used_at is not None or link.expires_at <= at:
        message = "This link does not work any more. Ask for a new one."
        raise Refused(message, "link")
    link.used_at = at
    link.save(update_fields=["used_at"])
    return link.partner


def _count(what: str, most: int, *, at: datetime) -> None:
    """Count a try, committed by itself, so that many at once get no more than one after the other."""
    LoginAttempt.objects.filter(at__lte=at - COUNTS_FOR).delete()
    key = salted_hmac("partners.portal", what, algorithm="sha256").hexdigest()
    attempt = LoginAttempt.objects.create(key=key, at=at)
    before = list(LoginAttempt.objects.filter(key=key, pk__lt=attempt.pk).order_by("-pk")[:most])
    if len(before) < most:
        return
    attempt.delete()
    wait = max(math.ceil((before[-1].at + COUNTS_FOR - at) / timedelta(minutes=1)), 1)
    raise TooManyTriesError(wait)
