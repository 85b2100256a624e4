"""Verify the signature inside a PDF (PAdES, ETSI EN 319 142) against our own roots, without going online."""

import logging
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from io import BytesIO

from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from contracts.documents import Outcome
from vault.seals.verdict import NO_SEAL, SealReason, SealVerdict

# pyHanko writes a traceback, with names from the certificate, for every signer it does not know.
logging.getLogger("pyhanko").setLevel(logging.CRITICAL + 1)
logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL + 1)

MAX_SIGNATURES = 10
_PARSER_ERRORS = (PdfError, ValueError, KeyError, TypeError, IndexError, AttributeError, OSError, RecursionError)
"""What pyHanko lets escape on hostile input besides its own error."""


def verify(pdf: bytes, roots: Sequence[x509.Certificate], *, on: date) -> SealVerdict:
    """Return the verdict on the signatures of ``pdf`` as of the day ``on``; never raises, and fails closed.

    Every signature must be intact, and the last one must cover the whole file and chain to one of ``roots``.
    Certificates are judged at noon (UTC) of ``on``. Revocation is not checked, and the reason says so.
    """
    if b"/ByteRange" not in pdf:
        return NO_SEAL
    try:
        signatures = PdfFileReader(BytesIO(pdf), strict=False).embedded_regular_signatures
        if not signatures:
            return NO_SEAL
        if len(signatures) > MAX_SIGNATURES:
            return SealVerdict(Outcome.INCONCLUSIVE, SealReason.UNSUPPORTED)
        return _judge(signatures, roots, on)
    except _PARSER_ERRORS:
        return SealVerdict(Outcome.FAILED, SealReason.MALFORMED)


def _judge(signatures: list[EmbeddedPdfSignature], roots: Sequence[x509.Certificate], on: date) -> SealVerdict:
    anchors = [asn1.Certificate.load(root.public_bytes(Encoding.DER)) for root in roots]
    moment = datetime.combine(on, time(12), UTC)
    statuses = [_status(signature, anchors, moment) for signature in signatures]
    last = signatures[-1]
    if not all(status.intact and status.valid for status in statuses):
        outcome, reason = Outcome.FAILED, SealReason.SIGNATURE_WRONG
    elif statuses[-1].coverage is not SignatureCoverageLevel.ENTIRE_FILE:
        outcome, reason = Outcome.FAILED, SealReason.NOT_WHOLE_FILE
    elif not statuses[-1].trusted:
        outcome, reason = Outcome.INCONCLUSIVE, SealReason.UNTRUSTED_SIGNER
    else:
        outcome, reason = Outcome.PASSED, SealReason.VERIFIED_REVOCATION_UNCHECKED
    certificate = last.signer_cert
    signed_at = last.self_reported_timestamp
    return SealVerdict(
        outcome,
        reason,
        authority=_name(certificate.issuer) if certificate else "",
        certificate=_name(certificate.subject) if certificate else "",
        signed_on=signed_at.astimezone(UTC).date() if signed_at else None,
    )


def _status(signature: EmbeddedPdfSignature, anchors: list[asn1.Certificate], moment: datetime) -> PdfSignatureStatus:
    context = ValidationContext(trust_roots=anchors, allow_fetching=False, revocation_mode="soft-fail", moment=moment)
    return validate_pdf_signature(signature, context)


def _name(name: asn1.Name) -> str:
    """Return the organisation, or else the common name: a registrar's own name is not ours to keep."""
    native = name.native
    return str(native.get("organization_name") or native.get("common_name") or "")
