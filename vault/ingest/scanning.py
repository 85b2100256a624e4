"""The port to whatever looks for malware, and how its word weighs on a reading: what was not scanned is not released."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from contracts.documents import DocumentState, Outcome
from vault.ingest.reading import Finding, Reading
from vault.ingest.reasons import Reason

STEP = "scan"
"""Steps of findings begin with it; the name of the scanner follows."""
_BY_GRAVITY = (Reason.READ, Reason.ACTIVE_CONTENT, Reason.NOT_SCANNED, Reason.MALWARE)


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

    def scanned_with(self) -> str | None:
        """Name engine and rules as they are now, as a finding's step and version do; nothing without an answer."""
        ...

    def refuses(self, length: int) -> str:
        """Say in words for the operator why ``length`` bytes are more than it takes; nothing where they are not."""
        ...


def named(scanner: str, version: str) -> str:
    """Return the words by which one scanner and its rules go into :func:`scanned_with`."""
    return f"{STEP}.{scanner} {version}"


def scanned_with(findings: Iterable[Finding]) -> str:
    """Return which scanners and rules these findings are of, in one line that is the same for the same ones."""
    return joined(f"{each.step} {each.version}" for each in findings if each.step.startswith(STEP + "."))


def joined(names: Iterable[str]) -> str:
    """Return the names of several scanners in one line, in one order."""
    return "; ".join(sorted(names))


def gravest(scans: Iterable[Scan]) -> Scan:
    """Return the scan that counts where one scanner looked at several parts of one document."""
    return max(scans, key=lambda scan: _BY_GRAVITY.index(scan.reason))


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
