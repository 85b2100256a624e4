"""Lines of school files as a Caisse's file has them: who, what for, and what the papers show."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Select, Uuid, any_, literal, select

from connectors.caisse_fichiers.pupils import PupilLine
from contracts.identifiers import Siret
from hub.partners.pseudonyms import Named, pseudonyms
from hub.persons.tables import CIVIL_STATUS
from hub.releases.tables import RELEASE
from hub.requests.tables import ENROLMENT_LINE, SCHOOL_FILE
from hub.school_files.loading import DECISION
from hub.school_files.tables import EVIDENCE, FIT, SATISFACTION
from vault.db import ReadTx, WriteTx


def pupils_of_lines(tx: ReadTx, lines: Collection[UUID]) -> dict[UUID, PupilLine]:
    """Return what would be written of each line; its reference is still our own and never leaves."""
    among = SATISFACTION.c.line_id == any_(literal(list(lines), ARRAY(Uuid)))
    rows = tx.execute(brought().where(among, SATISFACTION.c.until.is_(None))).all()
    return {row.line_id: _pupil(row) for row in _one_per_line(rows)}


def pupils_of_exchange(tx: WriteTx, exchange_id: UUID, siret: Siret) -> list[PupilLine]:
    """Return what was released for an exchange, each under the name that the body knows it by."""
    released = brought().join(
        RELEASE,
        (RELEASE.c.evidence_id == SATISFACTION.c.evidence_id) & (RELEASE.c.line_id == SATISFACTION.c.line_id),
    )
    rows = _one_per_line(tx.execute(released.where(RELEASE.c.exchange_id == exchange_id)).all())
    names = pseudonyms(tx, siret, Named.FILE, [row.line_id for row in rows])
    return [replace(_pupil(row), reference=names[row.line_id]) for row in rows]


def brought() -> Select[Any]:
    """Return the query for what papers show of lines; what was decided is nobody's proposal, and its body has it."""
    return shown().where(EVIDENCE.c.kind != DECISION)


def shown() -> Select[Any]:
    """Return the query for what everything a line rests on shows of it: one row for each requirement."""
    return (
        select(
            SATISFACTION.c.line_id,
            SATISFACTION.c.evidence_id,
            SCHOOL_FILE.c.child_id,
            ENROLMENT_LINE.c.payer_id,
            ENROLMENT_LINE.c.service,
            SCHOOL_FILE.c.school_year,
            CIVIL_STATUS.c.family_name,
            CIVIL_STATUS.c.given_names,
            CIVIL_STATUS.c.born_on,
            EVIDENCE.c.grade.label("evidence_grade"),
            EVIDENCE.c.issued_on,
            EVIDENCE.c.kind,
            FIT.c.tariff_band,
            FIT.c.decided_on,
        )
        .join(ENROLMENT_LINE, ENROLMENT_LINE.c.line_id == SATISFACTION.c.line_id)
        .join(SCHOOL_FILE, SCHOOL_FILE.c.file_id == ENROLMENT_LINE.c.file_id)
        .join(CIVIL_STATUS, CIVIL_STATUS.c.person_id == SCHOOL_FILE.c.child_id)
        .join(EVIDENCE, EVIDENCE.c.evidence_id == SATISFACTION.c.evidence_id)
        .join(FIT, FIT.c.fit_id == SATISFACTION.c.fit_id)
        .where(CIVIL_STATUS.c.retracted_at.is_(None))
        .order_by(SATISFACTION.c.line_id, SATISFACTION.c.evidence_id)
    )


def _one_per_line(rows: Sequence[Any]) -> list[Any]:
    # A line with several requirements is one row of the file; its band, where there is one, comes from the income.
    best: dict[UUID, Any] = {}
    for row in rows:
        if row.line_id not in best or row.tariff_band is not None:
            best[row.line_id] = row
    return list(best.values())


def _pupil(row: Any) -> PupilLine:
    return PupilLine(
        reference=row.line_id,
        family_name=row.family_name,
        first_name=row.given_names[0],
        birth_date=date.fromisoformat(row.born_on),
        school_year=row.school_year,
        service=row.service,
        requirement_status="satisfied",
        proposed_band=None if row.tariff_band is None else int(row.tariff_band),
        grade=row.evidence_grade,
        evidence_date=row.issued_on,
    )
