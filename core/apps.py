"""The app's place in the house."""

from django.apps import AppConfig
from django.db.backends.signals import connection_created

from core.folded import teach


class CoreConfig(AppConfig):
    """Registers the app, and teaches databases what they lack."""

    name = "core"

    def ready(self) -> None:
        """Tell every new connection."""
        connection_created.connect(teach, dispatch_uid="core-fold")
