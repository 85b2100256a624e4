"""The day's pupils as a file handed over, and what became of the hand-over."""

from typing import Any

from connectors.caisse_fichiers.pupils import Mark, PupilFile
from connectors.caisse_fichiers.writing import write
from connectors.port import Binding, Exchange, Manifest, WireRequest, load_manifest, unfinished
from contracts.outcomes import ExchangeOutcome, OutcomeKind

MANIFEST = load_manifest(__file__)
_WRITTEN, _SAME_THERE, _OTHER_THERE = 201, 200, 409


class PupilFileCodec:
    """One file per day, Caisse and sequence, for :class:`connectors.file_drop.FileDropTransport`."""

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
        broken = unfinished(exchange, self.manifest.operations["hand_over"])
        if broken is not None:
            return broken
        code = str(exchange.status)
        if exchange.status == _OTHER_THERE:
            return ExchangeOutcome(OutcomeKind.CONFLICT, code=code)
        if exchange.status not in (_WRITTEN, _SAME_THERE):
            return ExchangeOutcome(OutcomeKind.CONTRACT_BREACH, code=code)
        return _settled(command, exchange)


def _settled(command: PupilFile, exchange: Exchange) -> ExchangeOutcome:
    file = write(command)
    kind = OutcomeKind.APPLIED if exchange.status == _WRITTEN else OutcomeKind.DUPLICATE
    if file.refused:
        kind = OutcomeKind.PARTIAL
    data: dict[str, Any] = {
        "file": file.name,
        "written": [str(line.reference) for line in file.written],
        "refused": [_mark(mark) for mark in file.refused],
        "losses": [_mark(mark) for mark in file.losses],
    }
    return ExchangeOutcome(kind, code=str(exchange.status), receipt=exchange.header("x-sha256") or "", data=data)


def _mark(mark: Mark) -> dict[str, str]:
    return {"reference": str(mark.reference), "field": mark.field}
