"""A certificate's life: entered, looked at, found valid or not, renewed, over."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection

from core.refused import Refused
from core.uploads import CheckedFile
from customers.models import Customer
from customers.selectors import effects_of_merge
from customers.services import AddressInput, find_or_register, save_contact
from customers.services.anonymize import anonymize_customer
from customers.services.merging import merge_customers, undo_merge
from dunning.services.jobs import run_periodic_jobs
from errorlog.models import ErrorRecord
from mailing.models import Email
from mailing.signals import email_queued
from taxexempt.models import BusinessType, Certificate, Reason
from taxexempt.selectors import covering, deciders, family_of, lacking, newest_first
from taxexempt.services import (
    MOST_FILES,
    CertificateInput,
    add_certificate,
    ask_renewal,
    assign,
    claim,
    mark_invalid,
    refusal_to_validate,
    save_certificate,
    validate,
)
from taxexempt.services.expiry import look_at_expiry
from taxexempt.states.places import FORMATS, problem_of_tax_id, state_code, unchecked_note
from taxexempt.wording import LABELS
from taxexempt.wording.lists import BUSINESS_TYPES, EXEMPT_AS
from tests.stories import MONDAY, a_certificate, a_client, a_customer, a_user, days_later

if TYPE_CHECKING:
    from accounts.models import Client, User

pytestmark = pytest.mark.django_db

PDF = CheckedFile("form.pdf", "application/pdf", b"%PDF-1.4 form")
SCAN = CheckedFile("scan.pdf", "application/pdf", b"%PDF-1.4 scan")
TEXAN = CertificateInput(
    reason="M",
    tax_id_type="state",
    tax_id="3-20123-4567-8",
    state_of_issue="TX",
    issued_on=date(2026, 1, 1),
    expires_on=date(2026, 12, 31),
    company="Lone Star College",
    last_name="Ortiz",
    email="tax@lonestar.example",
)


@pytest.fixture
def hafen() -> Client:
    return a_client("hafen")


@pytest.fixture
def tess() -> User:
    return a_user("platform_tax", name="Tess Tax")


@pytest.fixture
def school(hafen: Client) -> Customer:
    return a_school(hafen)


def a_school(client: Client, name: str = "Lone Star College") -> Customer:
    data = replace(a_customer(company=name, email="buyer@lonestar.example", country="US", state="TX"), language="en")
    return find_or_register(client, data, by=None, at=MONDAY)


def valid(customer: Customer, by: User, **facts: Any) -> Certificate:
    return validate(a_certificate(customer, by=by, **facts), by=by, at=MONDAY)


def letters(kind: str) -> list[Email]:
    return list(Email.objects.filter(kind=f"exemption_{kind}").order_by("pk"))


def reasons(certificate: Certificate) -> list[str]:
    rows = certificate.history.order_by("history_id")
    return list(rows.values_list("history_change_reason", flat=True))


# From New to Valid ------------------------------------------------------------------------------------------


def test_a_certificate_is_added_claimed_and_found_valid(school: Customer, tess: User) -> None:
    certificate = add_certificate(school, data=TEXAN, file=PDF, by=tess, at=MONDAY)
    assert (certificate.status, certificate.revision, certificate.created_by) == ("new", 1, tess)
    assert certificate.files.get().filename == "form.pdf"
    claim(certificate, by=tess, at=MONDAY)
    certificate = validate(certificate, by=tess, at=days_later(1))
    assert (certificate.status, certificate.assignee, certificate.decided_at) == ("valid", tess, days_later(1))
    assert reasons(certificate) == ["added", "claimed", "found valid"]
    (letter,) = letters("valid")
    assert (letter.recipient, letter.subject, letter.reference) == (
        "tax@lonestar.example",
        "Your tax exemption is valid",
        f"TX-{certificate.pk}",
    )
    assert "Valid until: December 31, 2026" in letter.body_text


def test_what_is_missing_is_named(school: Customer, tess: User) -> None:
    bare = add_certificate(school, data=CertificateInput(), by=tess, at=MONDAY)
    assert lacking(bare) == ["attachment", "tax_id", "state_of_issue", "issued_on", "expires_on"]
    with pytest.raises(Refused, match="Not yet: the attachment, the tax ID, the state of issue, the date it was"):
        validate(bare, by=tess, at=MONDAY)
    no_file = add_certificate(school, data=TEXAN, by=tess, at=MONDAY)
    assert refusal_to_validate(no_file) == "Not yet: the attachment is missing."
    assert lacking(Certificate(customer=school, client=school.client))[0] == "attachment"


def test_it_is_found_valid_once(school: Customer, tess: User) -> None:
    certificate = valid(school, tess)
    for act in (validate, claim):
        with pytest.raises(Refused, match="is not possible in status Valid"):
            act(certificate, by=tess, at=MONDAY)
    with pytest.raises(Refused, match="nobody has to look at it now"):
        assign(certificate, assignee=tess, by=tess, at=MONDAY)


def test_one_whose_life_is_over_covers_its_days_all_the_same(school: Customer, tess: User) -> None:
    certificate = valid(school, tess, issued_on=date(2025, 1, 1), expires_on=date(2026, 3, 1))
    assert certificate.status == "expired"
    assert covering(school, "US", "TX", date(2026, 3, 1)) == certificate
    assert letters("valid") == []
    validate(a_certificate(school, by=tess), by=tess, at=MONDAY, tell=False)
    assert letters("valid") == []


def test_it_is_given_to_those_who_may_decide(school: Customer, tess: User) -> None:
    certificate = a_certificate(school, by=tess)
    assert assign(certificate, assignee=tess, by=tess, at=MONDAY).assignee == tess
    assert assign(certificate, assignee=None, by=tess, at=MONDAY).assignee is None
    with pytest.raises(Refused, match="may not decide on certificates"):
        assign(certificate, assignee=a_user("client_support", school.client), by=tess, at=MONDAY)
    assert list(deciders()) == [tess]


def test_the_customer_reads_the_lists_of_the_form_in_its_own_language(school: Customer, tess: User) -> None:
    for choices, lists in ((Reason, EXEMPT_AS), (BusinessType, BUSINESS_TYPES)):
        assert lists["en"] == dict(choices.choices)
        assert [set(lists[language]) for language in LABELS] == [set(choices.values)] * len(LABELS)
    Customer.objects.filter(pk=school.pk).update(language="de")
    school.refresh_from_db()
    valid(school, tess, business_type="16")
    (letter,) = letters("valid")
    said = ("Grund der Befreiung: Bildungseinrichtung", "Branche: Bildung und Gesundheitswesen")
    assert [words for words in said if words not in letter.body_text] == []


# Invalid ------------------------------------------------------------------------------------------


def test_an_invalid_one_says_why_and_the_customer_reads_it(school: Customer, tess: User) -> None:
    certificate = add_certificate(school, data=TEXAN, file=PDF, by=tess, at=MONDAY)
    with pytest.raises(Refused, match="Say what is missing or wrong"):
        mark_invalid(certificate, points=["nonsense"], by=tess, at=MONDAY)
    certificate = mark_invalid(certificate, points=["tax_id", "signature"], by=tess, at=MONDAY)
    assert certificate.missing == ["signature", "tax_id"]
    assert certificate.invalid_reason == "Signature missing; Tax ID missing or wrong"
    (letter,) = letters("invalid")
    assert "• It is not signed." in letter.body_text
    assert "• The tax ID is missing or is not a number of that state." in letter.body_text
    with pytest.raises(Refused, match="not possible in status Invalid"):
        mark_invalid(certificate, points=["form"], by=tess, at=MONDAY)


def test_it_is_told_in_the_customers_language_and_in_own_words(hafen: Client, tess: User) -> None:
    german = find_or_register(hafen, a_customer(), by=None, at=MONDAY)
    certificate = a_certificate(german, by=tess)
    mark_invalid(certificate, points=["signature"], reason="Seite 2 fehlt.", by=tess, at=MONDAY)
    (letter,) = letters("invalid")
    assert (letter.language, letter.recipient) == ("de", "einkauf@werft.example")
    assert "• Sie ist nicht unterschrieben." in letter.body_text
    assert "Seite 2 fehlt." in letter.body_text
    mark_invalid(a_certificate(german, by=tess), reason="Quietly", by=tess, at=MONDAY, tell=False)
    assert len(letters("invalid")) == 1


def test_an_invalid_one_covers_nothing_and_is_reviewed_again(school: Customer, tess: User) -> None:
    certificate = mark_invalid(valid(school, tess), reason="Forged", by=tess, at=MONDAY)
    assert covering(school, "US", "TX", date(2026, 3, 2)) is None
    again = save_certificate(certificate, data=TEXAN, by=tess, at=days_later(1))
    assert (again.pk, again.status, again.invalid_reason, again.missing) == (certificate.pk, "in_review", "", [])


# Versions ------------------------------------------------------------------------------------------


def test_what_waits_is_written_over(school: Customer, tess: User) -> None:
    certificate = add_certificate(school, data=TEXAN, file=PDF, by=tess, at=MONDAY)
    kept = certificate.files.get()
    same = save_certificate(
        certificate, data=replace(TEXAN, tax_id="32012345678"), file=SCAN, remove=[kept.pk], by=tess, at=days_later(1)
    )
    assert (same.pk, same.tax_id, same.revision) == (certificate.pk, "32012345678", 1)
    assert [file.filename for file in same.files.all()] == ["scan.pdf"]


def test_what_was_found_valid_gets_a_new_version(school: Customer, tess: User) -> None:
    first = validate(add_certificate(school, data=TEXAN, file=PDF, by=tess, at=MONDAY), by=tess, at=MONDAY)
    renewed = replace(TEXAN, issued_on=date(2027, 1, 1), expires_on=date(2027, 12, 31))
    second = save_certificate(first, data=renewed, file=SCAN, by=tess, at=days_later(1))
    assert (second.revision, second.replaces, second.status, second.assignee) == (2, first, "in_review", tess)
    assert [file.filename for file in second.files.order_by("pk")] == ["form.pdf", "scan.pdf"]
    first.refresh_from_db()
    assert (first.status, first.expires_on, first.files.count()) == ("valid", date(2026, 12, 31), 1)
    assert family_of(first) == family_of(second) == [second, first]
    with pytest.raises(Refused, match=f"There is a newer version, certificate {second.pk}"):
        save_certificate(first, data=renewed, by=tess, at=days_later(2))


def test_what_was_once_found_valid_is_never_written_over(school: Customer, tess: User) -> None:
    first = mark_invalid(valid(school, tess), reason="Forged", by=tess, at=MONDAY)
    said = first.tax_id
    second = save_certificate(first, data=replace(TEXAN, tax_id="32012345678"), by=tess, at=days_later(1))
    assert (second.replaces, second.status, second.tax_id) == (first, "in_review", "32012345678")
    first.refresh_from_db()
    assert (first.status, first.tax_id) == ("invalid", said)


def test_the_contact_of_a_valid_one_is_changed_in_place(school: Customer, tess: User) -> None:
    first = validate(add_certificate(school, data=TEXAN, file=PDF, by=tess, at=MONDAY), by=tess, at=MONDAY)
    same = save_certificate(first, data=replace(TEXAN, phone="+1 512 555 0100"), by=tess, at=days_later(1))
    assert (same.pk, same.status, same.phone) == (first.pk, "valid", "+1 512 555 0100")
    without = save_certificate(first, data=TEXAN, remove=[first.files.get().pk], by=tess, at=days_later(1))
    assert (without.revision, without.files.count()) == (2, 0)


def test_a_file_is_there_once_and_not_too_many(school: Customer, tess: User) -> None:
    certificate = add_certificate(school, data=TEXAN, file=PDF, by=tess, at=MONDAY)
    with pytest.raises(Refused, match="This file is there already: form"):
        save_certificate(certificate, data=TEXAN, file=PDF, by=tess, at=MONDAY)
    for number in range(1, MOST_FILES):
        more = replace(PDF, content=f"%PDF-{number}".encode())
        save_certificate(certificate, data=TEXAN, file=more, by=tess, at=MONDAY)
    with pytest.raises(Refused, match=f"At most {MOST_FILES} attachments"):
        save_certificate(certificate, data=TEXAN, file=SCAN, by=tess, at=MONDAY)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"expires_on": date(2025, 12, 31)}, "expires_on"),
        ({"tax_id": "12-34"}, "tax_id"),
        ({"state_of_issue": "XX"}, "state_of_issue"),
    ],
)
def test_what_cannot_be_is_refused(school: Customer, tess: User, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        add_certificate(school, data=replace(TEXAN, **changes), by=tess, at=MONDAY)
    assert refused.value.code == field
    assert not Certificate.objects.exists()


# What covers a purchase ------------------------------------------------------------------------------------------


def test_a_certificate_covers_its_days_in_its_state(school: Customer, tess: User) -> None:
    certificate = valid(school, tess)
    waiting = a_certificate(school, by=tess, state_of_issue="OH", tax_id="25-123456")
    assert covering(school, "US", "Texas", date(2026, 1, 1)) == certificate
    assert covering(school, "US", "US-TX", date(2026, 12, 31)) == certificate
    assert covering(school, "US", "TX", date(2027, 1, 1)) is None
    assert covering(school, "US", "OH", date(2026, 3, 2)) is None
    assert covering(school, "MX", "TX", date(2026, 3, 2)) is None
    assert covering(school, "US", "nowhere", date(2026, 3, 2)) is None
    assert [certificate.covers(date(2026, 3, 2)), waiting.covers(date(2026, 3, 2))] == [True, False]


def test_of_two_the_newer_one_covers(school: Customer, tess: User) -> None:
    older = valid(school, tess)
    newer = valid(school, tess, issued_on=date(2026, 6, 1), expires_on=date(2027, 5, 31))
    assert [covering(school, "US", "TX", date(2026, month, 2)) for month in (3, 7)] == [older, newer]


@pytest.mark.parametrize(
    ("typed", "code"),
    [("TX", "TX"), ("us-tx", "TX"), ("Texas", "TX"), ("New York", "NY"), ("Bavaria", ""), ("", ""), ("USA", "")],
)
def test_a_state_is_read_however_it_is_written(typed: str, code: str) -> None:
    assert state_code(typed) == code


@pytest.mark.parametrize(
    ("kind", "state", "typed", "is_good"),
    [
        ("state", "TX", "3-20123-4567-8", True),
        ("state", "TX", "20123", False),
        ("state", "NY", "EX-123456", True),
        ("state", "KY", "anything", True),
        ("fein", "TX", "91-1144442", True),
        ("fein", "TX", "12", False),
        ("license", "TX", "12", True),
        ("state", "TX", "", True),
        ("state", "AL", "SLS-R001234567", True),
        ("state", "AL", "EX-555", True),
        ("state", "CO", "98-12345", True),
        ("state", "CO", "12345678-0001", True),
        ("state", "CO", "1234", False),
        ("state", "IN", "0123456789-001", True),
        ("state", "IN", "012345678", False),
        ("state", "KS", "004-481880059F-01", True),
        ("state", "KS", "004-481880059X-01", False),
        ("state", "MD", "31012345", True),
        ("state", "MN", "1234567", True),
        ("state", "MO", "12345678", True),
        ("state", "MO", "123456789", False),
        ("state", "VA", "10-123456789F-001", True),
        ("state", "VA", "10-12345", False),
    ],
)
def test_a_tax_id_looks_like_those_of_its_state(kind: str, state: str, typed: str, is_good: bool) -> None:  # noqa: FBT001
    assert (problem_of_tax_id(kind, state, typed) == "") is is_good


@pytest.mark.parametrize(
    ("kind", "state", "typed", "note"),
    [
        ("state", "TX", "3-20123-4567-8", ""),
        ("fein", "GA", "91-1144442", ""),
        ("state", "GA", "", ""),
        ("state", "GA", "whatever 1", "Format not checked: how tax IDs of Georgia look is not on file."),
        ("state", "", "123", "Format not checked: no state of issue is chosen."),
        ("license", "TX", "123", "Format not checked: IDs of this type have no common one."),
        ("", "TX", "123", "Format not checked: no tax ID type is chosen."),
    ],
)
def test_a_tax_id_that_cannot_be_checked_is_taken_and_says_so(kind: str, state: str, typed: str, note: str) -> None:
    assert problem_of_tax_id(kind, state, typed) == ""
    assert unchecked_note(kind, state, typed) == note


def test_every_format_says_where_it_is_from() -> None:
    assert [state for state, known in FORMATS.items() if not known.source] == []


def test_every_example_fits_its_own_format() -> None:
    assert [state for state, known in FORMATS.items() if problem_of_tax_id("state", state, known.example)] == []
    assert problem_of_tax_id("state", "TX", "1") == "A tax ID of Texas has 11 digits, such as 3-20123-4567-8."


# The calendar ------------------------------------------------------------------------------------------


def at_nine(day: date) -> datetime:
    """Nine o'clock in Hamburg."""
    return datetime(day.year, day.month, day.day, 8, tzinfo=UTC)


