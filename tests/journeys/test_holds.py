"""A legal hold keeps a paper from every end, whatever its state, and the object store keeps its objects where it can."""

import secrets
from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

import psycopg
import pytest

from contracts.identifiers import DocumentId
from hub.deposits.erasure import carry_out_erasure
from hub.deposits.rescanning import rescan_document
from hub.deposits.retention import lift_hold, place_hold
from hub.requirements.catalogue import load
from orchestration.custody import worker_custody
from tests.assets.pdfs import pages
from tests.journeys.doors import assert_problem, rows, value
from tests.journeys.test_replacing import bill, put, replaced, told
from tests.journeys.test_rescanning import Pretended
from tests.system import Resident, System, eventually
from vault.documents.custody import Custody
from vault.documents.hold import tell_untold
from vault.errors import TransitionRefused
from vault.standing import Purpose, standing
from vault.storage.errors import ObjectRetained, StoreUnavailable
from vault.storage.objects import ObjectName
from vault.storage.s3 import Retention, S3Address, S3ObjectStore

PDF = "application/pdf"
TOLD = "SELECT store_told_at FROM vault.legal_hold WHERE document_id = %(id)s ORDER BY placed_at DESC LIMIT 1"
NAMES = """SELECT object_name FROM vault.document WHERE document_id = %(id)s
           UNION ALL SELECT object_name FROM vault.viewing_copy WHERE document_id = %(id)s"""


@pytest.fixture
def custody(running: System) -> Iterator[Custody]:
    with standing(purpose=Purpose.SAFETY), worker_custody(running.running.layout) as found:
        yield found


@pytest.fixture(scope="module")
def locked(running: System) -> S3ObjectStore:
    """A bucket with object lock on the system's own server."""
    stores = running.stores
    address = S3Address(
        endpoint=stores.objects_endpoint,
        bucket=f"locked-{secrets.token_hex(4)}",
        region="us-east-1",
        access_key=stores.objects_access_key,
        secret_key=stores.objects_secret_key,
        secure=False,
    )
    store = S3ObjectStore(address, retention=Retention("governance", 1))
    store.ensure_bucket()
    store.require_lock()
    return store


def names(system: System, paper: str) -> list[ObjectName]:
    return [ObjectName(row["object_name"]) for row in rows(system, NAMES, id=paper)]


def copied(system: System, custody: Custody, locked: S3ObjectStore, paper: str) -> Custody:
    """Custody whose store keeps locks, with the objects of one paper in it."""
    for name in names(system, paper):
        content = b"".join(custody.objects.get(name))
        locked.put(name, (content,), len(content))
    return replace(custody, objects=locked)


def is_locked(store: S3ObjectStore, name: ObjectName) -> bool:
    return bool(store._sdk.is_object_legal_hold_enabled(store._bucket, name))


class Faulty:
    """A store that breaks off, once, when told of a hold."""

    def __init__(self, store) -> None:
        self._store, self.left = store, 1

    def __getattr__(self, name: str):
        return getattr(self._store, name)

    def hold(self, name: ObjectName, *, on: bool) -> None:
        if self.left:
            self.left -= 1
            raise StoreUnavailable
        self._store.hold(name, on=on)


def quarantined(person: Resident) -> str:
    active = pages(1, catalogue=b"/OpenAction << /S /JavaScript /JS (app.alert(1)) >>")
    found = person.hand_in_and_wait(active + b"% " + secrets.token_hex(8).encode(), PDF)
    assert found["state"] == "quarantined", found
    return found["document"]


def unusable(person: Resident) -> str:
    found = person.hand_in_and_wait(b"%PDF-1.7 and then nothing of use" + secrets.token_bytes(8), PDF)
    assert found["state"] == "unusable", found
    return found["document"]


def superseded(person: Resident) -> str:
    old, new = bill(person, 60), bill(person, 10)
    replaced(person, old, new)
    return old


STANDS = {"available": bill, "quarantined": quarantined, "unusable": unusable, "superseded": superseded}


@pytest.mark.parametrize("state", STANDS)
def test_a_hold_lies_on_any_paper_that_has_keys_and_lifting_gives_its_state_back(running, custody, state):
    person = Resident(running).sign_in()
    paper = STANDS[state](person)
    place_hold(custody, paper, reference="TJ-75-2026-11")
    seen = told(person, paper)
    assert (seen["state"], seen["held"]) == ("held" if state == "available" else state, True)
    assert_problem(person.http.delete(f"/v1/documents/{paper}"), "held")
    carry_out_erasure(custody, load(), UUID(paper))
    assert told(person, paper)["state"] == seen["state"]
    lift_hold(custody, paper)
    assert (told(person, paper)["state"], told(person, paper)["held"]) == (state, False)
    assert person.http.delete(f"/v1/documents/{paper}").status_code == 202
    eventually(lambda: told(person, paper)["state"] == "erased")


@pytest.mark.parametrize("state", STANDS)
@pytest.mark.parametrize("end", ["erased", "expired"])
def test_the_database_itself_refuses_the_end_of_a_held_paper(running, custody, state, end):
    paper = STANDS[state](Resident(running).sign_in())
    place_hold(custody, paper, reference="TJ-75-2026-12")
    ending = f"UPDATE vault.document SET state = '{end}' WHERE document_id = %(id)s"
    with pytest.raises(psycopg.errors.CheckViolation, match=r"legal hold|cannot go from held"):
        rows(running, ending, id=paper)


