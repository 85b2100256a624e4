"""A door seals for a holder and never reads; a re-keyed holder's old keys open nothing; a race loses no paper."""

import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from vault.crypto.envelope import DataKey
from vault.crypto.errors import HolderKeyMissing, KeyRefused, KeyRightMissing
from vault.crypto.holders import HolderKey, HolderKeys, ValueContext, WrapContext, seal_value, wrap_data_key
from vault.crypto.memory import MemoryMasterKey
from vault.db import Database, WriteTx

MASTER = MemoryMasterKey.generate()
DOOR, READER = HolderKeys(MASTER.wrap_only()), HolderKeys(MASTER)
KEY = DataKey(b"the keyset of a made-up paper")


def context(holder_id: UUID) -> WrapContext:
    """Return the context of a made-up paper."""
    return WrapContext(uuid4(), 1, holder_id, "application/pdf", 1234, bytes(64))


def current(db: Database, holder_id: UUID) -> HolderKey:
    """Return the holder's newest key as the door gets it."""
    with db.transaction() as tx:
        tx.execute(text("SET LOCAL ROLE unefois_door"))
        return DOOR.current(tx, holder_id)


def refer(tx: WriteTx, key: HolderKey) -> None:
    """Insert a row that is sealed under ``key``."""
    row = {"holder": key.holder_id, "generation": key.generation}
    tx.execute(text("INSERT INTO vault.paper VALUES (:holder, :generation)"), row)


def test_key_is_made_once_and_found_again(db: Database) -> None:
    holder = uuid4()
    first = current(db, holder)
    assert (first.generation, len(first.digest_salt)) == (1, 32)
    assert current(db, holder) == first
    assert current(db, uuid4()).public_keyset != first.public_keyset


def test_two_first_deposits_at_once_get_the_same_key(db: Database) -> None:
    holder = uuid4()
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: current(db, holder), range(16)))
    assert all(key == keys[0] for key in keys)


def test_door_seals_and_cannot_read_what_the_reader_opens(db: Database) -> None:
    key = current(db, uuid4())
    bound, place = context(key.holder_id), ValueContext(key.holder_id, uuid4(), "file name")
    wrapped, sealed = wrap_data_key(key, KEY, bound), seal_value(key, b"facture.pdf", place)
    opened = READER.open(key)
    assert opened.unwrap_data_key(wrapped, bound).reveal() == KEY.reveal()
    assert opened.open_value(sealed, place) == b"facture.pdf"
    with pytest.raises(KeyRightMissing):
        DOOR.open(key)


CHANGES: dict[str, Any] = {
    "custody_id": uuid4(),
    "version": 2,
    "holder_id": uuid4(),
    "media_type": "image/png",
    "plaintext_length": 1235,
    "commitment": bytes(63) + b"\x01",
}


@pytest.mark.parametrize("name", CHANGES)
def test_wrapped_key_is_bound_to_every_field_of_its_context(db: Database, name: str) -> None:
    key = current(db, uuid4())
    bound = context(key.holder_id)
    wrapped = wrap_data_key(key, KEY, bound)
    with pytest.raises(KeyRefused):
        READER.open(key).unwrap_data_key(wrapped, replace(bound, **{name: CHANGES[name]}))


@pytest.mark.parametrize("name", ["holder_id", "owner_id", "place"])
def test_sealed_value_is_bound_to_every_field_of_its_context(db: Database, name: str) -> None:
    key = current(db, uuid4())
    place = ValueContext(key.holder_id, uuid4(), "income")
    changes: dict[str, Any] = {name: "address" if name == "place" else uuid4()}
    with pytest.raises(KeyRefused):
        READER.open(key).open_value(seal_value(key, b"1", place), replace(place, **changes))


def test_key_of_another_holder_opens_nothing(db: Database) -> None:
    key, other = current(db, uuid4()), current(db, uuid4())
    bound = context(key.holder_id)
    with pytest.raises(KeyRefused):
        READER.open(other).unwrap_data_key(wrap_data_key(key, KEY, bound), bound)


