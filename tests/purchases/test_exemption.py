"""What a certificate does: new orders bear no tax, paid tax goes back, what is unpaid is billed anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.money import Money
from core.refused import Refused
from mailing.models import Attachment, Email
from partners.selectors import outstanding
from purchases.models import Document, HistoryEntry, Purchase, Refund, Source
from purchases.selectors.exemption import certificate_of, tax_sentence
from purchases.services.cancel import cancel_purchase
from purchases.services.einvoice import write_xml
from purchases.services.exemption import apply_certificate, changes_of
from purchases.services.payment import record_payment
from purchases.services.place import OrderLine, place_order, reprice
from purchases.services.refund import refund_purchase
from purchases.signals import late_money
from quotes.services.portal import Wish, estimate
from taxexempt.services import mark_invalid, validate
from tests.purchases.test_einvoice import broken_rules
from tests.stories import (
    MONDAY,
    SCHOOL,
    a_certificate,
    a_client,
    a_customer,
    a_partner,
    a_released_po,
    a_texan_client,
    a_user,
    an_offline_order,
    an_order,
    days_later,
    of_school,
    pays,
    the_product,
)

if TYPE_CHECKING:
    from accounts.models import Client, User
    from taxexempt.models import Certificate

pytestmark = pytest.mark.django_db
LATER = days_later(5)
RATE = Decimal("8.25")


@pytest.fixture
def texas() -> Client:
    return a_texan_client()


@pytest.fixture
def tax() -> User:
    return a_user("platform_tax")


def a_valid(purchase: Purchase, by: User, **facts: Any) -> Certificate:
    """A certificate of the purchase's customer that was found valid on Saturday."""
    return validate(a_certificate(purchase.customer, by=by, **facts), by=by, at=LATER)


def numbers(purchase: Purchase) -> list[str]:
    return list(Document.objects.filter(purchase=purchase).order_by("pk").values_list("number", flat=True))


def sums(purchase: Purchase) -> tuple[int, int, int]:
    return purchase.net_minor, purchase.tax_minor, purchase.gross_minor


def why(purchase: Purchase) -> str:
    return tax_sentence(Purchase.objects.get(pk=purchase.pk), language="en")


# New orders ----------------------------------------------------------------------------------------------------------


def test_a_new_order_of_a_covered_customer_bears_no_tax_and_says_why(texas: Client, tax: User) -> None:
    certificate = a_valid(an_offline_order(texas, **of_school()), tax)
    purchase = a_released_po(texas, at=LATER, **of_school())
    assert (sums(purchase), purchase.exempt_by) == ((10_000, 0, 10_000), certificate)
    item = purchase.items.get()
    assert (item.tax_percent, item.tax_minor, item.gross_minor) == (Decimal(0), 0, 10_000)
    entry = HistoryEntry.objects.get(purchase=purchase, event="exempt")
    assert (entry.note, entry.detail) == (f"No tax: {certificate} covers the order", "Educational organization")
    said = (
        "No sales tax is billed: your exemption certificate of Texas covers this order (Educational organization, tax "
        "ID 3-20123-4567-8)."
    )
    for document in Document.objects.filter(purchase=purchase):
        assert said in document.data["letter"]["notes"]
    invoice = Document.objects.get(purchase=purchase, kind="INV")
    assert invoice.data["einvoice"]["taxes"] == [
        {
            "category": "E",
            "percent": "0",
            "net": "100.00",
            "tax": "0.00",
            "reason": "Exempt from sales tax of Texas: Educational organization, tax ID 3-20123-4567-8",
        }
    ]
    assert broken_rules(write_xml(invoice.data["einvoice"])) == []
    assert why(purchase) == f"No tax: {certificate} covers it."


def test_a_customer_reads_on_its_documents_why_it_is_exempt_in_its_language(texas: Client, tax: User) -> None:
    school = replace(a_customer(**SCHOOL), language="fr")
    a_valid(an_offline_order(texas, **of_school(customer=school)), tax)
    purchase = a_released_po(texas, at=LATER, **of_school(customer=school))
    invoice = Document.objects.get(purchase=purchase, kind="INV")
    assert "(Établissement d’enseignement, numéro fiscal 3-20123-4567-8)" in invoice.data["letter"]["notes"][0]


