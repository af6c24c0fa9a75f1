"""The app's place in the house."""

from django.apps import AppConfig


class PartnersConfig(AppConfig):
    """Registers the app and its receivers."""

    name = "partners"

    def ready(self) -> None:
        """Listen to what customers report."""
        from partners import receivers  # noqa: F401, PLC0415 -- connects the receivers
