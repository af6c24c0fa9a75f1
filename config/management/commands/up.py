"""`manage.py up`: everything on one machine with one command."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection

from accounts.models import Client, User
from accounts.roles import ROLES
from config.feeding.demo_world import DEMO_PASSWORD, LOGINS
from config.supervisor import Child, supervise


class Command(BaseCommand):
    """Start web server and worker, with data to look at."""

    help = (
        "Brings the database up to date, loads the demo when it is empty, and runs web server and worker "
        "until Ctrl-C. PORT changes the port (8000)."
    )

    def handle(self, *_: Any, **__: Any) -> None:
        """Prepare, then run until told to stop."""
        self.need_free_port()
        settings.STATIC_ROOT.mkdir(exist_ok=True)
        self.prepare_database()
        connection.close()
        supervise(
            [
                Child("web server", web_command(), settings.BASE_DIR),
                Child("worker", [sys.executable, "manage.py", "worker"], settings.BASE_DIR),
            ],
            clock=time.monotonic,
            say=self.stderr.write,
            ready=self.tell_address,
        )
        self.stdout.write("Stopped.")

    def need_free_port(self) -> None:
        """Say so at once when somebody else has the port."""
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", settings.PORT), timeout=1):
            message = f"Port {settings.PORT} is in use. Stop what runs there, or choose another: PORT=8001 make run"
            raise CommandError(message)

    def prepare_database(self) -> None:
        """Migrate, and load the demo into an empty database (never on a public host)."""
        try:
            call_command("migrate", verbosity=0, interactive=False)
        except OperationalError as error:
            message = f"The database cannot be used: {error}".strip()
            raise CommandError(f"{message} Check DATABASE_URL and that the server runs.") from error
        if not settings.PRODUCTION and not Client.objects.exists():
            self.stdout.write("The database is empty: playing a year of business for the demo …")
            self.stdout.flush()
            # in a process of its own, which gives its memory back
            demo = subprocess.run([sys.executable, "manage.py", "demo"], cwd=settings.BASE_DIR, check=False)
            if demo.returncode != 0:
                raise CommandError("The demo could not be loaded; the lines above say why.")

    def tell_address(self) -> bool:
        """Print address and logins once the web server listens."""
        try:
            socket.create_connection(("127.0.0.1", settings.PORT), timeout=0.2).close()
        except OSError:
            return False
        lines = ["", f"Kontor is at http://localhost:{settings.PORT}", ""]
        demo_users = {user.username: user for user in User.objects.filter(username__in=LOGINS).select_related("client")}
        shown = [demo_users[name] for name in LOGINS if name in demo_users]
        if shown and not shown[0].check_password(DEMO_PASSWORD):
            shown = []
        connection.close()
        if shown:
            lines.append(f"Log in with the password {DEMO_PASSWORD} as")
            width = max(len(user.username) for user in shown)
            for user in shown:
                whose = f" of {user.client.name}" if user.client else ""
                lines.append(f"  {user.username:<{width}}  {ROLES[user.role].label}{whose}")
            lines.append("")
        lines.append("Ctrl-C stops it.")
        self.stdout.write("\n".join(lines))
        self.stdout.flush()
        return True


def web_command() -> list[str]:
    """Return the command of the web server: for this machine only, unless ALLOWED_HOSTS names a public host."""
    host = "*" if settings.PRODUCTION else "localhost"
    options = [f"--listen={host}:{settings.PORT}", "--threads=8", "--ident=Kontor"]
    return [sys.executable, "-m", "waitress", *options, "config.wsgi:application"]
