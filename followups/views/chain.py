"""What becomes of a follow-up: changed, or done with another one that comes after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from followups import services
from followups.forms import FollowUpForm, local_parts, topic_value
from followups.forms.party import party_of
from followups.selectors import in_reach
from followups.selectors.topics import next_reason
from followups.views.acts import FollowUpAct
from followups.views.entry import begin, form_key_of

if TYPE_CHECKING:
    from datetime import datetime

    from django import forms


class _OneForm(FollowUpAct):
    """What changing one and continuing it have in common: the form with the people in the user's reach."""

    button = "Save"

    def get_form(self, data: Any = None, files: Any = None) -> FollowUpForm:
        """The form; who has it now may keep it, whoever that is."""
        reach = in_reach(self.user, self.row.client)
        kept = self.row.assignee_id
        if kept:
            reach = reach.with_person(kept)
        return FollowUpForm(
            data,
            files,
            initial=self.get_initial(),
            zone=self.user.zone,
            at=self.at,
            reach=reach,
            kept=kept,
            also=(self.row.category, self.row.reason),
            unchanged=self.unchanged,
        )

    @property
    def unchanged(self) -> datetime | None:
        """The moment that may stay though it has passed."""
        return None

    def sentence(self) -> str:
        """What was done."""
        return "The follow-up is saved."


class FollowUpEdit(_OneForm):
    """Open one: change when, what, whose."""

    title = "Follow-up"
    action = services.change_follow_up

    @property
    def unchanged(self) -> datetime | None:
        """As it is."""
        due_at: datetime = self.row.due_at
        return due_at

    def get_initial(self) -> dict[str, Any]:
        """The follow-up as it is, in the user's zone."""
        due_on, due_time = local_parts(self.row.due_at, self.user.zone)
        return {
            "due_on": due_on,
            "due_time": due_time,
            "category": self.row.category,
            "reason": topic_value(self.row.category, self.row.reason),
            "subject": self.row.subject,
            "note": self.row.note,
            **party_of(self.row),
        }

    def keywords(self, form: forms.Form) -> dict[str, Any]:
        """What was entered, as one value."""
        return {"details": form.details()}  # type: ignore[attr-defined]


class FollowUpNext(_OneForm):
    """It is done, and something comes after it: the next in the chain."""

    title = "Done, and next:"
    button = "Done, add next"
    action = services.continue_follow_up

    def get_initial(self) -> dict[str, Any]:
        """What usually comes next, for whoever had this one."""
        coming = next_reason(self.row)
        party = {"assignee": self.user.pk, **{key: value for key, value in party_of(self.row).items() if value}}
        return {
            **begin(self.user, self.at, days=coming.days),
            **party,
            "category": self.row.category,
            "reason": topic_value(self.row.category, coming.next),
            "subject": self.row.subject,
        }

    def refusal(self) -> str:
        """It can be done once."""
        return "This is done already." if self.row.is_done else ""

    def keywords(self, form: forms.Form) -> dict[str, Any]:
        """What was entered, and the form's own key: sent twice, it is there once."""
        return {"details": form.details(), "dedupe_key": form_key_of(self.request, "next", self.row.pk)}  # type: ignore[attr-defined]

    def sentence(self) -> str:
        """What was done."""
        return "Done. The next follow-up is saved."
