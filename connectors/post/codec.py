"""One letter as one file for the print room's drop: the sheet and, beside it, what is to be done with it."""

import hashlib
import json
import zipfile
from io import BytesIO
from uuid import UUID

from connectors.drops import hand_over_outcome
from connectors.port import Binding, Exchange, Manifest, WireRequest, load_manifest
from connectors.post.sheet import PrintedLetter, drawn
from contracts.outcomes import ExchangeOutcome, OutcomeKind

MANIFEST = load_manifest(__file__)
SHEET, ORDER = "courrier.pdf", "commande.json"
_LONG_AGO = (1980, 1, 1, 0, 0, 0)


def file_name(message: UUID) -> str:
    """Return the name under which a letter is dropped: its identifier, and nothing about anybody."""
    return f"courrier-{message}.zip"


class PrintCodec:
    """One file a letter, for :class:`connectors.file_drop.FileDropTransport`, so that order and sheet come together.

    The order names the sheet's digest, its pages and the envelope, and nobody.
    """

    manifest: Manifest = MANIFEST

    def encode(self, command: PrintedLetter, binding: Binding) -> WireRequest:  # noqa: ARG002 - a drop is the same for whoever uses it
        """Write sheet and order into one file; the request's URL is its bare name."""
        sheet = drawn(command)
        order = {
            "message": str(command.message),
            "sheet": SHEET,
            "sha256": hashlib.sha256(sheet).hexdigest(),
            "pages": 1,
            "format": "A4",
            "envelope": "C6/5, fenêtre à droite",
            "postage": "lettre verte",
        }
        body = BytesIO()
        with zipfile.ZipFile(body, "w", zipfile.ZIP_STORED) as parcel:
            for name, content in ((SHEET, sheet), (ORDER, json.dumps(order, ensure_ascii=False, indent=1).encode())):
                parcel.writestr(zipfile.ZipInfo(name, _LONG_AGO), content)
        return WireRequest("PUT", file_name(command.message), (("content-type", "application/zip"),), body.getvalue())

    def decode(self, command: PrintedLetter, exchange: Exchange) -> ExchangeOutcome:  # noqa: ARG002 - the port's signature
        """Say what the drop came to; a file of this name is this letter, from an earlier try, whatever its code."""
        outcome = hand_over_outcome(exchange, self.manifest.operations["print"])
        known = outcome.kind in (OutcomeKind.DUPLICATE, OutcomeKind.CONFLICT)
        return ExchangeOutcome(OutcomeKind.DUPLICATE, code=outcome.code) if known else outcome
