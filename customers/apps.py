"""The app's place in the house."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CustomersConfig(AppConfig):
    """Registers the app and its receivers."""

    name = "customers"

    def ready(self) -> None:
        """Keep what customers are found by, and the index on it."""
        from customers import receivers  # noqa: PLC0415 -- models are loaded by now

        post_migrate.connect(receivers.install_search, sender=self, dispatch_uid="customer-search")
