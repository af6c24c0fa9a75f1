"""Coming in, going out, choosing a client, one's own settings; for administrators: users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from accounts import services
from accounts.filters import UserFilter
from accounts.forms import LoginForm, NewUserForm, PasswordForm, ProfileForm, SupportForm, UserForm, role_choices
from accounts.models import Client
from accounts.roles import Right
from accounts.selectors import teams, users
from accounts.services import UserDetails, save_user
from accounts.tables import UserTable, active_badge, rights_of
from core.refused import Refused
from core.views import INVALID, ActionView, ActView, DetailPage, Empty, ListPage, Page, Segment, chosen_client

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django import forms
    from django.http import HttpRequest, HttpResponse

THROTTLED = 429


class Login(LoginView):
    """The login; somebody who is in already goes on."""

    template_name = "accounts/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """Look at name and password, unless too many wrong ones came before."""
        username = request.POST.get("username", "")
        if username and request.POST.get("password"):
            try:
                services.begin_login(username, address=self.address, at=timezone.now())
            except Refused as refused:
                form = LoginForm(request, initial={"username": username})
                context = self.get_context_data(form=form, problem=refused.message)
                return self.render_to_response(context, status=THROTTLED)
        return super().post(request, *args, **kwargs)

    @property
    def address(self) -> str:
        """Where the request comes from."""
        return str(self.request.META.get("REMOTE_ADDR", ""))

    def form_valid(self, form: Any) -> HttpResponse:
        """Come in, with a new session; earlier slips are forgotten."""
        services.end_login(self.request.POST["username"], address=self.address)
        return super().form_valid(form)

    def form_invalid(self, form: Any) -> HttpResponse:
        """Show the form again, with what is wrong."""
        answer = super().form_invalid(form)
        answer.status_code = INVALID
        return answer


class Logout(LogoutView):
    """The way out."""


class ClientSwitch(Page):
    """Choose the client a platform user works for; nothing chosen is All Clients."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Remember the choice and go back to the page it was made on, or to its list."""
        asked = request.POST.get("client", "")
        chosen = Client.objects.filter(pk=int(asked)).first() if asked.isdecimal() and len(asked) < 10 else None  # noqa: PLR2004
        if chosen is None or not self.user.is_platform:
            request.session.pop("client", None)
        else:
            request.session["client"] = chosen.pk
        back = request.POST.get("next", "/")
        return HttpResponseRedirect(back if url_has_allowed_host_and_scheme(back, allowed_hosts=None) else "/")


class Profile(Page):
    """One's own settings."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show them."""
        initial = {"time_zone": self.user.time_zone, "language": self.user.language}
        return render(request, "accounts/profile.html", {"form": ProfileForm(initial=initial)})

    def post(self, request: HttpRequest) -> HttpResponse:
        """Keep them."""
        form = ProfileForm(request.POST)
        if not form.is_valid():
            return render(request, "accounts/profile.html", {"form": form}, status=INVALID)
        details = {name: getattr(self.user, name) for name in UserDetails.__dataclass_fields__}
        save_user(self.user.username, details=UserDetails(**{**details, **form.cleaned_data}), by=self.user, at=self.at)
        messages.success(request, "Your settings are kept.")
        return HttpResponseRedirect(request.path)


# Users, for administrators: the platform's see all, a client's see their own --------------------------------------

NEWEST_CHANGES = 20


class UserList(ListPage):
    """Who may come in."""

    right = Right.USERS
    title = "Users"
    template_name = "accounts/user_list.html"
    table_class = UserTable
    filterset_class = UserFilter
    noun = ("user", "users")
    empty = Empty("No users yet", "Add the people who work with Kontor.")

    def get_rows(self) -> Any:
        """All users."""
        return users()

    def segments(self) -> Sequence[Segment]:
        """Who may come in first."""
        return (
            Segment("active", "Active", lambda rows: rows.filter(is_active=True)),
            Segment("inactive", "Deactivated", lambda rows: rows.filter(is_active=False)),
            Segment("all", "All"),
        )

    def context(self) -> dict[str, Any]:
        """The list, and what the one client it is about lets its support do."""
        one = self.user.client or chosen_client(self.request)
        return {**super().context(), "one_client": one and Client.objects.get(pk=one.pk)}


class SupportRefunds(ActionView):
    """Whether a client's support may give money back."""

    right = Right.USERS
    lookup = "slug"
    title = "Refunds by client support"
    button = "Save"
    form_class = SupportForm
    action = services.let_support_refund

    def get_rows(self) -> Any:
        """Clients."""
        return Client.objects.order_by("pk")

    def home(self) -> str:
        """The users."""
        return reverse("accounts:users")

    def heading(self) -> str:
        """What is decided."""
        return self.title

    def get_initial(self) -> dict[str, Any]:
        """As it is."""
        return {"support_may_refund": self.row.support_may_refund}

    def consequences(self) -> list[str]:
        """Who it is about."""
        number = users().filter(client=self.row, role="client_support", is_active=True).count()
        who = "1 user" if number == 1 else f"{number} users"
        return [
            f"It is about the role Client support of {self.row}: {who} at present.",
            "They may then refund what was paid and return payments. It counts from the next click on.",
        ]

    def sentence(self) -> str:
        """On or off."""
        done = "may give refunds now" if self.row.support_may_refund else "gives no refunds any more"
        return f"Client support of {self.row} {done}."


