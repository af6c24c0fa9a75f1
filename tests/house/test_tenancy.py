"""Every address × every role × own, foreign and invented rows: nothing leaks, nothing breaks."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.test import Client as Browser
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.roles import CLIENT_ROLES, ROLES
from accounts.services import save_department
from accounts.services.exports import ask_export
from core.money import Money
from core.uploads import CheckedFile
from customers.services import AddressInput, find_or_register, save_contact
from customers.services.merging import merge_contacts
from dunning.models import Explanation, Run
from errorlog.services import log_error
from followups.services import open_follow_up
from mailing.models import Attachment, Email, Endpoint
from mailing.services.compose import AttachmentSpec, queue_email
from mailing.services.notify import write_test
from purchases.models import Document, PoDocument, Purchase
from purchases.services.bank_files import Movement, StatementFile
from purchases.services.bank_import import store_file
from purchases.services.records import add_x_parameter, attach_file
from taxexempt.services import CertificateInput, add_certificate
from tests.quotes.quoting import a_quote, a_quote_link
from tests.stories import MONDAY, a_bank_file, a_client, a_customer, a_partner, a_released_po, a_user, a_waiting_po

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import Client, User

pytestmark = pytest.mark.django_db

SECRET = "Zzyzx"
"""A word that stands in every name of the other client and nowhere else."""
PUBLIC = {
    "health",
    "accounts:login",
    "accounts:logout",
    "dunning_public:answer",
    "purchases_public:po",
    "mailing:report",
}
PUBLIC |= {"quotes_public:checkout", "quotes_public:order", "quotes_public:document"}
PUBLIC |= {"quotes_public:quote_request", "quotes_public:quote", "quotes_public:quote_document"}
PUBLIC |= {
    f"portal:{name}"
    for name in ("login", "enter", "logout", "choose", "overview", "orders", "order", "new", "document")
}
"""The portal has its own login; its walls are tested in `tests/quotes/test_portal.py`."""
POST_ONLY = {"accounts:logout", "accounts:client"}
PERSONAL = {"accounts:rename_view", "accounts:delete_view", "accounts:export", "accounts:export_file"}
"""Only whoever made the row may open it; told in `tests/accounts/`."""
NAMES_ITS_CLIENT = {"purchases:policy_of", "purchases:policy_edit", "purchases:policy_text"}
NAMES_ITS_CLIENT |= {"dunning:settings_of"}
"""Addresses in which a platform user names a client, whichever is chosen."""
OF_ALL_CLIENTS = {"followups:category"}
"""Addresses of what the platform keeps for all clients."""
INVENTED: dict[str, Any] = {
    "pk": 987_654_321,
    "customer": 987_654_321,
    "other": 987_654_321,
    "email": 987_654_321,
    "endpoint": 987_654_321,
    "reference": "999999999",
    "number": "NONE-1",
    "key": "x-none",
    "slug": "nowhere",
    "kind": "billing",
    "token": "nothing",
    "step": "pdn1",
    "language": "de",
    "page": 1,
    "file": 987_654_321,
    "code": "nothing",
}
ONE_PAGE = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 280]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
)
MOST_PAGES = 120
VARIANTS = 3


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(MONDAY, tick=False):
        yield


def routes() -> dict[str, URLPattern]:
    """All addresses by their full name."""

    def walk(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
        for entry in resolver.url_patterns:
            if isinstance(entry, URLResolver):
                yield from walk(entry, f"{entry.namespace}:" if entry.namespace else prefix)
            else:
                yield f"{prefix}{entry.name}", entry

    return dict(walk(get_resolver()))


ROUTES = routes()


class Side:
    """One client with a row of everything."""

    def __init__(self, slug: str, word: str) -> None:
        self.client = a_client(slug)
        self.client.name = f"{word} GmbH"
        self.client.email = f"orders@{word.lower()}.example"
        self.client.save()
        self.client.products.update(name=f"{word} Pro")
        customer = a_customer(company=f"{word} Werft", last_name=word, email=f"buyer@{word.lower()}.example")
        self.purchase = a_released_po(self.client, customer=customer)
        self.waiting = a_waiting_po(self.client, customer=customer)
        self.twin = find_or_register(
            self.client, a_customer(company=f"{word} Werft", last_name=word, email=word), by=None, at=MONDAY
        )
        PoDocument.objects.filter(purchase=self.waiting).update(
            content=ONE_PAGE, content_type="application/pdf", filename="order.pdf"
        )
        self.partner = a_partner(self.client, company=f"{word} Reseller", email=f"ap@{word.lower()}.example")
        self.follow_up = open_follow_up(
            self.purchase,
            category="review",
            reason="Other",
            subject=f"{word} asks",
            due_at=MONDAY,
            at=MONDAY,
            dedupe_key=f"{slug}:ask",
        )
        self.error = log_error(
            type="key_list_empty",
            note=f"{word} has no keys",
            at=MONDAY,
            dedupe_key=f"{slug}:keys",
            client=self.client,
            reference=self.purchase.reference,
            purchase_status="WPO",
        )
        self.email = queue_email(
            client=self.client,
            kind="invoice",
            reference=self.purchase.reference,
            dedupe_key=f"{slug}:mail",
            recipient=f"buyer@{word.lower()}.example",
            language="en",
            subject=f"{word} invoice",
            body_text=f"Dear {word}",
            body_html=f"<p>Dear {word}</p>",
            attachments=[AttachmentSpec(source=f"purchases.document:{self.document.pk}", filename="invoice.pdf")],
            at=MONDAY,
        )
        self.run = Run.objects.create(client=self.client, on=MONDAY.date(), started_at=MONDAY, finished_at=MONDAY)
        Explanation.objects.create(
            purchase=self.purchase,
            run=self.run,
            on=MONDAY.date(),
            at=MONDAY,
            reason="awaiting_approval",
            coming="pdn1",
        )
        self.quote_link = a_quote_link(self.client, title=f"{word} offer")
        self.quote = a_quote(self.quote_link, company=f"{word} Werft", last_name=word)
        team = save_department(self.client, office=f"{word} office", name=f"{word} team")
        self.user = a_user("client_support", self.client, name=f"{word} Support", department=team)
        save_contact(self.twin, kind="delivery", address=AddressInput(company=word), by=self.user, at=MONDAY)
        self.merge = merge_contacts(self.twin, into="delivery", by=self.user, at=MONDAY)
        self.export = ask_export(
            kind="purchases:list", query="", format="csv", client=self.client, by=self.user, at=MONDAY
        )
        moved = Movement(1, MONDAY.date(), Money(100, "EUR"), payer=word, text=f"{word} pays")
        read = StatementFile("mt940", "DE89370400440532013000", "EUR", (moved,))
        arrived = a_bank_file(self.client, read, by=self.user, name=f"{word}.sta").statement
        assert arrived is not None
        self.statement = arrived
        add_x_parameter(self.purchase, by=self.user, at=MONDAY, key="x-campaign", value=word)
        scan = CheckedFile("scan.pdf", "application/pdf", ONE_PAGE)
        self.file = attach_file(self.purchase, by=self.user, at=MONDAY, file=scan, note=word)
        self.certificate = add_certificate(
            self.purchase.customer,
            data=CertificateInput(company=word, notes=f"{word} called"),
            file=scan,
            by=self.user,
            at=MONDAY,
        )
        self.bank_file = store_file(b"b", filename=f"{word}.xml", client=self.client, by=self.user, at=MONDAY)
        self.endpoint = Endpoint.objects.create(
            client=self.client,
            url=f"https://in.{word}.example/kontor",
            events=["paid"],
            key_id="k1",
            created_at=MONDAY,
            created_by=self.user,
        )
        self.told = write_test(self.endpoint, facts={"sent_by": word}, at=MONDAY)

    @property
    def document(self) -> Document:
        found: Document = Document.objects.filter(purchase=self.purchase).order_by("pk")[0]
        return found

    def arguments(self, name: str, pattern: URLPattern) -> dict[str, Any]:
        """What leads to this side's row at this address."""
        rows: dict[str, dict[str, Any]] = {
            "accounts": {"pk": self.user.pk, "slug": self.client.slug},
            "customers": {"pk": self.purchase.customer_id, "kind": "billing", "other": self.twin.pk},
            "dunning": {
                "pk": self.run.pk,
                "slug": self.client.slug,
                "step": "pdn1",
                "language": "de",
                "customer": self.purchase.customer_id,
                "reference": self.purchase.reference,
            },
            "errorlog": {"pk": self.error.pk},
            "followups": {"pk": self.follow_up.pk, "code": "review"},
            "mailing": {
                "pk": self.email.pk,
                "email": self.email.pk,
                "slug": self.client.slug,
                "kind": "delivery",
                "language": "de",
            },
            "partners": {"pk": self.partner.pk},
            "taxexempt": {
                "pk": self.certificate.pk,
                "customer": self.purchase.customer_id,
                "file": self.certificate.files.get().pk,
                "page": 1,
            },
            "quotes": {"reference": self.purchase.reference, "pk": self.quote_link.pk},
            "purchases": {
                "reference": self.purchase.reference,
                "slug": self.client.slug,
                "number": self.document.number,
                "key": "x-campaign",
                "pk": self.statement.lines.values_list("pk", flat=True)[0],
                "kind": "billing",
            },
        }
        special: dict[str, dict[str, Any]] = {
            "customers:undo_merge": {"pk": self.merge.pk},
            **{
                f"quotes:{name}": {"reference": self.quote.purchase.reference}
                for name in ("revise", "extend", "accept", "convert")
            },
            **{
                f"purchases:{name}": {"pk": self.client.products.values_list("pk", flat=True)[0]}
                for name in ("product", "product_edit", "product_keys", "product_ask")
            },
            "purchases:po_document": {
                "reference": self.waiting.reference,
                "pk": PoDocument.objects.filter(purchase=self.waiting).values_list("pk", flat=True)[0],
            },
            "purchases:po_page": {
                "reference": self.waiting.reference,
                "pk": PoDocument.objects.filter(purchase=self.waiting).values_list("pk", flat=True)[0],
                "page": 1,
            },
            "purchases:attachment": {"reference": self.purchase.reference, "pk": self.file.pk},
            "purchases:bank_statement": {"pk": self.statement.pk},
            **{f"accounts:{name}": {"pk": self.export.pk} for name in ("export", "export_file")},
            "purchases:bank_file": {"pk": self.bank_file.pk},
            "purchases:exemption": {"pk": self.certificate.pk},
            **{
                f"mailing:{name}": {"pk": self.endpoint.pk}
                for name in ("endpoint", "endpoint_edit", "endpoint_rotate", "endpoint_test", "endpoint_retry")
            },
            **{
                f"mailing:{name}": {"endpoint": self.endpoint.pk, "pk": self.told.pk}
                for name in ("notification", "notification_retry")
            },
            "mailing:attachment": {
                "email": self.email.pk,
                "pk": Attachment.objects.filter(email=self.email).values_list("pk", flat=True)[0],
            },
        }
        known = special.get(name) or rows.get(name.split(":", maxsplit=1)[0], {})
        needed = pattern.pattern.converters
        missing = needed.keys() - known.keys()
        assert not missing, f"say in Side.arguments what {sorted(missing)} of {name} is"
        return {key: known[key] for key in needed}


