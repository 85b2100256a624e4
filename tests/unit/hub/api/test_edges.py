"""Small judgements at the doors: where to go back to, whose page this is, what a file is called."""

from types import SimpleNamespace
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from contracts.problems import PROBLEMS
from hub.api.callers import refuse_cross_site
from hub.api.documents import content_length, file_name
from hub.api.problems import kind_of
from hub.api.sign_in import local
from hub.errors import CrossSite, LengthRequired, NothingHere

DOOR = "http://door.test"


def request(method: str = "POST", **headers: str) -> Request:
    state = SimpleNamespace(door=SimpleNamespace(settings=SimpleNamespace(door_url=DOOR)))
    told = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    return Request({"type": "http", "method": method, "headers": told, "app": SimpleNamespace(state=state)})


@given(st.text(alphabet=st.sampled_from("/\\:.?#@%a\t\n\r\x00 \u2028eé"), max_size=12))
def test_a_way_back_never_leaves_the_door(address):
    # As a browser reads it (WHATWG URL): backslashes are slashes, tabs and line ends are not there.
    found = local(address)
    read = found.replace("\\", "/").translate({9: None, 10: None, 13: None})
    assert urlsplit(urljoin(f"{DOOR}/", read)).netloc == urlsplit(DOOR).netloc
    assert not read.startswith("//")


@pytest.mark.parametrize("address", ["/", "/demandes?x=1", "/v1/session", "/recus/1#haut"])
def test_a_way_back_of_ours_is_kept(address):
    assert local(address) == address


@pytest.mark.parametrize(
    "headers", [{}, {"sec_fetch_site": "same-origin"}, {"sec_fetch_site": "none"}, {"origin": DOOR}]
)
def test_a_write_of_our_own_page_or_a_programme_passes(headers):
    refuse_cross_site(request(**headers))


@pytest.mark.parametrize(
    "headers",
    [{"sec_fetch_site": "cross-site"}, {"sec_fetch_site": "same-site"}, {"origin": "null"}, {"origin": DOOR + ":81"}],
)
def test_a_write_of_another_page_does_not(headers):
    with pytest.raises(CrossSite):
        refuse_cross_site(request(**headers))
    refuse_cross_site(request("GET", **headers))


@pytest.mark.parametrize("text", ["", "-1", "+1", "1.0", "1e3", "1" * 16, "²", "0x1"])
def test_what_is_no_length(text):
    with pytest.raises(LengthRequired):
        content_length(request(content_length=text))


def test_a_length():
    assert content_length(request(content_length="1048576")) == 1048576


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('attachment; filename="a.pdf"', "a.pdf"),
        ("attachment; filename*=UTF-8''%C3%A9t%C3%A9.pdf", "été.pdf"),
        ("attachment; filename=\"a.pdf\"; filename*=utf-8''b.pdf", "b.pdf"),
        ("attachment; filename*=iso-8859-1''a.pdf", ""),
        ("", ""),
    ],
)
def test_a_file_name_from_its_header(disposition, name):
    assert file_name(disposition) == name


@given(st.text(max_size=200))
def test_any_header_gives_some_name(disposition):
    assert isinstance(file_name(disposition), str)


def test_what_the_table_does_not_know_is_our_own_fault():
    assert kind_of(NothingHere()) is PROBLEMS["not-found"]
    assert kind_of(RuntimeError("secret")) is PROBLEMS["internal"]
