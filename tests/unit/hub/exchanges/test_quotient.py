"""Whose quotient is fetched: that of somebody the State vouches for, for a purpose that may have it."""

from types import SimpleNamespace

import pytest

from contracts.documents import Grade
from hub.exchanges.quotient import _may_ask
from hub.requirements.catalogue import load


@pytest.mark.parametrize(
    ("service", "grade", "asked"),
    [
        ("canteen_tariff", Grade.SOURCE_PULLED, True),
        # Whoever typed a name in could have typed in anybody's.
        ("canteen_tariff", Grade.SELF_DECLARED, False),
        ("canteen_enrolment", Grade.SOURCE_PULLED, False),
    ],
)
def test_nothing_is_fetched_about_a_name_that_its_holder_typed_in(service, grade, asked):
    assert _may_ask(load(), SimpleNamespace(service=service, grade=grade)) is asked
