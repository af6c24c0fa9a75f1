"""A quote as its customer sees it: asked for by a protected link, looked at, accepted, ordered on PO, too late."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.test import Client as Browser

from mailing.models import Attachment, Email
from purchases.models import Document, HistoryEntry, PoDocument, Product, Purchase
from purchases.services.cancel import cancel_purchase
from purchases.services.place import OrderLine
from purchases.services.policy import set_policy
from quotes.models import Quote
from quotes.services.link import send_link
from quotes.services.quote import accept_quote, expire_quote
from quotes.services.quote_link import LinkValues, Offered, renew_link, save_link, switch_link
from quotes.services.revision import extend_quote, revise_quote
from quotes.views import offer
from quotes.views.offer import OfferPage
from tests.quotes.quoting import Asker, a_quote, a_quote_link
from tests.quotes.shopping import a_scan, says, text_of
from tests.stories import MONDAY, POLICY, a_client, a_user, days_later, the_product

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import RequestFactory

    from accounts.models import Client
    from quotes.models import QuoteLink

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def hafen() -> Client:
    return a_client("hafen")


@pytest.fixture
def link(hafen: Client) -> QuoteLink:
    return a_quote_link(hafen)


@pytest.fixture
def asker(link: QuoteLink) -> Asker:
    return Asker(link)


@pytest.fixture
def quote(link: QuoteLink) -> Quote:
    return a_quote(link)


def page_of(quote: Quote) -> str:
    return f"/p/quote/{quote.token}/"


def opens(quote: Quote) -> Any:
    return Browser().get(page_of(quote))


def accepts(quote: Quote, payment: str = "wire", **fields: Any) -> Any:
    return Browser().post(page_of(quote), {"payment": payment, **fields})


def revised(quote: Quote) -> Quote:
    seller = a_user("client_sales", quote.purchase.client)
    return revise_quote(quote, lines=[OrderLine("PRO", 3)], message="", by=seller, at=MONDAY)


# Asking for it --------------------------------------------------------------------------------------------------------


def test_a_link_shows_what_it_offers_and_no_way_to_pay(asker: Asker) -> None:
    page = says(asker.opens("language=en"))
    assert "Hafen Pro for shipyards" in page
    assert "Prices and tax hold until April 1, 2026." in page
    assert "Hafen GmbH writes As agreed by phone." in page
    assert "Hafen Pro Unit price €100.00 · −10%" in page
    assert "Net total €180.00" in page
    assert "How do you want to pay?" not in page
    assert "Purchase order" not in page
    assert Purchase.objects.count() == 0


def test_the_form_makes_a_quote_with_its_number_its_pdf_and_its_own_page(link: QuoteLink, asker: Asker) -> None:
    answer = asker.asks(**{"delivery-last_name": "Lager", "delivery-email": "lager@werft.example"})
    assert "Please look at the marked fields" in says(answer), "an address that differs has to be whole"
    answer = asker.sends("ask", **{"delivery-last_name": "", "delivery-email": "", "quantity": ["3"]})
    quote = Quote.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"{page_of(quote)}?new=1")
    purchase = quote.purchase
    assert (purchase.status, purchase.source, purchase.gross_minor) == ("QUO", "quote", 32_130)
    assert (quote.link, quote.valid_until) == (link, days_later(30).date())
    assert purchase.remote_address == "127.0.0.x"
    page = says(asker.browser.get(answer["Location"]))
    assert f"Your quote is ready. Note the reference number {purchase.reference}." in page
    assert "All of it is in an e-mail to einkauf@werft.example." in page
    email = Email.objects.get()
    assert (email.kind, email.recipient, email.subject) == (
        "quote",
        "einkauf@werft.example",
        f"Your quote {purchase.reference} from Hafen GmbH",
    )
    assert f"http://localhost:8000{page_of(quote)}" in email.body_text
    assert Attachment.objects.get().filename == "QUO-2026-000001.pdf"


def test_the_same_form_sent_twice_is_one_quote(asker: Asker) -> None:
    first = asker.asks()
    second = asker.sends("ask")
    assert second["Location"] == first["Location"].replace("new", "once")
    assert "it is one quote" in says(asker.browser.get(second["Location"]))
    assert (Quote.objects.count(), Email.objects.count()) == (1, 1)


def test_a_form_that_is_not_ours_or_too_old_makes_no_quote(asker: Asker) -> None:
    asker.opens("language=en")
    asker.fields["form_key"] = "made up"
    answer = asker.sends("ask")
    assert answer.status_code == 422
    assert "This page was open for too long." in says(answer)
    asker.opens("language=en")
    with time_machine.travel(MONDAY + timedelta(hours=13), tick=False):
        assert "no quote was made yet" in says(asker.sends("ask"))
    assert Quote.objects.count() == 0


def test_totals_follow_quantity_and_country_before_anything_is_sent(asker: Asker) -> None:
    asker.opens("language=en")
    page = says(asker.sends("update", quantity=["5"]))
    assert "Tax 19% €85.50 Total €535.50 Tax as in Germany." in page
    answer = asker.sends("ask", quantity=["0"])
    assert answer.status_code == 422
    assert "“0” is no quantity for Hafen Pro: enter a whole number from 1 to 9,999." in says(answer)
    assert asker.sends("update", quantity=["x"]).status_code == 422
    assert Quote.objects.count() == 0


def test_fixed_quantities_stay_whatever_is_sent(hafen: Client) -> None:
    asker = Asker(a_quote_link(hafen, may_change_quantity=False, message=""))
    page = says(asker.opens("language=en"))
    assert "2 × €100.00 · −10%" in page
    assert 'name="quantity"' not in text_of(asker.opens("language=en"))
    assert "writes" not in page
    asker.asks(quantity=["500"])
    assert Quote.objects.get().purchase.items.get().quantity == 2


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Get the quote"),
        ("de", "Angebot erhalten"),
        ("fr", "Recevoir le devis"),
        ("es", "Recibir el presupuesto"),
        ("ja", "見積書を受け取る"),
    ],
)
def test_page_and_quote_speak_the_customers_language(asker: Asker, language: str, words: str) -> None:
    assert words in says(asker.opens(f"language={language}"))
    answer = asker.sends("ask", language=language)
    assert Purchase.objects.get().language == language
    page = asker.browser.get(answer["Location"])
    assert f'<html lang="{language}"' in text_of(page)
    assert "{{" not in says(page)


def test_a_link_speaks_its_own_language_where_nobody_asks_for_another(hafen: Client) -> None:
    asker = Asker(a_quote_link(hafen, language="fr"))
    assert "Recevoir le devis" in says(asker.opens(""))


def test_what_is_wrong_is_said_next_to_its_field(asker: Asker) -> None:
    answer = asker.asks(**{"billing-company": "", "vat_id": "DE1"})
    assert answer.status_code == 422
    page = says(answer)
    assert "Enter the name of your company or organization." in page
    assert "This is no valid VAT ID of Germany." in page
    assert Quote.objects.count() == 0


def test_a_link_that_was_switched_off_says_whom_to_ask(link: QuoteLink, asker: Asker) -> None:
    asker.opens("language=en")
    switch_link(link, is_active=False, by=link.created_by, at=MONDAY)
    for answer in (asker.opens("language=en"), asker.sends("ask")):
        assert answer.status_code == 410
        page = says(answer)
        assert "This offer has ended" in page
        assert "Ask Hafen GmbH for a current one: orders@hafen.example." in page
    assert Quote.objects.count() == 0


def test_wrong_and_renewed_links_look_alike(link: QuoteLink, asker: Asker, quote: Quote) -> None:
    asker.opens("language=en")
    renew_link(link, by=link.created_by, at=MONDAY)
    tampered = page_of(quote).replace(quote.token[:4], "none")
    answers = [Browser().get(f"{path}?language=en") for path in (asker.path, "/quote/nothing/", tampered)]
    assert {(answer.status_code, says(answer)) for answer in answers} == {(404, says(answers[0]))}
    assert "This link is not valid" in says(answers[0])
    for _ in range(60):
        last = Browser().get("/quote/nothing/")
    assert last.status_code == 429


def test_too_many_quotes_from_one_place_have_to_wait(asker: Asker) -> None:
    asker.opens("language=en")
    cache.set("quotes-quotes:127.0.0.1", 30, 3600)
    answer = asker.sends("ask")
    assert answer.status_code == 429
    assert "no quote was made" in says(answer)
    assert Quote.objects.count() == 0


def test_what_is_not_sold_any_more_is_not_quoted(asker: Asker) -> None:
    asker.opens("language=en")
    Product.objects.update(is_active=False)
    answer = asker.opens("language=en")
    assert "No quote can be made like this at the moment. Please write to orders@hafen.example" in says(answer)
    assert asker.sends("ask").status_code == 422
    assert Quote.objects.count() == 0


def test_a_test_link_says_so(hafen: Client) -> None:
    asker = Asker(a_quote_link(hafen, is_test=True))
    assert "Test order" in says(asker.opens("language=en"))
    asker.asks()
    assert Document.objects.get().number == "TEST-QUO-2026-000001"


# Its own page ---------------------------------------------------------------------------------------------------------


def test_the_page_shows_the_quote(quote: Quote) -> None:
    page = says(opens(quote))
    reference = quote.purchase.reference
    assert f"Quote {reference} Waiting for your answer" in page
    assert "Issued March 2, 2026 Valid until April 1, 2026 Total €214.20" in page
    assert "As agreed by phone." in page
    assert "Hafen Pro 2 × €100.00 · −10% €180.00" in page
    assert "Quote QUO-2026-000001" in page
    assert "Your quote is ready" not in page
    assert "Place order · €214.20" in page


def is_seen(quote: Quote) -> bool:
    """Whether the customer counts as having looked at it, in its row and its history alike."""
    quote.refresh_from_db()
    noted = HistoryEntry.objects.filter(event="quote_opened").count()
    assert (quote.first_viewed_at, noted) in {(None, 0), (MONDAY, 1)}
    return bool(noted)


def test_a_scanner_of_e_mails_has_not_seen_the_quote_but_somebody_who_moves_on_its_page_has(quote: Quote) -> None:
    scanner = Browser(headers={"User-Agent": "SafeLinks"})
    assert scanner.head(page_of(quote)).status_code == scanner.get(page_of(quote)).status_code == 200
    assert not is_seen(quote)
    for _ in range(2):
        assert Browser().post(page_of(quote), {"act": "seen"}).status_code == 204
        assert is_seen(quote)
    assert Purchase.objects.get().status == "QUO"


def test_whoever_accepts_it_without_script_has_seen_it(quote: Quote) -> None:
    assert accepts(quote).status_code == 303
    assert is_seen(quote)


def test_colleagues_who_look_are_not_the_customer(hafen: Client, quote: Quote) -> None:
    assert quote.document is not None
    for colleague in (a_user("client_sales", hafen), a_user("platform_customer_service")):
        browser = Browser()
        browser.force_login(colleague)
        assert browser.get(page_of(quote)).status_code == 200
        assert browser.post(page_of(quote), {"act": "seen"}).status_code == 204
        assert browser.get(f"{page_of(quote)}{quote.document.number}.pdf").status_code == 200
    assert (is_seen(quote), quote.downloaded_at) == (False, None)
    somebody = Browser()
    somebody.force_login(a_user("client_sales", a_client("berg")))
    somebody.post(page_of(quote), {"act": "seen"})
    assert is_seen(quote), "who sells elsewhere may well buy here"


def test_a_remark_comes_with_the_question_and_with_the_answer(hafen: Client, asker: Asker) -> None:
    answer = asker.asks(remark="x" * 1_001)
    assert (answer.status_code, Quote.objects.count()) == (422, 0)
    assert "This is too long: at most 1,000 characters can be sent." in says(answer)
    typed = "Cost  center 4711\r\n<b>Call\tme</b> "
    assert "Cost  center 4711" in text_of(asker.sends("update", remark=typed))
    asker.sends("ask", remark=typed)
    quote = Quote.objects.get()
    assert quote.remark == "Cost center 4711\n<b>Call me</b>"
    assert "Your remark Cost center 4711 <b>Call me</b> Items" in says(opens(quote))
    rep = Browser()
    rep.force_login(a_user("client_sales", hafen))
    assert "Cost center 4711" in text_of(rep.get(f"/quotes/{quote.purchase.reference}/revise/"))
    assert "The customer left a remark" in text_of(rep.get("/quotes/"))
    assert accepts(quote, remark="x" * 1_001).status_code == 422
    assert Purchase.objects.get().status == "QUO"
    accepts(quote, remark="Ship to dock 3")
    quote.refresh_from_db()
    assert quote.accept_remark == "Ship to dock 3"
    rows = HistoryEntry.objects.filter(event="remark").order_by("pk").values_list("note", "detail", "nature")
    assert list(rows) == [
        ("Remark of the customer", "Cost center 4711\n<b>Call me</b>", "inbound"),
        ("Remark of the customer", "Ship to dock 3", "inbound"),
    ]
    page = text_of(rep.get(f"/purchases/{quote.purchase.reference}/"))
    assert "Cost center 4711\n&lt;b&gt;Call me&lt;/b&gt;" in page
    assert page.count("The customer's remark when accepting") == 1
    assert "Ship to dock 3" in page


def test_what_was_typed_stays_when_somebody_has_to_wait(quote: Quote, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offer, "MOST_POSTS", 0)
    answer = accepts(quote, "po", po_number="4711-X", remark="Cost center 4711")
    assert answer.status_code == 429
    assert ("Cost center 4711" in text_of(answer), "4711-X" in text_of(answer)) == (True, True)


def test_a_remark_comes_with_an_order_on_po_and_stays_typed_while_something_is_wrong(quote: Quote) -> None:
    wrong = accepts(quote, "", remark="Cost center 4711")
    assert (wrong.status_code, "Cost center 4711" in text_of(wrong)) == (422, True)
    accepts(quote, "po", po_number="1", remark="Cost center 4711")
    assert (Purchase.objects.get().status, Quote.objects.get().accept_remark) == ("ARP", "Cost center 4711")


def test_the_pdf_is_the_one_that_was_sent_and_noted_when_taken(quote: Quote) -> None:
    assert quote.document is not None
    answer = Browser().get(f"{page_of(quote)}{quote.document.number}.pdf")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer.content.startswith(b"%PDF-")
    quote.refresh_from_db()
    assert quote.downloaded_at == MONDAY
    assert Browser().get(f"{page_of(quote)}QUO-2026-000009.pdf").status_code == 404
    assert Browser().post(f"{page_of(quote)}{quote.document.number}.pdf").status_code == 405


def test_accepted_it_is_an_order_with_payment_instructions_and_a_pro_forma(quote: Quote) -> None:
    answer = accepts(quote)
    assert (answer.status_code, answer["Location"]) == (303, f"/order/{quote.order_token}/?new=1")
    purchase = Purchase.objects.get()
    assert (purchase.status, purchase.payment_type, purchase.is_po) == ("WOF", "wire", False)
    page = says(Browser().get(answer["Location"]))
    assert "Thank you! Your order has arrived." in page
    assert f"Payment reference {purchase.reference}" in page
    assert "Pro-forma invoice PFI-2026-000001" in page
    email = Email.objects.get(kind="order_confirmation")
    assert sorted(file.filename for file in Attachment.objects.filter(email=email)) == [
        "OCF-2026-000001.pdf",
        "PFI-2026-000001.pdf",
    ]


def test_accepted_twice_it_is_one_order(quote: Quote) -> None:
    accepts(quote, "check")
    answer = accepts(quote)
    assert answer["Location"] == f"/order/{quote.order_token}/?once=1"
    assert "This quote was accepted already; this is its order." in says(Browser().get(answer["Location"]))
    assert opens(quote)["Location"] == f"/order/{quote.order_token}/"
    assert Purchase.objects.get().payment_type == "check"
    assert Document.objects.filter(kind="PFI").count() == 1


class Overtaken(OfferPage):
    """A page whose quote somebody else deals with while its own customer's click is under way."""

    def accept(self, pay: dict[str, Any]) -> bool:
        """Come second."""
        meanwhile = Quote.objects.get(pk=self.quote.pk)
        if pay["payment"] == "check":
            cancel_purchase(meanwhile.purchase, by=a_user("platform_admin"), at=MONDAY, reason="no longer sold")
        else:
            accept_quote(meanwhile, at=MONDAY)
        return super().accept(pay)


