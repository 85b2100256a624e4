"""A life event said once: what a family declares, and what the hub does with it at once.

A line that has to be decided anew is not rewritten: it ends the day before, and another begins with a request of its own,
so that its quotient is fetched anew and its papers are judged at the day of the declaration. Nothing goes back in time.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.engine import Row

from contracts.calendar import Parity, paris_day
from contracts.identifiers import PersonId, RequestId, new_uuid
from hub.errors import InvalidValue, NothingHere
from hub.persons.family import children_of, claim_child
from hub.persons.links import guardians_of
from hub.persons.proving import DEATH_DECLARED, JUDGMENT_OPINIONS, Doubt, contest
from hub.requests.lines import end_line
from hub.requests.moving import Move, MovedLine, move
from hub.requests.open import Wish, open_request
from hub.requests.tables import ENROLMENT_LINE, LIFE_EVENT, REQUEST, SCHOOL_FILE
from hub.requirements.catalogue import Catalogue
from vault.db import ReadTx, WriteTx
from vault.journal.entries import append
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry

TARIFF = "canteen_tariff"
"""The service by which a Caisse decides anew what a family pays; others reuse its decision."""
_FURTHEST_BACK = timedelta(days=400)
_FURTHEST_AHEAD = timedelta(days=400)


class Event(StrEnum):
    """The closed list of life events; the catalogue says of each what it touches."""

    BIRTH = "birth"
    SEPARATION = "separation"
    JOB_LOSS = "job_loss"
    MOVE = "move"
    DEATH = "death"


@dataclass(frozen=True, slots=True)
class Sworn:
    """What every declaration comes with."""

    accuracy_sworn: bool
    reuse_authorised: bool
    channel: str


@dataclass(frozen=True, slots=True)
class Newborn:
    """A child whom a family declares."""

    family_name: str = field(repr=False)
    given_names: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Part:
    """What a parent pays from then on: every second week, or a share in percent."""

    parity: Parity = Parity.EVERY
    share: int = 100


@dataclass(frozen=True, slots=True)
class Renewed:
    """A line that was asked for anew: the one it follows, and the request its body received."""

    service: str
    body: str
    since: date
    follows: UUID
    request_id: RequestId


def record(tx: WriteTx, adult: PersonId, event: Event, on: date, sworn: Sworn, *, now: datetime) -> UUID:
    """Write down that an adult declares an event of the day ``on``, in rows and in the journal.

    Raises :class:`InvalidValue` for an accuracy not sworn (CRPA L.113-13), or a day more than 400 days off.
    """
    if not sworn.accuracy_sworn:
        raise InvalidValue("accuracy_sworn: must be true (CRPA L.113-13)")
    if not within_reach(on, now=now):
        raise InvalidValue("on: more than a year off")
    number = new_uuid()
    row = {"life_event_id": number, "adult_id": adult, "event": event.value, "happened_on": on, "declared_at": now}
    tx.execute(insert(LIFE_EVENT).values(**row))
    detail = {"step": f"life_event_{event.value}", "life_event": str(number)}
    actor = Actor(ActorKind.RESIDENT, str(adult))
    append(tx, JournalEntry(JournalAct.REQUEST, actor, subjects=(adult,), detail=detail))
    return number


def within_reach(on: date, *, now: datetime) -> bool:
    """Tell whether an event of the day ``on`` may be declared: no more than 400 days ago or ahead."""
    today = paris_day(now)
    return today - _FURTHEST_BACK <= on <= today + _FURTHEST_AHEAD


def declare_move(
    tx: WriteTx, catalogue: Catalogue, adult: PersonId, told: Move, *, now: datetime
) -> tuple[MovedLine, ...]:
    """Carry out a move, which is a life event whichever door it came by.

    Raises as :func:`record` and :func:`~hub.requests.moving.move` do.
    """
    sworn = Sworn(told.accuracy_sworn, told.reuse_authorised, told.channel)
    record(tx, adult, Event.MOVE, told.on, sworn, now=now)
    return move(tx, catalogue, adult, told, now=now)


def declare_birth(
    tx: WriteTx,
    catalogue: Catalogue,
    adult: PersonId,
    on: date,
    *,
    children: tuple[Newborn, ...],
    sworn: Sworn,
    now: datetime,
) -> tuple[Renewed, ...]:
    """Claim the newborn children, and have the tariff of the others decided anew: one more in the household.

    Raises :class:`InvalidValue` as :func:`record` does, for no child, and for a birth in the future.
    """
    record(tx, adult, Event.BIRTH, on, sworn, now=now)
    if not children or on > paris_day(now):
        raise InvalidValue("children: at least one, born already")
    for child in children:
        claim_child(tx, adult, family_name=child.family_name, given_names=child.given_names, born_on=on, now=now)
    return _renew(tx, catalogue, adult, {TARIFF}, parts=None, sworn=sworn, since=on, now=now)


def declare_job_loss(
    tx: WriteTx, catalogue: Catalogue, adult: PersonId, on: date, sworn: Sworn, *, now: datetime
) -> tuple[Renewed, ...]:
    """Have the tariff of every child decided anew from the day of the declaration on; raises as :func:`record` does.

    A tariff is revised on request and never back in time (practice of the Caisses des écoles).
    """
    record(tx, adult, Event.JOB_LOSS, on, sworn, now=now)
    return _renew(tx, catalogue, adult, {TARIFF}, parts=None, sworn=sworn, since=on, now=now)


def declare_separation(
    tx: WriteTx,
    catalogue: Catalogue,
    adult: PersonId,
    on: date,
    *,
    parts: dict[UUID, Part],
    sworn: Sworn,
    now: datetime,
) -> tuple[Renewed, ...]:
    """Ask anew for the lines that two homes share, child by child, each with the part this parent pays from now on.

    The other parent's lines are theirs to ask for. Raises :class:`InvalidValue` as :func:`record` and
    :func:`~hub.requests.open.open_request` do, and :class:`NothingHere` for a child who is not proved to be theirs.
    """
    record(tx, adult, Event.SEPARATION, on, sworn, now=now)
    _own_children(tx, adult, parts)
    shared = frozenset(catalogue.life_events[Event.SEPARATION].splits)
    return _renew(tx, catalogue, adult, shared, parts=parts, sworn=sworn, since=on, now=now)


def declare_death(
    tx: WriteTx,
    adult: PersonId,
    on: date,
    *,
    children: tuple[UUID, ...],
    document_id: UUID | None,
    sworn: Sworn,
    now: datetime,
) -> None:
    """Give the death of another guardian to an agent, who alone ends a link; raises as :func:`declare_separation` does.

    The answer is the same whether the hub knows another guardian or not.
    """
    record(tx, adult, Event.DEATH, on, sworn, now=now)
    if on > paris_day(now):
        raise InvalidValue("on: in the future")
    _own_children(tx, adult, children)
    for child in children:
        if len(guardians_of(tx, child)) > 1:
            doubt = Doubt(
                adult,
                child,
                DEATH_DECLARED,
                document_id=document_id,
                opinions_needed=JUDGMENT_OPINIONS,
                warns=False,
            )
            contest(tx, doubt, now=now)


def declared(tx: ReadTx, adult: PersonId) -> dict[str, date]:
    """Return of each event the last day an adult declared."""
    rows = tx.execute(
        select(LIFE_EVENT.c.event, LIFE_EVENT.c.happened_on)
        .where(LIFE_EVENT.c.adult_id == adult)
        .order_by(LIFE_EVENT.c.declared_at)
    )
    return {row.event: row.happened_on for row in rows}


def _own_children(tx: ReadTx, adult: PersonId, children: Any) -> None:
    known = {child.child_id for child in children_of(tx, adult)}
    if not children:
        raise InvalidValue("children: at least one")
    if not set(children) <= known:
        raise NothingHere


def _renew(
    tx: WriteTx,
    catalogue: Catalogue,
    adult: PersonId,
    services: "frozenset[str] | set[str]",
    *,
    parts: dict[UUID, Part] | None,
    sworn: Sworn,
    since: date,
    now: datetime,
) -> tuple[Renewed, ...]:
    """Ask anew for the adult's lines of these services; with ``parts`` only of these children, and in these parts."""
    first = max(since, paris_day(now))
    found = []
    for line in _running(tx, adult, services, first):
        part = Part(Parity(line.parity), line.share) if parts is None else parts.get(line.child_id)
        begins = max(first, line.valid_from)
        if part is None or _said_already(line, part, parts is not None, begins, now):
            continue
        end_line(tx, line.line_id, before=begins, now=now)
        wish = Wish(
            child_id=line.child_id,
            school_year=line.school_year,
            service=line.service,
            body=line.body,
            accuracy_sworn=sworn.accuracy_sworn,
            reuse_authorised=sworn.reuse_authorised,
            channel=sworn.channel,
            since=begins,
            parity=part.parity,
            share=part.share,
            follows=line.line_id,
        )
        request_id, _ = open_request(tx, catalogue, adult, wish, now=now)
        found.append(Renewed(line.service, line.body, begins, line.line_id, request_id))
    return tuple(found)


