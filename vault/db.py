"""One pool, one transaction block, and two types that tell a reader from a writer."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

from psycopg import Connection as DriverConnection
from sqlalchemy import Connection, CursorResult, Engine, Executable, MetaData, create_engine
from sqlalchemy.exc import OperationalError

from vault.errors import DatabaseUnavailable

METADATA = MetaData(schema="vault")
"""Tables of custody; each room declares its own on it."""

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

    @property
    def driver(self) -> "DriverConnection[Any]":
        """The psycopg connection inside, for what must run in this transaction without SQLAlchemy."""
        return cast("DriverConnection[Any]", self._connection.connection.driver_connection)


class Database:
    """The pool of one process; its login decides what it may touch."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

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
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args={"options": "-c search_path=jobs,public -c timezone=UTC", "connect_timeout": 5},
        )
        return cls(engine)

    @contextmanager
    def transaction(self) -> Iterator[WriteTx]:
        """Commit what the block did, or none of it; raises :class:`DatabaseUnavailable` where nothing answers."""
        with self._begin() as connection:
            yield WriteTx(connection)

    @contextmanager
    def read(self) -> Iterator[ReadTx]:
        """Open a read-only transaction on the primary."""
        with self._begin() as connection:
            connection.exec_driver_sql("SET TRANSACTION READ ONLY")
            yield ReadTx(connection)

    def close(self) -> None:
        """Close every pooled connection."""
        self._engine.dispose()

    @contextmanager
    def _begin(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except OperationalError as error:
            # The driver's own words can hold values of the statement; only the kind of fault goes on.
            raise DatabaseUnavailable(type(error.orig).__name__) from None
