"""Which follow-ups concern whom, and who can be given one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q

from accounts.models import Department, User
from accounts.roles import Right
from followups.models import FollowUp

if TYPE_CHECKING:
    from accounts.models import Client
    from accounts.querysets import TenantQuerySet

Choices = list[tuple[str, Any]]


def concerning(user: User) -> TenantQuerySet[FollowUp]:
    """The follow-ups a person sees within their clients: their own, those they gave, general ones of their team.

    One without office and department is everybody's; who keeps the offices sees all.
    """
    rows: TenantQuerySet[FollowUp] = FollowUp.objects.select_related(
        "client", "purchase", "assignee", "department__office"
    )
    if user.may(Right.OFFICES):
        return rows
    everybody = Q(assignee=None, department=None, office=None)
    team = Q()
    if user.department_id is not None:
        offices = Department.objects.filter(pk=user.department_id).values("office")
        team = Q(assignee=None, department=user.department_id) | Q(assignee=None, department=None, office__in=offices)
    return rows.filter(everybody | team | Q(assignee=user) | Q(created_by=user))


def assignees(user: User, client: Client | None) -> Choices:
    """Whom `user` may give a follow-up of `client`, for a select: everybody, teams, people; nobody else's people."""
    mine = Q(client=user.client_id)
    if user.client_id is None and client is not None:
        mine |= Q(client=client.pk)
    people = User.objects.filter(mine, is_active=True).order_by("name", "pk")
    in_reach = Q(office__client=user.client_id)
    if user.client_id is None and client is not None:
        in_reach |= Q(office__client=client.pk)
    teams = Department.objects.filter(in_reach).select_related("office").order_by("office__name", "name", "pk")
    return [
        ("", "Everybody (general)"),
        (f"user:{user.pk}", "Me"),
        ("Teams", [(f"team:{team.pk}", str(team)) for team in teams]),
        ("People", [(f"user:{person.pk}", str(person)) for person in people if person.pk != user.pk]),
    ]


def party_of(value: str) -> tuple[User | None, Department | None]:
    """The person or team behind a choice of `assignees`."""
    kind, _, pk = value.partition(":")
    if kind == "user":
        return User.objects.get(pk=pk), None
    if kind == "team":
        return None, Department.objects.select_related("office").get(pk=pk)
    return None, None
