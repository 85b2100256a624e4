"""A partner linked to a child: made, seen by both sides, ended by either, and never worth more than a name of its own.

A link opens nothing: what a partner may have still takes a request, a ground and an agreement. It gives the partner a
pseudonym of the child, that nobody else has, and the lines that the adult who linked pays to it; the other guardian's
lines are not among them.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Row

from contracts.calendar import paris_day
from contracts.events import EventData, PartnerLinked, PartnerUnlinked, SubjectOfAge, SubjectSuperseded
from contracts.identifiers import EnrolmentLineId, PartnerPseudonym, PersonId, Siret, new_uuid
from hub.errors import NothingHere, Superseded
from hub.linking.codes import Place
from hub.linking.tables import PARTNER_LINK
from hub.notifications.fanout import Signal, notify
from hub.partners.pseudonyms import Named, pseudonym, resolve
from hub.partners.tables import PSEUDONYM
from hub.persons.tables import LINE_SUCCESSION, PERSON_MERGE_ITEM
from hub.requests.lines import school_year_of
from hub.requests.tables import ENROLMENT_LINE, REQUEST, SCHOOL_FILE
from hub.requirements.catalogue import load
from vault.db import ReadTx, WriteTx
from vault.journal.entries import append
from vault.journal.records import Actor, JournalAct, JournalEntry
from vault.outbox import publish
from vault.ready import Ready

LINK, SUBJECT = "link", "subject"
"""What a partner is told of in place of a requirement."""


class Source(StrEnum):
    """What a link rests on."""

    CODE = "code"
    """The family's one-time code."""
    AGENT = "agent"
    """An agent, to whom a civil status was put."""


class EndedBy(StrEnum):
    """Who ended a link."""

    FAMILY = "family"
    PARTNER = "partner"
    MAJORITY = "majority"
    """Nobody: the child came of age, and no guardian links anybody to an adult."""


@dataclass(frozen=True, slots=True)
class Basis:
    """On what a link is made: by code or by an agent's review, and which treatment of the partner stands behind it."""

    source: Source
    on_behalf_of: str
    review_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Linked:
    """One line that a link reaches, in the partner's own name of it."""

    subject: PartnerPseudonym
    school_year: str


@dataclass(frozen=True, slots=True)
class PartnerView:
    """A link as its partner sees it."""

    subject: PartnerPseudonym
    service: str
    linked_at: datetime
    files: tuple[Linked, ...]


@dataclass(frozen=True, slots=True)
class FamilyView:
    """A link as the adult sees who made it."""

    link_id: UUID
    child_id: PersonId
    siret: Siret
    service: str
    source: Source
    linked_at: datetime
    ended_at: datetime | None
    ended_by: EndedBy | None


def make_link(tx: WriteTx, place: Place, basis: Basis, actor: Actor, *, now: datetime) -> PartnerView:
    """Link a partner to a child, or find it linked already; both sides are told."""
    row = {
        "link_id": new_uuid(),
        "siret": place.siret,
        "service": place.service,
        "child_id": place.child_id,
        "adult_id": place.adult_id,
        "source": basis.source.value,
        "source_review": basis.review_id,
        "on_behalf_of": basis.on_behalf_of,
        "linked_at": now,
    }
    made = tx.execute(
        upsert(PARTNER_LINK).values(**row).on_conflict_do_nothing().returning(PARTNER_LINK.c.link_id)
    ).scalar_one_or_none()
    if made is not None:
        _tell(tx, PartnerLinked(made), place, now=now)
        detail = {"step": "partner_linked", "source": basis.source.value, "on_behalf_of": basis.on_behalf_of}
        journal_link(tx, actor, place, detail | {"link": made})
    return _partner_view(tx, tx.execute(select(PARTNER_LINK).where(*_current(place))).one())


def links_of_partner(tx: WriteTx, siret: Siret) -> list[PartnerView]:
    """Return every link of a partner that stands, the newest first."""
    rows = tx.execute(
        select(PARTNER_LINK)
        .where(PARTNER_LINK.c.siret == siret, PARTNER_LINK.c.ended_at.is_(None), _stands())
        .order_by(PARTNER_LINK.c.linked_at.desc(), PARTNER_LINK.c.link_id)
    ).all()
    return [_partner_view(tx, row) for row in rows]


