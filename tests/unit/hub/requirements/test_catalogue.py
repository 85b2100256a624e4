"""The catalogue that comes with this release is whole."""

import pytest
from pydantic import ValidationError

from contracts.documents import EvidenceType
from hub.requirements.catalogue import Tariff, load

CATALOGUE = load()
GRID = {"status": "unconfirmed", "source": "made up", "in_force_from": "2026-09-01"}


def test_every_alternative_is_described_and_every_service_has_a_body():
    for name, service in CATALOGUE.services.items():
        assert CATALOGUE.bodies_for(name)
        assert all(kind in CATALOGUE.evidence for item in service.requirements for kind in item.alternatives)


def test_a_requirement_is_asked_of_the_family_or_awaited_from_a_body_never_neither():
    for service in CATALOGUE.services.values():
        for item in service.requirements:
            assert bool(item.alternatives) != bool(item.awaited_from)


def test_everything_names_its_source():
    described = [*CATALOGUE.evidence.values(), *CATALOGUE.services.values(), CATALOGUE.canteen]
    described += [item for service in CATALOGUE.services.values() for item in service.requirements]
    assert all(one.source for one in described)


def test_what_is_unknown_is_never_an_alternative():
    alternatives = {k for s in CATALOGUE.services.values() for item in s.requirements for k in item.alternatives}
    assert EvidenceType.UNKNOWN not in alternatives


def test_cents_never_lift_a_family_into_a_dearer_band():
    floors = [band.floor for band in CATALOGUE.canteen.bands]
    for index, floor in enumerate(floors[1:]):
        assert CATALOGUE.canteen.band(floor - 0.01) == CATALOGUE.canteen.bands[index].band
        assert CATALOGUE.canteen.band(floor) == CATALOGUE.canteen.bands[index + 1].band


@pytest.mark.parametrize("floors", [[], [1], [0, 5, 5], [0, 9, 3]])
def test_a_grid_that_does_not_rise_from_nothing(floors):
    bands = [{"band": str(index), "floor": floor} for index, floor in enumerate(floors)]
    with pytest.raises(ValidationError):
        Tariff.model_validate(GRID | {"bands": bands})
