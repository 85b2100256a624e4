"""Put the trust store together: what is installed, and the newer things an operator brought into a folder.

The folder may hold ``*.pem``, ``*.der``, ``*.cer``, ``*.p7b`` (sealers, as their authorities publish them),
``list/*.xml`` (signed trust lists) with the certificates between them and the root, ``revoked.txt`` and
``revoked/*.crl``, and ``roots/*.pem`` (for PDF signatures). What is brought passes the checks of what is installed.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs7
from tddoc.keychain import MULTIPART_BOUNDARY, KeyChain

from vault.seals import packaged, signed_list
from vault.seals.signed_list import ListAnchor
from vault.seals.trust import Revocation, TrustStore, TrustStoreUnreadable, common_name, is_test_root
from vault.seals.trust_list import TrustList

MAX_FILE_BYTES = 8_000_000
_CERTIFICATES = frozenset({".pem", ".der", ".cer", ".crt", ".p7b"})
_REVOKED_LINE = re.compile(r"(?P<authority>[A-Z]{2}[0-9]{2})[ /_]?(?P<certificate>[A-Z0-9]{4})")


def load(folder: Path | None, *, allow_test_authority: bool, anchor: ListAnchor | None = None) -> TrustStore:
    """Return the store; of several signed lists the one with the highest sequence number counts.

    Raises:
        TrustStoreUnreadable: no such folder, or a file in it that is not what its place says.
        TrustListRefused: a list that does not lead to ``anchor`` (that of the State unless told).
    """
    if folder is not None and not folder.is_dir():
        raise TrustStoreUnreadable
    brought = list(_all_in(folder)) if folder is not None else []
    listed = _newest_list(folder, anchor)
    certificates = (*packaged.sealers(), *(packaged.published_test_sealer() if allow_test_authority else ()), *brought)
    roots = _all_in(folder / "roots") if folder is not None else ()
    return TrustStore(
        certificates,
        tuple(root for root in roots if allow_test_authority or not is_test_root(root)),
        allow_test_authority,
        listed,
        frozenset() if folder is None else frozenset(_revocations(folder, listed, brought)),
    )


def _newest_list(folder: Path | None, anchor: ListAnchor | None) -> TrustList:
    intermediates = packaged.intermediates()
    candidates = [packaged.signed_list()] if anchor is None else []
    if folder is not None and (folder / "list").is_dir():
        intermediates += tuple(_all_in(folder / "list"))
        candidates += [_bytes(path) for path in sorted((folder / "list").glob("*.xml"))]
    lists = [signed_list.read(data, anchor or packaged.anchor(), intermediates) for data in candidates]
    if not lists:
        raise TrustStoreUnreadable
    return max(lists, key=lambda each: each.sequence)


def _all_in(folder: Path) -> Iterator[x509.Certificate]:
    if folder.is_dir():
        for path in sorted(folder.iterdir()):
            if path.suffix in _CERTIFICATES:
                yield from _certificates(_bytes(path))


def _certificates(data: bytes) -> Iterable[x509.Certificate]:
    """Read one certificate or more, in any of the forms authorities publish (PEM, DER, PKCS#7, multipart)."""
    try:
        if b"-----BEGIN CERTIFICATE-----" in data:
            return x509.load_pem_x509_certificates(data)
        if MULTIPART_BOUNDARY in data:
            bundle = KeyChain()
            bundle.load_der_blob(data)
            if bundle.certs:
                return tuple(bundle.certs)
            raise TrustStoreUnreadable
        try:
            return [x509.load_der_x509_certificate(data)]
        except ValueError:
            return pkcs7.load_der_pkcs7_certificates(data)
    except ValueError:
        raise TrustStoreUnreadable from None


def _revocations(folder: Path, listed: TrustList, brought: list[x509.Certificate]) -> Iterator[Revocation]:
    by_hand = folder / "revoked.txt"
    if by_hand.exists():
        yield from _named(_bytes(by_hand))
    for path in sorted((folder / "revoked").glob("*.crl")):
        yield from _of_list(_bytes(path), listed, brought)


def _named(text: bytes) -> Iterator[Revocation]:
    """Read lines as « FR03 EDF0  # why »."""
    for line in text.decode("utf-8", "replace").splitlines():
        words = line.partition("#")[0].strip()
        if words:
            match = _REVOKED_LINE.fullmatch(words)
            if match is None:
                raise TrustStoreUnreadable
            yield Revocation(match["authority"], certificate=match["certificate"])


def _of_list(data: bytes, listed: TrustList, brought: list[x509.Certificate]) -> Iterator[Revocation]:
    """Read a CRL; one that no authority we know has signed stops the start, since it may have been swapped."""
    try:
        pem = data.lstrip().startswith(b"-----BEGIN")
        crl = x509.load_pem_x509_crl(data) if pem else x509.load_der_x509_crl(data)
        authority = common_name(crl.issuer)
        known = listed.authority(authority)
        issuers = (*(known.certificates if known else ()), *(c for c in brought if common_name(c.subject) == authority))
        if not any(_crl_signed_by(crl, issuer) for issuer in issuers):
            raise TrustStoreUnreadable
        for entry in crl:
            yield Revocation(authority, serial=entry.serial_number)
    except ValueError:
        raise TrustStoreUnreadable from None


def _crl_signed_by(crl: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    try:
        return crl.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]  # other keys raise TypeError
    except TypeError:
        return False


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise TrustStoreUnreadable
        return path.read_bytes()
    except OSError:
        raise TrustStoreUnreadable from None
