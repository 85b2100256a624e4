"""What follows a decision, carried out once in the worker: the family is judged again, or a link is written or ended."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from contracts.calendar import paris_day
from contracts.documents import EvidenceType, Grade, Outcome
from contracts.identifiers import DocumentId
from contracts.reviews import FIT_REASONS
from hub.linking.links import tell_superseded, tell_superseded_child
from hub.linking.proposing import PARTNER_LINK, link_proposed
from hub.persons.childhood import CHILDHOOD, take_childhood
from hub.persons.deaths import record_death
from hub.persons.links import (
    Authority,
    ChildFacts,
    Kind,
    Link,
    Source,
    guardians_of,
    link_between,
    lock_child,
    new_child,
    write_link,
)
from hub.persons.merging import ACCOUNT_MERGE, keep_apart, merge_accounts
from hub.persons.one_child import CHILD_MERGE, CHILD_PART, merge_children, part_children
from hub.persons.proving import DEATH_DECLARED, Paper, prove_claims, set_claim
from hub.persons.tables import CIVIL_STATUS, FAMILY_CLAIM, REVIEW
from hub.requests.confirming import OBJECTION
from hub.requirements.catalogue import Catalogue
from hub.reviews.deciding import JUDGMENT, LinkFinding
from hub.school_files.agreeing import ask_late_guardians, decide_objection
from hub.school_files.judging import judge_family
from vault.db import ReadTx, WriteTx
from vault.documents.custody import Custody
from vault.documents.opening import open_fields
from vault.documents.tables import READING
from vault.journal.entries import append
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry

WORKER = Actor(ActorKind.PROCESS, "worker")
_BY_CLAIM = {"child_in_household": Source.CAF_ANSWER}
_BY_PAPER = {
    EvidenceType.BIRTH_CERTIFICATE: Source.BIRTH_CERTIFICATE,
    EvidenceType.FAMILY_RECORD_BOOK: Source.FAMILY_RECORD_BOOK,
    EvidenceType.CUSTODY_JUDGMENT: Source.CUSTODY_JUDGMENT,
}


def apply_review(custody: Custody, catalogue: Catalogue, review_id: UUID) -> None:
    """Carry out what agents decided; harmless to repeat. Needs the right to unwrap, as judging does."""
    with custody.db.transaction() as tx:
        row = tx.execute(select(REVIEW).where(REVIEW.c.review_id == review_id).with_for_update()).one_or_none()
        if row is None or row.state != "decided" or row.applied_at is not None:
            return  # erased with its paper, or carried out before
        now = custody.now()
        if row.kind == "fit":
            _tell_family(tx, row)
            judge_family(tx, custody, catalogue, row.adult_id, now=now)
        elif row.kind == OBJECTION:
            decide_objection(tx, row.line_id, passed=row.outcome is Outcome.PASSED, now=now)
        elif row.kind == PARTNER_LINK:
            if row.outcome is Outcome.PASSED:
                link_proposed(tx, row.proposal_id, row.adult_id, row.child_id, row.review_id, now=now)
        elif row.other_id is not None:
            _of_two(tx, custody, catalogue, row, now=now)
        elif row.reason == DEATH_DECLARED:
            _end_by_death(tx, row, now=now)
        elif row.outcome is Outcome.PASSED:
            child_id = _write(tx, custody, row, LinkFinding.of(row.decision), now=now)
            ask_late_guardians(tx, catalogue, child_id, now=now)
        else:
            _refuse(tx, row)
        tx.execute(update(REVIEW).where(REVIEW.c.review_id == review_id).values(applied_at=now))


def _of_two(tx: WriteTx, custody: Custody, catalogue: Catalogue, row: Any, *, now: datetime) -> None:
    """Carry out what was decided of two accounts, two records of one child, or somebody of age and a child's record."""
    if row.kind == ACCOUNT_MERGE:
        _merge(tx, custody, row, now=now)
    elif row.kind == CHILD_MERGE:
        _merge_children(tx, catalogue, row, now=now)
    elif row.kind == CHILD_PART:
        part_children(tx, row, now=now)
    elif row.kind == CHILDHOOD:
        take_childhood(tx, custody, row)


def _merge(tx: WriteTx, custody: Custody, row: Any, *, now: datetime) -> None:
    """Make two accounts one, and tell the bodies whose line rests since."""
    merge_id = merge_accounts(tx, custody, row) if row.outcome is Outcome.PASSED else None
    if merge_id is None:
        keep_apart(tx, row)
    else:
        tell_superseded(tx, merge_id, now=now)


def _merge_children(tx: WriteTx, catalogue: Catalogue, row: Any, *, now: datetime) -> None:
    """Make two records of one child one; partners are told, and guardians of both have a say in what was asked before."""
    merge_id = merge_children(tx, row, now=now)
    if merge_id is not None:
        tell_superseded(tx, merge_id, now=now)
        tell_superseded_child(tx, merge_id, row.other_id, now=now)
        ask_late_guardians(tx, catalogue, row.child_id, now=now)


def _tell_family(tx: WriteTx, row: Any) -> None:
    """Write into the family's trace what an agent decided, in the words the family reads."""
    detail = {"step": "told", "outcome": row.outcome.value, "reason": row.decision_reason, "service": row.service}
    if row.decision_reason in FIT_REASONS:
        entry = JournalEntry(
            JournalAct.REVIEW,
            WORKER,
            document=row.document_id,
            subjects=(row.adult_id,),
            recipient=row.body,
            detail=detail,
        )
        append(tx, entry)