@pytest.mark.parametrize("name", ["holder_id", "generation", "public_keyset", "digest_salt", "wrapped_private"])
def test_changed_row_does_not_open(db: Database, name: str) -> None:
    key, other = current(db, uuid4()), current(db, uuid4())
    changes: dict[str, Any] = {name: 2 if name == "generation" else getattr(other, name)}
    with pytest.raises(KeyRefused):
        READER.open(replace(key, **changes))


def test_rekeying_moves_what_remains_and_destroys_the_rest(db: Database) -> None:
    key = current(db, uuid4())
    kept, erased = context(key.holder_id), context(key.holder_id)
    place = ValueContext(key.holder_id, kept.custody_id, "income")
    wrapped, lost, value = wrap_data_key(key, KEY, kept), wrap_data_key(key, KEY, erased), seal_value(key, b"1", place)
    with db.transaction() as tx:
        tx.execute(text("SET LOCAL ROLE unefois_worker"))
        rekeying = READER.rekey(tx, key.holder_id)
        moved, moved_value = rekeying.rewrap_data_key(wrapped, kept), rekeying.reseal_value(value, place)
        rekeying.destroy_old(tx)
    new = current(db, key.holder_id)
    assert (new.generation, new.digest_salt == key.digest_salt) == (2, False)
    assert READER.open(new).unwrap_data_key(moved, kept).reveal() == KEY.reveal()
    assert READER.open(new).open_value(moved_value, place) == b"1"
    with pytest.raises(KeyRefused):
        READER.open(new).unwrap_data_key(lost, erased)
    with db.read() as tx, pytest.raises(HolderKeyMissing):
        READER.find(tx, key.holder_id, 1)


def test_rekeying_needs_a_key_and_the_right_to_open(db: Database) -> None:
    with db.transaction() as tx, pytest.raises(HolderKeyMissing):
        READER.rekey(tx, uuid4())
    key = current(db, uuid4())
    with db.transaction() as tx, pytest.raises(KeyRightMissing):
        DOOR.rekey(tx, key.holder_id)


def test_deposit_that_commits_while_the_holder_is_rekeyed_keeps_its_key(db: Database) -> None:
    key = current(db, uuid4())
    depositing, rekeyed = Event(), Event()

    def deposit() -> None:
        with db.transaction() as tx:
            refer(tx, key)
            depositing.set()
            rekeyed.wait(timeout=1)  # the other side now waits for this row

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(deposit)
        depositing.wait()
        with pytest.raises(IntegrityError), db.transaction() as tx:
            READER.rekey(tx, key.holder_id).destroy_old(tx)
        running.result()
    assert current(db, key.holder_id).generation == 1


def test_deposit_under_a_destroyed_generation_is_refused(db: Database) -> None:
    key = current(db, uuid4())
    with db.transaction() as tx:
        READER.rekey(tx, key.holder_id).destroy_old(tx)
    with pytest.raises(IntegrityError), db.transaction() as tx:
        refer(tx, key)


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        ("unefois_door", "DELETE FROM vault.holder_key"),
        ("unefois_door", "UPDATE vault.holder_key SET generation = 1"),
        ("unefois_release", "INSERT INTO vault.holder_key DEFAULT VALUES"),
        ("unefois_release", "DELETE FROM vault.holder_key"),
        ("unefois_worker", "UPDATE vault.holder_key SET generation = 1"),
        ("unefois_pipelines", "SELECT * FROM vault.holder_key"),
    ],
)
def test_each_login_has_its_own_rights_on_keys(db: Database, role: str, statement: str) -> None:
    with pytest.raises(InsufficientPrivilege), db.transaction() as tx:
        tx.driver.execute(f"SET LOCAL ROLE {role}; {statement}".encode())


def test_keys_show_and_pickle_nothing(db: Database) -> None:
    key = current(db, uuid4())
    opened = READER.open(key)
    assert repr(opened) == "<OpenedHolder>"
    assert "keyset" not in repr(key)
    with pytest.raises(TypeError):
        pickle.dumps(opened)
