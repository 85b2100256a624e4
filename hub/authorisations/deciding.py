"""What a person does about authorisations: say yes or no to one that is asked for, give one, pause it, take it back."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from contracts.authorisations import AuthorisationState, Frequency
from contracts.calendar import paris_day
from contracts.documents import EvidenceType
from contracts.identifiers import PersonId
from hub.authorisations.stepping import Line, line_of_request, own_grant, step, tell_body
from hub.errors import InvalidValue, NothingHere, StepRefused
from hub.partners.registry import agreements_of
from hub.requests.granting import Terms, what_it_needs, write_grant
from hub.requests.notices import give_notice, notice_of_authorisation
from hub.requirements.catalogue import Catalogue
from vault.db import ReadTx, WriteTx
from vault.journal.records import Actor, ActorKind

LONGEST_LIFE = 120
"""Months: no authorisation lets a body keep anything longer than this."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person lets the body of their own request have; without kinds: all that the request needs."""

    request_id: UUID
    evidence_types: tuple[EvidenceType, ...] = ()
    frequency: Frequency = Frequency.RECURRING
    valid_until: date | None = None
    data_life_months: int | None = None
    channel: str = "api"


def give(tx: WriteTx, catalogue: Catalogue, person: PersonId, wanted: Wanted, *, now: datetime) -> UUID:
    """Give an authorisation for a request of one's own; the person was shown the notice that this keeps.

    Raises :class:`NothingHere` for no pending request of theirs and :class:`InvalidValue` for terms that cannot be.
    """
    line = line_of_request(tx, wanted.request_id)
    if line is None or line.payer_id != person:
        raise NothingHere
    terms = _terms(tx, catalogue, person, line, wanted, now=now)
    notice = notice_of_authorisation(catalogue, line.service, line.body)
    read = give_notice(
        tx, notice, person, request_id=line.request_id, recipient=line.body, channel=wanted.channel, now=now
    )
    grant_id = write_grant(tx, terms, _person(person), notice_id=read, now=now)
    tell_body(tx, grant_id, line, AuthorisationState.ACTIVE, now=now)
    return grant_id


def approve(
    tx: WriteTx, catalogue: Catalogue, person: PersonId, grant_id: UUID, *, channel: str, now: datetime
) -> None:
    """Say yes to what a body asks for, after the notice; raises :class:`NothingHere` and :class:`StepRefused`."""
    row = own_grant(tx, person, grant_id)
    line = line_of_request(tx, row.request_id)
    if AuthorisationState(row.state) is AuthorisationState.ACTIVE:
        return
    if line is None or row.valid_until < paris_day(now):
        raise StepRefused("its time is over")
    notice = notice_of_authorisation(catalogue, line.service, line.body)
    read = give_notice(tx, notice, person, request_id=line.request_id, recipient=line.body, channel=channel, now=now)
    step(tx, row, AuthorisationState.ACTIVE, _person(person), notice_id=read, now=now)


def refuse(tx: WriteTx, person: PersonId, grant_id: UUID, *, now: datetime) -> None:
    """Say no to what a body asks for; it is not asked again. Raises :class:`NothingHere` and :class:`StepRefused`."""
    step(tx, own_grant(tx, person, grant_id), AuthorisationState.REFUSED, _person(person), now=now)


def pause(tx: WriteTx, person: PersonId, grant_id: UUID, *, now: datetime) -> None:
    """Let an authorisation rest until it is resumed; counts from the body's next request. Raises as :func:`refuse`."""
    step(tx, own_grant(tx, person, grant_id), AuthorisationState.PAUSED, _person(person), now=now)


def resume(tx: WriteTx, person: PersonId, grant_id: UUID, *, now: datetime) -> None:
    """Let a paused authorisation count again; raises as :func:`refuse`, also where its time is over."""
    row = own_grant(tx, person, grant_id)
    if AuthorisationState(row.state) is AuthorisationState.REQUESTED or row.valid_until < paris_day(now):
        raise StepRefused("nothing to resume")
    step(tx, row, AuthorisationState.ACTIVE, _person(person), now=now)


def withdraw(tx: WriteTx, person: PersonId, grant_id: UUID, *, now: datetime) -> None:
    """Take an authorisation back for good; counts from the body's next request, whatever token it holds.

    Raises as :func:`refuse`.
    """
    step(tx, own_grant(tx, person, grant_id), AuthorisationState.WITHDRAWN, _person(person), now=now)


def _terms(tx: ReadTx, catalogue: Catalogue, person: PersonId, line: Line, wanted: Wanted, *, now: datetime) -> Terms:
    service, today = catalogue.services[line.service], paris_day(now)
    until = wanted.valid_until or line.valid_until
    if not today <= until <= line.valid_until:
        raise InvalidValue(f"valid_until: from today to {line.valid_until}")
    life = wanted.data_life_months or service.case_copy_months
    if not 1 <= life <= min(LONGEST_LIFE, service.case_copy_months):
        raise InvalidValue(f"data_life_months: 1 to {service.case_copy_months}")
    needed = what_it_needs(catalogue, service)
    kinds = wanted.evidence_types or needed
    agreements = [one for one in agreements_of(tx, line.body, on=today) if line.service in one.services]
    # Beyond what the request needs, only what the person names and a convention with the body has: data on health.
    allowed = {*needed, *(kind for one in agreements for kind in one.evidence_types)}
    if not set(kinds) <= allowed:
        raise InvalidValue("evidence_types: nothing this service may have")
    return Terms(
        person_id=person,
        request_id=line.request_id,
        recipient=line.body,
        purpose=service.purpose.value,
        evidence_types=tuple(sorted(set(kinds))),
        frequency=wanted.frequency,
        valid_from=today,
        valid_until=until,
        data_life_months=life,
    )


def _person(person: PersonId) -> Actor:
    return Actor(ActorKind.RESIDENT, str(person))
