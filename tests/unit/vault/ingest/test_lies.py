"""Papers that lie under a seal that holds, in every form: none is passed on with the grade of a seal."""

from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from connectors.sandbox.papers import SealAuthority
from contracts.documents import EvidenceType, Grade, MediaType, Outcome
from tests.assets.papers import hostile
from tests.assets.papers.case import TODAY
from tests.assets.papers.corpus import paper
from tests.assets.papers.forms import Form, in_form
from tests.assets.sealed_photos import of_a_screen
from vault.ingest.folding import plain
from vault.ingest.ocr import Engine
from vault.ingest.reader import read
from vault.ingest.reading import Reading
from vault.seals.trust import Revocation, TrustStore
from vault.seals.verdict import SealReason


def reading_of(pdf: bytes, form: Form, trust: TrustStore, engine: Engine | None = None) -> Reading:
    """Read a paper in one of its forms."""
    media_type = MediaType.JPEG if form is Form.PHOTO else MediaType.PDF
    return read(in_form(form, pdf, seed=3), media_type, trust=trust, today=TODAY, engine=engine)


@pytest.mark.parametrize("lie", hostile.LIES)
def test_no_lie_is_passed_from_a_file(lie: str, authority: SealAuthority, trust: TrustStore) -> None:
    reading = reading_of(hostile.LIES[lie](authority), Form.DIGITAL, trust)
    assert reading.seal.outcome is not Outcome.PASSED
    assert reading.grade is Grade.SELF_DECLARED


@pytest.mark.slow
@pytest.mark.parametrize("form", [Form.SCAN, Form.PHOTO])
@pytest.mark.parametrize("lie", hostile.LIES)
def test_no_lie_is_passed_from_a_picture(
    lie: str, form: Form, authority: SealAuthority, trust: TrustStore, engine: Engine
) -> None:
    reading = reading_of(hostile.LIES[lie](authority), form, trust, engine)
    assert reading.seal.outcome is not Outcome.PASSED
    assert reading.grade is Grade.SELF_DECLARED


def test_a_seal_pasted_on_another_kind_is_not_believed(authority: SealAuthority, trust: TrustStore) -> None:
    reading = reading_of(hostile.pasted_on_another_kind(authority), Form.DIGITAL, trust)
    assert reading.evidence_type is EvidenceType.TAX_NOTICE
    assert ("seal_and_text", "another_kind") in {(each.step, each.reason) for each in reading.findings}


def test_a_paper_under_its_own_seal_is_passed(authority: SealAuthority, trust: TrustStore) -> None:
    for layout in ("electricity", "notice"):
        reading = reading_of(paper(layout, 5, authority).pdf, Form.DIGITAL, trust)
        assert (reading.seal.outcome, reading.grade) == (Outcome.PASSED, Grade.SEALED)


def test_a_key_of_somebody_else_and_a_revoked_one(authority: SealAuthority, trust: TrustStore, tmp_path: Path) -> None:
    forged = reading_of(hostile.sealed_by_a_stranger(tmp_path), Form.DIGITAL, trust)
    assert (forged.seal.outcome, forged.seal.reason) == (Outcome.FAILED, SealReason.SIGNATURE_WRONG)
    revoked = replace(trust, revoked=frozenset({Revocation("XX00", "0001")}))
    reading = reading_of(paper("electricity", 5, authority).pdf, Form.DIGITAL, revoked)
    assert (reading.seal.reason, reading.grade) == (SealReason.CERTIFICATE_REVOKED, Grade.SELF_DECLARED)


@pytest.mark.slow
def test_a_picture_of_a_screen_is_of_no_kind(trust: TrustStore, engine: Engine) -> None:
    taken = Image.open(BytesIO(in_form(Form.PHOTO, paper("caf").pdf, seed=4))).convert("L")
    out = BytesIO()
    of_a_screen(taken, 3.3).save(out, "JPEG", quality=90)
    reading = read(out.getvalue(), MediaType.JPEG, trust=trust, today=TODAY, engine=engine)
    assert (reading.evidence_type, dict(reading.fields)) == (EvidenceType.UNKNOWN, {})


@pytest.mark.slow
def test_a_blank_page_is_of_no_kind(trust: TrustStore, engine: Engine) -> None:
    reading = read(hostile.blank(), MediaType.JPEG, trust=trust, today=TODAY, engine=engine)
    assert (reading.evidence_type, dict(reading.fields)) == (EvidenceType.UNKNOWN, {})


def test_a_right_paper_of_another_family_says_whose_it_is(authority: SealAuthority, trust: TrustStore) -> None:
    made = paper("electricity", 6, authority)
    reading = reading_of(made.pdf, Form.DIGITAL, trust)
    assert reading.grade is Grade.SEALED
    assert set(reading.fields["holder_name"].split()) <= set(plain(made.fields["holder_name"]).split())


def test_a_paper_of_the_future_keeps_its_date(trust: TrustStore) -> None:
    reading = read(paper("rent").pdf, MediaType.PDF, trust=trust, today=date(2020, 1, 1))
    assert reading.issued_on is not None
    assert reading.issued_on.year == TODAY.year
