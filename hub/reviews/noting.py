"""What agents note about the paper of a review: sealed for its holder by the door, opened by the door that can."""

from uuid import UUID, uuid5

from sqlalchemy import select

from hub.persons.tables import REVIEW, REVIEW_OPINION
from vault.db import ReadTx
from vault.documents.custody import Custody
from vault.documents.kept_values import open_kept_value

_LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")


def note_place(review_id: UUID, agent_id: UUID) -> str:
    """Return the place of what an agent notes in a review: one of its own, so that no note replaces another."""
    return "note_" + uuid5(review_id, str(agent_id)).hex.translate(_LETTERS)


def notes_of(custody: Custody, tx: ReadTx, review_id: UUID) -> tuple[str, ...]:
    """Return the notes of a review in clear, oldest first.

    Needs the right to unwrap; the transaction stands for the agent and for a committed entry about the review's paper.
    """
    said = (
        select(REVIEW.c.adult_id, REVIEW_OPINION.c.note_place)
        .join(REVIEW, REVIEW.c.review_id == REVIEW_OPINION.c.review_id)
        .where(REVIEW_OPINION.c.review_id == review_id, REVIEW_OPINION.c.note_place.is_not(None))
        .order_by(REVIEW_OPINION.c.given_at, REVIEW_OPINION.c.agent_id)
    )
    opened = (open_kept_value(custody, tx, row.adult_id, row.note_place) for row in tx.execute(said).all())
    return tuple(note.decode() for note in opened if note is not None)
