"""Users: who lets whom in, with which role, and what that opens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from accounts.roles import CLIENT_ROLES, ROLES, Right
from accounts.services import (
    UserDetails,
    change_user,
    register_user,
    save_department,
    save_user,
    set_active,
    set_password,
)
from core.refused import Refused
from tests.stories import MONDAY, a_client, a_user

if TYPE_CHECKING:
    from accounts.models import Client

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


@pytest.fixture
def hafen() -> Client:
    return a_client("hafen")


@pytest.fixture
def admin(hafen: Client) -> User:
    return a_user("client_admin", hafen, name="Ada Admin")


@pytest.fixture
def root() -> User:
    return a_user("platform_admin", name="Root")


def in_the_browser_of(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


def somebody(client: Client | None, role: str = "client_support", **fields: Any) -> UserDetails:
    return UserDetails(name="Nele New", email="nele@hafen.example", role=role, client=client, **fields)


def filled_in(**fields: Any) -> dict[str, Any]:
    return {
        "username": "nele",
        "name": "Nele New",
        "email": "nele@hafen.example",
        "role": "client_support",
        "time_zone": "Europe/Berlin",
        "language": "de",
        "password": PASSWORD,
        "form_key": "k",
        **fields,
    }


# Rules ------------------------------------------------------------------------------------------------------------


def test_somebody_new_logs_in_with_the_first_password(hafen: Client, admin: User) -> None:
    register_user("nele", details=somebody(hafen), password=PASSWORD, by=admin, at=MONDAY)
    browser = Browser()
    assert browser.login(username="NELE", password=PASSWORD)
    registered = User.objects.get(username="nele").history.get(history_change_reason="user registered")
    assert registered.history_user == admin


def test_a_taken_name_changes_nobody(hafen: Client, admin: User) -> None:
    victim = a_user("platform_admin", username="boss")
    with pytest.raises(Refused) as refused:
        register_user("BOSS", details=somebody(hafen), password=PASSWORD, by=admin, at=MONDAY)
    assert refused.value.code == "username"
    victim.refresh_from_db()
    assert (victim.role, victim.client) == ("platform_admin", None)


@pytest.mark.parametrize("role", sorted(set(ROLES) - CLIENT_ROLES))
def test_a_client_admin_gives_no_role_of_the_platform(hafen: Client, admin: User, role: str) -> None:
    for client in (hafen, None):
        with pytest.raises(Refused):
            register_user("nele", details=somebody(client, role), password=PASSWORD, by=admin, at=MONDAY)
    assert not User.objects.filter(username="nele").exists()


def test_nor_an_auditor_of_everything_nor_anything_at_another_client(hafen: Client, admin: User) -> None:
    for details in (somebody(None, "auditor"), somebody(a_client("other"))):
        with pytest.raises(Refused) as refused:
            register_user("nele", details=details, password=PASSWORD, by=admin, at=MONDAY)
        assert refused.value.code == "role"
    assert register_user("nele", details=somebody(hafen, "auditor"), password=PASSWORD, by=admin, at=MONDAY).pk


@pytest.mark.parametrize(
    ("role", "sentence"),
    [
        ("captain", "captain is not a role."),
        ("platform_tax", "Tax is a role of the platform: it has no client."),
    ],
)
def test_a_role_exists_and_fits_where_its_user_works(hafen: Client, root: User, role: str, sentence: str) -> None:
    with pytest.raises(Refused) as refused:
        save_user("nele", details=somebody(hafen, role), by=root, at=MONDAY)
    assert (str(refused.value), refused.value.code) == (sentence, "role")
    assert not User.objects.filter(username="nele").exists()


def test_a_team_belongs_to_the_same_client(hafen: Client, root: User) -> None:
    away = save_department(a_client("other"), office="Away", name="Team")
    with pytest.raises(Refused) as refused:
        register_user("nele", details=somebody(hafen, department=away), password=PASSWORD, by=root, at=MONDAY)
    assert refused.value.code == "department"


def test_an_easy_password_lets_nobody_in(hafen: Client, admin: User) -> None:
    with pytest.raises(Refused):
        register_user("nele", details=somebody(hafen), password="1234567890", by=admin, at=MONDAY)
    assert not User.objects.filter(username="nele").exists()


def test_nobody_changes_their_own_role_or_their_client(hafen: Client, admin: User, root: User) -> None:
    with pytest.raises(Refused) as refused:
        change_user(admin, details=somebody(hafen, "client_sales"), by=admin, at=MONDAY)
    assert refused.value.code == "self"
    with pytest.raises(Refused) as refused:
        change_user(admin, details=somebody(a_client("other"), "client_admin"), by=root, at=MONDAY)
    assert refused.value.code == "client"


def test_locked_out_at_once_and_let_in_again(hafen: Client, admin: User) -> None:
    rep = a_user("client_support", hafen)
    browser = in_the_browser_of(rep)
    assert browser.get(reverse("partners:list")).status_code == 200
    set_active(rep, is_active=False, by=admin, at=MONDAY)
    assert browser.get(reverse("partners:list")).status_code == 302
    assert not rep.__class__.objects.get(pk=rep.pk).may(Right.SEARCH)
    set_active(rep, is_active=True, by=admin, at=MONDAY)
    assert Browser().login(username=rep.username, password="a long enough password")
    with pytest.raises(Refused):
        set_active(admin, is_active=False, by=admin, at=MONDAY)


def test_a_new_password_ends_the_old_sessions(hafen: Client, admin: User) -> None:
    rep = a_user("client_support", hafen)
    browser = in_the_browser_of(rep)
    set_password(rep, password=PASSWORD, by=admin, at=MONDAY)
    assert browser.get(reverse("partners:list")).status_code == 302


# Pages ------------------------------------------------------------------------------------------------------------


def test_the_list_costs_the_same_with_one_and_with_three(root: User, hafen: Client) -> None:
    browser = in_the_browser_of(root)
    browser.get(reverse("accounts:users"))
    with CaptureQueriesContext(connection) as one:
        browser.get(reverse("accounts:users"))
    team = save_department(hafen, office="Kiel", name="Support")
    for _ in range(2):
        a_user("client_support", hafen, department=team)
    with CaptureQueriesContext(connection) as three:
        assert "3</strong> users" in browser.get(reverse("accounts:users")).content.decode()
    assert len(three) == len(one)
    assert len(three) <= 12


def test_a_client_admin_sees_their_own_people_only(hafen: Client, admin: User, root: User) -> None:
    stranger = a_user("client_support", a_client("other"), name="Sam Stranger")
    browser = in_the_browser_of(admin)
    page = browser.get(reverse("accounts:users"), {"show": "all"}).content.decode()
    assert "Ada Admin" in page
    assert "Sam Stranger" not in page
    assert "Root" not in page
    for person in (stranger, root):
        for name in ("user", "edit_user", "user_password", "deactivate_user", "activate_user"):
            assert browser.get(reverse(f"accounts:{name}", args=[person.pk])).status_code == 404


def test_a_client_admin_lets_somebody_in(hafen: Client, admin: User) -> None:
    team = save_department(hafen, office="Kiel", name="Support")
    browser = in_the_browser_of(admin)
    asked = browser.get(reverse("accounts:add_user")).content.decode()
    assert "Platform admin" not in asked
    assert 'name="client"' not in asked
    sent = filled_in(department=str(team.pk))
    assert browser.post(reverse("accounts:add_user"), sent).status_code == 302
    user = User.objects.get(username="nele")
    assert (user.client, user.role, user.department) == (hafen, "client_support", team)
    assert browser.post(reverse("accounts:add_user"), sent).status_code == 302
    page = browser.get(reverse("accounts:user", args=[user.pk])).content.decode()
    for words in ("Nele New", "Kiel, Support", "Follow ups", "User registered"):
        assert words in page


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"role": "platform_admin"}, "Select a valid choice."),
        ({"username": "a b"}, "Letters, digits and @ . + - _ only."),
        ({"username": "ADA"}, "The user name ADA is taken."),
        ({"password": "short"}, "This password is too short."),
        ({"email": "nele"}, "Enter a valid email address."),
        ({"time_zone": "Moon/Base"}, "Select a valid choice."),
    ],
)
def test_the_form_says_what_is_wrong(hafen: Client, fields: dict[str, str], complaint: str) -> None:
    browser = in_the_browser_of(a_user("client_admin", hafen, username="ada"))
    answer = browser.post(reverse("accounts:add_user"), filled_in(**fields))
    assert answer.status_code == 422
    assert complaint in answer.content.decode()
    assert PASSWORD not in answer.content.decode()
    assert User.objects.count() == 1


def test_the_platform_lets_people_in_for_a_client_or_for_itself(hafen: Client, root: User) -> None:
    browser = in_the_browser_of(root)
    assert browser.post(reverse("accounts:add_user"), filled_in(client=str(hafen.pk))).status_code == 302
    wrong = browser.post(reverse("accounts:add_user"), filled_in(username="max", form_key="k2"))
    assert "Client support is a role within a client: choose the client." in wrong.content.decode()
    sent = filled_in(username="max", role="platform_tax", form_key="k3")
    assert browser.post(reverse("accounts:add_user"), sent).status_code == 302
    assert User.objects.get(username="max").client is None


def test_editing_password_and_lock(hafen: Client, admin: User) -> None:
    rep = a_user("client_support", hafen, name="Rita Rep")
    browser = in_the_browser_of(admin)
    edit = reverse("accounts:edit_user", args=[rep.pk])
    assert "Rita Rep" in browser.get(edit).content.decode()
    assert browser.post(edit, filled_in(name="Rita Lead", role="client_admin", form_key="a")).status_code == 302
    rep.refresh_from_db()
    assert (rep.name, rep.role, rep.username) == ("Rita Lead", "client_admin", rep.username)
    easy = browser.post(reverse("accounts:user_password", args=[rep.pk]), {"password": "password12"})
    assert easy.status_code == 422
    new = browser.post(reverse("accounts:user_password", args=[rep.pk]), {"password": PASSWORD, "form_key": "b"})
    assert new.status_code == 302
    assert Browser().login(username=rep.username, password=PASSWORD)
    assert browser.post(reverse("accounts:deactivate_user", args=[rep.pk]), {"form_key": "c"}).status_code == 302
    assert "Rita Lead" in browser.get(reverse("accounts:users"), {"show": "inactive"}).content.decode()
    assert "Activate" in browser.get(reverse("accounts:user", args=[rep.pk])).content.decode()
    assert browser.post(reverse("accounts:activate_user", args=[rep.pk]), {"form_key": "d"}).status_code == 302
    assert User.objects.get(pk=rep.pk).is_active


def test_ones_own_role_is_fixed_and_one_stays_in(hafen: Client, admin: User) -> None:
    browser = in_the_browser_of(admin)
    edit = reverse("accounts:edit_user", args=[admin.pk])
    browser.post(edit, filled_in(name="Ada Lead", role="client_sales", form_key="a"))
    admin.refresh_from_db()
    assert (admin.name, admin.role) == ("Ada Lead", "client_admin")
    off = reverse("accounts:deactivate_user", args=[admin.pk])
    assert "deactivate yourself" in browser.get(off).content.decode()
    assert browser.post(off, {"form_key": "b"}).status_code == 422


def test_the_bar_finds_by_name_and_role(hafen: Client, admin: User) -> None:
    a_user("client_sales", hafen, name="Sven Sales")
    browser = in_the_browser_of(admin)
    link = reverse("accounts:user", args=[admin.pk])
    assert link not in browser.get(reverse("accounts:users"), {"q": "sven"}).content.decode()
    assert "Sven Sales" not in browser.get(reverse("accounts:users"), {"role": "client_admin"}).content.decode()
