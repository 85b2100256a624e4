"""What a person reads of their authorisations: who may see what, why, until when; and the record that proves each step."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, select

from contracts.authorisations import AuthorisationState, Frequency
from contracts.documents import EvidenceType
from contracts.identifiers import PersonId, Siret
from hub.authorisations.stepping import OPEN
from hub.errors import NothingHere
from hub.persons.tables import CIVIL_STATUS
from hub.requests.notices import notice_of_authorisation
from hub.requests.tables import (
    AUTHORISATION_STEP,
    ENROLMENT_LINE,
    NOTICE_GIVEN,
    NOTICE_TEXT,
    REQUEST,
    REUSE_GRANT,
    SCHOOL_FILE,
)
from hub.requirements.catalogue import Catalogue
from vault.db import ReadTx
from vault.journal.errors import EntryNotSequenced
from vault.journal.proofs import proof_for


@dataclass(frozen=True, slots=True)
class AuthorisationView:
    """One authorisation, in codes and in words."""

    authorisation: UUID
    request: UUID
    state: AuthorisationState
    recipient: str
    recipient_name: str
    service: str
    service_name: str
    child: str
    requirement: str | None
    requirement_name: str | None
    evidence_types: tuple[str, ...]
    evidence_names: tuple[str, ...]
    frequency: Frequency
    valid_from: date
    valid_until: date
    data_life_months: int
    requested_at: datetime | None
    granted_at: datetime | None
    withdrawn_at: datetime | None
    used_at: datetime | None
    notice: str | None
    """The text that was read before it was given."""


@dataclass(frozen=True, slots=True)
class RecordedStep:
    """One step, and the proof of its journal entry; nothing for the second until the journal has signed it."""

    state: AuthorisationState
    at: datetime
    entry: UUID
    proof: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class MayAllow:
    """A pending request of one's own whose body may reuse nothing now, with the notice to read before allowing it."""

    request: UUID
    recipient_name: str
    service_name: str
    child: str
    notice: str


def authorisations_of(tx: ReadTx, catalogue: Catalogue, person: PersonId) -> list[AuthorisationView]:
    """Return a person's authorisations, newest first."""
    rows = tx.execute(_VIEW.where(REUSE_GRANT.c.person_id == person).order_by(REUSE_GRANT.c.grant_id.desc()))
    return [_view(catalogue, row) for row in rows]


def authorisation_numbered(tx: ReadTx, catalogue: Catalogue, person: PersonId, grant_id: UUID) -> AuthorisationView:
    """Return one authorisation of a person's own; raises :class:`NothingHere` for any other."""
    own = (REUSE_GRANT.c.person_id == person, REUSE_GRANT.c.grant_id == grant_id)
    row = tx.execute(_VIEW.where(*own)).one_or_none()
    if row is None:
        raise NothingHere
    return _view(catalogue, row)


def may_allow(tx: ReadTx, catalogue: Catalogue, person: PersonId) -> list[MayAllow]:
    """Return the pending requests of a person for which nothing is allowed, asked or paused."""
    stands = exists().where(
        REUSE_GRANT.c.request_id == REQUEST.c.request_id, REUSE_GRANT.c.state.in_([one.value for one in OPEN])
    )
    rows = tx.execute(
        select(REQUEST.c.request_id, ENROLMENT_LINE.c.service, ENROLMENT_LINE.c.body, CIVIL_STATUS.c.given_names)
        .join(ENROLMENT_LINE, ENROLMENT_LINE.c.line_id == REQUEST.c.line_id)
        .join(SCHOOL_FILE, SCHOOL_FILE.c.file_id == ENROLMENT_LINE.c.file_id)
        .join(CIVIL_STATUS, CIVIL_STATUS.c.person_id == SCHOOL_FILE.c.child_id)
        .where(
            ENROLMENT_LINE.c.payer_id == person,
            ENROLMENT_LINE.c.retracted_at.is_(None),
            REQUEST.c.state == "pending",
            CIVIL_STATUS.c.retracted_at.is_(None),
            ~stands,
        )
        .order_by(REQUEST.c.received_at, REQUEST.c.request_id)
    )
    return [
        MayAllow(
            request=row.request_id,
            recipient_name=catalogue.bodies[Siret(row.body)].name,
            service_name=catalogue.services[row.service].name_fr,
            child=row.given_names[0],
            notice=notice_of_authorisation(catalogue, row.service, Siret(row.body)).body,
        )
        for row in rows
    ]