def test_it_is_reminded_of_twice_and_then_expires(school: Customer, tess: User) -> None:
    certificate = valid(school, tess)
    last = date(2026, 12, 31)
    steps = {left: look_at_expiry(at=at_nine(last - timedelta(days=left))) for left in (31, 30, 29, 8, 7, 6, 0)}
    assert steps == {31: 0, 30: 1, 29: 0, 8: 0, 7: 1, 6: 0, 0: 0}
    assert [letter.subject for letter in letters("expiring")] == ["Your tax exemption expires on December 31, 2026"] * 2
    midnight = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    assert look_at_expiry(at=midnight) == 0
    assert run_periodic_jobs(at=at_nine(date(2027, 1, 1))).certificates == 1
    assert look_at_expiry(at=at_nine(date(2027, 1, 2))) == 0
    certificate.refresh_from_db()
    assert (certificate.status, certificate.changed_by) == ("expired", None)
    assert reasons(certificate)[-3:] == [
        "reminded of its end, 30 days before",
        "reminded of its end, 7 days before",
        "its life is over",
    ]


def test_many_that_are_over_are_walked_a_few_at_a_time(
    monkeypatch: pytest.MonkeyPatch, school: Customer, tess: User
) -> None:
    monkeypatch.setattr("core.walking.CHUNK", 2)
    for _ in range(5):
        valid(school, tess)
    assert look_at_expiry(at=at_nine(date(2027, 1, 1))) == 5
    assert set(Certificate.objects.values_list("status", flat=True)) == {"expired"}


