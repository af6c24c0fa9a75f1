"""The app's place in the house."""

from django.apps import AppConfig


class TaxexemptConfig(AppConfig):
    """Registers the app, its receivers and the e-mails that clients may word."""

    name = "taxexempt"

    def ready(self) -> None:
        """Listen to what customers report; tell the outbox what clients may word."""
        from taxexempt import handlers, receivers  # noqa: F401, PLC0415 -- models are loaded by now

        handlers.register()
