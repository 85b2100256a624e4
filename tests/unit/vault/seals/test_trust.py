"""The trust store takes what is installed and what a folder brings, checks both, and keeps tests out of production."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from connectors.sandbox.papers import CivilRegistry, SealAuthority
from contracts.documents import Outcome
from tests.assets.trust_lists import Issuer, Listed, Scheme, issuer, sealer
from vault.bootstrap import reader
from vault.seals import doc2d, trust_folder
from vault.seals.signed_list import TrustListRefused
from vault.seals.trust import TrustStore, TrustStoreUnreadable
from vault.seals.verdict import SealReason
from vault.settings import VaultSettings

ON = date(2026, 9, 1)
ISSUED_ON = date(2026, 5, 4)
FIELDS = {"10": "MME/MARTIN/CAMILLE", "22": "12 RUE DES TILLEULS", "24": "75012", "26": "FR"}


@dataclass
class World:
    """An authority on a list of our own, and the folder an operator would fill."""

    scheme: Scheme
    authority: Issuer
    folder: Path

    def listing(self, *, name: str = "a.xml", sequence: int = 1, until: date = date(2027, 1, 1), **listed) -> None:
        data = self.scheme.sign(Listed("FR42", self.authority.certificate, **listed), sequence=sequence, until=until)
        (self.folder / "list" / name).write_bytes(data)

    def bring(self, certificate: x509.Certificate, name: str = "leaf.der") -> None:
        (self.folder / name).write_bytes(certificate.public_bytes(Encoding.DER))

    def store(self) -> TrustStore:
        return trust_folder.load(self.folder, allow_test_authority=False, anchor=self.scheme.anchor)

    def judged(self, code: bytes) -> tuple[Outcome, SealReason]:
        verdict = doc2d.verify(code, self.store(), on=ON)
        assert (verdict.outcome is Outcome.PASSED) == bool(verdict.fields)
        return verdict.outcome, verdict.reason


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(Scheme(), issuer("FR42"), tmp_path)
    (tmp_path / "list").mkdir()
    made.listing()
    pem = made.scheme.intermediate.certificate.public_bytes(Encoding.PEM)
    (tmp_path / "list" / "between.pem").write_bytes(pem)
    return made


@pytest.fixture
def sealing(world: World) -> SealAuthority:
    """Return a sealer whose certificate the folder holds."""
    made, certificate = sealer(world.authority, "FR42", "ABC1")
    world.bring(certificate)
    return made


def seal(sealing: SealAuthority, signed_on: date = ISSUED_ON) -> bytes:
    return sealing.seal("01", FIELDS, issued_on=signed_on)


def test_a_listed_authoritys_seal_passes_in_production(world: World, sealing: SealAuthority) -> None:
    assert world.judged(seal(sealing)) == (Outcome.PASSED, SealReason.VERIFIED)


def test_a_sealer_that_another_key_signed_is_unknown(world: World) -> None:
    made, certificate = sealer(issuer("FR42"), "FR42", "ABC1")
    world.bring(certificate)
    assert world.judged(seal(made)) == (Outcome.INCONCLUSIVE, SealReason.UNKNOWN_CERTIFICATE)


def test_an_authority_that_only_lies_in_the_folder_is_not_believed(world: World) -> None:
    unlisted = issuer("FR43")
    made, certificate = sealer(unlisted, "FR43", "ABC1")
    world.bring(certificate)
    world.bring(unlisted.certificate, "authority.der")
    assert world.judged(seal(made)) == (Outcome.INCONCLUSIVE, SealReason.AUTHORITY_NOT_LISTED)


@pytest.mark.parametrize(
    ("listed", "judgement"),
    [
        ({"status": "accreditationrevoked"}, (Outcome.FAILED, SealReason.AUTHORITY_NOT_ACCREDITED)),
        ({"status": "accreditationceased"}, (Outcome.INCONCLUSIVE, SealReason.AUTHORITY_NOT_ACCREDITED)),
        ({"status": "something new"}, (Outcome.INCONCLUSIVE, SealReason.AUTHORITY_NOT_ACCREDITED)),
        ({"since": date(2026, 6, 1)}, (Outcome.INCONCLUSIVE, SealReason.AUTHORITY_NOT_ACCREDITED)),
        ({"until": date(2026, 5, 3)}, (Outcome.INCONCLUSIVE, SealReason.TRUST_LIST_OUT_OF_DATE)),
        ({"until": date(2026, 5, 4)}, (Outcome.PASSED, SealReason.VERIFIED)),
        (
            {
                "status": "accreditationceased",
                "since": date(2026, 6, 1),
                "history": [("inaccord", date(2016, 1, 1))],
            },
            (Outcome.PASSED, SealReason.VERIFIED),
        ),
    ],
)
def test_the_list_decides_about_the_day_of_sealing(world: World, sealing: SealAuthority, listed, judgement) -> None:
    world.listing(**listed)
    assert world.judged(seal(sealing)) == judgement


def test_a_certificate_counts_within_its_own_dates(world: World) -> None:
    made, certificate = sealer(world.authority, "FR42", "OLD1", until=datetime(2026, 1, 1, tzinfo=UTC))
    world.bring(certificate)
    assert world.judged(seal(made)) == (Outcome.FAILED, SealReason.CERTIFICATE_NOT_VALID)
    assert world.judged(seal(made, date(2025, 12, 31)))[0] is Outcome.PASSED


@pytest.mark.parametrize("line", ["FR42 ABC1", "FR42_ABC1  # key stolen", "# why\n\nFR42ABC1\n"])
def test_a_certificate_revoked_by_name_counts_at_no_date(world: World, sealing: SealAuthority, line: str) -> None:
    (world.folder / "revoked.txt").write_text(line)
    for day in (ISSUED_ON, date(2017, 1, 1)):
        assert world.judged(seal(sealing, day)) == (Outcome.FAILED, SealReason.CERTIFICATE_REVOKED)


def crl(by: Issuer, serial: int) -> bytes:
    now = datetime(2026, 8, 1, tzinfo=UTC)
    entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now).build()
    builder = x509.CertificateRevocationListBuilder().issuer_name(by.certificate.subject)
    builder = builder.last_update(now).next_update(now + timedelta(days=9)).add_revoked_certificate(entry)
    return builder.sign(by.key, hashes.SHA256()).public_bytes(Encoding.DER)


def test_a_certificate_revoked_by_its_authoritys_list_counts_no_more(world: World) -> None:
    made, certificate = sealer(world.authority, "FR42", "ABC1")
    world.bring(certificate)
    (world.folder / "revoked").mkdir()
    (world.folder / "revoked" / "fr42.crl").write_bytes(crl(world.authority, certificate.serial_number + 1))
    assert world.judged(seal(made))[0] is Outcome.PASSED
    (world.folder / "revoked" / "fr42.crl").write_bytes(crl(world.authority, certificate.serial_number))
    assert world.judged(seal(made)) == (Outcome.FAILED, SealReason.CERTIFICATE_REVOKED)


def test_a_strangers_revocations_stop_the_start(world: World) -> None:
    (world.folder / "revoked").mkdir()
    (world.folder / "revoked" / "fr42.crl").write_bytes(crl(issuer("FR42"), 1))
    with pytest.raises(TrustStoreUnreadable):
        world.store()


@pytest.mark.parametrize(("identifier", "organisation"), [("0000", "X"), ("TST6", "X"), ("ABC1", "CERTIFICAT DE TEST")])
def test_a_real_authoritys_test_certificate_proves_nothing(world: World, identifier: str, organisation: str) -> None:
    made, certificate = sealer(world.authority, "FR42", identifier, organisation=organisation)
    world.bring(certificate)
    assert world.judged(seal(made)) == (Outcome.FAILED, SealReason.TEST_AUTHORITY)


def test_the_newest_list_counts(world: World, sealing: SealAuthority) -> None:
    world.listing(name="b.xml", sequence=2, status="accreditationrevoked")
    world.listing(name="c.xml", sequence=1)
    assert world.store().listed.sequence == 2
    assert world.judged(seal(sealing))[0] is Outcome.FAILED


def test_a_list_of_another_root_stops_the_start(world: World) -> None:
    (world.folder / "list" / "b.xml").write_bytes(Scheme().sign(sequence=9))
    with pytest.raises(TrustListRefused):
        world.store()


def test_a_folder_cannot_bring_an_older_list_back(tmp_path: Path) -> None:
    assert TrustStore.load(tmp_path, allow_test_authority=False).listed.sequence >= 23


def test_every_form_in_which_certificates_are_published_is_read(world: World) -> None:
    certificates = [sealer(world.authority, "FR42", name)[1] for name in ("PEM1", "DER1", "P7B1", "MUL1")]
    ders = [certificate.public_bytes(Encoding.DER) for certificate in certificates]
    part = b"Content-Type: application/pkix-cert\r\n\r\n" + ders[3] + b"\r\n"
    bundle = b"--End\r\n" + part + b"--End--\r\n"
    (world.folder / "a.pem").write_bytes(certificates[0].public_bytes(Encoding.PEM))
    (world.folder / "b.cer").write_bytes(ders[1])
    (world.folder / "c.p7b").write_bytes(pkcs7.serialize_certificates([certificates[2]], Encoding.DER))
    (world.folder / "d.der").write_bytes(bundle)
    assert [len(world.store().sealers("FR42", name)) for name in ("PEM1", "DER1", "P7B1", "MUL1")] == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pem", b"-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n"),
        ("a.der", b"nothing"),
        ("a.cer", b"--End\r\n--End--"),
        ("revoked.txt", b"FR42 TOOLONG"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_stops_the_start(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(TrustStoreUnreadable):
        TrustStore.load(tmp_path, allow_test_authority=False)


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TrustStoreUnreadable):
        TrustStore.load(tmp_path / "nowhere", allow_test_authority=False)


@pytest.mark.usefixtures("authority", "registry")
def test_a_test_root_is_kept_only_where_allowed(folder: Path) -> None:
    assert len(TrustStore.load(folder / "trust", allow_test_authority=True).roots) == 1
    assert TrustStore.load(folder / "trust", allow_test_authority=False).roots == ()


def test_a_store_survives_the_wire(trust: TrustStore, authority: SealAuthority, registry: CivilRegistry) -> None:
    assert authority.trust.is_dir()
    assert registry.root is not None
    assert TrustStore.from_wire(json.loads(json.dumps(trust.to_wire()))) == trust


def test_no_variable_lets_a_test_seal_into_production(
    authority: SealAuthority, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Every variable somebody might hope for is set; the store of a production process still has no test sealer."""
    for name in ("ALLOW_TEST_AUTHORITY", "SEAL_TEST_AUTHORITY", "TEST_CA", "PROFILE", "SEALS_ALLOW_TEST"):
        for prefix in ("", "VAULT_", "UNEFOIS_", "HUB_"):
            monkeypatch.setenv(prefix + name, "true" if name != "PROFILE" else "demo")
    production = {
        "UNEFOIS_PROFILE": "production",
        "VAULT_OPENBAO_URL": "https://keys.example.org",
        "VAULT_OPENBAO_TOKEN_FILE": "/run/token",
        "VAULT_DATABASE_URL": "postgresql://db.example.org/x",
        "VAULT_OBJECTS_ENDPOINT": "s3.example.org",
        "VAULT_OBJECTS_ACCESS_KEY": "a",
        "VAULT_OBJECTS_SECRET_KEY": "b",
        "VAULT_OBJECTS_BUCKET": "c",
        "VAULT_OBJECTS_SECURE": "true",
        "VAULT_SEAL_TRUST": str(authority.trust),
        "HOME": str(tmp_path),
    }
    for name, value in production.items():
        monkeypatch.setenv(name, value)
    home = tmp_path / ".config" / "tddoc" / "chains"
    home.mkdir(parents=True)
    for pem in authority.trust.glob("*.pem"):
        der = x509.load_pem_x509_certificate(pem.read_bytes()).public_bytes(Encoding.DER)
        (home / pem.name).with_suffix(".der").write_bytes(der)
    store = reader(VaultSettings())._trust
    assert not store.allow_test_authority
    code = authority.seal("01", FIELDS, issued_on=ISSUED_ON)
    assert doc2d.verify(code, store, on=ON).reason is SealReason.TEST_AUTHORITY
