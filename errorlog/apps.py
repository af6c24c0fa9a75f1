"""The app's place in the house."""

from django.apps import AppConfig


class ErrorlogConfig(AppConfig):
    """Registers the app and its receivers."""

    name = "errorlog"

    def ready(self) -> None:
        """Hear of files that could not be written."""
        from accounts.signals import export_failed  # noqa: PLC0415 -- models are loaded by now
        from errorlog import receivers  # noqa: PLC0415

        export_failed.connect(receivers.note_export, dispatch_uid="errorlog-export")
