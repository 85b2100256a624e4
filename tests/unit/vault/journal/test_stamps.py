"""One time-stamp a head, the first, and never another; an entry is dated by the smallest stamped head over it."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from tests.unit.vault.journal.test_journal import entry, fill
from vault.db import Database
from vault.errors import VaultError
from vault.journal.entries import append
from vault.journal.proofs import proof_for, verify_proof
from vault.journal.signing import HeadSigner
from vault.journal.stamps import HeadStamp, all_stamps, first_stamp_over, keep_stamp, newest_stamp, stamp_of

NOW = datetime(2026, 11, 23, 3, 40, tzinfo=UTC)


def stamp(size: int, token: bytes = b"token") -> HeadStamp:
    return HeadStamp(size, NOW, "1.2.3", "9", token)


def kept(db: Database, *stamps: HeadStamp) -> list[bool]:
    with db.transaction() as tx:
        return [keep_stamp(tx, one) for one in stamps]


def test_the_first_time_stamp_of_a_head_stays(db: Database, signer: HeadSigner) -> None:
    fill(db, signer, 2, 3)
    assert kept(db, stamp(5), stamp(5, b"later"), stamp(2)) == [True, False, True]
    with db.read() as tx:
        assert stamp_of(tx, 5) == stamp(5)
        assert stamp_of(tx, 4) is None
        assert [(head.tree_size, one.tree_size) for head, one in all_stamps(tx)] == [(2, 2), (5, 5)]
        newest = newest_stamp(tx)
    assert newest is not None
    assert newest[0].tree_size == 5


def test_only_a_signed_head_is_stamped(db: Database, signer: HeadSigner) -> None:
    fill(db, signer, 2)
    with pytest.raises((IntegrityError, VaultError)):
        kept(db, stamp(1))


def test_an_entry_is_proved_under_the_smallest_stamped_head_over_it(db: Database, signer: HeadSigner) -> None:
    fill(db, signer, 2)
    with db.transaction() as tx:
        mine = append(tx, entry())
    fill(db, signer, 3, 4)
    kept(db, stamp(2), stamp(6), stamp(10))
    with db.read() as tx:
        found = first_stamp_over(tx, mine)
        assert found is not None
        proof = proof_for(tx, mine, under=found[0])
        assert first_stamp_over(tx, uuid4()) is None
    assert found[1].tree_size == 6
    assert found[0].note().splitlines()[1] == "6"
    assert verify_proof(proof, signer.verifier).holds


def test_an_entry_newer_than_every_time_stamp_has_none(db: Database, signer: HeadSigner) -> None:
    fill(db, signer, 2)
    kept(db, stamp(2))
    with db.transaction() as tx:
        mine = append(tx, entry())
    with db.read() as tx:
        assert first_stamp_over(tx, mine) is None
        assert tx.execute(text("SELECT count(*) FROM vault.journal_stamp")).scalar_one() == 1