def address(name: str, arguments: dict[str, Any]) -> str:
    return reverse(name, kwargs=arguments)


def right_of(pattern: URLPattern) -> str:
    return getattr(getattr(pattern.callback, "view_class", None), "right", "")


def logged_in(user: User) -> Browser:
    browser = Browser(raise_request_exception=True)
    browser.force_login(user)
    return browser


def body_of(response: Any) -> str:
    return (
        b"".join(response).decode(errors="replace") if response.streaming else response.content.decode(errors="replace")
    )


def staff(role: str, client: Client) -> User:
    return a_user(role, client if role in CLIENT_ROLES else None, name="Somebody")


@pytest.fixture
def own() -> Side:
    return Side("hafen", "Hafen")


@pytest.fixture
def foreign() -> Side:
    return Side("other", SECRET)


def test_nobody_gets_in_without_a_login(own: Side) -> None:
    browser = Browser()
    for name, pattern in ROUTES.items():
        if name in PUBLIC:
            continue
        path = address(name, own.arguments(name, pattern))
        for answer in (browser.get(path), browser.post(path)):
            assert answer.status_code == 302, (name, answer.status_code)
            assert answer["Location"].startswith("/accounts/login/"), name
        assert browser.get(path, headers={"HX-Request": "true"}).content == b"", name


