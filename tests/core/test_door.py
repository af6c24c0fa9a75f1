"""The one way out: what is called and what is not."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest

from core.door import CallError, Door, call, check_destination, check_url, is_public, is_public_or_here
from core.refused import Refused

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("address", "is_open"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("fec0::1", False),
        ("64:ff9b:1::7f00:1", False),
        ("::127.0.0.1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:93.184.216.34", True),
        ("2002:7f00:1::", False),
        ("64:ff9b::7f00:1", False),
    ],
)
def test_only_servers_on_the_internet_are_called(address: str, *, is_open: bool) -> None:
    assert is_public(address) is is_open


@pytest.mark.parametrize(
    "url",
    [
        "http://a.example",
        "ftp://a.example",
        "https://",
        "https://u:p@a.example",
        "https://:p@a.example",
        "https://@a.example",
        "https://a b.example",
        "https://[",
        "x",
    ],
)
def test_only_plain_https_is_an_address(url: str) -> None:
    with pytest.raises(Refused, match="https://"):
        check_url(url)


def answers(*addresses: str) -> Callable[..., Any]:
    """A name server that knows one name."""
    return lambda *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in addresses]


def test_a_name_with_one_private_address_among_public_ones_is_refused() -> None:
    door = Door(look_up=answers("93.184.216.34", "10.0.0.7"))
    with pytest.raises(Refused, match=r"two\.example leads into a private network"):
        check_destination("https://two.example/in", door, whom="The endpoint")
    with pytest.raises(CallError, match="leads into a private network"):
        call("https://two.example/in", body=b"", headers={}, door=door, whom="The endpoint")


def test_a_public_name_may_be_called_and_an_unknown_one_is_named() -> None:
    check_destination("https://one.example/", Door(look_up=answers("93.184.216.34")), whom="The endpoint")
    with pytest.raises(Refused, match=r"The endpoint's name none\.example is unknown"):
        check_destination("https://none.example/", Door(look_up=answers()), whom="The endpoint")


def test_this_machine_is_called_only_where_that_was_asked_for() -> None:
    assert [is_public_or_here(address) for address in ("127.0.0.1", "::1", "10.0.0.1", "93.184.216.34")] == [
        True,
        True,
        False,
        True,
    ]
