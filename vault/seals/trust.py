"""The offline trust store: whose seals are believed, read once from a folder of certificates."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from vault.errors import VaultError

PUBLISHED_TEST_AUTHORITY = "FR00"
"""The authority of the specification's examples."""
TEST_AUTHORITIES = frozenset({"XX00", PUBLISHED_TEST_AUTHORITY})
"""Authorities that seal nothing real: the one reserved by the specification, and the one whose key it prints."""
TEST_COUNTRY = "XX"
"""Country code left to users by ISO 3166-1; a PAdES root that carries it is a test root."""


class TrustStoreUnreadable(VaultError):
    """The folder of trusted certificates cannot be read, or holds a file that is no certificate."""


def common_name(name: x509.Name) -> str:
    """Return the common name of ``name``, or an empty text."""
    return _attribute(name, NameOID.COMMON_NAME)


def _attribute(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    attributes = name.get_attributes_for_oid(oid)
    return str(attributes[0].value) if attributes else ""


@dataclass(frozen=True, slots=True)
class TrustStore:
    """Certificates of 2D-Doc authorities and their sealers, and roots for PDF signatures.

    ``allow_test_authority`` is the only switch that lets a test authority count, and it is given by the profile.
    """

    certificates: tuple[x509.Certificate, ...]
    roots: tuple[x509.Certificate, ...]
    allow_test_authority: bool

    @classmethod
    def load(cls, folder: Path, *, allow_test_authority: bool) -> "TrustStore":
        """Read ``folder/*.pem`` (2D-Doc) and ``folder/roots/*.pem`` (PDF signatures).

        Raises:
            TrustStoreUnreadable: no such folder, or a ``.pem`` file that holds no certificate.
        """
        if not folder.is_dir():
            raise TrustStoreUnreadable
        return cls.from_pems(
            [path.read_bytes() for path in sorted(folder.glob("*.pem"))],
            roots=[path.read_bytes() for path in sorted((folder / "roots").glob("*.pem"))],
            allow_test_authority=allow_test_authority,
        )

    @classmethod
    def from_pems(
        cls, certificates: Iterable[bytes], *, roots: Iterable[bytes], allow_test_authority: bool
    ) -> "TrustStore":
        """Build the store from PEM texts, each of one certificate or more.

        Raises:
            TrustStoreUnreadable: a text that holds no certificate.
        """
        kept = tuple(root for root in _parsed(roots) if allow_test_authority or not is_test_root(root))
        return cls(_parsed(certificates), kept, allow_test_authority)

    def certificate_pems(self) -> list[str]:
        """Return the 2D-Doc certificates as PEM texts, as :meth:`from_pems` takes them."""
        return [certificate.public_bytes(Encoding.PEM).decode("ascii") for certificate in self.certificates]

    def root_pems(self) -> list[str]:
        """Return the roots for PDF signatures as PEM texts."""
        return [root.public_bytes(Encoding.PEM).decode("ascii") for root in self.roots]

    def sealers(self, authority: str, certificate: str) -> tuple[x509.Certificate, ...]:
        """Return the vouched-for certificates that ``authority`` issued under the name ``certificate``.

        A sealer counts only if a certificate of its authority lies in the store and signed it. Test authorities are
        the exception: theirs is pinned as it lies there, since one of them publishes no usable authority certificate.
        """
        return tuple(
            leaf
            for leaf in self.certificates
            if common_name(leaf.subject) == certificate
            and common_name(leaf.issuer) == authority
            and (authority in TEST_AUTHORITIES or self._vouched(leaf, authority))
        )

    def _vouched(self, leaf: x509.Certificate, authority: str) -> bool:
        issuers = (issuer for issuer in self.certificates if common_name(issuer.subject) == authority)
        return any(_signed_by(leaf, issuer) for issuer in issuers)


def is_test_root(root: x509.Certificate) -> bool:
    """Tell whether a root for PDF signatures belongs to a test infrastructure."""
    return _attribute(root.subject, NameOID.COUNTRY_NAME) == TEST_COUNTRY


def _signed_by(leaf: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        leaf.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _parsed(pems: Iterable[bytes]) -> tuple[x509.Certificate, ...]:
    try:
        return tuple(certificate for pem in pems for certificate in x509.load_pem_x509_certificates(pem))
    except ValueError:
        raise TrustStoreUnreadable from None
