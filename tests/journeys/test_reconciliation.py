"""What lies in the store without a row goes, in its time; what a row names is never touched, and missed when it is gone."""

import io
import json
import secrets
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from minio.commonconfig import ENABLED
from minio.versioningconfig import VersioningConfig
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.custody import worker_custody
from orchestration.stack import stack
from tests.faults.custody import held_back
from tests.journeys.doors import assert_problem, bucket, objects, rows, value
from tests.journeys.uploading import begun, send
from tests.system import Resident, System, eventually, start_system
from vault.reconciliation import sweeping
from vault.reconciliation.naming import EXCHANGED, TABLES, NamedObject
from vault.reconciliation.sweeping import Reconciled, compare, reconcile
from vault.standing import Purpose, standing
from vault.storage.objects import new_object_name
from vault.storage.s3 import Retention, S3Address, S3ObjectStore
from vault.uploads.partial import LIFE

PDF = "application/pdf"
NOW = timedelta(0)


@pytest.fixture(scope="module")
def vault(tmp_path_factory):
    """A system of its own, because its store is put into disorder."""
    system = start_system(tmp_path_factory.mktemp("reconciled") / "state")
    with worker_custody(system.running.layout) as custody:
        yield system, custody
    stack.down(system.running.layout)


def left_behind(system: System, size: int = 10) -> str:
    """An object written before its row, whose transaction never came."""
    name = new_object_name()
    bucket(system).put_object(system.stores.bucket, name, io.BytesIO(secrets.token_bytes(size)), size)
    return str(name)


def paper(system: System) -> tuple[Resident, str]:
    person = Resident(system).sign_in()
    return person, person.hand_in_and_wait(system.papers().bill(person), PDF)["document"]


def object_of(system: System, document: str) -> str:
    return str(value(system, "SELECT object_name FROM vault.document WHERE document_id = %(id)s", id=document))


def swept(custody) -> Reconciled:
    """Condemn and delete at once, as a day and an hour would."""
    reconcile(custody, age=NOW, grace=NOW)
    return reconcile(custody, age=NOW, grace=NOW)


def command(system: System, *words: str) -> tuple[int, dict]:
    done = CliRunner().invoke(
        app, ["vault", "reconcile", "--json", *words, "--state", str(system.running.layout.state)]
    )
    return done.exit_code, json.loads(done.output)


def test_every_table_that_names_an_object_is_looked_at(vault):
    system, _ = vault
    naming = """SELECT table_schema || '.' || table_name AS t FROM information_schema.columns
                WHERE column_name = 'object_name' AND table_schema IN ('vault', 'hub')"""
    assert {row["t"] for row in rows(system, naming)} == TABLES


def test_an_orphan_goes_and_what_is_named_stays(vault):
    system, custody = vault
    person, document = paper(system)
    address = begun(person, 3_000_000)
    assert send(person, address, 0, b"%PDF-" + bytes(1_999_995)).status_code == 204
    named, orphan = objects(system), left_behind(system)
    assert orphan in objects(system) - named
    done = swept(custody)
    assert (done.orphans, done.missing) == (0, ())
    assert objects(system) == named
    assert person.concluded(document)["state"] == "available"
    assert send(person, address, 2_000_000, bytes(1_000_000)).status_code == 204


def test_what_is_younger_than_an_upload_lives_is_left_alone(vault):
    system, custody = vault
    orphan = left_behind(system)
    assert reconcile(custody, grace=NOW).young >= 1
    assert reconcile(custody, grace=NOW).swept == 0
    assert orphan in objects(system)
    assert sweeping.SAFE_AGE >= LIFE
    swept(custody)


def test_looking_changes_nothing(vault):
    system, custody = vault
    orphan = left_behind(system)
    assert compare(custody, age=NOW).orphans == 1
    code, told = command(system)
    assert (code, told["young"], told["condemned"]) == (0, 1, 0)
    assert orphan in objects(system)
    assert rows(system, "SELECT 1 FROM vault.condemned_object WHERE name = %(n)s", n=orphan) == []
    swept(custody)


