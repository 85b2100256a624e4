"""Papers that may be opened are scanned again when scanners or rules change; what is found then goes out of use everywhere."""

import logging
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import exists, select, update

from contracts.documents import OPENABLE
from contracts.identifiers import DocumentId
from hub.requirements.catalogue import Catalogue
from hub.school_files.judging import judge_family, withdraw_evidence
from hub.school_files.settling import settle_again
from hub.school_files.tables import EVIDENCE
from vault.documents.custody import Custody
from vault.documents.hold import tell_untold
from vault.documents.tables import DOCUMENT, ERASURE_ASKED
from vault.errors import DatabaseUnavailable, DocumentNotAvailable, KeyServiceUnavailable, VaultError
from vault.ingest.conclude import Reader
from vault.ingest.reasons import Reason
from vault.ingest.rescanning import (
    FOUND,
    Rescanned,
    Rescanner,
    ask_quarantined,
    outdated,
    record_rescan,
    scan_again,
)
from vault.standing import Purpose, standing
from vault.storage.errors import StoreUnavailable

_LOG = logging.getLogger(__name__)

REASON = "quarantined"
"""Why partners are told that evidence is withdrawn."""


@dataclass(frozen=True, slots=True)
class RescanReport:
    """What one run did: papers scanned, of these found bad, and left for the next run because no scanner answered."""

    scanned: int = 0
    found: int = 0
    left: int = 0


@standing(purpose=Purpose.SAFETY)
def rescan_outdated(custody: Custody, catalogue: Catalogue, scanner: Rescanner) -> RescanReport:
    """Scan every paper that may be opened and was last scanned otherwise, in batches; needs the right to unwrap.

    What they put into quarantine earlier is read again by jobs. Nothing happens where a scanner is away. Harmless to
    repeat, and beside another worker's run.
    """
    current = scanner.scanned_with()
    if current is None:
        return RescanReport()
    with custody.db.transaction() as write:
        ask_quarantined(write, current)
    report, after = RescanReport(), None
    while True:
        with custody.db.read() as tx:
            batch = outdated(tx, current, after=after)
        if not batch:
            return report
        after = batch[-1]
        for document_id in batch:
            report = _rescan_one(custody, catalogue, scanner, document_id, report)


def rescan_document(custody: Custody, catalogue: Catalogue, reader: Reader, document_id: UUID) -> None:
    """Scan and read a quarantined paper again; where it is well, it serves as it did before. Harmless to repeat."""
    settle_again(custody, catalogue, reader, document_id)
    with custody.db.transaction() as tx:
        row = tx.execute(select(DOCUMENT).where(DOCUMENT.c.document_id == document_id).with_for_update()).one()
        asked = exists().where(ERASURE_ASKED.c.document_id == EVIDENCE.c.document_id)
        again = update(EVIDENCE).where(
            EVIDENCE.c.document_id == document_id, EVIDENCE.c.withdrawn_at.is_not(None), ~asked
        )
        if row.state in OPENABLE and tx.execute(again.values(withdrawn_at=None)).rowcount:
            judge_family(tx, custody, catalogue, row.holder_id, now=custody.now())
    tell_untold(custody)


def _rescan_one(
    custody: Custody, catalogue: Catalogue, scanner: Rescanner, document_id: DocumentId, report: RescanReport
) -> RescanReport:
    try:
        rescanned = scan_again(custody, scanner, document_id)
    except DocumentNotAvailable:
        return report  # erased meanwhile
    except (DatabaseUnavailable, KeyServiceUnavailable, StoreUnavailable):
        raise
    except VaultError as error:
        # Damage is for the audit to name; it must not keep the others from being scanned.
        _LOG.error("document %s not scanned again: %s", document_id, type(error).__name__)
        return replace(report, left=report.left + 1)
    _record(custody, catalogue, rescanned)
    if rescanned.reason not in FOUND | {Reason.READ}:
        return replace(report, left=report.left + 1)
    found = report.found + (rescanned.reason is not Reason.READ)
    return replace(report, scanned=report.scanned + 1, found=found)


def _record(custody: Custody, catalogue: Catalogue, rescanned: Rescanned) -> None:
    with custody.db.transaction() as tx:
        row = record_rescan(tx, custody, rescanned)
        if row is not None:
            withdraw_evidence(tx, rescanned.document_id, reason=REASON, now=custody.now())
            judge_family(tx, custody, catalogue, row.holder_id, now=custody.now())
