"""The day's pupils as a file handed over, and what became of the hand-over."""

from dataclasses import replace
from typing import Any

from connectors.caisse_fichiers.pupils import Mark, PupilFile
from connectors.caisse_fichiers.writing import write
from connectors.drops import hand_over_outcome
from connectors.port import Binding, Exchange, Manifest, WireRequest, load_manifest
from contracts.outcomes import ExchangeOutcome, OutcomeKind

MANIFEST = load_manifest(__file__)


class PupilFileCodec:
    """One file per day, Caisse and sequence, for a drop folder or :class:`connectors.sftp.SftpTransport`."""

    manifest: Manifest = MANIFEST

    def encode(self, command: PupilFile, binding: Binding) -> WireRequest:
        """Write the file; the request's URL is its bare name.

        Raises:
            ValueError: the file is for another SIRET than the binding's, or its sequence is out of range.
        """
        if command.recipient != binding.siret:
            raise ValueError("the file is for another body")
        file = write(command)
        return WireRequest("PUT", file.name, (("content-type", "text/csv; charset=iso-8859-1"),), file.body)

    def decode(self, command: PupilFile, exchange: Exchange) -> ExchangeOutcome:
        """Say what the hand-over came to.

        ``data`` holds references only: ``written``, ``refused`` and ``losses``. With a refused line the outcome is
        partial; another file under the same name is a conflict that a person settles with the next sequence.
        """
        outcome = hand_over_outcome(exchange, self.manifest.operations["hand_over"])
        handed_over = outcome.kind in (OutcomeKind.APPLIED, OutcomeKind.DUPLICATE)
        return _settled(command, outcome) if handed_over else outcome


def _settled(command: PupilFile, outcome: ExchangeOutcome) -> ExchangeOutcome:
    file = write(command)
    kind = OutcomeKind.PARTIAL if file.refused else outcome.kind
    data: dict[str, Any] = {
        "file": file.name,
        "written": [str(line.reference) for line in file.written],
        "refused": [_mark(mark) for mark in file.refused],
        "losses": [_mark(mark) for mark in file.losses],
    }
    return replace(outcome, kind=kind, data=data)


def _mark(mark: Mark) -> dict[str, str]:
    return {"reference": str(mark.reference), "field": mark.field}
