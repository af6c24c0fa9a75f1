"""The app's place in the house."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """Registers the app."""

    name = "core"
