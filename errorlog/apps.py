"""The app's place in the house."""

from django.apps import AppConfig


class ErrorlogConfig(AppConfig):
    """Registers the app."""

    name = "errorlog"
