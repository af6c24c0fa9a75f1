"""The app's place in the house."""

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class AccountsConfig(AppConfig):
    """Registers the app and its receivers."""

    name = "accounts"

    def ready(self) -> None:
        """Note logins our own way: Django's would write a history line without a reason."""
        from accounts import receivers  # noqa: PLC0415 -- models are loaded by now

        user_logged_in.disconnect(dispatch_uid="update_last_login")
        user_logged_in.connect(receivers.note_login, dispatch_uid="note-login")
