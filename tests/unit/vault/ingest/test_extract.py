"""Values of every kind of paper, each where it stands; never a NIR, never half a child."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.documents import EvidenceType
from contracts.readings import Field
from tests.assets.papers import hostile
from tests.assets.papers.corpus import HELD_BACK, LAYOUTS
from tests.assets.papers.reading import lined, made, words_of
from vault.ingest.extract import MAX_VALUE, Extract, from_words
from vault.ingest.folding import plain
from vault.ingest.masking import numbers

SEEDS = (1, 12)
KNOWN = [name for name in LAYOUTS if made(name)[0].evidence_type is not EvidenceType.UNKNOWN]


def found(layout: str, seed: int = 1) -> Extract:
    """Return what is read of a paper of known kind."""
    paper, words = made(layout, seed)
    return from_words(paper.evidence_type, words)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("layout", KNOWN)
def test_every_value_is_read_as_printed(layout: str, seed: int) -> None:
    truth, read = made(layout, seed)[0].fields, found(layout, seed).fields
    assert {name: plain(read.get(name, "")) for name in truth} == {name: plain(value) for name, value in truth.items()}


@pytest.mark.parametrize("layout", KNOWN)
def test_every_value_is_placed_where_it_stands(layout: str) -> None:
    paper, read = made(layout)[0], found(layout)
    assert set(read.places) == set(read.fields)
    for name, boxes in paper.places.items():
        place = read.places[name]
        across, down = (place.box.left + place.box.right) / 2, (place.box.top + place.box.bottom) / 2
        left, top = min(box.left for _, box in boxes), min(box.top for _, box in boxes)
        right, bottom = max(box.right for _, box in boxes), max(box.bottom for _, box in boxes)
        assert left - 0.02 <= across <= right + 0.02, name
        assert top - 0.01 <= down <= bottom + 0.01, name


@pytest.mark.parametrize("layout", [*KNOWN, *HELD_BACK])
def test_no_number_of_the_state_is_ever_a_value(layout: str) -> None:
    assert not any(list(numbers(value)) for value in found(layout).fields.values())


def test_a_text_layer_is_exact_and_pixels_are_not() -> None:
    certain = lined(
        "Nom de l'enfant : MARTIN",
        "Prénom(s) de l'enfant : Lina",
        "Date de naissance : 12/03/2018",
        "Lieu de naissance : Brest",
    )
    kind = EvidenceType.BIRTH_CERTIFICATE
    assert from_words(kind, certain).exact
    seen = [*certain[:-1], certain[-1].__class__("Brest", 0, certain[-1].box, 0.97, certain[-1].line)]
    assert not from_words(kind, seen).exact


def test_a_child_is_read_whole_or_not_at_all() -> None:
    lines = ["Nom de l'enfant : MARTIN", "Prénom(s) de l'enfant : Lina", "Date de naissance : 12/03/2018"]
    assert not from_words(EvidenceType.BIRTH_CERTIFICATE, lined(*lines)).fields
    whole = [*lines, "Lieu de naissance : Brest"]
    assert from_words(EvidenceType.BIRTH_CERTIFICATE, lined(*whole)).fields["child_first_names"] == "Lina"


@pytest.mark.parametrize(
    "again", ["Nom de l'enfant : DIALLO", "Prénom(s) du parent 1 : Camille", "Date de naissance : 01/01/2019"]
)
def test_a_label_given_twice_gives_nothing(again: str) -> None:
    lines = ["Nom de l'enfant : MARTIN", "Prénom(s) de l'enfant : Lina", "Date de naissance : 12/03/2018",
             "Lieu de naissance : Brest", "Prénom(s) du parent 1 : Zoé"]  # fmt: skip
    assert not from_words(EvidenceType.BIRTH_CERTIFICATE, lined(*lines, again)).fields


def test_a_copy_in_capitals_only_names_nobody() -> None:
    told = "Le douze mars deux mille dix-huit, est née en notre commune : LINA ROSE MARTIN, du sexe féminin, fille de X"
    assert not from_words(EvidenceType.BIRTH_CERTIFICATE, lined("Commune de Brest.", told)).fields


def test_twins_stay_two() -> None:
    one, other = (from_words(p.evidence_type, words_of(p.pdf)).fields for p in hostile.twins())
    assert (one["child_first_names"], other["child_first_names"]) == ("Léana", "Léane")
    assert one["child_born_on"] == other["child_born_on"]


def test_a_statement_with_a_social_security_number_is_left_out() -> None:
    lines = lined("Je soussignée, Zoé MARTIN, atteste sur l'honneur avoir le numéro 2 85 06 75 123 456 48.")
    assert Field.STATEMENT not in from_words(EvidenceType.SWORN_STATEMENT, lines).fields


@pytest.mark.parametrize(
    ("words", "authority", "of_whom"),
    [
        (
            "exercera seule l'autorité parentale ; DIT que l'autorité parentale sera exercée exclusivement par Madame Zoé ORME ;",
            "sole",
            "Zoé ORME",
        ),
        ("l'autorité parentale est exercée conjointement par les parents ;", "joint", None),
        ("PRONONCE le retrait total de l'autorité parentale de Monsieur Paul ORME ;", "withdrawn", "Paul ORME"),
        ("les frais sont partagés en commun ;", None, None),
    ],
)
def test_what_a_judgment_decides_about_authority(words: str, authority: str | None, of_whom: str | None) -> None:
    fields = from_words(EvidenceType.CUSTODY_JUDGMENT, lined("PAR CES MOTIFS", words)).fields
    assert (fields.get("authority"), fields.get("holder_name")) == (authority, of_whom)


def test_what_was_asked_for_is_not_what_was_decided() -> None:
    lines = lined("La mère demande l'exercice exclusif de l'autorité parentale.", "PAR CES MOTIFS",
                  "DIT que l'autorité parentale est exercée conjointement par les parents ;")  # fmt: skip
    assert from_words(EvidenceType.CUSTODY_JUDGMENT, lines).fields["authority"] == "joint"


@given(st.sampled_from(list(EvidenceType)), st.lists(st.text(max_size=40), max_size=30))
@settings(max_examples=80)
def test_any_words_give_values_within_bounds(kind: EvidenceType, texts: list[str]) -> None:
    read = from_words(kind, lined(*texts))
    assert all(0 < len(value) <= MAX_VALUE for value in read.fields.values())
    assert set(read.fields) == set(read.places)
    assert read.issued_on is None or isinstance(read.issued_on, date)
