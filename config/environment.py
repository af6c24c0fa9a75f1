"""The environment variables, read and checked: a wrong value is a sentence that says what to do."""

from __future__ import annotations

import os
import secrets
import socket
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")
TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"", "0", "false", "no", "off"})
SHORTEST_SECRET = 50
LAST_PORT = 65535

PREPARED: Final[dict[str, Any]] = {"server_side_binding": True, "prepare_threshold": 5}
"""Django's statements repeat: the server plans each of them once per connection."""


class Relay(NamedTuple):
    """The SMTP server that takes our e-mail; `tls` means STARTTLS before logging in."""

    host: str
    port: int
    user: str
    password: str
    tls: bool


def read_flag(environment: Mapping[str, str], name: str) -> bool:
    """Read a yes/no variable; unset means no.

    Raises ImproperlyConfigured for any other word.
    """
    word = environment.get(name, "").strip().lower()
    if word not in TRUE_WORDS | FALSE_WORDS:
        message = f"{name} is {environment[name]!r}, which is neither yes nor no. Set it to 1 or 0, or leave it unset."
        raise ImproperlyConfigured(message)
    return word in TRUE_WORDS


def read_hosts(environment: Mapping[str, str]) -> list[str]:
    """Read the host names this site answers to; unset means this machine only.

    Raises ImproperlyConfigured when an address is given where a name is needed.
    """
    text = environment.get("ALLOWED_HOSTS", "").strip()
    if not text:
        return [*LOCAL_HOSTS, socket.gethostname().lower()]
    hosts = [host.strip() for host in text.split(",") if host.strip()]
    for host in hosts:
        if "/" in host or " " in host:
            message = (
                f"ALLOWED_HOSTS contains {host!r}. "
                "Give plain host names separated by commas, for example kontor.example.com,localhost."
            )
            raise ImproperlyConfigured(message)
    return hosts


def is_production(environment: Mapping[str, str], hosts: list[str]) -> bool:
    """Whether the site serves others than this machine: then secrets and HTTPS are required."""
    here = {*LOCAL_HOSTS, socket.gethostname().lower()}
    return not read_flag(environment, "DEBUG") and not here.issuperset(hosts)


def read_secret_key(environment: Mapping[str, str], *, folder: Path, production: bool) -> str:
    """Read the key that signs sessions and links; outside production it is made once and kept in `folder`.

    Raises ImproperlyConfigured when it is missing in production, or too short.
    """
    key = environment.get("SECRET_KEY", "").strip()
    if key and len(key) < SHORTEST_SECRET:
        message = f"SECRET_KEY has only {len(key)} characters. Use at least {SHORTEST_SECRET} random ones."
        raise ImproperlyConfigured(message)
    if key:
        return key
    if production:
        message = (
            "SECRET_KEY is not set. With ALLOWED_HOSTS naming a public host it has to be: set it to at least "
            f"{SHORTEST_SECRET} random characters and keep it the same in every process."
        )
        raise ImproperlyConfigured(message)
    return _kept_secret(folder / "secret-key")


def _kept_secret(path: Path) -> str:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            made = path.with_name(f"{path.name}.{os.getpid()}")
            made.touch(mode=0o600)
            made.write_text(secrets.token_urlsafe(64), encoding="ascii")
            with suppress(FileExistsError):
                os.link(made, path)
            made.unlink()
        return path.read_text(encoding="ascii").strip()
    except OSError as error:
        message = f"SECRET_KEY is not set and cannot be kept in {path}: {error.strerror}. Set SECRET_KEY."
        raise ImproperlyConfigured(message) from error


def read_database(environment: Mapping[str, str], *, folder: Path) -> dict[str, Any]:
    """Read DATABASE_URL into Django's settings; unset means a SQLite file in `folder`.

    SQLite is opened so that it keeps its promises with several processes: write-ahead log, every transaction takes
    the write lock at its start, waits for it, and reaches the disk before it is reported as done.
    Raises ImproperlyConfigured for anything but SQLite and PostgreSQL, and for a folder that is not there.
    """
    url = environment.get("DATABASE_URL", "").strip()
    if not url:
        folder.mkdir(parents=True, exist_ok=True)
        url = f"sqlite:///{folder / 'kontor.sqlite3'}"
    scheme = url.partition(":")[0]
    if scheme == "sqlite":
        return _sqlite(url)
    if scheme in {"postgres", "postgresql"}:
        return _postgresql(url)
    message = (
        f"DATABASE_URL starts with {scheme!r}. Use sqlite:////absolute/path/kontor.sqlite3 "
        "or postgresql://user:password@host:5432/name."
    )
    raise ImproperlyConfigured(message)


