"""Follow-ups: what is still to be done, by whom, until when."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.contrib import messages
from django.urls import reverse

from accounts.models import Client
from accounts.roles import Right
from core.refused import Refused
from core.views import INVALID, ActionView, ActView, BulkAction, DetailPage, Empty, ListPage, Segment, chosen_client
from followups import services
from followups.filters import FollowUpFilter
from followups.forms import FollowUpForm, NewFollowUpForm, topic_of
from followups.selectors import assignees, concerning
from followups.tables import FollowUpTable, category_badge, due_cell, whose
from purchases.models import Purchase
from purchases.tables import purchase_link

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django import forms
    from django.http import HttpRequest, HttpResponse

    from followups.models import FollowUp

NEWEST_CHANGES = 20


def choice_of(follow_up: FollowUp) -> str:
    """Whose it is, as a choice of the form."""
    if follow_up.assignee_id:
        return f"user:{follow_up.assignee_id}"
    return f"team:{follow_up.department_id}" if follow_up.department_id else ""


class FollowUpList(ListPage):
    """What is to be done; Done is set in the row."""

    right = Right.FOLLOW_UPS
    title = "Follow-ups"
    template_name = "followups/list.html"
    table_class = FollowUpTable
    filterset_class = FollowUpFilter
    is_exportable = True
    noun = ("follow-up", "follow-ups")
    is_personal = True
    empty = Empty(
        "Nothing to follow up",
        "Reminders stand here: those you add, and those the product opens, such as a PO document that waits "
        "for its review.",
    )

    def get_rows(self) -> Any:
        """Those that concern the user."""
        return concerning(self.user)

    def segments(self) -> Sequence[Segment]:
        """What is current first."""
        return (
            Segment("current", "Current", lambda rows: rows.filter(done_at=None)),
            Segment("overdue", "Overdue", lambda rows: rows.filter(done_at=None, due_at__lt=self.at)),
            Segment(
                "today",
                "Later today",
                lambda rows: rows.filter(done_at=None, due_at__gte=self.at, due_at__lt=self.tonight),
            ),
            Segment("mine", "Mine", lambda rows: rows.filter(done_at=None, assignee=self.user)),
            Segment("done", "Done", lambda rows: rows.exclude(done_at=None)),
            Segment("all", "All"),
        )

    @property
    def tonight(self) -> datetime:
        """When the user's day ends."""
        return datetime.combine(self.today + timedelta(days=1), time.min, self.user.zone)

    def make_table(self) -> FollowUpTable:
        """The table, as of now."""
        return FollowUpTable(self.at)

    def context(self) -> dict[str, Any]:
        """The list, and a key for the one form of its Done boxes."""
        context = super().context()
        # an empty first tab is an empty list, not a search without a hit
        is_default = context["shown"] == self.segments()[0].key
        return {**context, "shown": "" if is_default else context["shown"], "form_key": uuid4().hex}


class FollowUpDetail(DetailPage):
    """One follow-up with its note and history."""

    right = Right.FOLLOW_UPS
    template_name = "followups/detail.html"

    def get_rows(self) -> Any:
        """Those that concern the user."""
        return concerning(self.user).select_related("created_by", "done_by", "purchase__customer")

    def context(self) -> dict[str, Any]:
        """The follow-up and what became of it."""
        changes = self.row.history.select_related("history_user").order_by("-history_date", "-history_id")
        return {
            "row": self.row,
            "category": category_badge(self.row),
            "due": due_cell(self.row, self.at, self.reader),
            "whose": whose(self.row),
            "changes": changes[:NEWEST_CHANGES],
            "form_key": uuid4().hex,
        }


