"""The offline trust store: whose seals are believed, put together once from what is installed and from a folder."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from vault.errors import VaultError
from vault.seals.trust_list import Authority, TrustList

PUBLISHED_TEST_AUTHORITY = "FR00"
"""The authority of the specification's examples."""
TEST_AUTHORITIES = frozenset({"XX00", PUBLISHED_TEST_AUTHORITY})
"""Authorities that seal nothing real: the one reserved by the specification, and the one whose key it prints."""
TEST_COUNTRY = "XX"
"""Country code left to users by ISO 3166-1; a PAdES root that carries it is a test root."""
_TEST_ORGANISATION = "CERTIFICAT DE TEST"
_TEST_PREFIX = "TST"


class TrustStoreUnreadable(VaultError):
    """The folder of trusted certificates cannot be read, or holds a file that is no certificate."""


def common_name(name: x509.Name) -> str:
    """Return the common name of ``name``, or an empty text."""
    return _attribute(name, NameOID.COMMON_NAME)


def organisation(name: x509.Name) -> str:
    """Return the organisation of ``name``, or an empty text."""
    return _attribute(name, NameOID.ORGANIZATION_NAME)


def _attribute(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    attributes = name.get_attributes_for_oid(oid)
    return str(attributes[0].value) if attributes else ""


@dataclass(frozen=True, slots=True)
class Revocation:
    """One revoked certificate of an authority, by its identifier in codes or by its serial number."""

    authority: str
    certificate: str = ""
    serial: int = 0

    def meets(self, sealer: x509.Certificate) -> bool:
        """Tell whether ``sealer``, a certificate of this authority, is the one."""
        if self.certificate:
            return common_name(sealer.subject) == self.certificate
        return sealer.serial_number == self.serial


@dataclass(frozen=True, slots=True)
class TrustStore:
    """Certificates of 2D-Doc sealers, the list of their authorities, what is revoked, and roots for PDF signatures.

    ``allow_test_authority`` is the only switch that lets a test authority count, and it is given by the profile.
    """

    certificates: tuple[x509.Certificate, ...]
    roots: tuple[x509.Certificate, ...]
    allow_test_authority: bool
    listed: TrustList | None = None
    revoked: frozenset[Revocation] = frozenset()

    @classmethod
    def load(cls, folder: Path | None, *, allow_test_authority: bool) -> "TrustStore":
        """Return what is installed and what lies in ``folder``, as :func:`vault.seals.trust_folder.load` does."""
        # Verifying a list takes an XML library that the child, which only looks things up here, need not load.
        from vault.seals import trust_folder

        return trust_folder.load(folder, allow_test_authority=allow_test_authority)

    @classmethod
    def from_pems(
        cls, certificates: Iterable[bytes], *, roots: Iterable[bytes], allow_test_authority: bool
    ) -> "TrustStore":
        """Build a store without a list from PEM texts, each of one certificate or more.

        Raises:
            TrustStoreUnreadable: a text that holds no certificate.
        """
        kept = tuple(root for root in _parsed(roots) if allow_test_authority or not is_test_root(root))
        return cls(_parsed(certificates), kept, allow_test_authority)

    def to_wire(self) -> dict[str, Any]:
        """Return everything as JSON values, for the process that reads documents."""
        return {
            "certificates": [_pem(certificate) for certificate in self.certificates],
            "roots": [_pem(root) for root in self.roots],
            "allow_test_authority": self.allow_test_authority,
            "listed": None if self.listed is None else self.listed.to_wire(),
            "revoked": [[each.authority, each.certificate, each.serial] for each in self.revoked],
        }

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any]) -> Self:
        """Rebuild the store from :meth:`to_wire`."""
        return cls(
            _parsed(pem.encode("ascii") for pem in wire["certificates"]),
            _parsed(pem.encode("ascii") for pem in wire["roots"]),
            wire["allow_test_authority"],
            None if wire["listed"] is None else TrustList.from_wire(wire["listed"]),
            frozenset(Revocation(*each) for each in wire["revoked"]),
        )

    def authority(self, identifier: str) -> Authority | None:
        """Return the authority as the list has it."""
        return None if self.listed is None else self.listed.authority(identifier)

    def sealers(self, authority: str, certificate: str) -> tuple[x509.Certificate, ...]:
        """Return the vouched-for certificates that ``authority`` issued under the name ``certificate``.

        A sealer counts only if a key that the trust list gives its authority signed it. Test authorities are the
        exception: theirs is pinned as it lies here, since they are on no list.
        """
        return tuple(
            leaf
            for leaf in self.certificates
            if common_name(leaf.subject) == certificate
            and common_name(leaf.issuer) == authority
            and (authority in TEST_AUTHORITIES or self._vouched(leaf, authority))
        )

    def is_revoked(self, authority: str, sealer: x509.Certificate) -> bool:
        """Tell whether a certificate of ``authority`` is revoked, as far as we were told."""
        return any(each.authority == authority and each.meets(sealer) for each in self.revoked)

    def _vouched(self, leaf: x509.Certificate, authority: str) -> bool:
        listed = self.authority(authority)
        return listed is not None and any(signed_by(leaf, issuer) for issuer in listed.certificates)


def is_test_root(root: x509.Certificate) -> bool:
    """Tell whether a root for PDF signatures belongs to a test infrastructure."""
    return _attribute(root.subject, NameOID.COUNTRY_NAME) == TEST_COUNTRY


def is_test_sealer(authority: str, certificate: str, sealers: Iterable[x509.Certificate] = ()) -> bool:
    """Tell whether what this certificate seals is a test.

    So is everything of a test authority, and of a real one what its certificate ``0000`` seals (specification, 4.2);
    authorities also call test certificates by their name, or by an organisation that says so.
    """
    return (
        authority in TEST_AUTHORITIES
        or certificate == "0000"
        or certificate.startswith(_TEST_PREFIX)
        or any(organisation(each.subject) == _TEST_ORGANISATION for each in sealers)
    )


def signed_by(leaf: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Tell whether the key of ``issuer`` signed ``leaf``."""
    try:
        leaf.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode("ascii")


def _parsed(pems: Iterable[bytes]) -> tuple[x509.Certificate, ...]:
    try:
        return tuple(certificate for pem in pems for certificate in x509.load_pem_x509_certificates(pem))
    except ValueError:
        raise TrustStoreUnreadable from None
