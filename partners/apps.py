"""The app's place in the house."""

from django.apps import AppConfig


class PartnersConfig(AppConfig):
    """Registers the app."""

    name = "partners"
