"""A partner names a child by civil status: an agent may link them, and the partner learns nothing from the waiting.

The answer is the same whether nobody, one child or several have that name: a number, « pending », and a day. Who is
looked for is looked for in the worker, so that no time tells; what an agent refuses stays pending until the day.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Row

from contracts.identifiers import PersonId, Siret, new_uuid
from hub.errors import NothingHere
from hub.linking.codes import Place
from hub.linking.links import Basis, PartnerView, Source, make_link, partner_view, standing_link
from hub.linking.redeeming import require_redeemable
from hub.linking.tables import LINK_PROPOSAL
from hub.partners.credentials import Caller
from hub.persons.links import WORKER, children_with, guardians_of
from hub.persons.proving import deciding_body
from hub.persons.tables import REVIEW
from hub.requests.tables import ENROLMENT_LINE, REQUEST, SCHOOL_FILE
from hub.requirements.catalogue import Catalogue
from hub.requirements.names import match_key
from vault.db import ReadTx, WriteTx
from vault.jobs import Job, defer
from vault.journal.entries import append
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry

PARTNER_LINK = "partner_link"
"""Kind of the reviews in which an agent decides."""
CIVIL_STATUS_NAMED = "civil_status"
"""Their reason."""
OPEN_FOR = timedelta(days=30)


class ProposalState(StrEnum):
    """What a partner may know."""

    PENDING = "pending"
    LINKED = "linked"


@dataclass(frozen=True, slots=True)
class Named:
    """A child as a partner knows it, the service it is about, and who stands behind it (R.114-9-6)."""

    family_name: str = field(repr=False)
    given_names: tuple[str, ...] = field(repr=False)
    born_on: date = field(repr=False)
    service: str
    on_behalf_of: str


@dataclass(frozen=True, slots=True)
class ProposalView:
    """How a proposal stands; ``link`` where an agent made one that stands."""

    proposal_id: UUID
    state: ProposalState
    until: datetime
    link: PartnerView | None


def propose(tx: WriteTx, catalogue: Catalogue, caller: Caller, named: Named, *, now: datetime) -> ProposalView:
    """Put a child's civil status down to be looked at; the same again, while it is open, is the same proposal.

    Raises as :func:`~hub.linking.redeeming.require_redeemable` does.
    """
    require_redeemable(tx, catalogue, caller, named.service, named.on_behalf_of, now=now)
    key = match_key(named.family_name, named.given_names, named.born_on.isoformat())
    same = {"siret": str(caller.siret), "service": named.service, "match_key": key}
    # Two that name the same child at once are one.
    tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("/".join(same.values()), 0))))
    where = (LINK_PROPOSAL.c[name] == value for name, value in same.items())
    row = tx.execute(select(LINK_PROPOSAL).where(*where, LINK_PROPOSAL.c.expires_at > now)).one_or_none()
    if row is not None:
        return _view(tx, row)
    # Version 4: it goes to the partner, and tells nothing.
    proposal_id = uuid4()
    told = {"family_name": named.family_name, "given_names": list(named.given_names), "born_on": named.born_on}
    times = {"proposed_at": now, "expires_at": now + OPEN_FOR}
    made = {"proposal_id": proposal_id, "on_behalf_of": named.on_behalf_of} | same | told | times
    tx.execute(insert(LINK_PROPOSAL).values(**made))
    purpose = catalogue.services[named.service].purpose.value
    detail = {"step": "link_proposed", "proposal": proposal_id, "on_behalf_of": named.on_behalf_of}
    actor = Actor(ActorKind.PARTNER, caller.siret)
    # It names nobody: that somebody is meant is for an agent to find.
    append(tx, JournalEntry(JournalAct.LINK, actor, recipient=caller.siret, purpose=purpose, detail=detail))
    defer(tx, Job.EXAMINE_PROPOSAL, proposal_id=proposal_id)
    return ProposalView(proposal_id, ProposalState.PENDING, now + OPEN_FOR, None)


def proposal_of(tx: WriteTx, siret: Siret, proposal_id: UUID, *, now: datetime) -> ProposalView:
    """Return how one's own proposal stands; raises :class:`NothingHere` alike for another's, one that is over, and none."""
    own = (LINK_PROPOSAL.c.proposal_id == proposal_id, LINK_PROPOSAL.c.siret == siret)
    row = tx.execute(select(LINK_PROPOSAL).where(*own, LINK_PROPOSAL.c.expires_at > now)).one_or_none()
    if row is None:
        raise NothingHere
    return _view(tx, row)


def examine_proposal(tx: WriteTx, proposal_id: UUID, *, now: datetime) -> None:
    """Put each child of that name, whose adult has a request open with the partner, to an agent; harmless to repeat."""
    row = tx.execute(select(LINK_PROPOSAL).where(LINK_PROPOSAL.c.proposal_id == proposal_id)).one_or_none()
    if row is None or row.expires_at <= now:
        return
    for child_id in children_with(tx, row.match_key):
        guardians = guardians_of(tx, child_id)
        for line in _lines(tx, row, child_id):
            if line.payer_id in guardians:
                _ask_agent(tx, row, child_id, line, now=now)


def link_proposed(
    tx: WriteTx, proposal_id: UUID, adult_id: PersonId, child_id: PersonId, review_id: UUID, *, now: datetime
) -> None:
    """Link the partner to the child an agent recognised, unless the adult no longer stands for it."""
    row = tx.execute(select(LINK_PROPOSAL).where(LINK_PROPOSAL.c.proposal_id == proposal_id)).one_or_none()
    if row is None or adult_id not in guardians_of(tx, child_id):
        return
    place = Place(adult_id, child_id, Siret(row.siret), row.service)
    make_link(tx, place, Basis(Source.AGENT, row.on_behalf_of, review_id), WORKER, now=now)
    link_id = standing_link(tx, place)
    tx.execute(update(LINK_PROPOSAL).where(LINK_PROPOSAL.c.proposal_id == proposal_id).values(link_id=link_id))


def _lines(tx: ReadTx, proposal: "Row[Any]", child_id: UUID) -> list["Row[Any]"]:
    statement = (
        select(ENROLMENT_LINE.c.line_id, ENROLMENT_LINE.c.payer_id)
        .join(SCHOOL_FILE, SCHOOL_FILE.c.file_id == ENROLMENT_LINE.c.file_id)
        .join(REQUEST, (REQUEST.c.line_id == ENROLMENT_LINE.c.line_id) & (REQUEST.c.state == "pending"))
        .where(
            SCHOOL_FILE.c.child_id == child_id,
            ENROLMENT_LINE.c.body == proposal.siret,
            ENROLMENT_LINE.c.service == proposal.service,
            ENROLMENT_LINE.c.retracted_at.is_(None),
        )
        .distinct(ENROLMENT_LINE.c.payer_id)
        .order_by(ENROLMENT_LINE.c.payer_id, ENROLMENT_LINE.c.valid_from.desc(), ENROLMENT_LINE.c.line_id)
    )
    return list(tx.execute(statement))


def _ask_agent(tx: WriteTx, proposal: "Row[Any]", child_id: UUID, line: "Row[Any]", *, now: datetime) -> None:
    asked = select(REVIEW.c.review_id).where(
        REVIEW.c.proposal_id == proposal.proposal_id, REVIEW.c.adult_id == line.payer_id, REVIEW.c.child_id == child_id
    )
    if tx.execute(asked).one_or_none() is not None:
        return
    row = {
        "review_id": new_uuid(),
        "kind": PARTNER_LINK,
        "adult_id": line.payer_id,
        "child_id": child_id,
        "line_id": line.line_id,
        "proposal_id": proposal.proposal_id,
        "service": proposal.service,
        "body": deciding_body(tx, line.payer_id, now=now),
        "reason": CIVIL_STATUS_NAMED,
        "opinions_needed": 1,
        "created_at": now,
    }
    tx.execute(upsert(REVIEW).values(**row).on_conflict_do_nothing())


def _view(tx: WriteTx, row: "Row[Any]") -> ProposalView:
    link = None if row.link_id is None else partner_view(tx, row.link_id)
    state = ProposalState.PENDING if row.link_id is None else ProposalState.LINKED
    return ProposalView(row.proposal_id, state, row.expires_at, link)
