"""Verify a signed trust list (ETSI TS 102 231) and read it: nothing in it counts before its signature does."""

import re
from base64 import b64decode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import xmlsec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from lxml import etree

from vault.errors import VaultError
from vault.seals.trust_list import Authority, Status, TrustList

MAX_LIST_BYTES = 4_000_000
_TSL = "{http://uri.etsi.org/02231/v2#}"
_DS = "{http://www.w3.org/2000/09/xmldsig#}"
_SIGNED_PROPERTIES = "http://uri.etsi.org/01903#SignedProperties"
_CANONICAL = frozenset(
    {
        "http://www.w3.org/2001/10/xml-exc-c14n#",
        "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
        "http://www.w3.org/2006/12/xml-c14n11",
    }
)
_SIGNATURES = frozenset(
    f"http://www.w3.org/2001/04/xmldsig-more#{kind}-sha{bits}" for kind in ("rsa", "ecdsa") for bits in (256, 384, 512)
)
_DIGESTS = frozenset(
    {
        "http://www.w3.org/2001/04/xmlenc#sha256",
        "http://www.w3.org/2001/04/xmldsig-more#sha384",
        "http://www.w3.org/2001/04/xmlenc#sha512",
    }
)
_ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
_FILTER = "http://www.w3.org/2002/06/xmldsig-filter2"
_ALL_BUT_SIGNATURES = "/descendant::ds:Signature"
_IDENTIFIER = re.compile(r"[A-Z]{2}[0-9]{2}")
_CERTIFICATE_AUTHORITY = "http://uri.etsi.org/TrstSvc/Svctype/CA/PKC"


class TrustListRefused(VaultError):
    """A trust list is malformed, or its signature does not lead to the pinned root."""


@dataclass(frozen=True, slots=True)
class ListAnchor:
    """Who may sign the list: a certificate below ``root`` whose subject has this unit and this name."""

    root: x509.Certificate
    signer_unit: str
    signer_name: re.Pattern[str]


def read(data: bytes, anchor: ListAnchor, intermediates: Iterable[x509.Certificate] = ()) -> TrustList:
    """Return what the list ``data`` says.

    In this order: (1) hardened parse, (2) one signature of a known shape that covers the whole list but itself,
    (3) its certificate, below the pinned root and named as list signer, (4) the signature, (5) the content.

    Raises:
        TrustListRefused: any of these does not hold.
    """
    root = _parsed(data)
    signature = _only_signature(root)
    _require_known_shape(signature)
    signer = _signer_of(signature)
    issued_at = _moment(root.findtext(f"{_TSL}SchemeInformation/{_TSL}ListIssueDateTime"))
    _require_chain(signer, anchor, tuple(intermediates), issued_at)
    _verify(signature, signer)
    root.remove(signature)
    try:
        return _content(root, issued_at)
    except (ValueError, TypeError, AttributeError):
        raise TrustListRefused from None


def _parsed(data: bytes) -> etree._Element:
    if len(data) > MAX_LIST_BYTES:
        raise TrustListRefused
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise TrustListRefused from None
    if root.getroottree().docinfo.doctype or root.tag != f"{_TSL}TrustServiceStatusList":
        raise TrustListRefused
    return root


def _only_signature(root: etree._Element) -> etree._Element:
    signatures = list(root.iter(f"{_DS}Signature"))
    if len(signatures) != 1 or signatures[0].getparent() is not root:
        raise TrustListRefused
    return signatures[0]


def _require_known_shape(signature: etree._Element) -> None:
    """Refuse what could leave part of the list unsigned, or point the verifier elsewhere (signature wrapping)."""
    references = signature.findall(f"{_DS}SignedInfo/{_DS}Reference")
    whole = [reference for reference in references if reference.get("URI") == ""]
    others = [reference for reference in references if reference.get("URI") != ""]
    holds = (
        _algorithm(signature, "CanonicalizationMethod") in _CANONICAL
        and _algorithm(signature, "SignatureMethod") in _SIGNATURES
        and all(_digest(reference) in _DIGESTS for reference in references)
        and len(whole) == 1
        and _covers_all(_transforms(whole[0]))
        and all(_is_own_properties(reference, signature) for reference in others)
    )
    if not holds:
        raise TrustListRefused


def _algorithm(signature: etree._Element, name: str) -> str:
    found = signature.find(f"{_DS}SignedInfo/{_DS}{name}")
    return "" if found is None else found.get("Algorithm", "")


def _digest(reference: etree._Element) -> str:
    found = reference.find(f"{_DS}DigestMethod")
    return "" if found is None else found.get("Algorithm", "")


def _transforms(reference: etree._Element) -> list[etree._Element]:
    return reference.findall(f"{_DS}Transforms/{_DS}Transform")


def _covers_all(transforms: list[etree._Element]) -> bool:
    return (
        len(transforms) in (1, 2)
        and _takes_signature_out(transforms[0])
        and all(each.get("Algorithm") in _CANONICAL and not len(each) for each in transforms[1:])
    )


