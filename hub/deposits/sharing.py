"""A person sees what of their own paper a service would receive, by a ticket that serves once."""

from dataclasses import replace
from uuid import UUID

from contracts.identifiers import DocumentId, PersonId
from hub.deposits.preview import issue, redeem
from hub.errors import NothingHere
from hub.releases.gate import Ordered, words_of_mark
from hub.releases.previewing import Foreseen, ForeseenPaper, foresee
from hub.requirements.catalogue import Catalogue
from vault.db import ReadTx
from vault.documents.custody import Custody
from vault.standing import standing

PREVIEWED = "aperçu"
"""In place of the number that a hand-over would have."""


def issue_for(custody: Custody, catalogue: Catalogue, person_id: PersonId, line_id: UUID, document_id: UUID) -> str:
    """Return a ticket for one look; raises :class:`NothingHere` for a paper that the line's body could not have."""
    with custody.db.read() as tx:
        _foreseen(tx, custody, catalogue, (person_id, line_id, document_id))
    return issue(custody, person_id, DocumentId(document_id))


def spend_for(custody: Custody, catalogue: Catalogue, ticket: str, line_id: UUID) -> Ordered:
    """Spend a ticket for what would leave: the marked copy, or the original where a rule asks for it.

    The journal keeps it as a look at one's own paper.
    """
    person_id, ordered = redeem(custody, ticket)
    # Whose the ticket was, stands for their own.
    with standing(person=person_id), custody.db.read() as tx:
        found, paper = _foreseen(tx, custody, catalogue, (person_id, line_id, ordered.document_id))
    if paper.original:
        return replace(ordered, original=True)
    words = words_of_mark(catalogue, found.recipient, found.purpose, PREVIEWED, now=custody.now())
    return replace(ordered, mark=words)


def _foreseen(
    tx: ReadTx, custody: Custody, catalogue: Catalogue, whose: tuple[PersonId, UUID, UUID]
) -> tuple[Foreseen, ForeseenPaper]:
    person_id, line_id, document_id = whose
    for one in foresee(tx, catalogue, person_id, line_id, now=custody.now()):
        for paper in one.papers:
            if paper.document == document_id:
                return one, paper
    raise NothingHere
