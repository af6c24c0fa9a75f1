"""The app's place in the house."""

from django.apps import AppConfig


class QuotesConfig(AppConfig):
    """Registers the app."""

    name = "quotes"
