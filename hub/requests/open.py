"""A family opens a démarche: school file, line, notice, authorisation and acknowledgement in one transaction."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError

from contracts.calendar import Parity, paris_day
from contracts.events import RequestOpened
from contracts.identifiers import PersonId, RequestId, Siret, new_uuid
from hub.errors import AlreadyRequested, InvalidValue, NothingHere
from hub.persons.family import children_of
from hub.requests.acknowledgement import acknowledge
from hub.requests.confirming import SENTENCES, Consent, ask_them, who_confirms
from hub.requests.granting import for_a_request, write_grant
from hub.requests.lines import Slot, find_or_add, school_year_period
from hub.requests.notices import give_notice, notice_of_authorisation, notice_on_request
from hub.requests.tables import REQUEST
from hub.requirements.catalogue import Catalogue, Service
from vault.db import WriteTx
from vault.jobs import Job, defer
from vault.journal.entries import append
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry
from vault.outbox import publish

WHOLE = 100
"""A share of a hundred percent: no second home."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a parent asks for: a service by a body, for a child and a school year.

    ``since`` is the first day, where it is not that of the school year; ``parity`` and ``share`` (percent) say what of
    it the parent pays, where there are two homes; ``follows`` is the line of another body that this one takes over from.
    """

    child_id: UUID
    school_year: str
    service: str
    body: str
    accuracy_sworn: bool
    reuse_authorised: bool
    channel: str
    since: date | None = None
    parity: Parity = Parity.EVERY
    share: int = 100
    follows: UUID | None = None


def open_request(
    tx: WriteTx, catalogue: Catalogue, requester: PersonId, wish: Wish, *, now: datetime
) -> tuple[RequestId, dict[str, Any]]:
    """Open a démarche; return its identifier and the acknowledgement (CRPA L.112-11, R.112-11-1).

    Where the catalogue wants two guardians, the other one is asked to confirm; instruction begins at once all the same.
    Raises :class:`NothingHere` for a child who is not proved to be the requester's, :class:`InvalidValue` for a
    service, body or year that does not exist or an accuracy not sworn (L.113-13),
    :class:`AlreadyRequested`, and :class:`ServedElsewhere` where another body has the service in that time.
    """
    service = _check(tx, catalogue, requester, wish, now=now)
    line_id = find_or_add(tx, requester, _slot(wish), now=now)
    # What was decided can be asked anew: one's situation changes within a school year.
    tx.execute(
        update(REQUEST)
        .where(REQUEST.c.line_id == line_id, REQUEST.c.decided_at.is_not(None), REQUEST.c.state == "pending")
        .values(state="closed")
    )
    request_id = RequestId(new_uuid())
    acknowledgement = acknowledge(catalogue, wish.service, Siret(wish.body), request_id, now=now)
    others = who_confirms(tx, catalogue, requester, line_id)
    if others:
        acknowledgement["note"] += f" {SENTENCES[Consent.WAITING]}"
    try:
        tx.execute(
            insert(REQUEST).values(
                request_id=request_id,
                line_id=line_id,
                requester_id=requester,
                accuracy_sworn_at=now,
                received_at=now,
                due_on=paris_day(now) + timedelta(days=service.due_days),
                acknowledgement=acknowledgement,
                state="pending",
            )
        )
    except IntegrityError:
        raise AlreadyRequested(wish.service) from None
    _tell_and_allow(tx, catalogue, requester, request_id, wish, now=now)
    ask_them(tx, others, request_id, wish.service, now=now)
    publish(tx, RequestOpened(request_id, line_id), now=now)
    defer(tx, Job.EVALUATE_FAMILY, adult_id=requester)
    if any(requirement.fetch for requirement in service.requirements):
        defer(tx, Job.FETCH_QUOTIENT_FAMILIAL, request_id=request_id)
    return request_id, acknowledgement


def _check(tx: WriteTx, catalogue: Catalogue, requester: PersonId, wish: Wish, *, now: datetime) -> Service:
    if wish.child_id not in {child.child_id for child in children_of(tx, requester)}:
        raise NothingHere
    service = catalogue.services.get(wish.service)
    if service is None:
        raise InvalidValue("service: not in the catalogue")
    if wish.body not in catalogue.bodies_for(wish.service):
        raise InvalidValue("body: does not decide this service")
    if school_year_period(wish.school_year)[1] < paris_day(now):
        raise InvalidValue("school_year: is over")
    _check_part(wish)
    if not wish.accuracy_sworn:
        raise InvalidValue("accuracy_sworn: must be true (CRPA L.113-13)")
    return service


def _check_part(wish: Wish) -> None:
    first, last = school_year_period(wish.school_year)
    if wish.since is not None and not first <= wish.since <= last:
        raise InvalidValue("since: outside the school year")
    if not 1 <= wish.share <= WHOLE:
        raise InvalidValue("share: 1 to 100")
    if wish.parity is not Parity.EVERY and wish.share != WHOLE:
        raise InvalidValue("share: a payer of every second week pays these weeks whole")


def _slot(wish: Wish) -> Slot:
    since = wish.since or school_year_period(wish.school_year)[0]
    return Slot(
        child_id=wish.child_id,
        school_year=wish.school_year,
        service=wish.service,
        body=wish.body,
        since=since,
        parity=wish.parity,
        share=wish.share,
        follows=wish.follows,
    )


def _tell_and_allow(
    tx: WriteTx, catalogue: Catalogue, person: PersonId, request_id: RequestId, wish: Wish, *, now: datetime
) -> None:
    """Record the notice given (L.114-8 I) and, where the person gave it, the authorisation to reuse their papers."""
    actor = Actor(ActorKind.RESIDENT, str(person))
    body = Siret(wish.body)
    told = notice_on_request(catalogue, wish.service, body)
    notice_id = give_notice(tx, told, person, request_id=request_id, recipient=body, channel=wish.channel, now=now)
    detail = {"request": request_id, "service": wish.service, "notice": notice_id, "text": told.text_id}
    append(
        tx,
        JournalEntry(
            act=JournalAct.REQUEST,
            actor=actor,
            subjects=(person,),
            recipient=wish.body,
            purpose=catalogue.services[wish.service].purpose.value,
            detail=detail | {"version": told.version},
        ),
    )
    if not wish.reuse_authorised:
        return
    allowing = notice_of_authorisation(catalogue, wish.service, body)
    until = school_year_period(wish.school_year)[1]
    terms = for_a_request(catalogue, person, request_id, (wish.service, wish.body), until=until, now=now)
    read = give_notice(tx, allowing, person, request_id=request_id, recipient=body, channel=wish.channel, now=now)
    write_grant(tx, terms, actor, notice_id=read, now=now)
