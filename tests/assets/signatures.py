"""Signs PDFs as several hands would: one after the other, time-stamped, with or without proof of revocation."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO

from asn1crypto import crl as asn1_crl
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko_certvalidator.registry import SimpleCertificateStore

from connectors.sandbox.papers import keys

STAMPED_AT = datetime(2020, 5, 4, 10, tzinfo=UTC)


@dataclass(frozen=True)
class Hand:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

    @property
    def asn1(self) -> asn1_x509.Certificate:
        return asn1_x509.Certificate.load(self.certificate.public_bytes(Encoding.DER))

    @property
    def asn1_key(self) -> asn1_keys.PrivateKeyInfo:
        return asn1_keys.PrivateKeyInfo.load(self.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))


class Hands:
    """A root, signers below it that end when a test wants, and a time-stamper."""

    def __init__(self, name: str = "Racine des signatures (test)") -> None:
        key = keys.new_key()
        subject = keys.name(organisation=name, common=name)
        self.root = Hand(keys.issue(subject=subject, key=key, issuer=subject, issuer_key=key), key)

    def hand(self, name: str, *, until: datetime = keys.NOT_AFTER, stamps: bool = False) -> Hand:
        """Return a signer below the root; one that stamps has an RSA key, as the stamper of the library wants."""
        key = rsa.generate_private_key(65537, 2048) if stamps else keys.new_key()
        builder = (
            x509.CertificateBuilder()
            .subject_name(keys.name(organisation=name, common=name))
            .issuer_name(self.root.certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(keys.NOT_BEFORE)
            .not_valid_after(until)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.root.key.public_key()), critical=False
            )
            .add_extension(_SIGNS, critical=True)
        )
        if stamps:
            builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        return Hand(builder.sign(self.root.key, hashes.SHA256()), key)

    def sign(self, pdf: bytes, hand: Hand, *, field: str = "Signature1", stamper: Hand | None = None) -> bytes:
        """Return ``pdf`` with one more signature, time-stamped at :data:`STAMPED_AT` where there is a ``stamper``."""
        store = SimpleCertificateStore()
        store.register(self.root.asn1)
        signer = signers.SimpleSigner(signing_cert=hand.asn1, signing_key=hand.asn1_key, cert_registry=store)
        metadata = signers.PdfSignatureMetadata(
            field_name=field, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES
        )
        stamp = None
        if stamper is not None:
            stamp = DummyTimeStamper(stamper.asn1, stamper.asn1_key, store, fixed_dt=STAMPED_AT)
        out = BytesIO()
        signers.sign_pdf(IncrementalPdfFileWriter(BytesIO(pdf)), metadata, signer=signer, timestamper=stamp, output=out)
        return out.getvalue()

    def crl(self, *, at: datetime, revoked: Hand | None = None) -> x509.CertificateRevocationList:
        """Return the root's list of revoked certificates, good for thirty days."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.root.certificate.subject)
            .last_update(at)
            .next_update(at + timedelta(days=30))
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.root.key.public_key()), critical=False
            )
        )
        if revoked is not None:
            entry = x509.RevokedCertificateBuilder().serial_number(revoked.certificate.serial_number)
            builder = builder.add_revoked_certificate(entry.revocation_date(at - timedelta(days=2)).build())
        return builder.sign(self.root.key, hashes.SHA256())

    def proved(self, pdf: bytes, crl: x509.CertificateRevocationList) -> bytes:
        """Return ``pdf`` with the proof added after its last signature (PAdES B-LT)."""
        out = BytesIO(pdf)
        proof = asn1_crl.CertificateList.load(crl.public_bytes(Encoding.DER))
        DocumentSecurityStore.add_dss(out, None, certs=[self.root.asn1], crls=[proof])
        return out.getvalue()


_SIGNS = x509.KeyUsage(
    digital_signature=True,
    content_commitment=True,
    key_cert_sign=False,
    crl_sign=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    encipher_only=False,
    decipher_only=False,
)
