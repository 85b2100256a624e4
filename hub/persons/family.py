"""Which adult is proved to stand for which child; until then an adult sees only what they deposited.

A claim learns nothing: its answer is the same whether the child is unknown, linked to somebody else, or already theirs.
What a claim or a certificate leads to is decided in the worker, so that the time an answer takes tells nothing either.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from contracts.documents import Grade
from contracts.events import LinkContested, LinkProved
from contracts.identifiers import DocumentId, PersonId, new_uuid
from hub.persons.accounts import record_civil_status
from hub.persons.tables import CIVIL_STATUS, FAMILY_CLAIM, FAMILY_LINK, PERSON, REVIEW
from hub.requirements.names import match_key, same_civil_name
from vault.db import ReadTx, WriteTx
from vault.jobs import Job, defer
from vault.journal.entries import append
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry
from vault.outbox import publish

WORKER = Actor(ActorKind.PROCESS, "worker")


@dataclass(frozen=True, slots=True)
class Child:
    """A child as seen by an adult whose link is proved."""

    child_id: PersonId
    family_name: str
    given_names: tuple[str, ...]
    born_on: str
    grade: Grade


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What a birth certificate says, as reading extracted it."""

    document_id: DocumentId
    grade: Grade
    family_name: str
    given_names: tuple[str, ...]
    born_on: str
    birth_place: str
    parents: tuple[tuple[str, str], ...]
    """Each parent as printed: family name, given names."""


def children_of(tx: ReadTx, adult_id: UUID) -> list[Child]:
    """Return the children whose link to this adult is proved and in force, eldest first."""
    rows = tx.execute(
        select(CIVIL_STATUS, FAMILY_LINK.c.grade.label("link_grade"))
        .join(FAMILY_LINK, FAMILY_LINK.c.child_id == CIVIL_STATUS.c.person_id)
        .where(
            FAMILY_LINK.c.adult_id == adult_id,
            FAMILY_LINK.c.retracted_at.is_(None),
            FAMILY_LINK.c.authority != "withdrawn",
            CIVIL_STATUS.c.retracted_at.is_(None),
        )
        .order_by(CIVIL_STATUS.c.born_on, CIVIL_STATUS.c.person_id)
    )
    return [
        Child(PersonId(row.person_id), row.family_name, tuple(row.given_names), row.born_on, row.link_grade)
        for row in rows
    ]


def claim_child(
    tx: WriteTx, adult_id: PersonId, *, family_name: str, given_names: tuple[str, ...], born_on: date, now: datetime
) -> None:
    """Write down that an adult says to be a child's parent; a job examines it, the caller learns nothing."""
    claim_id = new_uuid()
    tx.execute(
        insert(FAMILY_CLAIM).values(
            claim_id=claim_id,
            adult_id=adult_id,
            family_name=family_name,
            given_names=list(given_names),
            born_on=born_on,
            match_key=match_key(family_name, given_names, born_on.isoformat()),
            created_at=now,
        )
    )
    append(
        tx,
        JournalEntry(
            act=JournalAct.LINK,
            actor=Actor(ActorKind.RESIDENT, str(adult_id)),
            subjects=(adult_id,),
            detail={"step": "claimed"},
        ),
    )
    defer(tx, Job.EXAMINE_CLAIM, claim_id=claim_id)


def examine_claim(tx: WriteTx, claim_id: UUID, *, now: datetime) -> None:
    """Send a claim on a child who has a guardian already to an agent, and warn that guardian without a name."""
    claim = tx.execute(select(FAMILY_CLAIM).where(FAMILY_CLAIM.c.claim_id == claim_id).with_for_update()).one()
    child_id = _child_with_key(tx, claim.match_key)
    if claim.state != "open" or child_id is None:
        return
    if _linked(tx, claim.adult_id, child_id):
        _set_claim(tx, claim_id, "proved")
        return
    contest(tx, claim.adult_id, child_id, document_id=None, reason="child_already_linked", now=now)
    _set_claim(tx, claim_id, "under_review")


def prove_link(tx: WriteTx, adult_id: UUID, certificate: CertificateFacts, *, now: datetime) -> PersonId | None:
    """Link the adult to the child of a sealed certificate that names them as parent; return the child.

    A certificate without a seal, or one that does not name the adult, links nobody; neither does an account whose
    holder declared their own name. A child somebody else is linked to already goes to an agent instead. Harmless to
    repeat.
    """
    key = match_key(certificate.family_name, certificate.given_names, certificate.born_on)
    child_id = _child_with_key(tx, key)
    if child_id is not None and _linked(tx, adult_id, child_id):
        return child_id
    doubt = _doubt(tx, adult_id, certificate)
    if doubt is not None:
        # A paper about nobody we know that does not name its depositor concerns nobody: no agent is asked.
        if child_id is not None or doubt != "not_named":
            contest(tx, adult_id, child_id, document_id=certificate.document_id, reason=doubt, now=now)
        return None
    if child_id is not None and _has_guardian(tx, child_id):
        contest(tx, adult_id, child_id, document_id=certificate.document_id, reason="child_already_linked", now=now)
        return None
    if child_id is None:
        child_id = _new_child(tx, certificate, now=now)
    _insert_link(tx, adult_id, child_id, certificate, now=now)
    tx.execute(
        update(FAMILY_CLAIM)
        .where(FAMILY_CLAIM.c.adult_id == adult_id, FAMILY_CLAIM.c.match_key == key)
        .values(state="proved")
    )
    return child_id


