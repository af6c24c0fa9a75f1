"""What forms say of fields that were left empty, and how their widgets are written."""

from __future__ import annotations

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
from pytest_django.asserts import assertHTMLEqual

from core.forms import Form, FormRenderer, UploadField, missing_sentence
from core.views import ActionForm


class Sheet(Form):
    """A field of each kind."""

    reason = forms.CharField()
    category = forms.ChoiceField(choices=[("a", "A")])
    office = forms.ChoiceField(label="Office (of theirs)", choices=[("a", "A")], widget=forms.RadioSelect)
    license_keys = forms.MultipleChoiceField(choices=[("a", "A")], widget=forms.CheckboxSelectMultiple)
    documents = forms.MultipleChoiceField(choices=[("a", "A")])
    document = UploadField(label="PO document")
    is_read = forms.BooleanField(label="Read and understood")
    email = forms.EmailField(label="Your e-mail")
    number = forms.CharField(label="PO number, as printed")
    own = forms.CharField(error_messages={"required": "Nothing without it."})
    note = forms.CharField(required=False)


def test_what_is_missing_is_named_by_its_label() -> None:
    form = Sheet({})
    assert {name: str(errors[0]) for name, errors in form.errors.items()} == {
        "reason": "Enter the reason.",
        "category": "Choose a category.",
        "office": "Choose an office.",
        "license_keys": "Choose at least one of the license keys.",
        "documents": "Choose at least one of the documents.",
        "document": "Attach the PO document.",
        "is_read": "Check the box “Read and understood”.",
        "email": "Enter your e-mail address.",
        "number": "Enter the PO number.",
        "own": "Nothing without it.",
    }


@pytest.mark.parametrize(
    ("label", "sentence"),
    [
        ("What shows it?", "Fill in “What shows it?”."),
        ("Valid until", "Fill in “Valid until”."),
        ("Valid for how many days it is", "Fill in “Valid for how many days it is”."),
        ("", "Fill in “”."),
    ],
)
def test_a_label_that_names_no_thing_is_quoted(label: str, sentence: str) -> None:
    assert missing_sentence(label, forms.TextInput()) == sentence
    assert missing_sentence(label, forms.Select()) == sentence.replace("Fill in", "Choose under")


def test_a_label_that_a_page_gives_a_field_is_the_one_that_is_named() -> None:
    class Act(ActionForm):
        """An act."""

        due_time = forms.TimeField(label="Time")

    form = Act({})
    form.fields["due_time"].label = "Time in Berlin"
    assert form.errors == {"due_time": ["Enter the time in Berlin."]}


# Widgets -------------------------------------------------------------------------------------------------------------

HOSTILE = "<b onclick='x()'>\"&amp;</b>"


class Everything(forms.Form):
    """One field of each kind that is written without a template, with values that must not become markup."""

    name = forms.CharField(widget=forms.TextInput(attrs={"autofocus": True, "data-off": False, "title": HOSTILE}))
    amount = forms.IntegerField(min_value=1)
    email = forms.EmailField()
    day = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}))
    key = forms.CharField(widget=forms.HiddenInput)
    is_open = forms.ChoiceField(choices=[(None, "Any"), (True, "Yes"), (False, "No")])
    kind = forms.ChoiceField(choices=[("", "Any"), (1, HOSTILE), ("Group <i>", [("a&b", "A & B"), (HOSTILE, "C")])])


@pytest.mark.parametrize("given", [None, {"name": HOSTILE, "amount": 3, "day": "2026-03-02", "kind": HOSTILE}])
@pytest.mark.parametrize("name", Everything.base_fields)
def test_widgets_are_written_as_django_writes_them(name: str, given: dict[str, object] | None) -> None:
    ours, djangos = (
        str(Everything(given, renderer=renderer)[name]) for renderer in (FormRenderer(), DjangoTemplates())
    )
    assertHTMLEqual(ours, djangos)
    assert "<b" not in ours
