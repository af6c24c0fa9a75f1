"""Acts on follow-ups, on one or on many at once: done, put off, given to somebody else, deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.html import format_html

from accounts.models import Client
from accounts.roles import Right
from core.views import ActionView, BulkAction, chosen_client
from followups import services
from followups.forms import SnoozeForm
from followups.forms.party import PERSONAL, PartyForm, party_of
from followups.selectors import concerning, in_reach
from followups.tables import whose

if TYPE_CHECKING:
    from django import forms

    from followups.models import FollowUp


class FollowUpAct(ActionView):
    """What acts on a follow-up have in common."""

    right = Right.FOLLOW_UPS

    def get_rows(self) -> Any:
        """Those that concern the user."""
        return concerning(self.user)

    def home(self) -> str:
        """The list."""
        return reverse("followups:list")

    @property
    def back(self) -> str:
        """The page that asked, unless it is the page of what is gone, or of what concerns the user no longer."""
        asked = super().back
        if not asked.startswith(reverse("followups:detail", args=[self.kwargs["pk"]])):
            return asked
        return asked if self.rows.filter(pk=self.kwargs["pk"]).exists() else self.home()


class FollowUpDone(FollowUpAct):
    """It is done."""

    title = "Mark done"
    action = services.finish_follow_up

    def sentence(self) -> str:
        """What was done, and how to take it back."""
        undo = reverse("followups:reopen", args=[self.row.pk])
        return format_html(
            'Done: {} <button class="btn btn-sm ghost" type="submit" form="done" formaction="{}">Undo</button>',
            self.row.subject,
            undo,
        )


class FollowUpReopen(FollowUpAct):
    """Take back a Done."""

    title = "Reopen"
    action = services.reopen_follow_up

    def sentence(self) -> str:
        """What was done."""
        return f"Open again: {self.row.subject}"


class FollowUpDelete(FollowUpAct):
    """Delete it."""

    title = "Delete"
    tone = "danger"
    action = services.delete_follow_up

    def consequences(self) -> list[str]:
        """Say what stays."""
        return ["It goes from all lists. The history keeps who deleted it."]

    def sentence(self) -> str:
        """What was done; the row is gone."""
        return "The follow-up is deleted."


class FollowUpSnooze(FollowUpAct):
    """Put it off."""

    title = "Snooze"
    action = services.snooze_follow_up

    def refusal(self) -> str:
        """What is done waits for nothing."""
        return "This is done: reopen it first." if self.row.is_done else ""

    def get_form(self, data: Any = None, files: Any = None) -> forms.Form:
        """The usual moments, in the user's zone."""
        return SnoozeForm(data, files, at=self.at, reader=self.reader)

    def sentence(self) -> str:
        """What was done."""
        return f"Snoozed: {self.row.subject}"


class FollowUpAssign(FollowUpAct):
    """Give it to somebody else."""

    title = "Assign"
    button = "Assign"
    action = services.assign_follow_up

    def refusal(self) -> str:
        """What is done is nobody's any more."""
        return "This is done: reopen it first." if self.row.is_done else ""

    def get_initial(self) -> dict[str, Any]:
        """Whose it is."""
        return party_of(self.row)

    def get_form(self, data: Any = None, files: Any = None) -> forms.Form:
        """The people in the user's reach; who has it now may keep it."""
        reach = in_reach(self.user, self.row.client)
        if self.row.assignee_id:
            reach = reach.with_person(self.row.assignee_id)
        return PartyForm(data, files, initial=self.get_initial(), reach=reach, kept=self.row.assignee_id)

    def keywords(self, form: forms.Form) -> dict[str, Any]:
        """Whose it will be."""
        return form.party()  # type: ignore[attr-defined,no-any-return]

    def sentence(self) -> str:
        """What was done; it may be out of the user's sight by now."""
        return f"Given to {whose(self.result)}: {self.result.subject}"


# Many at once ------------------------------------------------------------------------------------------------------


class _Bulk(BulkAction):
    """What acts on many follow-ups have in common."""

    right = Right.FOLLOW_UPS
    list_url = "followups:list"

    def get_rows(self) -> Any:
        """Those that concern the user."""
        return concerning(self.user)

    def link(self, row: FollowUp) -> str:
        """The follow-up's page."""
        return reverse("followups:detail", args=[row.pk])


class FollowUpDoneMany(_Bulk):
    """Several are done."""

    title = "Mark done"
    action = services.finish_follow_up
    done = "Done."


class FollowUpSnoozeMany(_Bulk):
    """Put several off."""

    title = "Snooze"
    action = services.snooze_follow_up
    done = "Snoozed."

    def get_form(self, data: Any = None, files: Any = None) -> forms.Form:
        """The usual moments, in the user's zone."""
        return SnoozeForm(data, files, at=self.at, reader=self.reader)


class FollowUpAssignMany(_Bulk):
    """Give several to somebody else."""

    title = "Assign"
    action = services.assign_follow_up
    done = "Assigned."

    def get_initial(self) -> dict[str, Any]:
        """To the user."""
        return {"whose": PERSONAL, "assignee": self.user.pk}

    def get_form(self, data: Any = None, files: Any = None) -> forms.Form:
        """The people in the user's reach."""
        chosen = chosen_client(self.request)
        only = self.user.client or (Client.objects.filter(pk=chosen.pk).first() if chosen else None)
        return PartyForm(data, files, initial=self.get_initial(), reach=in_reach(self.user, only))

    def keywords(self, form: forms.Form) -> dict[str, Any]:
        """Whose they will be."""
        return form.party()  # type: ignore[attr-defined,no-any-return]