def partner_view(tx: WriteTx, link_id: UUID) -> PartnerView | None:
    """Return one link as its partner sees it; nothing where it stands no more."""
    standing = (PARTNER_LINK.c.link_id == link_id, PARTNER_LINK.c.ended_at.is_(None), _stands())
    row = tx.execute(select(PARTNER_LINK).where(*standing)).one_or_none()
    return None if row is None else _partner_view(tx, row)


def standing_link(tx: ReadTx, place: Place) -> UUID:
    """Return the number of the link that stands."""
    found: UUID = tx.execute(select(PARTNER_LINK.c.link_id).where(*_current(place))).scalar_one()
    return found


def links_of_adult(tx: ReadTx, adult_id: PersonId) -> list[FamilyView]:
    """Return every partner an adult linked to a child, also what is over, the newest first."""
    rows = tx.execute(
        select(PARTNER_LINK)
        .where(PARTNER_LINK.c.adult_id == adult_id)
        .order_by(PARTNER_LINK.c.linked_at.desc(), PARTNER_LINK.c.link_id)
    )
    return [_family_view(row) for row in rows]


def end_by_family(tx: WriteTx, adult_id: PersonId, link_id: UUID, actor: Actor, *, now: datetime) -> FamilyView:
    """End a link of one's own and tell the partner; harmless to repeat. Raises :class:`NothingHere` for any other."""
    own = (PARTNER_LINK.c.adult_id == adult_id, PARTNER_LINK.c.link_id == link_id)
    _end(tx, tx.execute(select(PARTNER_LINK).where(*own).with_for_update()).all(), EndedBy.FAMILY, actor, now=now)
    row = tx.execute(select(PARTNER_LINK).where(*own)).one_or_none()
    if row is None:
        raise NothingHere
    return _family_view(row)


def end_by_partner(tx: WriteTx, siret: Siret, subject: UUID, actor: Actor, *, now: datetime) -> None:
    """End every link of a partner to a child; harmless to repeat.

    Raises :class:`NothingHere` alike for a subject that is another's, that stands for no child, or does not exist.
    """
    child_id = resolve(tx, siret, Named.CHILD, subject)
    if child_id is None:
        raise NothingHere
    _require_current_child(tx, siret, subject)
    own = (PARTNER_LINK.c.siret == siret, PARTNER_LINK.c.child_id == child_id)
    _end(tx, tx.execute(select(PARTNER_LINK).where(*own).with_for_update()).all(), EndedBy.PARTNER, actor, now=now)


def end_by_majority(tx: WriteTx, child_id: UUID, actor: Actor, *, now: datetime) -> None:
    """End every partner's link to a child who has come of age, whoever made it; harmless to repeat."""
    made = select(PARTNER_LINK).where(PARTNER_LINK.c.child_id == child_id).with_for_update()
    _end(tx, tx.execute(made).all(), EndedBy.MAJORITY, actor, now=now)


def tell_of_age(tx: WriteTx, lines: Collection[UUID], *, now: datetime) -> None:
    """Tell the body of each line that its child is of age and the line is over."""
    ended = (
        select(ENROLMENT_LINE.c.line_id, ENROLMENT_LINE.c.body, ENROLMENT_LINE.c.service, SCHOOL_FILE.c.school_year)
        .join(SCHOOL_FILE, SCHOOL_FILE.c.file_id == ENROLMENT_LINE.c.file_id)
        .where(ENROLMENT_LINE.c.line_id.in_(list(lines)))
    )
    for row in tx.execute(ended).all():
        _tell_line(tx, SubjectOfAge(row.line_id), row, now=now)


def line_linked(tx: ReadTx, siret: Siret, subject: UUID, service: str) -> EnrolmentLineId | None:
    """Return the line that a partner's pseudonym of a child means for a service: the newest, of who linked last."""
    row = tx.row(_LINE, {"siret": siret, "subject": subject, "service": service})
    return None if row is None else EnrolmentLineId(row.line_id)


def own_line(tx: ReadTx, siret: Siret, subject: UUID) -> UUID | None:
    """Return the line a partner means by its pseudonym; nothing for anybody else's.

    Raises :class:`Superseded` for one that another line of the same partner took over when two accounts became one.
    """
    line_id = resolve(tx, siret, Named.FILE, subject)
    require_current(tx, siret, line_id)
    if line_id is None:
        _require_current_child(tx, siret, subject)
    return line_id


