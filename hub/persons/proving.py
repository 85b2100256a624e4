"""What proves a family link by itself, and what only an agent can decide; all of it in the worker.

A sealed certificate that names the adult links them to a child nobody stands for yet. Everything else that could link
goes to an agent: a paper without a seal, an account whose holder declared their own name, a judgment, what the CAF says of a
household, and whatever is about a child somebody stands for already.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from contracts.calendar import majority, paris_day
from contracts.documents import EvidenceType, Grade
from contracts.events import LinkContested
from contracts.identifiers import PersonId, Siret, new_uuid
from contracts.readings import Field
from hub.persons.links import (
    WORKER,
    Authority,
    ChildFacts,
    Kind,
    Link,
    Source,
    authority_over,
    children_with,
    guardians_of,
    lock_child,
    new_child,
    write_link,
)
from hub.persons.residences import residence_on
from hub.persons.tables import CIVIL_STATUS, FAMILY_CLAIM, FAMILY_LINK, REVIEW
from hub.requirements.catalogue import load
from hub.requirements.names import same_civil_name
from vault.db import ReadTx, WriteTx
from vault.journal.entries import append
from vault.journal.records import JournalAct, JournalEntry
from vault.outbox import publish

ENROLMENT = "enrolment"
SERVICE = "family_link"
"""The queue in which reviews of links wait, beside those of the services."""
JUDGMENT_OPINIONS = 2
"""A judgment may take somebody's child out of their sight: two agents read it."""
DEATH_DECLARED = "death"
"""Reason of a review by which agents end the link of somebody who has died."""
_CIVIL_PAPERS = {
    EvidenceType.BIRTH_CERTIFICATE: Source.BIRTH_CERTIFICATE,
    EvidenceType.FAMILY_RECORD_BOOK: Source.FAMILY_RECORD_BOOK,
}
TELLING = frozenset({*_CIVIL_PAPERS, EvidenceType.CUSTODY_JUDGMENT, EvidenceType.DEATH_CERTIFICATE})
"""Kinds of paper that say something of a family link."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper that says something of a family, as reading extracted it."""

    document_id: UUID
    evidence_type: EvidenceType
    grade: Grade
    fields: Mapping[str, str] = field(repr=False)

    @property
    def child(self) -> ChildFacts | None:
        """The child it is about, where names and date of birth were read."""
        read = self.fields
        if not (read.get(Field.CHILD_FAMILY_NAME) and read.get(Field.CHILD_FIRST_NAMES) and _day(self)):
            return None
        return ChildFacts(
            family_name=read[Field.CHILD_FAMILY_NAME],
            given_names=(read[Field.CHILD_FIRST_NAMES],),
            born_on=read[Field.CHILD_BORN_ON],
            birth_place=read.get(Field.CHILD_BIRTHPLACE, ""),
        )

    @property
    def parents(self) -> tuple[tuple[str, str], ...]:
        """Each parent as printed: family name, given names."""
        read = self.fields
        named = (
            (read.get(Field.PARENT_1_FAMILY_NAME), read.get(Field.PARENT_1_FIRST_NAMES, "")),
            (read.get(Field.PARENT_2_FAMILY_NAME), read.get(Field.PARENT_2_FIRST_NAMES, "")),
        )
        return tuple((family, given) for family, given in named if family)


@dataclass(frozen=True, slots=True)
class Doubt:
    """What an agent is to decide about an adult and a child; the child may be one we do not know yet."""

    adult_id: UUID
    child_id: UUID | None
    reason: str
    document_id: UUID | None = None
    claim_id: UUID | None = None
    opinions_needed: int = 1
    warns: bool = True
    """Whether the guardians are told that somebody asked; never of a judgment, which can be about one of them."""


def consider_paper(tx: WriteTx, adult_id: UUID, paper: Paper, *, now: datetime) -> None:
    """Link the adult by a paper they handed in, or give it to an agent, or do nothing; harmless to repeat."""
    if paper.evidence_type is EvidenceType.CUSTODY_JUDGMENT:
        _consider_judgment(tx, adult_id, paper, now=now)
    elif paper.evidence_type is EvidenceType.DEATH_CERTIFICATE:
        _add_to_declared_death(tx, adult_id, paper)
    elif paper.evidence_type in _CIVIL_PAPERS:
        child = paper.child
        if child is not None and not _of_age(child.born_on, now=now):
            lock_child(tx, child.key)
            _consider_certificate(tx, adult_id, paper, child, now=now)


