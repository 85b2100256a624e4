"""Where a person lives, as a paper shows it: what they declared is raised by it, never replaced.

Only the arrondissement is compared, because nothing else is kept. Of a confidential address nothing is kept at all: no
paper raises it, and nobody is asked about it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Row

from contracts.calendar import paris_day
from contracts.documents import GRADE_ORDER, Grade
from contracts.identifiers import new_uuid
from hub.errors import InvalidValue
from hub.persons.residences import DECLARED, home_row, sector_of
from hub.persons.tables import RESIDENCE, RESIDENCE_QUESTION
from vault.db import WriteTx
from vault.journal.entries import append
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry

PROOF_OF_ADDRESS = "proof_of_address"
_WORKER = Actor(ActorKind.PROCESS, "worker")


@dataclass(frozen=True, slots=True)
class ShownHome:
    """A home as a proof of address shows it that was judged good for its holder."""

    document_id: UUID
    postcode: str
    issued_on: date | None
    grade: Grade


def consider_home(tx: WriteTx, person_id: UUID, shown: ShownHome, *, now: datetime) -> None:
    """Raise a declared residence that the paper shows to the paper's source and grade; harmless to repeat.

    Where the paper shows another arrondissement, its holder is asked once whether they moved. A paper older than the
    declared residence tells of the home before and does nothing, as does one of no readable postcode.
    """
    home = home_row(tx, person_id, paris_day(now))
    if home is None or home.confidential or shown.issued_on is None or shown.issued_on < home.valid_from:
        return
    try:
        sector = sector_of(shown.postcode)
    except InvalidValue:
        return
    if sector != home.sector:
        _ask(tx, person_id, shown.document_id, sector, now=now)
    elif sector is not None and GRADE_ORDER.index(shown.grade) > GRADE_ORDER.index(home.grade):
        _rewrite(tx, home, PROOF_OF_ADDRESS, shown.grade, shown.document_id, now=now)
        _tell(tx, person_id, "residence_shown", shown.document_id)


def lower_home(tx: WriteTx, document_id: UUID, *, now: datetime) -> None:
    """Let a residence that rested on a paper rest on its holder's word again, and ask nothing more about the paper."""
    homes = select(RESIDENCE).where(RESIDENCE.c.source_document == document_id, RESIDENCE.c.retracted_at.is_(None))
    for home in tx.execute(homes).all():
        _rewrite(tx, home, DECLARED, Grade.SELF_DECLARED, None, now=now)
    tx.execute(
        update(RESIDENCE_QUESTION)
        .where(RESIDENCE_QUESTION.c.document_id == document_id, RESIDENCE_QUESTION.c.answered_at.is_(None))
        .values(answered_at=now, sector=None)
    )


def _rewrite(
    tx: WriteTx, home: "Row[Any]", source: str, grade: Grade, document_id: UUID | None, *, now: datetime
) -> None:
    """Write the same residence down with another source; the row before stays, retracted."""
    tx.execute(update(RESIDENCE).where(RESIDENCE.c.residence_id == home.residence_id).values(retracted_at=now))
    row = {
        "residence_id": new_uuid(),
        "person_id": home.person_id,
        "sector": home.sector,
        "confidential": home.confidential,
        "source": source,
        "source_document": document_id,
        "grade": grade,
        "valid_from": home.valid_from,
        "valid_until": home.valid_until,
        "recorded_at": now,
    }
    tx.execute(insert(RESIDENCE).values(**row))


def _ask(tx: WriteTx, person_id: UUID, document_id: UUID, sector: str | None, *, now: datetime) -> None:
    asked = tx.execute(
        upsert(RESIDENCE_QUESTION)
        .values(document_id=document_id, person_id=person_id, sector=sector, asked_at=now)
        .on_conflict_do_nothing()
        .returning(RESIDENCE_QUESTION.c.document_id)
    ).one_or_none()
    if asked is not None:
        _tell(tx, person_id, "residence_differs", document_id)


def _tell(tx: WriteTx, person_id: UUID, step: str, document_id: UUID) -> None:
    append(
        tx,
        JournalEntry(JournalAct.REQUEST, _WORKER, document=document_id, subjects=(person_id,), detail={"step": step}),
    )
