"""A PDF signature counts when it is intact, the last word on its file, and chains to a root of ours."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from connectors.sandbox.papers import Child, CivilRegistry, Parent, birth_certificate
from contracts.documents import Outcome
from tests.assets import pdfs
from tests.assets.signatures import STAMPED_AT, Hand, Hands
from vault.seals import pades
from vault.seals.trust import TrustStore
from vault.seals.verdict import SealReason, SealVerdict

ON = date(2026, 9, 1)
MORNING = datetime(2026, 9, 1, 8, tzinfo=UTC)
CHILD = Child("Martin", "Lina, Rose", date(2018, 3, 12), "Val-des-Tilleuls")
UNCHECKED = (Outcome.PASSED, SealReason.VERIFIED_REVOCATION_UNCHECKED)
DOUBTED = (Outcome.INCONCLUSIVE, SealReason.UNTRUSTED_SIGNER)


@pytest.fixture(scope="module")
def signed(registry: CivilRegistry) -> bytes:
    """Return a signed extract."""
    return birth_certificate(registry, child=CHILD, parents=[Parent("Martin", "Camille")], issued_on=ON)


@pytest.fixture(scope="module")
def hands() -> Hands:
    """Return a root we trust in these tests."""
    return Hands()


@pytest.fixture(scope="module")
def strangers() -> Hands:
    """Return a root nobody trusts."""
    return Hands("Racine inconnue (test)")


@pytest.fixture(scope="module")
def mayor(hands: Hands) -> Hand:
    """Return a signer."""
    return hands.hand("Mairie de Val-des-Tilleuls (test)")


@pytest.fixture(scope="module")
def ended(hands: Hands) -> Hand:
    """Return a signer whose certificate is over."""
    return hands.hand("Ancienne mairie (test)", until=datetime(2022, 1, 1, tzinfo=UTC))


@pytest.fixture(scope="module")
def letter(hands: Hands, mayor: Hand) -> bytes:
    """Return a page the mayor signed."""
    return hands.sign(pdfs.pages(1), mayor)


def judged(pdf: bytes, hands: Hands) -> tuple[Outcome, SealReason]:
    """Return outcome and reason under the root of ``hands``."""
    verdict = pades.verify(pdf, [hands.root.certificate], on=ON)
    return verdict.outcome, verdict.reason


def updated(pdf: bytes, change: Callable[[IncrementalPdfFileWriter], None]) -> bytes:
    """Return ``pdf`` with a change appended, as PDF allows."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    change(writer)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def resized(writer: IncrementalPdfFileWriter) -> None:
    page = writer.root["/Pages"]["/Kids"][0]
    page["/MediaBox"] = generic.ArrayObject(map(generic.NumberObject, (0, 0, 300, 300)))
    writer.update_container(page)


def overwritten(writer: IncrementalPdfFileWriter) -> None:
    """Lay a text over the page."""
    rectangle = generic.ArrayObject(map(generic.NumberObject, (10, 10, 300, 300)))
    words = {"/Type": pdf_name("/Annot"), "/Subtype": pdf_name("/FreeText"), "/Rect": rectangle}
    note = generic.DictionaryObject({pdf_name(name): value for name, value in words.items()})
    page = writer.root["/Pages"]["/Kids"][0]
    page["/Annots"] = generic.ArrayObject([*(page.get("/Annots") or ()), writer.add_object(note)])
    writer.update_container(page)


def test_a_good_signature_passes_and_says_what_was_not_checked(signed: bytes, trust: TrustStore) -> None:
    verdict = pades.verify(signed, trust.roots, on=ON)
    assert (verdict.outcome, verdict.reason) == UNCHECKED
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


def test_a_second_signature_leaves_the_first_one_standing(letter: bytes, hands: Hands) -> None:
    both = hands.sign(letter, hands.hand("Notaire (test)"), field="Signature2")
    assert judged(both, hands) == UNCHECKED
    assert pades.verify(both, [hands.root.certificate], on=ON).certificate == "Notaire (test)"


def test_a_strangers_signature_on_top_is_the_last_word(letter: bytes, hands: Hands, strangers: Hands) -> None:
    assert judged(strangers.sign(letter, strangers.hand("X"), field="Signature2"), hands) == DOUBTED


@pytest.mark.parametrize("change", [resized, overwritten])
def test_what_changes_the_page_after_signing_fails(letter: bytes, hands: Hands, change) -> None:
    changed = updated(letter, change)
    assert judged(changed, hands) == (Outcome.FAILED, SealReason.NOT_WHOLE_FILE)
    covered_up = hands.sign(changed, hands.hand("Notaire (test)"), field="Signature2")
    assert judged(covered_up, hands)[0] is Outcome.FAILED


def test_a_trusted_time_stamp_keeps_a_signature_whose_certificate_is_over(hands: Hands, ended: Hand) -> None:
    assert judged(hands.sign(pdfs.pages(1), ended), hands) == DOUBTED
    stamped = hands.sign(pdfs.pages(1), ended, stamper=hands.hand("Horodatage (test)", stamps=True))
    assert judged(stamped, hands) == UNCHECKED
    assert pades.verify(stamped, [hands.root.certificate], on=ON).signed_on == STAMPED_AT.date()


def test_a_strangers_time_stamp_proves_nothing(hands: Hands, strangers: Hands, ended: Hand) -> None:
    stamped = hands.sign(pdfs.pages(1), ended, stamper=strangers.hand("Horodatage", stamps=True))
    assert judged(stamped, hands) == DOUBTED


def test_a_proof_in_the_file_says_that_nothing_was_revoked(letter: bytes, hands: Hands) -> None:
    assert judged(hands.proved(letter, hands.crl(at=MORNING)), hands) == (Outcome.PASSED, SealReason.VERIFIED)


def test_a_proof_in_the_file_says_that_the_signer_was_revoked(letter: bytes, hands: Hands, mayor: Hand) -> None:
    proved = hands.proved(letter, hands.crl(at=MORNING, revoked=mayor))
    assert judged(proved, hands) == (Outcome.FAILED, SealReason.CERTIFICATE_REVOKED)


def test_an_old_or_a_strangers_proof_proves_nothing(letter: bytes, hands: Hands, strangers: Hands) -> None:
    assert judged(hands.proved(letter, hands.crl(at=MORNING - timedelta(days=90))), hands) == UNCHECKED
    assert judged(hands.proved(letter, strangers.crl(at=MORNING)), hands) == UNCHECKED


def test_more_revisions_than_a_paper_has_are_not_compared(letter: bytes, hands: Hands) -> None:
    often = letter
    for _ in range(pades.MAX_REVISIONS):
        often = updated(often, resized)
    assert judged(often, hands) == (Outcome.INCONCLUSIVE, SealReason.UNSUPPORTED)


def test_a_verdict_survives_the_wire() -> None:
    verdict = SealVerdict(*UNCHECKED, authority="A", signed_on=ON, fields={"10": "x"}, withheld=("40",))
    assert SealVerdict.from_wire(verdict.to_wire()) == verdict
    with pytest.raises(TypeError):
        SealVerdict.from_wire(verdict.to_wire() | {"authority": 3})