def test_a_certificate_that_gives_no_reason_is_named_by_its_number(texas: Client, tax: User) -> None:
    a_valid(an_offline_order(texas, **of_school()), tax, reason="")
    purchase = a_released_po(texas, at=LATER, **of_school())
    invoice = Document.objects.get(purchase=purchase, kind="INV")
    assert invoice.data["letter"]["notes"] == [
        "No sales tax is billed: your exemption certificate of Texas covers this order (tax ID 3-20123-4567-8)."
    ]
    (row,) = invoice.data["einvoice"]["taxes"]
    assert row["reason"] == "Exempt from sales tax of Texas: tax ID 3-20123-4567-8"


def test_an_order_outside_the_life_or_the_state_is_taxed_as_before(texas: Client, tax: User) -> None:
    certificate = a_valid(an_offline_order(texas, **of_school()), tax, expires_on=date(2026, 3, 31))
    late = an_offline_order(texas, at=days_later(60), **of_school())
    elsewhere = an_offline_order(texas, at=LATER, customer=a_customer(**{**SCHOOL, "state": "OK"}), tax_percent=RATE)
    assert [one.exempt_by for one in (late, elsewhere)] == [None, None]
    assert sums(late) == (10_000, 825, 10_825)
    assert why(late) == (
        f"8.25% tax was entered with the order: no rate is on file for United States. {certificate} covers orders "
        "until March 31, 2026 only."
    )
    assert why(elsewhere).endswith("No exemption certificate of Oklahoma is on file, only of another state.")
    assert certificate_of(late) is None


def test_marked_invalid_it_covers_no_new_order_and_earlier_ones_stay(texas: Client, tax: User) -> None:
    certificate = a_valid(an_offline_order(texas, **of_school()), tax)
    earlier = a_released_po(texas, at=LATER, **of_school())
    mark_invalid(certificate, reason="The signature is missing.", by=tax, at=LATER)
    new = an_offline_order(texas, at=LATER, **of_school())
    earlier.refresh_from_db()
    assert (sums(new), new.exempt_by) == ((10_000, 825, 10_825), None)
    assert (sums(earlier), earlier.exempt_by) == ((10_000, 0, 10_000), certificate)
    assert why(new).endswith(f"{certificate} is invalid: The signature is missing.")


def test_whoever_types_a_covered_customers_name_with_another_address_is_taxed(texas: Client, tax: User) -> None:
    certificate = a_valid(an_offline_order(texas, **of_school()), tax)
    stranger = an_offline_order(texas, at=LATER, customer=a_customer(**SCHOOL, street="Elsewhere 1"), tax_percent=RATE)
    assert (stranger.customer, sums(stranger)) == (certificate.customer, (10_000, 825, 10_825))
    entry = HistoryEntry.objects.get(purchase=stranger, event="taxed")
    assert entry.detail == "Other than on file is the street."
    assert why(stranger).endswith(f"{certificate} covers it, but was not applied when the order came in.")
    assert certificate_of(stranger) == certificate
    keyed_in = place_order(
        texas,
        an_order(source=Source.OFFLINE, **of_school(customer=a_customer(**SCHOOL, street="New Street 2"))),
        by=tax,
        at=LATER,
    )
    assert keyed_in.exempt_by == certificate, "Customer Service has the order before it"


def test_the_partner_portal_shows_the_order_without_tax_before_it_is_placed(texas: Client, tax: User) -> None:
    order = an_offline_order(texas, **of_school())
    wish = Wish([(the_product(texas), 2)], "EUR", of_school()["customer"])
    partner = a_partner(texas)
    assert estimate(partner, wish, at=LATER).tax_answer.reason == "not_calculated"
    certificate = a_valid(order, tax)
    shown = estimate(partner, wish, at=LATER)
    assert (shown.tax_answer.reason, shown.gross) == ("exempt", Money(20_000, "EUR"))
    assert shown.tax_answer.sentence == f"No tax: {certificate} covers this customer."