def test_hold_and_state_cannot_part_in_the_database(running, custody):
    paper = bill(Resident(running).sign_in())
    place_hold(custody, paper, reference="TJ-75-2026-13")
    with pytest.raises(psycopg.errors.CheckViolation, match="hold and state"):
        rows(running, "UPDATE vault.legal_hold SET lifted_at = now() WHERE document_id = %(id)s", id=paper)
    with pytest.raises(psycopg.errors.CheckViolation, match="legal hold keeps"):
        rows(running, "UPDATE vault.document SET state = 'available' WHERE document_id = %(id)s", id=paper)


def test_what_is_destroyed_cannot_be_held(running, custody):
    person = Resident(running).sign_in()
    paper = bill(person)
    person.http.delete(f"/v1/documents/{paper}")
    eventually(lambda: told(person, paper)["state"] == "erased")
    with pytest.raises(TransitionRefused):
        place_hold(custody, paper, reference="TJ-75-2026-14")
    insert = """INSERT INTO vault.legal_hold (hold_id, document_id, reference, placed_at)
                VALUES (gen_random_uuid(), %(id)s, 'x', now())"""
    with pytest.raises(psycopg.errors.CheckViolation, match="hold and state"):
        rows(running, insert, id=paper)


def test_a_held_paper_cannot_be_replaced_away(running, custody):
    person = Resident(running).sign_in()
    old, new = bill(person, 60), bill(person, 10)
    place_hold(custody, old, reference="TJ-75-2026-15")
    assert_problem(put(person, old, new), "held")
    assert "Remplacer ce document" not in person.http.get(f"/documents/{old}/remplacer").text.split("<form")[0][-400:]


def test_the_store_keeps_original_and_viewing_copy_until_the_hold_is_lifted(running, custody, locked):
    paper = bill(Resident(running).sign_in())
    there = copied(running, custody, locked, paper)
    place_hold(there, paper, reference="TJ-75-2026-16")
    both = names(running, paper)
    assert [is_locked(locked, name) for name in both] == [True, True]
    with pytest.raises(ObjectRetained):
        locked.delete(both[0])
    lift_hold(there, paper)
    assert [is_locked(locked, name) for name in both] == [False, False]
    assert value(running, TOLD, id=paper) is not None


def test_a_store_that_breaks_off_leaves_a_hold_that_holds_and_is_told_later(running, custody, locked):
    person = Resident(running).sign_in()
    paper = bill(person)
    there = copied(running, custody, locked, paper)
    with pytest.raises(StoreUnavailable):
        place_hold(replace(there, objects=Faulty(locked)), paper, reference="TJ-75-2026-17")
    assert_problem(person.http.delete(f"/v1/documents/{paper}"), "held")
    assert value(running, TOLD, id=paper) is None
    assert tell_untold(there) >= 1
    assert value(running, TOLD, id=paper) is not None
    assert all(is_locked(locked, name) for name in names(running, paper))


def test_placing_the_same_hold_again_finishes_what_a_fault_interrupted(running, custody, locked):
    paper = bill(Resident(running).sign_in())
    there = copied(running, custody, locked, paper)
    with pytest.raises(StoreUnavailable):
        place_hold(replace(there, objects=Faulty(locked)), paper, reference="TJ-75-2026-18")
    place_hold(there, paper, reference="TJ-75-2026-18")
    assert all(is_locked(locked, name) for name in names(running, paper))
    holds = "SELECT count(*) FROM vault.legal_hold WHERE document_id = %(id)s"
    assert value(running, holds, id=paper) == 1


def test_lifting_that_breaks_off_is_told_later_too(running, custody, locked):
    paper = bill(Resident(running).sign_in())
    there = copied(running, custody, locked, paper)
    place_hold(there, paper, reference="TJ-75-2026-19")
    with pytest.raises(StoreUnavailable):
        lift_hold(replace(there, objects=Faulty(locked)), paper)
    assert value(running, TOLD, id=paper) is None
    tell_untold(there)
    assert not any(is_locked(locked, name) for name in names(running, DocumentId(paper)))


def test_an_erasure_asked_before_the_hold_came_follows_when_it_is_lifted(running, custody):
    person = Resident(running).sign_in()
    paper = bill(person)
    place_hold(custody, paper, reference="TJ-75-2026-20")
    rows(running, "INSERT INTO vault.erasure_asked VALUES (%(id)s, now())", id=paper)
    lift_hold(custody, paper)
    eventually(lambda: told(person, paper)["state"] == "erased")


def test_lifting_the_hold_on_a_replaced_paper_erases_nothing(running, custody):
    person = Resident(running).sign_in()
    paper = superseded(person)
    place_hold(custody, paper, reference="TJ-75-2026-21")
    lift_hold(custody, paper)
    jobs = "SELECT count(*) FROM jobs.procrastinate_jobs WHERE task_name = 'erase_document' AND args ->> 'document_id' = %(id)s"
    assert value(running, jobs, id=paper) == 0
    assert told(person, paper)["state"] == "superseded"


def test_a_held_paper_that_comes_out_of_quarantine_is_held_and_its_new_copy_is_told_of(running, custody):
    person = Resident(running).sign_in()
    paper = quarantined(person)
    place_hold(custody, paper, reference="TJ-75-2026-22")
    rescan_document(custody, load(), Pretended("made up, 9"), paper)
    assert (told(person, paper)["state"], told(person, paper)["held"]) == ("held", True)
    assert value(running, "SELECT count(*) FROM hub.evidence WHERE document_id = %(id)s", id=paper) == 1
    assert value(running, TOLD, id=paper) is not None
    lift_hold(custody, paper)
    assert told(person, paper)["state"] == "available"