def test_what_is_condemned_waits_an_hour_and_is_named_by_no_new_row(vault):
    system, custody = vault
    orphan = left_behind(system)
    done = reconcile(custody, age=NOW)
    assert (done.condemned, done.swept, done.waiting) == (1, 0, 1)
    _, document = paper(system)
    with pytest.raises(psycopg.errors.CheckViolation):
        rows(system, COPIED, name=orphan, id=document)
    assert orphan in objects(system)
    assert reconcile(custody, age=NOW, grace=NOW).swept == 1


def test_a_paper_that_came_too_late_is_asked_for_again_politely(vault):
    system, custody = vault
    person = Resident(system).sign_in()
    sent: dict = {"content": system.papers().bill(person), "media_type": PDF, "key": secrets.token_hex(16)}
    with ThreadPoolExecutor(1) as pool, held_back(system, "hub.receipt") as reached:
        sending = pool.submit(person.hand_in, **sent)
        reached()
        assert reconcile(custody, age=NOW).condemned >= 1
    assert_problem(sending.result(), "took-too-long")
    again = person.hand_in(**sent)
    assert again.status_code == 201
    person.concluded(again.json()["document"])
    swept(custody)


def test_a_piece_of_an_upload_that_came_too_late_is_sent_again(vault):
    system, custody = vault
    person = Resident(system).sign_in()
    address, piece = begun(person, 3_000_000), b"%PDF-" + bytes(1_999_995)
    with ThreadPoolExecutor(1) as pool, held_back(system, "vault.upload_part") as reached:
        sending = pool.submit(send, person, address, 0, piece)
        reached()
        assert reconcile(custody, age=NOW).condemned >= 1
    assert_problem(sending.result(), "took-too-long")
    assert send(person, address, 0, piece).status_code == 204
    swept(custody)


COPIED = """INSERT INTO vault.viewing_copy SELECT gen_random_uuid(), %(name)s, holder_id, holder_generation, wrapped_key,
            commitment, media_type, plaintext_length, made_at, record_seal FROM vault.viewing_copy
            WHERE document_id = %(id)s"""


def test_a_row_that_came_before_it_could_know_keeps_its_object(vault):
    system, custody = vault
    orphan = left_behind(system)
    reconcile(custody, age=NOW)
    _, document = paper(system)
    rows(system, "ALTER TABLE vault.document DISABLE TRIGGER document_object")
    try:
        # What the race would leave: the row committed, the name condemned.
        rows(system, "UPDATE vault.document SET object_name = %(n)s WHERE document_id = %(id)s", n=orphan, id=document)
    finally:
        rows(system, "ALTER TABLE vault.document ENABLE TRIGGER document_object")
    reconcile(custody, age=NOW, grace=NOW)
    assert orphan in objects(system)
    assert rows(system, "SELECT 1 FROM vault.condemned_object WHERE name = %(n)s AND swept_at IS NULL", n=orphan) == []


def test_deposits_go_on_while_everything_unnamed_is_condemned_at_once(vault):
    """Nobody would let so little time pass: an acknowledged paper is whole all the same, or it is not acknowledged."""
    system, custody = vault
    person, stop = Resident(system).sign_in(), threading.Event()
    bill, kept, refused = system.papers().bill(person), list[str](), list[httpx.Response]()

    def deposit() -> None:
        while not stop.is_set():
            answer = person.hand_in(bill + b"\n%" + secrets.token_hex(8).encode(), PDF)
            if answer.status_code == 201:
                kept.append(answer.json()["document"])
            else:
                refused.append(answer)

    sending = threading.Thread(target=deposit)
    sending.start()
    for _ in range(8):
        with held_back(system, "hub.receipt") as reached:
            reached()
            assert reconcile(custody, age=NOW, grace=timedelta(seconds=2)).condemned >= 1
        reconcile(custody, age=NOW, grace=timedelta(seconds=2))
    stop.set()
    sending.join()
    assert kept
    assert refused
    for answer in refused:
        assert_problem(answer, "took-too-long")
    assert {object_of(system, one) for one in kept} <= objects(system)
    assert {person.concluded(one)["state"] for one in kept} == {"available"}
    swept(custody)


