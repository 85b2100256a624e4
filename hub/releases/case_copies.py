"""What was handed to a service is that service's case copy: whose, for what, until when, and with whose visa it ended."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.engine import Row

from contracts.calendar import months_before, paris_day
from contracts.grounds import INFORMING_MONTHS, Purpose
from contracts.identifiers import EvidenceId, ReleaseId, Siret, new_uuid
from hub.errors import InvalidValue, NothingHere
from hub.releases.tables import CASE_COPY
from hub.requirements.catalogue import Catalogue
from hub.requirements.entries import Status
from hub.school_files.tables import EVIDENCE
from vault.db import ReadTx, WriteTx

WHY_FR = "Ce service doit garder la copie dans le dossier de votre demande."
WHY_EN = "This service must keep the copy in the case of your request."


@dataclass(frozen=True, slots=True)
class CaseCopy:
    """What a service received of a paper, and how long it stays in the service's own case.

    ``schedule_status`` says whether a text confirms ``keep_until``; ``ended_at`` is set once it was destroyed there.
    """

    case_copy_id: UUID
    recipient: str
    recipient_name: str
    purpose: str
    handed_at: datetime
    keep_until: date
    schedule: str
    schedule_status: str
    ended_at: datetime | None
    why_fr: str = WHY_FR
    why_en: str = WHY_EN


def keep_case_copy(
    tx: WriteTx,
    catalogue: Catalogue,
    release_id: ReleaseId,
    *,
    evidence_id: EvidenceId,
    recipient: Siret,
    purpose: Purpose,
    now: datetime,
    at_most: int | None = None,
) -> None:
    """Write down that a service has a copy of its own from now on, until the end of the service's schedule.

    ``at_most`` is how many months the family allowed; the shorter time counts.
    """
    months, source, status = _schedule(catalogue, purpose)
    if at_most is not None and at_most < months:
        months, source = at_most, "as long as the person allowed"
    row = {
        "case_copy_id": new_uuid(),
        "release_id": release_id,
        "evidence_id": evidence_id,
        "recipient": recipient,
        "purpose": purpose.value,
        "handed_at": now,
        "keep_until": paris_day(months_before(now, -months)),
        "schedule": f"{months} months: {source}",
        "schedule_status": status,
    }
    tx.insert(CASE_COPY, row)


def case_copies(tx: ReadTx, catalogue: Catalogue, document_id: UUID) -> list[CaseCopy]:
    """Return what services received of this document, oldest first; the person's own readings are none."""
    rows = tx.execute(
        select(CASE_COPY)
        .join(EVIDENCE, EVIDENCE.c.evidence_id == CASE_COPY.c.evidence_id)
        .where(EVIDENCE.c.document_id == document_id)
        .order_by(CASE_COPY.c.handed_at, CASE_COPY.c.case_copy_id)
    )
    return [_copy(catalogue, row) for row in rows]


def due_case_copies(tx: ReadTx, catalogue: Catalogue, *, now: datetime) -> list[CaseCopy]:
    """Return the copies whose schedule is over and whose destruction has no visa yet."""
    over = (CASE_COPY.c.ended_at.is_(None), CASE_COPY.c.keep_until < paris_day(now))
    rows = tx.execute(select(CASE_COPY).where(*over).order_by(CASE_COPY.c.keep_until, CASE_COPY.c.case_copy_id))
    return [_copy(catalogue, row) for row in rows]


def end_case_copy(tx: WriteTx, case_copy_id: UUID, *, visa: str, now: datetime) -> None:
    """Write down that a service destroyed its copy, under the visa of the archives (code du patrimoine L.212-2).

    Raises :class:`NothingHere` for no such copy or one that has ended, :class:`InvalidValue` without a visa or before
    the schedule is over.
    """
    row = tx.execute(select(CASE_COPY).where(CASE_COPY.c.case_copy_id == case_copy_id).with_for_update()).one_or_none()
    if row is None or row.ended_at is not None:
        raise NothingHere
    if not visa.strip():
        raise InvalidValue("visa: required")
    if paris_day(now) < row.keep_until:
        raise InvalidValue(f"case copy: kept until {row.keep_until}")
    values = {"visa": visa.strip(), "ended_at": now}
    tx.execute(update(CASE_COPY).where(CASE_COPY.c.case_copy_id == case_copy_id).values(**values))


def _schedule(catalogue: Catalogue, purpose: Purpose) -> tuple[int, str, Status]:
    """Return for how many months a copy is kept, what says so, and how well that is founded."""
    if purpose is Purpose.RIGHTS_INFORMATION:
        return INFORMING_MONTHS, "CRPA R.114-9-7", Status.CONFIRMED
    service = next(service for service in catalogue.services.values() if service.purpose is purpose)
    return service.case_copy_months, service.case_copy_source, service.case_copy_status


def _copy(catalogue: Catalogue, row: "Row[Any]") -> CaseCopy:
    names = (
        "case_copy_id",
        "recipient",
        "purpose",
        "handed_at",
        "keep_until",
        "schedule",
        "schedule_status",
        "ended_at",
    )
    body = catalogue.bodies.get(Siret(row.recipient))
    return CaseCopy(
        **{name: getattr(row, name) for name in names}, recipient_name=body.name if body is not None else "Un organisme"
    )
