"""A bank's statement file comes in: small ones at once, large ones by the worker; a CSV's columns are asked first."""

from __future__ import annotations

import binascii
import zlib
from base64 import b64decode, b64encode
from pathlib import PurePath
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django_htmx.http import HttpResponseClientRedirect

from accounts.models import Client
from accounts.roles import Right
from core.lengths import one_line
from core.refused import Refused
from core.views import INVALID, ActView, DetailPage, chosen_client
from purchases import forms
from purchases.models import BankFile, CsvMapping, StatementFormat
from purchases.services import bank_csv, bank_import
from purchases.services.bank_files import LIMIT_BYTES, UnreadableError, format_of

if TYPE_CHECKING:
    from django.forms import Form
    from django.http import HttpRequest, HttpResponse

NAME_LENGTH = 120
AT_ONCE = 100_000
"""Files of as many bytes are read while somebody waits, larger ones by the worker."""


class ImportPage(ActView):
    """What the two steps of an import share."""

    right = Right.PAYMENTS
    title = "Import a bank statement"
    button = "Import"

    def home(self) -> str:
        """The statements."""
        return reverse("purchases:bank_statements")

    @property
    def fixed_client(self) -> Client | None:
        """The only client this user can mean: their own, or the chosen one."""
        chosen = chosen_client(self.request)
        pk = self.user.client_id or (chosen.pk if chosen else None)
        return Client.objects.get(pk=pk) if pk else None

    @property
    def clients(self) -> list[Client]:
        """Whom a file may be of."""
        fixed = self.fixed_client
        return [fixed] if fixed else list(Client.objects.order_by("name", "pk"))

    def take(self, content: bytes, filename: str, client: Client | None, **more: Any) -> HttpResponse:
        """Store a file for the worker; a small one is read at once. Raises Refused with what is wrong with it."""
        file = bank_import.store_file(content, filename=filename, client=client, by=self.user, at=self.at, **more)
        if len(content) <= AT_ONCE:
            file = bank_import.read_now(file, clock=timezone.now)
        self.spend()
        return self.leave(whereto(self.request, file))


def whereto(request: HttpRequest, file: BankFile) -> str:
    """The page of a file that is on its way; of one that has come in, the statement's, with a word on what came."""
    if file.statement is None or file.finished_at is None:
        return reverse("purchases:bank_file", args=[file.pk])
    new = "1 line is new" if file.new_count == 1 else f"{file.new_count:,} lines are new"
    messages.success(request, f"{file.filename} imported: {new}. Nothing is booked yet.")
    if file.known_count:
        shown = ", ".join(str(line) for line in file.known_lines)
        more = " …" if file.known_count > len(file.known_lines) else ""
        count = file.known_count
        told = (
            "1 line was in an earlier file and is" if count == 1 else f"{count:,} lines were in earlier files and are"
        )
        messages.info(request, f"{told} skipped (at line {shown}{more} of the file).")
    return reverse("purchases:bank_statement", args=[file.statement.pk])


class BankFilePage(DetailPage):
    """A file on its way in: how far it is, or why nothing of it was imported; the page looks again by itself."""

    right = Right.PAYMENTS
    template_name = "purchases/bank_file.html"

    def get_rows(self) -> Any:
        """Files, without what is in them."""
        return BankFile.objects.select_related("client", "sent_by", "statement").defer("content")

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """Show how far it is; once it is in, go on to its lines."""
        if self.row.finished_at and not self.row.problem:
            url = whereto(request, self.row)
            return HttpResponseClientRedirect(url) if self.is_htmx else HttpResponseRedirect(url)
        return super().get(request, *args, **kwargs)


class StatementUpload(ImportPage):
    """First step: the file. A CSV goes on to the second, the others are imported at once."""

    form_class = forms.StatementForm

    def get_form(self, data: Any = None, files: Any = None) -> Form:
        """The client is asked for only where there are several."""
        clients = [] if self.fixed_client else self.clients
        return forms.StatementForm(data, files, clients=clients)

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:  # noqa: ARG002
        """Ask for the file."""
        return self.ask(self.get_form())

    def ask(self, form: Form, *, status: int = 200, problem: str = "") -> HttpResponse:
        """Show the form and what will happen."""
        lines = [
            "Each line is compared with the client's open purchases; nothing is booked before you confirm it.",
            "Lines that were in an earlier file are recognized and skipped.",
        ]
        return self.show(form, status=status, problem=problem, consequences=lines)

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:  # noqa: ARG002
        """Import the file, or ask how its columns are to be read."""
        if self.is_spent():
            messages.info(request, "This was done already.")
            return self.leave(self.home())
        form = self.get_form(request.POST, request.FILES)
        if not form.is_valid():
            return self.ask(form, status=INVALID)
        upload = form.cleaned_data["file"]
        filename = _plain_name(upload.name)
        content = upload.read(LIMIT_BYTES + 1)
        asked = form.cleaned_data.get("client")
        chosen = self.fixed_client or next((one for one in self.clients if str(one.pk) == asked), None)
        try:
            if format_of(filename, content) != StatementFormat.CSV:
                return self.take(content, filename, chosen)
            if chosen is None:
                form.add_error("client", "Choose the client: a CSV does not say whose account it is.")
                return self.ask(form, status=INVALID)
            bank_import.refuse_known(chosen, filename=filename, sha256=bank_import.digest_of(content))
        except Refused as refused:
            return self.ask(form, status=INVALID, problem=refused.message)
        return show_mapping(self, filename, content, chosen)


def _plain_name(name: str) -> str:
    return one_line(PurePath(name.replace("\\", "/")).name)[-NAME_LENGTH:] or "statement"