def _sqlite(url: str) -> dict[str, Any]:
    name = unquote(url.removeprefix("sqlite://").removeprefix("/"))
    if not name or "?" in name:
        message = "DATABASE_URL names no SQLite file. Use sqlite:////absolute/path/kontor.sqlite3."
        raise ImproperlyConfigured(message)
    if name != ":memory:" and not Path(name).resolve().parent.is_dir():
        message = f"DATABASE_URL names {name}, but its folder does not exist. Make the folder or correct the path."
        raise ImproperlyConfigured(message)
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": name,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
        },
    }


def _postgresql(url: str) -> dict[str, Any]:
    how = "Use postgresql://user:password@host:5432/name."
    try:
        parts = conninfo_to_dict(url)
    except ProgrammingError as error:
        message = f"DATABASE_URL cannot be read. {how}"
        raise ImproperlyConfigured(message) from error
    if not parts.get("dbname"):
        message = f"DATABASE_URL names no database. {how}"
        raise ImproperlyConfigured(message)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.pop("dbname"),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": parts.pop("port", ""),
        "OPTIONS": {**PREPARED, **parts},
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


def read_relay(environment: Mapping[str, str]) -> Relay | None:
    """Read EMAIL_URL; unset means None: e-mails are captured and shown in the product.

    Raises ImproperlyConfigured for anything but smtp://user:password@host:port?tls=1.
    """
    url = environment.get("EMAIL_URL", "").strip()
    if not url:
        return None
    how = "Use smtp://user:password@host:port?tls=1, or leave it unset to keep e-mails in the product."
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        message = f"EMAIL_URL cannot be read ({error}). {how}"
        raise ImproperlyConfigured(message) from error
    options = parse_qs(parts.query, keep_blank_values=True)
    tls = options.pop("tls", ["0"])[-1].lower()
    if parts.scheme != "smtp" or not parts.hostname or options or tls not in TRUE_WORDS | FALSE_WORDS:
        message = f"EMAIL_URL cannot be used as it is. {how}"
        raise ImproperlyConfigured(message)
    return Relay(
        host=parts.hostname,
        port=port or (587 if tls in TRUE_WORDS else 25),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        tls=tls in TRUE_WORDS,
    )


class ReportMailbox(NamedTuple):
    """The mailbox in which reports about sent e-mail arrive; `tls` is yes, starttls or no."""

    host: str
    port: int
    user: str
    password: str
    folder: str
    tls: str


def read_mailbox(environment: Mapping[str, str]) -> ReportMailbox | None:
    """Read IMAP_URL; unset means None: nobody reads what comes back.

    Raises ImproperlyConfigured for anything but imaps://user:password@host:port/FOLDER (or imap:// with STARTTLS), and
    for a password that would cross the network in the clear.
    """
    url = environment.get("IMAP_URL", "").strip()
    if not url:
        return None
    how = "Use imaps://user:password@host/INBOX (imap:// for STARTTLS), or leave it unset."
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        message = f"IMAP_URL cannot be read ({error}). {how}"
        raise ImproperlyConfigured(message) from error
    folder = unquote(parts.path.strip("/")) or "INBOX"
    is_odd = parts.query or parts.fragment or not folder.isprintable() or set(folder) & set('"\\')
    if parts.scheme not in {"imap", "imaps"} or not parts.hostname or is_odd:
        message = f"IMAP_URL cannot be used as it is. {how}"
        raise ImproperlyConfigured(message)
    if not parts.username or not parts.password:
        message = f"IMAP_URL names no user or no password. {how}"
        raise ImproperlyConfigured(message)
    here = parts.hostname in {"localhost", "127.0.0.1", "::1"}
    tls = "yes" if parts.scheme == "imaps" else "no" if here else "starttls"
    default = 993 if tls == "yes" else 143
    return ReportMailbox(parts.hostname, port or default, unquote(parts.username), unquote(parts.password), folder, tls)


PROVIDERS: Final = ("brevo", "mailgun", "mailjet", "postmark", "sendgrid", "sparkpost")
"""Mail providers whose reports django-anymail understands without further agreements."""
SHORTEST_KEY: Final = 32


class Webhook(NamedTuple):
    """Who may report at /mail/report/<key>/, and what django-anymail has to know for it."""

    provider: str
    key: str
    settings: dict[str, str]


