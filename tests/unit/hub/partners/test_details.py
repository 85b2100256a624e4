"""What a partner wants a token for: read strictly, and never granted beyond one agreement."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.grounds import Purpose
from hub.errors import DetailsRefused
from hub.partners.details import DETAIL_TYPE, dumped, grant, read_details, read_granted
from hub.partners.registry import AgreementFile
from tests.assets import partners


def agreement(service: str, *types: str) -> AgreementFile:
    return partners.agreement(purposes=(service,), services=(service,), evidence_types=types)


AGREEMENTS = [
    agreement("canteen_tariff", "tax_notice"),
    agreement("canteen_tariff", "birth_certificate"),
    agreement("bursary", "tax_notice"),
]


def asked(**changed: object) -> str:
    right = {"type": DETAIL_TYPE, "service": "canteen_tariff", "purpose": "canteen_tariff"}
    return json.dumps([right | changed])


def test_what_one_agreement_covers_is_granted_as_it_was_named() -> None:
    (granted,) = grant(read_details(asked(evidence_types=["tax_notice"])), AGREEMENTS)
    assert granted.covers("canteen_tariff", Purpose.CANTEEN_TARIFF, "tax_notice")
    assert not granted.covers("canteen_tariff", Purpose.CANTEEN_TARIFF, "birth_certificate")
    assert not granted.covers("bursary", Purpose.BURSARY, None)


def test_no_type_named_is_every_type_agreed_on() -> None:
    (granted,) = grant(read_details(asked()), AGREEMENTS)
    assert granted.evidence_types == ("birth_certificate", "tax_notice")


@pytest.mark.parametrize(
    "changed",
    [
        {"service": "bursary"},
        {"purpose": "bursary"},
        {"evidence_types": ["quotient_familial"]},
        {"evidence_types": ["tax_notice", "birth_certificate"]},
    ],
)
def test_two_agreements_are_never_joined_into_one(changed: dict[str, object]) -> None:
    with pytest.raises(DetailsRefused):
        grant(read_details(asked(**changed)), AGREEMENTS)


def test_what_is_granted_reads_back_and_nothing_else_does() -> None:
    granted = grant(read_details(asked()), AGREEMENTS)
    assert read_granted(json.loads(json.dumps(dumped(granted)))) == granted
    for other in (None, [], "x", [{"service": "bursary"}]):
        with pytest.raises(DetailsRefused):
            read_granted(other)


@settings(max_examples=200)
@given(st.one_of(st.text(max_size=60), st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps)))
def test_whatever_else_comes_is_refused_in_one_way(text: str) -> None:
    with pytest.raises(DetailsRefused):
        read_details(text)