def test_after_an_outage_only_the_late_reminder_goes_out(school: Customer, tess: User) -> None:
    valid(school, tess)
    assert look_at_expiry(at=at_nine(date(2026, 12, 27))) == 1
    assert len(letters("expiring")) == 1


def test_a_renewed_one_is_not_reminded_of(school: Customer, tess: User) -> None:
    first = validate(add_certificate(school, data=TEXAN, file=PDF, by=tess, at=MONDAY), by=tess, at=MONDAY)
    renewed = replace(TEXAN, issued_on=date(2026, 3, 2), expires_on=date(2027, 12, 31))
    validate(save_certificate(first, data=renewed, by=tess, at=MONDAY), by=tess, at=MONDAY)
    assert look_at_expiry(at=at_nine(date(2026, 12, 10))) == 1
    assert letters("expiring") == []
    first.refresh_from_db()
    assert reasons(first)[-1] == "a newer version follows, 30 days before"


def test_nobody_to_remind_is_noted_once(school: Customer, tess: User) -> None:
    certificate = valid(school, tess)
    save_contact(school, kind="billing", address=AddressInput(company="Lone Star College"), by=tess, at=MONDAY)
    assert look_at_expiry(at=at_nine(date(2026, 12, 10))) == 1
    assert look_at_expiry(at=at_nine(date(2026, 12, 11))) == 0
    assert reasons(certificate)[-1] == "nobody to remind of its end, 30 days before"
    with pytest.raises(Refused, match="There is no e-mail address to write to"):
        ask_renewal(certificate, by=tess, at=MONDAY)


