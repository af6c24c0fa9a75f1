"""Web server and worker: started again when they end, ended with their parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from config.supervisor import FIRST_PAUSE, LONGEST_PAUSE, Child, supervise

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


def wait_until(true: Callable[[], bool], seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.02)
    return False


def alive(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except FileNotFoundError:
        return False


def test_a_child_that_fails_is_started_again_with_growing_pauses() -> None:
    said: list[str] = []
    child = Child("worker", [sys.executable, "-c", "raise SystemExit(3)"], ROOT)
    pauses: list[float] = []
    now = 0.0
    for _ in range(7):
        child.look(now, said.append)
        assert child.process is not None
        child.process.wait()
        child.look(now, said.append)
        assert child.process is None
        pauses.append(child.resume - now)
        child.look(child.resume - 0.01, said.append)
        assert child.process is None
        now = child.resume
    assert pauses == [1, 2, 4, 8, 16, LONGEST_PAUSE, LONGEST_PAUSE]
    assert said[0] == "The worker ended (with status 3); it is started again in 1 s."


def test_a_child_that_was_calm_for_a_minute_starts_again_at_once() -> None:
    said: list[str] = []
    child = Child("worker", SLEEP, ROOT, pause=16.0)
    child.start(0.0)
    assert child.process is not None
    child.process.kill()
    child.process.wait()
    child.look(100.0, said.append)
    assert child.resume == 100.0 + FIRST_PAUSE
    assert said == ["The worker ended (by signal SIGKILL); it is started again in 1 s."]


def test_stopping_ends_the_children_and_asks_readiness_until_told() -> None:
    children = [Child("web server", SLEEP, ROOT), Child("worker", SLEEP, ROOT)]
    stop = threading.Event()
    asked: list[int] = []

    def ready() -> bool:
        asked.append(1)
        if len(asked) == 3:
            stop.set()
        return False

    supervise(children, clock=time.monotonic, say=print, ready=ready, stop=stop)
    assert len(asked) == 3
    assert [child.process.returncode for child in children if child.process] == [-signal.SIGTERM] * 2


def test_a_child_that_does_not_listen_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.supervisor.PATIENCE", 0.2)
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"
    child = Child("worker", [sys.executable, "-c", deaf], ROOT)
    child.start(0.0)
    time.sleep(0.3)
    child.stop()
    child.reap()
    assert child.process is not None
    assert child.process.returncode in {-signal.SIGKILL, -signal.SIGTERM}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel's help is Linux's")
def test_a_killed_parent_takes_its_children_along(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    script = (
        "import pathlib, sys, time\n"
        "from config.supervisor import Child, supervise\n"
        f"child = Child('x', {SLEEP!r}, pathlib.Path.cwd())\n"
        "def ready():\n"
        "    if child.process is None: return False\n"
        f"    pathlib.Path({str(pid_file)!r}).write_text(str(child.process.pid)); return True\n"
        "supervise([child], clock=time.monotonic, say=print, ready=ready)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT)
    assert wait_until(lambda: pid_file.exists() and pid_file.read_text() != "")
    pid = int(pid_file.read_text())
    assert alive(pid)
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    assert wait_until(lambda: not alive(pid))