class UserDetail(DetailPage):
    """One user: who they are, what they may do, what changed."""

    right = Right.USERS
    template_name = "accounts/user_detail.html"

    def get_rows(self) -> Any:
        """All users."""
        return users()

    def context(self) -> dict[str, Any]:
        """The user with their rights and history."""
        # a login touches the row too; what somebody did has a reason
        changes = self.row.history.exclude(history_change_reason=None).select_related("history_user")
        return {
            "row": self.row,
            "state": active_badge(self.row),
            "rights": rights_of(self.row),
            "changes": changes.order_by("-history_date", "-history_id")[:NEWEST_CHANGES],
            "is_self": self.row.pk == self.user.pk,
        }


class UserAdd(ActView):
    """Let somebody new in."""

    right = Right.USERS
    title = "Add a user"
    button = "Save"

    def home(self) -> str:
        """The list."""
        return reverse("accounts:users")

    def get_initial(self) -> dict[str, Any]:
        """The administrator's own zone and language, and the client that is chosen."""
        mine = {"time_zone": self.user.time_zone, "language": self.user.language}
        return {**mine, "client": self.request.session.get("client")}

    def get_form(self, data: Any = None, files: Any = None) -> NewUserForm:
        """The form with the clients, roles and departments in reach."""
        own = self.user.client
        return NewUserForm(
            data,
            files,
            initial=self.get_initial(),
            roles=role_choices(is_platform=own is None, client=own),
            departments=teams(own, is_everywhere=own is None),
            clients=Client.objects.order_by("name", "pk") if own is None else None,
        )

    def get(self, request: HttpRequest) -> HttpResponse:  # noqa: ARG002
        """Ask."""
        return self.show(self.get_form())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Register them, once."""
        if self.is_spent():
            messages.info(request, "This was done already.")
            return self.leave(self.back)
        form = self.get_form(request.POST)
        if not form.is_valid():
            return self.show(form, status=INVALID)
        data = form.cleaned_data
        details = form.details(self.user.client or data.get("client"))
        try:
            services.register_user(
                data["username"], details=details, password=data["password"], by=self.user, at=self.at
            )
        except Refused as refused:
            field = refused.code if refused.code in form.fields else None
            form.add_error(field, refused.message)
            return self.show(form, status=INVALID)
        self.spend()
        messages.success(request, f"{details.name} may come in as {data['username']}.")
        return self.leave(self.back)


class _UserAct(ActionView):
    """What acts on users have in common."""

    right = Right.USERS

    def get_rows(self) -> Any:
        """All users."""
        return users()

    def home(self) -> str:
        """The user's page."""
        return reverse("accounts:user", args=[self.kwargs["pk"]])


class UserEdit(_UserAct):
    """Change who somebody is and what they may do."""

    title = "Edit"
    button = "Save"
    form_class = UserForm
    action = services.change_user

    def get_initial(self) -> dict[str, Any]:
        """The user as they are."""
        return {name: getattr(self.row, name) for name in UserForm.base_fields}

    def get_form(self, data: Any = None, files: Any = None) -> forms.Form:
        """The form with the roles and departments that fit the user's client."""
        client = self.row.client
        form = UserForm(
            data,
            files,
            initial=self.get_initial(),
            roles=role_choices(is_platform=self.user.client_id is None, client=client),
            departments=teams(client),
        )
        if self.row.pk == self.user.pk:
            form.fields["role"].disabled = True
        return form

    def keywords(self, form: forms.Form) -> dict[str, Any]:
        """What was entered, as one value."""
        return {"details": form.details(self.row.client)}  # type: ignore[attr-defined]

    def consequences(self) -> list[str]:
        """Say when it counts."""
        return ["The role counts from the next click on; what they did stays in the history under their name."]

    def sentence(self) -> str:
        """What was done."""
        return f"{self.row} is changed."


class UserPassword(_UserAct):
    """Give somebody a new password."""

    title = "New password for"
    button = "Set password"
    form_class = PasswordForm
    action = services.set_password

    def consequences(self) -> list[str]:
        """Say what ends."""
        return ["The old password ends at once, and so does every session that was opened with it."]

    def sentence(self) -> str:
        """What was done."""
        return f"{self.row} has a new password."


class UserDeactivate(_UserAct):
    """Lock somebody out."""

    title = "Deactivate"
    tone = "danger"
    action = services.set_active

    def keywords(self, form: forms.Form) -> dict[str, Any]:  # noqa: ARG002
        """Not active any more."""
        return {"is_active": False}

    def refusal(self) -> str:
        """Nobody locks themselves out."""
        return "You can't deactivate yourself." if self.row.pk == self.user.pk else ""

    def consequences(self) -> list[str]:
        """Say what stays."""
        return ["They are out at once and can't log in.", "What they did stays; their open follow-ups keep their name."]

    def sentence(self) -> str:
        """What was done."""
        return f"{self.row} is deactivated."


class UserActivate(_UserAct):
    """Let somebody in again."""

    title = "Activate"
    action = services.set_active

    def keywords(self, form: forms.Form) -> dict[str, Any]:  # noqa: ARG002
        """Active again."""
        return {"is_active": True}

    def sentence(self) -> str:
        """What was done."""
        return f"{self.row} may come in again."
