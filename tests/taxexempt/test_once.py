"""A form that is sent twice does it once, though its second click knows nothing of the first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.test import Client as Browser
from django.urls import reverse

from mailing.models import Email
from taxexempt.models import Certificate
from taxexempt.services import CertificateInput, add_certificate, ask_renewal, validate
from tests.stories import MONDAY, a_certificate, a_client, a_user, an_offline_order

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import User
    from customers.models import Customer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def tess() -> User:
    return a_user("platform_tax")


@pytest.fixture
def buyer() -> Customer:
    return an_offline_order(a_client("hafen")).customer


def click(user: User, link: str, **fields: Any) -> Any:
    """One click by a session of its own: what another click has spent is not known to it."""
    browser = Browser()
    browser.force_login(user)
    return browser.post(link, {"form_key": "the form", **fields}, follow=True)


def test_two_clicks_add_one_certificate(buyer: Customer, tess: User) -> None:
    link = reverse("taxexempt:add", args=[buyer.pk])
    pages = [click(tess, link, source="upload", company="Hafen", act="stay") for _ in range(2)]
    added = Certificate.objects.get()
    edit = reverse("taxexempt:edit", args=[added.pk])
    assert [page.redirect_chain[-1][0] for page in pages] == [edit, edit]
    click(tess, link, source="upload", form_key="another form")
    assert Certificate.objects.count() == 2


def test_what_has_no_form_is_added_each_time(buyer: Customer, tess: User) -> None:
    for _ in range(2):
        add_certificate(buyer, data=CertificateInput(), by=tess, at=MONDAY)
    assert Certificate.objects.count() == 2


def test_two_clicks_ask_once_for_a_new_one(buyer: Customer, tess: User) -> None:
    certificate = validate(a_certificate(buyer, by=tess), by=tess, at=MONDAY)
    link = reverse("taxexempt:renewal", args=[certificate.pk])
    for _ in range(2):
        click(tess, link)
    ask_renewal(certificate, by=tess, at=MONDAY, form_key="the form")
    requests = Email.objects.filter(kind="exemption_renewal")
    assert (requests.count(), certificate.history.filter(history_change_reason="renewal asked for").count()) == (1, 1)
    click(tess, link, form_key="another form")
    assert requests.count() == 2
