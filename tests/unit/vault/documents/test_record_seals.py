"""Whoever writes to database and store, without a key, makes no paper pass for another: every swap is refused."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, text, update

from contracts.documents import EvidenceType, MediaType
from contracts.identifiers import DocumentId, EntryId, new_uuid
from hub.schema.migrating import upgrade
from tests.unit.vault.journal.postgres import running_postgres
from vault.crypto.digest import DuplicateKey
from vault.crypto.envelope import seal_stream
from vault.crypto.errors import KeyRefused, RecordAltered, SealBroken
from vault.crypto.holders import HolderKeys, wrap_data_key
from vault.crypto.memory import MemoryMasterKey
from vault.crypto.records import RecordSeals, RecordSigner
from vault.db import Database
from vault.documents.custody import Custody
from vault.documents.deposit import (
    VIEWING,
    RecordFacts,
    SealedObject,
    deposit_record,
    record_seal,
    seal_bytes,
    wrap_context,
)
from vault.documents.opening import Form, open_original, open_released
from vault.documents.tables import DOCUMENT, VIEWING_COPY
from vault.journal.entries import append
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry
from vault.storage.memory import MemoryObjectStore
from vault.storage.objects import ObjectName, new_object_name

REFUSED = (RecordAltered, SealBroken, KeyRefused)
ACTOR = Actor(ActorKind.PROCESS, "test")
ROLES = ("unefois_owner", "unefois_door", "unefois_release", "unefois_worker", "unefois_pipelines", "unefois_dagster")
SWAPPED = (
    "object_name",
    "wrapped_key",
    "commitment",
    "plaintext_length",
    "media_type",
    "holder_id",
    "holder_generation",
    "record_seal",
    "version",
    "origin",
)
UNSEALED = {"wrapped_key", "holder_generation"}
"""What re-keying a holder moves: the wrapped key's own binding keeps these."""


@dataclass(frozen=True)
class Two:
    """Custody with papers of two holders: two of the first (one with a viewing copy), one of the second."""

    custody: Custody
    first: DocumentId
    second: DocumentId
    other: DocumentId


@pytest.fixture(scope="module")
def two() -> Iterator[Two]:
    """One database, three papers."""
    with running_postgres() as url:
        db = Database.connect(url)
        with db.transaction() as tx:
            for role in ROLES:
                tx.execute(text(f"CREATE ROLE {role}"))
        upgrade(url)
        yield _filled(_custody(db))
        db.close()


def _custody(db: Database) -> Custody:
    signer = RecordSigner.generate()
    return Custody(
        db=db,
        objects=MemoryObjectStore(),
        keys=HolderKeys(MemoryMasterKey.generate()),
        duplicates=DuplicateKey(bytes(32)),
        records=RecordSeals(signer, signer.verifier),
        max_document_bytes=1_000_000,
        now=lambda: datetime.now(UTC),
    )


def _filled(custody: Custody) -> Two:
    mine, theirs = uuid4(), uuid4()
    papers = [
        _paper(custody, holder, content)
        for holder, content in ((mine, b"A" * 9000), (mine, b"B" * 9000), (theirs, b"C" * 500))
    ]
    _copy(custody, papers[0], mine)
    return Two(custody, *papers)


def _paper(custody: Custody, holder: Any, content: bytes) -> DocumentId:
    sealed = seal_bytes(custody, DocumentId(new_uuid()), content, MediaType.PDF)
    facts = RecordFacts(EvidenceType.UNKNOWN, date(2026, 9, 1), {})
    with custody.db.transaction() as tx:
        deposit_record(tx, custody, sealed, facts, holder_id=holder, actor=ACTOR)
    return sealed.document_id


def _copy(custody: Custody, document: DocumentId, holder: Any) -> None:
    copy = seal_bytes(custody, document, b"masked " * 900, MediaType.JPEG)
    with custody.db.transaction() as tx:
        tx.execute(insert(VIEWING_COPY).values(**_copy_row(custody, tx, copy, holder)))


