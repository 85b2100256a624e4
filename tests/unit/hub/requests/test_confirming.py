"""What the other guardian reads is who asks for what for whom, whatever else is known of whoever asks."""

from dataclasses import fields
from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from hub.requests.confirming import SENTENCES, Asked, Consent
from hub.requirements.catalogue import load

CATALOGUE = load()
NAMES = st.text(st.characters(categories=["Lu", "Ll"]), min_size=1, max_size=20)


@given(who=NAMES, child=NAMES, name=st.sampled_from(sorted(CATALOGUE.services)), state=st.sampled_from(Consent))
def test_the_sentence_is_made_of_three_things_and_nothing_else(who, child, name, state):
    service = CATALOGUE.services[name].name_fr
    one = Asked(UUID(int=1), who, name, service, child, datetime(2026, 9, 20, tzinfo=UTC), state)
    assert one.sentence == f"{who} demande pour {child}\N{NO-BREAK SPACE}: {service[0].lower()}{service[1:]}."


def test_what_is_asked_has_no_place_for_a_body_an_address_or_a_paper():
    assert {one.name for one in fields(Asked)} == {
        "confirmation_id",
        "asked_by",
        "service",
        "service_name",
        "child",
        "asked_at",
        "state",
    }


def test_only_enrolment_at_school_needs_two_and_the_canteen_never():
    assert {name for name, service in CATALOGUE.services.items() if service.guardians == 2} == {"school_enrolment"}
    assert CATALOGUE.services["school_enrolment"].guardians_source


def test_an_effect_that_waits_is_said_in_french_and_names_nobody():
    assert set(SENTENCES) == {Consent.WAITING, Consent.OBJECTED, Consent.UPHELD}
    assert all(sentence.endswith(".") for sentence in SENTENCES.values())
