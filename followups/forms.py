"""What people enter about follow-ups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.forms.models import ModelChoiceIterator

from accounts.models import Client, Department, Office, User
from core.forms import date_input
from core.refused import Refused
from core.tables import moment_text
from core.views import ActionForm
from followups.schedule import moment_of, refuse_out_of_reach, snoozes
from followups.selectors.topics import all_topics
from followups.services import About, Details
from followups.wording import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime, time
    from zoneinfo import ZoneInfo

    from django.db.models import QuerySet

    from accounts.querysets import TenantQuerySet
    from core.tables import Reader
    from followups.models import FollowUp
    from followups.selectors import Reach
    from purchases.models import Purchase

BETWEEN = " · "
GENERAL, PERSONAL = "general", "personal"
ANOTHER = "another"
LONGEST_REASON = 80
MOST_DAYS = 365


def local_parts(moment: datetime, zone: ZoneInfo) -> tuple[date, time]:
    """Day and time of a moment as a form shows them."""
    local = moment.astimezone(zone)
    return local.date(), local.time().replace(second=0, microsecond=0)


def topic_value(category: str, reason: str) -> str:
    """A reason with its category as one choice: the same words may stand under several categories."""
    return f"{category}{BETWEEN}{reason}"


class _Grouped(ModelChoiceIterator):
    """Departments under the names of their offices."""

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        yield ("", self.field.empty_label or "")
        groups: dict[Office, list[Any]] = {}
        for team in self.queryset:
            groups.setdefault(team.office, []).append((team.pk, team.name))
        yield from ((office.name, teams) for office, teams in groups.items())


class DepartmentField(forms.ModelChoiceField):
    """A department, chosen under its office."""

    iterator = _Grouped


class _Active(ModelChoiceIterator):
    """People who may come in; who is deactivated is no choice, but known by name when asked for."""

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        yield ("", self.field.empty_label or "")
        kept = self.field.kept  # type: ignore[attr-defined]
        yield from ((one.pk, str(one)) for one in self.queryset if one.is_active or one.pk == kept)


class PersonField(forms.ModelChoiceField):
    """A user; `kept` is who has it already, deactivated or not."""

    iterator = _Active
    kept: int | None = None

    def clean(self, value: Any) -> Any:
        """Refuse somebody who is deactivated, by name."""
        person = super().clean(value)
        if person is not None and not person.is_active and person.pk != self.kept:
            message = f"{person} is deactivated: choose somebody else."
            raise forms.ValidationError(message)
        return person


class PartyForm(ActionForm):
    """Whose it is: general, for an office and department or for everybody, or personal, for one user."""

    whose = forms.ChoiceField(
        label="For",
        choices=[(GENERAL, "Office or department"), (PERSONAL, "User")],
        widget=forms.RadioSelect(attrs={"data-whose": ""}),
    )
    office = forms.ModelChoiceField(
        label="Office", required=False, queryset=Office.objects.none(), empty_label="Everybody"
    )
    department = DepartmentField(
        label="Department", required=False, queryset=Department.objects.none(), empty_label="All departments"
    )
    assignee = PersonField(label="User", required=False, queryset=User.objects.none(), empty_label="Choose a user")

    def __init__(self, *args: Any, reach: Reach, kept: int | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        office, department, assignee = (self.fields[name] for name in ("office", "department", "assignee"))
        assert isinstance(office, forms.ModelChoiceField)  # noqa: S101 -- declared above
        assert isinstance(department, DepartmentField)  # noqa: S101
        assert isinstance(assignee, PersonField)  # noqa: S101
        assignee.kept = kept
        office.queryset, department.queryset, assignee.queryset = reach.offices, reach.departments, reach.people

    def clean(self) -> dict[str, Any]:
        """Keep what belongs to the choice; a department brings its office."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("whose") == PERSONAL:
            cleaned["office"] = cleaned["department"] = None
            if cleaned.get("assignee") is None and "assignee" not in self.errors:
                self.add_error("assignee", "Choose the user whom it is for.")
        else:
            cleaned["assignee"] = None
            office, team = cleaned.get("office"), cleaned.get("department")
            if office and team and team.office != office:
                self.add_error("department", f"{team.name} is a department of {team.office}, not of {office}.")
            cleaned["office"] = office or (team.office if team else None)
        return cleaned

    def party(self) -> dict[str, Any]:
        """Whose it is, as keywords."""
        return {name: self.cleaned_data[name] for name in ("assignee", "office", "department")}


