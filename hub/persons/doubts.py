"""What the rules could not decide is given to an agent of the body concerned, once, and not again once decided."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert

from contracts.identifiers import new_uuid
from hub.persons.tables import REVIEW
from vault.db import ReadTx, WriteTx


@dataclass(frozen=True, slots=True)
class FitDoubt:
    """A paper of which the rules cannot say whether it is good for one requirement of one line."""

    adult_id: UUID
    child_id: UUID
    document_id: UUID
    line_id: UUID
    requirement: str
    service: str
    body: str
    reason: str
    opinions_needed: int = 1
    """Two where the catalogue wants four eyes."""


def ask_about_fit(tx: WriteTx, doubt: FitDoubt, *, now: datetime) -> None:
    """Give an agent of the line's body this to decide; harmless to repeat, also after the decision."""
    if _seen(tx, doubt):
        return
    row = {
        "review_id": new_uuid(),
        "kind": "fit",
        "adult_id": doubt.adult_id,
        "child_id": doubt.child_id,
        "document_id": doubt.document_id,
        "line_id": doubt.line_id,
        "requirement": doubt.requirement,
        "service": doubt.service,
        "body": doubt.body,
        "reason": doubt.reason,
        "opinions_needed": doubt.opinions_needed,
        "created_at": now,
    }
    tx.execute(upsert(REVIEW).values(**row).on_conflict_do_nothing())


def _seen(tx: ReadTx, doubt: FitDoubt) -> bool:
    """Tell whether an agent has decided, or is to decide, about this paper for this requirement of this line."""
    statement = select(REVIEW.c.review_id).where(
        REVIEW.c.kind == "fit",
        REVIEW.c.document_id == doubt.document_id,
        REVIEW.c.line_id == doubt.line_id,
        REVIEW.c.requirement == doubt.requirement,
    )
    return tx.execute(statement.limit(1)).one_or_none() is not None
