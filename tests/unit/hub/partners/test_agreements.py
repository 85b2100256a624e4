"""Agreements cover what the catalogue's requirements take, and nothing that the body's role may not receive."""

import pytest

from contracts.documents import EvidenceType
from contracts.identifiers import Siret
from hub.partners.registry import read_partners
from hub.requirements.catalogue import load
from orchestration.stack.layout import CODE_ROOT

CATALOGUE = load()
PARTNERS = [p for p in read_partners(CODE_ROOT / "contracts" / "partners") if p.agreements]


@pytest.mark.parametrize("partner", PARTNERS, ids=lambda partner: partner.slug)
def test_what_a_service_takes_its_bodys_agreement_lists(partner):
    for agreement in partner.agreements:
        for name in agreement.services:
            asked = (*CATALOGUE.services[name].requirements, *CATALOGUE.services[name].conditional)
            taken = {kind for item in asked for kind in item.takes}
            sworn = {EvidenceType.SWORN_STATEMENT}
            listed = {kind for one in partner.agreements if name in one.services for kind in one.evidence_types}
            assert taken - listed - sworn == set()


@pytest.mark.parametrize("partner", PARTNERS, ids=lambda partner: partner.slug)
def test_an_agreement_lists_nothing_that_the_role_may_not_receive(partner):
    role = CATALOGUE.bodies[Siret(partner.siret)].role
    for agreement in partner.agreements:
        assert all(role in CATALOGUE.evidence[kind].receivable_by for kind in agreement.evidence_types)


def test_every_service_of_the_catalogue_has_a_partner_with_an_agreement():
    covered = {name for partner in PARTNERS for one in partner.agreements for name in one.services}
    assert covered == set(CATALOGUE.services)