def read_webhook(environment: Mapping[str, str]) -> Webhook | None:
    """Read MAIL_WEBHOOK (a provider's name), MAIL_WEBHOOK_KEY and MAIL_WEBHOOK_SIGNING_KEY; unset means None.

    Raises ImproperlyConfigured for an unknown provider and for a missing or short key.
    """
    provider = environment.get("MAIL_WEBHOOK", "").strip().lower()
    if not provider:
        return None
    if provider not in PROVIDERS:
        message = f"MAIL_WEBHOOK is {provider!r}. Use one of {', '.join(PROVIDERS)}, or leave it unset."
        raise ImproperlyConfigured(message)
    key = environment.get("MAIL_WEBHOOK_KEY", "").strip()
    if len(key) < SHORTEST_KEY or not key.isascii() or not key.replace("-", "").replace("_", "").isalnum():
        message = (
            f"MAIL_WEBHOOK_KEY has to be at least {SHORTEST_KEY} random letters and digits: who knows it may report."
        )
        raise ImproperlyConfigured(message)
    signing = environment.get("MAIL_WEBHOOK_SIGNING_KEY", "").strip()
    if provider == "mailgun" and not signing:
        message = "MAIL_WEBHOOK_SIGNING_KEY is not set. Mailgun signs its reports: copy its HTTP webhook signing key."
        raise ImproperlyConfigured(message)
    return Webhook(provider, key, {"MAILGUN_WEBHOOK_SIGNING_KEY": signing} if provider == "mailgun" else {})


def read_local_endpoints(environment: Mapping[str, str], *, production: bool) -> bool:
    """Read LOCAL_ENDPOINTS: notifications may go to this machine, by http, too; for trying them out.

    Raises ImproperlyConfigured in production: clients would reach into our own machine.
    """
    allowed = read_flag(environment, "LOCAL_ENDPOINTS")
    if allowed and production:
        message = "LOCAL_ENDPOINTS is for development: it would let clients call this machine. Leave it unset."
        raise ImproperlyConfigured(message)
    return allowed


def read_redis(environment: Mapping[str, str]) -> str:
    """Read REDIS_URL; empty means the worker polls the database and needs no broker.

    Raises ImproperlyConfigured for anything that is no Redis address.
    """
    url = environment.get("REDIS_URL", "").strip()
    if url and not url.startswith(("redis://", "rediss://", "unix://")):
        message = (
            "REDIS_URL has to start with redis://, for example redis://localhost:6379/0. Leave it unset to do without."
        )
        raise ImproperlyConfigured(message)
    return url


def read_public_url(environment: Mapping[str, str], *, hosts: Sequence[str], production: bool, port: int) -> str:
    """Read PUBLIC_URL, the address under which people reach Kontor; links in e-mails begin with it.

    Unset, it is the first of ALLOWED_HOSTS in production and this machine otherwise. Raises ImproperlyConfigured for
    anything but an http or https address without path.
    """
    text = environment.get("PUBLIC_URL", "").strip().rstrip("/")
    if not text:
        named = next((host for host in hosts if host.strip("*.")), "localhost").lstrip("*.")
        return f"https://{named}" if production else f"http://localhost:{port}"
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query or parts.fragment:
        message = f"PUBLIC_URL is {text!r}. Set it to the address of Kontor, such as https://kontor.example."
        raise ImproperlyConfigured(message)
    return text


def read_from_address(environment: Mapping[str, str], *, public_url: str) -> str:
    """Read EMAIL_FROM, the address from which Kontor writes to its users; unset, `kontor@` the public address's host.

    Raises ImproperlyConfigured for anything that is no e-mail address.
    """
    text = environment.get("EMAIL_FROM", "").strip()
    if not text:
        return f"kontor@{urlsplit(public_url).hostname}"
    try:
        validate_email(text)
    except ValidationError:
        message = f"EMAIL_FROM is {text!r}. Set it to an e-mail address, such as kontor@example.com."
        raise ImproperlyConfigured(message) from None
    return text


def read_port(environment: Mapping[str, str]) -> int:
    """Read PORT, 8000 unless set.

    Raises ImproperlyConfigured for anything but a port's number.
    """
    text = environment.get("PORT", "").strip() or "8000"
    if not text.isdecimal() or not 0 < int(text) <= LAST_PORT:
        message = f"PORT is {text!r}. Set it to a number between 1 and {LAST_PORT}."
        raise ImproperlyConfigured(message)
    return int(text)
