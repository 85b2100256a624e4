"""The row of each line that a body was told of: what it was told last, in which exchange, and what the body calls it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, case, exists, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Row

from hub.exchanges.commanding import Telling
from hub.exchanges.planning import State
from hub.exchanges.tables import EXCHANGE, TOLD_LINE
from hub.exchanges.ways import Way
from hub.requests.tables import ENROLMENT_LINE
from vault.db import ReadTx, WriteTx

_OVER = (State.SETTLED.value, State.CANCELLED.value)


@dataclass(frozen=True, slots=True)
class Gone:
    """A line that ended or passed to another body, of which its body was not told yet."""

    line_id: UUID
    payer_id: UUID
    service: str
    reference: UUID
    family: UUID


def told_lines(tx: ReadTx, binding: str, lines: Collection[UUID]) -> "dict[UUID, Row[Any]]":
    """Return what a body was told of some lines; ``under_way`` where the exchange about it is not over."""
    under_way = EXCHANGE.c.state.not_in(_OVER).label("under_way")
    among = TOLD_LINE.c.line_id == any_(literal(list(lines), ARRAY(Uuid)))
    rows = tx.execute(
        select(TOLD_LINE, under_way)
        .join(EXCHANGE, EXCHANGE.c.exchange_id == TOLD_LINE.c.exchange_id)
        .where(TOLD_LINE.c.binding == binding, among)
    )
    return {row.line_id: row for row in rows}


def families_renamed(tx: ReadTx, binding: str, families: Collection[UUID]) -> dict[UUID, UUID]:
    """Return what a body says that some families became, by what it called them before."""
    among = TOLD_LINE.c.family == any_(literal(list(families), ARRAY(Uuid)))
    rows = tx.execute(
        select(TOLD_LINE.c.family, TOLD_LINE.c.goes_by)
        .where(TOLD_LINE.c.binding == binding, among, TOLD_LINE.c.goes_by.is_not(None))
        .order_by(TOLD_LINE.c.told_at)
    )
    return {row.family: row.goes_by for row in rows}


def gone_lines(tx: ReadTx, binding: str, day: date) -> list[Gone]:
    """Return the lines that a body was told of and has no more business with, and does not know that yet."""
    ended = or_(ENROLMENT_LINE.c.retracted_at.is_not(None), ENROLMENT_LINE.c.valid_until < day)
    rows = tx.execute(
        select(TOLD_LINE, ENROLMENT_LINE.c.payer_id, ENROLMENT_LINE.c.service)
        .join(ENROLMENT_LINE, ENROLMENT_LINE.c.line_id == TOLD_LINE.c.line_id)
        .where(TOLD_LINE.c.binding == binding, TOLD_LINE.c.gone_at.is_(None), ended)
        .order_by(TOLD_LINE.c.line_id)
    )
    return [Gone(row.line_id, row.payer_id, row.service, row.reference, row.goes_by or row.family) for row in rows]


def keep_told(tx: WriteTx, way: Way, tellings: Sequence[Telling], exchange_id: UUID, *, now: datetime) -> None:
    """Write down of each line what its body is told in an exchange."""
    for one in tellings:
        row = {
            "siret": way.binding.siret,
            "reference": one.reference,
            "family": one.family,
            "exchange_id": exchange_id,
            "revision": one.revision,
            "digest": one.digest,
            "outcome": None,
            "told_at": now,
            "gone_at": None,
        }
        writing = insert(TOLD_LINE).values(
            binding=way.binding.slug, line_id=one.content.line_id, goes_by=one.goes_by, replans=0, **row
        )
        # What was planned again because of the answer counts on; what changed by itself begins anew.
        replans = case((TOLD_LINE.c.digest.is_(None), TOLD_LINE.c.replans), else_=0)
        tx.execute(
            writing.on_conflict_do_update(index_elements=["binding", "line_id"], set_={**row, "replans": replans})
        )


def keep_gone(tx: WriteTx, binding: str, gone: Iterable[Gone], exchange_id: UUID, *, now: datetime) -> None:
    """Write down that a body is told in an exchange that lines are gone."""
    among = TOLD_LINE.c.line_id.in_([one.line_id for one in gone])
    tx.execute(
        update(TOLD_LINE)
        .where(TOLD_LINE.c.binding == binding, among)
        .values(gone_at=now, exchange_id=exchange_id, digest=None)
    )


def next_sequence(tx: ReadTx, binding: str, operation: str, day: date) -> int:
    """Return the number of a day's next message; who calls holds the binding's lock."""
    newest = select(func.max(EXCHANGE.c.natural_key)).where(
        EXCHANGE.c.binding == binding,
        EXCHANGE.c.operation == operation,
        EXCHANGE.c.natural_key.startswith(f"{day.isoformat()}/"),
        EXCHANGE.c.parent_id.is_(None),
    )
    found: str | None = tx.execute(newest).scalar_one()
    return 1 if found is None else int(found.rpartition("/")[2]) + 1


def of_others(tx: WriteTx, exchange_id: UUID, survivor: str, family: UUID | None = None) -> bool:
    """Tell whether a name that lives on is another line's, or another home's: nothing of ours is written over theirs."""
    named = [TOLD_LINE.c.number == survivor]
    with suppress(ValueError):
        reference = UUID(survivor)
        named += [TOLD_LINE.c.reference == reference, TOLD_LINE.c.family == reference]
    binding = select(EXCHANGE.c.binding).where(EXCHANGE.c.exchange_id == exchange_id).scalar_subquery()
    other = TOLD_LINE.c.exchange_id != exchange_id
    if family is not None:
        # One message tells of many homes.
        other = or_(other, func.coalesce(TOLD_LINE.c.goes_by, TOLD_LINE.c.family) != family)
    others = (TOLD_LINE.c.binding == binding, other, or_(*named))
    return bool(tx.execute(select(exists().where(*others))).scalar_one())


def told_in(tx: WriteTx, binding: str, exchange_id: UUID) -> "list[Row[Any]]":
    """Return the lines that a body was told last in an exchange, held until the transaction ends."""
    these = (TOLD_LINE.c.binding == binding, TOLD_LINE.c.exchange_id == exchange_id)
    return list(tx.execute(select(TOLD_LINE).where(*these).with_for_update()).all())


def pass_on(tx: WriteTx, row: "Row[Any]", exchange_id: UUID, goes_by: UUID | None, *, now: datetime) -> None:
    """Write down that a line is told in another exchange, which repeats the one before, under the name it goes by."""
    this = (TOLD_LINE.c.binding == row.binding, TOLD_LINE.c.line_id == row.line_id)
    values = {"exchange_id": exchange_id, "outcome": None, "told_at": now, "goes_by": goes_by or row.goes_by}
    tx.execute(update(TOLD_LINE).where(*this).values(**values))


def answered(tx: WriteTx, exchange_id: UUID, said: Mapping[str, Any], family: UUID | None = None) -> None:
    """Write down what a body answered about the lines of an exchange, or about those of one family of it."""
    about = [TOLD_LINE.c.exchange_id == exchange_id]
    if family is not None:
        about.append(func.coalesce(TOLD_LINE.c.goes_by, TOLD_LINE.c.family) == family)
    tx.execute(update(TOLD_LINE).where(*about).values(**said))
