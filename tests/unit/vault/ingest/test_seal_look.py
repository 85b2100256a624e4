"""Only the seals of a file: in the child as outside it, beside the words of the page, and never an exception."""

from collections.abc import Iterator
from datetime import date
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from connectors.sandbox.papers import CivilRegistry, SealAuthority, residence_bill
from connectors.sandbox.papers.datamatrix import data_matrix
from contracts.documents import MediaType, Outcome
from tests.assets import pdfs
from tests.assets.signatures import Hands
from vault.ingest.child import Limits, ReaderChild
from vault.ingest.reading import WireError
from vault.ingest.reasons import Reason
from vault.ingest.seal_look import look
from vault.ingest.seals_seen import SealsSeen
from vault.seals.trust import TrustStore
from vault.seals.verdict import SealReason

TODAY = date(2026, 9, 1)
ADDRESS = {"street": "12 rue des Tilleuls", "postcode": "75012", "town": "Paris"}


@pytest.fixture(scope="module")
def child(trust: TrustStore) -> Iterator[ReaderChild]:
    with ReaderChild(trust) as running:
        yield running


@pytest.fixture(scope="module")
def bill(authority: SealAuthority) -> bytes:
    return residence_bill(authority, holder_name="MARTIN Camille", **ADDRESS, issued_on=date(2026, 5, 4))


def letter(code: bytes, *lines: str) -> bytes:
    """Return a page of words with a code on it."""
    out = BytesIO()
    canvas = Canvas(out, pagesize=(595, 842))
    for number, line in enumerate(lines):
        canvas.drawString(60, 600 - 20 * number, line)
    canvas.drawImage(ImageReader(data_matrix(code)), 430, 690, 110, 110)
    canvas.save()
    return out.getvalue()


def test_the_child_sees_what_we_see(child: ReaderChild, bill: bytes, trust: TrustStore) -> None:
    inside = child.seals(bill, MediaType.PDF, today=TODAY)
    assert inside == look(bill, MediaType.PDF, trust=trust, today=TODAY)
    assert inside.together.outcome is Outcome.PASSED
    assert inside.together.fields["24"] == "75012"


def test_a_good_seal_pasted_on_another_paper_fails(authority: SealAuthority, child: ReaderChild) -> None:
    code = authority.seal("01", {"10": "MME/MARTIN/CAMILLE", "22": "12 RUE DES TILLEULS"}, issued_on=date(2026, 5, 4))
    pasted = letter(code, "Facture", "Monsieur Paul DURAND", "4 avenue des Lilas", "69003 LYON")
    seen = child.seals(pasted, MediaType.PDF, today=TODAY)
    assert (seen.together.outcome, seen.together.reason) == (Outcome.FAILED, SealReason.TEXT_DIFFERS)
    assert not seen.together.fields


def test_a_signature_with_stamp_and_proof_is_judged_inside_the_limits(registry: CivilRegistry) -> None:
    """All that pyHanko loads late must have been loaded before: in the child there is no file to load from."""
    hands = Hands()
    stamped = hands.sign(pdfs.pages(1), hands.hand("A"), stamper=hands.hand("B", stamps=True))
    assert registry.root is not None
    store = TrustStore((), (hands.root.certificate,), allow_test_authority=True)
    with ReaderChild(store) as child:
        seen = child.seals(stamped, MediaType.PDF, today=TODAY)
    assert seen.together.reason is SealReason.VERIFIED_REVOCATION_UNCHECKED


def test_what_cannot_be_opened_is_told(child: ReaderChild, bill: bytes) -> None:
    assert child.seals(b"%PDF-1.7 nothing", MediaType.PDF, today=TODAY) == SealsSeen(Reason.TRUNCATED)
    assert child.seals(bill, MediaType.PNG, today=TODAY) == SealsSeen(Reason.TYPE_MISMATCH)


def test_what_takes_too_long_is_told(trust: TrustStore, bill: bytes) -> None:
    with ReaderChild(trust, limits=Limits(wall_seconds=0.001)) as child:
        assert child.seals(bill, MediaType.PDF, today=TODAY).reason is Reason.TOO_SLOW


@given(st.dictionaries(st.sampled_from(["reason", "verdicts", "together"]), st.none() | st.text() | st.integers()))
@settings(max_examples=60)
def test_a_lying_child_is_not_believed(wire: dict[str, object]) -> None:
    with pytest.raises(WireError):
        SealsSeen.from_wire({"verdicts": [{"outcome": "passed"}], **wire, "together": {}})
