"""One step of an authorisation: the state, the journal, and word to the body, in one transaction."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.engine import Row

from contracts.authorisations import AUTHORISATION_TRANSITIONS, AuthorisationState, Frequency
from contracts.documents import EvidenceType
from contracts.events import AuthorisationChanged
from contracts.identifiers import PersonId, Siret
from hub.errors import NothingHere, StepRefused
from hub.notifications.fanout import Signal, notify
from hub.requests.granting import Terms, keep_step
from hub.requests.tables import ENROLMENT_LINE, REQUEST, REUSE_GRANT, SCHOOL_FILE
from vault.db import ReadTx, WriteTx
from vault.journal.records import Actor
from vault.outbox import publish

AUTHORISATION = "authorisation"
"""What a body is told of in place of a requirement: it may ask how the authorisation stands."""
OPEN = (AuthorisationState.REQUESTED, AuthorisationState.ACTIVE, AuthorisationState.PAUSED)
"""What can still change."""


@dataclass(frozen=True, slots=True)
class Line:
    """The line of a school file that an authorisation's request is about."""

    line_id: UUID
    service: str
    body: Siret
    school_year: str
    valid_until: date
    request_id: UUID
    payer_id: PersonId


def line_of_request(tx: ReadTx, request_id: UUID) -> Line | None:
    """Return the line of a request that is pending, or nothing."""
    return _line(tx, REQUEST.c.request_id == request_id, REQUEST.c.state == "pending")


def line_numbered(tx: ReadTx, line_id: UUID | None) -> Line | None:
    """Return a line with its pending request, or nothing."""
    return _line(tx, ENROLMENT_LINE.c.line_id == line_id, REQUEST.c.state == "pending")


def own_grant(tx: WriteTx, person: PersonId, grant_id: UUID) -> "Row[Any]":
    """Return a person's own authorisation, which nobody else changes before ``tx`` ends; raises :class:`NothingHere`."""
    row = tx.execute(
        select(REUSE_GRANT)
        .where(REUSE_GRANT.c.grant_id == grant_id, REUSE_GRANT.c.person_id == person)
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise NothingHere
    return row


def step(
    tx: WriteTx, row: "Row[Any]", to: AuthorisationState, actor: Actor, *, now: datetime, notice_id: UUID | None = None
) -> bool:
    """Take one step of a locked row and tell the body; tell whether it is new: what is so already stays so.

    Raises :class:`StepRefused` where the table of steps has no such step, as the database itself would.
    """
    at = AuthorisationState(row.state)
    if at is to:
        return False
    if to not in AUTHORISATION_TRANSITIONS[at]:
        raise StepRefused(f"{at.value} to {to.value}")
    values: dict[str, Any] = {"state": to.value}
    if to is AuthorisationState.WITHDRAWN:
        values["withdrawn_at"] = now
    if at is AuthorisationState.REQUESTED and to is AuthorisationState.ACTIVE:
        values |= {"granted_at": now, "notice_id": notice_id}
    tx.execute(update(REUSE_GRANT).where(REUSE_GRANT.c.grant_id == row.grant_id).values(**values))
    told = {"notice": notice_id, "from": at.value}
    keep_step(tx, row.grant_id, terms_of(row), to, actor, told=told, now=now)
    tell_body(tx, row.grant_id, _line(tx, REQUEST.c.request_id == row.request_id), to, now=now)
    return True


def tell_body(tx: WriteTx, grant_id: UUID, line: Line | None, state: AuthorisationState, *, now: datetime) -> None:
    """Leave a thin notification to the body of a line: that an authorisation changed, and not how."""
    event = AuthorisationChanged(grant_id, state.value)
    event_id = publish(tx, event, now=now)
    if line is None:
        return
    signal = Signal(
        event_id=event_id,
        event_type=event.type,
        subject_id=line.line_id,
        service=line.service,
        requirement=AUTHORISATION,
        school_year=line.school_year,
    )
    notify(tx, line.body, signal, now=now)


def terms_of(row: "Row[Any]") -> Terms:
    """Return what a stored authorisation allows."""
    return Terms(
        person_id=PersonId(row.person_id),
        request_id=row.request_id,
        recipient=Siret(row.recipient),
        purpose=row.purpose,
        evidence_types=tuple(EvidenceType(kind) for kind in row.evidence_types),
        frequency=Frequency(row.frequency),
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        data_life_months=row.data_life_months,
        requirement=row.requirement,
    )


def _line(tx: ReadTx, *conditions: Any) -> Line | None:
    row = tx.execute(
        select(
            ENROLMENT_LINE.c.line_id,
            ENROLMENT_LINE.c.service,
            ENROLMENT_LINE.c.body,
            SCHOOL_FILE.c.school_year,
            ENROLMENT_LINE.c.valid_until,
            REQUEST.c.request_id,
            ENROLMENT_LINE.c.payer_id,
        )
        .join(REQUEST, REQUEST.c.line_id == ENROLMENT_LINE.c.line_id)
        .join(SCHOOL_FILE, SCHOOL_FILE.c.file_id == ENROLMENT_LINE.c.file_id)
        .where(ENROLMENT_LINE.c.retracted_at.is_(None), *conditions)
    ).one_or_none()
    if row is None:
        return None
    return Line(
        line_id=row.line_id,
        service=row.service,
        body=Siret(row.body),
        school_year=row.school_year,
        valid_until=row.valid_until,
        request_id=row.request_id,
        payer_id=PersonId(row.payer_id),
    )