def require_current(tx: ReadTx, siret: Siret, line_id: UUID | None) -> None:
    """Raise :class:`Superseded` where a partner's line rests since two accounts became one, naming the one that goes on."""
    goes_on = (
        select(PSEUDONYM.c.value)
        .join(LINE_SUCCESSION, LINE_SUCCESSION.c.survivor_line_id == PSEUDONYM.c.subject_id)
        .where(
            LINE_SUCCESSION.c.line_id == line_id,
            PSEUDONYM.c.siret == siret,
            PSEUDONYM.c.kind == Named.FILE.value,
        )
    )
    found = None if line_id is None else tx.execute(goes_on).scalar_one_or_none()
    if found is not None:
        raise Superseded(found)


def _require_current_child(tx: ReadTx, siret: Siret, subject: UUID) -> None:
    """Raise :class:`Superseded` where another record of the same child goes on in place of the one a partner names."""
    found = tx.execute(select(func.hub.surviving_subject(siret, subject))).scalar_one_or_none()
    if found is not None:
        raise Superseded(found)


def tell_superseded(tx: WriteTx, merge_id: UUID, *, now: datetime) -> None:
    """Tell each body whose line rests since a merge; asked by its own name, it answers with the one that goes on."""
    rests = (
        select(ENROLMENT_LINE.c.line_id, ENROLMENT_LINE.c.body, ENROLMENT_LINE.c.service, SCHOOL_FILE.c.school_year)
        .join(LINE_SUCCESSION, LINE_SUCCESSION.c.line_id == ENROLMENT_LINE.c.line_id)
        .join(SCHOOL_FILE, SCHOOL_FILE.c.file_id == ENROLMENT_LINE.c.file_id)
        .where(LINE_SUCCESSION.c.merge_id == merge_id)
    )
    for row in tx.execute(rests).all():
        _tell_line(tx, SubjectSuperseded(row.line_id), row, now=now)


def tell_superseded_child(tx: WriteTx, merge_id: UUID, child_id: UUID, *, now: datetime) -> None:
    """Tell each partner that was linked to a child's record that another one goes on, by its name of the old one."""
    passed = (
        select(PARTNER_LINK)
        .join(PERSON_MERGE_ITEM, PERSON_MERGE_ITEM.c.row_id == PARTNER_LINK.c.link_id)
        .where(
            PERSON_MERGE_ITEM.c.merge_id == merge_id,
            PERSON_MERGE_ITEM.c.place == "hub.partner_link",
            PARTNER_LINK.c.ended_at.is_(None),
        )
    )
    for row in tx.execute(passed).all():
        place = replace(_place(row), child_id=PersonId(child_id))
        _tell(tx, SubjectSuperseded(child_id), place, requirement=SUBJECT, now=now)


def line_named(tx: ReadTx, siret: Siret, subject: UUID, service: str) -> UUID | None:
    """Return the line that a partner means by a pseudonym: of the line itself, or of a child it is linked to."""
    return resolve(tx, siret, Named.FILE, subject) or line_linked(tx, siret, subject, service)


def journal_link(tx: WriteTx, actor: Actor, place: Place, detail: dict[str, Any]) -> None:
    """Have the journal keep a step of a link; the adult whose act it rests on reads it."""
    purpose = load().services[place.service].purpose.value
    append(
        tx,
        JournalEntry(
            JournalAct.LINK, actor, subjects=(place.adult_id,), recipient=place.siret, purpose=purpose, detail=detail
        ),
    )


def _end(tx: WriteTx, rows: Iterable["Row[Any]"], by: EndedBy, actor: Actor, *, now: datetime) -> None:
    for row in rows:
        if row.ended_at is not None:
            continue
        tx.execute(
            update(PARTNER_LINK).where(PARTNER_LINK.c.link_id == row.link_id).values(ended_at=now, ended_by=by.value)
        )
        _tell(tx, PartnerUnlinked(row.link_id, by.value), _place(row), now=now)
        journal_link(tx, actor, _place(row), {"step": "partner_unlinked", "by": by.value, "link": row.link_id})


def _tell(tx: WriteTx, event: EventData, place: Place, *, requirement: str = LINK, now: datetime) -> None:
    signal = Signal(
        event_id=publish(tx, event, now=now),
        event_type=event.type,
        subject_id=place.child_id,
        service=place.service,
        requirement=requirement,
        school_year=school_year_of(paris_day(now)),
        named=Named.CHILD,
    )
    notify(tx, place.siret, signal, now=now)


