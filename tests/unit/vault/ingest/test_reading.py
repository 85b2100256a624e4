"""A reading crosses the pipe unchanged, and a forged one does not cross."""

import json
from datetime import date

import pytest

from contracts.documents import EvidenceType, Grade, MediaType, Outcome
from vault.ingest.reading import Finding, Reading, WireError
from vault.ingest.reasons import SENTENCES, Reason, state_for
from vault.seals.verdict import SealReason, SealVerdict

READING = Reading(
    Reason.READ,
    MediaType.PDF,
    pages=2,
    evidence_type=EvidenceType.TAX_NOTICE,
    grade=Grade.SEALED,
    seal=SealVerdict(Outcome.PASSED, SealReason.VERIFIED, "28", "XX00", "0001", date(2026, 7, 1), date(2026, 7, 2)),
    issued_on=date(2026, 7, 1),
    fields={"parts": "2.5"},
    findings=(Finding("seal", Outcome.PASSED, "verified"),),
    viewing_media_type=MediaType.PDF,
    viewing_copy=b"%PDF-",
)


def test_a_reading_survives_the_wire() -> None:
    wire = json.loads(json.dumps(READING.to_wire()))
    assert Reading.from_wire(wire, READING.viewing_copy) == READING


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("reason", "all is well"),
        ("pages", -1),
        ("pages", "2"),
        ("fields", {"parts": 2}),
        ("fields", {"parts": "9" * 600}),
        ("fields", ["parts"]),
        ("findings", [["seal", "passed"]]),
        ("issued_on", "yesterday"),
        ("seal", {}),
        ("media_type", "text/html"),
    ],
)
def test_a_forged_reading_is_refused(name: str, value: object) -> None:
    with pytest.raises(WireError):
        Reading.from_wire({**READING.to_wire(), name: value}, b"")


def test_every_reason_has_a_sentence_and_a_state() -> None:
    assert set(SENTENCES) == set(Reason)
    assert all(state_for(reason) for reason in Reason)
