"""Verify a 2D-Doc, the visible seal of French administrations (specification of France Titres, v3.3; codes v01 to v04)."""

import re
from base64 import b32decode, b32encode
from binascii import Error as Base32Error
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from tddoc.data_definition import c40
from tddoc.header import Header

from contracts.documents import Outcome
from vault.seals.trust import PUBLISHED_TEST_AUTHORITY, TEST_AUTHORITIES, TrustStore, is_test_sealer
from vault.seals.verdict import SealReason, SealVerdict

GS, RS, US = "\x1d", "\x1e", "\x1f"
MAX_CODE_BYTES = 4096
"""More than the largest Data Matrix holds (1,555 bytes); what is longer was not scanned."""
TAX_NUMBERS = frozenset({"40", "47", "49"})
"""Identifiers of tax numbers: read past, never returned."""

_HEADER = re.compile(r"DC0(?:[12]|3(?=.{18}\d\d)|4(?=.{18}\d\d[A-Z]{2}))[A-Z0-9]{8}[0-9A-F]{8}[A-Z0-9]{2}")
_ANNEX_VERSION = 4
_BINARY_MARK = b"\xdc"
_MALFORMED = SealVerdict(Outcome.FAILED, SealReason.MALFORMED)
_BINARY = SealVerdict(Outcome.INCONCLUSIVE, SealReason.BINARY)
_HASHES: Mapping[str, hashes.HashAlgorithm] = {
    "secp256r1": hashes.SHA256(),
    "secp384r1": hashes.SHA384(),
    "secp521r1": hashes.SHA512(),
}

_Judgement = tuple[Outcome, SealReason]


class _MalformedCodeError(ValueError):
    """The code does not have the form of a 2D-Doc."""


def looks_like(code: bytes) -> bool:
    """Tell whether ``code``, as a barcode reader gave it, claims to be a 2D-Doc (text or binary)."""
    return code[:2] in (b"DC", b"\xdc\x04")


def verify(code: bytes, trust: TrustStore, *, on: date) -> SealVerdict:
    """Return the verdict on ``code`` as of the day ``on``; never raises, and fails closed.

    The order is that of the specification, section 5.1: (1) form, (2) test seals, (3) dates, (4) authority, (5)
    certificate, (6) revoked or not, (7) valid on the day of sealing, (8) signature over the literal bytes before
    ``<US>``, (9) fields. What follows the signature (the annex of v04) is unsigned and never looked at.
    """
    if code[:1] == _BINARY_MARK:
        return _binary(code)
    try:
        header, signed, signature = _dissect(code)
    except ValueError:
        return _MALFORMED
    known = replace(_MALFORMED, document_type=header.doc_type_id, **_said(header))
    outcome, reason = _judge(known, signed, signature, trust=trust, on=on)
    if outcome is not Outcome.PASSED:
        return replace(known, outcome=outcome, reason=reason)
    try:
        said = _split(header.perimeter_id, signed[header.length :])
    except ValueError:
        return replace(known, outcome=Outcome.INCONCLUSIVE, reason=SealReason.UNREADABLE_FIELDS)
    fields = {identifier: value.strip() for identifier, value in said.items() if identifier not in TAX_NUMBERS}
    withheld = tuple(sorted(TAX_NUMBERS & said.keys()))
    return replace(known, outcome=outcome, reason=reason, fields=fields, withheld=withheld)


def carries_tax_number(code: bytes) -> bool:
    """Tell whether ``code`` spells a tax number for whoever scans it; one we cannot take apart may."""
    try:
        header, signed, _ = _dissect(code)
        return bool(TAX_NUMBERS & _split(header.perimeter_id, signed[header.length :]).keys())
    except ValueError:
        return True


def _binary(code: bytes) -> SealVerdict:
    """Return who says they sealed a binary code; no library at hand splits its message, so nothing is vouched for."""
    try:
        header = Header.from_code(code)
        # A type is a number here, written as the text codes write theirs.
        return replace(_BINARY, document_type=f"{header.doc_type_id:02X}", **_said(header))
    except (ValueError, LookupError, TypeError, OverflowError):
        return _BINARY


def _said(header: Header) -> dict[str, Any]:
    return {
        "authority": header.ca_id,
        "certificate": header.cert_id,
        "issued_on": header.emit_date,
        "signed_on": header.sign_date,
    }


def _judge(known: SealVerdict, signed: str, signature: bytes, *, trust: TrustStore, on: date) -> _Judgement:
    """Return outcome and reason; the authority's and the certificate's part is judged before the signature's."""
    named_test = is_test_sealer(known.authority, known.certificate)
    if named_test and not trust.allow_test_authority:
        return Outcome.FAILED, SealReason.TEST_AUTHORITY
    signed_on = known.signed_on
    if signed_on is None:
        return Outcome.INCONCLUSIVE, SealReason.UNDATED
    if signed_on > on or (known.issued_on is not None and known.issued_on > on):
        return Outcome.FAILED, SealReason.DATED_IN_FUTURE
    if known.authority not in TEST_AUTHORITIES and (doubt := _doubt_authority(known.authority, signed_on, trust)):
        return doubt
    sealers = trust.sealers(known.authority, known.certificate)
    if doubt := _doubt_sealers(known, sealers, trust):
        return doubt
    # One of the specification's own examples is sealed days after its certificate ended.
    ageless = known.authority == PUBLISHED_TEST_AUTHORITY
    valid = [sealer for sealer in sealers if ageless or _valid_on(sealer, signed_on)]
    return _judge_signature(valid, signed.encode("ascii"), signature)