class FollowUpForm(PartyForm):
    """When, what about, whose."""

    due_on = forms.DateField(label="Date", widget=date_input())
    due_time = forms.TimeField(label="Time", widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    category = forms.ChoiceField(label="Category", widget=forms.Select(attrs={"autofocus": True}))
    reason = forms.ChoiceField(label="Reason", widget=forms.Select(attrs={"data-below": "category"}))
    subject = forms.CharField(label="Subject", max_length=200)
    note = forms.CharField(
        label="Note (optional)", required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 3})
    )
    field_order = (
        "reference", "client", "whose", "due_on", "due_time", "category", "reason", "office", "department", "assignee",
        "subject", "note",
    )  # fmt: skip

    def __init__(
        self,
        *args: Any,
        zone: ZoneInfo,
        at: datetime,
        also: tuple[str, str] | None = None,
        unchanged: datetime | None = None,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.zone, self.at, self.unchanged = zone, at, unchanged
        self.fields["due_time"].label = f"Time in {zone.key.replace('_', ' ')}"
        category, reason = self.fields["category"], self.fields["reason"]
        assert isinstance(category, forms.ChoiceField)  # noqa: S101 -- declared above
        assert isinstance(reason, forms.ChoiceField)  # noqa: S101
        topics = [topic for topic in all_topics() if topic.is_active or (also and also[0] == topic.code)]
        self.labels = {topic.code: topic.label for topic in topics}
        category.choices = [("", "Choose a category"), *self.labels.items()]
        reasons: list[tuple[str, Any]] = [("", "Choose a reason")]
        for topic in topics:
            names = [entry.name for entry in topic.reasons]
            if also and also[0] == topic.code and also[1] not in names:
                names.append(also[1])
            reasons.append((topic.label, [(topic_value(topic.code, name), name) for name in names]))
        reason.choices = reasons

    def clean(self) -> dict[str, Any]:
        """Look whether the reason fits the category, and whether there is such a moment and it is to come."""
        cleaned = super().clean()
        category, _, reason = cleaned.get("reason", "").partition(BETWEEN)
        chosen = cleaned.get("category")
        if reason and chosen and chosen != category:
            self.add_error("reason", f"“{reason}” is a reason of {self.labels[category]}: choose one of its own.")
        if cleaned.get("due_on") and cleaned.get("due_time") is not None:
            self._clean_moment(cleaned)
        return cleaned

    def _clean_moment(self, cleaned: dict[str, Any]) -> None:
        entered = cleaned["due_on"], cleaned["due_time"]
        if self.unchanged and entered == local_parts(self.unchanged, self.zone):
            cleaned["due_at"] = self.unchanged
            return
        try:
            cleaned["due_at"] = moment_of(*entered, self.zone)
            refuse_out_of_reach(cleaned["due_at"], at=self.at)
        except Refused as refused:
            field = "due_time" if refused.code == "gap" or self._is_today(cleaned) else "due_on"
            self.add_error(field, refused.message)

    def _is_today(self, cleaned: dict[str, Any]) -> bool:
        return bool(cleaned["due_on"] == self.at.astimezone(self.zone).date())

    def details(self) -> Details:
        """What was entered, the moment in UTC."""
        data = self.cleaned_data
        return Details(
            category=data["category"],
            reason=data["reason"].partition(BETWEEN)[2],
            subject=data["subject"],
            due_at=data["due_at"],
            note=data["note"],
            **self.party(),
        )


class NewFollowUpForm(FollowUpForm):
    """A new one, on a purchase or on none; without a purchase it needs a client."""

    reference = forms.CharField(
        label="Reference number", required=False, max_length=20, widget=forms.TextInput(attrs={"autofocus": True})
    )
    client = forms.ModelChoiceField(
        label="Client",
        required=False,
        queryset=Client.objects.none(),
        help_text="Needed when there is no reference number.",
    )

    def __init__(
        self,
        *args: Any,
        purchases: TenantQuerySet[Purchase],
        clients: QuerySet[Client] | None,
        only_client: Client | None,
        about: About,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.purchases, self.only_client, self.about = purchases, only_client, about
        if about.customer is not None or about.link:
            del self.fields["reference"]
        elif self.get_initial_for_field(self.fields["reference"], "reference"):
            del self.fields["reference"].widget.attrs["autofocus"]
        if clients is None:
            del self.fields["client"]
        else:
            field = self.fields["client"]
            assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 -- declared above
            field.queryset = clients
            field.empty_label = "The purchase's"

    def clean_reference(self) -> Purchase | None:
        """Find the purchase among those the person may see."""
        reference = self.cleaned_data["reference"].strip()
        if not reference:
            return None
        purchase: Purchase | None = self.purchases.filter(reference=reference).select_related("client").first()
        if purchase is None:
            raise forms.ValidationError("There is no purchase with this reference number.")
        return purchase

    def clean(self) -> dict[str, Any]:
        """Work out whose client's it is, and what it is about."""
        cleaned = super().clean()
        if "reference" in self.errors:
            return cleaned
        purchase = cleaned.get("reference")
        chosen = cleaned.get("client") or self.only_client
        if purchase is None and chosen is None:
            self.add_error("client", "Choose a client or enter a reference number.")
        elif purchase is not None and cleaned.get("client") and cleaned["client"] != purchase.client:
            self.add_error("client", f"{purchase} is a purchase of {purchase.client}.")
        cleaned["owner"] = purchase.client if purchase else chosen
        cleaned["about"] = About(purchase=purchase) if purchase else self.about
        return cleaned


class SnoozeForm(ActionForm):
    """Until when it can wait: one of the usual moments, or a day and a time."""

    until = forms.ChoiceField(label="Until", widget=forms.RadioSelect)
    due_on = forms.DateField(label="Date", required=False, widget=date_input())
    due_time = forms.TimeField(
        label="Time", required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )

    def __init__(self, *args: Any, at: datetime, reader: Reader, **options: Any) -> None:
        super().__init__(*args, **options)
        self.at, self.zone = at, reader.zone
        self.moments = {key: moment for key, _words, moment in snoozes(at, reader.zone)}
        field = self.fields["until"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 -- declared above
        usual = [(key, f"{words}: {moment_text(moment, reader)}") for key, words, moment in snoozes(at, reader.zone)]
        field.choices = [*usual, (ANOTHER, "Another time:")]
        self.fields["due_time"].label = f"Time in {reader.zone.key.replace('_', ' ')}"

    def clean(self) -> dict[str, Any]:
        """Find the moment."""
        cleaned: dict[str, Any] = super().clean() or {}
        until = cleaned.get("until")
        if until in self.moments:
            return {"until": self.moments[until]}
        if until != ANOTHER or self.errors:
            return cleaned
        if not cleaned.get("due_on") or cleaned.get("due_time") is None:
            self.add_error("due_time" if cleaned.get("due_on") else "due_on", "Enter a date and a time.")
            return cleaned
        try:
            moment = moment_of(cleaned["due_on"], cleaned["due_time"], self.zone)
            refuse_out_of_reach(moment, at=self.at)
        except Refused as refused:
            self.add_error("due_time" if refused.code == "gap" else "due_on", refused.message)
        else:
            return {"until": moment}
        return cleaned


def party_of(follow_up: FollowUp) -> dict[str, Any]:
    """Whose a follow-up is, as a form shows it."""
    return {
        "whose": PERSONAL if follow_up.assignee_id else GENERAL,
        "office": follow_up.office_id,
        "department": follow_up.department_id,
        "assignee": follow_up.assignee_id,
    }


class DigestForm(ActionForm):
    """Whether the daily e-mail is wanted."""

    is_on = forms.BooleanField(label="Send me what is due every morning", required=False)


class ReasonsField(forms.CharField):
    """Reasons, one a line; after `>` what usually comes next, and after a comma in how many days."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=5000, widget=forms.Textarea(attrs={"rows": 9}), **options)

    def prepare_value(self, value: Any) -> Any:
        """Write reasons as they are typed."""
        if not isinstance(value, tuple):
            return value
        return "\n".join(f"{one.name} > {one.next}, {one.days}" if one.next else one.name for one in value)

    def clean(self, value: Any) -> tuple[Reason, ...]:
        """Read them; a line that can't be read is named."""
        lines = (" ".join(line.split()) for line in super().clean(value).splitlines())
        return tuple(self._read(line) for line in lines if line)

    def _read(self, line: str) -> Reason:
        name, arrow, coming = (part.strip() for part in line.partition(">"))
        following, _, days = (part.strip() for part in coming.rpartition(","))
        if not arrow and 0 < len(name) <= LONGEST_REASON:
            return Reason(name)
        is_number = days.isascii() and days.isdecimal() and len(days) <= len(str(MOST_DAYS))
        fits = 0 < len(name) <= LONGEST_REASON and 0 < len(following) <= LONGEST_REASON
        if not fits or not is_number or not 1 <= int(days) <= MOST_DAYS:
            message = f"“{line[:60]}” can't be read. Write a reason, or: Reason > Next reason, 7"
            raise forms.ValidationError(message)
        return Reason(name, following, int(days))


class NewCategoryForm(ActionForm):
    """A category and its reasons."""

    label = forms.CharField(label="Name", max_length=60)
    reasons = ReasonsField(
        label="Reasons, one a line",
        help_text="What usually comes next may follow, with the days until then: Promise to pay > Broken promise, 7",
    )


class CategoryForm(NewCategoryForm):
    """A category that is there."""

    is_active = forms.BooleanField(label="Offered for new follow-ups", required=False)
