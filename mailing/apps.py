"""The app's place in the house."""

from django.apps import AppConfig


class MailingConfig(AppConfig):
    """Registers the app, its checks and its doorbell."""

    name = "mailing"

    def ready(self) -> None:
        """Connect receivers and checks."""
        from mailing import checks, receivers  # noqa: F401, PLC0415 -- importing registers them