def _copy_row(custody: Custody, tx: Any, copy: SealedObject, holder: Any) -> dict[str, Any]:
    key = custody.keys.current(tx, holder)
    return {
        "document_id": copy.document_id,
        "object_name": copy.object_name,
        "holder_id": holder,
        "holder_generation": key.generation,
        "wrapped_key": wrap_data_key(key, copy.data_key, wrap_context(copy, holder)),
        "commitment": copy.commitment,
        "media_type": copy.media_type,
        "plaintext_length": copy.length,
        "made_at": custody.now(),
        "record_seal": record_seal(custody, copy, holder, form=VIEWING),
    }


def _row(custody: Custody, table: Any, document: DocumentId) -> dict[str, Any]:
    with custody.db.read() as tx:
        return dict(tx.execute(select(table).where(table.c.document_id == document)).mappings().one())


def _write(custody: Custody, table: Any, document: DocumentId, values: dict[str, Any]) -> None:
    with custody.db.transaction() as tx:
        # As somebody who owns the database: no key of another table and no trigger holds them back.
        tx.execute(text("SET LOCAL session_replication_role = replica"))
        tx.execute(update(table).where(table.c.document_id == document).values(**values))


def _released(custody: Custody, document: DocumentId, form: Form = Form.VIEWING_COPY) -> bytes:
    with custody.db.transaction() as tx:
        entry = append(tx, JournalEntry(act=JournalAct.RELEASE, actor=ACTOR, document=document))
    return b"".join(open_released(custody, document, EntryId(entry), form).chunks)


def test_what_nobody_altered_opens(two: Two) -> None:
    assert open_original(two.custody, two.first) == b"A" * 9000
    assert _released(two.custody, two.first) == b"masked " * 900


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_every_set_of_swapped_columns_is_refused(two: Two, data: st.DataObject) -> None:
    victim, donor = data.draw(st.permutations([two.first, two.second, two.other]))[:2]
    columns = data.draw(st.sets(st.sampled_from(SWAPPED), min_size=1))
    before, foreign = _row(two.custody, DOCUMENT, victim), _row(two.custody, DOCUMENT, donor)
    changed = {name: foreign[name] for name in columns if before[name] != foreign[name]}
    assume(changed)
    # Both rows cannot have one object name: the donor's row goes out of the way, as it would for an attacker.
    _write(two.custody, DOCUMENT, donor, {"object_name": new_object_name()})
    _write(two.custody, DOCUMENT, victim, changed)
    try:
        with pytest.raises(REFUSED) as refused:
            open_original(two.custody, victim)
        if changed.keys() - UNSEALED:
            assert refused.type is RecordAltered
    finally:
        _write(two.custody, DOCUMENT, victim, before)
        _write(two.custody, DOCUMENT, donor, foreign)


CHANGES: dict[str, Any] = {
    "plaintext_length": 8999,
    "media_type": "image/png",
    "version": 2,
    "origin": "deposit",
    "object_name": "f" * 32,
    "commitment": bytes(64),
    "holder_id": uuid4(),
    "record_seal": None,
}


@pytest.mark.parametrize("column", CHANGES)
def test_row_with_one_made_up_value_is_refused_by_name(two: Two, column: str) -> None:
    before = _row(two.custody, DOCUMENT, two.second)
    _write(two.custody, DOCUMENT, two.second, {column: CHANGES[column]})
    try:
        with pytest.raises(RecordAltered):
            open_original(two.custody, two.second)
    finally:
        _write(two.custody, DOCUMENT, two.second, before)


def _forged(two: Two, document: DocumentId, content: bytes) -> tuple[dict[str, Any], ObjectName]:
    """What somebody makes who knows the holder's public key and the store, as both lie in clear."""
    row = _row(two.custody, DOCUMENT, document)
    sealer = seal_stream(document, 1)
    ciphertext = sealer.update(content) + sealer.finish()
    name = new_object_name()
    two.custody.objects.put(name, (ciphertext,), len(ciphertext))
    forged = SealedObject(document, name, sealer.data_key, sealer.commitment, b"", len(content), MediaType.PDF)
    with two.custody.db.read() as tx:
        key = two.custody.keys.find(tx, row["holder_id"], row["holder_generation"])
    wrapped = wrap_data_key(key, forged.data_key, wrap_context(forged, row["holder_id"]))
    changed = {"object_name": name, "wrapped_key": wrapped, "commitment": forged.commitment}
    return changed | {"plaintext_length": len(content)}, name


