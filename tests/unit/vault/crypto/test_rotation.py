"""A rotation under load: nobody is refused, nothing is left behind, and the older version opens nothing afterwards."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from tests.unit.vault.crypto.bao import Bao
from vault.crypto.errors import KeyRefused, RotationUnfinished
from vault.crypto.holders import HolderKeys, holder_key_context
from vault.crypto.keyring import RotatingMasterKey
from vault.crypto.local import PRIVATE_NAME, PUBLIC_NAME, LocalMasterKey, create
from vault.crypto.rotation import HolderKeyPlace, rotate
from vault.db import Database, WriteTx


class Killed(BaseException):
    """The rotating process is gone."""


class Keys:
    """One master key as the door, the reader and the operator have it."""

    def __init__(self, door: Any, reader: Any, operator: Any) -> None:
        self.door, self.reader = HolderKeys(door), HolderKeys(reader)
        self.operator: RotatingMasterKey = operator

    def deposit(self, db: Database, holder: UUID) -> None:
        with db.transaction() as tx:
            self.door.current(tx, holder)

    def read(self, db: Database, holder: UUID) -> None:
        with db.read() as tx:
            key = self.reader.find(tx, holder, 1)
        self.reader.open(key)


@pytest.fixture(params=["local", "openbao"])
def keys(request: pytest.FixtureRequest, tmp_path: Path) -> Keys:
    """A fresh master key of each implementation that several processes can share."""
    if request.param == "openbao":
        bao: Bao = request.getfixturevalue("bao")
        operator = bao.master("rotation")
        operator.retire()  # another test may have begun a rotation
        return Keys(bao.master("door"), bao.master("release"), operator)
    return local(tmp_path)


def local(folder: Path) -> Keys:
    """A fresh master key in files."""
    create(folder)
    public, private = folder / PUBLIC_NAME, folder / PRIVATE_NAME
    load = LocalMasterKey.load
    return Keys(load(public), load(public, private), load(public, private))


def rotated(db: Database, keys: Keys, record: Any = lambda tx, moved: None) -> int:
    """Rotate without waiting for readers longer than this test's take."""
    return rotate(db, keys.operator, [HolderKeyPlace()], record=record, grace=0.2)


def under_older_versions(db: Database, keys: Keys) -> int:
    """Count the rows that a rotation should have moved."""
    with db.read() as tx:
        return len(HolderKeyPlace().outdated(tx, keys.operator.newest_prefix(), after=None, limit=10_000))


def test_everything_moves_and_the_older_version_opens_nothing(db: Database, keys: Keys) -> None:
    holders = [uuid4() for _ in range(20)]
    for holder in holders:
        keys.deposit(db, holder)
    with db.read() as tx:
        before = keys.reader.find(tx, holders[0], 1)
    assert rotated(db, keys) == 20
    for holder in holders:
        keys.read(db, holder)
    with pytest.raises(KeyRefused):
        keys.reader.open(before)
    assert under_older_versions(db, keys) == 0


def test_nobody_is_refused_while_it_runs(db: Database, keys: Keys) -> None:
    stop, made = Event(), [uuid4() for _ in range(30)]
    for holder in made:
        keys.deposit(db, holder)

    def use() -> int:
        done = 0
        while not stop.is_set():
            holder = uuid4()
            keys.deposit(db, holder)
            made.append(holder)
            keys.read(db, made[done % len(made)])
            done += 1
        return done

    with ThreadPoolExecutor(3) as pool:
        users = [pool.submit(use) for _ in range(3)]
        for _ in range(3):
            rotated(db, keys)
        stop.set()
        assert all(user.result() > 0 for user in users)
    for holder in made:
        keys.read(db, holder)


@pytest.mark.parametrize("moves", [0, 1, 7])
def test_rotation_that_dies_is_taken_up_again(db: Database, tmp_path: Path, moves: int) -> None:
    keys = local(tmp_path)
    for _ in range(10):
        keys.deposit(db, uuid4())
    with pytest.raises(Killed):
        rotate(db, keys.operator, [Dying(moves)], record=lambda tx, moved: None, grace=0)
    assert under_older_versions(db, keys) == 10 - moves
    assert rotated(db, keys) == 10 - moves


class Dying(HolderKeyPlace):
    """Commits what it moved so far, and dies."""

    def __init__(self, moves: int) -> None:
        self._left = moves

    def outdated(self, tx: Any, prefix: bytes, *, after: Any, limit: int) -> Any:
        if not self._left:
            raise Killed
        found = super().outdated(tx, prefix, after=after, limit=self._left)
        self._left = 0
        return found


def test_older_version_waits_for_a_deposit_that_has_not_committed(db: Database, tmp_path: Path) -> None:
    keys, holder = local(tmp_path), uuid4()
    wrapped, go_on = Event(), Event()

    def deposit() -> None:
        with db.transaction() as tx:
            keys.door.current(tx, holder)
            wrapped.set()
            go_on.wait(timeout=5)

    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(deposit)
        wrapped.wait()
        rotating = pool.submit(rotated, db, keys)
        with pytest.raises(TimeoutError):
            rotating.result(timeout=0.5)
        go_on.set()
        slow.result()
        assert rotating.result() == 1
    keys.read(db, holder)


def test_act_is_written_down_before_the_older_version_stops_opening(db: Database, tmp_path: Path) -> None:
    keys = local(tmp_path)
    keys.deposit(db, uuid4())
    with db.read() as tx:
        old = tx.execute(text("SELECT * FROM vault.holder_key")).one()

    def refuse(tx: WriteTx, moved: int) -> None:
        assert moved == 1
        raise Killed

    with pytest.raises(Killed):
        rotated(db, keys, refuse)
    assert keys.operator.unwrap(old.wrapped_private, holder_key_context(old))


def test_row_that_opens_with_no_version_stops_the_retirement(db: Database, tmp_path: Path) -> None:
    keys, good = local(tmp_path), uuid4()
    keys.deposit(db, good)
    keys.deposit(db, uuid4())
    with db.transaction() as tx:
        where = {"holder": good}
        tx.execute(text("UPDATE vault.holder_key SET digest_salt = sha256('x') WHERE holder_id <> :holder"), where)
    with pytest.raises(RotationUnfinished):
        rotated(db, keys)
    keys.read(db, good)
