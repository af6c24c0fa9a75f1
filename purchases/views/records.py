"""What people write down with a purchase: history entries, x-parameters, attachments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404

from accounts.roles import Right
from purchases import forms
from purchases.models import XParameter
from purchases.services.records import add_entry, add_x_parameter, attach_file, remove_x_parameter
from purchases.views.acts import PurchaseAct
from purchases.views.viewer import reads_internal

if TYPE_CHECKING:
    from django.forms import Form
    from django.http import HttpRequest, HttpResponse


class EntryAdd(PurchaseAct):
    """Write down by hand what happened."""

    right = Right.RECORDS
    act_page = "purchases:entry_add"
    title = "History entry"
    button = "Save"
    action = staticmethod(add_entry)

    def heading(self) -> str:
        """The act and the purchase."""
        return f"Add to the history of {self.row}"

    def get_form(self, data: Any = None, files: Any = None) -> Form:  # noqa: ARG002 -- Django's own
        """Only the platform may keep an entry to itself."""
        return forms.EntryByHandForm(data, may_hide=reads_internal(self.user))

    def sentence(self) -> str:
        """Saved."""
        return f"The history of {self.row.reference} has a new entry."


class XParameterAdd(PurchaseAct):
    """Attach a key and value."""

    right = Right.CORRECT
    act_page = "purchases:x_add"
    title = "X-parameter"
    button = "Save"
    form_class = forms.XParameterForm
    action = staticmethod(add_x_parameter)

    def heading(self) -> str:
        """The act and the purchase."""
        return f"Add an x-parameter to {self.row}"

    def sentence(self) -> str:
        """Saved."""
        return f"{self.result.key} is added to {self.row.reference}."


class XParameterRemove(PurchaseAct):
    """Take back one that is wrong."""

    right = Right.CORRECT
    act_page = "purchases:x_add"
    title = "Remove"
    tone = "danger"
    form_class = forms.ReasonForm
    action = staticmethod(remove_x_parameter)

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """Ask; what is not there can't be removed."""
        if not XParameter.objects.filter(purchase=self.row, key=self.kwargs["key"]).exists():
            raise Http404
        return super().get(request, *args, **kwargs)

    def heading(self) -> str:
        """The act and the key."""
        return f"Remove {self.kwargs['key']}"

    def consequences(self) -> list[str]:
        """Say what stays."""
        return ["Reports and exports don't have it any more. The history keeps what it said."]

    def keywords(self, form: Form) -> dict[str, Any]:
        """Which one stands in the address."""
        return {**form.cleaned_data, "key": self.kwargs["key"]}

    def sentence(self) -> str:
        """Removed."""
        return f"{self.kwargs['key']} is removed from {self.row.reference}."


class AttachmentAdd(PurchaseAct):
    """Keep a file with the purchase."""

    right = Right.RECORDS
    act_page = "purchases:attach"
    title = "Attachment"
    button = "Attach"
    action = staticmethod(attach_file)

    def heading(self) -> str:
        """The act and the purchase."""
        return f"Attach a file to {self.row}"

    def get_form(self, data: Any = None, files: Any = None) -> Form:
        """Only the platform may keep a file to itself."""
        return forms.AttachmentForm(data, files, may_hide=reads_internal(self.user))

    def sentence(self) -> str:
        """Kept."""
        return f"{self.result.filename} is attached to {self.row.reference}."
