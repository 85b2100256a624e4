"""A resident asks for a paper to be gone: at once for everybody who may ask, and for good once the worker has run."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError

from contracts.calendar import months_before, paris_day
from contracts.documents import GONE, DocumentState
from contracts.identifiers import DocumentId
from hub.deposits.deposit import SERVICE_IN_CHARGE
from hub.deposits.forgetting import forget_judgements
from hub.errors import NothingHere
from hub.persons.accounts import SignedIn
from hub.releases.case_copies import CaseCopy, case_copies
from hub.requirements.catalogue import Catalogue
from hub.school_files.judging import judge_family, withdraw_evidence
from vault.db import WriteTx
from vault.documents.certificates import Destruction, Remaining, certificate_of, keep_certificate
from vault.documents.custody import Custody
from vault.documents.erase import Cause, Erased, erase
from vault.documents.hold import is_held
from vault.documents.tables import DOCUMENT, ERASURE_ASKED
from vault.errors import DocumentHeld, VaultError
from vault.jobs import Job, defer
from vault.journal.entries import append
from vault.journal.forgetting import KEPT_MONTHS
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry
from vault.storage.objects import ObjectName

ATTEMPTS = 3
TRACE_FR = "Qui a consulté ou reçu ce document, quand et pourquoi : vous pouvez le lire pendant trois ans."
_WITHDRAWN = {Cause.ASKED_BY_HOLDER: "erased_by_holder", Cause.RETENTION_OVER: "expired"}


@dataclass(frozen=True, slots=True)
class ErasureAsked:
    """How far an erasure is (``erasing``, ``erased``, or ``expired`` where retention was quicker), and what remains."""

    state: Literal["erasing", "erased", "expired"]
    case_copies: list[CaseCopy]


def ask_erasure(custody: Custody, catalogue: Catalogue, who: SignedIn, document_id: UUID) -> ErasureAsked:
    """Withdraw a paper from every use now and have it erased; say how far that is and what services received before.

    Raises :class:`NothingHere` for anybody else's paper and :class:`~vault.errors.DocumentHeld` under a legal hold.
    Asking again is harmless.
    """
    now = custody.now()
    with custody.db.transaction() as tx:
        row = tx.execute(
            select(DOCUMENT).where(DOCUMENT.c.document_id == document_id, DOCUMENT.c.holder_id == who.person_id)
        ).one_or_none()
        if row is None:
            raise NothingHere
        copies = case_copies(tx, catalogue, document_id)
        if row.state in GONE:
            return ErasureAsked("erased" if row.state is DocumentState.ERASED else "expired", copies)
        if is_held(tx, document_id):
            raise DocumentHeld(str(document_id))
        noted = upsert(ERASURE_ASKED).values(document_id=document_id, asked_at=now).on_conflict_do_nothing()
        if not tx.execute(noted).rowcount:
            # Asked before; whatever became of the job then, there is one now.
            defer(tx, Job.ERASE_DOCUMENT, document_id=document_id)
            return ErasureAsked("erasing", copies)
        withdraw_evidence(tx, document_id, reason="erased_by_holder", now=now)
        actor = Actor(ActorKind.RESIDENT, str(who.person_id))
        entry = JournalEntry(act=JournalAct.WITHDRAW, actor=actor, document=document_id, subjects=(who.person_id,))
        append(tx, entry)
        defer(tx, Job.ERASE_DOCUMENT, document_id=document_id)
    return ErasureAsked("erasing", copies)


def carry_out_erasure(
    custody: Custody, catalogue: Catalogue, document_id: UUID, *, cause: Cause = Cause.ASKED_BY_HOLDER
) -> None:
    """Make every room forget a document, in the worker; what else the holder has may then serve in its place.

    One transaction destroys the key, empties every row that told of its content and keeps the signed certificate.
    Harmless to repeat. A deposit that commits during the re-keying makes it begin again; under a legal hold nothing
    happens until the hold is lifted.
    """
    erased: Erased | None = None
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with custody.db.transaction() as tx:
                erased = _erase_everywhere(tx, custody, catalogue, DocumentId(document_id), cause)
            break
        except DocumentHeld:
            return
        except IntegrityError:
            if attempt == ATTEMPTS:
                raise
    for name in erased.names if erased is not None else ():
        _forget(custody, name)


def destruction_certificate(custody: Custody, who: SignedIn, document_id: UUID) -> str:
    """Return the certificate of one's own destroyed paper; raises :class:`NothingHere` for any other."""
    with custody.db.read() as tx:
        own = select(DOCUMENT.c.document_id).where(
            DOCUMENT.c.document_id == document_id, DOCUMENT.c.holder_id == who.person_id
        )
        found = None if tx.execute(own).one_or_none() is None else certificate_of(tx, DocumentId(document_id))
    if found is None:
        raise NothingHere
    return found


def _erase_everywhere(
    tx: WriteTx, custody: Custody, catalogue: Catalogue, document_id: DocumentId, cause: Cause
) -> Erased | None:
    holder_id = tx.execute(select(DOCUMENT.c.holder_id).where(DOCUMENT.c.document_id == document_id)).scalar_one()
    erased = erase(tx, custody, document_id, cause=cause, actor=Actor(ActorKind.PROCESS, "worker"))
    if erased is None:
        return None
    withdraw_evidence(tx, document_id, reason=_WITHDRAWN[cause], now=custody.now())
    forget_judgements(tx, document_id)
    if custody.certifier is not None:
        keep_certificate(tx, custody.certifier, _destruction(tx, catalogue, document_id, erased, cause))
    judge_family(tx, custody, catalogue, holder_id, now=custody.now())
    return erased


def _destruction(
    tx: WriteTx, catalogue: Catalogue, document_id: DocumentId, erased: Erased, cause: Cause
) -> Destruction:
    trace_until = paris_day(months_before(erased.destroyed_at, -KEPT_MONTHS)).isoformat()
    trace = Remaining("trace", SERVICE_IN_CHARGE, "CRPA R.114-9-7", trace_until, TRACE_FR)
    return Destruction(
        document_id=document_id,
        evidence_type=erased.evidence_type,
        received_at=erased.received_at,
        destroyed_at=erased.destroyed_at,
        cause=cause.value,
        key_generation=erased.key_generation,
        entry_id=erased.entry_id,
        remaining=(trace, *(_remaining(copy) for copy in case_copies(tx, catalogue, document_id))),
    )


def _remaining(copy: CaseCopy) -> Remaining:
    who = f"{copy.recipient_name} ({copy.recipient})"
    why = f"{copy.purpose}; {copy.schedule} ({copy.schedule_status})"
    until = copy.keep_until if copy.ended_at is None else paris_day(copy.ended_at)
    return Remaining("case_copy", who, why, until.isoformat(), copy.why_fr)


def _forget(custody: Custody, name: ObjectName) -> None:
    try:
        custody.objects.delete(name)
    except VaultError:
        # Its key is destroyed: what is left in the store is noise that reconciliation sweeps away.
        return
