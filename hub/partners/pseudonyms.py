"""One pseudonym per partner: no identifier is common to what two of them receive."""

from collections.abc import Sequence
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import ARRAY, Uuid, any_, literal, select
from sqlalchemy.dialects.postgresql import insert

from contracts.identifiers import PartnerPseudonym, Siret
from hub.partners.tables import PSEUDONYM
from vault.db import ReadTx, WriteTx


class Named(StrEnum):
    """What a pseudonym can stand for."""

    FILE = "file"
    EVIDENCE = "evidence"
    CHILD = "child"
    PAYER = "payer"


def pseudonym(tx: WriteTx, siret: Siret, kind: Named, subject_id: UUID) -> PartnerPseudonym:
    """Return what ``siret`` calls this subject, coined now where it is the first time.

    Version 4, because a version 7 would give two partners the same time of making.
    """
    where = (PSEUDONYM.c.siret == siret, PSEUDONYM.c.kind == kind, PSEUDONYM.c.subject_id == subject_id)
    found = tx.execute(select(PSEUDONYM.c.value).where(*where)).scalar_one_or_none()
    if found is None:
        row = {"siret": siret, "kind": kind, "subject_id": subject_id, "value": uuid4()}
        tx.execute(insert(PSEUDONYM).values(**row).on_conflict_do_nothing())
        found = tx.execute(select(PSEUDONYM.c.value).where(*where)).scalar_one()
    return PartnerPseudonym(found)


def pseudonyms(tx: WriteTx, siret: Siret, kind: Named, subjects: Sequence[UUID]) -> dict[UUID, PartnerPseudonym]:
    """Return what ``siret`` calls each of these subjects, coined as :func:`pseudonym` does."""
    found = _known(tx, siret, kind, subjects)
    if missing := [one for one in subjects if one not in found]:
        rows = [{"siret": siret, "kind": kind, "subject_id": one, "value": uuid4()} for one in missing]
        tx.execute(insert(PSEUDONYM).on_conflict_do_nothing(), rows)
        found |= _known(tx, siret, kind, missing)
    return found


def _known(tx: ReadTx, siret: Siret, kind: Named, subjects: Sequence[UUID]) -> dict[UUID, PartnerPseudonym]:
    among = PSEUDONYM.c.subject_id == any_(literal(list(subjects), ARRAY(Uuid)))
    where = (PSEUDONYM.c.siret == siret, PSEUDONYM.c.kind == kind, among)
    rows = tx.execute(select(PSEUDONYM.c.subject_id, PSEUDONYM.c.value).where(*where))
    return {row.subject_id: PartnerPseudonym(row.value) for row in rows}


def resolve(tx: ReadTx, siret: Siret, kind: Named, value: UUID) -> UUID | None:
    """Return whom ``siret`` means by ``value``; another partner's pseudonym means nobody."""
    statement = select(PSEUDONYM.c.subject_id).where(
        PSEUDONYM.c.siret == siret, PSEUDONYM.c.kind == kind, PSEUDONYM.c.value == value
    )
    found: UUID | None = tx.execute(statement).scalar_one_or_none()
    return found
