"""A body asks a person for an authorisation, once; it appears on their page, and refusing it costs nothing."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.engine import Row

from contracts.authorisations import AuthorisationState, Frequency
from contracts.calendar import paris_day
from contracts.documents import EvidenceType
from contracts.grounds import Purpose
from contracts.identifiers import Siret
from hub.authorisations.stepping import Line, line_numbered, tell_body
from hub.errors import HubError, InvalidValue, NothingHere, OutsideAgreement
from hub.partners.behalf import require_agreement
from hub.partners.credentials import Caller
from hub.partners.registry import agreements_of
from hub.persons.deaths import has_died
from hub.requests.granting import Terms, what_it_needs, write_grant
from hub.requests.tables import REUSE_GRANT
from hub.requirements.catalogue import Catalogue, Service
from vault.db import ReadTx, WriteTx
from vault.journal.entries import append
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry


@dataclass(frozen=True, slots=True)
class AskedFor:
    """What a body would like to be allowed: the papers of one requirement, how often, until when, kept how long."""

    requirement: str
    purpose: Purpose
    on_behalf_of: str
    frequency: Frequency
    valid_until: date | None = None
    data_life_months: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How an authorisation stands, as its body may know; without an identifier that another body could have."""

    state: AuthorisationState
    requirement: str | None
    evidence_types: tuple[str, ...]
    frequency: Frequency
    valid_from: date
    valid_until: date
    data_life_months: int
    served: bool


def ask_authorisation(
    tx: WriteTx, catalogue: Catalogue, caller: Caller, line_id: UUID | None, asked: AskedFor, *, now: datetime
) -> Standing:
    """Ask the payer of a line for an authorisation; return how it stands: one asked for before is not asked again.

    Raises :class:`NothingHere` for no line of this body with a pending request, as
    :func:`~hub.partners.behalf.require_agreement` does, :class:`OutsideGrant` for what the token does not cover, and
    :class:`InvalidValue`. The caller has the journal keep a refusal (:func:`keep_refusal`).
    """
    line = line_numbered(tx, line_id)
    if line is None or line.body != caller.siret or has_died(tx, line.payer_id):
        raise NothingHere
    terms = _terms(tx, catalogue, caller, line, asked, now=now)
    # Two that ask for the same at once are one: the second reads what the first wrote.
    tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(str(line.request_id), 0))))
    before = _standing(tx, line.request_id, terms)
    if before is not None:
        return before
    actor = Actor(ActorKind.PARTNER, caller.siret)
    grant_id = write_grant(tx, terms, actor, notice_id=None, asked_for=asked.on_behalf_of, now=now)
    tell_body(tx, grant_id, line, AuthorisationState.REQUESTED, now=now)
    return _as_body(tx.execute(select(REUSE_GRANT).where(REUSE_GRANT.c.grant_id == grant_id)).one())


def keep_refusal(tx: WriteTx, caller: Caller, asked: AskedFor, refusal: HubError) -> None:
    """Have the journal keep that a body was refused what it asked to be allowed; it names nobody of the family."""
    detail = {"reason": type(refusal).__name__, "step": "authorisation", "on_behalf_of": asked.on_behalf_of}
    actor = Actor(ActorKind.PARTNER, caller.siret)
    append(
        tx,
        JournalEntry(JournalAct.REFUSE, actor, recipient=caller.siret, purpose=asked.purpose.value, detail=detail),
    )


def standings(tx: ReadTx, siret: Siret, line_id: UUID | None) -> list[Standing]:
    """Return every authorisation for a line of this body, newest first; raises :class:`NothingHere` for any other."""
    line = line_numbered(tx, line_id)
    if line is None or line.body != siret:
        raise NothingHere
    return _standings(tx, siret, line.request_id)


def _terms(tx: ReadTx, catalogue: Catalogue, caller: Caller, line: Line, asked: AskedFor, *, now: datetime) -> Terms:
    service, today = catalogue.services[line.service], paris_day(now)
    caller.require(line.service, asked.purpose)
    kinds = _kinds(catalogue, service, asked.requirement)
    agreements = agreements_of(tx, caller.siret, on=today)
    require_agreement(agreements, line.service, asked.purpose, asked.on_behalf_of)
    listed = {
        kind
        for one in agreements
        if line.service in one.services and asked.purpose in one.purposes
        for kind in one.evidence_types
    }
    if not listed & set(kinds) or asked.purpose is not service.purpose:
        raise OutsideAgreement(f"{asked.requirement} for {asked.purpose}")
    until = asked.valid_until or line.valid_until
    if not today <= until <= line.valid_until:
        raise InvalidValue(f"valid_until: from today to {line.valid_until}")
    life = asked.data_life_months or service.case_copy_months
    if not 1 <= life <= service.case_copy_months:
        raise InvalidValue(f"data_life_months: 1 to {service.case_copy_months}")
    return Terms(
        person_id=line.payer_id,
        request_id=line.request_id,
        recipient=caller.siret,
        purpose=asked.purpose.value,
        evidence_types=tuple(kind for kind in kinds if kind in listed),
        frequency=asked.frequency,
        valid_from=today,
        valid_until=until,
        data_life_months=life,
        requirement=asked.requirement,
    )


def _kinds(catalogue: Catalogue, service: Service, requirement: str) -> tuple[EvidenceType, ...]:
    if service.requirement(requirement) is None:
        raise InvalidValue("requirement: not of this service")
    return what_it_needs(catalogue, service, requirement)


def _standing(tx: ReadTx, request_id: UUID, terms: Terms) -> Standing | None:
    """Return how what was asked for before stands, or what the person gave by themselves that covers it already."""
    return next(
        (
            one
            for one in _standings(tx, terms.recipient, request_id)
            if one.requirement == terms.requirement or _covers(one, terms)
        ),
        None,
    )


def _covers(one: Standing, terms: Terms) -> bool:
    lasting = one.state is AuthorisationState.ACTIVE and one.frequency is Frequency.RECURRING
    return lasting and set(terms.evidence_types) <= set(one.evidence_types)


def _standings(tx: ReadTx, siret: Siret, request_id: UUID) -> list[Standing]:
    rows = tx.execute(
        select(REUSE_GRANT)
        .where(REUSE_GRANT.c.request_id == request_id, REUSE_GRANT.c.recipient == siret)
        .order_by(REUSE_GRANT.c.grant_id.desc())
    )
    return [_as_body(row) for row in rows]


def _as_body(row: "Row[Any]") -> Standing:
    return Standing(
        state=AuthorisationState(row.state),
        requirement=row.requirement,
        evidence_types=tuple(row.evidence_types),
        frequency=Frequency(row.frequency),
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        data_life_months=row.data_life_months,
        served=row.used_at is not None,
    )
