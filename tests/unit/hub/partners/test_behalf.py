"""A treatment or an agent stands behind each request, and the agreement lists it (CRPA R.114-9-6)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.grounds import Purpose
from hub.errors import InvalidValue, NotHabilitated, OutsideAgreement
from hub.partners.behalf import require_agreement
from tests.assets.partners import agreement

AGREEMENTS = [agreement(), agreement(reference="A-2", services=["bursary"], purposes=["bursary"], treatments=[])]


def required(on_behalf_of: str, service: str = "canteen_tariff") -> str:
    return require_agreement(AGREEMENTS, service, Purpose(service), on_behalf_of).reference


@pytest.mark.parametrize("named", ["treatment:canteen_tariff", "agent:officer:4711", "agent:officer:a.b-c_d"])
def test_what_the_agreement_lists_may_stand_behind(named):
    assert required(named) == "A-2026-01"


@pytest.mark.parametrize("named", ["treatment:other", "treatment:officer", "agent:canteen_tariff:1", "agent:head:1"])
def test_what_it_does_not_list_may_not(named):
    with pytest.raises(NotHabilitated):
        required(named)


def test_the_list_is_that_of_the_agreement_for_the_service():
    assert required("agent:officer:1", "bursary") == "A-2"
    with pytest.raises(NotHabilitated):
        required("treatment:canteen_tariff", "bursary")


def test_without_an_agreement_nobody_may():
    with pytest.raises(OutsideAgreement) as refused:
        required("treatment:canteen_tariff", "after_school")
    assert type(refused.value) is OutsideAgreement


@given(st.text(min_size=4, max_size=40))
def test_anything_else_is_refused_and_not_repeated(text):
    with pytest.raises((InvalidValue, NotHabilitated)) as refused:
        required(text)
    assert text not in str(refused.value)
