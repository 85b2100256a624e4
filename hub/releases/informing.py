"""A body tells a family of a right by data it has (CRPA L.114-8 II): told first, opposed at any time, then destroyed."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import delete, exists, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Row

from contracts.calendar import months_before, paris_day
from contracts.events import RightsInformationEnded
from contracts.grounds import INFORMING_MONTHS, Instrument, Purpose
from contracts.identifiers import PersonId, Siret, new_uuid
from hub.errors import HubError, InvalidValue, NoGround, NothingHere
from hub.notifications.fanout import Signal, notify
from hub.partners.behalf import require_agreement
from hub.partners.credentials import Caller
from hub.partners.registry import agreements_of
from hub.persons.deaths import has_died
from hub.persons.tables import COMING_OF_AGE
from hub.releases.kinds import INFORMING_ENDED
from hub.releases.tables import CASE_COPY, RELEASE, RIGHTS_INFORMATION
from hub.requests.notices import give_notice, notice_of_rights
from hub.requests.tables import ENROLMENT_LINE, NOTICE_GIVEN, NOTICE_TEXT, REQUEST, SCHOOL_FILE
from hub.requirements.catalogue import Catalogue
from hub.school_files.judging import withdraw_evidence
from hub.school_files.tables import EVIDENCE
from vault.db import Database, ReadTx, WriteTx
from vault.documents.tables import ERASURE_ASKED
from vault.jobs import Job, defer
from vault.journal.entries import append
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry
from vault.outbox import publish
from vault.standing import Purpose as Task
from vault.standing import standing

_OF_AGE = exists().where(
    ENROLMENT_LINE.c.line_id == RIGHTS_INFORMATION.c.line_id,
    SCHOOL_FILE.c.file_id == ENROLMENT_LINE.c.file_id,
    COMING_OF_AGE.c.child_id == SCHOOL_FILE.c.child_id,
    COMING_OF_AGE.c.ended_at.is_not(None),
)
MARKER_MONTHS = 24
"""How long it stays known that somebody opposed (R.114-9-7: 12 to 24 months), so that they are not written to again."""
RIGHTS = "rights_information"
"""What a body is told of in place of a requirement."""
BATCH = 100


class Informing(StrEnum):
    """Where informing of a right stands; stored, so never renamed."""

    OPEN = "open"
    OPPOSED = "opposed"
    NOT_ENTITLED = "not_entitled"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Information:
    """What a body informs a person of, as that person reads it; ``message`` is the first one, word for word."""

    information_id: UUID
    recipient: str
    service: str
    message: str
    state: Informing
    opened_at: datetime
    valid_until: date


def inform(
    tx: WriteTx,
    catalogue: Catalogue,
    caller: Caller,
    line_id: UUID | None,
    what: tuple[str, str],
    *,
    now: datetime,
) -> "Row[Any]":
    """Send a family the first message about a right, and let the body use what it had pulled for it, a year at most.

    ``what`` is the service the family may have a right to, and the treatment or agent behind it. Asking again changes
    nothing. Raises :class:`NothingHere` for no line of this body, :class:`OutsideAgreement` where no agreement of it
    rests on L.114-8 II, :class:`OutsideGrant`, :class:`InvalidValue`, and :class:`NoGround` once it has ended. The caller
    has the journal keep a refusal (:func:`keep_refusal`).
    """
    service, on_behalf_of = what
    line = _line(tx, line_id)
    if line is None or line.body != caller.siret or has_died(tx, line.payer_id):
        raise NothingHere
    if service not in catalogue.services:
        raise InvalidValue("service: not in the catalogue")
    caller.require(line.service, Purpose.RIGHTS_INFORMATION)
    agreements = agreements_of(tx, caller.siret, on=paris_day(now))
    proactive = [one for one in agreements if one.instrument is Instrument.CRPA_L114_8_II]
    require_agreement(proactive, line.service, Purpose.RIGHTS_INFORMATION, on_behalf_of)
    tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"{line.payer_id}/{service}", 0))))
    known = _of(tx, line.payer_id, caller.siret, service)
    if known is not None and known.state != Informing.OPEN:
        raise NoGround(INFORMING_ENDED[known.state])
    return known or _begin(tx, catalogue, line, (service, on_behalf_of), now=now)


def keep_refusal(tx: WriteTx, caller: Caller, on_behalf_of: str, refusal: HubError) -> None:
    """Have the journal keep that a body was refused to tell a family of a right; it names nobody of the family."""
    detail = {"reason": type(refusal).__name__, "step": "rights_information", "on_behalf_of": on_behalf_of}
    actor, purpose = Actor(ActorKind.PARTNER, caller.siret), Purpose.RIGHTS_INFORMATION.value
    append(tx, JournalEntry(JournalAct.REFUSE, actor, recipient=caller.siret, purpose=purpose, detail=detail))


def _begin(tx: WriteTx, catalogue: Catalogue, line: "Row[Any]", what: tuple[str, str], *, now: datetime) -> "Row[Any]":
    service, on_behalf_of = what
    person, body = PersonId(line.payer_id), catalogue.bodies[Siret(line.body)]
    told = notice_of_rights(catalogue, service, body.name)
    notice_id = give_notice(
        tx, told, person, request_id=line.request_id, recipient=Siret(line.body), channel="page", now=now
    )
    tx.execute(
        insert(RIGHTS_INFORMATION).values(
            information_id=new_uuid(),
            line_id=line.line_id,
            person_id=person,
            recipient=line.body,
            service=service,
            requested_for=on_behalf_of,
            notice_id=notice_id,
            state=Informing.OPEN.value,
            opened_at=now,
            valid_until=paris_day(months_before(now, -INFORMING_MONTHS)),
        )
    )
    actor = Actor(ActorKind.PARTNER, line.body)
    _journal(
        tx, actor, person, line.body, Informing.OPEN, told={"notice": str(notice_id), "on_behalf_of": on_behalf_of}
    )
    found = _of(tx, person, line.body, service)
    if found is None:
        raise NothingHere
    return found


def informations_of(tx: ReadTx, person: PersonId) -> list[Information]:
    """Return what bodies inform a person of, or did, newest first."""
    rows = tx.execute(
        select(RIGHTS_INFORMATION, NOTICE_TEXT.c.body)
        .join(NOTICE_GIVEN, NOTICE_GIVEN.c.notice_id == RIGHTS_INFORMATION.c.notice_id)
        .join(NOTICE_TEXT, NOTICE_TEXT.c.notice_text_id == NOTICE_GIVEN.c.notice_text_id)
        .where(RIGHTS_INFORMATION.c.person_id == person)
        .order_by(RIGHTS_INFORMATION.c.opened_at.desc(), RIGHTS_INFORMATION.c.information_id)
    )
    return [
        Information(
            information_id=row.information_id,
            recipient=row.recipient,
            service=row.service,
            message=row.body,
            state=Informing(row.state),
            opened_at=row.opened_at,
            valid_until=row.valid_until,
        )
        for row in rows
    ]


def oppose(tx: WriteTx, person: PersonId, information_id: UUID, *, now: datetime) -> None:
    """Oppose: from the body's next request nothing leaves, and the data are destroyed at once. Harmless to repeat.

    Raises :class:`NothingHere` for anybody else's.
    """
    own = (RIGHTS_INFORMATION.c.information_id == information_id, RIGHTS_INFORMATION.c.person_id == person)
    row = tx.execute(select(RIGHTS_INFORMATION).where(*own).with_for_update()).one_or_none()
    if row is None:
        raise NothingHere
    _end(tx, row, Informing.OPPOSED, Actor(ActorKind.RESIDENT, str(person)), now=now)


def find_not_entitled(tx: WriteTx, caller: Caller, line_id: UUID | None, service: str, *, now: datetime) -> None:
    """Hear from the body that there is no right: the data are destroyed at once. Raises :class:`NothingHere`."""
    row = tx.execute(
        select(RIGHTS_INFORMATION)
        .where(
            RIGHTS_INFORMATION.c.line_id == line_id,
            RIGHTS_INFORMATION.c.recipient == caller.siret,
            RIGHTS_INFORMATION.c.service == service,
        )
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise NothingHere
    _end(tx, row, Informing.NOT_ENTITLED, Actor(ActorKind.PARTNER, caller.siret), now=now)


@standing(purpose=Task.RETENTION)
def destroy_ended(db: Database, *, now: datetime) -> int:
    """Destroy what served to inform and may no longer, and forget old markers; harmless to repeat.

    It ends after a year, and when the child it was about comes of age: the right is then theirs, and nobody's to tell of.

    In the hub a datum goes unless a request of the family with this body still needs it. Of what the body got, the case
    copy is due at once, and the body was told. Returns how many were carried out.
    """
    with db.transaction() as tx:
        over = or_(RIGHTS_INFORMATION.c.valid_until < paris_day(now), _OF_AGE)
        still = select(RIGHTS_INFORMATION).where(RIGHTS_INFORMATION.c.state == Informing.OPEN.value, over)
        late = still.limit(BATCH).with_for_update(skip_locked=True)
        for row in tx.execute(late).all():
            _end(tx, row, Informing.OVER, Actor(ActorKind.PROCESS, "worker"), now=now)
        ended = (RIGHTS_INFORMATION.c.ended_at.is_not(None), RIGHTS_INFORMATION.c.destroyed_at.is_(None))
        due = select(RIGHTS_INFORMATION).where(*ended).limit(BATCH).with_for_update(skip_locked=True)
        rows = tx.execute(due).all()
        for row in rows:
            _destroy(tx, row, now=now)
        old = RIGHTS_INFORMATION.c.ended_at < months_before(now, MARKER_MONTHS)
        tx.execute(delete(RIGHTS_INFORMATION).where(old, RIGHTS_INFORMATION.c.destroyed_at.is_not(None)))
    return len(rows)


def _destroy(tx: WriteTx, row: "Row[Any]", *, now: datetime) -> None:
    handed = select(RELEASE.c.release_id).where(
        RELEASE.c.act_reference == row.notice_id, RELEASE.c.recipient == row.recipient
    )
    at_once = {"keep_until": paris_day(row.ended_at), "schedule": f"at once: {row.state} (CRPA L.114-8 II)"}
    tx.execute(update(CASE_COPY).where(CASE_COPY.c.release_id.in_(handed)).values(**at_once))
    needed = exists().where(
        REQUEST.c.state == "pending",
        REQUEST.c.line_id == ENROLMENT_LINE.c.line_id,
        ENROLMENT_LINE.c.payer_id == row.person_id,
        ENROLMENT_LINE.c.body == row.recipient,
    )
    held = select(EVIDENCE.c.document_id).where(
        EVIDENCE.c.kind == "pulled",
        EVIDENCE.c.holder_id == row.person_id,
        EVIDENCE.c.usable_by == row.recipient,
        EVIDENCE.c.withdrawn_at.is_(None),
        ~needed,
    )
    for document_id in tx.execute(held).scalars().all():
        withdraw_evidence(tx, document_id, reason=row.state, now=now)
        noted = upsert(ERASURE_ASKED).values(document_id=document_id, asked_at=now)
        tx.execute(noted.on_conflict_do_nothing())
        defer(tx, Job.ERASE_DOCUMENT, document_id=document_id)
    done = RIGHTS_INFORMATION.c.information_id == row.information_id
    tx.execute(update(RIGHTS_INFORMATION).where(done).values(destroyed_at=now))


def _end(tx: WriteTx, row: "Row[Any]", state: Informing, actor: Actor, *, now: datetime) -> None:
    if row.state != Informing.OPEN:
        return
    this = RIGHTS_INFORMATION.c.information_id == row.information_id
    tx.execute(update(RIGHTS_INFORMATION).where(this).values(state=state.value, ended_at=now))
    _journal(tx, actor, PersonId(row.person_id), row.recipient, state, told={})
    event = RightsInformationEnded(row.information_id, state.value)
    event_id = publish(tx, event, now=now)
    line = _line(tx, row.line_id)
    if line is not None:
        signal = Signal(event_id, event.type, line.line_id, line.service, RIGHTS, line.school_year)
        notify(tx, Siret(row.recipient), signal, now=now)


def _journal(
    tx: WriteTx, actor: Actor, person: PersonId, recipient: str, state: Informing, *, told: dict[str, str]
) -> None:
    append(
        tx,
        JournalEntry(
            act=JournalAct.REQUEST,
            actor=actor,
            subjects=(person,),
            recipient=recipient,
            purpose=Purpose.RIGHTS_INFORMATION.value,
            detail={"step": f"rights_{state.value}", **told},
        ),
    )


def _of(tx: ReadTx, person: UUID, recipient: str, service: str) -> "Row[Any] | None":
    return tx.execute(
        select(RIGHTS_INFORMATION).where(
            RIGHTS_INFORMATION.c.person_id == person,
            RIGHTS_INFORMATION.c.recipient == recipient,
            RIGHTS_INFORMATION.c.service == service,
        )
    ).one_or_none()


def _line(tx: ReadTx, line_id: UUID | None) -> "Row[Any] | None":
    """Return a line that stands with its last request, pending or closed."""
    return tx.execute(
        select(ENROLMENT_LINE, SCHOOL_FILE.c.school_year, REQUEST.c.request_id)
        .join(SCHOOL_FILE, SCHOOL_FILE.c.file_id == ENROLMENT_LINE.c.file_id)
        .join(REQUEST, REQUEST.c.line_id == ENROLMENT_LINE.c.line_id)
        .where(ENROLMENT_LINE.c.line_id == line_id, ENROLMENT_LINE.c.retracted_at.is_(None))
        .order_by(REQUEST.c.received_at.desc())
        .limit(1)
    ).one_or_none()
