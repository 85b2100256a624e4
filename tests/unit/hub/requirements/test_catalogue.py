"""The catalogue that comes with this release is whole, lawful, and refused where it is not."""

import json
import re
import tomllib
from datetime import date
from importlib.resources import files

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from contracts.documents import EvidenceType
from contracts.grounds import Purpose
from contracts.identifiers import is_siret
from hub.requirements.catalogue import FILES, Tariff, load, read
from hub.requirements.entries import CatalogueFile, Role, Status, pieces

CATALOGUE = load()
GRID = {"status": "unconfirmed", "source": "made up", "in_force_from": "2026-09-01", "decimals": "integer_part"}
TEXTS = {name: (files("contracts.catalogue") / f"{name}.toml").read_text(encoding="utf-8") for name in FILES}
CAISSES = {siret: body for siret, body in CATALOGUE.bodies.items() if body.role is Role.CAISSE}


def changed(name: str, old: str, new: str) -> dict[str, str]:
    assert old in TEXTS[name]
    return TEXTS | {name: TEXTS[name].replace(old, new, 1)}


def test_every_kind_but_the_unknown_is_described_and_every_service_has_a_body():
    assert CATALOGUE.evidence.keys() == set(EvidenceType) - {EvidenceType.UNKNOWN}
    assert all(CATALOGUE.bodies_for(name) for name in CATALOGUE.services)


def test_a_requirement_is_asked_of_the_family_or_awaited_from_a_body_never_neither():
    for service in CATALOGUE.services.values():
        for item in service.judged:
            assert bool(item.alternatives) != bool(item.awaited_from)


def test_everything_names_its_source_and_the_days_it_is_in_force():
    services = CATALOGUE.services.values()
    described = [*CATALOGUE.evidence.values(), *services, *CATALOGUE.tariffs, *CATALOGUE.purposes.values()]
    described += [*CATALOGUE.life_events.values(), *(item for service in services for item in service.judged)]
    described += [item for service in services for item in service.contested]
    assert all(one.source and one.in_force_from for one in described)


def test_seventeen_caisses_share_the_twenty_arrondissements():
    assert len(CAISSES) == 17
    sectors = sorted(sector for body in CAISSES.values() for sector in body.sectors)
    assert sectors == [f"750{number:02d}" for number in range(1, 21)]
    assert all(is_siret(siret) and siret.startswith("9100") for siret in CATALOGUE.bodies)
    assert all(CATALOGUE.body_in("enrolment", sector) for sector in sectors)


def test_an_address_is_asked_for_enrolment_in_school_and_nowhere_else():
    shows_address = {EvidenceType.PROOF_OF_ADDRESS, EvidenceType.HOSTING_STATEMENT}
    for name, requirement in CATALOGUE.judged():
        assert name == "school_enrolment" or not requirement.takes & shows_address


def test_a_caisses_own_demand_for_an_address_is_kept_with_the_text_against_it_and_never_asked():
    for name in ("canteen_enrolment", "canteen_tariff"):
        service = CATALOGUE.services[name]
        (demand,) = service.contested
        assert (demand.status, demand.demanded) == (Status.CONTESTED, (EvidenceType.PROOF_OF_ADDRESS,))
        assert "R.113-8" in demand.forbidden_by
        assert service.is_contested("residence")
        assert service.requirement("residence") is None


def test_civil_status_has_no_age_limit():
    kinds = (EvidenceType.BIRTH_CERTIFICATE, EvidenceType.FAMILY_RECORD_BOOK, EvidenceType.DEATH_CERTIFICATE)
    assert [CATALOGUE.evidence[kind].validity_months for kind in kinds] == [None, None, None]
    limits = [p.months for _, r in CATALOGUE.judged() for p in pieces(r.proof) if p.type in kinds]
    assert set(limits) == {None}


def test_vaccination_is_shown_and_never_handed_over():
    secret = {kind for kind, entry in CATALOGUE.evidence.items() if entry.medical_secret}
    assert secret == {EvidenceType.VACCINATION_RECORD}
    for service in CATALOGUE.services.values():
        assert not any(item.takes & secret for item in (*service.requirements, *service.conditional))
        assert all(service.requirement(item.id) is None for item in service.presentations)
    shown = {to for s in CATALOGUE.services.values() for item in s.presentations for to in item.presented_to}
    assert shown == {"school_head", "leisure_centre"}


def test_a_sworn_statement_is_offered_where_the_law_offers_it():
    offering = {(name, item.id) for name, item in CATALOGUE.judged() if item.sworn_statement}
    assert {name for name, _ in offering} == {"school_enrolment"}
    assert {item for _, item in offering} == {"child_identity", "residence", "responsible_identity"}


