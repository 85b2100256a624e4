"""Verify the signatures inside a PDF (PAdES, ETSI EN 319 142) against our own roots, without going online."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from io import BytesIO
from typing import Any

from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import NoDSSFoundError
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import PdfSignatureStatus
from pyhanko_certvalidator import ValidationContext

from contracts.documents import Outcome
from vault.seals.verdict import NO_SEAL, SealReason, SealVerdict

# pyHanko writes a traceback, with names from the certificate, for every signer it does not know.
logging.getLogger("pyhanko").setLevel(logging.CRITICAL + 1)
logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL + 1)

MAX_SIGNATURES = 10
MAX_REVISIONS = 40
"""Each later revision is compared with what was signed; a signed paper has a handful."""
_PARSER_ERRORS = (PdfError, ValueError, KeyError, TypeError, IndexError, AttributeError, OSError, RecursionError)
"""What pyHanko lets escape on hostile input besides its own error."""


def verify(pdf: bytes, roots: Sequence[x509.Certificate], *, on: date) -> SealVerdict:
    """Return the verdict on the signatures of ``pdf`` as of the day ``on``; never raises, and fails closed.

    (1) Every signature must be intact, and what was added after it no more than a further signature or proofs about
    one. (2) Nothing but such proofs may follow the last one, which (3) must chain to one of ``roots``, at the moment
    its trusted time-stamp proves or else at noon (UTC) of ``on``. (4) Revocation is checked where the file carries the
    proof (PAdES B-LT); where it does not, the reason says so.
    """
    if b"/ByteRange" not in pdf:
        return NO_SEAL
    try:
        reader = PdfFileReader(BytesIO(pdf), strict=False)
        signatures = reader.embedded_regular_signatures
        if not signatures:
            return NO_SEAL
        if len(signatures) > MAX_SIGNATURES or reader.xrefs.total_revisions > MAX_REVISIONS:
            return SealVerdict(Outcome.INCONCLUSIVE, SealReason.UNSUPPORTED)
        anchors = tuple(asn1.Certificate.load(root.public_bytes(Encoding.DER)) for root in roots)
        return _judge(signatures, _Proofs.of(reader, anchors), datetime.combine(on, time(12), UTC))
    except _PARSER_ERRORS:
        return SealVerdict(Outcome.FAILED, SealReason.MALFORMED)


@dataclass(frozen=True, slots=True)
class _Proofs:
    """Our roots, and what the file itself brings to prove that nothing was revoked."""

    anchors: tuple[asn1.Certificate, ...]
    store: DocumentSecurityStore | None

    @classmethod
    def of(cls, reader: PdfFileReader, anchors: tuple[asn1.Certificate, ...]) -> "_Proofs":
        try:
            return cls(anchors, DocumentSecurityStore.read_dss(reader))
        except NoDSSFoundError:
            return cls(anchors, None)

    def check(self, signature: EmbeddedPdfSignature, moment: datetime, *, revocation: str) -> PdfSignatureStatus:
        """Validate ``signature`` at ``moment``; ``revocation`` says what a missing proof means."""
        given: dict[str, Any] = {"trust_roots": list(self.anchors), "revocation_mode": revocation, "moment": moment}
        if self.store is None:
            context = ValidationContext(**given, allow_fetching=False)
        else:
            # A proof fetched after the signature still speaks of its moment.
            context = self.store.as_validation_context({**given, "allow_fetching": False, "retroactive_revinfo": True})
        return validate_pdf_signature(signature, context)


def _judge(signatures: list[EmbeddedPdfSignature], proofs: _Proofs, noon: datetime) -> SealVerdict:
    statuses = [proofs.check(signature, noon, revocation="soft-fail") for signature in signatures]
    last = signatures[-1]
    stamped_at = _stamped_at(statuses[-1])
    outcome, reason = _doubt(statuses) or _trust(last, proofs, stamped_at or noon)
    certificate = last.signer_cert
    signed_at = stamped_at or last.self_reported_timestamp
    return SealVerdict(
        outcome,
        reason,
        authority=_name(certificate.issuer) if certificate else "",
        certificate=_name(certificate.subject) if certificate else "",
        signed_on=signed_at.astimezone(UTC).date() if signed_at else None,
    )


def _doubt(statuses: list[PdfSignatureStatus]) -> tuple[Outcome, SealReason] | None:
    """Return what is wrong with the bytes, whoever signed them."""
    if not all(status.intact and status.valid for status in statuses):
        return Outcome.FAILED, SealReason.SIGNATURE_WRONG
    allowed = [ModificationLevel.FORM_FILLING] * (len(statuses) - 1) + [ModificationLevel.LTA_UPDATES]
    for status, level in zip(statuses, allowed, strict=True):
        if status.docmdp_ok is False or status.modification_level is None or status.modification_level > level:
            return Outcome.FAILED, SealReason.NOT_WHOLE_FILE
    return None


def _trust(last: EmbeddedPdfSignature, proofs: _Proofs, moment: datetime) -> tuple[Outcome, SealReason]:
    if proofs.store is not None:
        # Only this mode looks at proofs for certificates that do not say where proofs are published.
        strict = proofs.check(last, moment, revocation="require")
        if strict.revoked:
            return Outcome.FAILED, SealReason.CERTIFICATE_REVOKED
        if strict.trusted:
            return Outcome.PASSED, SealReason.VERIFIED
    if proofs.check(last, moment, revocation="soft-fail").trusted:
        return Outcome.PASSED, SealReason.VERIFIED_REVOCATION_UNCHECKED
    return Outcome.INCONCLUSIVE, SealReason.UNTRUSTED_SIGNER


def _stamped_at(status: PdfSignatureStatus) -> datetime | None:
    """Return the moment that a time-stamp by one of our roots proves."""
    stamp = status.timestamp_validity
    return stamp.timestamp if stamp is not None and stamp.valid and stamp.intact and stamp.trusted else None


def _name(name: asn1.Name) -> str:
    """Return the organisation, or else the common name: a registrar's own name is not ours to keep."""
    native = name.native
    return str(native.get("organization_name") or native.get("common_name") or "")
