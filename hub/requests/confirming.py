"""What the other guardian has to confirm: a request is instructed at once, and only its effect waits for them.

They read who asks for what for which child, and nothing else: no body, no address, no contact, no income, no paper. The
body would tell in which arrondissement the child is to live.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Row

from contracts.identifiers import PersonId, RequestId, new_uuid
from hub.errors import NothingHere
from hub.persons.links import Authority, standing, today
from hub.persons.tables import CIVIL_STATUS, FAMILY_LINK, REVIEW
from hub.requests.tables import CONFIRMATION, ENROLMENT_LINE, REQUEST, SCHOOL_FILE
from hub.requirements.catalogue import Catalogue
from vault.db import ReadTx, WriteTx
from vault.journal.entries import append
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry

OBJECTION = "objection"
"""Kind and reason of the review by which an agent of the body looks at a disagreement."""
HUB = Actor(ActorKind.PROCESS, "hub")
"""Who tells a person of another's act: never the other."""


class Consent(StrEnum):
    """Where a confirmation stands; stored, so never renamed."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    OBJECTED = "objected"
    LIFTED = "lifted"
    """An agent found that the objection no longer stands in the way."""
    UPHELD = "upheld"
    """An agent found no agreement: only a judge can decide (code civil 372-1)."""


class Reply(StrEnum):
    """What the other guardian answers."""

    CONFIRM = "confirm"
    OBJECT = "object"


_BECOMES = {Reply.CONFIRM: Consent.CONFIRMED, Reply.OBJECT: Consent.OBJECTED}
_FROM = {
    Reply.CONFIRM: (Consent.WAITING.value, Consent.OBJECTED.value),
    Reply.OBJECT: (Consent.WAITING.value,),
}
"""From where an answer may be given: an objection may be taken back, a confirmation has had its effect."""
_HINDERING = (Consent.UPHELD, Consent.OBJECTED, Consent.WAITING)
"""What keeps a request from taking effect; the weightiest first."""
SENTENCES = {
    Consent.WAITING: "Votre demande est étudiée. Elle prendra effet quand l'autre responsable de l'enfant l'aura confirmée.",
    Consent.OBJECTED: "L'autre responsable de l'enfant n'est pas d'accord. Un agent du service va regarder votre demande.",
    Consent.UPHELD: (
        "Sans l'accord de l'autre responsable de l'enfant, votre demande ne prend pas effet. "
        "Vous pouvez saisir le juge aux affaires familiales (code civil, article 372-1)."
    ),
}
"""What the person who asked reads of an effect that waits."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a guardian is asked to confirm; everything they read of the other guardian is ``asked_by``."""

    confirmation_id: UUID
    asked_by: str = field(repr=False)
    service: str
    service_name: str
    child: str = field(repr=False)
    asked_at: datetime
    state: Consent

    @property
    def sentence(self) -> str:
        """The one sentence the guardian reads."""
        name = self.service_name[0].lower() + self.service_name[1:]
        return f"{self.asked_by} demande pour {self.child}\N{NO-BREAK SPACE}: {name}."


@dataclass(frozen=True, slots=True)
class Answered:
    """A confirmation that was answered, with the request and line it is about."""

    confirmation_id: UUID
    request_id: UUID
    line: "Row[Any]"
    consent: Consent
    changed: bool
    """Whether this answer is new."""


def who_confirms(tx: ReadTx, catalogue: Catalogue, requester: PersonId, line_id: UUID) -> tuple[PersonId, ...]:
    """Return the other guardians who have to confirm what the requester asks for on a line.

    Nobody where the service needs one guardian, where the requester exercises authority alone, where no other guardian
    with joint authority is known, or where the requester had this service from this body before: staying is a usual act.
    """
    line = tx.execute(_LINE.where(ENROLMENT_LINE.c.line_id == line_id)).one()
    if catalogue.services[line.service].guardians < 2 or _had_it_before(tx, requester, line):
        return ()
    joint = {adult for adult, _ in joint_authority(tx, [line.child_id])}
    return tuple(PersonId(one) for one in sorted(joint - {requester})) if requester in joint else ()


def ask_them(tx: WriteTx, guardians: Iterable[PersonId], request_id: RequestId, service: str, *, now: datetime) -> None:
    """Ask guardians to confirm a request; each reads it in their own space."""
    for guardian in guardians:
        row = {"confirmation_id": new_uuid(), "request_id": request_id, "guardian_id": guardian}
        tx.execute(insert(CONFIRMATION).values(**row, state=Consent.WAITING.value, asked_at=now))
        _tell(tx, guardian, "confirmation_wanted", service)


