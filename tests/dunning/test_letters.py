"""The notices and the statement: what they say, in five languages, and the e-mails that bring them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from pypdf import PdfReader

from core.days import is_business_day
from core.letters import LANGUAGES, TOKEN, unknown_tokens
from core.pdf import render_pdf
from dunning import documents, emails
from dunning.models import Notice, NoticeStatus, Statement
from dunning.wording import EMAILS, LABELS, NOTICES, STATEMENTS, TOKENS
from mailing.models import Email
from purchases.models import Document, DocumentKind, Purchase
from purchases.services.documents import keep_document, take_number
from tests.stories import (
    a_client,
    a_customer,
    a_partner,
    a_released_po,
    an_offline_order,
    days_later,
    pays,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

DAYS = {1: 30, 2: 44, 3: 58}
TITLES = {
    1: {"en": "Payment reminder", "de": "Zahlungserinnerung", "fr": "Rappel de paiement", "es": "Recordatorio de pago",
        "ja": "お支払いのお願い"},
    2: {"en": "Second payment notice", "de": "Zweite Mahnung", "fr": "Deuxième relance", "es": "Segundo aviso de pago",
        "ja": "再度のご連絡"},
    3: {"en": "Third and last notice", "de": "Dritte und letzte Mahnung", "fr": "Troisième et dernière relance",
        "es": "Tercer y último aviso", "ja": "最終督促状"},
}  # fmt: skip


def printed(template: str, data: dict[str, Any], language: str) -> list[str]:
    """The words of each page, with plain blanks."""
    content = render_pdf(template, json.loads(json.dumps(data)), language=language)
    texts = [page.extract_text() for page in PdfReader(BytesIO(content)).pages]
    return [" ".join(text.replace("\xa0", " ").replace("\u202f", " ").split()) for text in texts]


def a_po(language: str = "en", **policy: Any) -> Purchase:
    """An accepted PO of 2 March, due on 1 April, 119.00 EUR."""
    return a_released_po(a_client(**policy), customer=replace(a_customer(), language=language))


def a_notice(purchase: Purchase, level: int, at: datetime) -> tuple[Notice, Document]:
    """A notice with its letter, as the worker writes them."""
    kind = f"PDN{level}"
    number = take_number(purchase.client, kind, at=at)
    document = keep_document(
        purchase.client,
        kind,
        number=number,
        template=documents.TEMPLATES[kind],
        data=documents.notice_data(purchase, level=level, number=number, at=at),
        language=purchase.language,
        at=at,
        purchase=purchase,
    )
    return a_step(purchase, f"pdn{level}", at, document=document), document


def a_step(purchase: Purchase, step: str, at: datetime, document: Document | None = None) -> Notice:
    """A step on its way."""
    return Notice.objects.create(
        purchase=purchase, step=step, on=at.date(), status=NoticeStatus.PENDING, decided_at=at,
        open_minor=purchase.open_amount.minor, document=document,
    )  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("level", [1, 2, 3])
def test_a_notice_fits_on_one_page_and_says_everything(level: int, language: str) -> None:
    purchase = a_po(language)
    _, document = a_notice(purchase, level, days_later(DAYS[level]))
    [text] = printed(document.template, document.data, language)
    words = {row[1] for row in document.data["letter"]["particulars"]}
    for word in (TITLES[level][language], document.number, purchase.reference, "4500001", "INV-2026-000001", *words):
        assert " ".join(word.replace("\xa0", " ").split()) in text, word
    for row in document.data["letter"]["next"]["rows"]:
        assert "".join(row[1].split()) in "".join(text.split())
    assert "\ufffd" not in text
    assert "{{" not in text


@pytest.mark.django_db
def test_a_notice_after_a_part_payment_shows_what_is_open() -> None:
    purchase = pays(a_po(), "19.00", at=days_later(5))
    letter = documents.notice_data(purchase, level=2, number="PDN2-1", at=days_later(44))["letter"]
    assert [(row["label"], row["value"]) for row in letter["totals"]] == [
        ("Net total", "€100.00"),
        ("Tax 19% on €100.00", "€19.00"),
        ("Total", "€119.00"),
        ("Payments received", "-€19.00"),
        ("Open amount", "€100.00"),
    ]
    assert letter["payment"]["figure"] == "€100.00"
    assert ["Days overdue", "14"] in letter["particulars"]


@pytest.mark.django_db
def test_credit_notes_are_shown() -> None:
    letter = documents.notice_data(a_po(), level=1, number="1", at=days_later(30), credited_minor=1900)["letter"]
    assert [(row["label"], row["value"]) for row in letter["totals"][-2:]] == [
        ("Credit notes", "-€19.00"),
        ("Open amount", "€100.00"),
    ]


@pytest.mark.django_db
def test_each_notice_says_what_comes_next_and_when() -> None:
    purchase = a_po()
    nexts = {
        level: documents.notice_data(purchase, level=level, number="1", at=days_later(day))["letter"]["next"]["rows"][1]
        for level, day in DAYS.items()
    }
    assert nexts[1] == ["From April 15, 2026", "No payment yet: we send you a second notice."]
    assert nexts[2] == ["From April 29, 2026", "No payment yet: we send you the third and last notice."]
    assert nexts[3] == [
        "From May 11, 2026",
        "No payment yet: your order is canceled, and license keys already delivered may be deactivated.",
    ]


@pytest.mark.django_db
def test_the_last_notice_threatens_no_cancellation_that_will_not_come() -> None:
    kept = a_po(cancel_step=False)
    rows = documents.notice_data(kept, level=3, number="1", at=days_later(58))["letter"]["next"]["rows"]
    assert rows[1][1].startswith("No payment yet: we reserve all further steps")
    partly = pays(a_released_po(a_client("partly"), customer=replace(a_customer(), language="en")), "1.00")
    rows = documents.notice_data(partly, level=3, number="1", at=days_later(58))["letter"]["next"]["rows"]
    assert "canceled" not in rows[1][1]


@pytest.mark.django_db
def test_the_pay_by_day_is_a_business_day_before_the_next_step() -> None:
    client = a_client()
    for level, distance in documents.DAYS_TO_NEXT.items():
        for offset in range(366):
            on = date.fromordinal(date(2026, 1, 1).toordinal() + offset)
            day = documents.pay_by(on, level, client)
            assert is_business_day(day, "DE", "HH")
            assert on < day
            assert (day - on).days < distance


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_e_mail_of_a_notice_says_what_its_letter_says(language: str) -> None:
    purchase = a_po(language)
    notice, document = a_notice(purchase, 2, days_later(44))
    text = documents.notice_text(purchase.client, level=2, language=language)
    email = emails.notice(purchase, text, notice=notice, document=document, at=days_later(44)).queue()
    assert email.kind == "pdn2"
    assert email.recipient == "einkauf@werft.example"
    assert "INV-2026-000001" in email.subject
    assert document.data["values"]["pay_by"] in email.body_text
    assert list(email.attachments.values_list("source", "filename")) == [
        (f"purchases.document:{document.pk}", "PDN2-2026-000001.pdf")
    ]


@pytest.mark.django_db
def test_the_three_notices_are_three_e_mails_in_three_tones() -> None:
    purchase = a_po()
    subjects = []
    for level, day in DAYS.items():
        notice, document = a_notice(purchase, level, days_later(day))
        text = documents.notice_text(purchase.client, level=level, language="en")
        draft = emails.notice(purchase, text, notice=notice, document=document, at=days_later(day))
        subjects.append(draft.message.subject_line)
    assert subjects == [
        "Payment reminder: invoice INV-2026-000001 over €119.00",
        "Second notice: invoice INV-2026-000001 is 14 days overdue",
        "Last notice: invoice INV-2026-000001 is 28 days overdue",
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_reminders_and_announcements_in_every_language(language: str) -> None:
    client = a_client()
    offline = an_offline_order(client, customer=replace(a_customer(), language=language))
    first = emails.reminder(offline, notice=a_step(offline, "reminder1", days_later(7)), at=days_later(7))
    second = emails.reminder(offline, notice=a_step(offline, "reminder2", days_later(14)), at=days_later(14))
    expired = emails.offline_expired(offline, at=days_later(30))
    purchase = a_released_po(client, customer=replace(a_customer(), language=language))
    step = a_step(purchase, "notification", days_later(65))
    announced = emails.cancellation_announced(purchase, notice=step, at=days_later(65))
    assert expired is not None
    assert announced is not None
    for email in (first, second, expired, announced):
        assert email.language == language
        assert "{{" not in email.subject + email.body_text + email.body_html
    assert LABELS[language]["next_title"]


@pytest.mark.django_db
def test_the_second_reminder_names_the_last_day() -> None:
    offline = an_offline_order(a_client(), customer=replace(a_customer(), language="en"))
    email = emails.reminder(offline, notice=a_step(offline, "reminder2", days_later(14)), at=days_later(14))
    assert email.subject == f"Last reminder: your order {offline.reference} expires on April 1, 2026"


@pytest.mark.django_db
def test_the_client_decides_on_a_signed_page() -> None:
    purchase = a_po()
    step = a_step(purchase, "notification", days_later(65))
    email = emails.client_notification(purchase, notice=step, token="t0ken", at=days_later(65))
    assert email.recipient == "orders@hafen.example"
    assert email.language == "de"
    assert email.kind == "client_notification"
    assert "11. Mai 2026" in email.subject
    assert "Werft & Söhne KG" in email.body_text
    assert emails.answer_url("t0ken") in email.body_text
    assert f'href="{emails.answer_url("t0ken")}"' in email.body_html


@pytest.mark.django_db
def test_a_partly_paid_order_is_not_announced_to_be_canceled() -> None:
    purchase = pays(a_po(), "19.00", at=days_later(5))
    step = a_step(purchase, "notification", days_later(65))
    assert emails.cancellation_announced(purchase, notice=step, at=days_later(65)) is None
    email = emails.client_notification(purchase, notice=step, token="t0ken", at=days_later(65))
    assert "teilweise bezahlt" in email.subject


@pytest.mark.django_db
def test_the_client_hears_of_the_cancellation() -> None:
    purchase = a_po()
    email = emails.client_canceled(purchase, at=days_later(70))
    assert purchase.reference in email.subject
    assert "Werft & Söhne KG" in email.body_text


def a_statement(count: int) -> tuple[Statement, Document, list[Purchase]]:
    """A partner's statement of `count` unpaid orders."""
    client = a_client()
    partner = a_partner(client, month_end_statement=True)
    orders = [a_released_po(client, at=days_later(day), po_number=f"PO-{day}") for day in range(count)]
    at = days_later(58)
    document = keep_document(
        client,
        DocumentKind.STATEMENT,
        number="STM-2026-000001",
        template=documents.TEMPLATES[DocumentKind.STATEMENT],
        data=documents.statement_data(partner, orders, number="STM-2026-000001", at=at),
        language=documents.statement_language(partner),
        at=at,
        partner=partner,
    )
    statement = Statement.objects.create(
        partner=partner,
        period=at.date().replace(day=1),
        on=at.date(),
        decided_at=at,
        orders=[order.reference for order in orders],
        document=document,
    )
    return statement, document, orders


