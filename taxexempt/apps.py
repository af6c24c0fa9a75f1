"""The app's place in the house."""

from django.apps import AppConfig


class TaxexemptConfig(AppConfig):
    """Registers the app."""

    name = "taxexempt"
