"""The app's place in the house."""

from django.apps import AppConfig


class QuotesConfig(AppConfig):
    """Registers the app, its receivers and its guards at the outbox."""

    name = "quotes"

    def ready(self) -> None:
        """Listen to purchases; stand guard over the e-mails about quotes, and let clients word them."""
        from quotes import handlers, receivers  # noqa: F401, PLC0415 -- models are loaded by now

        handlers.register()