def test_somebody_who_was_faster_leaves_nothing_to_do(school: Customer, tess: User) -> None:
    valid(school, tess)
    second = valid(school, tess)

    def meanwhile(**_: Any) -> None:
        Certificate.objects.filter(pk=second.pk).update(status="invalid", invalid_reason="Forged")

    email_queued.connect(meanwhile)
    try:
        assert look_at_expiry(at=at_nine(date(2026, 12, 10))) == 1
    finally:
        email_queued.disconnect(meanwhile)


def test_one_that_fails_does_not_keep_the_others_back(school: Customer, tess: User) -> None:
    bad, good = valid(school, tess), valid(school, tess)

    def breaks(email: Email, **_: Any) -> None:
        if email.reference == f"TX-{bad.pk}":
            raise ZeroDivisionError

    email_queued.connect(breaks)
    try:
        assert look_at_expiry(at=at_nine(date(2026, 12, 10))) == 1
    finally:
        email_queued.disconnect(breaks)
    assert [letter.reference for letter in letters("expiring")] == [f"TX-{good.pk}"]
    assert ErrorRecord.objects.get().note == f"ZeroDivisionError when the last day of {bad} was looked at"
    assert look_at_expiry(at=at_nine(date(2026, 12, 10))) == 1, "tried again"