def consider_household(tx: WriteTx, adult_id: UUID, children: str, *, now: datetime) -> None:
    """Compare the children of a household, as the CAF or MSA names them, with what the adult claims.

    Being in a household is not being one's child, so that it links nobody: an agent is told and decides.
    ``children`` is written as :attr:`contracts.readings.Field.CHILDREN` says.
    """
    claims = tx.execute(
        select(FAMILY_CLAIM).where(FAMILY_CLAIM.c.adult_id == adult_id, FAMILY_CLAIM.c.state == "open")
    ).all()
    household = [parts for line in filter(None, children.split("|")) if len(parts := line.split("/")) == 3]
    for claim in claims:
        given = " ".join(claim.given_names)
        if any(
            born == claim.born_on.isoformat() and same_civil_name(family, names, claim.family_name, given)
            for family, names, born in household
        ):
            known = children_with(tx, claim.match_key)
            child_id = known[0] if known else None
            contest(tx, Doubt(adult_id, child_id, "child_in_household", claim_id=claim.claim_id), now=now)
            set_claim(tx, claim.claim_id, "under_review")


def examine_claim(tx: WriteTx, claim_id: UUID, *, now: datetime) -> None:
    """Send a claim on a child who has a guardian already to an agent, and warn that guardian without a name."""
    claim = tx.execute(select(FAMILY_CLAIM).where(FAMILY_CLAIM.c.claim_id == claim_id).with_for_update()).one()
    known = children_with(tx, claim.match_key)
    if claim.state != "open" or not known:
        return
    before = {authority_over(tx, claim.adult_id, child_id) for child_id in known}
    if Authority.WITHDRAWN in before or _of_age(claim.born_on.isoformat(), now=now):
        # What a judgment ended, only another judgment begins again; the guardian is not disturbed. Nobody stands for an
        # adult, who is not disturbed either.
        set_claim(tx, claim_id, "refused")
    elif _stands_for(tx, claim.adult_id, known) is not None:
        set_claim(tx, claim_id, "proved")
    else:
        contest(tx, Doubt(claim.adult_id, known[0], "child_already_linked", claim_id=claim_id), now=now)
        set_claim(tx, claim_id, "under_review")


def contest(tx: WriteTx, doubt: Doubt, *, now: datetime) -> None:
    """Give an agent something to decide, once, and tell the guardians that somebody asked, without saying who."""
    warned = not doubt.warns or _under_review(tx, doubt)
    row = tx.execute(
        upsert(REVIEW)
        .values(
            review_id=new_uuid(),
            kind="family_link",
            service=SERVICE,
            adult_id=doubt.adult_id,
            child_id=doubt.child_id,
            document_id=doubt.document_id,
            claim_id=doubt.claim_id,
            body=deciding_body(tx, doubt.adult_id, now=now),
            reason=doubt.reason,
            opinions_needed=doubt.opinions_needed,
            created_at=now,
        )
        .on_conflict_do_nothing()
        .returning(REVIEW.c.review_id)
    ).scalar_one_or_none()
    if row is None:
        return
    publish(tx, LinkContested(row), now=now)
    guardians = () if doubt.child_id is None else guardians_of(tx, doubt.child_id)
    if guardians and not warned:
        append(tx, JournalEntry(JournalAct.LINK, WORKER, subjects=guardians, detail={"step": "contested"}))


def deciding_body(tx: ReadTx, adult_id: UUID, *, now: datetime) -> Siret:
    """Return the town hall whose agents decide what an adult asks of a child: that of the adult's own arrondissement.

    Never that of the child: whoever asks reads in their trace who looked at their paper, and would read where a child they
    are kept from goes to school. Without a known arrondissement it is the first town hall of the catalogue.
    """
    catalogue = load()
    home = residence_on(tx, adult_id, paris_day(now))
    near = None if home is None or home.sector is None else catalogue.body_in(ENROLMENT, home.sector)
    return near or next(siret for siret, body in catalogue.bodies.items() if body.role == ENROLMENT)


def set_claim(tx: WriteTx, claim_id: UUID, state: str) -> None:
    """Write down where a claim stands; its claimant is never told."""
    tx.execute(update(FAMILY_CLAIM).where(FAMILY_CLAIM.c.claim_id == claim_id).values(state=state))


def _consider_certificate(tx: WriteTx, adult_id: UUID, paper: Paper, child: ChildFacts, *, now: datetime) -> None:
    known = children_with(tx, child.key)
    before = {authority_over(tx, adult_id, child_id) for child_id in known}
    if before - {None}:
        return  # linked already, or a judgment ended it: a certificate says nothing new
    if _decided(tx, adult_id, paper.document_id):
        return
    doubt = Doubt(adult_id, known[0] if known else None, "", document_id=paper.document_id)
    reason = _doubt(tx, adult_id, paper)
    if reason is not None:
        # A paper about nobody we know that does not name its depositor concerns nobody: no agent is asked.
        if known or reason != "not_named":
            contest(tx, replace(doubt, reason=reason), now=now)
        return
    if known:
        contest(tx, replace(doubt, reason="child_already_linked"), now=now)
        return
    source = _CIVIL_PAPERS[paper.evidence_type]
    child_id = new_child(tx, child, source=source.value, grade=paper.grade, now=now)
    link = Link(
        adult_id=adult_id,
        child_id=child_id,
        kind=Kind.PARENT,
        authority=Authority.JOINT,
        source=source,
        grade=paper.grade,
        valid_from=date.fromisoformat(child.born_on),
        source_document=paper.document_id,
    )
    write_link(tx, link, now=now)
    prove_claims(tx, adult_id, child.key)


