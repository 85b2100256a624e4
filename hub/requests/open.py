"""A family opens a démarche: school file, line, notice, authorisation and acknowledgement in one transaction."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError

from contracts.calendar import paris_day
from contracts.events import RequestOpened
from contracts.identifiers import EnrolmentLineId, PersonId, RequestId, SchoolFileId, Siret, new_uuid
from hub.errors import AlreadyRequested, InvalidValue, NothingHere
from hub.persons.family import children_of
from hub.requests.acknowledgement import NOTICE_VERSION, acknowledge
from hub.requests.tables import ENROLMENT_LINE, NOTICE_GIVEN, REQUEST, REUSE_GRANT, SCHOOL_FILE
from hub.requirements.catalogue import Catalogue, Service
from vault.db import WriteTx
from vault.jobs import Job, defer
from vault.journal.entries import append
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry
from vault.outbox import publish


@dataclass(frozen=True, slots=True)
class Wish:
    """What a parent asks for: a service by a body, for a child and a school year."""

    child_id: UUID
    school_year: str
    service: str
    body: str
    accuracy_sworn: bool
    reuse_authorised: bool
    channel: str


def open_request(
    tx: WriteTx, catalogue: Catalogue, requester: PersonId, wish: Wish, *, now: datetime
) -> tuple[RequestId, dict[str, Any]]:
    """Open a démarche; return its identifier and the acknowledgement (CRPA L.112-11, R.112-11-1).

    Raises :class:`NothingHere` for a child who is not proved to be the requester's, :class:`InvalidValue` for a
    service, body or year that does not exist or an accuracy not sworn (L.113-13), and :class:`AlreadyRequested`.
    """
    service = _check(tx, catalogue, requester, wish, now=now)
    line_id = _line(tx, requester, wish, now=now)
    request_id = RequestId(new_uuid())
    acknowledgement = acknowledge(catalogue, wish.service, Siret(wish.body), request_id, now=now)
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
    _tell_and_allow(tx, requester, request_id, wish, service, now=now)
    publish(tx, RequestOpened(request_id, line_id), now=now)
    defer(tx, Job.EVALUATE_FAMILY, adult_id=requester)
    if any(requirement.fetch for requirement in service.requirements):
        defer(tx, Job.FETCH_QUOTIENT_FAMILIAL, request_id=request_id)
    return request_id, acknowledgement


def school_year_period(school_year: str) -> tuple[date, date]:
    """Return first and last day of a school year written ``2026-2027``; raises :class:`InvalidValue`."""
    first, _, second = school_year.partition("-")
    if not (first.isdigit() and second.isdigit() and len(first) == 4 and int(second) == int(first) + 1):
        raise InvalidValue("school_year: two years in a row, as in 2026-2027")
    return date(int(first), 9, 1), date(int(second), 8, 31)


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
    if not wish.accuracy_sworn:
        raise InvalidValue("accuracy_sworn: must be true (CRPA L.113-13)")
    return service


def _line(tx: WriteTx, payer: PersonId, wish: Wish, *, now: datetime) -> EnrolmentLineId:
    file_key = (SCHOOL_FILE.c.child_id == wish.child_id, SCHOOL_FILE.c.school_year == wish.school_year)
    tx.execute(
        upsert(SCHOOL_FILE)
        .values(file_id=SchoolFileId(new_uuid()), child_id=wish.child_id, school_year=wish.school_year, created_at=now)
        .on_conflict_do_nothing()
    )
    file_id = tx.execute(select(SCHOOL_FILE.c.file_id).where(*file_key)).scalar_one()
    first, last = school_year_period(wish.school_year)
    row = {"file_id": file_id, "service": wish.service, "body": wish.body, "payer_id": payer}
    tx.execute(
        upsert(ENROLMENT_LINE)
        .values(line_id=new_uuid(), **row, valid_from=first, valid_until=last, recorded_at=now)
        .on_conflict_do_nothing()
    )
    found = tx.execute(
        select(ENROLMENT_LINE.c.line_id).where(
            *(ENROLMENT_LINE.c[name] == value for name, value in row.items()), ENROLMENT_LINE.c.retracted_at.is_(None)
        )
    )
    return EnrolmentLineId(found.scalar_one())


def _tell_and_allow(
    tx: WriteTx, person: PersonId, request_id: RequestId, wish: Wish, service: Service, *, now: datetime
) -> None:
    """Record the notice given (L.114-8 I) and, where the person gave it, the authorisation to reuse their papers."""
    actor = Actor(ActorKind.RESIDENT, str(person))
    recipient, purpose = wish.body, service.purpose.value
    detail = {"request": str(request_id), "service": wish.service, "notice": NOTICE_VERSION}

    def entry(act: JournalAct) -> JournalEntry:
        return JournalEntry(
            act=act, actor=actor, subjects=(person,), recipient=recipient, purpose=purpose, detail=detail
        )

    append(tx, entry(JournalAct.REQUEST))
    tx.execute(
        insert(NOTICE_GIVEN).values(
            notice_id=new_uuid(),
            request_id=request_id,
            person_id=person,
            text_version=NOTICE_VERSION,
            channel=wish.channel,
            given_at=now,
        )
    )
    if not wish.reuse_authorised:
        return
    tx.execute(
        insert(REUSE_GRANT).values(
            grant_id=new_uuid(),
            person_id=person,
            request_id=request_id,
            granted_at=now,
            valid_until=school_year_period(wish.school_year)[1],
            recipient=recipient,
            purpose=purpose,
        )
    )
    append(tx, entry(JournalAct.GRANT))
