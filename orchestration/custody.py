"""What the operator does with custody on a one-machine system, with the worker's rights and nothing more."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import vault.bootstrap as vault_parts
from hub.deposits.retention import OPERATOR, lift_hold, place_hold
from hub.releases.case_copies import due_case_copies, end_case_copy
from hub.requirements.catalogue import load
from orchestration.progress import progress
from orchestration.stack import environment
from orchestration.stack.addresses import addresses
from orchestration.stack.layout import Layout
from orchestration.stack.places import Places
from orchestration.stack.plan import StoreAddresses
from vault.crypto.errors import KeyFileMalformed
from vault.documents.audit import AuditReport, audit_all, audit_sample
from vault.documents.certificates import CertificateVerifier
from vault.documents.custody import Custody
from vault.ingest.conclude import ask_rescan
from vault.ingest.giving_up import ask_again
from vault.ingest.rescanning import ask_all_again
from vault.reconciliation.sweeping import Reconciled, compare, reconcile
from vault.settings import VaultSettings
from vault.standing import Purpose, standing

PROFILE = "demo"
"""Of the operator's own process; it starts nothing and reads no seal, so no profile changes what it does."""


@contextmanager
def worker_custody(layout: Layout, stores: StoreAddresses | None = None) -> Iterator[Custody]:
    """Give custody as the worker of this state folder has it; raises as :func:`addresses` does."""
    told = environment.worker(PROFILE, Places.recorded(layout), stores or addresses(layout))
    settings = VaultSettings(**environment.fields(told, "VAULT_", PROFILE))
    custody = vault_parts.custody(settings, pool_size=2)
    try:
        yield custody
    finally:
        custody.db.close()


def audit(layout: Layout, *, whole: bool, sample: int) -> tuple[str, bool]:
    """Audit all documents, resuming where the last whole audit stopped, or a random sample; say what was found."""
    with worker_custody(layout) as custody:
        if whole:
            with progress("documents checked") as tell:
                report = audit_all(custody, actor=OPERATOR, tell=tell)
        else:
            report = audit_sample(custody, sample, actor=OPERATOR)
    return _words(report), not report.faults


def rescan(layout: Layout) -> int:
    """Ask the worker to read again what waits for a scan, and what was given up; return how many documents that is."""
    with worker_custody(layout) as custody:
        return ask_rescan(custody) + ask_again(custody)


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a comparison of store and rows is told: in words or as JSON, and whether every row has its object."""

    words: str
    json: str
    holds: bool


def reconcile_store(layout: Layout, *, sweep: bool, insist: bool) -> Comparison:
    """Compare store and rows; with ``sweep`` condemn and delete as the worker does, else change nothing."""
    with worker_custody(layout) as custody:
        done = reconcile(custody, insist=insist) if sweep else compare(custody)
    counts = {name: getattr(done, name) for name in Reconciled.__slots__ if name != "missing"}
    missing = [{"form": one.form, "of": str(one.of)} for one in done.missing]
    told = json.dumps(counts | {"missing": missing}, indent=1)
    return Comparison(_compared(done), told, not missing and not done.refused)


def _compared(done: Reconciled) -> str:
    gone = f"{done.condemned} condemned now, {done.swept} deleted, {done.waiting} wait"
    lines = [
        f"{done.objects} objects, {done.rows} named by rows; {done.young} too young to judge, {done.foreign} not ours",
        f"{done.orphans} without a row: {gone} (the store's lock keeps {done.retained} of them)",
    ]
    if done.refused:
        lines.append(
            f"NOTHING IS CONDEMNED: of {done.unknown} objects no row tells at all. Is this the right database? If it is,"
            " « --sweep --insist »"
        )
    lines += [f"MISSING: the object of {one.form} {one.of}" for one in done.missing]
    return "\n".join(lines)


def rescan_all(layout: Layout) -> int:
    """Have every paper in use scanned again by the worker, whatever it was scanned with; return how many those are."""
    with standing(purpose=Purpose.SAFETY), worker_custody(layout) as custody, custody.db.transaction() as tx:
        return ask_all_again(tx)


def place(layout: Layout, document: str, reference: str) -> None:
    """Place a legal hold on a document."""
    with worker_custody(layout) as custody:
        place_hold(custody, UUID(document), reference=reference)


def lift(layout: Layout, document: str) -> None:
    """Lift the legal hold on a document."""
    with worker_custody(layout) as custody:
        lift_hold(custody, UUID(document))


@standing(purpose=Purpose.RETENTION)
def case_copies_due(layout: Layout) -> list[str]:
    """Return one line per case copy whose schedule is over and which has no visa yet."""
    with worker_custody(layout) as custody, custody.db.read() as tx:
        found = due_case_copies(tx, load(), now=custody.now())
    return [f"{c.case_copy_id}  {c.recipient_name} ({c.recipient})  {c.purpose}  until {c.keep_until}" for c in found]


@standing(purpose=Purpose.RETENTION)
def end_copy(layout: Layout, case_copy: str, visa: str) -> None:
    """Record that a service destroyed its copy under the archives' visa."""
    with worker_custody(layout) as custody, custody.db.transaction() as tx:
        end_case_copy(tx, UUID(case_copy), visa=visa, now=custody.now())


def check_certificate(certificate: Path, public_key: Path) -> tuple[str, bool]:
    """Check a destruction certificate offline."""
    try:
        verifier = CertificateVerifier.from_text(public_key.read_text(encoding="utf-8"))
    except KeyFileMalformed as error:
        return f"not a public key: {error}", False
    verdict = verifier.check(certificate.read_text(encoding="utf-8"))
    if not verdict.holds:
        return f"THE CERTIFICATE DOES NOT HOLD: {verdict.fails}", False
    body = verdict.body
    dies = body["holder_key"]["last_backup_dies_on"]
    lines = [
        f"the certificate holds: document {body['document']} was destroyed on {body['destroyed_at']} ({body['cause']})",
        f"the last backup copy of its key dies on {dies}",
        *(f"remains: {one['what']}, {one['who']}, until {one['until']}: {one['why']}" for one in body["remaining"]),
    ]
    return "\n".join(lines), True


def _words(report: AuditReport) -> str:
    resumed = f", resumed after {report.resumed_after}" if report.resumed_after else ""
    counts = f"{report.documents} documents, {report.objects} objects opened{resumed}"
    if not report.faults:
        return f"the vault holds: {counts}"
    bad = "\n".join(f"  {fault.document_id} {fault.form}: {fault.fault}" for fault in report.first)
    return f"THE VAULT DOES NOT HOLD: {report.faults} faults in {counts}; the first:\n{bad}"