class CsvUpload(ImportPage):
    """Second step for a CSV: which column says what. The file travels with the form, nothing is kept in between."""

    form_class = forms.CsvForm

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:  # noqa: ARG002
        """Without a file there is nothing to choose."""
        return HttpResponseRedirect(reverse("purchases:bank_upload"))

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:  # noqa: ARG002
        """Show the rows again with other settings, or import."""
        if self.is_spent():
            messages.info(request, "This was done already.")
            return self.leave(self.home())
        client = next((one for one in self.clients if str(one.pk) == request.POST.get("client")), None)
        content = unpacked(request.POST.get("content", ""))
        if client is None or content is None:
            return self.get(request)
        filename = _plain_name(request.POST.get("filename", ""))
        if "import" not in request.POST:
            return show_mapping(self, filename, content, client, layout=self.asked_layout(content, client))
        form = forms.CsvForm(request.POST, headings=_headings(content, self.asked_layout(content, client)))
        if not form.is_valid():
            return show_mapping(self, filename, content, client, form=form)
        try:
            return self.take(content, filename, client, layout=form.layout(), mapping=form.cleaned_data["name"])
        except Refused as refused:
            return show_mapping(self, filename, content, client, form=form, problem=refused.message)

    def asked_layout(self, content: bytes, client: Client) -> bank_csv.CsvLayout:
        """What the form says now: a kept mapping, or the settings as they were changed."""
        told = self.request.POST
        kept = _mappings(client).filter(name=told.get("use", "")).first()
        if kept:
            return bank_csv.CsvLayout.of(kept.columns)
        heading = told.get("heading", "")
        asked: dict[str, Any] = {
            "encoding": _known(told.get("encoding"), bank_csv.ENCODINGS),
            "delimiter": _known(told.get("delimiter"), bank_csv.DELIMITERS),
            "heading": int(heading) if heading.isascii() and heading.isdigit() and len(heading) < 3 else 1,  # noqa: PLR2004
            "decimal": _known(told.get("decimal"), bank_csv.DECIMALS),
            "date_format": _known(told.get("date_format"), bank_csv.DATE_FORMATS),
            "default_currency": told.get("default_currency", "")[:3].upper(),
        }
        headings = _headings(content, bank_csv.CsvLayout(**asked))
        columns = {role: told.get(role, "") for role in bank_csv.ROLES if told.get(role) in headings}
        return bank_csv.CsvLayout(**asked, columns={**bank_csv.guess_columns(headings), **columns})


def _known(asked: str | None, choices: dict[str, str]) -> str:
    return asked if asked in choices else next(iter(choices))


def _mappings(client: Client) -> Any:
    return CsvMapping.objects.filter(client=client).order_by("name", "pk")


def _headings(content: bytes, layout: bank_csv.CsvLayout) -> list[str]:
    try:
        return bank_csv.sheet_of(content, layout, limit=layout.heading + bank_csv.SAMPLE).headings
    except UnreadableError:
        return []


def packed(content: bytes) -> str:
    """A file as it travels in a form."""
    return b64encode(zlib.compress(content)).decode()


def unpacked(text: str) -> bytes | None:
    """The file that travelled in a form; None if it is none, or larger than a file may be."""
    try:
        content = zlib.decompressobj().decompress(b64decode(text, validate=True), LIMIT_BYTES + 1)
    except (binascii.Error, zlib.error, ValueError):
        return None
    return content if 0 < len(content) <= LIMIT_BYTES else None


def show_mapping(
    page: ImportPage,
    filename: str,
    content: bytes,
    client: Client,
    *,
    layout: bank_csv.CsvLayout | None = None,
    form: forms.CsvForm | None = None,
    problem: str = "",
) -> HttpResponse:
    """Show a CSV's first rows and ask which column says what; a kept mapping that fits is taken at once."""
    mappings = list(_mappings(client))
    used = ""
    if form is not None:
        layout = form.layout() if form.is_valid() else None
    elif layout is None:
        kept = next((one for one in mappings if bank_csv.fits(bank_csv.CsvLayout.of(one.columns), content)), None)
        used = kept.name if kept else ""
        layout = bank_csv.CsvLayout.of(kept.columns) if kept else _guessed(content)
    sheet = None
    try:
        sheet = bank_csv.sheet_of(content, layout, limit=layout.heading + bank_csv.SAMPLE) if layout else None
    except UnreadableError as bad:
        problem = problem or bad.refusal(filename).message
    headings = sheet.headings if sheet else []
    if form is None and layout is not None:
        form = forms.CsvForm(initial={**layout.kept(), **layout.columns}, headings=headings)
    context = {
        "filename": filename,
        "client": client,
        "content": packed(content),
        "sheet": sheet,
        "roles": {name: role for role, name in (layout.columns if layout else {}).items()},
        "mappings": mappings,
        "used": used,
        "problem": problem,
        "action_url": reverse("purchases:bank_csv"),
    }
    status = INVALID if problem or (form is not None and form.is_bound) else 200
    return _mapping_page(page, form, status=status, context=context)


def _guessed(content: bytes) -> bank_csv.CsvLayout:
    try:
        return bank_csv.guess_layout(content)
    except UnreadableError:
        return bank_csv.CsvLayout()


def _mapping_page(page: ImportPage, form: Any, *, status: int, context: dict[str, Any]) -> HttpResponse:
    shown = {"at": page.at, "form": form, "form_key": uuid4().hex, "back": page.home(), **context}
    return render(page.request, "purchases/bank_csv.html", shown, status=status)