def _write(tx: WriteTx, custody: Custody, row: Any, found: LinkFinding, *, now: datetime) -> UUID:
    """Write down the link that agents found, and return whose it is."""
    child_id, key = _child(tx, custody, row, found, now=now)
    lock_child(tx, key)
    others = tuple(one for one in guardians_of(tx, child_id) if one != found.adult_id)
    link = Link(
        adult_id=found.adult_id,
        child_id=child_id,
        kind=found.kind,
        authority=found.authority,
        source=_source(tx, row),
        grade=Grade.AGENT_CHECKED,
        valid_from=found.valid_from or paris_day(now),
        source_document=row.document_id,
        source_review=row.review_id,
    )
    write_link(tx, replace(link, valid_until=found.valid_until), now=now)
    if found.authority is not Authority.WITHDRAWN:
        prove_claims(tx, found.adult_id, key)
    if others and row.reason != JUDGMENT:
        # They were told that somebody asked; who it is they are not told.
        append(tx, JournalEntry(JournalAct.LINK, WORKER, subjects=others, detail={"step": "recognised"}))
    _close_others(tx, row, now=now)
    return child_id


def _end_by_death(tx: WriteTx, row: Any, *, now: datetime) -> None:
    """End the link of somebody who has died; the other parent exercises authority alone (code civil 373-1)."""
    if row.outcome is not Outcome.PASSED:
        return
    found = LinkFinding.of(row.decision)
    died_on = found.valid_until or paris_day(now)
    told = {"grade": Grade.AGENT_CHECKED, "source": Source.AGENT, "source_review": row.review_id}
    before = link_between(tx, found.adult_id, row.child_id)
    if before is not None:
        # Nobody stands for a child on a day before they did: a link known late ends on the day it began.
        ended = max(died_on, before.valid_from)
        write_link(tx, replace(before, valid_until=ended, source_document=None, **told), now=now)
    record_death(tx, found.adult_id, died_on, source_review=row.review_id, now=now)
    remaining = [link_between(tx, one, row.child_id) for one in guardians_of(tx, row.child_id) if one != found.adult_id]
    parents = [one for one in remaining if one is not None and one.kind is Kind.PARENT]
    if len(parents) == 1 and parents[0].authority is Authority.JOINT:
        write_link(tx, replace(parents[0], authority=Authority.SOLE, source_document=None, **told), now=now)


def _refuse(tx: WriteTx, row: Any) -> None:
    """Tell the guardians who were warned how it ended; whoever asked reads nothing."""
    if row.claim_id is not None:
        set_claim(tx, row.claim_id, "refused")
    warned = () if row.child_id is None or row.reason == JUDGMENT else guardians_of(tx, row.child_id)
    if warned:
        append(tx, JournalEntry(JournalAct.LINK, WORKER, subjects=warned, detail={"step": "not_recognised"}))


def _child(tx: WriteTx, custody: Custody, row: Any, found: LinkFinding, *, now: datetime) -> tuple[UUID, str]:
    """Return the child meant and the key of their names and date; a child nobody knew is written down now."""
    if found.child_id is not None:
        key = tx.execute(
            select(CIVIL_STATUS.c.match_key).where(
                CIVIL_STATUS.c.person_id == found.child_id, CIVIL_STATUS.c.retracted_at.is_(None)
            )
        ).scalar_one()
        return found.child_id, str(key)
    facts = _facts(tx, custody, row)
    lock_child(tx, facts.key)
    source = _source(tx, row).value
    return new_child(tx, facts, source=source, grade=Grade.AGENT_CHECKED, now=now), facts.key


def _facts(tx: ReadTx, custody: Custody, row: Any) -> ChildFacts:
    """Return who the new child is: as the paper says, or where there is none as the adult claimed."""
    if row.document_id is not None:
        fields = open_fields(custody, tx, DocumentId(row.document_id))
        child = Paper(row.document_id, _kind(tx, row.document_id), Grade.AGENT_CHECKED, fields).child
        if child is not None:
            return child
    claimed = select(FAMILY_CLAIM).where(FAMILY_CLAIM.c.adult_id == row.adult_id)
    chosen = claimed.where(FAMILY_CLAIM.c.claim_id == row.claim_id) if row.claim_id is not None else claimed
    claim = tx.execute(chosen.order_by(FAMILY_CLAIM.c.created_at.desc()).limit(1)).one()
    return ChildFacts(claim.family_name, tuple(claim.given_names), claim.born_on.isoformat())


def _source(tx: ReadTx, row: Any) -> Source:
    if row.document_id is None:
        return _BY_CLAIM.get(row.reason, Source.AGENT)
    return _BY_PAPER.get(_kind(tx, row.document_id), Source.AGENT)


def _kind(tx: ReadTx, document_id: UUID) -> EvidenceType:
    found = tx.execute(select(READING.c.evidence_type).where(READING.c.document_id == document_id)).scalar_one()
    return EvidenceType(found)


def _close_others(tx: WriteTx, row: Any, *, now: datetime) -> None:
    """End what else waits about the same adult and child: it is decided."""
    if row.child_id is None or row.reason == JUDGMENT:
        return
    same = (
        REVIEW.c.kind == "family_link",
        REVIEW.c.adult_id == row.adult_id,
        REVIEW.c.child_id == row.child_id,
        REVIEW.c.state == "waiting",
        REVIEW.c.reason != JUDGMENT,
    )
    ended = {"state": "decided", "outcome": row.outcome, "decision_reason": row.decision_reason, "decided_at": now}
    tx.execute(update(REVIEW).where(*same).values(**ended, applied_at=now))
