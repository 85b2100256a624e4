"""What stays quick when there is much of it: the journal among a million entries, one holder's list among a million."""

import os
import random
import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import psycopg
from sqlalchemy import text

from contracts.identifiers import new_uuid
from hub.deposits.listing import documents_of
from tests.bench import serving
from tests.bench.measuring import Row, at_most, seconds, spread
from tests.journeys.doors import person_id
from tests.system import Resident
from tests.unit.vault.journal.postgres import running_postgres
from vault.db import Database
from vault.journal.entries import append_all
from vault.journal.proofs import proof_for, verify_proof
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry, leaf_data
from vault.journal.signing import HeadSigner
from vault.journal.tree import Frontier, leaf_hash
from vault.schema import sql
from vault.standing import standing

MILLION = 1_000_000
BATCH, BATCHES = 500, 20
ROLES = ("unefois_door", "unefois_release", "unefois_worker", "unefois_pipelines")


def journal_append() -> Iterator[Row]:
    """Entries a second that one writer commits in batches, to the system's own database as it is set up."""
    system = serving.without_worker()
    db = Database.connect(system.stores.dsn("unefois_worker", driver="psycopg"), pool_size=1)
    entry = JournalEntry(
        JournalAct.VIEW, Actor(ActorKind.PROCESS, "bench"), document=new_uuid(), subjects=(new_uuid(),)
    )

    def batch() -> None:
        with db.transaction() as tx:
            append_all(tx, [entry] * BATCH)

    batch()
    rates = [BATCH / seconds(batch) for _ in range(BATCHES)]
    db.close()
    middle = statistics.median(rates)
    yield Row(
        "journal_append",
        round(middle),
        "1/s",
        "≥ 2000",
        middle >= 2000,
        spread=spread(rates),
        repetitions=BATCHES,
        note=f"batches of {BATCH}",
    )


def journal_proof_1m() -> Iterator[Row]:
    """An inclusion proof under the newest head among a million entries."""
    with running_postgres() as url, TemporaryDirectory() as folder:
        db = Database.connect(url, pool_size=1)
        signer = HeadSigner.create(Path(folder) / "journal.pem")
        entries = _fill_journal(db, signer, MILLION)
        chosen = random.Random(1).sample(entries, 205)
        taken = []
        with db.read() as tx:
            for entry in chosen:
                begun = time.perf_counter()
                proof = proof_for(tx, entry, with_record=False)
                taken.append((time.perf_counter() - begun) * 1000)
        assert verify_proof(proof, signer.verifier).holds
        db.close()
    yield at_most("journal_proof_1m", taken[5:], 10, "ms", note="made; not counted: verified offline")


def _fill_journal(db: Database, signer: HeadSigner, count: int) -> list[UUID]:
    entries, frontier, at = [new_uuid() for _ in range(count)], Frontier(), datetime.now(UTC)
    with db.transaction() as tx:
        for role in ROLES:
            tx.execute(text(f"CREATE ROLE {role}"))
        tx.execute(text("CREATE SCHEMA vault"))
        tx.driver.execute(sql("journal.sql").encode())
        cursor = tx.driver.cursor()
        leaves: list[tuple[int, UUID, bytes]] = []
        nodes: list[tuple[int, int, bytes]] = []
        with cursor.copy("COPY vault.journal_entry (entry_id, recorded_at, act, commitment) FROM STDIN") as copy:
            for index, entry in enumerate(entries):
                commitment = os.urandom(32)
                copy.write_row((entry, at, "view", commitment))
                leaf = leaf_hash(leaf_data(entry, at, "view", commitment))
                leaves.append((index, entry, leaf))
                nodes += ((level, place, found) for (level, place), found in frontier.append(leaf))
        for into, rows in (("leaf (leaf_index, entry_id, leaf_hash)", leaves), ("node (level, index, hash)", nodes)):
            with cursor.copy(f"COPY vault.journal_{into} FROM STDIN".encode()) as copy:
                for row in rows:
                    copy.write_row(row)
        head = signer.sign(frontier.size, 0, frontier.root(), at)
        columns = ("tree_size", "previous_size", "root_hash", "signed_at", "key_id", "signature")
        values = {name: getattr(head, name) for name in columns}
        places = ", ".join(f"%({name})s" for name in columns)
        statement = f"INSERT INTO vault.journal_head ({', '.join(columns)}) VALUES ({places})"
        tx.driver.execute(statement.encode(), values)
    with db.single() as tx:
        tx.execute(text("ANALYZE"))
    return entries


