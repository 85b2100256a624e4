"""Transactions: what goes out together, what begins none, and where a refusal is raised."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from contextvars import copy_context
from enum import StrEnum

import pytest
from psycopg.pq import TransactionStatus
from sqlalchemy import (
    TEXT,
    Column,
    Enum,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    bindparam,
    event,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import IntegrityError

from tests.unit.vault.journal.postgres import running_postgres
from vault.closed_words import ClosedWord
from vault.db import Database, WriteTx, before_commit
from vault.errors import DatabaseUnavailable, NothingChanged
from vault.flights import fly
from vault.ready import Ready

TABLES = MetaData()
BOX = Table("box", TABLES, Column("name", TEXT, primary_key=True))
THING = Table("thing", TABLES, Column("number", Integer, primary_key=True), Column("box", TEXT))
KEY = Table("key", TABLES, Column("name", TEXT, primary_key=True), Column("spent", Integer))


class Colour(StrEnum):
    """Words that a column holds."""

    RED = "red"
    BLUE = "blue"


_COLOUR = Enum(Colour, native_enum=False, values_callable=lambda kind: [one.value for one in kind])
KINDS = Table(
    "kinds",
    TABLES,
    Column("number", Integer),
    Column("state", _COLOUR),
    Column("told", JSONB),
    Column("held", LargeBinary),
)
WAITING = Table("waiting", TABLES, Column("number", Integer), Column("state", ClosedWord))
SCHEMA = """
CREATE TABLE box (name text PRIMARY KEY);
CREATE TABLE thing (number integer PRIMARY KEY, box text NOT NULL REFERENCES box);
CREATE TABLE key (name text PRIMARY KEY, spent integer NOT NULL);
CREATE TABLE waiting (number integer PRIMARY KEY, state text NOT NULL)
"""
SPEND = update(KEY).where(KEY.c.name == bindparam("of"), KEY.c.spent == 0).values(spent=1)


@pytest.fixture(scope="module")
def server() -> Iterator[Database]:
    with running_postgres() as url:
        db = Database.connect(url)
        with db.transaction() as tx:
            tx.driver.execute(SCHEMA.encode())
        yield db
        db.close()


@pytest.fixture
def db(server) -> Database:
    with server.transaction() as tx:
        tx.execute(text("TRUNCATE thing, box, key"))
        tx.insert(KEY, {"name": "fresh", "spent": 0})
    return server


@pytest.fixture
def sent(db, monkeypatch) -> Iterator[list[str]]:
    """What goes to the server, but for what begins a transaction."""
    said: list[str] = []
    run = Ready.run

    def note(_connection, _cursor, statement, *_: object) -> None:
        said.append(statement)

    def note_ready(self, connection, parameters, *around) -> list[object]:
        said.append(self._text)
        return run(self, connection, parameters, *around)

    monkeypatch.setattr(Ready, "run", note_ready)
    event.listen(db._engine, "before_cursor_execute", note)
    yield said
    event.remove(db._engine, "before_cursor_execute", note)


def things(db: Database) -> list[tuple[int, str]]:
    with db.read() as tx:
        return [tuple(row) for row in tx.execute(select(THING).order_by(THING.c.number))]


def spent(db: Database) -> int:
    with db.read() as tx:
        return tx.execute(select(KEY.c.spent)).scalar_one()


def test_rows_go_out_together_and_may_refer_to_one_another(db, sent):
    with db.transaction() as tx:
        tx.insert(THING, {"number": 1, "box": "a"})
        tx.insert(BOX, {"name": "a"})
        tx.insert(THING, {"number": 2, "box": "a"})
        assert sent == []
    assert len(sent) == 1
    assert things(db) == [(1, "a"), (2, "a")]


def test_a_statement_sees_the_rows_that_waited(db):
    with db.transaction() as tx:
        tx.insert(BOX, {"name": "a"})
        assert tx.execute(select(BOX.c.name)).scalars().all() == ["a"]
        tx.insert(BOX, {"name": "b"})
        assert tx.look(select(BOX.c.name).order_by(BOX.c.name)).scalars().all() == ["a", "b"]
        tx.insert(BOX, {"name": "c"})
        assert tx.driver.execute("SELECT count(*) FROM box").fetchone() == (3,)


def test_nothing_of_a_block_that_fails_is_there(db):
    def fail() -> None:
        with db.transaction() as tx:
            tx.execute(update(KEY).values(spent=7))
            tx.insert(BOX, {"name": "a"})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert (things(db), spent(db)) == ([], 0)


def test_a_refused_row_is_raised_with_the_commit_and_undoes_everything(db):
    def commit() -> None:
        with db.transaction() as tx:
            tx.execute(update(KEY).values(spent=7))
            tx.insert(BOX, {"name": "a"})
            tx.insert(THING, {"number": 1, "box": "elsewhere"})

    with pytest.raises(IntegrityError):
        commit()
    assert (things(db), spent(db)) == ([], 0)


def test_a_refused_row_is_raised_at_the_next_statement(db):
    with pytest.raises(IntegrityError), db.transaction() as tx:  # noqa: PT012 - the block is the transaction
        tx.insert(THING, {"number": 1, "box": "elsewhere"})
        tx.execute(select(BOX))
        pytest.fail("it went on")
    assert things(db) == []


def test_one_statement_alone_is_atomic_without_a_transaction_begun(db):
    with pytest.raises(IntegrityError), db.transaction() as tx:  # noqa: PT012 - the block is the transaction
        tx.look(select(BOX))
        tx.insert(BOX, {"name": "a"})
        tx.insert(THING, {"number": 1, "box": "elsewhere"})
    with db.read() as tx:
        assert tx.execute(select(BOX)).all() == []


def test_looking_begins_nothing_and_executing_does(db):
    with db.transaction() as tx:
        status = tx._connection.connection.driver_connection.info
        tx.look(select(BOX))
        assert status.transaction_status is TransactionStatus.IDLE
        tx.execute(select(BOX))
        assert status.transaction_status is TransactionStatus.INTRANS


def test_a_lock_taken_in_a_transaction_lasts_to_its_end(db):
    lock, free = text("SELECT pg_advisory_xact_lock(7)"), text("SELECT pg_try_advisory_xact_lock(7)")
    with db.transaction() as tx:
        tx.execute(lock)
        with db.transaction() as other:
            assert other.execute(free).scalar_one() is False
    with db.transaction() as tx:
        assert tx.execute(free).scalar_one() is True


@pytest.fixture
def flights(monkeypatch) -> list[list[bytes]]:
    """What went out in each round trip."""
    made: list[list[bytes]] = []

    def note(connection, told) -> list[list[object]]:
        made.append([one.text.partition(b" ")[0] for one in told])
        return fly(connection, told)

    monkeypatch.setattr("vault.db.fly", note)
    monkeypatch.setattr("vault.ready.fly", note)
    return made


HELD = Ready(select(KEY).with_for_update())


def test_what_locks_begins_the_transaction_and_what_waits_ends_it_each_in_one_round_trip(db, flights):
    with db.transaction() as tx:
        tx.held_rows((HELD, {}), (Ready(select(BOX)), {}))
        with db.transaction() as other:
            free = other.execute(text("SELECT 1 FROM key FOR UPDATE SKIP LOCKED")).all()
        tx.insert(BOX, {"name": "a"})
    assert free == []
    assert flights == [[b"BEGIN", b"SELECT", b"SELECT"], [b"BEGIN"], [b"INSERT", b"COMMIT"]]
    assert spent(db) == 0


def test_a_reader_begins_with_its_first_question(db, flights):
    with db.read() as tx:
        tx.row(Ready(select(BOX)), {})
        tx.row(Ready(select(THING)), {})
    assert flights == [[b"BEGIN", b"SELECT"], [b"SELECT"]]


def test_rows_go_exactly_if_the_statement_changed_one(db, sent):
    with db.transaction() as tx:
        tx.insert(BOX, {"name": "a"})
        tx.insert(THING, {"number": 1, "box": "a"})
        tx.insert_exactly_if(SPEND, {"of": "fresh"})
    assert len(sent) == 1
    assert (things(db), spent(db)) == ([(1, "a")], 1)


@pytest.mark.parametrize("begun", [True, False])
def test_where_it_changed_none_nothing_is_kept(db, begun):
    with pytest.raises(NothingChanged), db.transaction() as tx:  # noqa: PT012 - the block is the transaction
        if begun:
            tx.execute(update(KEY).values(spent=2))
        tx.insert(BOX, {"name": "a"})
        tx.insert(THING, {"number": 1, "box": "a"})
        tx.insert_exactly_if(SPEND, {"of": "another"})
    assert (things(db), spent(db)) == ([], 0)


def test_a_reader_sees_one_moment_and_cannot_write(db):
    with db.read() as tx:
        assert tx.execute(select(BOX)).all() == []
        with db.transaction() as other:
            other.insert(BOX, {"name": "a"})
        assert tx.execute(select(BOX)).all() == []
        assert tx.execute(text("SHOW transaction_read_only")).scalar_one() == "on"


def test_a_connection_the_server_ended_is_replaced(db):
    with db.single() as tx:
        ended = tx.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with db.transaction() as other:
            other.execute(text(f"SELECT pg_terminate_backend({ended}, 5000)"))
    for _ in range(3):
        with db.transaction() as tx:
            assert tx.execute(text("SELECT pg_backend_pid()")).scalar_one() != ended


def survived(tx) -> None:
    with suppress(Exception):
        tx.execute(select(BOX))


LOOKING = {
    "execute": lambda tx: tx.execute(select(BOX)),
    "look": lambda tx: tx.look(select(BOX)),
    "rows": lambda tx: tx.rows((Ready(select(BOX)), {})),
    "twice": lambda tx: [survived(tx), tx.execute(select(BOX))],
    "nothing": survived,
}
WRITING = {
    "insert": lambda tx: tx.insert(BOX, {"name": "a"}),
    "held rows": lambda tx: tx.held_rows((Ready(select(BOX)), {})),
}


@pytest.mark.parametrize(
    ("opened", "last"),
    [
        *(("read", name) for name in LOOKING if name != "nothing"),
        *(("single", name) for name in {**LOOKING, **WRITING} if name != "nothing"),
        *(("transaction", name) for name in {**LOOKING, **WRITING}),
    ],
)
def test_a_connection_that_ends_in_a_transaction_is_said_so(db, opened, last):
    def die() -> None:
        with getattr(db, opened)() as tx:
            own = tx.execute(text("SELECT pg_backend_pid()")).scalar_one()
            with db.transaction() as other:
                other.execute(text(f"SELECT pg_terminate_backend({own}, 5000)"))
            {**LOOKING, **WRITING}[last](tx)

    with pytest.raises(DatabaseUnavailable):
        die()
    with db.read() as tx:
        assert tx.execute(select(BOX)).all() == []


def test_a_statement_written_out_reads_and_binds_as_its_tables_say(db):
    kinds = Ready(select(KINDS).where(KINDS.c.state == bindparam("state"), KINDS.c.number > 1))
    with db.transaction() as tx:
        tx.execute(text("CREATE TEMPORARY TABLE kinds (number integer, state text, told jsonb, held bytea)"))
        tx.insert(KINDS, {"number": 2, "state": Colour.RED, "told": {"a": [1]}, "held": b"\x00"})
        found = tx.row(kinds, {"state": Colour.RED})
        assert (found.state, found.told, found.held) == (Colour.RED, {"a": [1]}, b"\x00")
        assert tx.row(kinds, {"state": Colour.BLUE}) is None
        tx.execute(text("DROP TABLE kinds"))


def test_a_row_looked_at_begins_nothing_but_sees_what_waited(db):
    box = Ready(select(BOX).where(BOX.c.name == bindparam("name")))
    with db.transaction() as tx:
        status = tx._connection.connection.driver_connection.info
        assert tx.row(box, {"name": "a"}) is None
        assert status.transaction_status is TransactionStatus.IDLE
        tx.insert(BOX, {"name": "a"})
        assert tx.row(box, {"name": "a"}).name == "a"
        assert status.transaction_status is TransactionStatus.INTRANS


def test_a_refusal_of_a_statement_written_out_shows_no_value(db):
    with pytest.raises(IntegrityError) as caught, db.transaction() as tx:
        tx.insert(THING, {"number": 1, "box": "a-value"})
    assert caught.value.hide_parameters
    assert "$1" in str(caught.value.statement)


def test_what_was_prepared_is_prepared_again_after_a_rollback(db):
    box = Ready(select(BOX.c.name).where(BOX.c.name == bindparam("name")))
    for _ in range(3):
        with db.transaction() as tx:
            tx.row(box, {"name": "a"})
            for _ in range(7):
                tx.execute(select(BOX))
        with pytest.raises(IntegrityError), db.transaction() as tx:  # noqa: PT012 - the block is the transaction
            tx.execute(select(BOX))
            tx.insert(THING, {"number": 1, "box": "elsewhere"})
    with db.single() as tx:
        assert tx.rows((box, {"name": "a"}), (box, {"name": "b"})) == [[], []]


def test_several_statements_of_one_round_trip_are_one_transaction(db):
    put = Ready(insert(BOX).values(name=bindparam("name")))
    with pytest.raises(IntegrityError), db.single() as tx:
        tx.rows((put, {"name": "a"}), (put, {"name": "a"}))
    with db.single() as tx:
        assert tx.execute(select(BOX)).all() == []


def asked_again(db: Database, statement: Ready) -> tuple[int, int]:
    """Return how many runs of a statement were planned alone, and how many by a plan made for all."""
    counted = text("SELECT custom_plans, generic_plans FROM pg_prepared_statements WHERE statement = :said")
    with db.transaction() as tx:
        for name in "abcdefg":
            tx.held_rows((statement, {"name": name}))
        return tuple(tx.execute(counted, {"said": str(statement)}).one())


def test_a_process_that_asks_by_key_plans_a_statement_once(db) -> None:
    again = Database.connect(db._engine.url.render_as_string(hide_password=False), plan_once=True)
    assert asked_again(again, Ready(select(KEY).where(KEY.c.name == bindparam("name")))) == (0, 7)
    again.close()


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        (WAITING.c.state == "due", "state = 'due'"),
        (WAITING.c.state != "it's", "state != 'it''s'"),
        (WAITING.c.state.in_(["due", "sent"]), "state IN ('due', 'sent')"),
        (WAITING.c.state.not_in(("due",)), "state NOT IN ('due')"),
    ],
)
def test_a_closed_word_stands_in_the_statement_so_that_an_index_over_it_serves(db, sent, asked, written) -> None:
    with db.transaction() as tx:
        tx.execute(select(WAITING).where(asked, WAITING.c.number == 1))
    assert written in sent[-1]
    assert "%(number" in sent[-1], "what differs is a parameter"


def test_a_statement_written_out_has_its_constants_in_its_text() -> None:
    due = select(WAITING).where(WAITING.c.state == "due", WAITING.c.number == bindparam("number"))
    assert str(Ready(due)).endswith("waiting.state = 'due' AND waiting.number = $1::INTEGER")


def test_words_of_one_column_share_one_compiled_form(db, sent) -> None:
    due, gone = (select(WAITING).where(WAITING.c.state == word) for word in ("due", "sent"))
    assert due._generate_cache_key().key == gone._generate_cache_key().key
    with db.transaction() as tx:
        assert [tx.execute(one).all() for one in (due, gone)] == [[], []]
    assert [said.rpartition("= ")[2] for said in sent[-2:]] == ["'due'", "'sent'"]


DOES = {
    "looks": (lambda tx: tx.execute(select(BOX)), False),
    "locks": (lambda tx: tx.execute(select(BOX).with_for_update()), False),
    "inserts": (lambda tx: tx.insert(BOX, {"name": "waits"}), True),
    "executes": (lambda tx: tx.execute(insert(BOX).values(name="at once")), True),
    "updates nothing": (lambda tx: tx.execute(update(BOX).where(BOX.c.name == "").values(name="x")), True),
    "writes out": (lambda tx: tx.rows((Ready(insert(BOX).values(name=bindparam("of"))), {"of": "written out"})), True),
    "says text": (lambda tx: tx.execute(text("INSERT INTO box VALUES ('text')")), True),
    "takes the driver": (lambda tx: tx.driver.execute("INSERT INTO box VALUES ('driver')"), True),
}


@pytest.mark.parametrize("how", DOES)
def test_what_is_kept_with_a_change_is_kept_with_a_change_only(db, how):
    does, changes = DOES[how]
    assert copy_context().run(steps, db, does) == ([True] if changes else [])


def steps(db: Database, does: Callable[[WriteTx], object]) -> list[bool]:
    """At the end of which transactions of one request its step was taken."""
    taken: list[bool] = []
    before_commit(lambda _tx: taken.append(True))
    with db.transaction() as tx:
        does(tx)
    return taken
