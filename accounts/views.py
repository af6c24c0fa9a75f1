"""Coming in, going out, choosing a client, one's own settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.forms import LoginForm, ProfileForm
from accounts.models import Client
from accounts.services import UserDetails, save_user
from core.views import INVALID, Page

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


class Login(LoginView):
    """The login; somebody who is in already goes on."""

    template_name = "accounts/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True

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