def asked_count(tx: ReadTx, person: PersonId) -> int:
    """Return how many authorisations bodies ask of a person and that wait for an answer."""
    waiting = (REUSE_GRANT.c.person_id == person, REUSE_GRANT.c.state == AuthorisationState.REQUESTED.value)
    found: int = tx.execute(select(func.count()).select_from(REUSE_GRANT).where(*waiting)).scalar_one()
    return found


def record_of(tx: ReadTx, person: PersonId, grant_id: UUID) -> list[RecordedStep]:
    """Return every step of one's own authorisation with its proof, oldest first: checked offline with the public key.

    Raises :class:`NothingHere` for anybody else's.
    """
    rows = tx.execute(
        select(AUTHORISATION_STEP)
        .join(REUSE_GRANT, REUSE_GRANT.c.grant_id == AUTHORISATION_STEP.c.grant_id)
        .where(REUSE_GRANT.c.grant_id == grant_id, REUSE_GRANT.c.person_id == person)
        .order_by(AUTHORISATION_STEP.c.stepped_at, AUTHORISATION_STEP.c.entry_id)
    ).all()
    if not rows:
        raise NothingHere
    return [
        RecordedStep(AuthorisationState(row.state), row.stepped_at, row.entry_id, _proof(tx, row.entry_id))
        for row in rows
    ]


def _proof(tx: ReadTx, entry_id: UUID) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(proof_for(tx, entry_id))
    except EntryNotSequenced:
        return None
    return found


_VIEW = (
    select(
        REUSE_GRANT,
        ENROLMENT_LINE.c.service,
        CIVIL_STATUS.c.given_names,
        NOTICE_TEXT.c.body.label("notice_body"),
    )
    .join(REQUEST, REQUEST.c.request_id == REUSE_GRANT.c.request_id)
    .join(ENROLMENT_LINE, ENROLMENT_LINE.c.line_id == REQUEST.c.line_id)
    .join(SCHOOL_FILE, SCHOOL_FILE.c.file_id == ENROLMENT_LINE.c.file_id)
    .outerjoin(
        CIVIL_STATUS, (CIVIL_STATUS.c.person_id == SCHOOL_FILE.c.child_id) & CIVIL_STATUS.c.retracted_at.is_(None)
    )
    .outerjoin(NOTICE_GIVEN, NOTICE_GIVEN.c.notice_id == REUSE_GRANT.c.notice_id)
    .outerjoin(NOTICE_TEXT, NOTICE_TEXT.c.notice_text_id == NOTICE_GIVEN.c.notice_text_id)
)


def _view(catalogue: Catalogue, row: Any) -> AuthorisationView:
    service = catalogue.services[row.service]
    body = catalogue.bodies.get(Siret(row.recipient))
    wanted = None if row.requirement is None else service.requirement(row.requirement)
    return AuthorisationView(
        authorisation=row.grant_id,
        request=row.request_id,
        state=AuthorisationState(row.state),
        recipient=row.recipient,
        recipient_name="Un organisme" if body is None else body.name,
        service=row.service,
        service_name=service.name_fr,
        child=row.given_names[0] if row.given_names else "",
        requirement=row.requirement,
        requirement_name=None if wanted is None else wanted.name_fr,
        evidence_types=tuple(row.evidence_types),
        evidence_names=tuple(sorted(catalogue.evidence[EvidenceType(kind)].name_fr for kind in row.evidence_types)),
        frequency=Frequency(row.frequency),
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        data_life_months=row.data_life_months,
        requested_at=row.requested_at,
        granted_at=row.granted_at,
        withdrawn_at=row.withdrawn_at,
        used_at=row.used_at,
        notice=row.notice_body,
    )