@pytest.mark.parametrize("role", sorted(ROLES))
def test_a_right_opens_ones_own_and_only_that(role: str, own: Side) -> None:
    user = staff(role, own.client)
    browser = logged_in(user)
    for name, pattern in ROUTES.items():
        if name in PUBLIC or name in POST_ONLY or name in PERSONAL:
            continue
        answer = browser.get(address(name, own.arguments(name, pattern)))
        right = right_of(pattern)
        if right and not user.may(right):  # type: ignore[arg-type]
            assert answer.status_code == 403, (name, answer.status_code)
        else:
            assert answer.status_code in {200, 302}, (name, answer.status_code)


@pytest.mark.parametrize("role", sorted(CLIENT_ROLES))
def test_another_clients_rows_do_not_exist(role: str, own: Side, foreign: Side) -> None:
    user = staff(role, own.client)
    browser = logged_in(user)
    before = Purchase.objects.filter(client=foreign.client).order_by("pk").values_list("status", "version")
    found = list(before)
    for name, pattern in ROUTES.items():
        if name in PUBLIC:
            continue
        arguments = foreign.arguments(name, pattern)
        right = right_of(pattern)
        if not arguments:
            answer = browser.get(address(name, {}))
            assert SECRET not in body_of(answer), f"{name} shows another client's rows"
            continue
        expected = 403 if right and not user.may(right) else 404  # type: ignore[arg-type]
        invented = {key: INVENTED[key] for key in arguments}
        for path in (address(name, arguments), address(name, invented)):
            assert browser.get(path).status_code == expected, (name, path)
            assert browser.post(path, {"reason": "x", "comment": "x"}).status_code in {expected, 405}, (name, path)
            answer = browser.get(path, headers={"HX-Request": "true"})
            assert answer.status_code == expected, (name, path)
            assert SECRET not in body_of(answer), name
    assert list(before.all()) == found


