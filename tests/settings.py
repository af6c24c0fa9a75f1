"""The product's settings, on a database of the tests' own."""

import os
import tempfile
from pathlib import Path

os.environ.setdefault("SECRET_KEY", "only-for-tests-" * 5)
for name in ("ALLOWED_HOSTS", "DATABASE_URL", "DEBUG", "EMAIL_URL", "LOCAL_ENDPOINTS", "MEDIA_ROOT", "REDIS_URL"):
    os.environ.pop(name, None)

# Django refuses to look at a database from the thread in which Playwright runs its loop
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

SCRATCH = Path(tempfile.gettempdir()) / f"kontor-tests-{os.getuid()}-{os.getpid()}"
SCRATCH.mkdir(mode=0o700, exist_ok=True)
os.environ["DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL") or f"sqlite:///{SCRATCH / 'kontor.sqlite3'}"

from config.settings import *  # noqa: E402, F403
from config.settings import ALLOWED_HOSTS, DATABASES, INSTALLED_APPS  # noqa: E402

ALLOWED_HOSTS = [*ALLOWED_HOSTS, "testserver"]
INSTALLED_APPS = ["tests", *INSTALLED_APPS]  # for its command `flush`
STATIC_ROOT = SCRATCH / "static"
STATIC_ROOT.mkdir(exist_ok=True)
MEDIA_ROOT = SCRATCH / "media"
WHITENOISE_AUTOREFRESH = True  # a static file is looked for when it is asked for, not all of them for every test client
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # a file, not memory: threads and processes of a test see what those of the product would
    DATABASES["default"]["TEST"] = {"NAME": str(SCRATCH / "test.sqlite3")}
    DATABASES["default"]["OPTIONS"]["init_command"] = (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA foreign_keys=ON;"
    )
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 0
