"""The app's place in the house."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class PurchasesConfig(AppConfig):
    """Registers the app, its receivers and its hand-over handlers."""

    name = "purchases"

    def ready(self) -> None:
        """Keep the database's backstop current; tell the outbox where documents come from."""
        from purchases import handlers, receivers  # noqa: PLC0415 -- models are loaded by now

        post_migrate.connect(receivers.install_backstop, sender=self, dispatch_uid="purchase-backstop")
        post_migrate.connect(receivers.install_search, sender=self, dispatch_uid="purchase-search")
        handlers.register()
