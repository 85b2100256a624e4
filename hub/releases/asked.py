"""What partners asked, and that they were refused: each question is kept, and a refusal is in the journal."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select

from contracts.answers import Gives
from contracts.grounds import Purpose
from contracts.identifiers import PartnerPseudonym
from hub.errors import HubError
from hub.linking.links import line_named
from hub.partners.credentials import Caller
from hub.releases.tables import EVIDENCE_REQUEST
from hub.requests.tables import ENROLMENT_LINE
from vault.db import WriteTx
from vault.journal.entries import append
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry


@dataclass(frozen=True, slots=True)
class Asked:
    """A partner's question, in its own pseudonym; ``on_behalf_of`` names the treatment or agent (R.114-9-6).

    ``wants`` is an answer or documents; nothing: the most that the agreement gives. ``digest`` is the SHA-256 of the
    exact body of the question, to which everything that is answered is bound.
    """

    subject: PartnerPseudonym
    service: str
    requirement: str
    purpose: Purpose
    on_behalf_of: str
    wants: Gives | None = None
    digest: bytes = bytes(32)


def keep_refused(tx: WriteTx, caller: Caller, asked: Asked, refusal: HubError, *, now: datetime) -> None:
    """Keep that a partner was refused; the family sees it where the subject was theirs."""
    request_id = uuid4()
    line_id = line_named(tx, caller.siret, asked.subject, asked.service)
    keep(tx, caller, asked, request_id=request_id, outcome="refused", line_id=line_id, now=now)
    payer = select(ENROLMENT_LINE.c.payer_id).where(ENROLMENT_LINE.c.line_id == line_id)
    subject = tx.execute(payer).scalar_one_or_none() if line_id is not None else None
    append(
        tx,
        JournalEntry(
            act=JournalAct.REFUSE,
            actor=Actor(ActorKind.PARTNER, caller.siret),
            subjects=() if subject is None else (subject,),
            recipient=caller.siret,
            purpose=asked.purpose.value,
            detail={"reason": type(refusal).__name__, "request": str(request_id), "on_behalf_of": asked.on_behalf_of},
        ),
    )


def keep(
    tx: WriteTx, caller: Caller, asked: Asked, *, request_id: UUID, outcome: str, line_id: UUID | None, now: datetime
) -> None:
    """Keep what a partner asked and what it came to; the number it has is ``request_id``."""
    row = {
        "evidence_request_id": request_id,
        "siret": caller.siret,
        "subject": asked.subject,
        "service": asked.service,
        "requirement": asked.requirement,
        "purpose": asked.purpose.value,
        "on_behalf_of": asked.on_behalf_of,
        "outcome": outcome,
        "line_id": line_id,
        "client_key": caller.key,
        "proof_key": caller.proof_key,
        "asked_at": now,
        "question": asked.digest,
    }
    tx.insert(EVIDENCE_REQUEST, row)
