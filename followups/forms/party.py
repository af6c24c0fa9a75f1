"""Whose a follow-up is: general, for an office and department or for everybody, or personal, for one user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.forms.models import ModelChoiceIterator

from accounts.models import Department, Office, User
from core.views import ActionForm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from followups.models import FollowUp
    from followups.selectors import Reach

GENERAL, PERSONAL = "general", "personal"


class _Grouped(ModelChoiceIterator):
    """Departments under the names of their offices."""

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        yield ("", self.field.empty_label or "")
        groups: dict[Office, list[Any]] = {}
        for team in self.queryset:
            groups.setdefault(team.office, []).append((team.pk, team.name))
        yield from ((office.name, teams) for office, teams in groups.items())


class DepartmentField(forms.ModelChoiceField):  # type: ignore[type-arg]  # takes none when it runs
    """A department, chosen under its office."""

    iterator = _Grouped


class _Active(ModelChoiceIterator):
    """People who may come in; who is deactivated is no choice, but known by name when asked for."""

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        yield ("", self.field.empty_label or "")
        kept = self.field.kept  # type: ignore[attr-defined]
        yield from ((one.pk, str(one)) for one in self.queryset if one.is_active or one.pk == kept)


class PersonField(forms.ModelChoiceField):  # type: ignore[type-arg]
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


def party_of(follow_up: FollowUp) -> dict[str, Any]:
    """Whose a follow-up is, as a form shows it."""
    return {
        "whose": PERSONAL if follow_up.assignee_id else GENERAL,
        "office": follow_up.office_id,
        "department": follow_up.department_id,
        "assignee": follow_up.assignee_id,
    }