def test_paper_forged_under_the_holders_public_key_is_refused(two: Two) -> None:
    before = _row(two.custody, DOCUMENT, two.second)
    changed, _ = _forged(two, two.second, b"a tax notice that nobody handed in")
    _write(two.custody, DOCUMENT, two.second, changed)
    try:
        with pytest.raises(RecordAltered):
            open_original(two.custody, two.second)
    finally:
        _write(two.custody, DOCUMENT, two.second, before)


def test_seal_of_another_key_is_refused(two: Two) -> None:
    before = _row(two.custody, DOCUMENT, two.second)
    stranger = RecordSigner.generate()
    mine = replace(two.custody, records=RecordSeals(stranger, stranger.verifier))
    with pytest.raises(RecordAltered):
        open_original(mine, two.second)
    assert _row(two.custody, DOCUMENT, two.second) == before


def test_original_does_not_go_out_in_place_of_its_copy(two: Two) -> None:
    original, copy = _row(two.custody, DOCUMENT, two.first), _row(two.custody, VIEWING_COPY, two.first)
    same = ("object_name", "wrapped_key", "commitment", "media_type", "plaintext_length", "record_seal")
    _write(two.custody, VIEWING_COPY, two.first, {name: original[name] for name in same})
    try:
        with pytest.raises(RecordAltered):
            _released(two.custody, two.first)
    finally:
        _write(two.custody, VIEWING_COPY, two.first, copy)


def test_paper_does_not_pass_for_a_record_to_go_out_without_its_copy(two: Two) -> None:
    before = _row(two.custody, DOCUMENT, two.second)
    sealed = {"origin": "deposit", "record_seal": _resealed(two, before, "deposit")}
    _write(two.custody, DOCUMENT, two.second, sealed)
    assert open_original(two.custody, two.second) == b"B" * 9000
    _write(two.custody, DOCUMENT, two.second, {"origin": "record"})
    try:
        with pytest.raises(RecordAltered):
            _released(two.custody, two.second)
    finally:
        _write(two.custody, DOCUMENT, two.second, before)


def _resealed(two: Two, row: dict[str, Any], form: str) -> bytes:
    sealed = SealedObject(
        row["document_id"],
        row["object_name"],
        None,
        row["commitment"],
        b"",
        row["plaintext_length"],
        row["media_type"],  # type: ignore[arg-type]  # as the row has it
    )
    return record_seal(two.custody, sealed, row["holder_id"], form=form)


def test_copy_of_another_paper_is_refused(two: Two) -> None:
    with two.custody.db.transaction() as tx:
        row = _row(two.custody, VIEWING_COPY, two.first)
        tx.execute(delete(VIEWING_COPY).where(VIEWING_COPY.c.document_id == two.first))
        tx.execute(insert(VIEWING_COPY).values(**(row | {"document_id": two.second})))
    try:
        with pytest.raises(RecordAltered):
            _released(two.custody, two.second)
    finally:
        with two.custody.db.transaction() as tx:
            tx.execute(delete(VIEWING_COPY).where(VIEWING_COPY.c.document_id == two.second))
            tx.execute(insert(VIEWING_COPY).values(**row))


@pytest.mark.parametrize("lie", ["swapped", "truncated", "extended", "flipped", "old", "empty"])
def test_store_that_lies_is_found_out(two: Two, lie: str) -> None:
    store: Any = two.custody.objects
    name = _row(two.custody, DOCUMENT, two.first)["object_name"]
    other = _row(two.custody, DOCUMENT, two.second)["object_name"]
    honest = store._objects[name]
    old = _forged(two, two.first, b"an older paper" * 700)[1]
    lies = {
        "swapped": store._objects[other],
        "truncated": honest[:-1],
        "extended": honest + b"\0",
        "flipped": honest[:5000] + bytes([honest[5000] ^ 1]) + honest[5001:],
        "old": store._objects[old],
        "empty": b"",
    }
    store._objects[name] = lies[lie]
    try:
        with pytest.raises(SealBroken):
            open_original(two.custody, two.first)
    finally:
        store._objects[name] = honest
