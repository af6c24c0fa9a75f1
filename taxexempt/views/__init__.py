"""Tax exemptions: the dashboard."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.db.models import OuterRef, Q, Subquery

from accounts.models import Client
from accounts.roles import Right
from core.advanced import ParameterList
from core.views import Empty, Segment, chosen_client
from taxexempt.filters import CLIENT, PARAMETERS, CertificateAsker, CertificateFilter
from taxexempt.models import Certificate, CertificateFile
from taxexempt.selectors import deciders
from taxexempt.services.expiry import REMINDED
from taxexempt.states import COVERING, WAITING, Status
from taxexempt.tables import CertificateTable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from django.db.models import QuerySet

    from core.conditions import Parameter


class CertificateList(ParameterList):
    """All certificates, in two tables: those that wait for somebody, and those that were found valid."""

    right = Right.SEARCH
    title = "Tax exemptions"
    template_name = "taxexempt/list.html"
    table_class = CertificateTable
    filterset_class = CertificateFilter
    is_exportable = True
    is_personal = True
    noun = ("certificate", "certificates")
    empty = Empty(
        "No certificates here",
        "Exemption certificates that customers send are added here or on the customer's profile; once one is valid, "
        "orders that it covers carry no sales tax.",
    )

    def get_rows(self) -> Any:
        """Certificates with what their rows show."""
        files = CertificateFile.objects.filter(certificate=OuterRef("pk")).order_by("pk").values("pk")[:1]
        people = ("client", "assignee", "created_by", "changed_by")
        return Certificate.objects.select_related(*people).annotate(first_file=Subquery(files))

    def segments(self) -> Sequence[Segment]:
        """The two tables, and what one looks for in them."""
        return (
            Segment("open", "New and in review", lambda rows: rows.filter(status__in=WAITING)),
            Segment("valid", "Valid and expired", lambda rows: rows.filter(status__in=COVERING)),
            Segment("mine", "Mine", lambda rows: rows.filter(status__in=WAITING, assignee=self.user)),
            Segment("ending", f"Expire in {REMINDED[0]} days", self.ending),
            Segment("invalid", "Invalid", lambda rows: rows.filter(status=Status.INVALID)),
            Segment("all", "All"),
        )

    def ending(self, rows: QuerySet[Certificate]) -> QuerySet[Certificate]:
        """Valid ones whose life ends soon, by each client's own day."""
        soon = Q(pk__in=[])
        for zone, clients in self.asker.zones.items():
            last = self.at.astimezone(zone).date() + timedelta(days=REMINDED[0])
            soon |= Q(client__in=clients, expires_on__lte=last)
        return rows.filter(soon, status=Status.VALID, replaced_by=None)

    def make_table(self) -> CertificateTable:
        """The table; those who decide claim from it."""
        table = CertificateTable()
        table.may_decide = self.user.may(Right.CERTIFICATES)
        return table

    def context(self) -> dict[str, Any]:
        """The list, and whether one may add to it."""
        return {**super().context(), "may_add": self.user.may(Right.CERTIFICATES)}

    @property
    def parameters(self) -> Sequence[Parameter]:
        """What can be searched by."""
        return (CLIENT, *PARAMETERS) if self.reader.shows_clients else PARAMETERS

    @cached_property
    def asker(self) -> CertificateAsker:
        """Whose days, clients and people the conditions mean."""
        clients = list(Client.objects.visible_to(self.user, chosen_client(self.request)).order_by("name", "pk"))
        zones: dict[ZoneInfo, list[int]] = {}
        for client in clients:
            zones.setdefault(client.zone, []).append(client.pk)
        return CertificateAsker(self.user.language, zones, clients, deciders())
