"""What a resident reads of a fit and of a computed tariff: plain, whole, with figures only for them."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

import hub.requirements
from contracts.documents import Outcome
from hub.requirements.explanation import explain
from hub.requirements.sentences import OTHERWISE, PASSED, SENTENCES, sentence
from tests.unit.hub.requirements.papers import CATALOGUE, NOTICE, TODAY, judged, paper, wanted

SOURCES = "".join(path.read_text(encoding="utf-8") for path in Path(hub.requirements.__file__).parent.rglob("*.py"))
REASONS = set(re.findall(r'(?:INCONCLUSIVE|FAILED), "([a-z_]+)"', SOURCES))
JARGON = ("inconclusive", "grade", " fit", "blocking", "evidence", "requirement", "None", "{", "}")
RESIDENCE = wanted("school_enrolment", "residence")


def test_every_reason_a_rule_gives_has_its_sentence():
    assert len(REASONS) > 30
    assert REASONS - SENTENCES.keys() == set()


@pytest.mark.parametrize("reason", sorted(SENTENCES))
def test_a_sentence_is_whole_and_without_jargon(reason):
    told = sentence(CATALOGUE, RESIDENCE, reason)
    assert told[0].isupper()
    assert told.endswith(".")
    assert told.count(". ") == 0
    assert not [word for word in JARGON if word in told]
    assert " :" not in told
    assert len(told) < 170


def test_a_sentence_says_what_would_do_instead():
    old = judged(
        paper("proof_of_address", {"holder_name": "Nora BELKACEM"}, issued_on=date(2026, 1, 2)),
        "school_enrolment",
        "residence",
    )
    told = sentence(CATALOGUE, RESIDENCE, old.reason, decided_on=old.decided_on)
    assert "20 juin 2026" in told
    notice = judged(paper("tax_notice", NOTICE | {"income_year": "2023"}), "bursary", "household_income")
    asked = wanted("bursary", "household_income")
    assert "revenus de 2025" in sentence(CATALOGUE, asked, notice.reason, decided_on=notice.decided_on)
    assert "justificatif de domicile ou attestation d'hébergement" in sentence(CATALOGUE, RESIDENCE, "wrong_kind")


def test_missing_attachments_are_named_with_whose_they_are():
    told = sentence(
        CATALOGUE, RESIDENCE, "attachments_missing", decided_on={"missing": "identity_paper:host,tax_notice:address"}
    )
    assert "pièce d'identité de la personne qui vous héberge et avis d'impôt" in told


def test_a_passed_fit_and_a_reason_nobody_knows():
    assert sentence(CATALOGUE, RESIDENCE, "whatever", outcome=Outcome.PASSED) == PASSED
    assert sentence(CATALOGUE, RESIDENCE, "whatever") == OTHERWISE


def test_a_tariff_from_a_notice_is_explained_with_its_figures():
    found = explain(CATALOGUE, paper("tax_notice", NOTICE), TODAY)
    text = " ".join((found.mention, found.contribution, *found.data, *found.parameters, *found.operations))
    for said in (
        "26\u202f712\u00a0€",
        "1,5\u00a0part",
        "1\u202f484,00\u00a0€",
        "÷ 12",
        "L.311-3-1",
        "tranche 6",
        "4,61\u00a0€",
        "2025",
    ):
        assert said in text
    assert found.band == "6"


def test_a_tariff_from_the_caf_says_whose_figure_it_is():
    found = explain(
        CATALOGUE, paper("quotient_familial", {"quotient_familial": "742"}, issued_on=date(2026, 9, 1)), TODAY
    )
    assert found.band == CATALOGUE.canteen.band(742)
    assert "CAF ou MSA, mois de 09/2026" in found.data[0]


def test_what_gives_no_quotient_is_not_explained():
    assert explain(CATALOGUE, paper("tax_notice", NOTICE | {"parts": "0"}), TODAY) is None
    assert explain(CATALOGUE, paper("payslip", {"net_pay": "1800"}), TODAY) is None
    assert explain(CATALOGUE, paper("tax_notice", NOTICE), date(2019, 1, 1)) is None
    assert explain(CATALOGUE, replace(paper("quotient_familial", {}), issued_on=None), TODAY) is None


def test_a_tariff_from_two_notices_shows_the_sum():
    second = paper("tax_notice", NOTICE | {"declarant_1": "DURAND PAUL", "reference_income": "36000", "parts": "1"})
    found = explain(CATALOGUE, paper("tax_notice", NOTICE), TODAY, second)
    text = " ".join((*found.data, *found.operations))
    assert "62\u202f712\u00a0€" in text
    assert "2,5\u00a0parts" in text
    assert found.band == CATALOGUE.canteen.band((26712 + 36000) / 12 / 2.5)
    assert "DURAND" not in text