@pytest.mark.parametrize(("payment", "status", "words"), [("wire", 303, ""), ("check", 422, "was withdrawn")])
def test_whoever_is_slower_by_a_moment_is_told(
    quote: Quote, rf: RequestFactory, payment: str, status: int, words: str
) -> None:
    request = rf.post(page_of(quote), {"payment": payment})
    request.user = AnonymousUser()
    answer = Overtaken.as_view()(request, token=quote.token)
    assert (answer.status_code, words in says(answer)) == (status, True)
    assert Purchase.objects.get().status == ("WOF" if payment == "wire" else "CAN")


def test_without_an_address_the_page_promises_no_e_mail(link: QuoteLink) -> None:
    page = says(Browser().get(f"{page_of(a_quote(link, email=''))}?new=1"))
    assert "Your quote is ready." in page
    assert "All of it is in an e-mail" not in page


def test_on_purchase_order_with_number_and_document_it_goes_to_review(quote: Quote) -> None:
    answer = accepts(quote, "po", po_number="4500001", po_document=a_scan())
    purchase = Purchase.objects.get()
    assert (purchase.status, purchase.is_po, purchase.po_number) == ("ARP", True, "4500001")
    assert PoDocument.objects.get().filename == "order.pdf"
    page = says(Browser().get(answer["Location"]))
    assert "Your order document is being checked" in page
    assert Email.objects.filter(kind="po_in_review").count() == 1


