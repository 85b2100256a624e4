"""Where a request comes from: the address itself, or what our own proxies say, and never what a stranger says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from hub.api.strangers import prefix_of

PROXIES = ("10.0.0.0/8", "fd00::/8")


def prefix(address: str, *said: str, proxies: tuple[str, ...] = PROXIES) -> str:
    headers = Headers(raw=[(b"x-forwarded-for", one.encode()) for one in said])
    return prefix_of({"type": "http", "client": (address, 1)}, headers, proxies)


@pytest.mark.parametrize(
    ("address", "said", "found"),
    [
        ("192.0.2.77", (), "192.0.2.0/24"),
        ("2001:db8:1:2::3", (), "2001:db8:1::/48"),
        ("::ffff:192.0.2.77", (), "192.0.2.0/24"),
        ("192.0.2.77", ("198.51.100.1",), "192.0.2.0/24"),
        ("10.1.2.3", ("198.51.100.1",), "198.51.100.0/24"),
        ("10.1.2.3", ("203.0.113.9, 198.51.100.1",), "198.51.100.0/24"),
        ("10.1.2.3", ("203.0.113.9", "198.51.100.1, 10.9.9.9"), "198.51.100.0/24"),
        ("10.1.2.3", ("2001:db8:1:2::3",), "2001:db8:1::/48"),
        ("10.1.2.3", (), "10.1.2.0/24"),
        ("10.1.2.3", ("unknown",), "10.1.2.0/24"),
        ("testclient", (), "nowhere"),
    ],
)
def test_only_our_own_proxies_are_believed(address, said, found):
    assert prefix(address, *said) == found


@given(st.lists(st.text(alphabet="0123456789abcdef:., [];x", max_size=40), max_size=4))
def test_whatever_a_stranger_says_of_itself_changes_nothing(said):
    assert prefix("192.0.2.77", *said) == "192.0.2.0/24"
    assert prefix("192.0.2.77", *said, proxies=()) == "192.0.2.0/24"
