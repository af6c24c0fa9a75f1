"""What people enter about themselves, and administrators about others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm

from accounts.models import Client, Department
from accounts.roles import CLIENT_ROLES, ROLES
from accounts.services import UserDetails
from core.forms import Form, MissingNamed
from core.views import ActionForm

if TYPE_CHECKING:
    from django.db.models import QuerySet

LONGEST_PASSWORD = 200


def _zones() -> list[tuple[str, str]]:
    return [(name, name.replace("_", " ")) for name in sorted(available_timezones())]


class LoginForm(MissingNamed, AuthenticationForm):
    """User name and password."""

    error_messages = {
        "invalid_login": "User name and password do not match. Both are as your administrator gave them to you.",
        "inactive": "This user was locked out by an administrator.",
    }


class ProfileForm(Form):
    """How a person reads the product: the zone of moments and the language of numbers and dates."""

    time_zone = forms.ChoiceField(label="Time zone", choices=_zones)
    language = forms.ChoiceField(label="Numbers and dates as in", choices=settings.LANGUAGES)


def role_choices(*, is_platform: bool, client: Client | None) -> list[tuple[str, str]]:
    """The roles that an administrator may give: the platform's any, a client's those within a client.

    Of a user of `client` only those that fit a client.
    """
    codes = [code for code in ROLES if (is_platform and client is None) or code in CLIENT_ROLES]
    return [(code, ROLES[code].label) for code in codes]


class UserForm(ActionForm):
    """Who a person is, what they may do, where they sit."""

    name = forms.CharField(label="Name", max_length=200)
    email = forms.EmailField(label="E-mail", max_length=254)
    role = forms.ChoiceField(label="Role")
    department = forms.ModelChoiceField(
        label="Office and department", required=False, queryset=Department.objects.none(), empty_label="None"
    )
    time_zone = forms.ChoiceField(label="Time zone", choices=_zones)
    language = forms.ChoiceField(label="Numbers and dates as in", choices=settings.LANGUAGES)

    def __init__(
        self, *args: Any, roles: list[tuple[str, str]], departments: QuerySet[Department], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        role, department = self.fields["role"], self.fields["department"]
        assert isinstance(role, forms.ChoiceField)  # noqa: S101 -- declared above
        assert isinstance(department, forms.ModelChoiceField)  # noqa: S101
        role.choices, department.queryset = roles, departments

    def details(self, client: Client | None) -> UserDetails:
        """What was entered, for a user of `client`, or of the platform without one."""
        names = ("name", "email", "role", "department", "time_zone", "language")
        return UserDetails(client=client, **{name: self.cleaned_data[name] for name in names})


class NewUserForm(UserForm):
    """Somebody new, with a first password."""

    username = forms.RegexField(
        label="User name",
        regex=r"^[\w.@+-]+\Z",
        max_length=150,
        error_messages={"invalid": "Letters, digits and @ . + - _ only."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    client = forms.ModelChoiceField(
        label="Works for", required=False, queryset=Client.objects.none(), empty_label="The platform"
    )
    password = forms.CharField(
        label="First password",
        max_length=LONGEST_PASSWORD,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="Tell it to them by a safe way.",
    )
    field_order = ("username", "name", "email", "client", "role", "department", "time_zone", "language", "password")

    def __init__(self, *args: Any, clients: QuerySet[Client] | None, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["client"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 -- declared above
        if clients is None:
            del self.fields["client"]
        else:
            field.queryset = clients


class PasswordForm(ActionForm):
    """A new password for somebody."""

    password = forms.CharField(
        label="New password",
        max_length=LONGEST_PASSWORD,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least 10 characters, no common word, not only digits.",
    )


class SupportForm(ActionForm):
    """What a client lets its support do."""

    support_may_refund = forms.BooleanField(label="Client support may give refunds", required=False)


class ViewNameForm(ActionForm):
    """What a saved view is called."""

    name = forms.CharField(label="Name", max_length=80, help_text="Such as: overdue in Germany")


class ExportForm(ActionForm):
    """How a list is taken away."""

    format = forms.ChoiceField(
        label="Format",
        choices=[("xlsx", "Excel"), ("csv", "CSV")],
        initial="xlsx",
        widget=forms.RadioSelect,
    )
