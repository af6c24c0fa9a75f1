"""Keys: lists filled by file or hand, warnings when they run low, generators asked until they answer."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import ssl
import threading
import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from core.door import Door
from core.refused import Refused
from errorlog.models import ErrorRecord
from followups.models import FollowUp
from mailing.models import Email
from purchases.models import HistoryEntry, KeyRequest, LicenseKey, Product, Purchase
from purchases.services.cancel import cancel_purchase
from purchases.services.delivery import add_keys, deliver
from purchases.services.generator import (
    LEASE,
    Claim,
    GeneratorError,
    ask,
    ask_due,
    claim_next,
    note_failure,
    note_key,
    secret_of,
)
from purchases.services.licenses import (
    LIMIT_BYTES,
    LIMIT_KEYS,
    ask_again,
    decode,
    fill_key_list,
    read_keys,
    waiting_items,
)
from purchases.services.place import OrderLine
from tests.stories import MONDAY, a_client, a_released_po, a_user, days_later, the_product

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

pytestmark = pytest.mark.django_db

CERTIFICATE = Path(__file__).parents[1] / "mailing" / "relay.pem"


def codes(text: str, **options: bool) -> list[str]:
    return [line.code for line in read_keys(text, **options).lines]


# Lists -----------------------------------------------------------------------------------------------------------


def test_a_list_is_trimmed_and_each_key_counts_once() -> None:
    keys = read_keys("License Key\n  AAA-1 \n\n\tBBB-2\r\nAAA-1\n")
    assert [(line.number, line.code) for line in keys.lines] == [(2, "AAA-1"), (4, "BBB-2")]
    assert keys.repeated == (5,)


@pytest.mark.parametrize(
    "text", ["key;sold to\nA-1;x\nB-2;y\n", "A-1,x\nB-2,y\n", "A-1\tx\n\nB-2\ty\n", '"A-1","x"\n"B-2","y, z"\n']
)
def test_of_a_csv_the_first_column_counts(text: str) -> None:
    assert codes(text, is_csv=True) == ["A-1", "B-2"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The list holds no key"),
        ("key\n\n", "The list holds no key"),
        ("A\n" + "B" * 201 + "\nC", "Nothing was added: .* look at line 2"),
        ("A\nB\x07\n" + "C" * 201, "look at lines 2 and 3"),
        ("\n".join(["X" * 201] * 12), "look at lines 1, 2, 3, 4, 5, 6, 7, 8 and 4 more"),
        ("\n".join(str(number) for number in range(LIMIT_KEYS + 1)), "holds 20,001 keys; at most 20,000"),
    ],
)
def test_a_list_that_can_not_be_used_says_why(text: str, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        read_keys(text)


def test_a_csv_that_is_none_names_its_line() -> None:
    with pytest.raises(Refused, match="Line 1 can't be read as CSV"):
        read_keys("A" * 200_000 + ",x\n", is_csv=True)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"  \n ", "The list is empty"),
        (b"x" * (LIMIT_BYTES + 1), "larger than 2 MB"),
        (b"\xff\xfe\xfd", "no text in UTF-8"),
        (b"PK\x03\x04\x00\x00", "no text in UTF-8"),
        (b"caf\xe9", "no text in UTF-8"),
    ],
)
def test_a_file_that_is_no_list_is_refused(content: bytes, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        decode(content)


def test_a_file_as_windows_and_excel_write_it_is_read() -> None:
    assert codes(decode("\ufeffA-1\r\nÄ-2\r\n".encode())) == ["A-1", "Ä-2"]
    assert codes(decode("A-1\r\nB-2\r\n".encode("utf-16"))) == ["A-1", "B-2"]


def test_filling_a_list_says_what_was_new_and_what_was_not() -> None:
    client = a_client(keys=1)
    product, admin = the_product(client), a_user("client_admin", client)
    filling = fill_key_list(product, keys=read_keys("N-1\nhafen-00000\nN-2\nN-1\nN-3"), by=admin, at=MONDAY)
    assert str(filling) == ("3 keys added. Already there: line 2. Repeated in the list: line 4. 4 keys left.")
    assert product.history.first().history_change_reason == "3 keys added"
    again = fill_key_list(product, keys=read_keys("N-1"), by=admin, at=MONDAY)
    assert (again.added, str(again)) == (0, "0 keys added. Already there: line 1. 4 keys left.")


def test_a_download_has_no_key_list() -> None:
    client = a_client()
    client.products.update(delivery="download")
    with pytest.raises(Refused, match="it has no key list"):
        fill_key_list(the_product(client), keys=read_keys("A"), by=a_user("client_admin", client), at=MONDAY)


def test_what_waited_for_keys_is_delivered_when_the_list_is_filled() -> None:
    client = a_client(keys=0)
    first, second = a_released_po(client), a_released_po(client, at=days_later(1))
    canceled = a_released_po(client, at=days_later(1))
    cancel_purchase(canceled, by=a_user("platform_admin"), at=days_later(1), reason="Asked for it")
    product, admin = the_product(client), a_user("client_admin", client)
    assert [item.purchase for item in waiting_items(product)] == [first, second]
    filling = fill_key_list(product, keys=read_keys("N-1"), by=admin, at=days_later(2))
    assert str(filling) == "1 key added. 1 item that waited was delivered. 0 keys left."
    assert LicenseKey.objects.get(code="N-1").item.purchase == first  # type: ignore[union-attr]
    assert "1 × Hafen Pro: N-1" in Email.objects.get(reference=first.reference, kind="delivery").body_text
    assert ErrorRecord.objects.get(reference=first.reference).is_done
    assert not ErrorRecord.objects.get(reference=second.reference).is_done
    assert FollowUp.objects.get(purchase=first, reason="Key list empty").is_done
    assert HistoryEntry.objects.get(purchase=first, event="delivered").by == admin
    filling = fill_key_list(product, keys=read_keys("N-2\nN-3"), by=admin, at=days_later(3))
    assert (filling.delivered, filling.left) == (1, 1)
    assert waiting_items(product) == []


def test_only_the_item_of_the_filled_product_is_delivered() -> None:
    client = a_client(keys=0)
    other = Product.objects.create(client=client, code="LT", name="Hafen LT")
    other.prices.create(currency="EUR", unit_minor=5_000)
    add_keys(other, ["LT-1"])
    purchase = a_released_po(client, lines=[OrderLine("LT", 1), OrderLine("PRO", 1)])
    assert [key.code for key in LicenseKey.objects.filter(item__purchase=purchase)] == ["LT-1"]
    admin = a_user("client_admin", client)
    fill_key_list(client.products.get(code="PRO"), keys=read_keys("P-1\nP-2"), by=admin, at=days_later(1))
    mails = Email.objects.filter(reference=purchase.reference, kind="delivery").order_by("pk")
    assert ["P-1" in mail.body_text for mail in mails] == [False, True]
    assert LicenseKey.objects.get(code="P-2").item is None


# Low stock -----------------------------------------------------------------------------------------------------------


def warnings() -> list[tuple[str, bool]]:
    rows = FollowUp.objects.filter(dedupe_key__startswith="stock:").order_by("pk")
    return [(row.subject, row.is_done) for row in rows]


def test_a_list_that_runs_low_is_told_once_until_it_is_filled() -> None:
    client = a_client(keys=5)
    client.products.update(low_stock_at=3)
    a_released_po(client)
    assert warnings() == []
    a_released_po(client)
    a_released_po(client)
    assert warnings() == [("3 keys left for Hafen Pro", False)]
    product, admin = the_product(client), a_user("client_admin", client)
    fill_key_list(product, keys=read_keys("N-1"), by=admin, at=days_later(1))
    assert warnings() == [("3 keys left for Hafen Pro", False)]
    fill_key_list(product, keys=read_keys("N-2\nN-3\nN-4"), by=admin, at=days_later(1))
    assert warnings() == [("3 keys left for Hafen Pro", True)]
    for _ in range(6):
        a_released_po(client)
    assert warnings() == [("3 keys left for Hafen Pro", True), ("3 keys left for Hafen Pro", False)]


def test_the_last_key_is_told_too() -> None:
    client = a_client(keys=1)
    client.products.update(low_stock_at=0)
    a_released_po(client)
    assert warnings() == [("No keys left for Hafen Pro", False)]


# Generators ------------------------------------------------------------------------------------------------------


class Generator:
    """A client's key generator: a real HTTPS server on this machine that answers as it is told to."""

    def __init__(self) -> None:
        self.asked: list[tuple[dict[str, Any], str, bytes]] = []
        self.answers: list[Callable[[BaseHTTPRequestHandler], None]] = []
        generator = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                generator.asked.append((json.loads(body), self.headers["X-Kontor-Signature"], body))
                generator.answers.pop(0)(self)

            def log_message(self, *args: object) -> None:
                pass

        class Server(HTTPServer):
            def handle_error(self, *args: object) -> None:
                pass  # the other side hung up

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"https://localhost:{self.server.server_port}/keys?v=1"

    def says(self, content: object, *, status: int = 200) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()

        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(status)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)

        self.answers.append(answer)


