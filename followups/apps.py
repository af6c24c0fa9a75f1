"""The app's place in the house."""

from django.apps import AppConfig


class FollowupsConfig(AppConfig):
    """Registers the app and its receivers."""

    name = "followups"

    def ready(self) -> None:
        """Listen to what purchases report."""
        from followups import receivers  # noqa: F401, PLC0415 -- connects the receivers