def test_the_chosen_client_hides_the_others_from_the_platform_too(own: Side, foreign: Side) -> None:
    browser = logged_in(a_user("platform_admin", name="Root"))
    browser.post(reverse("accounts:client"), {"client": own.client.pk, "next": "/"})
    for name, pattern in ROUTES.items():
        arguments = foreign.arguments(name, pattern) if name not in PUBLIC | NAMES_ITS_CLIENT | OF_ALL_CLIENTS else {}
        if arguments:
            assert browser.get(address(name, arguments)).status_code == 404, name


def test_searching_for_another_clients_rows_finds_nothing(own: Side, foreign: Side) -> None:
    browser = logged_in(staff("client_admin", own.client))
    rows = (foreign.purchase.reference, foreign.follow_up.pk, foreign.email.pk, foreign.partner.pk)
    queries = [f"q={SECRET.lower()}", f"q=%40{SECRET.lower()}.example", f"q={foreign.purchase.reference}"]
    queries += [f"{key}={row}" for key in ("preview", "pick", "copy", "reference", "client") for row in rows]
    for name, pattern in ROUTES.items():
        if name in PUBLIC or name in POST_ONLY or pattern.pattern.converters:
            continue
        for query in queries:
            answer = browser.get(f"{address(name, {})}?{query}")
            assert answer.status_code in {200, 302, 403}, (name, query)
            assert SECRET not in body_of(answer), (name, query)


def test_acting_on_many_skips_another_clients_rows(own: Side, foreign: Side) -> None:
    browser = logged_in(staff("client_admin", own.client))
    for name in ("purchases:release_many", "purchases:reject_many"):
        answer = browser.post(reverse(name), {"pick": [foreign.waiting.reference], "reason": "no", "note": ""})
        assert answer.status_code == 200, name
        assert "Not found" in body_of(answer), name
        assert SECRET not in body_of(answer), name
    assert Purchase.objects.get(pk=foreign.waiting.pk).status == "ARP"


@pytest.mark.parametrize("role", sorted(ROLES))
def test_every_link_leads_somewhere(role: str, own: Side) -> None:
    user = staff(role, own.client)
    browser = logged_in(user)
    waiting = [reverse("accounts:profile"), *(_open_lists(user))]
    seen: dict[str, int] = {}
    visited = 0
    while waiting and visited < MOST_PAGES:
        link = waiting.pop(0)
        path = link.split("?", maxsplit=1)[0]
        if seen.get(path, 0) >= VARIANTS or seen.get(link):
            continue
        seen[path] = seen.get(path, 0) + 1
        seen[link] = 1
        visited += 1
        answer = browser.get(link)
        assert answer.status_code in {200, 302}, f"{link} answers {answer.status_code}"
        if answer.status_code == 200 and answer.headers.get("Content-Type", "").startswith("text/html"):
            waiting += _links(body_of(answer), path)
    assert visited > 10


def _open_lists(user: User) -> list[str]:
    names = (
        name for name, pattern in ROUTES.items() if not pattern.pattern.converters and name not in PUBLIC | POST_ONLY
    )
    return [
        address(name, {})
        for name in names
        if not right_of(ROUTES[name]) or user.may(right_of(ROUTES[name]))  # type: ignore[arg-type]
    ]


def _links(page: str, path: str) -> list[str]:
    found = [unescape(link) for link in re.findall(r'(?:href|src|hx-get)="([^"#]+)', page)]
    found = [path + link if link.startswith("?") else link for link in found]
    return [link for link in found if link.startswith("/") and not link.startswith(("/static/", "/accounts/logout"))]


def test_numbers_beyond_any_key_are_not_found(own: Side) -> None:
    browser = logged_in(staff("platform_admin", own.client))
    for name, pattern in ROUTES.items():
        if name in PUBLIC or not pattern.pattern.converters:
            continue
        huge = {key: 10**30 if key in {"pk", "email"} else INVENTED[key] for key in pattern.pattern.converters}
        assert browser.get(address(name, huge)).status_code == 404, name


def test_no_e_mail_of_another_client_is_counted(own: Side, foreign: Side) -> None:
    assert Email.objects.visible_to(staff("client_support", own.client)).filter(client=foreign.client).count() == 0