def contest(
    tx: WriteTx, adult_id: UUID, child_id: UUID | None, *, document_id: UUID | None, reason: str, now: datetime
) -> None:
    """Give an agent something to decide, once, and tell the guardians that somebody asked, without saying who."""
    warned = _under_review(tx, adult_id, child_id)
    row = tx.execute(
        upsert(REVIEW)
        .values(
            review_id=new_uuid(),
            kind="family_link",
            adult_id=adult_id,
            child_id=child_id,
            document_id=document_id,
            reason=reason,
            created_at=now,
        )
        .on_conflict_do_nothing()
        .returning(REVIEW.c.review_id)
    ).scalar_one_or_none()
    if row is None:
        return
    publish(tx, LinkContested(row), now=now)
    guardians = () if child_id is None else _guardians(tx, child_id)
    if guardians and not warned:
        entry = JournalEntry(act=JournalAct.LINK, actor=WORKER, subjects=guardians, detail={"step": "contested"})
        append(tx, entry)


def _under_review(tx: ReadTx, adult_id: UUID, child_id: UUID | None) -> bool:
    """Tell whether the guardians were warned already: once is enough for one stranger and one child."""
    statement = select(REVIEW.c.review_id).where(
        REVIEW.c.kind == "family_link",
        REVIEW.c.adult_id == adult_id,
        REVIEW.c.child_id == child_id,
        REVIEW.c.state == "waiting",
    )
    return tx.execute(statement.limit(1)).one_or_none() is not None


def _insert_link(
    tx: WriteTx, adult_id: UUID, child_id: PersonId, certificate: CertificateFacts, *, now: datetime
) -> None:
    link_id = new_uuid()
    tx.execute(
        insert(FAMILY_LINK).values(
            link_id=link_id,
            adult_id=adult_id,
            child_id=child_id,
            kind="parent",
            authority="joint",
            source_document=certificate.document_id,
            grade=certificate.grade,
            valid_from=date.fromisoformat(certificate.born_on),
            recorded_at=now,
        )
    )
    entry = JournalEntry(
        act=JournalAct.LINK,
        actor=WORKER,
        document=certificate.document_id,
        subjects=(adult_id,),
        detail={"step": "proved"},
    )
    append(tx, entry)
    publish(tx, LinkProved(link_id, certificate.grade), now=now)


def _new_child(tx: WriteTx, certificate: CertificateFacts, *, now: datetime) -> PersonId:
    child_id = PersonId(new_uuid())
    tx.execute(insert(PERSON).values(person_id=child_id, created_at=now))
    facts: dict[str, object] = {
        "family_name": certificate.family_name,
        "given_names": list(certificate.given_names),
        "born_on": certificate.born_on,
        "birth_place": certificate.birth_place,
    }
    record_civil_status(tx, child_id, facts, source="birth_certificate", grade=certificate.grade, now=now)
    return child_id


def _child_with_key(tx: ReadTx, key: str) -> PersonId | None:
    # Only somebody who is a child of some link is found: an adult with the same name and date is another person.
    statement = (
        select(CIVIL_STATUS.c.person_id)
        .join(FAMILY_LINK, FAMILY_LINK.c.child_id == CIVIL_STATUS.c.person_id)
        .where(
            CIVIL_STATUS.c.match_key == key,
            CIVIL_STATUS.c.retracted_at.is_(None),
            FAMILY_LINK.c.retracted_at.is_(None),
        )
        .limit(1)
    )
    found = tx.execute(statement).scalar_one_or_none()
    return None if found is None else PersonId(found)


def _doubt(tx: ReadTx, adult_id: UUID, certificate: CertificateFacts) -> str | None:
    """Return why a certificate does not prove the link of this adult, or nothing where it does."""
    adult = tx.execute(
        select(CIVIL_STATUS).where(CIVIL_STATUS.c.person_id == adult_id, CIVIL_STATUS.c.retracted_at.is_(None))
    ).one()
    given = " ".join(adult.given_names)
    # Civil-status papers carry birth names: a usage name does not make a parent.
    if not any(same_civil_name(family, names, adult.family_name, given) for family, names in certificate.parents):
        return "not_named"
    if certificate.grade is Grade.SELF_DECLARED:
        return "not_sealed"
    return "identity_self_declared" if adult.grade is Grade.SELF_DECLARED else None


def _linked(tx: ReadTx, adult_id: UUID, child_id: UUID) -> bool:
    return adult_id in _guardians(tx, child_id)


def _has_guardian(tx: ReadTx, child_id: UUID) -> bool:
    return bool(_guardians(tx, child_id))


def _guardians(tx: ReadTx, child_id: UUID) -> tuple[UUID, ...]:
    rows = tx.execute(
        select(FAMILY_LINK.c.adult_id).where(FAMILY_LINK.c.child_id == child_id, FAMILY_LINK.c.retracted_at.is_(None))
    )
    return tuple(rows.scalars())


def _set_claim(tx: WriteTx, claim_id: UUID, state: str) -> None:
    tx.execute(update(FAMILY_CLAIM).where(FAMILY_CLAIM.c.claim_id == claim_id).values(state=state))