def ask_late(tx: WriteTx, catalogue: Catalogue, child_id: UUID, *, now: datetime) -> list["Row[Any]"]:
    """Ask guardians who were recognised after a request was made to confirm it; return the requests that wait now.

    A request that its other guardians answered stays answered by them. Harmless to repeat.
    """
    found = []
    for row in tx.execute(_OPEN.where(SCHOOL_FILE.c.child_id == child_id)).all():
        wanted = who_confirms(tx, catalogue, PersonId(row.requester_id), row.line_id)
        asked = set(
            tx.execute(select(CONFIRMATION.c.guardian_id).where(CONFIRMATION.c.request_id == row.request_id)).scalars()
        )
        late = [guardian for guardian in wanted if guardian not in asked]
        if late:
            ask_them(tx, late, RequestId(row.request_id), row.service, now=now)
            _tell(tx, PersonId(row.requester_id), "confirmation_awaited", row.service)
            found.append(row)
    return found


def joint_authority(tx: ReadTx, children: Collection[UUID]) -> set[tuple[UUID, UUID]]:
    """Return which adult has joint authority over which of these children today, as pairs."""
    rows = tx.execute(
        select(FAMILY_LINK.c.adult_id, FAMILY_LINK.c.child_id).where(
            FAMILY_LINK.c.child_id.in_(list(children)),
            FAMILY_LINK.c.authority == Authority.JOINT.value,
            *standing(),
        )
    )
    return {(row.adult_id, row.child_id) for row in rows}


def asked_of(tx: ReadTx, catalogue: Catalogue, guardian: PersonId) -> list[Asked]:
    """Return what a guardian is, or was, asked to confirm of requests that are open, oldest first."""
    rows = tx.execute(
        _ASKED.where(CONFIRMATION.c.guardian_id == guardian).order_by(
            CONFIRMATION.c.asked_at, CONFIRMATION.c.confirmation_id
        )
    ).all()
    counting = _counting(tx, rows)
    persons = _names(tx, {one for row in counting for one in (row.requester_id, row.child_id)})
    return [
        Asked(
            confirmation_id=row.confirmation_id,
            asked_by=" ".join(persons[row.requester_id]),
            service=row.service,
            service_name=catalogue.services[row.service].name_fr,
            child=persons[row.child_id][0],
            asked_at=row.asked_at,
            state=Consent(row.state),
        )
        for row in counting
    ]


def effects(tx: ReadTx, lines: Collection[UUID]) -> dict[UUID, Consent]:
    """Return for each line whose request does not take effect yet what it waits for; the other lines are not there.

    What a judgment changed since counts at once: without joint authority on both sides nothing has to be confirmed.
    """
    hindering = [consent.value for consent in _HINDERING]
    rows = tx.execute(_ASKED.where(REQUEST.c.line_id.in_(list(lines)), CONFIRMATION.c.state.in_(hindering))).all()
    found: dict[UUID, Consent] = {}
    for row in _counting(tx, rows):
        consent = Consent(row.state)
        before = found.get(row.line_id, consent)
        found[row.line_id] = min(consent, before, key=_HINDERING.index)
    return found


def write_answer(tx: WriteTx, guardian: PersonId, confirmation_id: UUID, reply: Reply, *, now: datetime) -> Answered:
    """Write down what a guardian answers, and give an objection to an agent of the body; harmless to repeat.

    Raises :class:`NothingHere` alike for what is another's, what does not exist, and what can no longer be answered so.
    """
    row = tx.execute(
        _ASKED.where(CONFIRMATION.c.confirmation_id == confirmation_id, CONFIRMATION.c.guardian_id == guardian)
    ).one_or_none()
    if row is None or not _counting(tx, [row]):
        raise NothingHere
    becomes = _BECOMES[reply]
    written = tx.execute(
        update(CONFIRMATION)
        .where(CONFIRMATION.c.confirmation_id == confirmation_id, CONFIRMATION.c.state.in_(_FROM[reply]))
        .values(state=becomes.value, answered_at=now)
        .returning(CONFIRMATION.c.confirmation_id)
    ).one_or_none()
    if written is None and row.state != becomes.value:
        raise NothingHere
    if written is not None:
        _tell(tx, guardian, f"{becomes.value}_by_you", row.service, actor=Actor(ActorKind.RESIDENT, str(guardian)))
        _tell(tx, PersonId(row.requester_id), becomes.value, row.service)
        if becomes is Consent.OBJECTED:
            _give_to_agent(tx, row, now=now)
    return Answered(confirmation_id, row.request_id, row, becomes, changed=written is not None)


def settle_objection(tx: WriteTx, line_id: UUID, consent: Consent, *, now: datetime) -> list["Row[Any]"]:
    """Write down what an agent decided about the objections to a line's request; return what they were about."""
    rows = tx.execute(_ASKED.where(REQUEST.c.line_id == line_id, CONFIRMATION.c.state == Consent.OBJECTED.value)).all()
    for row in rows:
        tx.execute(
            update(CONFIRMATION)
            .where(CONFIRMATION.c.confirmation_id == row.confirmation_id)
            .values(state=consent.value, answered_at=now)
        )
        _tell(tx, PersonId(row.requester_id), consent.value, row.service)
        _tell(tx, PersonId(row.guardian_id), f"{consent.value}_for_you", row.service)
    return list(rows)