def test_a_new_one_is_asked_for(school: Customer, tess: User) -> None:
    certificate = ask_renewal(valid(school, tess), by=tess, at=days_later(3))
    assert certificate.renewal_asked_at == days_later(3)
    (letter,) = letters("renewal")
    assert letter.recipient == "buyer@lonestar.example"


def test_with_nothing_to_do_the_calendar_is_one_query(
    school: Customer, tess: User, django_assert_num_queries: Any
) -> None:
    valid(school, tess)
    with django_assert_num_queries(1, connection=connection):
        assert look_at_expiry(at=at_nine(date(2026, 6, 1))) == 0


# Customers ------------------------------------------------------------------------------------------


def test_certificates_move_with_a_merge_and_back(hafen: Client, tess: User) -> None:
    kept, gone = a_school(hafen, "Lone Star College"), a_school(hafen, "Lonestar Coll.")
    certificate = valid(gone, tess)
    assert "1 exemption certificate moves." in effects_of_merge(kept, gone)[0]
    assert not any("certificate" in line for line in effects_of_merge(gone, kept)[0])
    merge = merge_customers(kept, gone, by=tess, at=MONDAY)
    certificate.refresh_from_db()
    assert certificate.customer == kept
    undo_merge(merge, by=tess, at=days_later(1))
    certificate.refresh_from_db()
    assert certificate.customer == gone


def test_people_go_out_of_certificates(school: Customer, tess: User) -> None:
    certificate = add_certificate(school, data=TEXAN, file=PDF, by=tess, at=MONDAY)
    validate(certificate, by=tess, at=MONDAY)
    Email.objects.update(status="SENT", sent_at=MONDAY)
    anonymize_customer(school, by=tess, at=days_later(1))
    certificate.refresh_from_db()
    assert (certificate.last_name, certificate.email, certificate.company) == ("", "", "Lone Star College")
    assert {line.last_name for line in certificate.history.all()} == {""}
    assert letters("valid")[0].recipient == "removed@invalid"


def test_what_holds_stands_before_what_is_over(school: Customer, tess: User) -> None:
    over = mark_invalid(valid(school, tess), reason="Forged", by=tess, at=MONDAY)
    holds = valid(school, tess)
    assert list(newest_first(Certificate.objects.all())) == [holds, over]
