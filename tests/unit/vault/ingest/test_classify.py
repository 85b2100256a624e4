"""Kinds of paper are told apart by their phrases; what is none of ours, or says too little, is no kind."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.documents import EvidenceType
from tests.assets.papers.corpus import HELD_BACK, LAYOUTS
from tests.assets.papers.reading import lined, made
from vault.ingest.classify import NOTHING, Classification, classify, contradicts
from vault.ingest.clues import CLUES
from vault.ingest.words import Word

UNKNOWN = EvidenceType.UNKNOWN
LOOKALIKES = {"e": "c", "l": "1", "o": "0", "i": "l", "a": "o", "n": "u", "S": "5", "t": "f"}


def garbled(words: tuple[Word, ...], share: float) -> list[Word]:
    """Return words as a poor engine gives them."""
    rng = random.Random(5)
    return [
        replace(w, text="".join(LOOKALIKES.get(c, c) if rng.random() < share else c for c in w.text), confidence=0.6)
        for w in words
    ]


@pytest.mark.parametrize("layout", [*LAYOUTS, *HELD_BACK])
def test_a_paper_is_of_its_kind(layout: str) -> None:
    paper, words = made(layout)
    said = classify(words)
    assert said.evidence_type is paper.evidence_type
    assert said.confidence >= (0.0 if paper.evidence_type is UNKNOWN else 0.6)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_badly_read_paper_is_of_its_kind_or_of_none(layout: str) -> None:
    paper, words = made(layout)
    for share in (0.1, 0.3, 0.6):
        assert classify(garbled(words, share)).evidence_type in {paper.evidence_type, UNKNOWN}


def test_most_papers_are_known_with_every_tenth_look_alike_letter_misread() -> None:
    known = [made(layout) for layout in LAYOUTS if made(layout)[0].evidence_type is not UNKNOWN]
    right = sum(classify(garbled(words, 0.1)).evidence_type is paper.evidence_type for paper, words in known)
    assert right >= 0.9 * len(known)


def test_nothing_is_said_of_nothing() -> None:
    assert classify([]) == NOTHING
    assert classify(lined("Facture")).evidence_type is UNKNOWN
    assert classify(lined("12 34 56", "...", "§")) == NOTHING


def test_two_kinds_that_speak_as_loud_are_none() -> None:
    both = classify(lined("CERTIFICAT DE SCOLARITÉ", "BULLETIN DE PAIE"))
    assert (both.evidence_type, both.confidence) == (UNKNOWN, 0.0)


def test_a_letter_that_names_a_paper_is_not_that_paper() -> None:
    said = classify(lined("Madame, Monsieur,", "merci de nous transmettre votre avis d'impôt.", "Bien à vous"))
    assert said.evidence_type is UNKNOWN


def test_a_decision_is_explained_in_phrases_of_our_own() -> None:
    _, words = made("notice")
    said = classify(words)
    assert "revenu fiscal de référence" in said.because
    assert set(said.because) <= {clue.phrase for clue in CLUES}


def test_a_heading_counts_where_a_heading_stands() -> None:
    title = classify(lined("Certificat de scolarité", "année scolaire 2026-2027"))
    body = classify(lined(*["Bonjour"] * 30, "il faudra aussi un certificat de scolarité pour l'année scolaire"))
    assert (title.evidence_type, body.evidence_type) == (EvidenceType.SCHOOL_CERTIFICATE, UNKNOWN)


def test_a_seal_and_words_of_another_kind_contradict() -> None:
    bill, unsure = Classification(EvidenceType.PROOF_OF_ADDRESS, 0.9, UNKNOWN), NOTHING
    assert contradicts(EvidenceType.TAX_NOTICE, bill)
    assert not contradicts(EvidenceType.PROOF_OF_ADDRESS, bill)
    assert not contradicts(EvidenceType.TAX_NOTICE, unsure)
    assert not contradicts(UNKNOWN, bill)


@given(st.lists(st.text(max_size=30), max_size=60))
@settings(max_examples=60)
def test_any_words_are_classified(texts: list[str]) -> None:
    said = classify(lined(*texts))
    assert 0 <= said.confidence <= 1
    assert (said.evidence_type is UNKNOWN) == (said.confidence == 0)