def test_without_its_document_the_order_waits_for_it(quote: Quote) -> None:
    answer = accepts(quote, "po", po_number="4500001")
    assert "Waiting for your signed order" in says(Browser().get(answer["Location"]))
    assert Purchase.objects.get().status == "ARP"
    assert Email.objects.filter(kind="po_received").count() == 1


def test_where_nothing_is_reviewed_the_po_is_accepted_at_once(hafen: Client) -> None:
    set_policy(hafen, values={**POLICY, "review": False, "po_number_required": True}, by=None, at=MONDAY)
    quote = a_quote(a_quote_link(hafen))
    answer = accepts(quote, "po")
    assert answer.status_code == 422
    assert "Enter your purchase order number" in says(answer) or "PO number" in says(answer)
    accepts(quote, "po", po_number="4500001")
    assert Purchase.objects.get().status == "WPO"


def test_po_is_offered_only_where_link_and_policy_offer_it(hafen: Client) -> None:
    quote = a_quote(a_quote_link(hafen, may_order_on_po=False))
    assert 'value="po"' not in text_of(opens(quote))
    assert accepts(quote, "po", po_number="1").status_code == 422
    assert Purchase.objects.get().status == "QUO"
    save_link(
        hafen,
        LinkValues("Now on PO", "EUR", items=[Offered(the_product(hafen))]),
        by=a_user("client_admin", hafen),
        at=MONDAY,
        link=quote.link,
    )
    assert 'value="po"' not in text_of(opens(quote)), "what was sent stays as it is"
    assert 'value="po"' in text_of(opens(revised(quote)))
    set_policy(hafen, values={**POLICY, "offered_at_checkout": False}, by=None, at=MONDAY)
    assert 'value="po"' not in text_of(opens(a_quote(a_quote_link(hafen))))