def test_an_erased_paper_whose_object_stayed_is_swept(vault):
    system, custody = vault
    person, document = paper(system)
    name = object_of(system, document)
    content = bucket(system).get_object(system.stores.bucket, name).read()
    person.http.delete(f"/v1/documents/{document}")
    eventually(lambda: name not in objects(system))
    bucket(system).put_object(system.stores.bucket, name, io.BytesIO(content), len(content))
    seen = compare(custody, age=NOW)
    assert (seen.orphans, seen.unknown) == (1, 0)
    swept(custody)
    assert name not in objects(system)


def test_too_much_of_which_no_row_tells_is_left_until_somebody_looked(vault, monkeypatch):
    system, custody = vault
    monkeypatch.setattr(sweeping, "FEW", 2)
    monkeypatch.setattr(sweeping, "TENTH", 1000)
    left = {left_behind(system) for _ in range(3)}
    done = reconcile(custody, age=NOW, grace=NOW)
    assert (done.refused, done.condemned) == (True, 0)
    assert left <= objects(system)
    assert reconcile(custody, age=NOW, insist=True).condemned == 3
    reconcile(custody, age=NOW, grace=NOW)
    assert not left & objects(system)


def test_a_row_whose_object_is_gone_is_named(vault):
    system, _ = vault
    _, document = paper(system)
    name = object_of(system, document)
    content = bucket(system).get_object(system.stores.bucket, name).read()
    bucket(system).remove_object(system.stores.bucket, name)
    try:
        code, told = command(system, "--sweep")
        assert (code, told["missing"]) == (1, [{"form": "original", "of": document}])
        faults = rows(system, "SELECT fault FROM vault.audit_fault WHERE document_id = %(id)s", id=document)
        assert [row["fault"] for row in faults] == ["the object is missing"]
    finally:
        bucket(system).put_object(system.stores.bucket, name, io.BytesIO(content), len(content))


def test_a_conversation_that_is_gone_is_counted_and_is_no_fault_of_a_paper(vault):
    system, custody = vault
    gone = NamedObject(new_object_name(), EXCHANGED, uuid4())
    with standing(purpose=Purpose.RECONCILIATION):
        sweeping._write_down(custody, replace(reconcile(custody), missing=(gone,)), custody.now())
    newest = "SELECT missing FROM vault.reconciliation ORDER BY finished_at DESC LIMIT 1"
    assert value(system, newest) == 1
    assert rows(system, "SELECT 1 FROM vault.audit_fault WHERE document_id = %(id)s", id=gone.of) == []


def test_in_a_versioned_bucket_no_version_stays_and_a_hidden_paper_is_missed(vault):
    system, _ = vault
    store, name = bucket(system), system.stores.bucket
    store.set_bucket_versioning(name, VersioningConfig(ENABLED))
    with worker_custody(system.running.layout) as fresh:
        orphan = left_behind(system)
        store.put_object(name, orphan, io.BytesIO(b"again"), 5)
        _, document = paper(system)
        hidden = object_of(system, document)
        store.remove_object(name, hidden)
        done = swept(fresh)
        assert [one.of for one in done.missing if one.form == "original"].count(UUID(document)) == 1
        versions = {one.object_name for one in store.list_objects(name, include_version=True)}
        assert (orphan in versions, hidden in versions) == (False, True)


def test_what_the_stores_lock_keeps_is_counted_and_tried_again(vault):
    system, custody = vault
    stores = system.stores
    keys = {"access_key": stores.objects_access_key, "secret_key": stores.objects_secret_key}
    address = S3Address(stores.objects_endpoint, "locked", "us-east-1", secure=False, **keys)
    locked = S3ObjectStore(address, retention=Retention("governance", 1))
    locked.ensure_bucket()
    name = new_object_name()
    locked.put(name, [b"sealed"], 6)
    other = replace(custody, objects=locked)
    for _ in range(2):
        done = swept(other)
        assert (done.swept, done.waiting, done.retained) == (0, 1, 1)
    assert locked.exists(name)
    rows(system, "DELETE FROM vault.condemned_object WHERE name = %(n)s", n=name)
