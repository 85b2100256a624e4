"""The port to whatever looks for malware, and how its word weighs on a reading: what was not scanned is not released."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from contracts.documents import DocumentState, Outcome
from vault.ingest.reading import Finding, Reading
from vault.ingest.reasons import Reason

STEP = "scan"
"""Steps of findings begin with it; the name of the scanner follows."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What one scanner says of one document.

    ``reason`` is ``READ`` for nothing found, ``MALWARE`` or ``ACTIVE_CONTENT`` for something, ``NOT_SCANNED`` for no
    answer that counts. ``version`` names engine and rules, so that a verdict can be told from a later one's.
    """

    scanner: str
    reason: Reason
    version: str

    @property
    def finding(self) -> Finding:
        """The row this scan leaves."""
        outcomes = {Reason.READ: Outcome.PASSED, Reason.NOT_SCANNED: Outcome.INCONCLUSIVE}
        word = "nothing_found" if self.reason is Reason.READ else self.reason.value
        return Finding(f"{STEP}.{self.scanner}", outcomes.get(self.reason, Outcome.FAILED), word, self.version)


class Scanner(Protocol):
    """Anything that looks for malware in bytes."""

    def scan(self, data: bytes) -> Scan:
        """Return what is found in ``data``; never raises: no answer is ``NOT_SCANNED``."""
        ...


def weighed(reading: Reading, scans: Iterable[Scan]) -> Reading:
    """Return ``reading`` as the ``scans`` leave it, with a finding for each.

    Malware outweighs all; an honest refusal outweighs the rest, since it is never released either.
    """
    scans = tuple(scans)
    reasons = {scan.reason for scan in scans}
    if Reason.MALWARE in reasons:
        reading = Reading.refused(Reason.MALWARE, media_type=reading.media_type)
    elif reading.reason is Reason.READ:
        for reason in (Reason.ACTIVE_CONTENT, Reason.NOT_SCANNED):
            if reason in reasons:
                reading = Reading.refused(reason, media_type=reading.media_type)
                break
    return replace(reading, findings=(*reading.findings, *(scan.finding for scan in scans)))


def released_only_scanned(reading: Reading) -> Reading:
    """Return ``reading``, quarantined where it would be available without a scan that passed and none that did not."""
    outcomes = {finding.outcome for finding in reading.findings if finding.step.startswith(STEP + ".")}
    if reading.verdict is not DocumentState.AVAILABLE or outcomes == {Outcome.PASSED}:
        return reading
    refused = Reading.refused(Reason.NOT_SCANNED, media_type=reading.media_type)
    kept = tuple(finding for finding in reading.findings if finding.step.startswith(STEP + "."))
    return replace(refused, findings=(*refused.findings, *kept))
