"""What the pipelines ask the worker to do, and what it came to; they hold neither its keys nor its rights."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from contracts.identifiers import new_uuid
from hub.watching.tables import CHORE
from vault.db import ReadTx, WriteTx
from vault.jobs import Job, defer


class ChoreKind(StrEnum):
    """What can be asked; each is harmless to repeat."""

    RETENTION = "retention"
    RECONCILIATION = "reconciliation"
    REEVALUATION = "reevaluation"
    REDELIVERY = "redelivery"


@dataclass(frozen=True, slots=True)
class Chore:
    """One chore as it stands: ``asked``, ``done`` or ``failed``; figures are counts, or the kind of error."""

    chore_id: UUID
    kind: ChoreKind
    about: str
    state: str
    figures: Mapping[str, int | str]


def ask_chore(tx: WriteTx, kind: ChoreKind, about: str = "", *, now: datetime) -> UUID:
    """Ask for a chore, or for the one that is asked for already; it is carried out by the worker."""
    chore_id = new_uuid()
    asked = insert(CHORE).values(
        chore_id=chore_id, kind=kind.value, about=about, state="asked", figures={}, asked_at=now
    )
    if tx.execute(asked.on_conflict_do_nothing().returning(CHORE.c.chore_id)).scalar_one_or_none() is not None:
        defer(tx, Job.DO_CHORE, chore_id=chore_id)
        return chore_id
    waiting = select(CHORE.c.chore_id).where(
        CHORE.c.kind == kind.value, CHORE.c.about == about, CHORE.c.state == "asked"
    )
    found: UUID | None = tx.execute(waiting).scalar_one_or_none()
    # Between the two it may have come to its end: then it is asked for anew.
    return ask_chore(tx, kind, about, now=now) if found is None else found


def chore(tx: ReadTx, chore_id: UUID) -> Chore:
    """Return one chore."""
    row = tx.execute(select(CHORE).where(CHORE.c.chore_id == chore_id)).one()
    return Chore(row.chore_id, ChoreKind(row.kind), row.about, row.state, row.figures)


def end_chore(tx: WriteTx, chore_id: UUID, figures: Mapping[str, int | str], *, done: bool, now: datetime) -> None:
    """Write down what a chore came to; of one that has ended nothing is changed."""
    values = {"state": "done" if done else "failed", "figures": dict(figures), "done_at": now}
    tx.execute(update(CHORE).where(CHORE.c.chore_id == chore_id, CHORE.c.state == "asked").values(**values))