@pytest.fixture
def generator() -> Iterator[Generator]:
    found = Generator()
    thread = threading.Thread(target=found.server.serve_forever, daemon=True)
    thread.start()
    yield found
    found.server.shutdown()
    thread.join(timeout=10)
    found.server.server_close()


def door(**options: Any) -> Door:
    """A way out that also leads to this machine and believes its certificate."""
    trust = ssl.create_default_context(cafile=str(CERTIFICATE))
    return Door(**{"allows": lambda _: True, "trust": trust, "seconds": 5.0, **options})


def a_generated_po(url: str, **settings: Any) -> Purchase:
    """An accepted order whose key has to be made."""
    client = a_client(keys=0)
    client.products.update(generator_url=url, **settings)
    return a_released_po(client)


def clock(at: datetime = MONDAY) -> Callable[[], datetime]:
    return lambda: at


def request_of(purchase: Purchase) -> KeyRequest:
    return KeyRequest.objects.get(item__purchase=purchase)


def test_a_generated_key_is_asked_for_by_the_worker_and_delivered(generator: Generator) -> None:
    purchase = a_generated_po(generator.url)
    assert not ErrorRecord.objects.exists()
    assert not Email.objects.filter(kind="delivery").exists()
    generator.says({"key": " GEN-1 "})
    assert ask_due(clock=clock(), door=door()) == 1
    body, signature, raw = generator.asked[0]
    assert body == {
        "reference": purchase.reference,
        "item": 1,
        "product": "PRO",
        "quantity": 1,
        "licensee": {
            "company": "Werft & Söhne KG",
            "name": "Jana Petersen",
            "email": "einkauf@werft.example",
            "country": "DE",
        },
    }
    secret = secret_of(the_product(purchase.client))
    assert signature == "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    assert LicenseKey.objects.get(item__purchase=purchase).code == "GEN-1"
    assert "GEN-1" in Email.objects.get(kind="delivery").body_text
    assert request_of(purchase).done_at == MONDAY
    assert ask_due(clock=clock(days_later(9)), door=door()) == 0


