"""The top of the house: start-up."""

from django.apps import AppConfig


class ConfigApp(AppConfig):
    """Settings, addresses, the worker's timetable and the management commands."""

    name = "config"
    verbose_name = "Kontor"

    def ready(self) -> None:
        """Make the Celery application known to the tasks and register the system checks."""
        from config import celery, checks  # noqa: F401, PLC0415 -- only once the apps are loaded
