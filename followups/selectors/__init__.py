"""Which follow-ups concern whom, and who can be given one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.db.models import OuterRef, Q, Subquery

from accounts.models import Department, Office, User
from accounts.roles import Right
from followups.models import FollowUp, OwnCategory

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from accounts.models import Client
    from accounts.querysets import TenantQuerySet


def concerning(user: User) -> TenantQuerySet[FollowUp]:
    """The follow-ups a person sees within their clients: their own, those they gave, general ones of their team.

    One without office and department is everybody's, and so is what somebody left who is deactivated by now. Who keeps
    the offices sees all.
    """
    own_label = OwnCategory.objects.filter(code=OuterRef("category")).values("label")[:1]
    return (
        of_concern(user)
        .select_related("client", "purchase", "customer", "assignee", "office", "department__office")
        .annotate(own_label=Subquery(own_label))
    )


def of_concern(user: User) -> TenantQuerySet[FollowUp]:
    """The same without what a list says of them: enough to count them, as every page does."""
    rows: TenantQuerySet[FollowUp] = FollowUp.objects.all()
    return rows if user.may(Right.OFFICES) else rows.filter(meant_for(user) | Q(created_by=user))


def meant_for(user: User) -> Q:
    """Which follow-ups a person should do: their own, their team's, everybody's, those of people who have left."""
    everybody = Q(assignee=None, department=None, office=None) | Q(assignee__is_active=False)
    team = Q()
    if user.department_id is not None:
        offices = Department.objects.filter(pk=user.department_id).values("office")
        team = Q(assignee=None, department=user.department_id) | Q(assignee=None, department=None, office__in=offices)
    return everybody | team | Q(assignee=user)


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom a follow-up can be given to: people (those who are deactivated, too: they are refused by name), teams."""

    people: QuerySet[User]
    offices: QuerySet[Office]
    departments: QuerySet[Department]

    def with_person(self, pk: int) -> Reach:
        """The same, and somebody who has it already, out of reach or not."""
        return replace(self, people=self.people | User.objects.filter(pk=pk).order_by("name", "pk"))


def in_reach(user: User, client: Client | None) -> Reach:
    """Whom `user` may give a follow-up of `client`: the client's own, and for the platform its own; nobody else's."""
    own = Q(client=user.client_id)
    if user.client_id is None and client is not None:
        own |= Q(client=client.pk)
    offices = Office.objects.filter(own).order_by("name", "pk")
    return Reach(
        people=User.objects.filter(own).order_by("name", "pk"),
        offices=offices,
        departments=Department.objects.filter(office__in=offices)
        .select_related("office")
        .order_by("office__name", "name", "pk"),
    )
