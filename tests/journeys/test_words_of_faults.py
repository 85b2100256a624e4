"""A fault of ours is said in words: nothing of it, and nothing of what was sent, in the answer or in any log."""

import secrets
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.assets.pdfs import pages
from tests.journeys.doors import NOTHING, assert_problem, kept_of, rows
from tests.system import System

PDF = "application/pdf"


def logs(system: System) -> str:
    """Everything any part of the system wrote down."""
    folder: Path = system.running.layout.logs
    return "".join(path.read_text(encoding="utf-8", errors="replace") for path in sorted(folder.glob("*.log")))


@contextmanager
def broken(system: System, breaking: str, mending: str):
    """The database changed under the door's feet for a while."""
    rows(system, breaking)
    try:
        yield
    finally:
        rows(system, mending)


@pytest.fixture
def no_receipts(running):
    with broken(
        running,
        "REVOKE INSERT ON hub.receipt FROM unefois_door",
        "GRANT INSERT ON hub.receipt TO unefois_door",
    ):
        yield


@pytest.fixture
def no_claims(running):
    # A violated constraint: PostgreSQL's own words then hold the whole row.
    with broken(
        running,
        "ALTER TABLE hub.family_claim ADD CONSTRAINT broken CHECK (false) NOT VALID",
        "ALTER TABLE hub.family_claim DROP CONSTRAINT broken",
    ):
        yield


def test_a_fault_in_a_deposit_is_said_and_nothing_is_half_stored(resident, no_receipts):
    person, marker, key = resident(), f"marqueur{secrets.token_hex(8)}", secrets.token_hex(16)
    content = pages(1) + b"% " + marker.encode()
    named = {"content-disposition": f'attachment; filename="{marker}.pdf"'}
    told = assert_problem(person.hand_in(content, PDF, key=key, **named), "internal")
    assert kept_of(person) == NOTHING
    written = logs(person.system)
    assert f"fault ProgrammingError {told['correlation_id']}" in written
    assert_silent(written, marker, person)


def test_the_key_of_a_deposit_that_failed_is_free_again(resident, running):
    person, key, content = resident(), secrets.token_hex(16), pages(1) + secrets.token_bytes(8).hex().encode()
    change = "INSERT ON hub.receipt"
    with broken(running, f"REVOKE {change} FROM unefois_door", f"GRANT {change} TO unefois_door"):
        assert_problem(person.hand_in(content, PDF, key=key), "internal")
    assert person.hand_in(content, PDF, key=key).status_code == 201


def test_what_the_database_says_of_a_refused_row_is_in_no_log(resident, no_claims):
    person, marker = resident(), f"Marqueur{secrets.token_hex(8)}"
    claim = {"family_name": marker, "given_names": [marker], "born_on": "2018-01-01"}
    told = assert_problem(person.http.post("/v1/children", json=claim), "internal")
    written = logs(person.system)
    assert told["correlation_id"] in written
    assert_silent(written, marker, person)


def assert_silent(written: str, marker: str, person) -> None:
    assert "Traceback (most recent call last)" not in written
    assert marker.lower() not in written.lower()
    assert person.http.cookies["unefois_session"] not in written


def test_no_log_names_who_came_or_what_they_hold(resident):
    person = resident()
    child = person.child()
    person.children = (child,)
    person.linked_child(child)
    person.http.get("/v1/accesses")
    written = logs(person.system).lower()
    names = (person.family_name, person.given_name, child.first_names, person.system.stores.objects_secret_key)
    assert not [name for name in names if name.lower() in written]
    assert "x-amz-signature" not in written
