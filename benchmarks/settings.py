"""The tests' settings, and beside our pages Django's own admin on the same tables: the peer of lists and viewer."""

from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "django.contrib.admin"]
ROOT_URLCONF = "benchmarks.urls"
SILENCED_SYSTEM_CHECKS = ["admin.E130", "admin.E403", "admin.E404", "admin.E408", "admin.E409", "admin.E410"]
