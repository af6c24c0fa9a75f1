"""What people enter about purchases."""

from __future__ import annotations

import io
from typing import Any

import pikepdf
from django import forms
from django.core.exceptions import ValidationError
from PIL import Image, UnidentifiedImageError

from core.forms import MoneyField
from core.views import ActionForm
from purchases.models import Channel, PaymentType
from purchases.services.release import ReceivedFile

LARGEST_FILE = 10 * 1024 * 1024
LARGEST_PICTURE = 50_000_000
PICTURES = {"PNG": "image/png", "JPEG": "image/jpeg"}


class NoteForm(ActionForm):
    """An act with a note."""

    note = forms.CharField(label="Note", required=False, max_length=300, help_text="For the history.")


class ReasonForm(ActionForm):
    """An act that needs a reason."""

    reason = forms.CharField(label="Reason", max_length=300, widget=forms.Textarea(attrs={"rows": 2}))


class RejectForm(ActionForm):
    """A rejection: the customer reads why."""

    reason = forms.CharField(
        label="Reason",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="The customer reads this in the e-mail.",
    )


class ConvertForm(ActionForm):
    """A conversion to a purchase order; outside the policy a note says why."""

    po_number = forms.CharField(label="PO number", required=False, max_length=60)
    note = forms.CharField(label="Note", required=False, max_length=300, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, needs_note: bool = False, needs_number: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["note"].required = needs_note
        self.fields["po_number"].required = needs_number


class PaymentForm(ActionForm):
    """Money that arrived."""

    amount = MoneyField(label="Amount")
    method = forms.ChoiceField(label="Method", choices=PaymentType.choices)
    bank_reference = forms.CharField(label="Bank reference", required=False, max_length=140)

    def __init__(self, *args: Any, currency: str = "EUR", language: str = "en", **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["amount"] = MoneyField(label=f"Amount in {currency}", currency=currency, language=language)


class RefundForm(ActionForm):
    """Money to give back; no amount means all that is left."""

    amount = MoneyField(label="Amount", required=False)
    reason = forms.CharField(label="Reason", max_length=300, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, currency: str = "EUR", language: str = "en", **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["amount"] = MoneyField(
            label=f"Amount in {currency}",
            currency=currency,
            language=language,
            required=False,
            help_text="Leave it empty to give back all that is left.",
        )


class DocumentForm(ActionForm):
    """A PO document that came in, with its file where there is one."""

    channel = forms.ChoiceField(label="Came in by", choices=Channel.choices)
    file = forms.FileField(label="File", required=False, max_length=200, help_text="PDF, PNG or JPEG, at most 10 MB.")

    def clean_file(self) -> ReceivedFile | None:
        """Accept a file that is what it says: a readable PDF, or a picture, which is written anew."""
        upload = self.cleaned_data.get("file")
        if not upload:
            return None
        if upload.size > LARGEST_FILE:
            message = "The file is larger than 10 MB."
            raise ValidationError(message, code="size")
        content = upload.read()
        name = "".join(letter for letter in upload.name if letter.isprintable() and letter not in '"\\/;')[-180:]
        if content[:1024].lstrip().startswith(b"%PDF-"):
            return ReceivedFile(name, "application/pdf", _checked_pdf(content))
        kind, picture = _checked_picture(content)
        return ReceivedFile(name, kind, picture)


def _checked_pdf(content: bytes) -> bytes:
    try:
        with pikepdf.open(io.BytesIO(content)) as document:
            if not document.pages:
                message = "This PDF has no pages."
                raise ValidationError(message, code="empty")
    except pikepdf.PasswordError:
        message = "This PDF is encrypted. Ask for one that opens without a password."
        raise ValidationError(message, code="encrypted") from None
    except pikepdf.PdfError:
        message = "This PDF is damaged."
        raise ValidationError(message, code="damaged") from None
    return content


def _checked_picture(content: bytes) -> tuple[str, bytes]:
    try:
        with Image.open(io.BytesIO(content), formats=list(PICTURES)) as picture:
            kind = picture.format or ""
            if picture.width * picture.height > LARGEST_PICTURE:
                message = "This picture is too large."
                raise ValidationError(message, code="size")
            clean = io.BytesIO()
            picture.convert("RGB").save(clean, kind)
            return PICTURES[kind], clean.getvalue()
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        message = "This is neither a PDF nor a PNG or JPEG picture."
        raise ValidationError(message, code="type") from None