def holder_listing_growth() -> Iterator[Row]:
    """One holder's list with 10,000 documents in the vault, and with 1,000,000: how much slower it becomes."""
    system = serving.without_worker()
    resident = Resident(system).sign_in()
    for _ in range(30):
        assert resident.hand_in(b"%PDF-1.7\n" + os.urandom(200), "application/pdf").status_code == 201
    holder = person_id(resident)
    db = Database.connect(system.stores.dsn("unefois_door", driver="psycopg"), pool_size=1)
    taken = {}
    for goal in (10_000, MILLION):
        with psycopg.connect(system.owner_dsn(), autocommit=True) as owner:
            _fill_vault(owner, holder, goal)
        taken[goal] = [_listed(db, holder) for _ in range(205)][5:]
    db.close()
    few, many = statistics.median(taken[10_000]), statistics.median(taken[MILLION])
    yield Row(
        "holder_listing_growth",
        round(many / few, 2),
        "×",
        "< 1.3",
        many / few < 1.3,
        repetitions=200,
        note=f"{few:.2f} ms with 10,000, {many:.2f} ms with 1,000,000",
    )


def _listed(db: Database, holder: UUID) -> float:
    def look() -> None:
        with standing(person=holder), db.read() as tx:
            assert len(documents_of(tx, holder)) == 30

    return seconds(look) * 1000


def _fill_vault(owner: psycopg.Connection, like: UUID, goal: int) -> None:
    """Make the vault hold ``goal`` documents, twenty a holder, each row like one of ``like``'s, each with a receipt."""
    (held,) = owner.execute("SELECT count(*) FROM vault.document").fetchone() or (0,)
    owner.execute("ALTER TABLE vault.document DISABLE TRIGGER USER")
    owner.execute(
        """
        CREATE TEMP TABLE made ON COMMIT PRESERVE ROWS AS
            SELECT uuidv7() AS document_id, h.holder_id FROM
            (SELECT gen_random_uuid() AS holder_id FROM generate_series(1, %(holders)s)) h, generate_series(1, 20)
        """,
        {"holders": (goal - held) // 20},
    )
    for statement in (
        """INSERT INTO hub.person SELECT (jsonb_populate_record(p, jsonb_build_object('person_id', m.holder_id))).*
           FROM (SELECT DISTINCT holder_id FROM made) m, hub.person p WHERE p.person_id = %(like)s""",
        """INSERT INTO vault.holder_key
           SELECT (jsonb_populate_record(k, jsonb_build_object('holder_id', m.holder_id, 'generation', 1))).*
           FROM (SELECT DISTINCT holder_id FROM made) m, vault.holder_key k WHERE k.holder_id = %(like)s""",
        """INSERT INTO vault.document
           SELECT (jsonb_populate_record(d, jsonb_build_object('document_id', m.document_id, 'holder_id', m.holder_id,
                'holder_generation', 1, 'object_name', m.document_id::text,
                'keyed_digest', '\\x' || replace(m.document_id::text, '-', '')))).*
           FROM made m, vault.document d
           WHERE d.document_id = (SELECT document_id FROM vault.document WHERE holder_id = %(like)s LIMIT 1)""",
        """INSERT INTO hub.receipt
           SELECT (jsonb_populate_record(r, jsonb_build_object('receipt_id', gen_random_uuid(),
                'document_id', m.document_id, 'person_id', m.holder_id))).*
           FROM made m, hub.receipt r
           WHERE r.receipt_id = (SELECT receipt_id FROM hub.receipt WHERE person_id = %(like)s LIMIT 1)""",
    ):
        owner.execute(statement.encode(), {"like": like})
    owner.execute("DROP TABLE made")
    owner.execute("ALTER TABLE vault.document ENABLE TRIGGER USER")
    owner.execute("ANALYZE vault.document, hub.receipt, hub.person, vault.holder_key")
