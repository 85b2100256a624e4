"""An agent who sees one child recorded twice puts the two records to two agents, without deciding alone."""

from datetime import datetime
from uuid import UUID

from hub.errors import NothingHere, ReviewNotTaken
from hub.persons.agents import SignedInAgent
from hub.persons.links import guardians_of
from hub.persons.one_child import CHILD_MERGE, SEEN_BY_AGENT, TwoRecords, put_to_agents
from hub.reviews.queue import find_review, line_of
from hub.reviews.subjects import candidates_of
from vault.db import WriteTx
from vault.journal.entries import append
from vault.journal.records import JournalAct, JournalEntry


def say_same_child(
    tx: WriteTx, agent: SignedInAgent, review_id: UUID, records: tuple[UUID, UUID], *, now: datetime
) -> None:
    """Put two of the children that a review of a link is about to two agents of its body; harmless to repeat.

    Raises :class:`NothingHere` for another review, or records it is not about or that nobody stands for,
    :class:`ReviewNotTaken`, and :class:`~hub.errors.InvalidValue` for one record twice.
    """
    row = find_review(tx, agent, review_id, now=now)
    if line_of(row, agent, now=now).state != "mine":
        raise ReviewNotTaken
    guardians = guardians_of(tx, min(records))
    if row.kind != "family_link" or not set(records) <= set(candidates_of(tx, row)) or not guardians:
        raise NothingHere
    # A review is about somebody who stands for the child: whoever asked for a link may be a stranger.
    two = TwoRecords.of(guardians[0], *records, row.body, SEEN_BY_AGENT)
    if put_to_agents(tx, CHILD_MERGE, two, now=now):
        detail = {"step": "same_child", "review": str(review_id)}
        append(tx, JournalEntry(JournalAct.REVIEW, agent.actor, recipient=row.body, detail=detail))
