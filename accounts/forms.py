"""What people enter about themselves."""

from __future__ import annotations

from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm


class LoginForm(AuthenticationForm):
    """User name and password."""

    error_messages = {
        "invalid_login": "User name and password do not match. Both are as your administrator gave them to you.",
        "inactive": "This user was locked out by an administrator.",
    }


class ProfileForm(forms.Form):
    """How a person reads the product: the zone of moments and the language of numbers and dates."""

    time_zone = forms.ChoiceField(
        label="Time zone", choices=lambda: [(name, name.replace("_", " ")) for name in sorted(available_timezones())]
    )
    language = forms.ChoiceField(label="Numbers and dates as in", choices=settings.LANGUAGES)
