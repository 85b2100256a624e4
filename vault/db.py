"""One pool, one transaction block, and two types that tell a reader from a writer."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, cast

from psycopg import Connection as DriverConnection
from psycopg import Error as DriverError
from psycopg import OperationalError as DriverOperationalError
from psycopg.errors import DivisionByZero
from pydantic_core import from_json
from sqlalchemy import (
    CTE,
    Connection,
    CursorResult,
    Engine,
    Executable,
    Insert,
    MetaData,
    Table,
    TextClause,
    UpdateBase,
    bindparam,
    create_engine,
    func,
    insert,
    literal_column,
    select,
)
from sqlalchemy.exc import DataError, IntegrityError, OperationalError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from vault.errors import DatabaseUnavailable, NothingChanged, ObjectCondemned, VaultError
from vault.flights import Told, fly
from vault.keepalives import ON_OUR_SIDE
from vault.pooled import watch
from vault.ready import Asked, Ready, together
from vault.standing import KINDS, current, settings

METADATA = MetaData(schema="vault")
"""Tables of custody; each room declares its own on it."""

_REFUSALS: dict[str | None, type[VaultError]] = {"object_condemned": ObjectCondemned}
"""What the database refuses by a name of ours and callers are to tell apart: it is raised with the commit at times."""
_Shape = tuple[Table, tuple[str, ...]]
"""A row to insert, by its table and columns."""
_LAST: ContextVar["Callable[[WriteTx], None] | None"] = ContextVar("last", default=None)
_Waiting = tuple[_Shape, Mapping[str, Any]]
Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]]


_BEGIN, _COMMIT = Told(b"BEGIN", ()), Told(b"COMMIT", ())
_BEGIN_READING = Told(b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", ())
_STANDING = ", ".join(f"set_config('unefois.{kind}', ${place}, true)" for place, kind in enumerate(KINDS, 1))


def _standing() -> tuple[Told, ...]:
    """Return the statement that tells the policies who asks, for the length of the transaction it is sent in."""
    told = current()
    return () if told is None else (Told(f"SELECT {_STANDING}".encode(), told),)


class ReadTx:
    """An open transaction one may read through."""

    def __init__(self, connection: Connection, before: tuple[Told, ...] = ()) -> None:
        self._connection = connection
        self._before = before
        """What goes out with the next statement: what begins the transaction, and who asks."""

    def execute(self, statement: Executable, parameters: Parameters | None = None) -> CursorResult[Any]:
        """Run one SQLAlchemy Core statement."""
        if self._before:
            fly(_driver(self._connection), self._before)
            self._before = ()
        return self._connection.execute(statement, parameters)

    def stand(self, **named: object) -> None:
        """Work by this authority too, until the transaction ends; only who has just established it may call this.

        See :mod:`vault.standing`. Of no effect in :meth:`Database.single`, whose statements have a transaction each.
        """
        for setting, value in settings(**named).items():
            self.execute(select(func.set_config(setting, value, literal_column("true"))))

    def look(self, statement: Executable, parameters: Parameters | None = None) -> CursorResult[Any]:
        """Run one plain query; see :meth:`WriteTx.look`."""
        return self.execute(statement, parameters)

    def row(self, query: Ready, parameters: Mapping[str, Any]) -> Any:
        """Return the first row of one plain query, or nothing where there is none; see :meth:`WriteTx.look`."""
        (found,) = self.rows((query, parameters))
        return found[0] if found else None

    def rows(self, *asked: Asked) -> list[list[Any]]:
        """Run several statements written out, in one round trip; return the rows of each."""
        before, self._before = self._before, ()
        return together(_driver(self._connection), asked, before)


class WriteTx(ReadTx):
    """A transaction one may write through; only :class:`Database` makes one.

    It begins with the first statement that needs it: one that only looked, and then inserted, is a single statement to
    the server, and neither its beginning nor its commit is a round trip.
    """

    def __init__(self, connection: Connection, *, begun: bool = False) -> None:
        super().__init__(connection)
        self._told = _standing()
        """What goes before a statement that is a transaction of its own."""
        # What a standing allows is told in a transaction only: a statement alone must have one begun for it.
        self._begun = begun and not self._told
        self._open = False
        """Whether a transaction was begun that has to be committed."""
        self._waiting: list[_Waiting] = []
        self.wrote = False
        """Whether anything was written: a look, a lock and a notification are nothing."""

    def look(self, statement: Executable, parameters: Parameters | None = None) -> CursorResult[Any]:
        """Run one query without locks, as of this moment.

        What it tells is no older than what :meth:`execute` would, but nothing is begun for it: only for a plain
        ``SELECT`` that locks nothing and calls no function with an effect.
        """
        if self._begun or self._waiting or self._told:
            return self.execute(statement, parameters)
        return super().execute(statement, parameters)

    def rows(self, *asked: Asked) -> list[list[Any]]:
        """Run several statements written out, in one round trip, after the rows that wait; for what :meth:`look` is for."""
        self._note(asked)
        if self._waiting:
            self._begin()
            self.finish()
        return together(_driver(self._connection), asked, self._told)

    def held_rows(self, *asked: Asked) -> list[list[Any]]:
        """As :meth:`rows`, for statements that lock what they find until the transaction ends."""
        self._note(asked)
        if self._waiting:
            self._begin()
            self.finish()
        before = () if self._begun else self._beginning()
        return together(_driver(self._connection), asked, before)

    def insert(self, table: Table, row: Mapping[str, Any]) -> None:
        """Insert one row, together with others in one round trip: before the next statement, or with the commit.

        What the database refuses of it is raised there. Rows that go out together do not see one another, except for
        foreign keys.
        """
        self.wrote = True
        self._waiting.append(((table, tuple(row)), row))

    def execute(self, statement: Executable, parameters: Parameters | None = None) -> CursorResult[Any]:
        """Run one SQLAlchemy Core statement."""
        self._begin()
        self.finish()
        # What is plain text may do anything.
        self.wrote = self.wrote or isinstance(statement, UpdateBase | TextClause)
        return super().execute(statement, parameters)

    def insert_exactly_if(self, changing: UpdateBase, parameters: Mapping[str, Any]) -> None:
        """Send the rows that wait together with one statement that must change a row: all of it happens, or nothing.

        In one round trip, so ``changing`` does not see those rows. Raises :class:`NothingChanged`; the transaction can
        only be rolled back then.
        """
        waiting, self._waiting, self.wrote = self._waiting, [], True
        try:
            both = _conditional(_shapes(waiting), changing)
            both.run(_driver(self._connection), _values(waiting) | dict(parameters), self._told)
        except DataError as error:
            if isinstance(error.orig, DivisionByZero):
                raise NothingChanged from None
            raise

    def finish(self, after: tuple[Told, ...] = ()) -> None:
        """Send the rows that wait, and what goes ``after`` them; only the end of the transaction may call this."""
        if self._waiting:
            waiting, self._waiting = self._waiting, []
            _inserting(_shapes(waiting)).run(_driver(self._connection), _values(waiting), self._told, after)

    def send_many(self) -> None:
        """Send the rows that wait, however many, table by table in the order in which each was first named.

        For thousands of rows: a row may refer to one of an earlier table, or of a later one only where the key between
        them is deferred.
        """
        waiting, self._waiting = self._waiting, []
        by_shape: dict[_Shape, list[Mapping[str, Any]]] = {}
        for shape, row in waiting:
            by_shape.setdefault(shape, []).append(row)
        self._begin()
        asked = [one for shape, rows in by_shape.items() for one in _in_lots(shape, rows)]
        together(_driver(self._connection), asked)

    def end(self) -> None:
        """Send the rows that wait together with the commit; without any, the connection commits by itself."""
        self.finish((_COMMIT,) if self._open else ())

    @property
    def driver(self) -> "DriverConnection[Any]":
        """The psycopg connection inside, for what must run in this transaction without SQLAlchemy."""
        self._begin()
        self.finish()
        self.wrote = True
        return _driver(self._connection)

    def _note(self, asked: Sequence[Asked]) -> None:
        self.wrote = self.wrote or any(one.changes for one, _ in asked)

    def _begin(self) -> None:
        if not self._begun:
            fly(_driver(self._connection), self._beginning())

    def _beginning(self) -> tuple[Told, ...]:
        """Return what begins the transaction, to be sent at once."""
        told, self._told = self._told, ()
        self._begun = self._open = True
        return (_BEGIN, *told)


class Database:
    """The pool of one process; its login decides what it may touch."""

    def __init__(self, engine: Engine) -> None:
        """Take an engine whose connections begin no transaction by themselves."""
        self._engine = engine

    @classmethod
    def connect(cls, url: str, *, pool_size: int = 8, plan_once: bool = False) -> "Database":
        """Make the pool; nothing is opened before the first transaction.

        With ``plan_once`` a connection plans a statement once for all parameters: for a process that asks by key, whose
        plans are all alike, and where the policies make a plan dearer than what it is for (ADR 0029).
        ``url`` is ``postgresql+psycopg://login:password@host:port/database``. The search path holds ``jobs`` because
        procrastinate's SQL functions are called unqualified.
        """
        plans = " -c plan_cache_mode=force_generic_plan" if plan_once else ""
        engine = create_engine(
            url,
            pool_size=pool_size,
            max_overflow=pool_size,
            # The connection used last knows its statements; by turns each would have to learn them.
            pool_use_lifo=True,
            hide_parameters=True,
            json_deserializer=from_json,
            # Transactions begin where we say so. The commit and the rollback of a connection end them all the same.
            isolation_level="AUTOCOMMIT",
            connect_args={"options": f"-c search_path=jobs,public -c timezone=UTC{plans}", "connect_timeout": 5}
            | ON_OUR_SIDE,
        )
        watch(engine)
        return cls(engine)

    @contextmanager
    def transaction(self) -> Iterator[WriteTx]:
        """Commit what the block did, or none of it; raises :class:`DatabaseUnavailable` where nothing answers."""
        with self._open() as connection:
            tx = WriteTx(connection)
            yield tx
            if tx.wrote and (last := _LAST.get()) is not None:
                last(tx)
            tx.end()

    @contextmanager
    def read(self) -> Iterator[ReadTx]:
        """Open a read-only transaction on the primary; everything it sees is of one moment.

        A holder re-keyed between two statements must not make a row point at a key that is gone.
        """
        with self._open() as connection:
            yield ReadTx(connection, (_BEGIN_READING, *_standing()))

    @contextmanager
    def single(self) -> Iterator[WriteTx]:
        """Run one statement that is a transaction of its own: no round trip to begin it and none to commit."""
        with self._open() as connection:
            tx = WriteTx(connection, begun=True)
            yield tx
            tx.end()

    def close(self) -> None:
        """Close every pooled connection."""
        self._engine.dispose()

    @contextmanager
    def _open(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except OperationalError as error:
            # The driver's own words can hold values of the statement; only the kind of fault goes on.
            raise DatabaseUnavailable(type(error.orig).__name__) from None
        except IntegrityError as error:
            if isinstance(error.orig, DriverError) and (refusal := _REFUSALS.get(error.orig.diag.constraint_name)):
                raise refusal from None
            raise
        except (DriverOperationalError, PoolExhausted, PendingRollbackError) as error:
            # From what ran on the driver's own connection, a transaction begun or a copy into the journal; the last
            # from whatever still asks through a connection that has ended.
            raise DatabaseUnavailable(type(error).__name__) from None


def before_commit(step: Callable[[WriteTx], None]) -> None:
    """Have ``step`` done at the end of every transaction of this request that wrote anything, and committed with it."""
    _LAST.set(step)


def _driver(connection: Connection) -> "DriverConnection[Any]":
    return cast("DriverConnection[Any]", connection.connection.driver_connection)


def _shapes(waiting: Sequence[_Waiting]) -> tuple[_Shape, ...]:
    return tuple(shape for shape, _ in waiting)


def _values(waiting: Sequence[_Waiting]) -> dict[str, Any]:
    return {_bind(n, name): value for n, (_, row) in enumerate(waiting) for name, value in row.items()}


@lru_cache(maxsize=256)
def _inserting(shapes: tuple[_Shape, ...]) -> Ready:
    """Return one statement that inserts a row of each of these shapes; the rows may refer to one another."""
    *others, last = _one_by_one(shapes)
    return Ready(last.add_cte(*_ctes(others)))


@lru_cache(maxsize=256)
def _conditional(shapes: tuple[_Shape, ...], changing: UpdateBase) -> Ready:
    """Return one statement that fails, and with it all it does, where ``changing`` finds no row."""
    changed = changing.returning(literal_column("1")).cte("changed")
    # A statement cannot be told to fail; a division by zero rows does, and undoes what the rest of it did.
    holds = select(literal_column("1") / select(func.count()).select_from(changed).scalar_subquery())
    return Ready(holds.add_cte(*_ctes(_one_by_one(shapes))))


def _one_by_one(shapes: tuple[_Shape, ...]) -> list[Insert]:
    return [
        insert(table).values({name: bindparam(_bind(n, name), type_=table.c[name].type) for name in names})
        for n, (table, names) in enumerate(shapes)
    ]


_LOTS = (100, 10, 1)
"""How many rows of one shape go into a statement: few sizes, so that the server keeps few statements prepared."""


def _in_lots(shape: _Shape, rows: Sequence[Mapping[str, Any]]) -> Iterator[Asked]:
    start = 0
    for size in _LOTS:
        while len(rows) - start >= size:
            lot = rows[start : start + size]
            values = {_bind(n, name): value for n, row in enumerate(lot) for name, value in row.items()}
            yield _lot(shape, size), values
            start += size


@lru_cache(maxsize=256)
def _lot(shape: _Shape, size: int) -> Ready:
    """Return one statement that inserts ``size`` rows of one shape."""
    table, names = shape
    rows = [{name: bindparam(_bind(n, name), type_=table.c[name].type) for name in names} for n in range(size)]
    return Ready(insert(table).values(rows))


def _ctes(statements: Sequence[Insert]) -> list[CTE]:
    return [one.cte(f"row_{n}") for n, one in enumerate(statements)]


def _bind(place: int, name: str) -> str:
    return f"{name}_{place}"
