"""An authorisation written down: who may reuse which papers, what for, from when until when, and how long it keeps them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from contracts.authorisations import AuthorisationState, Frequency
from contracts.calendar import paris_day
from contracts.documents import DECISIONS, EvidenceType
from contracts.identifiers import PersonId, Siret, new_uuid
from hub.requests.tables import AUTHORISATION_STEP, REUSE_GRANT
from hub.requirements.catalogue import Catalogue, Service
from vault.db import WriteTx
from vault.journal.entries import append
from vault.journal.records import Actor, JournalAct, JournalEntry


@dataclass(frozen=True, slots=True)
class Terms:
    """What an authorisation allows; it never changes: another one is given instead."""

    person_id: PersonId
    request_id: UUID
    recipient: Siret
    purpose: str
    evidence_types: tuple[EvidenceType, ...]
    frequency: Frequency
    valid_from: date
    valid_until: date
    data_life_months: int
    requirement: str | None = None
    """The one thing it is for; nothing: all that the request needs."""


def what_it_needs(catalogue: Catalogue, service: Service, requirement: str | None = None) -> tuple[EvidenceType, ...]:
    """Return the kinds of paper a service, or one requirement of it, takes; health data are never among them.

    What is under medical secrecy has to be named by the person, kind by kind (RGPD 9-2 a, CRPA L.114-9 2°). What a body
    decided is no paper of the person's: administrations exchange it for the request (CRPA L.114-8 I).
    """
    known = {} if requirement is None else {one.id: one for one in (*service.requirements, *service.conditional)}
    wanted = (*service.requirements, *service.conditional) if requirement is None else (known[requirement],)
    kinds = {kind for one in wanted for kind in one.takes - DECISIONS}
    return tuple(sorted(kind for kind in kinds if not catalogue.evidence[kind].medical_secret))


def write_grant(
    tx: WriteTx,
    terms: Terms,
    actor: Actor,
    *,
    notice_id: UUID | None,
    now: datetime,
    asked_for: str | None = None,
) -> UUID:
    """Write an authorisation down: given by the person after ``notice_id``, or asked for by a body without one."""
    grant_id = new_uuid()
    state = AuthorisationState.REQUESTED if notice_id is None else AuthorisationState.ACTIVE
    tx.execute(
        insert(REUSE_GRANT).values(
            grant_id=grant_id,
            person_id=terms.person_id,
            request_id=terms.request_id,
            recipient=terms.recipient,
            purpose=terms.purpose,
            evidence_types=[kind.value for kind in terms.evidence_types],
            frequency=terms.frequency.value,
            valid_from=terms.valid_from,
            valid_until=terms.valid_until,
            data_life_months=terms.data_life_months,
            requirement=terms.requirement,
            state=state.value,
            notice_id=notice_id,
            granted_at=None if notice_id is None else now,
            requested_at=now if notice_id is None else None,
            requested_for=asked_for,
        )
    )
    keep_step(tx, grant_id, terms, state, actor, told={"notice": notice_id, "on_behalf_of": asked_for}, now=now)
    return grant_id


def keep_step(
    tx: WriteTx,
    grant_id: UUID,
    terms: Terms,
    state: AuthorisationState,
    actor: Actor,
    *,
    now: datetime,
    told: Mapping[str, Any] | None = None,
) -> UUID:
    """Write one step of an authorisation into the journal, whole, so that the entry's proof says all by itself."""
    detail: dict[str, Any] = {
        "authorisation": grant_id,
        "state": state.value,
        "request": terms.request_id,
        "evidence_types": [kind.value for kind in terms.evidence_types],
        "frequency": terms.frequency.value,
        "valid_from": terms.valid_from.isoformat(),
        "valid_until": terms.valid_until.isoformat(),
        "data_life_months": terms.data_life_months,
        "requirement": terms.requirement,
    }
    act = JournalAct.GRANT if state in _GIVING else JournalAct.WITHDRAW
    entry_id = append(
        tx,
        JournalEntry(
            act=act,
            actor=actor,
            subjects=(terms.person_id,),
            recipient=terms.recipient,
            purpose=terms.purpose,
            detail=detail | {name: value for name, value in (told or {}).items() if value is not None},
        ),
    )
    step = {"entry_id": entry_id, "grant_id": grant_id, "state": state.value, "stepped_at": now}
    tx.insert(AUTHORISATION_STEP, step)
    return entry_id


_GIVING = (AuthorisationState.REQUESTED, AuthorisationState.ACTIVE)


def for_a_request(
    catalogue: Catalogue, person: PersonId, request_id: UUID, line: tuple[str, str], *, until: date, now: datetime
) -> Terms:
    """Return what a person allows who lets the body of a request reuse their papers for it; ``line``: service, body."""
    service = catalogue.services[line[0]]
    return Terms(
        person_id=person,
        request_id=request_id,
        recipient=Siret(line[1]),
        purpose=service.purpose.value,
        evidence_types=what_it_needs(catalogue, service),
        frequency=Frequency.RECURRING,
        valid_from=paris_day(now),
        valid_until=until,
        data_life_months=service.case_copy_months,
    )