def test_a_quote_of_a_covered_customer_stays_without_tax_when_it_is_revised(texas: Client, tax: User) -> None:
    certificate = a_valid(an_offline_order(texas, **of_school()), tax)
    order = an_order(source=Source.QUOTE, is_po=False, po_number="", **of_school())
    quote = place_order(texas, order, by=None, at=LATER)
    assert (quote.status, quote.exempt_by) == ("QUO", certificate)
    assert reprice(quote, replace(order, lines=[OrderLine("PRO", 3)]), at=days_later(6)) is None
    assert sums(quote) == (30_000, 0, 30_000)


def test_a_revision_to_another_state_is_taxed_and_says_why(texas: Client, tax: User) -> None:
    certificate = a_valid(an_offline_order(texas, **of_school()), tax)
    order = an_order(source=Source.QUOTE, is_po=False, po_number="", **of_school())
    quote = place_order(texas, order, by=None, at=LATER)
    moved = replace(order.customer, billing=replace(order.customer.billing, state="OK"))
    note = reprice(quote, replace(order, customer=moved), at=days_later(6))
    assert note is not None
    assert note.text == f"Not exempt any more: {certificate} is of another customer, address or state"
    assert (note.detail, quote.exempt_by, quote.tax_minor) == ("", None, 825)


def test_a_revision_is_taxed_by_what_is_valid_on_its_day(texas: Client, tax: User) -> None:
    certificate = a_valid(an_offline_order(texas, **of_school()), tax, expires_on=days_later(10).date())
    order = an_order(source=Source.QUOTE, is_po=False, po_number="", **of_school())
    quote = place_order(texas, order, by=None, at=LATER)

    over = reprice(quote, order, at=days_later(11))
    assert over is not None
    assert (over.event, over.text) == ("taxed", f"Not exempt any more: {certificate} does not cover this day")
    assert over.detail == f"{certificate} covers orders until March 12, 2026 only."
    assert (sums(quote), quote.exempt_by, quote.ordered_at) == ((10_000, 825, 10_825), None, days_later(11))
    assert reprice(quote, order, at=days_later(12)) is None, "what was said once is not said again"

    newer = validate(a_certificate(certificate.customer, by=tax), by=tax, at=LATER)
    again = reprice(quote, order, at=days_later(13))
    assert again is not None
    assert again.text == f"No tax: {newer} covers the order"
    assert (sums(quote), quote.exempt_by) == ((10_000, 0, 10_000), newer)

    mark_invalid(newer, points=["signature"], reason="forged", by=tax, at=days_later(14))
    quote.refresh_from_db()
    quote.exempt_by = newer
    newer.refresh_from_db()
    invalid = reprice(quote, order, at=days_later(14))
    assert invalid is not None
    assert (invalid.detail.startswith(f"{newer} is invalid: "), quote.tax_minor) == (True, 825)


def test_an_export_needs_no_certificate(texas: Client, tax: User) -> None:
    certificate = a_valid(an_offline_order(texas, **of_school()), tax)
    abroad = a_client("hafen")
    assert certificate.customer.client == texas
    purchase = an_offline_order(abroad, **of_school(tax_percent=Decimal(0)))
    assert (purchase.exempt_by, why(purchase)) == (
        None,
        "No tax: an order to United States leaves the area in which the seller would have to charge it.",
    )


# What was taxed before -----------------------------------------------------------------------------------------------


