"""What can be set: the daily e-mail, categories and their reasons."""

from __future__ import annotations

from typing import Any

from django import forms

from core.views import ActionForm
from followups.wording import Reason

LONGEST_REASON = 80
MOST_DAYS = 365


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
