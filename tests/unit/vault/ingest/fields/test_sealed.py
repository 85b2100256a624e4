"""Whether a page says what its seal says: as printed, as read with slips, as altered."""

from dataclasses import replace

import pytest

from contracts.documents import EvidenceType, Outcome
from tests.assets.papers.reading import lined
from vault.ingest.extract import agrees, from_seal
from vault.ingest.words import Word
from vault.seals.verdict import SealReason, SealVerdict

BILL = SealVerdict(
    Outcome.PASSED,
    SealReason.VERIFIED,
    document_type="01",
    fields={"10": "MME/VASSEUR LENOIR/INES", "22": "12 AV DES TILLEULS", "24": "75012", "25": "PARIS"},
)
NOTICE = SealVerdict(
    Outcome.PASSED,
    SealReason.VERIFIED,
    document_type="28",
    fields={"46": "DIALLO OUSMANE", "41": "24560", "45": "2025", "43": "2,5"},
)
BILL_LINES = (
    "Facture d'électricité n° 123456 du 04/05/2026",
    "Mme Inès Vasseur-Lenoir",
    "12 avenue des Tilleuls",
    "75012 Paris",
)
NOTICE_LINES = (
    "Avis d'impôt sur les revenus de 2025 établi pour le foyer fiscal de",
    "DIALLO Ousmane",
    "Revenu fiscal de référence  24 560 €",
)


def seen(lines: tuple[str, ...], confidence: float = 0.9, **changed: str) -> list[Word]:
    """Return words as an engine reads them, some of them changed."""
    return [replace(word, text=changed.get(word.text, word.text)) for word in lined(*lines, confidence=confidence)]


def test_a_page_that_says_the_same() -> None:
    assert agrees(BILL, lined(*BILL_LINES)) is Outcome.PASSED
    assert agrees(NOTICE, lined(*NOTICE_LINES)) is Outcome.PASSED
    assert agrees(NOTICE, seen(NOTICE_LINES)) is Outcome.PASSED


@pytest.mark.parametrize("altered", ["14 560", "24 561", "245 600", "4 560"])
def test_an_altered_amount_in_a_text_layer_is_found(altered: str) -> None:
    lines = (*NOTICE_LINES[:2], f"Revenu fiscal de référence {altered} €")
    assert agrees(NOTICE, lined(*lines)) is Outcome.FAILED


def test_an_altered_digit_in_a_picture_never_passes() -> None:
    lines = (*NOTICE_LINES[:2], "Revenu fiscal de référence 14 560 €")
    assert agrees(NOTICE, seen(lines)) is Outcome.INCONCLUSIVE


def test_a_slip_in_a_name_is_forgiven_in_a_picture_only() -> None:
    lines = (NOTICE_LINES[0], "DIALLO Ousmanc", NOTICE_LINES[2])
    assert agrees(NOTICE, seen(lines)) is Outcome.PASSED
    assert agrees(NOTICE, lined(*lines)) is Outcome.FAILED


def test_another_persons_page_fails_in_a_picture_too() -> None:
    lines = (
        "Facture d'électricité n° 123456 du 04/05/2026",
        "M. Théo Kowalczyk",
        "3 quai aux Herbes",
        "93999 L'Orme-sur-Seine",
    )
    assert agrees(BILL, seen(lines)) is Outcome.FAILED
    assert agrees(BILL, lined(*lines)) is Outcome.FAILED


def test_a_page_read_too_badly_tells_nothing() -> None:
    assert agrees(BILL, []) is Outcome.INCONCLUSIVE
    assert agrees(BILL, seen(("F@cture", "1nès", "T1l"), confidence=0.4)) is Outcome.INCONCLUSIVE
    assert agrees(BILL, seen(BILL_LINES, confidence=0.5, Inès="1ncs", Tilleuls="T1!!cu1s")) is Outcome.INCONCLUSIVE


def test_a_number_is_not_put_together_from_two_columns() -> None:
    lines = (*NOTICE_LINES[:2], "24                              560")
    assert agrees(NOTICE, lined(*lines)) is Outcome.FAILED


def test_sealed_values_are_placed_where_the_page_says_them() -> None:
    found = from_seal(BILL, lined(*BILL_LINES))
    assert found.evidence_type is EvidenceType.PROOF_OF_ADDRESS
    assert found.fields["holder_name"] == "INES VASSEUR LENOIR"
    assert {"holder_name", "postcode", "town"} <= set(found.places)
    assert found.places["postcode"].box.top == pytest.approx(0.11)
    assert not from_seal(BILL).places


def test_a_kind_of_seal_that_is_not_read_gives_nothing() -> None:
    assert from_seal(replace(BILL, document_type="B0")).evidence_type is EvidenceType.UNKNOWN
