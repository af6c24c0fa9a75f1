"""The app's place in the house."""

from django.apps import AppConfig


class DunningConfig(AppConfig):
    """Registers the app, its receivers and its guards at the outbox."""

    name = "dunning"

    def ready(self) -> None:
        """Listen to purchases and the outbox; stand guard over every dunning e-mail."""
        from dunning import handlers, receivers  # noqa: F401, PLC0415 -- models are loaded by now

        handlers.register()
