"""One pool, one transaction block, and two types that tell a reader from a writer."""

import select
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, cast

from psycopg import Connection as DriverConnection
from psycopg import OperationalError as DriverOperationalError
from sqlalchemy import (
    Connection,
    CursorResult,
    Engine,
    Executable,
    Insert,
    MetaData,
    Table,
    bindparam,
    create_engine,
    event,
    insert,
)
from sqlalchemy.exc import DisconnectionError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from vault.errors import DatabaseUnavailable

METADATA = MetaData(schema="vault")
"""Tables of custody; each room declares its own on it."""

_Shape = tuple[Table, tuple[str, ...]]
"""A row to insert, by its table and columns."""
Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]]


class ReadTx:
    """An open transaction one may read through."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def execute(self, statement: Executable, parameters: Parameters | None = None) -> CursorResult[Any]:
        """Run one SQLAlchemy Core statement."""
        return self._connection.execute(statement, parameters)


class WriteTx(ReadTx):
    """An open transaction one may write through; only :meth:`Database.transaction` makes one."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._waiting: list[tuple[_Shape, Mapping[str, Any]]] = []

    def insert(self, table: Table, row: Mapping[str, Any]) -> None:
        """Insert one row, together with others in one round trip: before the next statement, or with the commit.

        What the database refuses of it is raised there.
        """
        self._waiting.append(((table, tuple(row)), row))

    def execute(self, statement: Executable, parameters: Parameters | None = None) -> CursorResult[Any]:
        """Run one SQLAlchemy Core statement."""
        self.flush()
        return super().execute(statement, parameters)

    def flush(self) -> None:
        """Send the rows that wait."""
        if self._waiting:
            waiting, self._waiting = self._waiting, []
            values = {_bind(n, name): value for n, (_, row) in enumerate(waiting) for name, value in row.items()}
            self._connection.execute(_inserting(tuple(shape for shape, _ in waiting)), values)

    @property
    def driver(self) -> "DriverConnection[Any]":
        """The psycopg connection inside, for what must run in this transaction without SQLAlchemy."""
        self.flush()
        return cast("DriverConnection[Any]", self._connection.connection.driver_connection)


class Database:
    """The pool of one process; its login decides what it may touch."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        # The driver opens such a transaction read-only itself, where a statement would be a round trip of its own.
        # One snapshot a read: a holder re-keyed between two statements must not make a row point at a key that is gone.
        self._readers = engine.execution_options(postgresql_readonly=True, isolation_level="REPEATABLE READ")
        self._single = engine.execution_options(isolation_level="AUTOCOMMIT")

    @classmethod
    def connect(cls, url: str, *, pool_size: int = 8) -> "Database":
        """Make the pool; nothing is opened before the first transaction.

        ``url`` is ``postgresql+psycopg://login:password@host:port/database``. The search path holds ``jobs`` because
        procrastinate's SQL functions are called unqualified.
        """
        engine = create_engine(
            url,
            pool_size=pool_size,
            max_overflow=pool_size,
            hide_parameters=True,
            connect_args={"options": "-c search_path=jobs,public -c timezone=UTC", "connect_timeout": 5},
        )
        event.listen(engine, "checkout", _refuse_dead)
        return cls(engine)

    @contextmanager
    def transaction(self) -> Iterator[WriteTx]:
        """Commit what the block did, or none of it; raises :class:`DatabaseUnavailable` where nothing answers."""
        with self._begin(self._engine) as connection:
            tx = WriteTx(connection)
            yield tx
            tx.flush()

    @contextmanager
    def read(self) -> Iterator[ReadTx]:
        """Open a read-only transaction on the primary; everything it sees is of one moment."""
        with self._begin(self._readers) as connection:
            yield ReadTx(connection)

    @contextmanager
    def single(self) -> Iterator[WriteTx]:
        """Run one statement that is a transaction of its own: no round trip to begin it and none to commit."""
        with self._begin(self._single) as connection:
            tx = WriteTx(connection)
            yield tx
            tx.flush()

    def close(self) -> None:
        """Close every pooled connection."""
        self._engine.dispose()

    @staticmethod
    @contextmanager
    def _begin(engine: Engine) -> Iterator[Connection]:
        try:
            with engine.begin() as connection:
                yield connection
        except OperationalError as error:
            # The driver's own words can hold values of the statement; only the kind of fault goes on.
            raise DatabaseUnavailable(type(error.orig).__name__) from None
        except (DriverOperationalError, PoolExhausted) as error:
            # From what ran on the driver's own connection: a copy into the journal, a job deferred.
            raise DatabaseUnavailable(type(error).__name__) from None


@lru_cache(maxsize=256)
def _inserting(shapes: tuple[_Shape, ...]) -> Insert:
    """Return one statement that inserts a row of each of these shapes; the rows may refer to one another."""
    statements = [
        insert(table).values({name: bindparam(_bind(n, name), type_=table.c[name].type) for name in names})
        for n, (table, names) in enumerate(shapes)
    ]
    return statements[-1].add_cte(*(one.cte(f"row_{n}") for n, one in enumerate(statements[:-1])))


def _bind(place: int, name: str) -> str:
    return f"{name}_{place}"


def _refuse_dead(connection: "DriverConnection[Any]", _record: object, _proxy: object) -> None:
    """Give a pooled connection out only where the server has not ended it.

    A restarted server has closed its end, which the socket tells at once; asking the server itself each time would be
    a round trip for every transaction.
    """
    try:
        waiting = select.poll()
        waiting.register(connection.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
        if not waiting.poll(0):
            return
        connection.autocommit = True
        connection.execute("")
    except DriverOperationalError:
        # The pool answers by opening another one.
        raise DisconnectionError from None
    connection.autocommit = False