def prove_claims(tx: WriteTx, adult_id: UUID, key: str) -> None:
    """Write down that what an adult claimed of this child is so."""
    own = (FAMILY_CLAIM.c.adult_id == adult_id, FAMILY_CLAIM.c.match_key == key)
    tx.execute(update(FAMILY_CLAIM).where(*own).values(state="proved"))


def _consider_judgment(tx: WriteTx, adult_id: UUID, paper: Paper, *, now: datetime) -> None:
    """Give a judgment to two agents, once for each child of the adult's that it can be about."""
    if _decided(tx, adult_id, paper.document_id):
        return
    child = paper.child
    if child is not None:
        about: list[PersonId] = children_with(tx, child.key)
    else:
        linked = select(FAMILY_LINK.c.child_id).where(
            FAMILY_LINK.c.adult_id == adult_id, FAMILY_LINK.c.retracted_at.is_(None)
        )
        about = [PersonId(one) for one in tx.execute(linked.order_by(FAMILY_LINK.c.child_id)).scalars()]
    for child_id in about:
        doubt = Doubt(
            adult_id,
            child_id,
            "judgment",
            document_id=paper.document_id,
            opinions_needed=JUDGMENT_OPINIONS,
            warns=False,
        )
        contest(tx, doubt, now=now)


def _add_to_declared_death(tx: WriteTx, adult_id: UUID, paper: Paper) -> None:
    """Give the agents who wait for it the certificate of a death that the adult declared before."""
    waiting = (
        REVIEW.c.kind == "family_link",
        REVIEW.c.reason == DEATH_DECLARED,
        REVIEW.c.adult_id == adult_id,
        REVIEW.c.document_id.is_(None),
        REVIEW.c.state == "waiting",
    )
    tx.execute(update(REVIEW).where(*waiting).values(document_id=paper.document_id))


def _doubt(tx: ReadTx, adult_id: UUID, paper: Paper) -> str | None:
    """Return why a paper does not prove the link of this adult, or nothing where it does."""
    adult = tx.execute(
        select(CIVIL_STATUS).where(CIVIL_STATUS.c.person_id == adult_id, CIVIL_STATUS.c.retracted_at.is_(None))
    ).one()
    given = " ".join(adult.given_names)
    # Civil-status papers carry birth names: a usage name does not make a parent.
    if not any(same_civil_name(family, names, adult.family_name, given) for family, names in paper.parents):
        return "not_named"
    if paper.grade is Grade.SELF_DECLARED:
        return "not_sealed"
    return "identity_self_declared" if adult.grade is Grade.SELF_DECLARED else None


def _stands_for(tx: ReadTx, adult_id: UUID, children: list[PersonId]) -> PersonId | None:
    return next((child_id for child_id in children if adult_id in guardians_of(tx, child_id)), None)


def _under_review(tx: ReadTx, doubt: Doubt) -> bool:
    """Tell whether the guardians were warned already: once is enough for one stranger and one child."""
    statement = select(REVIEW.c.review_id).where(
        REVIEW.c.kind == "family_link",
        REVIEW.c.adult_id == doubt.adult_id,
        REVIEW.c.child_id == doubt.child_id,
        REVIEW.c.state == "waiting",
    )
    return tx.execute(statement.limit(1)).one_or_none() is not None


def _decided(tx: ReadTx, adult_id: UUID, document_id: UUID) -> bool:
    """Tell whether an agent has decided about this paper: reading it again asks nobody again."""
    statement = select(REVIEW.c.review_id).where(
        REVIEW.c.kind == "family_link",
        REVIEW.c.adult_id == adult_id,
        REVIEW.c.document_id == document_id,
        REVIEW.c.state == "decided",
    )
    return tx.execute(statement.limit(1)).one_or_none() is not None


def _of_age(born_on: str, *, now: datetime) -> bool:
    grown = majority(born_on)
    return grown is not None and grown <= paris_day(now)


def _day(paper: Paper) -> bool:
    """Tell whether the date of birth is a whole date: nobody is linked by half of one."""
    try:
        date.fromisoformat(paper.fields.get(Field.CHILD_BORN_ON, ""))
    except ValueError:
        return False
    return True
