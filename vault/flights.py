"""What goes to the database in one round trip: statements one after another, in one transaction."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from psycopg import Connection, generators
from psycopg.abc import PQGen
from psycopg.abc import Transformer as Types
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult

PREPARED_MAX = 200
"""Statements that one connection keeps prepared; what is beyond them is planned each time it is sent."""
_GOOD = frozenset({ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK})
_Key = tuple[bytes, tuple[int, ...]]
"""A statement as the server prepares it: its text and the types of its parameters."""


@dataclass(slots=True)
class _Prepared:
    """What one connection keeps."""

    names: dict[_Key, bytes] = field(default_factory=dict)
    there: set[_Key] = field(default_factory=set)
    """Those of which the server surely has it under that name."""


_PREPARED: "WeakKeyDictionary[Connection[Any], _Prepared]" = WeakKeyDictionary()


def doubt(connection: "Connection[Any]") -> None:
    """Say that a transaction was rolled back: the driver may then have had the server forget all it had prepared."""
    if (prepared := _PREPARED.get(connection)) is not None:
        prepared.there.clear()


class Told(NamedTuple):
    """One statement as the server reads it (``$1`` for the first parameter), its parameters, and what a row becomes."""

    text: bytes
    parameters: Sequence[Any]
    make: Callable[[Sequence[Any]], Any] = tuple


def fly(connection: "Connection[Any]", told: Sequence[Told]) -> list[list[Any]]:
    """Send statements together and return the rows of each.

    Where no transaction is open they are one of their own, so that a setting local to it holds from one to the next.
    The driver's own pipeline turns to the socket at every statement, at three times the cost (ADR 0022); this is the
    library's below it. Raises the driver's errors.
    """
    sending = _Sending(connection, _PREPARED.setdefault(connection, _Prepared()))
    answers = sending.run(told)
    return [_rows(sending.types, answer, one.make) for answer, one in zip(answers, told, strict=True)]


def _rows(types: Types, answer: PGresult, make: Callable[[Sequence[Any]], Any]) -> list[Any]:
    if not answer.nfields:
        return []
    types.set_pgresult(answer)
    return types.load_rows(0, answer.ntuples, make)


class _Sending:
    """One use of a connection."""

    def __init__(self, connection: "Connection[Any]", prepared: _Prepared) -> None:
        self._connection, self._wire, self._prepared = connection, connection.pgconn, prepared
        self.types: Types = Transformer(connection)
        self._awaited: list[_Key | Told | None] = []
        """What each answer is to: a statement, the preparing of one, or nothing of interest."""

    def run(self, told: Sequence[Told]) -> list[PGresult]:
        """Return the answer to each statement; raises the error of the first that failed."""
        clean = False
        self._wire.enter_pipeline_mode()
        try:
            for one in told:
                self._put(one)
            self._wire.pipeline_sync()
            answers = self._connection.wait(self._talk())
            self._wire.exit_pipeline_mode()
            clean = True
        finally:
            if not clean:
                # Answers may still be on their way: nobody must take them for those to a later question.
                self._connection.close()
        return list(self._answers(answers))

    def _answers(self, answers: Sequence[PGresult]) -> Iterator[PGresult]:
        for awaited, answer in zip(self._awaited, answers, strict=True):
            if answer.status not in _GOOD:
                raise error_from_result(answer, self._connection.info.encoding)
            if isinstance(awaited, Told):
                yield answer
            elif awaited is not None:
                self._prepared.there.add(awaited)

    def _put(self, told: Told) -> None:
        values = self.types.dump_sequence(told.parameters, [PyFormat.AUTO] * len(told.parameters))
        oids, formats = self.types.types or (), self.types.formats or []
        key, names = (told.text, oids), self._prepared.names
        if key not in names and len(names) >= PREPARED_MAX:
            self._wire.send_query_params(told.text, values, oids, formats)
        else:
            name = names.setdefault(key, b"ready_%d" % len(names))
            if key not in self._prepared.there:
                # Closing what is not there is no error (PostgreSQL, message flow of the extended query).
                self._wire.send_close_prepared(name)
                self._wire.send_prepare(name, told.text, oids)
                self._awaited += [None, key]
            self._wire.send_query_prepared(name, values, formats)
        self._awaited.append(told)

    def _talk(self) -> PQGen[list[PGresult]]:
        yield from generators.send(self._wire)
        found = []
        for _ in self._awaited:
            (answer,) = yield from generators.fetch_many(self._wire)
            found.append(answer)
        yield from generators.fetch(self._wire)
        return found
