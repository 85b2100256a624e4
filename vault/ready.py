"""Statements written out once, for what every deposit and every look does."""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from psycopg import Connection, Error
from sqlalchemy import ARRAY, BindParameter, ClauseElement, UpdateBase, literal_column
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.visitors import replacement_traverse

from vault.flights import Told, fly

_Change = Callable[[Any], Any]
_DIALECT: Any = PGDialect_psycopg(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]  # untyped in SQLAlchemy


class Ready:
    """A statement that the driver runs itself, under the names and types of its tables.

    Looking a statement up, binding it and wrapping its rows anew costs SQLAlchemy three times what the driver takes to
    run it (ADR 0022). Every list in it must be spelt out: ``or_``, not ``in_``. What is the same each time stands in its
    text, so that a plan made once for all runs can use an index over some rows only.
    """

    def __init__(self, statement: ClauseElement) -> None:
        """Write ``statement`` out; its open parameters come with each run."""
        settled: Any = replacement_traverse(statement, {}, _constant)
        compiled: Any = settled.compile(dialect=_DIALECT)
        self.changes = isinstance(statement, UpdateBase)
        """Whether it writes anything."""
        self._text = str(compiled)
        self._sent = self._text.encode()
        self._order = tuple(compiled.positiontup or ())
        self._into = {name: change for name, bind in compiled.binds.items() if (change := _into(bind.type)) is not None}
        self._told = self._plain(
            {name: bind.effective_value for name, bind in compiled.binds.items() if not bind.required}
        )
        columns = compiled._result_columns or ()  # noqa: SLF001 - the only place that has both name and type
        names = [_name(place, one.keyname) for place, one in enumerate(columns)]
        self._make = cast("Any", namedtuple("Row", names))._make  # noqa: PYI024 - made of a statement
        changes = [(place, _out_of(one.type)) for place, one in enumerate(columns)]
        self._out_of = [(place, change) for place, change in changes if change is not None]

    def run(
        self,
        connection: "Connection[Any]",
        parameters: Mapping[str, Any],
        before: Sequence[Told] = (),
        after: Sequence[Told] = (),
    ) -> list[Any]:
        """Return its rows, columns in their order and as attributes; nothing where it has no result.

        ``before`` and ``after`` go out with it. Raises SQLAlchemy's errors, as if that had run it.
        """
        return together(connection, ((self, parameters),), before, after)[0]

    def told(self, parameters: Mapping[str, Any]) -> Told:
        """Return the statement with its parameters, for the wire."""
        values = self._told | self._plain(parameters)
        return Told(self._sent, [values[name] for name in self._order], self._row)

    def __str__(self) -> str:
        """Return its text, without any value."""
        return self._text

    def _row(self, values: Sequence[Any]) -> Any:
        return self._make(self._changed(values))

    def _plain(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        told = dict(parameters)
        for name, change in self._into.items():
            if name in told:
                told[name] = change(told[name])
        return told

    def _changed(self, row: Sequence[Any]) -> Sequence[Any]:
        if not self._out_of:
            return row
        changed = list(row)
        for place, change in self._out_of:
            changed[place] = change(changed[place])
        return changed


Asked = tuple[Ready, Mapping[str, Any]]
"""A statement and its parameters."""


def together(
    connection: "Connection[Any]", asked: Sequence[Asked], before: Sequence[Told] = (), after: Sequence[Told] = ()
) -> list[list[Any]]:
    """Run several statements in one round trip and one transaction; return the rows of each, as :meth:`Ready.run`."""
    try:
        told = [one.told(parameters) for one, parameters in asked]
        return fly(connection, [*before, *told, *after])[len(before) : len(before) + len(asked)]
    except Error as error:
        said = "; ".join(str(one) for one, _ in asked)
        raise DBAPIError.instance(said, {}, error, Error, hide_parameters=True) from None


def _constant(element: Any, **_: Any) -> Any:
    """Return a value that every run has as the text of it; nothing for what comes with each run."""
    if not isinstance(element, BindParameter) or element.required or element.expanding:
        return None
    written = element.type.dialect_impl(_DIALECT).literal_processor(_DIALECT)
    return None if written is None else literal_column(written(element.effective_value), element.type)


def _into(kind: Any) -> _Change | None:
    return cast("_Change | None", kind.dialect_impl(_DIALECT).bind_processor(_DIALECT))


def _out_of(kind: Any) -> _Change | None:
    if isinstance(kind, ARRAY) and not kind.as_tuple and _out_of(kind.item_type) is None:
        # SQLAlchemy would copy each list that the driver gives.
        return None
    return cast("_Change | None", kind.dialect_impl(_DIALECT).result_processor(_DIALECT, None))


def _name(place: int, name: str) -> str:
    return name if name.isidentifier() and not name.startswith("_") else f"column_{place}"