def test_the_tax_of_a_paid_purchase_goes_back_with_a_credit_note(texas: Client, tax: User) -> None:
    purchase = pays(an_offline_order(texas, **of_school()), "108.25")
    certificate = a_valid(purchase, tax)
    (change,) = changes_of(certificate, on=LATER.date())
    assert (change.purchase, change.tax, change.is_refund, change.why_not) == (purchase, Money(825, "EUR"), True, "")
    purchase = apply_certificate(purchase, certificate=certificate, by=tax, at=LATER)
    refund = Refund.objects.get(purchase=purchase)
    assert (refund.kind, refund.amount_minor, refund.tax_minor, refund.customer_reason, refund.by) == (
        "tax",
        825,
        825,
        "tax_exemption",
        tax,
    )
    assert (purchase.status, purchase.kept, purchase.exempt_by) == ("PRF", Money(10_000, "EUR"), None)
    assert refund.credit_note is not None
    assert "Reason: Tax exemption" in refund.credit_note.data["letter"]["notes"]
    entry = HistoryEntry.objects.get(purchase=purchase, event="refunded")
    assert (entry.by, entry.reason) == (tax, f"{certificate} of Texas covers the order")
    assert Email.objects.filter(reference=purchase.reference, kind="refund").count() == 1
    assert tax_sentence(purchase, language="en", is_given_back=True).endswith("The tax was given back.")
    assert changes_of(certificate, on=LATER.date()) == []
    with pytest.raises(Refused, match="No tax is left on it"):
        apply_certificate(purchase, certificate=certificate, by=tax, at=LATER)


@pytest.mark.parametrize(("days", "is_possible"), [(90, True), (91, False)])
def test_tax_goes_back_within_90_days_of_the_order(texas: Client, tax: User, days: int, is_possible: bool) -> None:  # noqa: FBT001 -- a table's column
    purchase = pays(an_offline_order(texas, **of_school()), "108.25")
    certificate = a_valid(purchase, tax)
    (change,) = changes_of(certificate, on=days_later(days).date())
    assert (change.why_not == "") is is_possible
    if not is_possible:
        assert change.why_not == "It was ordered 91 days ago: tax goes back within 90 days."
        with pytest.raises(Refused, match="91 days ago"):
            apply_certificate(purchase, certificate=certificate, by=tax, at=days_later(days))


def test_an_unpaid_purchase_order_is_billed_anew_without_tax(texas: Client, tax: User) -> None:
    purchase = a_released_po(texas, **of_school())
    certificate = a_valid(purchase, tax)
    (change,) = changes_of(certificate, on=LATER.date())
    assert (change.is_refund, change.gross_after) == (False, Money(10_000, "EUR"))
    due_on = purchase.due_on
    purchase = apply_certificate(purchase, certificate=certificate, by=tax, at=LATER)
    assert (sums(purchase), purchase.status, purchase.due_on) == ((10_000, 0, 10_000), "WPO", due_on)
    assert numbers(purchase) == ["OCF-2026-000001", "INV-2026-000001", "CRN-2026-000001", "INV-2026-000002"]
    credit_note, invoice = Document.objects.filter(purchase=purchase).order_by("pk")[2:]
    assert [row["value"] for row in credit_note.data["letter"]["totals"]] == ["€100.00", "€8.25", "€108.25"]
    assert invoice.data["letter"]["payment"]["figure"] == "€100.00"
    assert invoice.corrects is not None
    assert invoice.corrects.number == "INV-2026-000001"
    entry = HistoryEntry.objects.get(purchase=purchase, event="corrected")
    assert (entry.by, entry.note, entry.reason) == (
        tax,
        "Tax taken off: 108.25 EUR → 100.00 EUR",
        f"{certificate} of Texas covers the order",
    )
    email = Email.objects.get(reference=purchase.reference, kind="tax_removed")
    assert "The total is now €100.00, of which €100.00 is open." in email.body_text
    attached = Attachment.objects.filter(email=email).order_by("pk").values_list("filename", flat=True)
    assert list(attached) == ["CRN-2026-000001.pdf", "INV-2026-000002.pdf"]
    with pytest.raises(Refused, match="No tax is left on it"):
        apply_certificate(purchase, certificate=certificate, by=tax, at=LATER)


def test_what_was_only_confirmed_is_confirmed_anew(texas: Client, tax: User) -> None:
    purchase = an_offline_order(texas, **of_school())
    purchase = apply_certificate(purchase, certificate=a_valid(purchase, tax), by=tax, at=LATER)
    assert numbers(purchase) == ["OCF-2026-000001", "OCF-2026-000002"]
    assert Document.objects.get(number="OCF-2026-000002").data["letter"]["payment"]["figure"] == "€100.00"