def test_the_list_goes_before_the_generator() -> None:
    client = a_client(keys=1)
    client.products.update(generator_url="https://keys.example/")
    a_released_po(client)
    assert not KeyRequest.objects.exists()


def test_a_generator_that_fails_is_asked_again_after_1_2_4_8_and_16_hours_then_given_up(generator: Generator) -> None:
    purchase = a_generated_po(generator.url, client_handles_errors=True)
    at, pauses = MONDAY, []
    for _ in range(6):
        generator.says({"error": "down"}, status=503)
        assert ask_due(clock=clock(at), door=door()) == 1
        row = request_of(purchase)
        if row.next_at is not None:
            pauses.append((row.next_at - at) / timedelta(hours=1))
            assert ask_due(clock=clock(row.next_at - timedelta(seconds=1)), door=door()) == 0
            at = row.next_at
    assert pauses == [1, 2, 4, 8, 16]
    assert (row.next_at, row.attempts, row.problem) == (None, 6, "The generator answered with status 503.")
    [error] = ErrorRecord.objects.all()
    assert (error.type, error.client_handles, error.is_done) == ("key_generation", True, False)
    assert error.note == "No key for Hafen Pro (PRO): The generator answered with status 503."
    assert HistoryEntry.objects.get(event="key_given_up").reason == row.problem
    assert FollowUp.objects.filter(purchase=purchase, reason="Key list empty", done_at=None).exists()
    assert ask_due(clock=clock(days_later(99)), door=door()) == 0

    product, admin = the_product(purchase.client), a_user("client_admin", purchase.client)
    assert ask_again(product, by=admin, at=days_later(100)) == 1
    generator.says({"key": "GEN-1"})
    assert ask_due(clock=clock(days_later(100)), door=door()) == 1
    error.refresh_from_db()
    assert error.is_done
    assert not FollowUp.objects.filter(purchase=purchase, reason="Key list empty", done_at=None).exists()
    with pytest.raises(Refused, match="No item waits"):
        ask_again(product, by=admin, at=days_later(100))


