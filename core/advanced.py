"""Lists that are searched by parameter: conditions in the address, all of which must hold."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from django.http import HttpResponseRedirect
from django.shortcuts import render

from core.conditions import MOST_CONDITIONS, NAME, Condition, read_conditions
from core.views import ListPage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import Q, QuerySet
    from django.http import HttpRequest, HttpResponse

    from core.conditions import Asker, Parameter

ADVANCED: Final = "advanced"
"""This way to search in an address, and the id of its form."""


class ParameterList(ListPage):
    """A list that is searched by parameter, too: it declares `ways`, `parameters` and `asker`; `_advanced.html`."""

    ways: Sequence[tuple[str, str]] = (("standard", "Standard"), (ADVANCED, "By parameter"))
    """The ways to search, the usual one first."""

    @property
    def parameters(self) -> Sequence[Parameter]:
        """What can be searched by."""
        raise NotImplementedError

    @property
    def asker(self) -> Asker:
        """Whose numbers and days the conditions mean."""
        raise NotImplementedError

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """Show the list, or its search alone while conditions are entered."""
        if self.is_htmx and request.htmx.target == ADVANCED:  # type: ignore[attr-defined]  # of django-htmx
            return render(request, "_advanced.html", self.search_context())
        if {"add", "drop"} & set(request.GET):
            return HttpResponseRedirect(self.advanced_address())
        return super().get(request, *args, **kwargs)

    def context(self) -> dict[str, Any]:
        """The list, and the way in which it was searched."""
        context = super().context()
        is_searched = any(condition.where for condition in self.conditions)
        return {**context, **self.search_context(), "is_filtered": context["is_filtered"] or is_searched}

    @property
    def way(self) -> str:
        """How one searches: as the address shows, else as asked for."""
        query = self.request.GET
        if any(NAME.fullmatch(name) for name in query):
            return ADVANCED
        return query.get("by", "") if query.get("by") in dict(self.ways) else self.ways[0][0]

    def search_context(self) -> dict[str, Any]:
        """What the ways to search show."""
        query, usual = self.request.GET, self.ways[0][0]
        kept = {name: query[name] for name in ("show", "sort") if query.get(name)}
        groups: dict[str, list[Parameter]] = {}
        for parameter in self.parameters:
            groups.setdefault(parameter.group, []).append(parameter)
        return {
            "way": self.way,
            "ways": [
                (label, f"?{urlencode(kept if key == usual else {'by': key, **kept})}", key == self.way)
                for key, label in self.ways
            ],
            "kept": kept,
            "groups": groups.items(),
            "conditions": self.edited_conditions() or [Condition(0)],
        }

    @cached_property
    def conditions(self) -> list[Condition]:
        """The conditions in the address."""
        return read_conditions(self.request.GET, self.parameters, self.asker)

    def edited_conditions(self) -> list[Condition]:
        """The conditions with one more or one less, where the address asks for it."""
        dropped = self.request.GET.get("drop", "")
        kept = [condition for condition in self.conditions if str(condition.number) != dropped]
        if "add" in self.request.GET and len(kept) < MOST_CONDITIONS:
            kept.append(Condition(max((condition.number for condition in kept), default=-1) + 1))
        return kept

    def advanced_address(self) -> str:
        """The address of the same search with one condition more or less."""
        query = self.request.GET
        parts = [(name, query[name]) for name in ("show", "sort") if query.get(name)]
        for number, condition in enumerate(self.edited_conditions()):
            parts += condition.address(number)
        return f"{self.request.path}?{urlencode([('by', ADVANCED), *parts])}"

    @property
    def wanted_rows(self) -> QuerySet[Any]:
        """The rows that the conditions choose."""
        return self.rows.filter(*self.wanted)

    @property
    def wanted(self) -> list[Q]:
        """What the conditions say; nothing where they make no sense."""
        return [one.where for one in self.conditions if one.where is not None]
