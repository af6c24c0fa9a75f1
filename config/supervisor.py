"""Two processes that belong together: restarted when they end, ended with their parent."""

from __future__ import annotations

import contextlib
import ctypes
import signal
import subprocess
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from types import FrameType

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
CALM_AFTER = 60.0
LOOK_EVERY = 0.2
PATIENCE = 15.0
PR_SET_PDEATHSIG = 1


def _die_with_parent() -> None:
    """Ask the kernel to end this process when its parent dies, also by `kill -9` (Linux; elsewhere by signals only)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Child:
    """One process to keep alive; the pauses before a restart double up to half a minute while it keeps failing."""

    name: str
    command: Sequence[str]
    cwd: Path
    pause: float = FIRST_PAUSE
    started: float = 0.0
    resume: float = 0.0
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self, now: float) -> None:
        """Start the process at `now`, in seconds of the monotonic clock."""
        self.process = subprocess.Popen(  # noqa: S603 -- our own commands
            self.command,
            cwd=self.cwd,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 -- the parent has one thread when it starts children
        )
        self.started = now

    def look(self, now: float, say: Callable[[str], None]) -> None:
        """Notice an end, and start again once the pause is over."""
        if self.process is None:
            if now >= self.resume:
                self.start(now)
            return
        code = self.process.poll()
        if code is None:
            return
        if code == 0 or now - self.started > CALM_AFTER:
            self.pause = FIRST_PAUSE
        self.process, self.resume = None, now + self.pause
        if code != 0:
            say(f"The {self.name} ended ({_how(code)}); it is started again in {self.pause:.0f} s.")
        self.pause = FIRST_PAUSE if code == 0 else min(self.pause * 2, LONGEST_PAUSE)

    def stop(self) -> None:
        """Ask the process to end."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def reap(self) -> None:
        """Wait until the process has ended, and insist after a while."""
        if self.process is None:
            return
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def _how(code: int) -> str:
    return f"by signal {signal.Signals(-code).name}" if code < 0 else f"with status {code}"


def supervise(
    children: Sequence[Child],
    *,
    clock: Callable[[], float],
    say: Callable[[str], None],
    ready: Callable[[], bool] = lambda: True,
    stop: threading.Event | None = None,
) -> None:
    """Keep `children` running until SIGINT or SIGTERM (or `stop`); `ready` is asked until it says it has been told.

    `clock` gives monotonic seconds.
    """
    stop = stop or threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, on_signal)
    told = False
    try:
        while not stop.wait(LOOK_EVERY):
            for child in children:
                child.look(clock(), say)
            told = told or ready()
    finally:
        for child in children:
            child.stop()
        for child in children:
            child.reap()