def test_without_a_generator_nobody_can_be_asked_again() -> None:
    client = a_client()
    with pytest.raises(Refused, match="has no key generator"):
        ask_again(the_product(client), by=a_user("client_admin", client), at=MONDAY)


def test_a_filled_list_serves_those_who_wait_for_the_generator() -> None:
    purchase = a_generated_po("https://keys.example/")
    product, admin = the_product(purchase.client), a_user("client_admin", purchase.client)
    assert fill_key_list(product, keys=read_keys("N-1"), by=admin, at=MONDAY).delivered == 1
    assert claim_next(at=days_later(1)) is None


@pytest.mark.parametrize(
    ("answer", "status", "sentence"),
    [
        ({"key": ""}, 200, "holds no key"),
        ({"key": 7}, 200, "holds no key"),
        ({"key": "A\nB"}, 200, "holds no key"),
        ({"key": "A" * 201}, 200, "holds no key"),
        (["A"], 200, "holds no key"),
        (b"no json", 200, "is no JSON"),
        (b"[" * 60_000, 200, "is no JSON"),
        (b"x" * 70_000, 200, "larger than 64 kB"),
        ({"key": "A"}, 302, "answered with status 302"),
    ],
)
def test_an_answer_without_a_key_is_a_failure(generator: Generator, answer: object, status: int, sentence: str) -> None:
    purchase = a_generated_po(generator.url)
    generator.says(answer, status=status)
    ask_due(clock=clock(), door=door())
    assert sentence in request_of(purchase).problem
    assert not LicenseKey.objects.exists()


def test_an_answer_that_drips_is_cut_off(generator: Generator) -> None:
    purchase = a_generated_po(generator.url)

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "2000")
        handler.end_headers()
        for _ in range(1000):
            handler.wfile.write(b" ")
            time.sleep(0.1)

    generator.answers.append(drip)
    began = time.monotonic()
    ask_due(clock=clock(), door=door(seconds=1.0))
    assert time.monotonic() - began < 60  # of the hundred seconds that the answer drips
    assert request_of(purchase).problem == "The generator did not answer within 1 seconds."


def test_a_generator_that_says_nothing_is_cut_off(generator: Generator) -> None:
    purchase = a_generated_po(generator.url)
    generator.answers.append(lambda _: time.sleep(2))
    ask_due(clock=clock(), door=door(seconds=0.5))
    assert "did not answer within 0.5 seconds" in request_of(purchase).problem


def test_a_generator_nobody_vouches_for_or_that_is_not_there_is_a_failure(generator: Generator) -> None:
    purchase = a_generated_po(generator.url)
    ask_due(clock=clock(), door=Door(allows=lambda _: True))
    assert "can't be reached" in request_of(purchase).problem
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        Product.objects.update(generator_url=f"https://localhost:{free.getsockname()[1]}")
    ask_due(clock=clock(days_later(1)), door=door())
    assert "can't be reached" in request_of(purchase).problem
    Product.objects.update(generator_url="https://nowhere.invalid/")
    ask_due(clock=clock(days_later(2)), door=door())
    assert request_of(purchase).problem == "The generator's name nowhere.invalid is unknown."
    Product.objects.update(generator_url="http://localhost/")
    ask_due(clock=clock(days_later(3)), door=door())
    assert "has to start with https://" in request_of(purchase).problem


