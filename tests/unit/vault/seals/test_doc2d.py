"""A 2D-Doc counts only when every step of the specification holds."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from cryptography import x509
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tddoc.header import Header

from connectors.sandbox.papers import SealAuthority, create_authority
from contracts.documents import Outcome
from vault.seals import doc2d
from vault.seals.trust import TrustStore
from vault.seals.verdict import SealReason, SealVerdict

CORPUS = Path(__file__).parents[5] / "shared" / "corpora" / "2d-doc"
needs_corpus = pytest.mark.skipif(not CORPUS.is_dir(), reason="the outside corpus shared/corpora/2d-doc is not here")
ON = date(2026, 9, 1)
NOBODY = TrustStore((), (), allow_test_authority=True)
FIELDS = {"10": "MME/MARTIN/CAMILLE", "22": "12 RUE DES TILLEULS", "24": "75012", "25": "PARIS", "26": "FR"}


@pytest.fixture(scope="module")
def code(authority: SealAuthority) -> bytes:
    """Return a good seal over a bill."""
    return authority.seal("01", FIELDS, issued_on=date(2026, 5, 4))


def judged(code: bytes, trust: TrustStore, on: date = ON) -> tuple[Outcome, SealReason]:
    """Return outcome and reason."""
    verdict = doc2d.verify(code, trust, on=on)
    return verdict.outcome, verdict.reason


def test_a_good_seal_passes_with_its_fields(code: bytes, trust: TrustStore) -> None:
    verdict = doc2d.verify(code, trust, on=ON)
    assert verdict == SealVerdict(
        Outcome.PASSED,
        SealReason.VERIFIED,
        document_type="01",
        authority="XX00",
        certificate="0001",
        issued_on=date(2026, 5, 4),
        signed_on=date(2026, 5, 4),
        fields=FIELDS,
    )
    assert "MARTIN" not in repr(verdict)


def test_every_altered_byte_is_noticed(code: bytes, trust: TrustStore) -> None:
    for position in range(len(code)):
        other = b"A" if code[position : position + 1] != b"A" else b"B"
        altered = code[:position] + other + code[position + 1 :]
        verdict = doc2d.verify(altered, trust, on=ON)
        assert verdict.outcome is not Outcome.PASSED, position
        assert not verdict.fields


ALTERATIONS = ("changed", "left out", "put in", "doubled", "swapped", "in small letters", "cut off here")


def altered(code: bytes, position: int, character: bytes, how: str) -> bytes:
    """Return ``code`` with one thing done to it at ``position``."""
    before, at, after = code[:position], code[position : position + 1], code[position + 1 :]
    return {
        "changed": before + character + after,
        "left out": before + after,
        "put in": before + character + at + after,
        "doubled": before + at + at + after,
        "swapped": before + after[:1] + at + after[1:],
        "in small letters": before + at.lower() + after,
        "cut off here": before,
    }[how]


@given(st.data())
@settings(max_examples=600, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_alteration_passes(code: bytes, trust: TrustStore, data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(code) - 1))
    character = data.draw(st.sampled_from([bytes([value]) for value in range(256)]))
    other = altered(code, position, character, data.draw(st.sampled_from(ALTERATIONS)))
    verdict = doc2d.verify(other, trust, on=ON)
    assert other == code or (verdict.outcome is not Outcome.PASSED and not verdict.fields)


@pytest.mark.parametrize("size", [4097, 1_000_000])
def test_what_no_code_can_hold_is_malformed(code: bytes, trust: TrustStore, size: int) -> None:
    assert judged(code + b"\x1d" + b"A" * size, trust) == (Outcome.FAILED, SealReason.MALFORMED)


def test_a_forged_annex_adds_no_value(code: bytes, trust: TrustStore) -> None:
    for annex in (b"\x1d10M/FORGED/NAME", b"\x1d41999999\x1d", b"\x1d\x1f\x1e"):
        assert doc2d.verify(code + annex, trust, on=ON).fields == FIELDS


@given(st.binary(max_size=300), st.integers(0, 400))
@settings(max_examples=300)
def test_any_bytes_get_a_verdict(noise: bytes, cut: int) -> None:
    for code in (noise, b"DC" + noise, b"DC04XX000001259425940101FR10" + noise, noise[:cut] + b"\x1f" + noise):
        assert doc2d.verify(code, NOBODY, on=ON).outcome is not Outcome.PASSED


def test_the_annex_after_the_signature_is_not_looked_at(code: bytes, trust: TrustStore) -> None:
    verdict = doc2d.verify(code + b"\x1d4199999999", trust, on=ON)
    assert verdict.outcome is Outcome.PASSED
    assert verdict.fields == FIELDS


def test_version_3_has_no_annex(code: bytes, trust: TrustStore) -> None:
    older = code.replace(b"DC04", b"DC03", 1).replace(b"0101FR", b"0101", 1)
    assert judged(older + b"\x1d4199999999", trust) == (Outcome.FAILED, SealReason.MALFORMED)
    assert judged(older, trust) == (Outcome.FAILED, SealReason.SIGNATURE_WRONG)


def test_a_test_seal_fails_where_none_is_allowed(code: bytes, folder: Path) -> None:
    strict = TrustStore.load(folder / "trust", allow_test_authority=False)
    assert judged(code, strict) == (Outcome.FAILED, SealReason.TEST_AUTHORITY)


def test_the_same_names_from_another_authority_fail(code: bytes, tmp_path: Path) -> None:
    other = create_authority(tmp_path)
    strangers = TrustStore.load(other.trust, allow_test_authority=True)
    assert judged(code, strangers) == (Outcome.FAILED, SealReason.SIGNATURE_WRONG)


def test_an_unknown_certificate_is_inconclusive(code: bytes, trust: TrustStore) -> None:
    assert judged(code.replace(b"XX000001", b"FR030001", 1), trust)[1] is SealReason.UNKNOWN_CERTIFICATE
    assert judged(code.replace(b"XX000001", b"FR990001", 1), trust)[1] is SealReason.AUTHORITY_NOT_LISTED
    assert judged(code.replace(b"XX000001", b"XX000002", 1), trust)[0] is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("issued_on", "reason"),
    [
        (date(2026, 9, 2), SealReason.DATED_IN_FUTURE),
        (date(2014, 12, 31), SealReason.CERTIFICATE_NOT_VALID),
        (date(2026, 9, 1), SealReason.VERIFIED),
    ],
)
def test_dates_decide(authority: SealAuthority, trust: TrustStore, issued_on: date, reason: SealReason) -> None:
    assert judged(authority.seal("01", FIELDS, issued_on=issued_on), trust)[1] is reason


def test_an_undated_seal_is_inconclusive(code: bytes, trust: TrustStore) -> None:
    undated = code[:16] + b"FFFF" + code[20:]
    assert judged(undated, trust) == (Outcome.INCONCLUSIVE, SealReason.UNDATED)


def test_a_binary_code_is_inconclusive(trust: TrustStore) -> None:
    header = Header(4, "FR03", "EDF0", date(2026, 5, 4), date(2026, 5, 5), 1, 1, "FRA").to_code()
    verdict = doc2d.verify(header + b"message" + b"\xff\x40" + bytes(64), trust, on=ON)
    assert (verdict.outcome, verdict.reason) == (Outcome.INCONCLUSIVE, SealReason.BINARY)
    assert (verdict.document_type, verdict.authority, verdict.certificate) == ("01", "FR03", "EDF0")
    assert (verdict.issued_on, verdict.signed_on) == (date(2026, 5, 4), date(2026, 5, 5))


@given(st.binary(max_size=80))
def test_a_broken_binary_code_is_inconclusive(rest: bytes) -> None:
    for code in (b"\xdc", b"\xdc" + rest, b"\xdc\x04" + rest):
        assert judged(code, NOBODY) == (Outcome.INCONCLUSIVE, SealReason.BINARY)


def test_tax_numbers_are_never_returned(authority: SealAuthority, trust: TrustStore) -> None:
    numbers = {"47": "3012345678901", "49": "3012345678902", "40": "3012345678903"}
    code = authority.seal("28", {"46": "MARTIN CAMILLE", **numbers}, issued_on=date(2026, 7, 1))
    verdict = doc2d.verify(code, trust, on=ON)
    assert (verdict.fields, verdict.withheld) == ({"46": "MARTIN CAMILLE"}, ("40", "47", "49"))
    assert doc2d.carries_tax_number(code)


def test_a_sealer_needs_its_authority_unless_it_is_a_test(trust: TrustStore) -> None:
    leaf = next(iter(trust.sealers("XX00", "0001")))
    alone = replace(trust, certificates=(leaf,))
    assert alone.sealers("XX00", "0001") == (leaf,)
    assert not alone._vouched(leaf, "XX00")


def spelled(message: str) -> bytes:
    """Return a code whose separators are spelled out as bytes."""
    for name, mark in (("<GS>", "\x1d"), ("<RS>", "\x1e"), ("<US>", "\x1f")):
        message = message.replace(name, mark)
    return message.encode("ascii")


@needs_corpus
def test_the_reference_codes_verify_and_altered_ones_do_not() -> None:
    certificate = (CORPUS / "FR00-0001.cert.pem").read_bytes()
    official = TrustStore.load(None, allow_test_authority=True)
    assert official.sealers("FR00", "0001") == (x509.load_pem_x509_certificate(certificate),)
    codes = [spelled(entry["message"]) for entry in json.loads((CORPUS / "reference-codes.json").read_text("utf-8"))]
    assert len(codes) == 5
    for code in codes:
        assert judged(code, official) == (Outcome.PASSED, SealReason.VERIFIED)
        for position in range(len(code)):
            other = b"A" if code[position : position + 1] != b"A" else b"B"
            assert judged(altered(code, position, other, "changed"), official)[0] is not Outcome.PASSED


@needs_corpus
def test_the_published_test_key_counts_nowhere_else() -> None:
    certificate = (CORPUS / "FR00-0001.cert.pem").read_bytes()
    strict = TrustStore.from_pems([certificate], roots=[], allow_test_authority=False)
    entry = json.loads((CORPUS / "reference-codes.json").read_text("utf-8"))[0]
    assert judged(spelled(entry["message"]), strict) == (Outcome.FAILED, SealReason.TEST_AUTHORITY)
