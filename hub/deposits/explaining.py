"""How a proposed tariff was computed, shown to the family it is proposed to (CRPA L.311-3-1, R.311-3-1-2).

The figures are the family's own: they are opened like any look at one's own paper, at the door that can open.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.engine import Row

from contracts.documents import EvidenceType
from contracts.identifiers import DocumentId, PersonId
from hub.deposits.preview import issue, redeem
from hub.errors import NothingHere
from hub.releases.gate import Ordered, order_own_copy, read_out
from hub.requests.tables import ENROLMENT_LINE
from hub.requirements.catalogue import Catalogue
from hub.requirements.explanation import Explanation, explain
from hub.requirements.facts import EvidenceFacts
from hub.school_files.tables import EVIDENCE, FIT, SATISFACTION
from vault.db import ReadTx
from vault.documents.custody import Custody
from vault.standing import standing


def ask_explanation(custody: Custody, person_id: PersonId, line_id: UUID) -> str:
    """Return a ticket for the explanation of the band proposed on one's own line.

    Raises :class:`NothingHere` where the line is somebody else's or no band is proposed on it.
    """
    with custody.db.read() as tx:
        proposed = _proposal(tx, person_id, line_id)
    return issue(custody, person_id, proposed.document_id)


def explained(custody: Custody, catalogue: Catalogue, ticket: str, line_id: UUID) -> Explanation:
    """Spend a ticket and explain the band, with the figures it was computed from; raises :class:`NothingHere`."""
    person_id, ordered = redeem(custody, ticket)
    # Whose ticket was spent is whom this door works for from here on.
    with standing(person=person_id):
        return _explained(custody, catalogue, person_id, ordered, line_id)


def _explained(
    custody: Custody, catalogue: Catalogue, person_id: PersonId, ordered: Ordered, line_id: UUID
) -> Explanation:
    with custody.db.read() as tx:
        proposed = _proposal(tx, person_id, line_id)
        others = tx.execute(select(EVIDENCE).where(EVIDENCE.c.evidence_id.in_(list(proposed.rests_on)))).all()
    if proposed.document_id != ordered.document_id:
        raise NothingHere
    first = _facts(proposed, read_out(custody, ordered))
    second = _opened(custody, person_id, others[0]) if others else None
    found = explain(catalogue, first, proposed.reference_date, second)
    if found is None:
        raise NothingHere
    return found


def _opened(custody: Custody, person_id: PersonId, row: "Row[Any]") -> EvidenceFacts:
    """Open the second notice that a band rests on, by an order of its own."""
    with custody.db.transaction() as tx:
        ordered = order_own_copy(tx, person_id, DocumentId(row.document_id), now=custody.now())
    return _facts(row, read_out(custody, ordered))


def _facts(row: "Row[Any]", fields: dict[str, str]) -> EvidenceFacts:
    return EvidenceFacts(EvidenceType(row.evidence_type), row.grade, row.issued_on, fields, as_of=row.as_of)


def _proposal(tx: ReadTx, person_id: PersonId, line_id: UUID) -> "Row[Any]":
    row = tx.execute(
        select(EVIDENCE, FIT.c.reference_date, FIT.c.rests_on)
        .join(SATISFACTION, SATISFACTION.c.evidence_id == EVIDENCE.c.evidence_id)
        .join(FIT, FIT.c.fit_id == SATISFACTION.c.fit_id)
        .join(ENROLMENT_LINE, ENROLMENT_LINE.c.line_id == SATISFACTION.c.line_id)
        .where(
            SATISFACTION.c.line_id == line_id,
            SATISFACTION.c.until.is_(None),
            FIT.c.tariff_band.is_not(None),
            ENROLMENT_LINE.c.payer_id == person_id,
            ENROLMENT_LINE.c.retracted_at.is_(None),
            EVIDENCE.c.withdrawn_at.is_(None),
        )
    ).first()
    if row is None:
        raise NothingHere
    return row