def _tell_line(tx: WriteTx, event: EventData, row: "Row[Any]", *, now: datetime) -> None:
    signal = Signal(publish(tx, event, now=now), event.type, row.line_id, row.service, SUBJECT, row.school_year)
    notify(tx, Siret(row.body), signal, now=now)


def _files(tx: WriteTx, place: Place) -> tuple[Linked, ...]:
    """Return the lines that the adult pays to the partner for the child and service, the newest first."""
    rows = tx.execute(
        select(ENROLMENT_LINE.c.line_id, SCHOOL_FILE.c.school_year)
        .join(SCHOOL_FILE, SCHOOL_FILE.c.file_id == ENROLMENT_LINE.c.file_id)
        .join(REQUEST, (REQUEST.c.line_id == ENROLMENT_LINE.c.line_id) & (REQUEST.c.state == "pending"))
        .where(
            ENROLMENT_LINE.c.body == place.siret,
            ENROLMENT_LINE.c.service == place.service,
            ENROLMENT_LINE.c.payer_id == place.adult_id,
            ENROLMENT_LINE.c.retracted_at.is_(None),
            SCHOOL_FILE.c.child_id == place.child_id,
        )
        .order_by(ENROLMENT_LINE.c.valid_from.desc(), ENROLMENT_LINE.c.line_id)
    ).all()
    return tuple(Linked(pseudonym(tx, place.siret, Named.FILE, row.line_id), row.school_year) for row in rows)


def _current(place: Place) -> tuple[Any, ...]:
    names = ("siret", "service", "child_id", "adult_id")
    return (*(PARTNER_LINK.c[name] == getattr(place, name) for name in names), PARTNER_LINK.c.ended_at.is_(None))


def _stands() -> Any:
    """Return the condition that the adult still stands for the child: what a judgment ended, no link goes on with."""
    return func.hub.stands_for(PARTNER_LINK.c.adult_id, PARTNER_LINK.c.child_id)


def _place(row: "Row[Any]") -> Place:
    return Place(PersonId(row.adult_id), PersonId(row.child_id), Siret(row.siret), row.service)


def _partner_view(tx: WriteTx, row: "Row[Any]") -> PartnerView:
    place = _place(row)
    subject = pseudonym(tx, place.siret, Named.CHILD, place.child_id)
    return PartnerView(subject, place.service, row.linked_at, _files(tx, place))


def _family_view(row: "Row[Any]") -> FamilyView:
    return FamilyView(
        link_id=row.link_id,
        child_id=PersonId(row.child_id),
        siret=Siret(row.siret),
        service=row.service,
        source=Source(row.source),
        linked_at=row.linked_at,
        ended_at=row.ended_at,
        ended_by=None if row.ended_by is None else EndedBy(row.ended_by),
    )


LINE_LINKED = (
    select(ENROLMENT_LINE.c.line_id)
    .join(SCHOOL_FILE, SCHOOL_FILE.c.file_id == ENROLMENT_LINE.c.file_id)
    .join(REQUEST, (REQUEST.c.line_id == ENROLMENT_LINE.c.line_id) & (REQUEST.c.state == "pending"))
    .join(
        PARTNER_LINK,
        (PARTNER_LINK.c.child_id == SCHOOL_FILE.c.child_id)
        & (PARTNER_LINK.c.adult_id == ENROLMENT_LINE.c.payer_id)
        & (PARTNER_LINK.c.siret == ENROLMENT_LINE.c.body)
        & (PARTNER_LINK.c.service == ENROLMENT_LINE.c.service),
    )
    .join(PSEUDONYM, (PSEUDONYM.c.siret == PARTNER_LINK.c.siret) & (PSEUDONYM.c.subject_id == PARTNER_LINK.c.child_id))
    .where(
        PSEUDONYM.c.siret == bindparam("siret"),
        PSEUDONYM.c.kind == Named.CHILD.value,
        PSEUDONYM.c.value == bindparam("subject"),
        ENROLMENT_LINE.c.service == bindparam("service"),
        ENROLMENT_LINE.c.retracted_at.is_(None),
        PARTNER_LINK.c.ended_at.is_(None),
        _stands(),
    )
    .order_by(PARTNER_LINK.c.linked_at.desc(), ENROLMENT_LINE.c.valid_from.desc(), ENROLMENT_LINE.c.line_id)
    .limit(1)
)
"""The line that a partner's pseudonym of a child means for a service, for a query that looks further."""
_LINE = Ready(LINE_LINKED)
