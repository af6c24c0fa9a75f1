"""The app's place in the house."""

from django.apps import AppConfig


class QuotesConfig(AppConfig):
    """Registers the app and its guards at the outbox."""

    name = "quotes"

    def ready(self) -> None:
        """Stand guard over the e-mails about quotes, and let clients word them."""
        from quotes import handlers  # noqa: PLC0415 -- models are loaded by now

        handlers.register()
