"""Partner files: complete, checked, and never more than they say."""

import pytest
from pydantic import ValidationError

from hub.partners.registry import PartnerFile, read_partners, secret_context
from orchestration.stack.layout import CODE_ROOT

FOLDER = CODE_ROOT / "contracts" / "partners"
RIGHT = {"siret": "91000001200013", "slug": "caisse-13", "name": "Caisse", "contact": "a@caisse.example"}


def test_the_files_of_this_release_are_read():
    partners = {partner.slug: partner for partner in read_partners(FOLDER)}
    assert not partners["sans-convention"].agreements
    assert partners["caisse-13"].agreements[0].purposes


@pytest.mark.parametrize("wrong", [{"siret": "1"}, {"siret": "91000001200014"}, {"slug": "../up"}, {"admin": True}])
def test_a_wrong_file_is_refused(wrong):
    with pytest.raises(ValidationError):
        PartnerFile.model_validate(RIGHT | wrong)


@pytest.mark.parametrize("wrong", [{"purposes": ["everything"]}, {"evidence_types": ["*"]}, {"minimum_grade": "any"}])
def test_an_agreement_lists_what_it_covers_and_has_no_wildcard(wrong):
    agreement = read_partners(FOLDER)[1].agreements[0].model_dump(mode="json") | wrong
    with pytest.raises(ValidationError):
        PartnerFile.model_validate(RIGHT | {"agreements": [agreement]})


def test_a_secret_is_bound_to_its_partner():
    assert secret_context("91000001200013") != secret_context("91000002700011")