def _takes_signature_out(transform: etree._Element) -> bool:
    if transform.get("Algorithm") == _ENVELOPED:
        return len(transform) == 0
    if transform.get("Algorithm") != _FILTER or len(transform) != 1:
        return False
    path = transform[0]
    return (
        path.tag == f"{{{_FILTER}}}XPath"
        and path.get("Filter") == "subtract"
        and (path.text or "").strip() == _ALL_BUT_SIGNATURES
        and path.nsmap.get("ds") == _DS.strip("{}")
    )


def _is_own_properties(reference: etree._Element, signature: etree._Element) -> bool:
    """Tell whether ``reference`` covers the signature's own properties (XAdES) and nothing else."""
    target = reference.get("URI", "")
    named = [each for each in signature.getroottree().getroot().iter() if f"#{each.get('Id')}" == target]
    return (
        reference.get("Type") == _SIGNED_PROPERTIES
        and len(named) == 1
        and signature in named[0].iterancestors()
        and all(each.get("Algorithm") in _CANONICAL for each in _transforms(reference))
    )


def _signer_of(signature: etree._Element) -> x509.Certificate:
    text = signature.findtext(f"{_DS}KeyInfo/{_DS}X509Data/{_DS}X509Certificate")
    try:
        return x509.load_der_x509_certificate(b64decode(text or ""))
    except ValueError:
        raise TrustListRefused from None


def _require_chain(
    signer: x509.Certificate, anchor: ListAnchor, intermediates: tuple[x509.Certificate, ...], moment: datetime
) -> None:
    """Refuse a signer that the root did not vouch for, directly or through one authority, at ``moment``."""
    unit = signer.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)
    name = signer.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    named = any(each.value == anchor.signer_unit for each in unit) and any(
        anchor.signer_name.search(str(each.value)) for each in name
    )
    issuers = [anchor.root, *(each for each in intermediates if _issued(anchor.root, each, moment))]
    if not named or not any(_issued(issuer, signer, moment) for issuer in issuers):
        raise TrustListRefused


def _issued(issuer: x509.Certificate, subject: x509.Certificate, moment: datetime) -> bool:
    try:
        subject.verify_directly_issued_by(issuer)
        is_authority = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    valid = all(each.not_valid_before_utc <= moment <= each.not_valid_after_utc for each in (issuer, subject))
    return is_authority and valid


def _verify(signature: etree._Element, signer: x509.Certificate) -> None:
    context = xmlsec.SignatureContext()
    # The key is given: what the list says of keys beside the checked certificate is never looked up.
    context.key = xmlsec.Key.from_memory(signer.public_bytes(Encoding.DER), xmlsec.constants.KeyDataFormatCertDer, None)
    try:
        context.verify(signature)
    except xmlsec.Error:
        raise TrustListRefused from None


def _content(root: etree._Element, issued_at: datetime) -> TrustList:
    scheme = f"{_TSL}SchemeInformation/{_TSL}"
    until = root.findtext(f"{scheme}NextUpdate/{_TSL}dateTime")
    return TrustList(
        int(root.findtext(f"{scheme}TSLSequenceNumber") or ""),
        issued_at,
        None if until is None else _moment(until),
        tuple(
            authority for provider in root.iter(f"{_TSL}TrustServiceProvider") for authority in _authorities(provider)
        ),
    )


def _authorities(provider: etree._Element) -> Iterable[Authority]:
    about = f"{_TSL}TSPInformation/{_TSL}"
    trade_names = [name.text or "" for name in provider.iterfind(f"{about}TSPTradeName/{_TSL}Name")]
    identifier = next((name for name in trade_names if _IDENTIFIER.fullmatch(name)), None)
    operator = provider.findtext(f"{about}TSPName/{_TSL}Name") or ""
    for service in provider.iterfind(f"{_TSL}TSPServices/{_TSL}TSPService"):
        now = service.find(f"{_TSL}ServiceInformation")
        past = service.findall(f"{_TSL}ServiceHistory/{_TSL}ServiceHistoryInstance")
        if identifier and now is not None and now.findtext(f"{_TSL}ServiceTypeIdentifier") == _CERTIFICATE_AUTHORITY:
            texts = (each.text or "" for each in now.iter(f"{_TSL}X509Certificate"))
            certificates = tuple(x509.load_der_x509_certificate(b64decode(text)) for text in texts)
            statuses = sorted(map(_status, [now, *past]), key=lambda status: status.since, reverse=True)
            yield Authority(identifier, operator.strip(), certificates, tuple(statuses))


def _status(information: etree._Element) -> Status:
    uri = information.findtext(f"{_TSL}ServiceStatus") or ""
    return Status.from_uri(uri.strip(), _moment(information.findtext(f"{_TSL}StatusStartingTime")))


def _moment(text: str | None) -> datetime:
    try:
        moment = datetime.fromisoformat((text or "").strip())
    except ValueError:
        raise TrustListRefused from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
