"""Hearing what commits announce (PostgreSQL LISTEN and NOTIFY), on a connection of its own beside the pool."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from vault.errors import DatabaseUnavailable
from vault.keepalives import ON_OUR_SIDE


@dataclass(frozen=True, slots=True)
class Ear:
    """An open connection that listens."""

    connection: "psycopg.Connection[Any]" = field(repr=False)

    def wait(self, seconds: float) -> list[str]:
        """Return what was announced, as soon as something was; nothing after so many seconds of silence.

        Raises :class:`DatabaseUnavailable` where the connection broke: something may have been missed.
        """
        try:
            return [one.payload for one in self.connection.notifies(timeout=seconds, stop_after=1)]
        except psycopg.OperationalError as error:
            raise DatabaseUnavailable(type(error).__name__) from None


@contextmanager
def listening(url: str, channel: str) -> Iterator[Ear]:
    """Listen on a channel; ``url`` is ``postgresql://…``. Raises :class:`DatabaseUnavailable`."""
    try:
        connection = psycopg.connect(make_conninfo(url, connect_timeout=5, **ON_OUR_SIDE), autocommit=True)
    except psycopg.OperationalError as error:
        raise DatabaseUnavailable(type(error).__name__) from None
    with connection:
        connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
        yield Ear(connection)
