"""What a time-stamp token proves: that these very bytes existed when an authority we trust says so (RFC 3161, RFC 5816)."""

import asyncio
import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from asn1crypto import cms, pem, tsp, x509
from pyhanko.sign.general import extract_signer_info
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import (
    extract_certs_for_validation,
    get_signing_cert_attr,
    validate_tst_signed_data,
)
from pyhanko_certvalidator import ValidationContext

from connectors.errors import (
    StampMalformed,
    StampOfOtherData,
    StampPolicyRefused,
    StampRootsUnreadable,
    StampSignatureInvalid,
    StampSignerRefused,
)

# pyHanko writes a traceback, with names from the certificate, for every signer it does not know.
logging.getLogger("pyhanko").setLevel(logging.CRITICAL + 1)
logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL + 1)

DIGEST = "sha256"
ROOTS_MAX_BYTES = 1024 * 1024
_TIME_STAMPING = "time_stamping"
PARSER_ERRORS = (ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError, RecursionError)
"""What ASN.1 of strangers makes its readers raise besides their own error."""


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose time-stamps count: those under one policy (or any, where none is said) of signers that lead to our roots."""

    policy: str | None
    roots: tuple[x509.Certificate, ...] = field(repr=False)

    @classmethod
    def read(cls, policy: str | None, roots: Path) -> "Trust":
        """Read the roots from a PEM file; raises :class:`StampRootsUnreadable`."""
        try:
            with roots.open("rb") as file:
                text = file.read(ROOTS_MAX_BYTES)
            found = tuple(x509.Certificate.load(der, strict=True) for _, _, der in pem.unarmor(text, multiple=True))
        except (OSError, *PARSER_ERRORS):
            raise StampRootsUnreadable from None
        return cls(policy, found)


@dataclass(frozen=True, slots=True)
class Stamp:
    """A verified time-stamp: its token (DER, as « openssl ts » takes it), when it was made, and under which number."""

    token: bytes = field(repr=False)
    at: datetime
    policy: str
    serial: str
    nonce: int | None = field(repr=False)


def verify_token(token: bytes, data: bytes, trust: Trust) -> Stamp:
    """Return what ``token`` proves of ``data``, with nothing but our roots: no network, no clock.

    The signer's certificate and those above it must have been valid when the token was made. What is revoked later
    takes nothing from a token that was verified when it came. Raises one of the refusals of :mod:`connectors.errors`
    that begin with ``Stamp``.
    """
    try:
        return _verify(token, data, trust)
    except SignatureValidationError:
        raise StampSignatureInvalid from None
    except PARSER_ERRORS:
        raise StampMalformed from None


def _verify(token: bytes, data: bytes, trust: Trust) -> Stamp:
    parsed = cms.ContentInfo.load(token, strict=True)
    if parsed["content_type"].native != "signed_data":
        raise StampMalformed
    signed: cms.SignedData = parsed["content"]
    info = signed["encap_content_info"]["content"].parsed
    if not isinstance(info, tsp.TSTInfo):
        raise StampMalformed
    imprint = info["message_imprint"]
    if imprint["hash_algorithm"]["algorithm"].native != DIGEST or imprint["hashed_message"].native != _digest(data):
        raise StampOfOtherData
    if trust.policy not in (None, info["policy"].dotted):
        raise StampPolicyRefused
    at: datetime = info["gen_time"].native
    _require_signed(signed, data, trust.roots, at)
    return Stamp(token, at, info["policy"].dotted, str(info["serial_number"].native), info["nonce"].native)


def _require_signed(signed: cms.SignedData, data: bytes, roots: Sequence[x509.Certificate], at: datetime) -> None:
    context = ValidationContext(trust_roots=list(roots), moment=at, allow_fetching=False, revocation_mode="soft-fail")
    found: dict[str, Any] = asyncio.run(validate_tst_signed_data(signed, context, lambda _: _digest(data)))
    # Without it, a certificate over the same key could stand in for the signer's (RFC 3161 2.4.2).
    bound = get_signing_cert_attr(extract_signer_info(signed)["signed_attrs"]) is not None
    if not (found["intact"] and found["valid"] and bound):
        raise StampSignatureInvalid
    certificates = extract_certs_for_validation(signed)
    if found["trust_problem_indic"] is not None or not _only_stamps(certificates.signer_cert):
        raise StampSignerRefused


def _only_stamps(signer: x509.Certificate) -> bool:
    """Tell whether a certificate is for time-stamping and nothing else, and says so as critical (RFC 3161 2.3)."""
    uses = [one for one in signer["tbs_certificate"]["extensions"] if one["extn_id"].native == "extended_key_usage"]
    return len(uses) == 1 and bool(uses[0]["critical"].native) and uses[0]["extn_value"].native == [_TIME_STAMPING]


def _digest(data: bytes) -> bytes:
    return hashlib.new(DIGEST, data).digest()