def _said_already(line: "Row[Any]", part: Part, divides: bool, begins: date, now: datetime) -> bool:  # noqa: FBT001 - private
    """Tell whether a line says this already, so that declaring twice changes nothing the second time."""
    if divides:
        return (line.parity, line.share) == (part.parity.value, part.share)
    return bool(line.valid_from == begins and paris_day(line.received_at) == paris_day(now))


def _running(tx: ReadTx, adult: PersonId, services: "frozenset[str] | set[str]", day: date) -> list["Row[Any]"]:
    own = {child.child_id for child in children_of(tx, adult)}
    return list(
        tx.execute(
            select(ENROLMENT_LINE, SCHOOL_FILE.c.child_id, SCHOOL_FILE.c.school_year, REQUEST.c.received_at)
            .join(SCHOOL_FILE, SCHOOL_FILE.c.file_id == ENROLMENT_LINE.c.file_id)
            .join(REQUEST, REQUEST.c.line_id == ENROLMENT_LINE.c.line_id)
            .where(
                ENROLMENT_LINE.c.payer_id == adult,
                SCHOOL_FILE.c.child_id.in_(own),
                ENROLMENT_LINE.c.service.in_(services),
                ENROLMENT_LINE.c.retracted_at.is_(None),
                ENROLMENT_LINE.c.valid_until >= day,
                REQUEST.c.state == "pending",
            )
            .order_by(ENROLMENT_LINE.c.recorded_at, ENROLMENT_LINE.c.line_id)
        )
    )
