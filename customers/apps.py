"""The app's place in the house."""

from django.apps import AppConfig


class CustomersConfig(AppConfig):
    """Registers the app."""

    name = "customers"
