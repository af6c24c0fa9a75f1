"""What can be set: the daily e-mail, by everybody for themselves; categories and reasons, for all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse

from accounts.roles import Right
from core.refused import Refused
from core.views import INVALID, ActView, Page
from followups.forms.settings import CategoryForm, DigestForm, NewCategoryForm
from followups.models import Digest
from followups.schedule import DIGEST_TIME
from followups.selectors.topics import Topic, all_topics, topic_of
from followups.services import digests, topics

if TYPE_CHECKING:
    from django import forms
    from django.http import HttpRequest, HttpResponse

    from followups.models import OwnCategory


class _Set(ActView):
    """A form that sets something and goes back."""

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:  # noqa: ARG002
        """Ask."""
        return self.show(self.get_form(), consequences=self.consequences())

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:  # noqa: ARG002
        """Keep it."""
        form = self.get_form(request.POST)
        if not form.is_valid():
            return self.show(form, status=INVALID, consequences=self.consequences())
        try:
            sentence = self.keep(form)
        except Refused as refused:
            return self.show(form, status=INVALID, problem=refused.message, consequences=self.consequences())
        messages.success(request, sentence)
        return self.leave(self.back)

    def consequences(self) -> list[str]:
        """What to know before."""
        return []

    def keep(self, form: forms.Form) -> str:
        """Keep it, and say so."""
        raise NotImplementedError


class DigestSwitch(_Set):
    """The daily e-mail about what is due, for oneself."""

    right = Right.FOLLOW_UPS
    title = "Daily e-mail"
    button = "Save"
    form_class = DigestForm

    def home(self) -> str:
        """The list."""
        return reverse("followups:list")

    def get_initial(self) -> dict[str, Any]:
        """It is sent unless somebody switched it off."""
        return {"is_on": not Digest.objects.filter(user=self.user, is_on=False).exists()}

    def consequences(self) -> list[str]:
        """When, what, where to."""
        return [
            f"Every morning at {DIGEST_TIME:%H:%M} in {self.user.time_zone}, if something is overdue or due that day.",
            f"It goes to {self.user.email}.",
        ]

    def keep(self, form: forms.Form) -> str:
        """Switch it."""
        is_on = form.cleaned_data["is_on"]
        digests.switch_digest(self.user, is_on=is_on)
        return "The daily e-mail is on." if is_on else "The daily e-mail is off."


class CategoryList(Page):
    """All categories with their reasons."""

    right = Right.OFFICES

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show them."""
        return render(request, "followups/categories.html", {"at": self.at, "topics": all_topics()})


class _Category(_Set):
    """What adding a category and changing one have in common."""

    right = Right.OFFICES
    button = "Save"

    def home(self) -> str:
        """The list."""
        return reverse("followups:categories")

    def keep(self, form: forms.Form) -> str:
        """Keep it."""
        row = self.write(**form.cleaned_data)
        return f"{row.label} is saved."

    def write(self, **fields: Any) -> OwnCategory:
        """Do it."""
        raise NotImplementedError


class CategoryAdd(_Category):
    """One more category."""

    title = "Add a category"
    form_class = NewCategoryForm

    def write(self, **fields: Any) -> OwnCategory:
        """Add it."""
        return topics.add_category(**fields, by=self.user, at=self.at)


class CategoryEdit(_Category):
    """Another name, other reasons, no longer offered."""

    form_class = CategoryForm

    @property
    def topic(self) -> Topic:
        """The category in the address."""
        found = topic_of(self.kwargs["code"])
        if found is None:
            raise Http404
        return found

    def heading(self) -> str:
        """Its name."""
        return self.topic.label

    def get_initial(self) -> dict[str, Any]:
        """As it is."""
        topic = self.topic
        return {"label": topic.label, "reasons": topic.reasons, "is_active": topic.is_active}

    def consequences(self) -> list[str]:
        """What stays."""
        return ["Follow-ups that are there keep their reasons, and so do those that the product opens by itself."]

    def write(self, **fields: Any) -> OwnCategory:
        """Change it."""
        return topics.change_category(self.topic.code, **fields, by=self.user, at=self.at)
