"""A refusal as a page: its sentence, its number, and a way on, at either door."""

from types import SimpleNamespace

import pytest
from fastapi import Request

from contracts.problems import PROBLEMS
from hub.bootstrap import Door
from hub.web.refusals import page_for_problem, wants_page
from tests.unit.hub.web.conftest import DOOR_URL, Place
from tests.unit.hub.web.pages_read import Page


def request(state: object, path: str = "/documents", *, accept: str = "text/html,*/*", method: str = "GET") -> Request:
    app = SimpleNamespace(state=SimpleNamespace(door=state))
    headers = [(b"accept", accept.encode())]
    return Request(
        {"type": "http", "method": method, "path": path, "headers": headers, "query_string": b"", "app": app}
    )


@pytest.mark.parametrize("name", PROBLEMS)
def test_every_problem_has_a_sound_page(place: Place, name: str) -> None:
    kind = PROBLEMS[name]
    answer = page_for_problem(request(place.door), kind, "abc123")
    page = Page(bytes(answer.body).decode())
    assert page.problems == []
    assert answer.status_code == kind.status
    assert kind.fr in page.text
    assert answer.headers["x-correlation-id"] == "abc123"
    assert "content-security-policy" in answer.headers


def test_signing_in_leads_back_to_the_page_that_was_asked_for(place: Place) -> None:
    kind = PROBLEMS["sign-in-required"]
    page = Page(bytes(page_for_problem(request(place.door, "/acces"), kind, "abc").body).decode())
    assert "/sign-in/franceconnect?return_to=/acces" in {attrs.get("href") for attrs in page.named("a")}
    page = Page(bytes(page_for_problem(request(place.door, "/acces", method="POST"), kind, "abc").body).decode())
    assert "/sign-in/franceconnect?return_to=/" in {attrs.get("href") for attrs in page.named("a")}


def test_at_the_partners_door_everything_leads_to_the_residents_door(place: Place) -> None:
    elsewhere = SimpleNamespace(settings=place.door.settings)
    assert not isinstance(elsewhere, Door)
    answer = page_for_problem(request(elsewhere, "/previews/x"), PROBLEMS["not-found"], "abc")
    addresses = [
        attrs.get("href", attrs.get("src", "")) for _, attrs in Page(bytes(answer.body).decode()).tags if attrs
    ]
    assert all(a.startswith((DOOR_URL, "#", "data:")) for a in addresses if a)
    assert f"style-src {DOOR_URL};" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("accept", "path", "page"),
    [
        ("text/html,application/xhtml+xml", "/documents", True),
        ("*/*", "/documents", False),
        ("application/json", "/documents", False),
        ("text/html", "/v1/documents", False),
    ],
)
def test_who_gets_a_page(place: Place, accept: str, path: str, page: bool) -> None:
    assert wants_page(request(place.door, path, accept=accept)) is page
