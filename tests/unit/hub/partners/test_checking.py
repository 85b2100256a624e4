"""Partners' files are held to the catalogue, and what is wrong is said with file, agreement and field."""

from pathlib import Path

import pytest

from hub.partners.checking import faults_of
from hub.requirements.catalogue import load
from orchestration.stack.layout import CODE_ROOT

CATALOGUE = load()
FOLDER = CODE_ROOT / "contracts" / "partners"


def changed(folder: Path, before: str, after: str) -> list[str]:
    text = (FOLDER / "caisse-13.toml").read_text(encoding="utf-8")
    assert before in text
    (folder / "caisse-13.toml").write_text(text.replace(before, after), encoding="utf-8")
    return faults_of(folder, CATALOGUE)


def test_the_files_of_this_release_have_no_fault():
    assert faults_of(FOLDER, CATALOGUE) == []


@pytest.mark.parametrize(
    ("before", "after", "field"),
    [
        ('services = ["canteen_enrolment", "canteen_tariff"]', 'services = ["swimming"]', "services"),
        ('services = ["canteen_enrolment", "canteen_tariff"]', 'services = ["canteen_tariff", "bursary"]', "services"),
        ('purposes = ["canteen_enrolment", "canteen_tariff"]', 'purposes = ["canteen_tariff"]', "purposes"),
        ("retention_months = 24", "retention_months = 240", "retention_months"),
        ('"birth_certificate", ', '"birth_certificate", "school_insurance", ', "evidence_types"),
    ],
)
def test_a_fault_names_file_agreement_and_field(tmp_path, before, after, field):
    faults = changed(tmp_path, before, after)
    assert any(fault.startswith(f"caisse-13.toml: agreements.0 (CDE13-2026-01).{field}: ") for fault in faults)


def test_who_reuses_a_national_source_names_its_habilitation(tmp_path):
    text = (FOLDER / "caisse-13.toml").read_text(encoding="utf-8")
    begin, end = text.index("habilitation"), text.index("treatments")
    (fault,) = changed(tmp_path, text[begin:end], "")
    assert ".habilitation: " in fault


def test_a_body_that_families_cannot_ask_has_no_agreement(tmp_path):
    (fault,) = changed(tmp_path, 'siret = "91000001200013"\nslug', 'siret = "91000005000013"\nslug')
    assert fault.startswith("caisse-13.toml: siret: ")