_LINE_OF_REQUEST = (
    REQUEST.c.requester_id,
    REQUEST.c.line_id,
    ENROLMENT_LINE.c.service,
    ENROLMENT_LINE.c.body,
    SCHOOL_FILE.c.child_id,
    SCHOOL_FILE.c.school_year,
)
_OPEN = (
    select(REQUEST.c.request_id, *_LINE_OF_REQUEST)
    .join(ENROLMENT_LINE, ENROLMENT_LINE.c.line_id == REQUEST.c.line_id)
    .join(SCHOOL_FILE, SCHOOL_FILE.c.file_id == ENROLMENT_LINE.c.file_id)
    .where(
        REQUEST.c.state == "pending", ENROLMENT_LINE.c.retracted_at.is_(None), ENROLMENT_LINE.c.valid_until >= today()
    )
    .order_by(REQUEST.c.received_at, REQUEST.c.request_id)
)
_ASKED = (
    select(CONFIRMATION, *_LINE_OF_REQUEST)
    .join(REQUEST, REQUEST.c.request_id == CONFIRMATION.c.request_id)
    .join(ENROLMENT_LINE, ENROLMENT_LINE.c.line_id == REQUEST.c.line_id)
    .join(SCHOOL_FILE, SCHOOL_FILE.c.file_id == ENROLMENT_LINE.c.file_id)
    .where(REQUEST.c.state == "pending", ENROLMENT_LINE.c.retracted_at.is_(None))
)


def _counting(tx: ReadTx, rows: Iterable["Row[Any]"]) -> list["Row[Any]"]:
    """Return the confirmations whose guardian and requester both have joint authority over the child today."""
    asked = list(rows)
    joint = joint_authority(tx, {row.child_id for row in asked}) if asked else set()
    return [row for row in asked if {(row.guardian_id, row.child_id), (row.requester_id, row.child_id)} <= joint]


_LINE = select(ENROLMENT_LINE, SCHOOL_FILE.c.child_id, SCHOOL_FILE.c.school_year).join(
    SCHOOL_FILE, SCHOOL_FILE.c.file_id == ENROLMENT_LINE.c.file_id
)


def _had_it_before(tx: ReadTx, requester: PersonId, line: "Row[Any]") -> bool:
    # Only the requester's own lines: another's would tell them which body the other parent has turned to.
    before = tx.execute(
        select(ENROLMENT_LINE.c.line_id)
        .join(SCHOOL_FILE, SCHOOL_FILE.c.file_id == ENROLMENT_LINE.c.file_id)
        .where(
            SCHOOL_FILE.c.child_id == line.child_id,
            SCHOOL_FILE.c.school_year < line.school_year,
            ENROLMENT_LINE.c.payer_id == requester,
            ENROLMENT_LINE.c.service == line.service,
            ENROLMENT_LINE.c.body == line.body,
            ENROLMENT_LINE.c.retracted_at.is_(None),
        )
    ).scalars()
    earlier = list(before)
    return bool(earlier) and not effects(tx, earlier)


def _names(tx: ReadTx, persons: Collection[UUID]) -> dict[UUID, tuple[str, str]]:
    """Return first given name and birth name: a usage name could tell of a life the other is no part of."""
    rows = tx.execute(
        select(CIVIL_STATUS.c.person_id, CIVIL_STATUS.c.given_names, CIVIL_STATUS.c.family_name).where(
            CIVIL_STATUS.c.person_id.in_(list(persons)), CIVIL_STATUS.c.retracted_at.is_(None)
        )
    )
    return {row.person_id: (row.given_names[0], row.family_name) for row in rows}


def _give_to_agent(tx: WriteTx, row: "Row[Any]", *, now: datetime) -> None:
    review = {
        "review_id": new_uuid(),
        "kind": OBJECTION,
        "adult_id": row.requester_id,
        "child_id": row.child_id,
        "line_id": row.line_id,
        "service": row.service,
        "body": row.body,
        "reason": OBJECTION,
        "opinions_needed": 1,
        "state": "waiting",
        "created_at": now,
    }
    tx.execute(upsert(REVIEW).values(**review).on_conflict_do_nothing())


def _tell(tx: WriteTx, person: PersonId, step: str, service: str, *, actor: Actor = HUB) -> None:
    """Write into somebody's trace what was asked or answered; no body, and nobody's name."""
    detail = {"step": step, "service": service}
    append(tx, JournalEntry(JournalAct.REQUEST, actor, subjects=(person,), detail=detail))
