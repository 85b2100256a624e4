"""A person sees their own paper: a ticket from the door that knows them, spent at the door that can open."""

import hashlib
import secrets
from datetime import timedelta
from uuid import UUID

from sqlalchemy import bindparam, delete, func, insert, select

from contracts.documents import SEEN_BY_HOLDER, EvidenceType
from contracts.identifiers import DocumentId, PersonId
from hub.errors import NothingHere, OutsideMandate
from hub.persons.accounts import SignedIn
from hub.releases.gate import Ordered, hand_over, order_own, own_paper, own_papers
from hub.releases.tables import PREVIEW_TICKET
from hub.requirements.catalogue import Catalogue
from vault.db import ReadTx
from vault.documents.custody import Custody
from vault.documents.opening import Opened
from vault.documents.tables import READING
from vault.errors import NothingChanged
from vault.ready import Ready
from vault.standing import standing

TICKET_LIFE = timedelta(minutes=1)


def issue_to(custody: Custody, catalogue: Catalogue, who: SignedIn, document_id: UUID) -> str:
    """Return a ticket for one look at one's own paper, or at that of whom one helps.

    Raises as :func:`hub.releases.gate.own_paper` does, and :class:`OutsideMandate` for a helper where the paper is a
    medical secret, or nobody knows yet what it is.
    """
    if who.mandate_id is not None:
        with custody.db.read() as tx:
            own_paper(tx, who.person_id, document_id)
            if not _for_helpers(tx, catalogue, document_id):
                raise OutsideMandate
    return issue(custody, who.person_id, document_id, mandate_id=who.mandate_id)


def issue(custody: Custody, person_id: PersonId, document_id: UUID, *, mandate_id: UUID | None = None) -> str:
    """Return a ticket for one look at a person's paper, by themselves or under a mandate of theirs.

    Raises as :func:`hub.releases.gate.own_paper` does.
    """
    ticket = secrets.token_urlsafe(32)
    with custody.db.transaction() as tx:
        own_paper(tx, person_id, document_id)
        tx.execute(
            insert(PREVIEW_TICKET).values(
                ticket_digest=_digest(ticket),
                person_id=person_id,
                document_id=document_id,
                mandate_id=mandate_id,
                expires_at=custody.now() + TICKET_LIFE,
            )
        )
    return ticket


def _for_helpers(tx: ReadTx, catalogue: Catalogue, document_id: UUID) -> bool:
    kind = select(READING.c.evidence_type).where(READING.c.document_id == document_id)
    known = catalogue.evidence.get(EvidenceType(tx.execute(kind).scalar_one_or_none() or EvidenceType.UNKNOWN))
    return known is not None and not known.medical_secret


_COLUMNS = ("person_id", "document_id", "expires_at", "mandate_id")
_TICKET = Ready(
    own_papers(PREVIEW_TICKET.c.document_id, PREVIEW_TICKET.c.person_id)
    .add_columns(*(PREVIEW_TICKET.c[name] for name in _COLUMNS))
    .where(PREVIEW_TICKET.c.ticket_digest == bindparam("digest"))
)
_SPEND = delete(PREVIEW_TICKET).where(PREVIEW_TICKET.c.ticket_digest == bindparam("digest"))


def spend(custody: Custody, ticket: str) -> Opened:
    """Open the paper a ticket is for, once; the journal keeps it like every other look."""
    return hand_over(custody, redeem(custody, ticket)[1])


def redeem(custody: Custody, ticket: str) -> tuple[PersonId, Ordered]:
    """Spend a ticket and write the look down; return whose it was and what may now be opened.

    Raises :class:`NothingHere` for a ticket that is unknown, spent or over, and where a helper's mandate is.
    """
    now, digest = custody.now(), _digest(ticket)
    with standing(ticket=digest.hex()), custody.db.transaction() as tx:
        row = tx.row(_TICKET, {"digest": digest})
        if row is None or row.expires_at <= now or row.state not in SEEN_BY_HOLDER:
            raise NothingHere
        # What a helper does is said under their mandate, which counts until the moment of the look.
        helping = {} if row.mandate_id is None else {"mandate": row.mandate_id}
        if helping and not tx.execute(select(func.hub.mandate_opens(row.mandate_id))).scalar_one():
            raise NothingHere
        with standing(**helping):
            ordered = order_own(tx, PersonId(row.person_id), DocumentId(row.document_id), row.evidence_id, now=now)
        try:
            # The ticket spent and the look written down, or neither: two who hold it do not both see.
            tx.insert_exactly_if(_SPEND, {"digest": digest})
        except NothingChanged:
            raise NothingHere from None
    return PersonId(row.person_id), ordered


def _digest(ticket: str) -> bytes:
    return hashlib.sha256(ticket.encode()).digest()
