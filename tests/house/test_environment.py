"""A wrong value of the environment stops the start with a sentence that says what to do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import environment

LONG_SECRET = "s" * environment.SHORTEST_SECRET


@pytest.mark.parametrize(
    ("url", "relay"),
    [
        ("", None),
        ("smtp://relay.example", ("relay.example", 25, "", "", False)),
        ("smtp://relay.example?tls=1", ("relay.example", 587, "", "", True)),
        ("smtp://u%40x:p%2Fw@relay.example:2525?tls=0", ("relay.example", 2525, "u@x", "p/w", False)),
    ],
)
def test_relay_is_read(url: str, relay: tuple[object, ...] | None) -> None:
    assert environment.read_relay({"EMAIL_URL": url}) == relay


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("sqlite:///kontor.sqlite3", "kontor.sqlite3"),
        ("sqlite:////tmp/a%20b.sqlite3", "/tmp/a b.sqlite3"),
        ("sqlite://:memory:", ":memory:"),
        ("postgres://u:p%40@db.example:5433/kontor?sslmode=require", "kontor"),
    ],
)
def test_database_is_read(url: str, name: str, tmp_path: Path) -> None:
    assert environment.read_database({"DATABASE_URL": url}, folder=tmp_path)["NAME"] == name


def test_database_is_a_file_unless_said_otherwise(tmp_path: Path) -> None:
    settings = environment.read_database({}, folder=tmp_path / "var")
    assert settings["NAME"] == str(tmp_path / "var" / "kontor.sqlite3")
    assert settings["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "synchronous=FULL" in settings["OPTIONS"]["init_command"]


def test_postgresql_keeps_its_parts() -> None:
    url = "postgresql://u:p%40@db.example:5433/kontor?sslmode=require"
    settings = environment.read_database({"DATABASE_URL": url}, folder=Path("/unused"))
    assert (settings["USER"], settings["PASSWORD"], settings["HOST"], settings["PORT"]) == (
        "u",
        "p@",
        "db.example",
        "5433",
    )
    assert settings["OPTIONS"] == {"server_side_binding": True, "prepare_threshold": 5, "sslmode": "require"}


@pytest.mark.parametrize(
    ("name", "value", "advice"),
    [
        ("DEBUG", "maybe", "Set it to 1 or 0"),
        ("ALLOWED_HOSTS", "https://kontor.example/", "Give plain host names"),
        ("SECRET_KEY", "short", "at least 50"),
        ("DATABASE_URL", "mysql://x/y", "Use sqlite:////absolute/path/kontor.sqlite3 or postgresql://"),
        ("DATABASE_URL", "sqlite:///", "Use sqlite:////absolute/path/kontor.sqlite3"),
        ("DATABASE_URL", "sqlite:////no/such/folder/x.sqlite3", "Make the folder or correct the path"),
        ("DATABASE_URL", "postgres://host", "names no database"),
        ("DATABASE_URL", "postgres://%zz@host/name", "cannot be read"),
        ("EMAIL_URL", "http://relay.example", "Use smtp://"),
        ("EMAIL_URL", "smtp://relay.example:port", "Use smtp://"),
        ("EMAIL_URL", "smtp://relay.example?ssl=1", "Use smtp://"),
        ("REDIS_URL", "localhost:6379", "has to start with redis://"),
        ("PORT", "http", "a number between 1 and 65535"),
        ("PORT", "70000", "a number between 1 and 65535"),
    ],
)
def test_wrong_value_says_what_to_do(name: str, value: str, advice: str, tmp_path: Path) -> None:
    given = {"SECRET_KEY": LONG_SECRET, name: value}
    with pytest.raises(ImproperlyConfigured) as refusal:
        read_everything(given, tmp_path)
    assert name in str(refusal.value)
    assert advice in str(refusal.value)


def read_everything(given: dict[str, str], folder: Path) -> None:
    hosts = environment.read_hosts(given)
    production = environment.is_production(given, hosts)
    environment.read_secret_key(given, folder=folder, production=production)
    environment.read_database(given, folder=folder)
    environment.read_relay(given)
    environment.read_redis(given)
    environment.read_port(given)


def test_secret_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    first = environment.read_secret_key({}, folder=tmp_path / "var", production=False)
    assert environment.read_secret_key({}, folder=tmp_path / "var", production=False) == first
    assert len(first) >= environment.SHORTEST_SECRET
    assert (tmp_path / "var" / "secret-key").stat().st_mode & 0o777 == 0o600


def test_secret_key_that_cannot_be_kept_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file where the folder should be")
    with pytest.raises(ImproperlyConfigured, match="Set SECRET_KEY"):
        environment.read_secret_key({}, folder=tmp_path / "var", production=False)


def test_production_needs_a_secret_key(tmp_path: Path) -> None:
    assert environment.is_production({}, ["kontor.example"])
    assert not environment.is_production({"DEBUG": "1"}, ["kontor.example"])
    assert not environment.is_production({}, ["localhost"])
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY is not set"):
        environment.read_secret_key({}, folder=tmp_path, production=True)


def test_command_ends_with_one_line_instead_of_a_traceback() -> None:
    found = subprocess.run(
        [sys.executable, "manage.py", "check"],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "DATABASE_URL": "mysql://x/y"},
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 1
    assert found.stderr.startswith("Kontor cannot start: DATABASE_URL starts with 'mysql'.")
    assert found.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("given", "hosts", "production", "url"),
    [
        ({}, ["localhost"], False, "http://localhost:8000"),
        ({}, [".kontor.example"], True, "https://kontor.example"),
        ({"PUBLIC_URL": "https://orders.example/"}, ["kontor.example"], True, "https://orders.example"),
    ],
)
def test_links_begin_with_the_public_address(
    given: dict[str, str],
    hosts: list[str],
    production: bool,  # noqa: FBT001 -- one column of the table
    url: str,
) -> None:
    assert environment.read_public_url(given, hosts=hosts, production=production, port=8000) == url


def test_kontor_writes_from_an_address_of_its_own() -> None:
    read = environment.read_from_address
    assert read({}, public_url="https://kontor.example:8443") == "kontor@kontor.example"
    assert read({"EMAIL_FROM": " office@kontor.example "}, public_url="") == "office@kontor.example"
    with pytest.raises(ImproperlyConfigured, match="EMAIL_FROM is 'nobody'"):
        read({"EMAIL_FROM": "nobody"}, public_url="")


@pytest.mark.parametrize("text", ["kontor.example", "ftp://kontor.example", "https://", "https://kontor.example/x?y"])
def test_what_is_no_public_address_stops_the_start(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="PUBLIC_URL is"):
        environment.read_public_url({"PUBLIC_URL": text}, hosts=[], production=False, port=8000)