def test_without_any_document_there_is_nothing_to_issue_anew(texas: Client, tax: User) -> None:
    purchase = an_offline_order(texas, **of_school())
    Document.objects.filter(purchase=purchase).delete()
    purchase = apply_certificate(purchase, certificate=a_valid(purchase, tax), by=tax, at=LATER)
    assert (sums(purchase), numbers(purchase)) == ((10_000, 0, 10_000), [])
    assert not Email.objects.filter(kind="tax_removed").exists()


def test_money_that_covers_the_rest_settles_the_purchase_and_more_is_asked_about(texas: Client, tax: User) -> None:
    exact = pays(a_released_po(texas, **of_school()), "100.00")
    more = pays(a_released_po(texas, **of_school()), "105.00")
    part = pays(a_released_po(texas, **of_school()), "99.99")
    certificate = a_valid(exact, tax)
    told: list[Money] = []

    def hear(*, amount: Money, **_: Any) -> None:
        told.append(amount)

    late_money.connect(hear)
    exact, more, part = (
        apply_certificate(purchase, certificate=certificate, by=tax, at=LATER) for purchase in (exact, more, part)
    )
    late_money.disconnect(hear)
    assert [purchase.status for purchase in (exact, more, part)] == ["PAY", "PAY", "WPO"]
    assert (exact.paid_at, told, part.open_amount) == (LATER, [Money(500, "EUR")], Money(1, "EUR"))
    assert numbers(exact)[-3:] == ["CRN-2026-000001", "INV-2026-000004", "RCP-2026-000001"]


def test_the_partners_limit_follows(texas: Client, tax: User) -> None:
    partner = a_partner(texas, limit="1000.00")
    order = an_order(source=Source.PARTNER, partner=partner, **of_school())
    purchase = place_order(texas, order, by=None, at=MONDAY)
    assert outstanding(partner) == Money(10_825, "EUR")
    apply_certificate(purchase, certificate=a_valid(purchase, tax), by=tax, at=LATER)
    assert outstanding(partner) == Money(10_000, "EUR")


def test_the_list_holds_what_could_be_changed_and_says_why_not(texas: Client, tax: User) -> None:
    paid = pays(an_offline_order(texas, **of_school()), "108.25")
    partly = pays(an_offline_order(texas, at=days_later(1), **of_school()), "108.25")
    refund_purchase(partly, by=a_user("platform_finance"), at=MONDAY, amount=Money(5_000, "EUR"), reason="goodwill")
    quote = place_order(texas, an_order(source=Source.QUOTE, is_po=False, **of_school()), by=None, at=days_later(2))
    canceled = an_offline_order(texas, **of_school())
    cancel_purchase(canceled, by=a_user("platform_admin"), at=MONDAY, reason="asked")
    other_state = an_offline_order(texas, customer=a_customer(**{**SCHOOL, "state": "OK"}), tax_percent=RATE)
    a_stranger = an_offline_order(texas, **of_school(customer=a_customer(**{**SCHOOL, "company": "Other Inc"})))
    certificate = a_valid(paid, tax)
    assert [(change.purchase, change.tax, change.why_not) for change in changes_of(certificate, on=LATER.date())] == [
        (quote, Money(825, "EUR"), "Prices and tax of a quote are frozen: revise the quote."),
        (partly, Money(444, "EUR"), ""),
        (paid, Money(825, "EUR"), ""),
    ]
    for purchase, sentence in (
        (canceled, "It is Canceled: its tax stays as it is."),
        (other_state, f"{certificate} is of another customer or state."),
        (a_stranger, f"{certificate} is of another customer or state."),
    ):
        with pytest.raises(Refused) as refused:
            apply_certificate(purchase, certificate=certificate, by=tax, at=LATER)
        assert refused.value.message == sentence


