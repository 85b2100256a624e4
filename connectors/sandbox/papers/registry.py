"""A test civil registry that signs its extracts (PAdES) under a root of its own."""

from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko_certvalidator.registry import SimpleCertificateStore

from connectors.sandbox.papers import keys

TOWN_HALL = "Mairie de Val-des-Tilleuls (test)"
_KEY_FILE = "registry.key.pem"
_SIGNER_FILE = "registry.pem"


@dataclass(frozen=True, slots=True)
class CivilRegistry:
    """The registry's signer and its root; the root lies in ``folder/trust/roots`` for verifiers."""

    certificate: asn1_x509.Certificate
    root: asn1_x509.Certificate
    key: ec.EllipticCurvePrivateKey = field(repr=False)

    def sign(self, pdf: bytes) -> bytes:
        """Return ``pdf`` with an invisible PAdES B-B signature; it carries the moment of signing."""
        store = SimpleCertificateStore()  # type: ignore[no-untyped-call]  # untyped in pyHanko
        store.register(self.root)
        der = self.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        signer = signers.SimpleSigner(
            signing_cert=self.certificate, signing_key=asn1_keys.PrivateKeyInfo.load(der), cert_registry=store
        )
        metadata = signers.PdfSignatureMetadata(
            field_name="EtatCivil", md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES
        )
        out = BytesIO()
        signers.sign_pdf(IncrementalPdfFileWriter(BytesIO(pdf)), metadata, signer=signer, output=out)
        return out.getvalue()


def create_registry(folder: Path) -> CivilRegistry:
    """Return the test registry that lives in ``folder``, made there on the first call (private key 0600)."""
    roots = folder / "trust" / "roots"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    roots.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (folder / _KEY_FILE).exists():
        root_key, signer_key = keys.new_key(), keys.new_key()
        root = keys.name(organisation="Racine de test Une Fois", common="Racine de test")
        signer = keys.name(organisation=TOWN_HALL, common="Service de l'état civil")
        keys.write_certificate(
            roots / "civil-registry.pem", keys.issue(subject=root, key=root_key, issuer=root, issuer_key=root_key)
        )
        keys.write_certificate(
            folder / _SIGNER_FILE, keys.issue(subject=signer, key=signer_key, issuer=root, issuer_key=root_key)
        )
        keys.write_private(folder / _KEY_FILE, signer_key)
    return CivilRegistry(
        certificate=_asn1(folder / _SIGNER_FILE),
        root=_asn1(roots / "civil-registry.pem"),
        key=keys.read_private(folder / _KEY_FILE),
    )


def _asn1(path: Path) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(keys.read_certificate(path).public_bytes(Encoding.DER))