def test_a_name_that_leads_home_is_not_called(generator: Generator) -> None:
    purchase = a_generated_po(generator.url)
    assert ask_due(clock=clock()) == 1
    assert "leads into a private network" in request_of(purchase).problem
    assert generator.asked == []


def test_an_order_canceled_meanwhile_is_not_asked_for() -> None:
    purchase = a_generated_po("https://keys.example/")
    cancel_purchase(purchase, by=a_user("platform_admin"), at=MONDAY, reason="Asked for it")
    assert claim_next(at=days_later(1)) is None
    assert request_of(purchase).problem == "not asked: Canceled"


def test_a_worker_that_dies_leaves_its_request_to_the_next() -> None:
    purchase = a_generated_po("https://keys.example/")
    assert claim_next(at=MONDAY) is not None
    assert claim_next(at=MONDAY + LEASE - timedelta(seconds=1)) is None
    again = claim_next(at=MONDAY + LEASE)
    assert again is not None
    assert (again.item.purchase, again.attempt) == (purchase, 2)


def test_a_key_that_comes_too_late_is_kept_but_not_valid() -> None:
    purchase = a_generated_po("https://keys.example/")
    claim = claim_next(at=MONDAY)
    assert claim is not None
    cancel_purchase(purchase, by=a_user("platform_admin"), at=MONDAY, reason="Asked for it")
    note_key(claim, "GEN-1", at=days_later(1))
    assert LicenseKey.objects.get(code="GEN-1").deactivated_at == days_later(1)
    assert request_of(purchase).problem == "came when no key was needed any more"
    assert not Email.objects.filter(kind="delivery").exists()


def test_a_key_that_was_given_to_somebody_else_is_no_key() -> None:
    purchase = a_generated_po("https://keys.example/")
    add_keys(Product.objects.create(client=purchase.client, code="X", name="X"), ["GEN-1"])
    claim = claim_next(at=MONDAY)
    assert claim is not None
    LicenseKey.objects.create(product=claim.item.product, code="GEN-1")
    note_key(claim, "GEN-1", at=MONDAY)
    assert request_of(purchase).problem == "The generator answered with a key that is there already."


def test_the_same_answer_twice_is_one_key_and_a_late_failure_changes_nothing() -> None:
    purchase = a_generated_po("https://keys.example/")
    claim = claim_next(at=MONDAY)
    assert claim is not None
    note_key(claim, "GEN-1", at=MONDAY)
    note_key(claim, "GEN-1", at=MONDAY)
    note_failure(claim, "late", at=MONDAY)
    assert LicenseKey.objects.filter(item__purchase=purchase).count() == 1
    assert Email.objects.filter(kind="delivery").count() == 1
    assert not ErrorRecord.objects.exists()


def test_an_order_without_addresses_is_asked_for_all_the_same(generator: Generator) -> None:
    purchase = a_generated_po(generator.url)
    purchase.contacts.all().delete()
    claim = claim_next(at=MONDAY)
    assert claim is not None
    assert json.loads(claim.body)["licensee"]["company"] == "Werft & Söhne KG"
    Product.objects.update(generator_url="https://x.example/")
    claim = Claim(claim.item, 1, claim.body)
    with pytest.raises(GeneratorError):
        ask(claim, door(allows=lambda _: False))


def test_a_delivery_repeated_asks_for_nothing_twice() -> None:
    client = a_client(keys=1)
    purchase = a_released_po(client)
    deliver(purchase, by=None, at=days_later(1))
    assert LicenseKey.objects.filter(item__purchase=purchase).count() == 1


def test_the_worker_finds_nothing_to_ask_in_one_query(django_assert_num_queries: Any) -> None:
    from purchases.tasks import ask_for_keys

    with django_assert_num_queries(3):  # a savepoint, the question, its release
        assert ask_for_keys() == 0
