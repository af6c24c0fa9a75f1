"""Writing what people keep of lists: the columns they chose, and views under names of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import transaction

from accounts.models import ColumnChoice, SavedView, User
from core.refused import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.db.models import QuerySet

MOST_VIEWS: Final = 50
LONGEST_QUERY: Final = 4000


@transaction.atomic
def choose_columns(*, page: str, columns: Sequence[str], by: User) -> None:
    """Show `by` these columns of the list `page` from now on, in this order; none: as it comes."""
    if columns:
        ColumnChoice.objects.update_or_create(user=by, page=page, defaults={"columns": list(columns)})
    else:
        ColumnChoice.objects.filter(user=by, page=page).delete()


@transaction.atomic
def save_view(*, page: str, name: str, query: str, by: User, at: datetime) -> SavedView:
    """Keep a list as `query` shows it; a name used before now stands for this.

    Raises Refused when it is too long an address, or one view too many.
    """
    if len(query) > LONGEST_QUERY:
        message = "This search is too long to be saved: take out some of its terms."
        raise Refused(message, "name")
    mine = _mine(by)
    if not mine.filter(page=page, name=name).exists() and mine.filter(page=page).count() >= MOST_VIEWS:
        message = f"You have {MOST_VIEWS} views of this list: delete one first."
        raise Refused(message, "name")
    view, _ = SavedView.objects.update_or_create(
        user=by, page=page, name=name, defaults={"query": query}, create_defaults={"query": query, "created_at": at}
    )
    return view


@transaction.atomic
def rename_view(view: SavedView, *, name: str, by: User) -> SavedView:
    """Call a view something else.

    Raises Refused when another view of the list has that name.
    """
    view = _mine(by).get(pk=view.pk)
    if SavedView.objects.filter(user=by, page=view.page, name=name).exclude(pk=view.pk).exists():
        message = f"You have a view called {name} already."
        raise Refused(message, "name")
    view.name = name
    view.save(update_fields=["name"])
    return view


@transaction.atomic
def delete_view(view: SavedView, *, by: User) -> SavedView:
    """Forget a view; what it showed stays."""
    found = _mine(by).get(pk=view.pk)
    SavedView.objects.filter(pk=found.pk).delete()
    return found


def _mine(by: User) -> QuerySet[SavedView]:
    return SavedView.objects.select_for_update().filter(user=by)