def _doubt_authority(identifier: str, signed_on: date, trust: TrustStore) -> _Judgement | None:
    """Return what speaks against the authority, nothing where its list vouches for it."""
    authority = trust.authority(identifier)
    if trust.listed is None or authority is None:
        return Outcome.INCONCLUSIVE, SealReason.AUTHORITY_NOT_LISTED
    if authority.withdrawn:
        return Outcome.FAILED, SealReason.AUTHORITY_NOT_ACCREDITED
    if not authority.accredited_on(signed_on):
        return Outcome.INCONCLUSIVE, SealReason.AUTHORITY_NOT_ACCREDITED
    if not trust.listed.vouches_for(signed_on):
        return Outcome.INCONCLUSIVE, SealReason.TRUST_LIST_OUT_OF_DATE
    return None


def _doubt_sealers(known: SealVerdict, sealers: tuple[x509.Certificate, ...], trust: TrustStore) -> _Judgement | None:
    if not sealers:
        return Outcome.INCONCLUSIVE, SealReason.UNKNOWN_CERTIFICATE
    if not trust.allow_test_authority and is_test_sealer(known.authority, known.certificate, sealers):
        return Outcome.FAILED, SealReason.TEST_AUTHORITY
    # One revoked certificate of that name is enough: the code does not say which of them it means.
    if any(trust.is_revoked(known.authority, sealer) for sealer in sealers):
        return Outcome.FAILED, SealReason.CERTIFICATE_REVOKED
    return None


def _judge_signature(valid: list[x509.Certificate], signed: bytes, signature: bytes) -> _Judgement:
    if not valid:
        return Outcome.FAILED, SealReason.CERTIFICATE_NOT_VALID
    keys = [key for key in (sealer.public_key() for sealer in valid) if isinstance(key, ec.EllipticCurvePublicKey)]
    keys = [key for key in keys if key.curve.name in _HASHES]
    if not keys:
        return Outcome.INCONCLUSIVE, SealReason.UNSUPPORTED
    if not any(_signature_holds(key, signed, signature) for key in keys):
        return Outcome.FAILED, SealReason.SIGNATURE_WRONG
    return Outcome.PASSED, SealReason.VERIFIED


def _dissect(code: bytes) -> tuple[Header, str, bytes]:
    """Return header, the literal text that was signed, and the raw signature.

    Raises:
        ValueError: the form is wrong.
    """
    if len(code) > MAX_CODE_BYTES:
        raise _MalformedCodeError
    text = code.decode("ascii")
    if not _HEADER.match(text):
        raise _MalformedCodeError
    header = Header.from_code(text)
    signed, separator, rest = text.partition(US)
    if not separator or len(signed) <= header.length:
        raise _MalformedCodeError
    if header.version >= _ANNEX_VERSION:
        rest = rest.partition(GS)[0]
    return header, signed, _signature(rest)


def _signature(text: str) -> bytes:
    """Decode unpadded base32; only the canonical spelling counts, so that one seal has one text."""
    bare = text.rstrip("=")
    try:
        signature = b32decode(bare + "=" * (-len(bare) % 8))
    except Base32Error:
        raise _MalformedCodeError from None
    if not signature or len(signature) % 2 or b32encode(signature).decode("ascii").rstrip("=") != bare:
        raise _MalformedCodeError
    return signature


def _valid_on(certificate: x509.Certificate, day: date) -> bool:
    return certificate.not_valid_before_utc.date() <= day <= certificate.not_valid_after_utc.date()


def _signature_holds(key: ec.EllipticCurvePublicKey, signed: bytes, signature: bytes) -> bool:
    half = (key.curve.key_size + 7) // 8
    if len(signature) != 2 * half:
        return False
    r, s = int.from_bytes(signature[:half]), int.from_bytes(signature[half:])
    try:
        key.verify(encode_dss_signature(r, s), signed, ec.ECDSA(_HASHES[key.curve.name]))
    except InvalidSignature:
        return False
    return True


def _split(perimeter: int, message: str) -> dict[str, str]:
    """Split ``message`` into values by identifier, each as it was sealed.

    A fixed-length value has no separator; a variable one ends at ``<GS>`` (whole) or ``<RS>`` (cut short), or when
    its greatest length is reached. tddoc's own splitter is not used: it lets a value of free text run over the next
    separators, and stops a value at the first character outside its alphabet.

    Raises:
        ValueError: an unknown identifier, a value too short, or an identifier given twice.
    """
    fields: dict[str, str] = {}
    while message:
        identifier = message[:2]
        definition = c40.datatype_get(perimeter, identifier)[1]
        if definition.name.startswith("Unknown ") or identifier in fields:
            raise _MalformedCodeError
        value, message = _cut(message[2:], definition.fixed, definition.encoding.size_max)
        fields[identifier] = value
    return fields


def _cut(text: str, fixed: int | None, longest: int | None) -> tuple[str, str]:
    """Return the value at the start of ``text`` and what follows it and its separator."""
    if fixed is not None:
        end = fixed
        if len(text) < fixed or any(mark in text[:fixed] for mark in (GS, RS)):
            raise _MalformedCodeError
    else:
        marks = [position for position in (text.find(GS), text.find(RS)) if position >= 0]
        end = min([*marks, len(text)])
        if longest is not None:
            end = min(end, longest)
    rest = text[end:]
    return text[:end], rest[1:] if rest[:1] in (GS, RS) else rest
