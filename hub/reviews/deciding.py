"""Taking a review, giving it back, and deciding: one agent at a time, and where it is wanted a second one.

The door writes down what agents say; what follows of a decision is carried out in the worker, which alone may link, judge
and notify.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, or_, select, update

from contracts.documents import Outcome
from contracts.events import ReviewDecided
from contracts.reviews import UNSURE, reasons_for
from hub.errors import InvalidValue, NothingHere, OpinionGiven, ReviewNotTaken, ReviewTaken
from hub.linking.proposing import PARTNER_LINK
from hub.persons.agents import Role, SignedInAgent
from hub.persons.childhood import CHILDHOOD
from hub.persons.links import Authority, Kind
from hub.persons.merging import ACCOUNT_MERGE
from hub.persons.one_child import OF_TWO_RECORDS
from hub.persons.proving import DEATH_DECLARED
from hub.persons.tables import REVIEW, REVIEW_OPINION
from hub.reviews.noting import note_place
from hub.reviews.queue import find_review, has_opined, waiting
from hub.reviews.subjects import adults_of, candidates_of
from vault.db import WriteTx
from vault.documents.custody import Custody
from vault.documents.kept_values import keep_value
from vault.jobs import Job, defer
from vault.journal.entries import append
from vault.journal.records import JournalAct, JournalEntry
from vault.outbox import publish

LEASE = timedelta(minutes=20)
"""How long a review stays with the agent who took it; taking it again prolongs it."""
NOTE_MAX = 300
JUDGMENT = "judgment"
"""Reason of a review that can change or end what an adult already is to a child."""
ABOUT_GUARDIANS = frozenset((JUDGMENT, DEATH_DECLARED))
"""Reasons of reviews that can be about any adult linked to the child, and never make a new child."""


@dataclass(frozen=True, slots=True)
class LinkFinding:
    """What an agent found of an adult and a child; ``child_id`` is one we know, or nothing for another child."""

    adult_id: UUID
    child_id: UUID | None
    kind: Kind = Kind.PARENT
    authority: Authority = Authority.JOINT
    valid_from: date | None = None
    valid_until: date | None = None

    def as_words(self) -> dict[str, str | None]:
        """Return it as it is kept: identifiers, dates and words."""
        return {
            "adult": str(self.adult_id),
            "child": None if self.child_id is None else str(self.child_id),
            "kind": self.kind.value,
            "authority": self.authority.value,
            "valid_from": None if self.valid_from is None else self.valid_from.isoformat(),
            "valid_until": None if self.valid_until is None else self.valid_until.isoformat(),
        }

    @classmethod
    def of(cls, words: Mapping[str, Any]) -> "LinkFinding":
        """Read back what :meth:`as_words` wrote."""
        return cls(
            adult_id=UUID(words["adult"]),
            child_id=None if words["child"] is None else UUID(words["child"]),
            kind=Kind(words["kind"]),
            authority=Authority(words["authority"]),
            valid_from=None if words["valid_from"] is None else date.fromisoformat(words["valid_from"]),
            valid_until=None if words["valid_until"] is None else date.fromisoformat(words["valid_until"]),
        )


@dataclass(frozen=True, slots=True)
class Opinion:
    """What an agent says of a review: outcome, a reason of the closed list, and a short note about the paper."""

    outcome: Outcome
    reason: str
    note: str = field(default="", repr=False)
    link: LinkFinding | None = None


def take(tx: WriteTx, agent: SignedInAgent, review_id: UUID, *, now: datetime) -> datetime:
    """Take a review, or keep it longer; return until when it is the agent's. Of two at once one wins.

    Raises :class:`NothingHere`, :class:`OpinionGiven`, and :class:`ReviewTaken` while a colleague has it.
    """
    row = find_review(tx, agent, review_id, now=now)
    if has_opined(tx, review_id, agent.agent_id):
        raise OpinionGiven
    until = now + LEASE
    free = or_(REVIEW.c.claimed_until.is_(None), REVIEW.c.claimed_until <= now, REVIEW.c.claimed_by == agent.agent_id)
    taken = tx.execute(
        update(REVIEW)
        .where(REVIEW.c.review_id == review_id, REVIEW.c.state == "waiting", free)
        .values(claimed_by=agent.agent_id, claimed_until=until)
        .returning(REVIEW.c.review_id)
    ).one_or_none()
    if taken is None:
        raise ReviewTaken
    if row.claimed_by != agent.agent_id:
        _journal(tx, agent, row, {"step": "taken"})
    return until


def give_back(tx: WriteTx, agent: SignedInAgent, review_id: UUID, *, now: datetime) -> None:
    """Give a review back to the queue: one's own, or as an operator a colleague's; harmless to repeat.

    Raises :class:`NothingHere` for another body's, and :class:`ReviewNotTaken` for a colleague's.
    """
    bodies = agent.bodies(Role.REVIEWER) | agent.bodies(Role.OPERATOR)
    row = tx.execute(
        select(REVIEW).where(REVIEW.c.review_id == review_id, REVIEW.c.body.in_(bodies), waiting(now))
    ).one_or_none()
    if row is None:
        raise NothingHere
    held = row.claimed_until is not None and row.claimed_until > now
    if held and row.claimed_by != agent.agent_id and row.body not in agent.bodies(Role.OPERATOR):
        raise ReviewNotTaken
    if row.claimed_by is not None:
        _free(tx, review_id)
        _journal(tx, agent, row, {"step": "given_back"})


def decide(
    tx: WriteTx, custody: Custody, agent: SignedInAgent, review_id: UUID, opinion: Opinion, *, now: datetime
) -> bool:
    """Write down what an agent says; return whether the review is decided by it, or waits for a colleague.

    It is decided once as many agents as it needs say the same; « unsure » asks a colleague. Raises
    :class:`NothingHere`, :class:`ReviewNotTaken`, :class:`OpinionGiven` and :class:`InvalidValue`.
    """
    row = find_review(tx, agent, review_id, now=now)
    if has_opined(tx, review_id, agent.agent_id):
        raise OpinionGiven
    # Locked, so that two agents' opinions are counted one after the other.
    held = tx.execute(
        select(REVIEW.c.claimed_by, REVIEW.c.claimed_until)
        .where(REVIEW.c.review_id == review_id, REVIEW.c.state == "waiting")
        .with_for_update()
    ).one_or_none()
    if held is None or held.claimed_by != agent.agent_id or held.claimed_until <= now:
        raise ReviewNotTaken
    decision = _checked(tx, row, opinion)
    note = opinion.note.strip()
    sealed = bool(note) and row.document_id is not None
    place = note_place(review_id, agent.agent_id) if sealed else None
    tx.execute(
        insert(REVIEW_OPINION).values(
            review_id=review_id,
            agent_id=agent.agent_id,
            outcome=opinion.outcome,
            reason=opinion.reason,
            note="" if sealed else note,
            note_place=place,
            decision=decision,
            given_at=now,
        )
    )
    if place is not None:
        # After the opinion: the database lets a note be kept only where an opinion of this agent names its place.
        keep_value(tx, custody, row.adult_id, place, note.encode(), now=now)
    agreed = _agreed(tx, row, opinion, decision)
    if agreed:
        _close(tx, review_id, opinion, decision, now=now)
    else:
        _free(tx, review_id)
    step = "decided" if agreed else "second_opinion"
    _journal(tx, agent, row, {"step": step, "outcome": opinion.outcome.value, "reason": opinion.reason})
    return agreed


def _close(tx: WriteTx, review_id: UUID, opinion: Opinion, decision: dict[str, Any], *, now: datetime) -> None:
    tx.execute(
        update(REVIEW)
        .where(REVIEW.c.review_id == review_id)
        .values(
            state="decided",
            outcome=opinion.outcome,
            decision_reason=opinion.reason,
            decision=decision,
            decided_at=now,
            claimed_by=None,
            claimed_until=None,
        )
    )
    publish(tx, ReviewDecided(review_id, opinion.outcome.value), now=now)
    defer(tx, Job.APPLY_REVIEW, review_id=review_id)


def _free(tx: WriteTx, review_id: UUID) -> None:
    tx.execute(update(REVIEW).where(REVIEW.c.review_id == review_id).values(claimed_by=None, claimed_until=None))


def _checked(tx: WriteTx, row: Any, opinion: Opinion) -> dict[str, Any]:
    """Return the decision as it is kept; raises :class:`InvalidValue` where it does not hold together."""
    known = UNSURE if opinion.reason == UNSURE.name else reasons_for(row.kind).get(opinion.reason)
    if known is None or known.outcome is not opinion.outcome:
        raise InvalidValue("reason: not one of this outcome")
    if len(opinion.note.strip()) > NOTE_MAX:
        raise InvalidValue(f"note: at most {NOTE_MAX} characters")
    wanted = row.kind == "family_link" and opinion.outcome is Outcome.PASSED
    if not wanted:
        return {}
    if opinion.link is None:
        raise InvalidValue("link: required")
    _check_link(tx, row, opinion.link)
    return opinion.link.as_words()


def _check_link(tx: WriteTx, row: Any, link: LinkFinding) -> None:
    judgment, known = row.reason == JUDGMENT, row.reason in ABOUT_GUARDIANS
    if link.child_id is None and (known or (row.document_id is None and row.claim_id is None)):
        raise InvalidValue("link.child: required")
    if link.child_id is not None and link.child_id not in candidates_of(tx, row):
        raise InvalidValue("link.child: not one this review is about")
    if link.valid_from and link.valid_until and link.valid_until < link.valid_from:
        raise InvalidValue("link.valid_until: before valid_from")
    if link.authority is Authority.WITHDRAWN and not judgment:
        raise InvalidValue("link.authority: withdrawn by a judgment only")
    concerned = adults_of(tx, row) if known else (row.adult_id,)
    if link.adult_id not in concerned:
        raise InvalidValue("link.adult: not one this review is about")
    if row.reason == DEATH_DECLARED:
        _check_death(row, link)


def _check_death(row: Any, link: LinkFinding) -> None:
    if link.adult_id == row.adult_id:
        raise InvalidValue("link.adult: not whoever declared the death")
    if link.valid_until is None or link.valid_from is not None:
        raise InvalidValue("link.valid_until: the day of death, and no valid_from")


def _agreed(tx: WriteTx, row: Any, opinion: Opinion, decision: dict[str, Any]) -> bool:
    if opinion.outcome is Outcome.INCONCLUSIVE:
        return False
    same = tx.execute(
        select(func.count())
        .select_from(REVIEW_OPINION)
        .where(
            REVIEW_OPINION.c.review_id == row.review_id,
            REVIEW_OPINION.c.outcome == opinion.outcome,
            REVIEW_OPINION.c.decision == decision,
        )
    ).scalar_one()
    return bool(same >= row.opinions_needed)


def _journal(tx: WriteTx, agent: SignedInAgent, row: Any, detail: dict[str, str]) -> None:
    # Of a link nobody is a subject: whoever asked would learn from it that there is something to examine.
    subjects = (
        () if row.kind in ("family_link", PARTNER_LINK, ACCOUNT_MERGE, CHILDHOOD, *OF_TWO_RECORDS) else (row.adult_id,)
    )
    append(
        tx,
        JournalEntry(
            JournalAct.REVIEW,
            agent.actor,
            document=row.document_id,
            subjects=subjects,
            recipient=row.body,
            detail=detail | {"review": str(row.review_id), "service": row.service},
        ),
    )