def test_nothing_chosen_is_asked_for_again(quote: Quote) -> None:
    answer = Browser().post(page_of(quote), {})
    assert answer.status_code == 422
    assert "Please look at the marked fields" in says(answer)
    cache.set("quotes-posts:127.0.0.1", 200, 600)
    assert accepts(quote).status_code == 429
    assert Purchase.objects.get().status == "QUO"


def test_an_old_revision_says_so_and_leads_to_the_new_one(quote: Quote) -> None:
    new = revised(quote)
    page = opens(quote)
    assert page.status_code == 200
    assert "A newer revision replaced this quote on March 2, 2026" in says(page)
    assert f'href="{page_of(new)}"' in text_of(page)
    assert "Place order" not in says(page)
    assert "Revision 1" in says(page)
    assert "€214.20" in says(page)
    assert quote.document is not None
    assert Browser().get(f"{page_of(quote)}{quote.document.number}.pdf").status_code == 200
    assert accepts(quote).status_code == 422
    assert Purchase.objects.get().status == "QUO"
    page = opens(new)
    assert "Revision 2" in says(page)
    assert "Place order · €357.00" in says(page)
    assert accepts(new).status_code == 303


def test_after_its_last_day_it_says_whom_to_ask(quote: Quote) -> None:
    with time_machine.travel(days_later(30), tick=False):
        assert "Place order" in says(opens(quote)), "the last day counts whole"
    with time_machine.travel(days_later(31), tick=False):
        for _ in range(2):
            page = says(opens(quote))
            assert "This quote expired: it could be accepted until April 1, 2026" in page
            assert "Ask Hafen GmbH for a new one: orders@hafen.example." in page
            assert accepts(quote).status_code == 422
            if Purchase.objects.get().status == "QUO":
                expire_quote(quote, at=days_later(31))
        later = days_later(60).date()
        extend_quote(quote, valid_until=later, by=a_user("platform_admin"), at=days_later(31))
        assert accepts(quote).status_code == 303
    assert Purchase.objects.get().status == "WOF"


def test_a_withdrawn_quote_says_so(quote: Quote) -> None:
    cancel_purchase(quote.purchase, by=a_user("platform_admin"), at=MONDAY, reason="no longer sold")
    page = says(opens(quote))
    assert "Withdrawn" in page
    assert "This quote was withdrawn and can no longer be accepted." in page
    assert accepts(quote).status_code == 422


def test_an_order_canceled_later_is_still_an_order(quote: Quote) -> None:
    accepts(quote)
    cancel_purchase(Purchase.objects.get(), by=a_user("platform_admin"), at=MONDAY, reason="changed their mind")
    answer = opens(quote)
    assert "Canceled" in says(Browser().get(answer["Location"]))


def test_the_link_to_an_order_leads_to_the_quote_that_it_still_is(quote: Quote) -> None:
    send_link(quote.purchase, by=a_user("platform_admin"), at=MONDAY)
    body = Email.objects.get(kind="order_link").body_text
    path = body[body.index("/order/") :].split()[0]
    assert Browser().get(path)["Location"] == page_of(quote)