def test_the_purpose_matrix_allows_what_it_names_and_nothing_else():
    assert CATALOGUE.may_fetch(Purpose.CANTEEN_TARIFF, "quotient_familial")
    assert CATALOGUE.may_fetch(Purpose.CANTEEN_TARIFF, "revenu_solidarite_active")
    for datum in ("scolarite", "complementaire_sante_solidaire", "prime_activite", "allocation_enfant_handicape"):
        assert not CATALOGUE.may_fetch(Purpose.CANTEEN_TARIFF, datum)
    assert not CATALOGUE.may_fetch(Purpose.AFTER_SCHOOL, "quotient_familial")
    assert not CATALOGUE.may_fetch(Purpose.SCHOOL_ENROLMENT, "quotient_familial")


def test_five_life_events_say_what_they_reach():
    assert CATALOGUE.life_events.keys() == {"birth", "separation", "job_loss", "move", "death"}
    assert all(event.papers and event.touches for event in CATALOGUE.life_events.values())


BREAKING = {
    "an address for the canteen": (
        "services",
        '{ type = "tax_notice" },\n]\n\n[[canteen',
        '{ type = "proof_of_address" },\n]\n\n[[canteen',
    ),
    "vaccination handed over": ("services", 'type = "school_insurance", of', 'type = "vaccination_record", of'),
    "a datum the purpose forbids": ("services", "api_particulier.quotient_familial", "api_particulier.prime_activite"),
    "a body that is none": ("bodies", "91000001200013", "91000001200014"),
    "a role nobody has": ("services", 'awaited_from = "caisse"', 'awaited_from = "prefecture"'),
    "a blocking paper": ("services", 'id = "residence"', 'id = "residence"\nblocking = true'),
    "an unknown word": ("services", 'id = "residence"', 'id = "residence"\nmandatory = true'),
    "a number as text": ("services", "due_days = 60", 'due_days = "60"'),
    "no source": ("evidence_types", 'source = "CRPA R.113-5, R.113-7"', ""),
    "a status of one's own": ("evidence_types", 'status = "confirmed"', 'status = "probable"'),
    "an event that reaches nothing": ("life_events", 'requirement = "income_change"', 'requirement = "luck"'),
    "a kind left out": ("evidence_types", "[payslip]", "[unknown]"),
    "two grids at once": (
        "tariffs",
        "bands = [",
        'bands = [{ band = "1", floor = 0 }]\n[[canteen]]\nstatus = "unconfirmed"\nsource = "two"\nin_force_from = 2024-09-01\ndecimals = "integer_part"\nbands = [',
    ),
}


@pytest.mark.parametrize("what", BREAKING)
def test_a_catalogue_that_is_wrong_is_refused(what):
    with pytest.raises(ValueError, match=r".+"):
        read(changed(*BREAKING[what]), "test")


def test_the_files_as_they_are_follow_the_published_schema():
    plain = json.loads(json.dumps({n: tomllib.loads(t) for n, t in TEXTS.items()}, default=date.isoformat))
    Draft202012Validator(CatalogueFile.model_json_schema()).validate(plain)


def test_cents_never_lift_a_family_into_a_dearer_band():
    floors = [band.floor for band in CATALOGUE.canteen.bands]
    for index, floor in enumerate(floors[1:]):
        assert CATALOGUE.canteen.band(floor - 0.01) == CATALOGUE.canteen.bands[index].band
        assert CATALOGUE.canteen.band(floor) == CATALOGUE.canteen.bands[index + 1].band
    assert CATALOGUE.canteen.bounds(234.5) == (0, 234)
    assert CATALOGUE.canteen.bounds(9000) == (5001, None)


def test_a_grid_is_in_force_from_one_day_until_another():
    ended = changed("tariffs", "in_force_from = 2020-09-01", "in_force_from = 2020-09-01\nin_force_until = 2026-08-31")
    later = re.sub(r"2020-09-01\nin_force_until = 2026-08-31", "2026-09-01", ended["tariffs"]).replace(
        "floor = 235", "floor = 250"
    )
    both = read(ended | {"tariffs": ended["tariffs"] + later}, "test")
    assert both.tariff_on(date(2026, 8, 31)).band(240) == "2"
    assert both.tariff_on(date(2026, 9, 1)).band(240) == "1"
    assert both.tariff_on(date(2019, 1, 1)) is None


@pytest.mark.parametrize("floors", [[], [1], [0, 5, 5], [0, 9, 3]])
def test_a_grid_that_does_not_rise_from_nothing(floors):
    bands = [{"band": str(index + 1), "floor": floor} for index, floor in enumerate(floors)]
    with pytest.raises(ValidationError):
        Tariff.model_validate(GRID | {"bands": bands}, strict=False)
