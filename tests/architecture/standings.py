"""What tests of row-level security look through: a login with a standing, rows of every kind, and jobs under way."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import psycopg

from tests.journeys.doors import value
from tests.system import System

OTHERS: dict[str, Any] = {
    "person": uuid4(),
    "agent": uuid4(),
    "partner": "00000000000000",
    "ticket": "00",
    "entry": uuid4(),
    "job": 0,
    "mandate": uuid4(),
    "purpose": "curiosity",
    "session": "00",
    "account": uuid4(),
}
"""A standing of each kind that nobody has."""


def seen(running: System, login: str, table: str, column: str = "document_id", **standing: Any) -> set[UUID] | None:
    """Which papers, or whose rows, a login sees in a table; nothing where it may not look there at all."""
    with psycopg.connect(running.stores.dsn(login)) as connection:
        for kind, named in standing.items():
            connection.execute("SELECT set_config(%s, %s, true)", (f"unefois.{kind}", str(named)))
        try:
            return {row[0] for row in connection.execute(f"SELECT {column} FROM {table}".encode())}
        except psycopg.errors.InsufficientPrivilege:
            return None


def shown(running: System, login: str, tables: Iterable[str], **standing: Any) -> dict[str, int | None]:
    """How many rows a login sees in each table; nothing where it may not look there at all."""
    found: dict[str, int | None] = {}
    with psycopg.connect(running.stores.dsn(login)) as connection:
        for kind, named in standing.items():
            connection.execute("SELECT set_config(%s, %s, true)", (f"unefois.{kind}", str(named)))
        for table in tables:
            try:
                with connection.transaction():
                    (found[table],) = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone() or (0,)
            except psycopg.errors.InsufficientPrivilege:
                found[table] = None
    return found


def counted(running: System, login: str, table: str, **standing: Any) -> int | None:
    """How many rows a login sees in one table."""
    return shown(running, login, [table], **standing)[table]


BESIDE_A_PAPER = (
    """WITH twin AS (INSERT INTO vault.document SELECT (jsonb_populate_record(d, jsonb_build_object(
           'document_id', uuidv7(), 'object_name', uuidv7()::text, 'keyed_digest', NULL, 'state', 'received'))).*
       FROM vault.document d WHERE document_id = %(d)s RETURNING document_id, holder_id
       ), alike AS (INSERT INTO vault.likeness SELECT %(d)s, document_id, holder_id, now() FROM twin)
       INSERT INTO vault.replacement SELECT document_id, %(d)s, holder_id, now() FROM twin""",
    "INSERT INTO vault.legal_hold VALUES (uuidv7(), %(d)s, 'of a test', now(), now(), now())",
    "INSERT INTO vault.erasure_asked VALUES (%(d)s, now())",
    "INSERT INTO vault.destruction_certificate VALUES (%(d)s, '{}', now())",
    """WITH made AS (INSERT INTO vault.upload SELECT uuidv7(), sha256(uuidv7()::text::bytea), holder_id, 'a/b', 2, 1, NULL,
           NULL, NULL, now(), now() + interval '1 day' FROM vault.document WHERE document_id = %(d)s RETURNING upload_id)
       INSERT INTO vault.upload_part SELECT upload_id, 0, 1, uuidv7()::text, '', '' FROM made""",
    "INSERT INTO hub.contact VALUES (uuidv7(), %(p)s, 'counter', NULL, now())",
    """INSERT INTO hub.residence (residence_id, person_id, confidential, source, grade, valid_from, recorded_at, retracted_at)
       VALUES (uuidv7(), %(p)s, true, 'declared', 'self_declared', current_date, now(), now())""",
    "INSERT INTO hub.residence_question VALUES (%(d)s, %(p)s, NULL, now(), now()) ON CONFLICT DO NOTHING",
    "INSERT INTO hub.family_claim VALUES (uuidv7(), %(p)s, 'A', '{B}', current_date, uuidv7()::text, 'refused', now())",
    "INSERT INTO hub.life_event VALUES (uuidv7(), %(p)s, 'move', current_date, now())",
    """WITH line AS (SELECT line_id, request_id FROM hub.enrolment_line JOIN hub.request USING (line_id)
                     WHERE payer_id = %(p)s LIMIT 1),
            asked AS (INSERT INTO hub.ask SELECT line_id, 'of_a_test', 'of_a_test', now() FROM line)
       INSERT INTO hub.confirmation (confirmation_id, request_id, guardian_id, state, asked_at, answered_at)
       SELECT uuidv7(), request_id, %(p)s, 'confirmed', now(), now() FROM line""",
    """INSERT INTO hub.line_decision (decision_id, line_id, body, number, digest, kind, decided_on, valid_from, tariff_band,
           parity, share, author_service, author_function, remedies, recorded_at)
       SELECT uuidv7(), line_id, body, uuidv7()::text, sha256(uuidv7()::text::bytea), 'tariff', current_date, current_date,
           '4', 'every', 100, 'of a test', 'of a test', '[]', now()
       FROM hub.enrolment_line WHERE payer_id = %(p)s LIMIT 1""",
    "INSERT INTO hub.death VALUES (%(p)s, current_date, uuidv7(), now())",
)
"""As if somebody had had it so; the owner's hand, for a test only."""


@contextmanager
def job(running: System, status: str, **arguments: UUID) -> Iterator[int]:
    """A job's row, as the worker would have claimed it; no worker knows its kind."""
    # Under a worker that lives: what nobody does the reaper would take back before the test has looked.
    making = """WITH worker AS (INSERT INTO jobs.procrastinate_workers (last_heartbeat) VALUES (now() + interval '1 day')
                                RETURNING id)
                INSERT INTO jobs.procrastinate_jobs (queue_name, task_name, args, status, worker_id)
                SELECT 'of_a_test', 'of_a_test', %(args)s::jsonb, %(status)s::jobs.procrastinate_job_status, id FROM worker
                RETURNING id"""
    made = value(running, making, args=json.dumps({k: str(v) for k, v in arguments.items()}), status=status)
    try:
        yield made
    finally:
        with psycopg.connect(running.owner_dsn()) as owner:
            # The library's triggers name its tables without their schema.
            owner.execute("SET search_path = jobs")
            owner.execute("DELETE FROM procrastinate_jobs WHERE id = %s", [made])


@contextmanager
def own_standing(running: System, who: UUID, kind: str) -> Iterator[dict[str, Any]]:
    """A standing of each kind that has business with somebody."""
    if kind == "job":
        with job(running, "doing", adult_id=who) as doing:
            yield {"job": doing}
    elif kind == "entry":
        statement = """SELECT e.entry_id FROM vault.journal_entry e JOIN vault.journal_record r USING (entry_id)
                       WHERE e.act = 'release' AND %(p)s = ANY (r.subjects) LIMIT 1"""
        yield {"entry": value(running, statement, p=who)}
    elif kind == "session":
        statement = """SELECT encode(token_digest, 'hex') FROM hub.session JOIN hub.account USING (account_id)
                       WHERE person_id = %(p)s"""
        yield {"session": value(running, statement, p=who)}
    else:
        yield {"person": who}
