"""Appending, sequencing and verifying, and what tampering with any class of row is called."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import text

from vault.db import Database
from vault.journal.entries import append, append_all, entries_about, find_release_entry
from vault.journal.errors import JournalBroken
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry
from vault.journal.sequencer import BATCH, read_last_head, sequence_batch
from vault.journal.signing import HeadSigner
from vault.journal.verify import JournalReport, verify_journal

PARENT = Actor(ActorKind.RESIDENT, "p1")


class AbandonedError(Exception):
    """The caller gave up."""


def entry(act: JournalAct = JournalAct.DEPOSIT, document: UUID | None = None, *subjects: UUID) -> JournalEntry:
    """Return an entry about a made-up paper."""
    return JournalEntry(act, PARENT, document=document or uuid4(), subjects=subjects or (uuid4(),))


def fill(db: Database, signer: HeadSigner, *batches: int) -> None:
    """Append and sequence batches of these sizes."""
    for size in batches:
        with db.transaction() as tx:
            append_all(tx, [entry() for _ in range(size)])
        sequence(db, signer)


def sequence(db: Database, signer: HeadSigner) -> int:
    """Sequence what waits; return the size of the tree."""
    with db.transaction() as tx:
        sequence_batch(tx, signer, datetime.now(UTC))
        head = read_last_head(tx)
    return 0 if head is None else head.tree_size


def report(db: Database, signer: HeadSigner, published: str | None = None) -> JournalReport:
    """Verify the whole journal."""
    with db.read() as tx:
        return verify_journal(tx, signer.verifier, published=published)


def run(db: Database, statement: str) -> None:
    """Do to the journal, as its owner and past its foreign keys, what nobody may do."""
    with db.transaction() as tx:
        tx.execute(text("SET LOCAL session_replication_role = replica"))
        assert tx.execute(text(statement)).rowcount > 0


def test_empty_journal_holds(db: Database, signer: HeadSigner) -> None:
    assert report(db, signer) == JournalReport(0, 0, 0, 0, None)
    with db.transaction() as tx:
        assert sequence_batch(tx, signer, datetime.now(UTC)) is None


def test_entries_wait_then_are_sequenced_and_the_whole_holds(db: Database, signer: HeadSigner) -> None:
    fill(db, signer, 1, 2, 5, 64, 7)
    with db.transaction() as tx:
        append(tx, entry())
    assert report(db, signer) == JournalReport(sequenced=79, waiting=1, records=80, heads=5, fault=None)


def test_entry_of_a_transaction_that_fails_is_not_there(db: Database, signer: HeadSigner) -> None:
    with pytest.raises(AbandonedError):
        _append_and_fail(db)
    assert report(db, signer).waiting == 0


def _append_and_fail(db: Database) -> None:
    with db.transaction() as tx:
        append(tx, entry())
        raise AbandonedError


def test_batch_is_bounded_and_the_oldest_come_first(db: Database, signer: HeadSigner) -> None:
    with db.transaction() as tx:
        identifiers = append_all(tx, [entry() for _ in range(BATCH + 3)])
    assert [sequence(db, signer), sequence(db, signer)] == [BATCH, BATCH + 3]
    with db.read() as tx:
        found = tx.execute(text("SELECT entry_id FROM vault.journal_leaf ORDER BY leaf_index")).scalars().all()
    assert list(found) == identifiers


def test_two_sequencers_at_once_neither_lose_nor_double(db: Database, signer: HeadSigner) -> None:
    with db.transaction() as tx:
        append_all(tx, [entry() for _ in range(BATCH + 500)])
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: sequence(db, signer), range(4)))
    found = report(db, signer)
    assert (found.sequenced, found.heads, found.holds) == (BATCH + 500, 2, True)


def test_record_and_salt_may_go_and_the_tree_still_verifies(db: Database, signer: HeadSigner) -> None:
    fill(db, signer, 9)
    with db.transaction() as tx:
        tx.execute(text("SET LOCAL ROLE unefois_worker"))
        tx.execute(text("DELETE FROM vault.journal_record"))
    found = report(db, signer)
    assert (found.holds, found.sequenced, found.records) == (True, 9, 0)


AT_FIVE = "WHERE entry_id = (SELECT entry_id FROM vault.journal_leaf WHERE leaf_index = 5)"
TAMPERING = {
    "act": (f"UPDATE vault.journal_entry SET act = 'view' {AT_FIVE}", "entry or its leaf was changed"),
    "time": (f"UPDATE vault.journal_entry SET recorded_at = now() {AT_FIVE}", "entry or its leaf was changed"),
    "commitment": (f"UPDATE vault.journal_entry SET commitment = sha256('x') {AT_FIVE}", "entry or its leaf"),
    "entry gone": (f"DELETE FROM vault.journal_entry {AT_FIVE}", "entry of a leaf is missing"),
    "record": (f"UPDATE vault.journal_record SET record = record || ' ' {AT_FIVE}", "record or its salt"),
    "salt": (f"UPDATE vault.journal_record SET salt = sha256(salt) {AT_FIVE}", "record or its salt"),
    "document": (f"UPDATE vault.journal_record SET document_id = uuidv7() {AT_FIVE}", "beside the record"),
    "subjects": (f"UPDATE vault.journal_record SET subjects = '{{}}' {AT_FIVE}", "beside the record"),
    "leaf": ("UPDATE vault.journal_leaf SET leaf_hash = sha256('x') WHERE leaf_index = 5", "entry or its leaf"),
    "leaf gone": ("DELETE FROM vault.journal_leaf WHERE leaf_index = 5", "a leaf is missing"),
    "last leaf gone": ("DELETE FROM vault.journal_leaf WHERE leaf_index = 12", "is missing"),
    "node": ("UPDATE vault.journal_node SET hash = sha256('x') WHERE (level, index) = (1, 2)", "inner node (1, 2)"),
    "node gone": ("DELETE FROM vault.journal_node WHERE (level, index) = (2, 1)", "inner node (2, 1)"),
    "node more": (
        "INSERT INTO vault.journal_node VALUES (1, 99, sha256('x'))",
        "inner node (1, 99) belongs to no tree",
    ),
    "root": ("UPDATE vault.journal_head SET root_hash = sha256('x') WHERE tree_size = 8", "another root"),
    "signed at": ("UPDATE vault.journal_head SET signed_at = now() WHERE tree_size = 8", "not signed"),
    "key": ("UPDATE vault.journal_head SET key_id = '00000000' WHERE tree_size = 8", "not signed"),
    "previous": ("UPDATE vault.journal_head SET previous_size = 4 WHERE tree_size = 8", "head before"),
    "middle head gone": ("DELETE FROM vault.journal_head WHERE tree_size = 8", "head before"),
    "last head gone": ("DELETE FROM vault.journal_head WHERE tree_size = 13", "under no signed head"),
}


@pytest.mark.parametrize("name", TAMPERING)
def test_tampering_with_any_class_of_row_is_named(db: Database, signer: HeadSigner, name: str) -> None:
    fill(db, signer, 3, 5, 5)
    statement, expected = TAMPERING[name]
    run(db, statement)
    fault = report(db, signer).fault
    assert fault is not None
    assert expected in fault.what


@pytest.mark.parametrize("name", ["act", "record", "leaf", "entry gone"])
def test_first_bad_entry_is_named(db: Database, signer: HeadSigner, name: str) -> None:
    fill(db, signer, 3, 5, 5)
    with db.read() as tx:
        bad = tx.execute(text("SELECT entry_id FROM vault.journal_leaf WHERE leaf_index = 5")).scalar_one()
    run(db, TAMPERING[name][0])
    fault = report(db, signer).fault
    assert fault is not None
    assert (fault.leaf_index, fault.entry_id) == (5, bad)


def test_changed_signature_is_named(db: Database, signer: HeadSigner) -> None:
    fill(db, signer, 3)
    run(db, "UPDATE vault.journal_head SET signature = set_byte(signature, 0, get_byte(signature, 0) # 1)")
    fault = report(db, signer).fault
    assert fault is not None
    assert "signed head 3 is not signed by this key" in fault.what


@pytest.mark.parametrize("table", ["journal_pending", "journal_record"])
def test_tampering_with_what_waits_is_named_or_harmless(db: Database, signer: HeadSigner, table: str) -> None:
    with db.transaction() as tx:
        waiting = append(tx, entry())
    run(db, f"DELETE FROM vault.{table}")
    fault = report(db, signer).fault
    assert (fault is None) == (table == "journal_record")
    assert fault is None or fault.entry_id == waiting


def test_cut_back_journal_is_noticed_with_a_published_head(db: Database, signer: HeadSigner) -> None:
    fill(db, signer, 3, 5)
    with db.read() as tx:
        head = read_last_head(tx)
    assert head is not None
    assert report(db, signer, head.note()).holds
    run(db, "DELETE FROM vault.journal_head WHERE tree_size = 8")
    run(db, "DELETE FROM vault.journal_leaf WHERE leaf_index >= 3")
    run(db, "DELETE FROM vault.journal_node WHERE (index + 1) << level > 3")
    run(db, "DELETE FROM vault.journal_entry WHERE entry_id NOT IN (SELECT entry_id FROM vault.journal_leaf)")
    assert report(db, signer).holds
    fault = report(db, signer, head.note()).fault
    assert fault is not None
    assert fault.what == "the published head 8 is missing"


def test_nothing_is_signed_on_a_changed_tree(db: Database, signer: HeadSigner) -> None:
    fill(db, signer, 4)
    run(db, "UPDATE vault.journal_node SET hash = sha256('x') WHERE level = 2")
    with db.transaction() as tx:
        append(tx, entry())
    with pytest.raises(JournalBroken), db.transaction() as tx:
        sequence_batch(tx, signer, datetime.now(UTC))


ROLES = ("unefois_door", "unefois_release", "unefois_worker", "unefois_pipelines")


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("table", ["entry", "record", "leaf", "node", "head"])
@pytest.mark.parametrize("verb", ["UPDATE vault.journal_{} SET {} = {}", "DELETE FROM vault.journal_{}"])
def test_no_login_of_the_application_updates_or_deletes(db: Database, role: str, table: str, verb: str) -> None:
    if (role, table, verb[:6]) == ("unefois_worker", "record", "DELETE"):
        return
    column = {"node": "hash", "head": "root_hash", "leaf": "leaf_hash", "record": "salt"}.get(table, "act")
    statement = f"SET LOCAL ROLE {role}; {verb.format(table, column, column)}"
    with pytest.raises(InsufficientPrivilege), db.transaction() as tx:
        tx.driver.execute(statement.encode())


@pytest.mark.parametrize("role", ROLES)
def test_every_login_appends_and_only_the_worker_sequences(db: Database, signer: HeadSigner, role: str) -> None:
    with db.transaction() as tx:
        tx.execute(text(f"SET LOCAL ROLE {role}"))
        written = append(tx, entry())
        assert find_release_entry(tx, written) is not None
    refusal = nullcontext() if role == "unefois_worker" else pytest.raises(InsufficientPrivilege)
    with refusal:
        _sequence_as(db, signer, role)


def _sequence_as(db: Database, signer: HeadSigner, role: str) -> None:
    with db.transaction() as tx:
        tx.execute(text(f"SET LOCAL ROLE {role}"))
        sequence_batch(tx, signer, datetime.now(UTC))


def test_gate_finds_the_committed_entry_and_its_document(db: Database) -> None:
    document = uuid4()
    with db.transaction() as tx:
        written = append(tx, entry(JournalAct.RELEASE, document))
    with db.read() as tx:
        found, missing = find_release_entry(tx, written), find_release_entry(tx, uuid4())
    assert found is not None
    assert (found.act, found.document, missing) == (JournalAct.RELEASE, document, None)
    assert found.recorded_at.tzinfo is not None


def test_trace_of_a_person_holds_their_entries_only_newest_first(db: Database) -> None:
    child, document = uuid4(), uuid4()
    with db.transaction() as tx:
        append_all(tx, [entry(JournalAct.DEPOSIT, document, child), entry(JournalAct.LINK, None, uuid4())])
        append(tx, entry(JournalAct.RELEASE, document, uuid4(), child))
    with db.read() as tx:
        found = entries_about(tx, child)
    assert [one.entry.act for one in found] == [JournalAct.RELEASE, JournalAct.DEPOSIT]
    assert found[1].entry.document == document


def test_rate_of_appends_is_printed(db: Database, signer: HeadSigner) -> None:
    entries = [entry() for _ in range(2000)]
    start = time.perf_counter()
    with db.transaction() as tx:
        append_all(tx, entries)
    appended = time.perf_counter()
    sequence(db, signer)
    sequenced = time.perf_counter()
    single = time.perf_counter()
    for one in entries[:200]:
        with db.transaction() as tx:
            append(tx, one)
    alone = time.perf_counter() - single
    rates = (2000 / (appended - start), 2000 / (sequenced - appended), 200 / alone)
    print("\nappended {:.0f}/s, sequenced {:.0f}/s, one by one {:.0f}/s".format(*rates))  # its purpose