def test_a_certificate_that_waits_changes_nothing(texas: Client, tax: User) -> None:
    purchase = pays(an_offline_order(texas, **of_school()), "108.25")
    waiting = a_certificate(purchase.customer, by=tax)
    assert changes_of(waiting, on=LATER.date()) == []
    assert why(purchase).endswith(f"{waiting} is not decided yet.")
    with pytest.raises(Refused, match="does not cover the day of the order"):
        apply_certificate(purchase, certificate=waiting, by=tax, at=LATER)


def test_a_purchase_without_an_address_has_no_answer(texas: Client) -> None:
    purchase = an_offline_order(texas, **of_school())
    purchase.contacts.all().delete()
    purchase = Purchase.objects.get(pk=purchase.pk)
    assert certificate_of(purchase) is None
    assert why(purchase) == "No billing address was given, so the rule that taxed it is not known."


@given(
    lines=st.lists(
        st.tuples(st.integers(1, 99_999), st.integers(1, 9), st.decimals(0, 90, places=2)), min_size=1, max_size=4
    ),
    rate=st.decimals("0.01", 30, places=4),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_to_the_cent_nothing_but_the_tax_goes(
    texas: Client, tax: User, lines: list[tuple[int, int, Decimal]], rate: Decimal
) -> None:
    wanted = [OrderLine("PRO", count, Money(unit, "EUR"), off) for unit, count, off in lines]
    paid, unpaid = (an_offline_order(texas, **of_school(lines=wanted, tax_percent=rate)) for _ in range(2))
    if not paid.tax_minor:
        return
    net = paid.net_minor
    paid = record_payment(paid, amount=paid.gross, method="wire", by=None, at=MONDAY, dedupe_key=paid.reference)
    certificate = a_valid(paid, tax)
    paid, unpaid = (apply_certificate(one, certificate=certificate, by=tax, at=LATER) for one in (paid, unpaid))
    assert (paid.kept.minor, unpaid.gross_minor) == (net, net)
    assert [(item.tax_minor, item.gross_minor - item.net_minor) for item in unpaid.items.all()] == [(0, 0)] * len(lines)
    mark_invalid(certificate, reason="next example", by=tax, at=LATER)


# Documents -----------------------------------------------------------------------------------------------------------


def test_reverse_charge_stands_on_every_document_of_the_order() -> None:
    french = replace(a_customer(country="FR"), vat_id="FR40303265045")
    purchase = pays(a_released_po(a_client(), customer=french, tax_percent=Decimal(0)), "100.00")
    documents = Document.objects.filter(purchase=purchase)
    assert {document.kind for document in documents} == {"OCF", "INV", "RCP"}
    said = (
        "Steuerschuldnerschaft des Leistungsempfängers (Reverse Charge): Die Umsatzsteuer schuldet der "
        "Leistungsempfänger (Artikel 196 der Richtlinie 2006/112/EG)."
    )
    assert [document.data["letter"]["notes"] for document in documents] == [[said]] * 3
    assert why(purchase) == (
        "No tax: reverse charge. FR40303265045 is a valid VAT ID of France: the buyer accounts for the tax."
    )


def test_an_address_without_a_vat_id_says_nothing_of_reverse_charge() -> None:
    purchase = a_released_po(a_client(), customer=a_customer(country="FR"), tax_percent=Decimal(0))
    assert Document.objects.get(purchase=purchase, kind="INV").data["letter"]["notes"] == []
    taxed = a_released_po(a_client("werft"), customer=replace(a_customer(), vat_id="DE136695976"))
    assert Document.objects.get(purchase=taxed, kind="INV").data["letter"]["notes"] == []


def test_a_credit_note_of_an_exempt_order_says_so_too(texas: Client, tax: User) -> None:
    a_valid(an_offline_order(texas, **of_school()), tax)
    purchase = pays(a_released_po(texas, at=LATER, **of_school()), "100.00")
    refund_purchase(purchase, by=a_user("platform_finance"), at=LATER, reason="asked for")
    credit_note = Document.objects.get(purchase=purchase, kind="CRN")
    assert credit_note.data["letter"]["notes"][0].startswith("No sales tax is billed: your exemption certificate")
    assert credit_note.data["einvoice"]["taxes"][0]["category"] == "E"