class FollowUpAdd(ActView):
    """Enter a follow-up: from scratch, on a purchase (`?reference=`), or as a copy (`?copy=`)."""

    right = Right.FOLLOW_UPS
    title = "Add a follow-up"
    button = "Save"

    def home(self) -> str:
        """The list."""
        return reverse("followups:list")

    def copied(self) -> FollowUp | None:
        """The follow-up that is copied, if the user sees it."""
        asked = self.request.GET.get("copy", "")
        if not asked.isdecimal() or len(asked) > 18:  # noqa: PLR2004 -- beyond any key
            return None
        return concerning(self.user).visible_to(self.user, chosen_client(self.request)).filter(pk=asked).first()

    def get_initial(self) -> dict[str, Any]:
        """Tomorrow, for the user; or what is copied."""
        local = self.at.astimezone(self.user.zone)
        initial = {
            "reference": self.request.GET.get("reference", "")[:20],
            "whose": f"user:{self.user.pk}",
            "due_on": local.date() + timedelta(days=1),
            "due_time": local.time().replace(hour=9, minute=0, second=0, microsecond=0),
        }
        source = self.copied()
        if source is not None:
            initial |= {
                "reference": source.purchase.reference if source.purchase else "",
                "client": source.client_id,
                "topic": topic_of(source.category, source.reason),
                "subject": source.subject,
                "note": source.note,
                "whose": choice_of(source),
            }
        return initial

    def get_form(self, data: Any = None, files: Any = None) -> NewFollowUpForm:
        """The form with the people and purchases in the user's reach."""
        chosen = chosen_client(self.request)
        only = self.user.client or (Client.objects.filter(pk=chosen.pk).first() if chosen else None)
        source = self.copied()
        return NewFollowUpForm(
            data,
            files,
            initial=self.get_initial(),
            zone=self.user.zone,
            people=assignees(self.user, only or (source.client if source else None)),
            also=(source.category, source.reason) if source else None,
            purchases=Purchase.objects.visible_to(self.user, chosen),
            clients=None if only else Client.objects.order_by("name", "pk"),
            only_client=only,
        )

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:  # noqa: ARG002
        """Ask."""
        return self.show(self.get_form(), action_url=request.get_full_path())

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:  # noqa: ARG002
        """Enter it, once."""
        if self.is_spent():
            messages.info(request, "This was done already.")
            return self.leave(self.back)
        form = self.get_form(request.POST)
        if not form.is_valid():
            return self.show(form, status=INVALID, action_url=request.get_full_path())
        data = form.cleaned_data
        key = f"form:{request.POST.get('form_key', '')[:64] or uuid4().hex}:{self.user.pk}"
        try:
            services.add_follow_up(
                data["owner"],
                purchase=data["reference"],
                details=form.details(),
                by=self.user,
                at=self.at,
                dedupe_key=key,
            )
        except Refused as refused:
            return self.show(form, status=INVALID, problem=refused.message, action_url=request.get_full_path())
        self.spend()
        messages.success(request, "The follow-up is saved.")
        return self.leave(self.back)


class _FollowUpAct(ActionView):
    """What acts on follow-ups have in common."""

    right = Right.FOLLOW_UPS

    def get_rows(self) -> Any:
        """Those that concern the user."""
        return concerning(self.user)

    def home(self) -> str:
        """The list."""
        return reverse("followups:list")


class FollowUpEdit(_FollowUpAct):
    """Change when, what, who."""

    title = "Edit"
    button = "Save"
    form_class = FollowUpForm
    action = services.change_follow_up

    def get_initial(self) -> dict[str, Any]:
        """The follow-up as it is, in the user's zone."""
        local = self.row.due_at.astimezone(self.user.zone)
        return {
            "topic": topic_of(self.row.category, self.row.reason),
            "subject": self.row.subject,
            "due_on": local.date(),
            "due_time": local.time(),
            "whose": choice_of(self.row),
            "note": self.row.note,
        }

    def get_form(self, data: Any = None, files: Any = None) -> forms.Form:
        """The form with the people in the user's reach; who has it now may keep it."""
        people = assignees(self.user, self.row.client)
        current = choice_of(self.row)
        offered = {value for value, _ in people[:2]} | {value for _, group in people[2:] for value, _ in group}
        if current not in offered:
            people.append((current, whose(self.row)))
        return FollowUpForm(
            data,
            files,
            initial=self.get_initial(),
            zone=self.user.zone,
            people=people,
            also=(self.row.category, self.row.reason),
        )

    def keywords(self, form: forms.Form) -> dict[str, Any]:
        """What was entered, as one value."""
        return {"details": form.details()}  # type: ignore[attr-defined]

    def sentence(self) -> str:
        """What was done."""
        return "The follow-up is saved."


