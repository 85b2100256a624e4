"""Is there a ground for this agent to look at this paper? A numbered list of its own, that fails closed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.engine import Row

from contracts.authorisations import Frequency
from contracts.calendar import paris_day
from contracts.grounds import Act, Basis, Ground, Instrument, Purpose
from contracts.identifiers import DocumentId, EvidenceId, PersonId, Siret
from hub.errors import NoGround
from hub.persons.agents import Role, still_has
from hub.persons.tables import REVIEW
from hub.releases.kinds import grant_stands
from hub.requests.tables import ENROLMENT_LINE, NOTICE_GIVEN, REQUEST, REUSE_GRANT
from hub.requests.under_way import under_way
from hub.requirements.catalogue import Catalogue
from hub.school_files.tables import EVIDENCE
from vault.db import ReadTx


@dataclass(frozen=True, slots=True)
class Look:
    """An allowed look at one paper: for which body, what for, and on what ground."""

    ground: Ground
    purpose: Purpose
    recipient: Siret
    evidence_id: EvidenceId
    document_id: DocumentId
    holder_id: PersonId
    line_id: UUID | None


def find_agent_ground(tx: ReadTx, catalogue: Catalogue, *, review_id: UUID, agent_id: UUID, now: datetime) -> Look:
    """Return the ground on which an agent may look at the paper of a review; raises :class:`NoGround` naming what lacks."""
    # 1. The review waits, and this agent has taken it: nobody leafs through papers.
    review = tx.execute(
        select(REVIEW).where(
            REVIEW.c.review_id == review_id,
            REVIEW.c.state == "waiting",
            REVIEW.c.claimed_by == agent_id,
            REVIEW.c.claimed_until > now,
        )
    ).one_or_none()
    if review is None or review.document_id is None:
        raise NoGround("no review of a paper taken by this agent")
    # 2. Our own table says, now, that the agent examines for the body that decides (CRPA R.114-9-6: habilitated agents).
    if review.body is None or not still_has(tx, agent_id, review.body, Role.REVIEWER):
        raise NoGround("no reviewer of this body")
    # 3. The paper stands, and is of the person the review is about.
    evidence = tx.execute(
        select(EVIDENCE).where(EVIDENCE.c.document_id == review.document_id, EVIDENCE.c.withdrawn_at.is_(None))
    ).one_or_none()
    if evidence is None or evidence.holder_id != review.adult_id:
        raise NoGround("evidence withdrawn or unknown")
    # 4. What was pulled for one body is shown to nobody of another.
    if evidence.usable_by is not None and evidence.usable_by != review.body:
        raise NoGround("pulled for another body or purpose")
    # 5. The person's own act: a paper handed in for the link they ask for, or the reuse they allowed this body.
    if review.kind == "family_link":
        purpose, act, reference = Purpose.FAMILY_LINK, Act.REQUESTED, review.review_id
    else:
        purpose = catalogue.services[review.service].purpose
        act, reference = Act.AUTHORISED, _grant(tx, review, evidence.evidence_type, now=now)
    return Look(
        ground=Ground(Basis.PUBLIC_TASK, Instrument.AGENT_CHECK, act, reference),
        purpose=purpose,
        recipient=Siret(review.body),
        evidence_id=EvidenceId(evidence.evidence_id),
        document_id=DocumentId(review.document_id),
        holder_id=PersonId(review.adult_id),
        line_id=review.line_id,
    )


def _grant(tx: ReadTx, review: "Row[Any]", evidence_type: str, *, now: datetime) -> UUID:
    """Return the authorisation in force, of an open request with its notice, on a line of this body and this payer."""
    found: UUID | None = tx.execute(
        select(REUSE_GRANT.c.grant_id)
        .join(REQUEST, REQUEST.c.request_id == REUSE_GRANT.c.request_id)
        .join(NOTICE_GIVEN, NOTICE_GIVEN.c.request_id == REQUEST.c.request_id)
        .join(ENROLMENT_LINE, ENROLMENT_LINE.c.line_id == REQUEST.c.line_id)
        .where(
            ENROLMENT_LINE.c.line_id == review.line_id,
            ENROLMENT_LINE.c.body == review.body,
            ENROLMENT_LINE.c.payer_id == review.adult_id,
            ENROLMENT_LINE.c.retracted_at.is_(None),
            ENROLMENT_LINE.c.valid_until >= paris_day(now),
            under_way(paris_day(now)),
            REUSE_GRANT.c.recipient == review.body,
            REUSE_GRANT.c.frequency == Frequency.RECURRING.value,
            REUSE_GRANT.c.evidence_types.contains([evidence_type]),
            grant_stands(now),
        )
        .limit(1)
    ).scalar_one_or_none()
    if found is None:
        raise NoGround("reuse of the paper not authorised")
    return found
