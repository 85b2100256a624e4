"""Codes are found however a page was photographed, each in its place, and no two of them contradict in silence."""

from collections.abc import Iterable
from datetime import date

import pytest
from PIL import Image

from connectors.sandbox.papers import SealAuthority
from connectors.sandbox.papers.datamatrix import data_matrix
from contracts.documents import Outcome
from tests.assets import sealed_photos
from tests.assets.sealed_photos import CASES, FIELDS
from vault.ingest import codes
from vault.ingest.codes import Code
from vault.seals.trust import TrustStore
from vault.seals.verdict import NO_SEAL, SealReason

ON = date(2026, 9, 1)
HARDEST = {"blurred, radius in pixels": 2.0, "shrunk, pixels a module": 2.0}
"""What each distortion may be at most for every code; the last measure of its list unless told.

Each run seals anew: at 1.6 pixels a module 3 codes of 60 are not found.
"""


@pytest.fixture(scope="module")
def code(authority: SealAuthority) -> bytes:
    """Return a code over a tax notice."""
    return authority.seal("28", FIELDS, issued_on=date(2026, 7, 1))


@pytest.fixture(scope="module")
def sheet(code: bytes) -> Image.Image:
    """Return the page that carries it."""
    return sealed_photos.page(code)


def judged(contents: Iterable[bytes], trust: TrustStore) -> tuple[Outcome, SealReason]:
    verdict = codes.judge([Code(content, ()) for content in contents], trust, on=ON)
    return verdict.outcome, verdict.reason


@pytest.mark.parametrize("name", CASES)
def test_a_code_is_read_through_the_hardest_of_each_distortion(sheet: Image.Image, code: bytes, name: str) -> None:
    photo, measures = CASES[name]
    taken = photo(sheet, HARDEST.get(name, measures[-1]))
    assert [found.content for found in codes.find(taken)] == [code]


@pytest.mark.parametrize("degrees", [7, 45, 90, 133, 180, 271, 345])
def test_a_code_is_read_at_any_angle(sheet: Image.Image, code: bytes, degrees: float) -> None:
    worn = sealed_photos.noisy(sealed_photos.shaded(sealed_photos.turned(sheet, degrees), 0.5), 16)
    assert [found.content for found in codes.find(worn)] == [code]


def test_a_code_found_on_a_later_look_is_where_it_lies(sheet: Image.Image) -> None:
    noisy = sealed_photos.noisy(sheet, 50)
    assert codes.find(noisy, patient=False) == []
    plain, later = codes.find(sheet)[0], codes.find(noisy)[0]
    for (x, y), (plain_x, plain_y) in zip(later.corners, plain.corners, strict=True):
        assert abs(x - plain_x) < 8
        assert abs(y - plain_y) < 8


def test_two_codes_on_a_page_are_both_found(sheet: Image.Image, code: bytes, authority: SealAuthority) -> None:
    other = authority.seal("28", FIELDS | {"45": "2024"}, issued_on=date(2026, 7, 1))
    both = sheet.copy()
    both.paste(data_matrix(other, module=4).rotate(17, expand=True, fillcolor=255), (150, 200))
    assert {found.content for found in codes.find(both)} == {code, other}


@pytest.mark.parametrize("size", [(1, 1), (3, 2000), (200, 200)])
def test_a_page_without_code_has_none(size: tuple[int, int]) -> None:
    assert codes.find(Image.new("RGB", size, "white")) == []


def test_another_kind_of_data_matrix_is_no_seal() -> None:
    assert codes.find(data_matrix(b"LA POSTE 2026")) == []


def test_no_code_is_no_seal(trust: TrustStore) -> None:
    assert codes.judge([], trust, on=ON) == NO_SEAL


def test_one_seal_twice_is_one_seal(code: bytes, trust: TrustStore) -> None:
    assert judged([code, code], trust) == (Outcome.PASSED, SealReason.VERIFIED)


@pytest.mark.parametrize("change", [{"45": "2024"}, {"46": "AUTRE NOM"}])
def test_two_good_seals_that_contradict_are_inconclusive(
    authority: SealAuthority, code: bytes, trust: TrustStore, change: dict[str, str]
) -> None:
    other = authority.seal("28", FIELDS | change, issued_on=date(2026, 7, 1))
    assert judged([code, other], trust) == (Outcome.INCONCLUSIVE, SealReason.SEVERAL_SEALS)


def test_the_same_words_of_another_day_contradict(authority: SealAuthority, code: bytes, trust: TrustStore) -> None:
    later = authority.seal("28", FIELDS, issued_on=date(2026, 8, 1))
    assert judged([code, later], trust) == (Outcome.INCONCLUSIVE, SealReason.SEVERAL_SEALS)


def test_a_failed_seal_outweighs_a_good_one(code: bytes, trust: TrustStore) -> None:
    assert judged([code, code.replace(b"CAMILLE", b"CAMILLA")], trust) == (Outcome.FAILED, SealReason.SIGNATURE_WRONG)


def test_an_unknown_seal_beside_a_good_one_takes_nothing_away(code: bytes, trust: TrustStore) -> None:
    unknown = code.replace(b"XX000001", b"FR99ABC1", 1)
    assert judged([unknown], trust) == (Outcome.INCONCLUSIVE, SealReason.AUTHORITY_NOT_LISTED)
    assert judged([code, unknown], trust) == (Outcome.PASSED, SealReason.VERIFIED)


def test_a_good_seal_cannot_hide_in_a_crowd(authority: SealAuthority, code: bytes, trust: TrustStore) -> None:
    crowd = [code.replace(b"XX000001", b"FR99%04d" % number, 1) for number in range(codes.MAX_CODES)]
    assert judged([code, *crowd], trust) == (Outcome.INCONCLUSIVE, SealReason.TOO_MANY_SEALS)