class FollowUpDone(_FollowUpAct):
    """It is done."""

    title = "Mark done"
    action = services.finish_follow_up

    def sentence(self) -> str:
        """What was done."""
        return f"Done: {self.row.subject}"


class FollowUpReopen(_FollowUpAct):
    """Take back a Done."""

    title = "Reopen"
    action = services.reopen_follow_up

    def sentence(self) -> str:
        """What was done."""
        return f"Open again: {self.row.subject}"


class FollowUpDelete(_FollowUpAct):
    """Delete it."""

    title = "Delete"
    tone = "danger"
    action = services.delete_follow_up

    def consequences(self) -> list[str]:
        """Say what stays."""
        return ["It goes from all lists. The history keeps who deleted it."]

    @property
    def back(self) -> str:
        """The page that asked, unless it is the page of what is gone."""
        asked = super().back
        return self.home() if asked.startswith(reverse("followups:detail", args=[self.kwargs["pk"]])) else asked

    def sentence(self) -> str:
        """What was done; the row is gone."""
        return "The follow-up is deleted."


class FollowUpMany(BulkAction):
    """One follow-up on each of several purchases."""

    right = Right.FOLLOW_UPS
    lookup = "reference"
    list_url = "purchases:list"
    title = "Add a follow-up"
    button = "Save"

    def get_rows(self) -> Any:
        """Purchases."""
        return Purchase.objects.with_parties()

    def get_initial(self) -> dict[str, Any]:
        """Tomorrow morning, for the user."""
        local = self.at.astimezone(self.user.zone)
        return {
            "whose": f"user:{self.user.pk}",
            "due_on": local.date() + timedelta(days=1),
            "due_time": local.time().replace(hour=9, minute=0, second=0, microsecond=0),
        }

    def get_form(self, data: Any = None, files: Any = None) -> forms.Form:
        """The form with the people in the user's reach."""
        chosen = chosen_client(self.request)
        only = self.user.client or (Client.objects.filter(pk=chosen.pk).first() if chosen else None)
        people = assignees(self.user, only)
        return FollowUpForm(data, files, initial=self.get_initial(), zone=self.user.zone, people=people)

    def keywords(self, form: forms.Form) -> dict[str, Any]:
        """What was entered, as one value, and the form's own key: sent twice, it is there once."""
        return {"details": form.details(), "form_key": self.request.POST.get("form_key", "")[:64]}  # type: ignore[attr-defined]

    @staticmethod
    def action(purchase: Purchase, *, details: services.Details, form_key: str, by: Any, at: Any) -> Purchase:
        """Enter it on one of them."""
        key = f"form:{form_key or uuid4().hex}:{purchase.reference}"
        services.add_follow_up(purchase.client, purchase=purchase, details=details, by=by, at=at, dedupe_key=key)
        return purchase

    def consequences(self, rows: list[Any]) -> list[str]:
        """One each."""
        return [
            f"{len(rows)} follow-ups are entered, one on each purchase."
            if len(rows) > 1
            else "It is entered on the purchase."
        ]

    def sentence(self, row: Purchase) -> str:  # noqa: ARG002
        """Entered."""
        return "Follow-up entered."

    def link(self, row: Purchase) -> str:
        """The viewer."""
        return purchase_link(row)
