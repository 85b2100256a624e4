"""Partner files: complete, checked, and never more than they say; what is wrong is said with file and field."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from connectors.jose import generate_key, public_part
from hub.errors import PartnerFilesRefused
from hub.partners.registry import read_partners, secret_context
from orchestration.stack.layout import CODE_ROOT
from tests.assets.partners import STATED, agreement, partner

FOLDER = CODE_ROOT / "contracts" / "partners"
KEY = public_part(generate_key("caisse-1"))


def test_the_files_of_this_release_are_read():
    partners = {partner.slug: partner for partner in read_partners(FOLDER)}
    assert not partners["sans-convention"].agreements
    assert partners["caisse-13"].agreements[0].purposes


WRONG_PARTNERS = [
    {"siret": "1"},
    {"siret": "91000001200014"},
    {"slug": "../up"},
    {"admin": True},
    {"legal_category": "5710"},
    {"contact": "nobody"},
    {"requests_per_minute": 0},
    {"keys": [generate_key("caisse-1")]},
    {"keys": [{"kty": "oct", "k": "AAAA", "kid": "caisse-1"}]},
    {"keys": [{name: said for name, said in KEY.items() if name != "kid"}]},
    {"keys": [KEY, KEY]},
    {"agreements": [STATED, STATED]},
    {"agreements": [STATED], "security_contact": None},
]


@pytest.mark.parametrize("wrong", WRONG_PARTNERS, ids=lambda wrong: next(iter(wrong)))
def test_a_wrong_partner_is_refused(wrong):
    with pytest.raises(ValidationError):
        partner(**wrong)


WRONG_AGREEMENTS = [
    {"purposes": ["everything"]},
    {"purposes": []},
    {"evidence_types": ["*"]},
    {"minimum_grade": "any"},
    {"gives": "everything"},
    {"instrument": "RGPD 15"},
    {"instrument": "because"},
    {"controller": {"siret": "91000001200014", "name": "Caisse"}},
    {"processor": None},
    {"deliberation": {"number": "2026-1"}},
    {"habilitation": {"number": "91-1", "source": "API Particulier", "scopes": []}},
    {"treatments": [], "agent_roles": []},
    {"treatments": [{"id": "Jeanne Martin", "name_fr": "Calcul"}]},
    {"treatments": [{"id": "a1", "name_fr": "Calcul"}, {"id": "a1", "name_fr": "Autre"}]},
    {"retention_months": 0},
    {"valid_until": "2025-12-31"},
]


@pytest.mark.parametrize("wrong", WRONG_AGREEMENTS, ids=str)
def test_an_agreement_states_everything_and_has_no_wildcard(wrong):
    with pytest.raises(ValidationError):
        agreement(**wrong)


@pytest.mark.parametrize("missing", sorted(STATED.keys() - {"habilitation", "treatments", "agent_roles"}))
def test_what_an_agreement_leaves_out_is_refused(missing):
    with pytest.raises(ValidationError, match=missing):
        type(agreement()).model_validate({name: said for name, said in STATED.items() if name != missing})


def test_keys_of_a_file_are_public_and_named():
    assert partner(keys=[KEY]).keys == (KEY,)


def written(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return folder


def test_every_fault_is_said_with_its_file_and_field(tmp_path):
    plain = (FOLDER / "sans-convention.toml").read_text(encoding="utf-8")
    files = {"a": plain, "b": plain, "c": plain.replace("91000005000013", "91000005000014"), "d": "siret = ="}
    with pytest.raises(PartnerFilesRefused) as refused:
        read_partners(written(tmp_path, **files))
    said = str(refused.value).splitlines()
    assert "c.toml: siret: not a SIRET: 14 digits with a right sum" in said
    assert {"b.toml: siret: that of a.toml too", "b.toml: slug: that of a.toml too"} <= set(said)
    assert any(line.startswith("d.toml: ") for line in said)


def test_a_secret_is_bound_to_its_partner():
    assert secret_context("91000001200013") != secret_context("91000002700011")
