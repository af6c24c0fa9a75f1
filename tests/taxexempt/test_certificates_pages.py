"""The pages about certificates: the dashboard, the form beside the document, the acts, the customer's profile."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image

from core.exports import Listing
from core.uploads import CheckedFile
from customers.services import AddressInput, find_or_register, save_contact
from dunning.views.duties import DUTIES
from mailing.models import Email
from mailing.selectors.texts import words_of
from mailing.tables import purchase_link
from mailing.wording import text_kinds
from taxexempt.models import Certificate
from taxexempt.selectors.samples import attempt_of, certificates_to_try
from taxexempt.services import CertificateInput, add_certificate, mark_invalid, save_certificate, validate
from taxexempt.wording import EMAILS
from tests.stories import MONDAY, a_certificate, a_client, a_customer, a_user

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import Client, User
    from customers.models import Customer

pytestmark = pytest.mark.django_db

FILLED: dict[str, Any] = {
    "reason": "M",
    "tax_id_type": "state",
    "tax_id": "3-20123-4567-8",
    "state_of_issue": "TX",
    "issued_on": "2026-01-01",
    "expires_on": "2026-12-31",
    "source": "upload",
    "company": "Lone Star College",
}


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def hafen() -> Client:
    return a_client("hafen")


@pytest.fixture
def tess() -> User:
    return a_user("platform_tax", name="Tess Tax")


@pytest.fixture
def desk(tess: User) -> Browser:
    return in_the_browser_of(tess)


@pytest.fixture
def school(hafen: Client) -> Customer:
    data = replace(a_customer(company="Lone Star College", email="buyer@lonestar.example"), language="en")
    return find_or_register(hafen, data, by=None, at=MONDAY)


def in_the_browser_of(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


def picture(color: str = "white") -> bytes:
    drawn = BytesIO()
    Image.new("RGB", (20, 28), color).save(drawn, format="PNG")
    return drawn.getvalue()


def upload(name: str = "form.png", content: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content or picture())


def at(name: str, certificate: Certificate, *more: int) -> str:
    return reverse(f"taxexempt:{name}", args=[certificate.pk, *more])


def listed(browser: Browser, query: str = "") -> set[str]:
    answer = browser.get(f"{reverse('taxexempt:list')}?{query}")
    assert answer.status_code == 200
    return {row.key for row in answer.context["rows"]}


# The dashboard -------------------------------------------------------------------------------------------------------


def test_the_two_tables_and_what_is_looked_for(school: Customer, tess: User, desk: Browser) -> None:
    new, claimed, good, over, bad = (a_certificate(school, by=tess) for _ in range(5))
    desk.post(at("claim", claimed))
    validate(good, by=tess, at=MONDAY)
    Certificate.objects.filter(pk=over.pk).update(expires_on=date(2026, 2, 1))
    validate(over, by=tess, at=MONDAY)
    mark_invalid(bad, reason="Forged", by=tess, at=MONDAY)
    tabs = {tab: listed(desk, f"show={tab}") for tab in ("open", "valid", "mine", "ending", "invalid", "all")}
    assert tabs == {
        "open": {str(new.pk), str(claimed.pk)},
        "valid": {str(good.pk), str(over.pk)},
        "mine": {str(claimed.pk)},
        "ending": set(),
        "invalid": {str(bad.pk)},
        "all": {str(row.pk) for row in (new, claimed, good, over, bad)},
    }
    Certificate.objects.filter(pk=good.pk).update(expires_on=date(2026, 4, 1))
    assert listed(desk, "show=ending") == {str(good.pk)}


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("q=lone", True),
        ("q=4567", True),
        ("q=nobody", False),
        ("state_of_issue=TX", True),
        ("state_of_issue=OH", False),
        ("p0=tax-id&o0=starts&t0=3-2", True),
        ("p0=attachment&o0=is&t0=no", False),
        ("p0=attachment&o0=is&t0=yes&p1=expires&o1=between&t1=2026-12-01&t1=2026-12-31", True),
        ("p0=assignee&o0=empty", True),
        ("p0=uploaded&o0=is&t0=2026-03-02", True),
        ("p0=client&o0=is&t0=0", True),
    ],
)
def test_certificates_are_found(school: Customer, tess: User, desk: Browser, query: str, is_found: bool) -> None:  # noqa: FBT001
    certificate = a_certificate(school, by=tess, company="Lone Star College")
    assert listed(desk, query) == ({str(certificate.pk)} if is_found else set())


def test_they_are_found_by_their_number_and_by_whom_they_are_given_to(
    school: Customer, tess: User, desk: Browser
) -> None:
    certificate = a_certificate(school, by=tess)
    a_certificate(school, by=tess)
    desk.post(at("claim", certificate))
    assert str(certificate.pk) in listed(desk, f"q={certificate.pk}")
    assert listed(desk, f"p0=assignee&o0=is&t0={tess.pk}") == {str(certificate.pk)}
    assert listed(desk, f"p0=client&o0=in&t0={school.client_id}&p1=id&o1=is&t1={certificate.pk}") == {
        str(certificate.pk)
    }


def test_every_column_can_be_shown_and_taken_away(school: Customer, tess: User) -> None:
    bare = add_certificate(school, data=CertificateInput(), by=None, at=MONDAY)
    full = a_certificate(school, by=tess, company="Lone Star College", first_name="Ana", business_type="16")
    listing = Listing.of("taxexempt:list", user=tess, client=school.client, query="", at=MONDAY)
    assert listing is not None
    listing.table.chosen = [column.key for column in listing.table.columns]
    rows = {row.key: row.html for row in listing.table.rows(list(listing.page.rows), listing.page.reader)}
    assert "Upload" in rows[str(bare.pk)]
    assert "System" in rows[str(bare.pk)]
    for words in ("Lone Star College", "Educational organization", "Texas", "Ana", "Tess Tax", "View"):
        assert words in rows[str(full.pk)]


def test_the_list_costs_the_same_with_one_and_with_three(school: Customer, tess: User, desk: Browser) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            desk.get(reverse("taxexempt:list"))
        return len(queries)

    a_certificate(school, by=tess)
    cost()
    one = cost()
    a_certificate(school, by=tess)
    a_certificate(school, by=tess)
    assert cost() == one


def test_support_reads_and_the_tax_role_decides(school: Customer, tess: User) -> None:
    certificate = a_certificate(school, by=tess)
    support = in_the_browser_of(a_user("client_support", school.client))
    page = support.get(reverse("taxexempt:list"))
    assert (page.context["may_add"], page.status_code) == (False, 200)
    assert "data-act-c" not in page.content.decode()
    bare = add_certificate(school, data=CertificateInput(), by=tess, at=MONDAY)
    upload_link = f'href="{at("edit", bare)}">Upload'
    assert upload_link in in_the_browser_of(tess).get(reverse("taxexempt:list")).content.decode()
    assert upload_link not in support.get(reverse("taxexempt:list")).content.decode()
    assert support.get(at("detail", certificate)).context["buttons"] == []
    for name in ("edit", "claim", "validate", "invalid", "assign", "renewal"):
        assert support.get(at(name, certificate)).status_code == 403
    assert [duty.label for duty in DUTIES if duty.route == "taxexempt:list" and duty.is_of(tess)] == [
        "Tax exemptions to review"
    ]


# Adding and editing --------------------------------------------------------------------------------------------------


def test_a_certificate_is_added_from_the_dashboard(school: Customer, desk: Browser) -> None:
    found = desk.get(reverse("taxexempt:choose"), {"q": "lone star"})
    add = reverse("taxexempt:add", args=[school.pk])
    assert add in found.content.decode()
    assert "No customer matches" in desk.get(reverse("taxexempt:choose"), {"q": "nobody"}).content.decode()
    form = desk.get(add).context["form"]
    assert (form["company"].value(), form["email"].value()) == ("Lone Star College", "buyer@lonestar.example")
    answer = desk.post(add, {**FILLED, "file": upload(), "act": "stay", "form_key": "one"})
    certificate = Certificate.objects.get()
    assert answer["Location"] == at("edit", certificate)
    assert certificate.files.get().filename == "form.png"
    assert desk.post(add, {**FILLED, "form_key": "one"})["Location"] == reverse("taxexempt:list")
    assert Certificate.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"expires_on": "2025-12-31"}, "It would expire before it was issued: check both dates."),
        ({"tax_id": "123"}, "A tax ID of Texas has 11 digits, such as 3-20123-4567-8."),
        ({"tax_id_type": "fein"}, "A federal employer ID has 9 digits"),
        ({"issued_on": "2026-03-03"}, "It can&#x27;t have been issued after today."),
        ({"file": SimpleUploadedFile("form.exe", b"MZ")}, "Only PDF, PNG and JPEG files are accepted."),
        ({"issued_on": "yesterday"}, "Enter a valid date."),
    ],
)
def test_what_cannot_be_is_said_beside_the_field(
    school: Customer, desk: Browser, changes: dict[str, Any], sentence: str
) -> None:
    answer = desk.post(reverse("taxexempt:add", args=[school.pk]), {**FILLED, **changes})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Certificate.objects.exists()


def test_a_customer_that_is_gone_meanwhile_is_refused(school: Customer, desk: Browser) -> None:
    type(school).objects.filter(pk=school.pk).update(anonymized_at=MONDAY)
    assert desk.get(reverse("taxexempt:add", args=[school.pk])).status_code == 404
    assert desk.get(reverse("taxexempt:add", args=[2**63])).status_code == 404


def test_it_is_edited_beside_its_document(school: Customer, tess: User, desk: Browser) -> None:
    certificate = add_certificate(
        school, data=CertificateInput(), file=CheckedFile("scan.png", "image/png", picture()), by=tess, at=MONDAY
    )
    page = desk.get(at("edit", certificate))
    (sheet,) = page.context["pages"].sheets
    assert desk.get(sheet.link)["Content-Type"] == "image/png"
    keep = [str(certificate.files.get().pk)]
    answer = desk.post(at("edit", certificate), {**FILLED, "keep": keep, "act": "close"})
    assert answer["Location"] == at("detail", certificate)
    certificate.refresh_from_db()
    assert (certificate.tax_id, certificate.files.count()) == ("3-20123-4567-8", 1)
    answer = desk.post(at("edit", certificate), {**FILLED, "keep": [], "act": "stay"})
    assert (answer["Location"], certificate.files.count()) == (at("edit", certificate), 0)
    twice = desk.post(at("edit", certificate), {**FILLED, "keep": [], "file": upload(), "act": "validate"})
    assert twice["Location"].startswith(at("validate", certificate))
    again = desk.post(
        at("edit", certificate), {**FILLED, "keep": [certificate.files.get().pk], "file": upload("copy.png")}
    )
    assert again.status_code == 422
    assert "This file is there already" in again.content.decode()


def test_who_changed_it_meanwhile_is_told(school: Customer, tess: User, desk: Browser) -> None:
    certificate = a_certificate(school, by=tess)
    version = desk.get(at("edit", certificate)).context["row_version"]
    boss = a_user("platform_admin", name="Ben Boss")
    save_certificate(certificate, data=CertificateInput(notes="Called"), by=boss, at=MONDAY)
    answer = desk.post(at("edit", certificate), {**FILLED, "row_version": version})
    assert answer.status_code == 409
    assert "This was changed by Ben Boss" in answer.content.decode()


def test_a_valid_one_gets_a_version_and_says_so(school: Customer, tess: User, desk: Browser) -> None:
    first = validate(a_certificate(school, by=tess), by=tess, at=MONDAY)
    assert "makes a new version" in desk.get(at("edit", first)).content.decode()
    keep = [str(first.files.get().pk)]
    answer = desk.post(at("edit", first), {**FILLED, "expires_on": "2027-12-31", "keep": keep}, follow=True)
    second = Certificate.objects.get(revision=2)
    assert answer.redirect_chain[-1][0] == at("detail", second)
    page = answer.content.decode()
    assert f"Version 2 is certificate {second.pk}, in review. This one stays as it is." in page
    assert at("detail", first) in page


# One certificate -----------------------------------------------------------------------------------------------------


def test_its_page_says_what_it_lacks_and_which_acts_there_are(school: Customer, tess: User, desk: Browser) -> None:
    bare = add_certificate(school, data=CertificateInput(), by=tess, at=MONDAY)
    page = desk.get(at("detail", bare))
    assert "No attachment yet" in page.content.decode()
    assert {button.label: bool(button.why_not) for button in page.context["buttons"]} == {
        "Claim": False,
        "Assign": False,
        "Mark invalid": False,
        "Validate": True,
    }
    desk.post(at("claim", bare))
    assert "Claim" not in {button.label for button in desk.get(at("detail", bare)).context["buttons"]}
    done = validate(a_certificate(school, by=tess), by=tess, at=MONDAY)
    assert [button.label for button in desk.get(at("detail", done)).context["buttons"]] == [
        "Ask for a new one",
        "Mark invalid",
    ]
    mark_invalid(done, reason="Forged", by=tess, at=MONDAY)
    assert desk.get(at("detail", done)).context["why_invalid"] == "Forged"
    mark_invalid(bare, points=["signature"], reason="Page 2", by=tess, at=MONDAY)
    assert "Invalid: Signature missing. Page 2" in desk.get(at("detail", bare)).content.decode()


def test_acts_name_what_they_do(school: Customer, tess: User, desk: Browser) -> None:
    certificate = a_certificate(school, by=tess, company="Lone Star College")
    boss = a_user("platform_admin", name="Ben Boss")
    assign = desk.post(at("assign", certificate), {"assignee": boss.pk}, follow=True)
    assert f"Certificate {certificate.pk} is Ben Boss&#x27;s." in assign.content.decode()
    assert "So far it is Ben Boss" in desk.get(at("claim", certificate)).content.decode()
    desk.post(at("assign", certificate), {"assignee": ""})
    desk.post(at("claim", certificate))
    asked = desk.get(at("validate", certificate)).content.decode()
    assert "Orders of Jan 1, 2026 to Dec 31, 2026 that are taxed in Texas carry no sales tax." in asked
    assert "buyer@lonestar.example gets an e-mail." in asked
    desk.post(at("validate", certificate), {"tell": "on"})
    assert "“Claim” is not possible in status Valid." in desk.get(at("claim", certificate)).content.decode()
    assert "It is Valid: nobody has to look at it now." in desk.get(at("assign", certificate)).content.decode()
    desk.post(at("renewal", certificate))
    assert "It covers no order any more" in desk.get(at("invalid", certificate)).content.decode()
    nothing = desk.post(at("invalid", certificate), {"reason": " "})
    assert "Choose a point above" in nothing.content.decode()
    desk.post(at("invalid", certificate), {"points": ["signature"], "reason": "Page 2", "tell": "on"})
    assert "is not possible in status Invalid" in desk.get(at("validate", certificate)).content.decode()
    assert [email.kind for email in Email.objects.order_by("pk")] == [
        "exemption_valid",
        "exemption_renewal",
        "exemption_invalid",
    ]
    link = purchase_link(Email.objects.order_by("pk")[0].reference)
    assert link == at("detail", certificate)


def test_one_that_is_over_is_expired_at_once(school: Customer, tess: User, desk: Browser) -> None:
    over = a_certificate(school, by=tess, expires_on=date(2026, 2, 1))
    asked = desk.get(at("validate", over)).content.decode()
    assert ("it is Expired at once, and nobody is told" in asked, "gets an e-mail" in asked) == (True, False)
    answer = desk.post(at("validate", over), {"tell": "on"}, follow=True)
    assert f"Certificate {over.pk} was valid until Feb 1, 2026: it is Expired." in answer.content.decode()
    assert not Email.objects.exists()


def test_a_tax_id_whose_form_is_not_known_is_taken_with_a_note(school: Customer, tess: User, desk: Browser) -> None:
    said = "Format not checked: how tax IDs of Georgia look is not on file."
    certificate = a_certificate(school, by=tess, state_of_issue="GA", tax_id="308-1")
    assert said in desk.get(at("detail", certificate)).content.decode()
    assert f"The tax ID is 308-1. {said}" in desk.get(at("validate", certificate)).content.decode()
    desk.post(at("validate", certificate), {"form_key": "a"})
    certificate.refresh_from_db()
    assert certificate.status == "valid"
    known = a_certificate(school, by=tess)
    assert "Format not checked" not in desk.get(at("detail", known)).content.decode()


def test_with_nobody_to_write_to_nothing_is_said_of_an_e_mails_words(
    school: Customer, tess: User, desk: Browser
) -> None:
    certificate = a_certificate(school, by=tess)
    assert "It names what you choose below" in desk.get(at("invalid", certificate)).content.decode()
    save_contact(school, kind="billing", address=AddressInput(company="Lone Star College"), by=tess, at=MONDAY)
    asked = desk.get(at("invalid", certificate)).content.decode()
    assert ("Nobody is told" in asked, "It names what you choose below" in asked) == (True, False)


def test_files_are_sent_as_they_came_and_drawn(school: Customer, tess: User, desk: Browser) -> None:
    certificate = a_certificate(school, by=tess)
    file = certificate.files.get()
    answer = desk.get(at("file", certificate, file.pk))
    assert (answer.content, answer["Content-Disposition"]) == (
        b"%PDF-1.7",
        "attachment; filename*=UTF-8''certificate.pdf",
    )
    assert desk.get(at("file", certificate, 2**63)).status_code == 404
    assert desk.get(at("page", certificate, file.pk, 1)).status_code == 404  # nothing that could be drawn
    assert "This file can&#x27;t be shown here." in desk.get(at("detail", certificate)).content.decode()


def test_the_profile_shows_a_customers_certificates(school: Customer, tess: User, desk: Browser) -> None:
    profile = reverse("customers:detail", args=[school.pk])
    assert "Tax is charged as for anybody." in desk.get(profile).content.decode()
    certificate = a_certificate(school, by=tess)
    page = desk.get(profile).content.decode()
    assert f"Certificate {certificate.pk}, Texas" in page
    assert reverse("taxexempt:add", args=[school.pk]) in page


# E-mails -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(EMAILS))
def test_clients_word_the_emails_and_try_them(school: Customer, tess: User, kind: str) -> None:
    certificate = a_certificate(school, by=tess, company="Lone Star College")
    client, known = school.client, text_kinds()[kind]
    assert known.group == "Tax exemptions"
    assert certificates_to_try(client) == [(str(certificate.pk), f"Certificate {certificate.pk}, Lone Star College")]
    for language, standard in EMAILS[kind].items():
        for number in (str(certificate.pk), "", "9" * 40):
            trial = attempt_of(kind)(client, language, words_of(client, kind, language, standard), number, MONDAY)
            assert trial.message.language == language
            assert "{{" not in trial.message.text
            assert trial.values["client"] == client.name


def test_the_editor_shows_them(school: Customer) -> None:
    admin = in_the_browser_of(a_user("client_admin", school.client))
    page = admin.get(reverse("mailing:texts_of", args=["hafen"])).content.decode()
    assert "Tax exemption expires" in page
    address = reverse("mailing:text", args=["hafen", "exemption_invalid", "fr"])
    assert "Votre certificat" in admin.get(address).content.decode()