@pytest.mark.django_db
def test_a_statement_lists_every_order_and_adds_up() -> None:
    statement, document, orders = a_statement(3)
    [text] = printed(document.template, document.data, "de")
    for order in orders:
        assert order.reference in text
    assert "357,00 €" in text
    assert "Aufstellung offener Bestellungen" in text
    email = emails.partner_statement(
        statement.partner, statement=statement, document=document, orders=orders, at=days_later(58)
    )
    assert email.recipient == "ap@reseller.example"
    assert "3 unbezahlten Bestellungen" in email.body_text
    assert Email.objects.get(kind="partner_statement").attachments.get().filename == "STM-2026-000001.pdf"


@pytest.mark.django_db
def test_a_long_statement_repeats_its_head() -> None:
    _, document, orders = a_statement(40)
    first, *_, last = printed(document.template, document.data, "de")
    assert "Seite 1 von 2" in first
    assert "Tage überfällig" in last
    assert orders[-1].reference in last


def words_of(texts: Any) -> list[str]:
    """Every string in nested data."""
    if isinstance(texts, str):
        return [texts]
    return [word for part in (texts.values() if isinstance(texts, dict) else texts) for word in words_of(part)]


def test_texts_use_only_known_tokens_in_every_language() -> None:
    worded: list[Mapping[str, object]] = [*NOTICES.values(), STATEMENTS, *EMAILS.values()]
    for texts in worded:
        assert set(texts) == set(LANGUAGES)
    for labels in LABELS.values():
        assert set(labels) == set(LABELS["en"])
    for text in words_of([*NOTICES.values(), STATEMENTS, *EMAILS.values(), *LABELS.values()]):
        assert unknown_tokens(text, TOKENS | {"currency", "disregard"}) == [], text


def test_translations_say_the_same_things() -> None:
    """The tokens of an e-mail are the same in all languages, or a reader would miss a number."""
    emails_of = {str(level): {code: text.email for code, text in texts.items()} for level, texts in NOTICES.items()}
    for kind, by_language in {**emails_of, **EMAILS}.items():
        used = {
            language: frozenset(TOKEN.findall(" ".join((*text.before, *text.after)))) - {"client"}
            for language, text in by_language.items()
        }
        assert len(set(used.values())) == 1, (kind, used)
