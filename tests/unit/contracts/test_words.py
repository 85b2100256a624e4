"""The closed lists: events, notifications, outcomes, problems."""

import json
from dataclasses import fields
from datetime import UTC, datetime
from uuid import UUID

import pytest
from jsonschema import Draft202012Validator

from contracts.documents import GRADE_ORDER, TRANSITIONS, DocumentState, Grade
from contracts.events import EVENT_TYPES, envelope
from contracts.identifiers import PartnerPseudonym, new_uuid
from contracts.json_schemas import event_schema, notification_schema, problem_schema
from contracts.notifications import NOTIFIED, NotificationData, notification
from contracts.outcomes import ExchangeOutcome, OutcomeKind
from contracts.problems import PROBLEMS, TYPE_PREFIX

NOW = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)


def made(kind):
    return kind(**{f.name: new_uuid() if f.type in (UUID, "UUID") else "a_word" for f in fields(kind)})


def check(schema: dict, told: dict) -> None:
    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(told)


@pytest.mark.parametrize("kind", EVENT_TYPES, ids=lambda kind: kind.__name__)
def test_an_event_in_its_envelope_is_of_its_schema(kind):
    event = made(kind)
    told = envelope(new_uuid(), NOW, event)
    check(event_schema(kind), json.loads(json.dumps(told)))
    assert told["subject"] == str(getattr(event, fields(kind)[0].name))


def test_event_types_are_versioned_and_never_repeat():
    names = [kind.type for kind in EVENT_TYPES]
    assert len(set(names)) == len(names)
    assert all(name.startswith("fr.paris.unefois.") and name.endswith(".v1") for name in names)


@pytest.mark.parametrize("kind", NOTIFIED, ids=lambda kind: kind.__name__)
def test_a_notification_is_of_its_schema_and_says_the_pseudonym_only(kind):
    data = NotificationData(PartnerPseudonym(new_uuid()), "canteen_enrolment", "child_identity", "2026-2027")
    told = notification(new_uuid(), kind.type, NOW, data)
    check(notification_schema(), told)
    assert told["subject"] == told["data"]["subject"]


def test_a_problem_type_is_one_of_the_list_with_its_own_words():
    one = PROBLEMS["too-large"]
    said = {"type": one.uri, "title": one.title, "status": one.status, "detail": "x", "fr": one.fr}
    said["correlation_id"] = "0" * 32
    check(problem_schema(), said)
    for name, wrong in (("status", 400), ("type", TYPE_PREFIX + "other"), ("fr", "Autre chose.")):
        assert list(Draft202012Validator(problem_schema()).iter_errors(said | {name: wrong}))


@pytest.mark.parametrize("kind", [OutcomeKind.EMPTY, OutcomeKind.ABSENT])
def test_nothing_is_only_nothing_with_its_proof(kind):
    with pytest.raises(ValueError, match="proves"):
        ExchangeOutcome(kind)
    assert ExchangeOutcome(kind, proof="data.total = 0").proof


def test_found_needs_the_moment_it_is_true_of():
    with pytest.raises(ValueError, match="moment"):
        ExchangeOutcome(OutcomeKind.FOUND)


def test_what_was_found_is_not_shown():
    assert "742" not in repr(ExchangeOutcome(OutcomeKind.FOUND, as_of=NOW, data={"quotient": 742}))


def test_every_state_has_its_way_and_erased_is_the_end():
    assert TRANSITIONS.keys() == set(DocumentState)
    assert TRANSITIONS[DocumentState.ERASED] == frozenset()
    for start in (state for state, ends in TRANSITIONS.items() if ends):
        reached = {start}
        while further := {end for state in reached for end in TRANSITIONS[state]} - reached:
            reached |= further
        assert DocumentState.ERASED in reached


def test_nothing_comes_back_to_received():
    assert all(DocumentState.RECEIVED not in ends for ends in TRANSITIONS.values())


def test_every_grade_has_its_rank():
    assert sorted(GRADE_ORDER) == sorted(Grade)
