"""Connections of a pool: looked at as they are given out, and what is known of their statements ends with a rollback."""

import select as sockets
from typing import Any

from psycopg import Connection as DriverConnection
from psycopg import OperationalError
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DisconnectionError

from vault.flights import doubt


def watch(engine: Engine) -> None:
    """Watch every connection of an engine."""
    event.listen(engine, "checkout", _refuse_dead)
    event.listen(engine, "rollback", _doubt_rolled_back)
    event.listen(engine, "reset", lambda driver, _record, _state: _doubt_open(driver))


def _doubt_rolled_back(connection: Connection) -> None:
    # One that has ended has no driver's connection any more: asking for it would be refused, in place of the reason.
    if not connection.invalidated and (driver := connection.connection.driver_connection) is not None:
        doubt(driver)


def _doubt_open(driver: "DriverConnection[Any]") -> None:
    # What comes back to the pool in the middle of a transaction is rolled back there.
    if driver.info.transaction_status is not TransactionStatus.IDLE:
        doubt(driver)


def _refuse_dead(connection: "DriverConnection[Any]", _record: object, _proxy: object) -> None:
    """Give a pooled connection out only where the server has not ended it.

    A restarted server has closed its end, which the socket tells at once; asking the server itself each time would be
    a round trip for every transaction.
    """
    try:
        waiting = sockets.poll()
        waiting.register(connection.fileno(), sockets.POLLIN | sockets.POLLHUP | sockets.POLLERR)
        if not waiting.poll(0):
            return
        connection.execute("")
    except OperationalError:
        # The pool answers by opening another one.
        raise DisconnectionError from None
