"""A PDF signature counts when it is intact, covers the whole file, and chains to a root of ours."""

from datetime import date

import pytest

from connectors.sandbox.papers import Child, CivilRegistry, Parent, birth_certificate
from contracts.documents import Outcome
from tests.assets import pdfs
from vault.seals import pades
from vault.seals.trust import TrustStore
from vault.seals.verdict import SealReason

ON = date(2026, 9, 1)
CHILD = Child("Martin", "Lina, Rose", date(2018, 3, 12), "Val-des-Tilleuls")


@pytest.fixture(scope="module")
def signed(registry: CivilRegistry) -> bytes:
    """Return a signed extract."""
    return birth_certificate(registry, child=CHILD, parents=[Parent("Martin", "Camille")], issued_on=ON)


def test_a_good_signature_passes_and_says_what_was_not_checked(signed: bytes, trust: TrustStore) -> None:
    verdict = pades.verify(signed, trust.roots, on=ON)
    assert verdict.outcome is Outcome.PASSED
    assert verdict.reason is SealReason.VERIFIED_REVOCATION_UNCHECKED
    assert verdict.certificate == "Mairie de Val-des-Tilleuls (test)"


def test_one_changed_byte_fails(signed: bytes, trust: TrustStore) -> None:
    altered = signed.replace(b"/MediaBox", b"/MediaBux", 1)
    assert pades.verify(altered, trust.roots, on=ON).reason is SealReason.SIGNATURE_WRONG


def test_bytes_added_after_signing_fail(signed: bytes, trust: TrustStore) -> None:
    verdict = pades.verify(signed + b"\n% added\n%%EOF\n", trust.roots, on=ON)
    assert verdict.outcome is Outcome.FAILED


@pytest.mark.parametrize("on", [date(2014, 6, 1), date(2051, 1, 1)])
def test_a_certificate_out_of_its_dates_is_not_trusted(signed: bytes, trust: TrustStore, on: date) -> None:
    assert pades.verify(signed, trust.roots, on=on).outcome is not Outcome.PASSED


def test_an_unknown_root_is_inconclusive_and_quiet(signed: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    assert pades.verify(signed, (), on=ON).reason is SealReason.UNTRUSTED_SIGNER
    assert capfd.readouterr() == ("", "")


def test_no_signature_is_no_seal(trust: TrustStore) -> None:
    assert pades.verify(pdfs.pages(1), trust.roots, on=ON).reason is SealReason.NO_SEAL


def test_noise_around_a_signature_gets_a_verdict(signed: bytes, trust: TrustStore) -> None:
    for cut in range(200, len(signed), 911):
        broken = signed[:cut] + b"\0" * 40 + signed[cut + 40 :]
        assert pades.verify(broken, trust.roots, on=ON).outcome is not Outcome.PASSED
