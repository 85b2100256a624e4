"""Makes trust lists as France Titres signs hers, under a root of our own, and the authorities and sealers on them."""

import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from lxml import etree

from connectors.sandbox.papers import SealAuthority, keys
from vault.seals.signed_list import ListAnchor

TSL = "http://uri.etsi.org/02231/v2#"
STATUS = "http://uri.etsi.org/TrstSvc/Svcstatus/"
UNIT = "0002 000000000"


@dataclass(frozen=True)
class Issuer:
    """A certificate that issues others, and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey = field(repr=False)


def issuer(common: str, *, under: Issuer | None = None, unit: str = UNIT, may_issue: bool = True) -> Issuer:
    """Return a new certificate below ``under``, or its own root."""
    key = keys.new_key()
    names = [(x509.NameOID.COUNTRY_NAME, "FR"), (x509.NameOID.ORGANIZATIONAL_UNIT_NAME, unit)]
    subject = x509.Name([x509.NameAttribute(*name) for name in [*names, (x509.NameOID.COMMON_NAME, common)]])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(under.certificate.subject if under else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(keys.NOT_BEFORE)
        .not_valid_after(keys.NOT_AFTER)
        .add_extension(x509.BasicConstraints(ca=may_issue, path_length=None), critical=True)
    )
    return Issuer(builder.sign(under.key if under else key, hashes.SHA256()), key)


def sealer(
    authority: Issuer, identifier: str, certificate: str, *, until: datetime = keys.NOT_AFTER, organisation: str = "X"
) -> tuple[SealAuthority, x509.Certificate]:
    """Return a sealer of ``authority`` and its certificate."""
    key = keys.new_key()
    sealed = (
        x509.CertificateBuilder()
        .subject_name(keys.name(organisation=organisation, common=certificate))
        .issuer_name(authority.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(keys.NOT_BEFORE)
        .not_valid_after(until)
        .sign(authority.key, hashes.SHA256())
    )
    return SealAuthority(Path(), key, identifier, certificate), sealed


@dataclass(frozen=True)
class Listed:
    """An authority as a list shall have it; ``history`` is older statuses and since when."""

    identifier: str
    certificate: x509.Certificate
    status: str = "inaccord"
    since: date = date(2016, 1, 1)
    history: Sequence[tuple[str, date]] = ()

    def xml(self) -> str:
        der = b64encode(self.certificate.public_bytes(Encoding.DER)).decode()
        past = "".join(
            f"<ServiceHistoryInstance>{_status(name, since)}</ServiceHistoryInstance>" for name, since in self.history
        )
        return (
            "<TrustServiceProvider><TSPInformation><TSPName><Name>Autorité</Name></TSPName>"
            f"<TSPTradeName><Name>{self.identifier}</Name></TSPTradeName></TSPInformation><TSPServices><TSPService>"
            "<ServiceInformation>"
            "<ServiceTypeIdentifier>http://uri.etsi.org/TrstSvc/Svctype/CA/PKC</ServiceTypeIdentifier>"
            f"<ServiceDigitalIdentity><DigitalId><X509Certificate>{der}</X509Certificate></DigitalId>"
            f"</ServiceDigitalIdentity>{_status(self.status, self.since)}</ServiceInformation>"
            f"<ServiceHistory>{past}</ServiceHistory></TSPService></TSPServices></TrustServiceProvider>"
        )


class Scheme:
    """A root, an authority below it, and the signer of lists."""

    def __init__(self) -> None:
        self.root = issuer("Racine (test)")
        self.intermediate = issuer("Services applicatifs (test)", under=self.root)
        self.signer = issuer("CACHET 2DDOC (test)", under=self.intermediate, may_issue=False)

    @property
    def anchor(self) -> ListAnchor:
        """Whom lists of this scheme lead to."""
        return ListAnchor(self.root.certificate, UNIT, re.compile("2DDOC"))

    def sign(
        self,
        *authorities: Listed,
        sequence: int = 1,
        issued_on: date = date(2026, 1, 1),
        until: date | None = date(2027, 1, 1),
        signer: Issuer | None = None,
    ) -> bytes:
        """Return a signed list."""
        root = etree.fromstring(unsigned(*authorities, sequence=sequence, issued_on=issued_on, until=until))
        return signed(root, signer or self.signer)


def unsigned(*authorities: Listed, sequence: int, issued_on: date, until: date | None) -> bytes:
    """Return the list before it is signed."""
    update = "" if until is None else f"<NextUpdate><dateTime>{until}T12:00:00Z</dateTime></NextUpdate>"
    return (
        f'<TrustServiceStatusList xmlns="{TSL}"><SchemeInformation>'
        f"<TSLSequenceNumber>{sequence}</TSLSequenceNumber>"
        f"<ListIssueDateTime>{issued_on}T12:00:00Z</ListIssueDateTime>{update}</SchemeInformation>"
        f"<TrustServiceProviderList>{''.join(each.xml() for each in authorities)}</TrustServiceProviderList>"
        "</TrustServiceStatusList>"
    ).encode()


def signed(root: etree._Element, signer: Issuer, *, uri: str = "") -> bytes:
    """Return ``root`` with an enveloped signature over what ``uri`` names."""
    constants = xmlsec.constants
    signature = xmlsec.template.create(root, constants.TransformExclC14N, constants.TransformEcdsaSha256, ns="ds")
    root.append(signature)
    reference = xmlsec.template.add_reference(signature, constants.TransformSha256, uri=uri)
    xmlsec.template.add_transform(reference, constants.TransformEnveloped)
    xmlsec.template.add_transform(reference, constants.TransformExclC14N)
    xmlsec.template.add_x509_data(xmlsec.template.ensure_key_info(signature))
    context = xmlsec.SignatureContext()
    pem = signer.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    context.key = xmlsec.Key.from_memory(pem, constants.KeyDataFormatPem, None)
    context.key.load_cert_from_memory(signer.certificate.public_bytes(Encoding.PEM), constants.KeyDataFormatPem)
    xmlsec.tree.add_ids(root, ["Id"])
    context.sign(signature)
    return etree.tostring(root)


def _status(name: str, since: date) -> str:
    moment = datetime(since.year, since.month, since.day, tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"<ServiceStatus>{STATUS}{name}</ServiceStatus><StatusStartingTime>{moment}</StatusStartingTime>"
