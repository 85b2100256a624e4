"""The engine writes down before it sends, repeats only what may be repeated, and knows what it does not know."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from contracts.outcomes import OutcomeKind
from hub.errors import ExchangeInFlight, NoGround, PayloadDiffers
from hub.exchanges.carrying import Engine
from hub.exchanges.planning import State
from hub.exchanges.ways import Carried, Way
from tests.unit.hub.exchanges.made_up import (
    Asked,
    Partner,
    answer,
    fresh_way,
    lost_after,
    lost_before,
    not_sent,
    planned,
    status,
    write,
)
from tests.unit.hub.school_files.conftest import Place, place, server  # noqa: F401 - fixtures of another folder
from vault import telemetry


@pytest.fixture
def engine(place: Place) -> Engine:  # noqa: F811 - the fixture
    return Engine(place.custody)


def carry(place: Place, engine: Engine, way: Way, command: Asked, *, steps: int = 1) -> Carried:  # noqa: F811 - the fixture
    """Plan and carry, waiting as long as it says between two steps."""
    exchange_id = planned(place, way, command).exchange_id
    carried = engine.carry(way, exchange_id)
    for _ in range(steps - 1):
        if carried.again is not None:
            place.clock[0] = max(place.clock[0], carried.again)
        carried = engine.carry(way, exchange_id)
    return carried


def attempts(place: Place, carried: Carried) -> list[tuple]:  # noqa: F811 - the fixture
    kept = "SELECT act, phase, outcome FROM hub.exchange_attempt WHERE exchange_id = %(one)s ORDER BY number"
    return [tuple(row.values()) for row in place.rows(kept, one=carried.exchange_id)]


def test_what_is_applied_is_settled_and_not_sent_again(place, engine):  # noqa: F811 - the fixture
    partner = Partner()
    way, command = fresh_way(partner), write("none")
    first = carry(place, engine, way, command)
    assert (first.state, first.outcome.kind, first.outcome.receipt) == (State.SETTLED, OutcomeKind.APPLIED, "receipt")
    again = carry(place, engine, way, command)
    assert (again.exchange_id, again.outcome.kind) == (first.exchange_id, OutcomeKind.APPLIED)
    assert partner.applied[str(command.key)] == 1
    assert attempts(place, first) == [("send", "complete", "applied")]


def test_the_same_key_with_another_content_is_refused(place, engine):  # noqa: F811 - the fixture
    way, command = fresh_way(Partner()), write("keyed", content="a")
    first = planned(place, way, command)
    with pytest.raises(PayloadDiffers, match=str(first.exchange_id)):
        planned(place, way, command.model_copy(update={"content": "b"}))


def test_without_a_ground_there_is_no_exchange_and_no_byte(place):  # noqa: F811 - the fixture
    def refuse(_tx, _exchange_id):
        raise NoGround("of a test")

    way, command = fresh_way(Partner()), write("keyed")
    with pytest.raises(NoGround):
        planned(place, way, command, decide=refuse)
    assert place.rows("SELECT 1 FROM hub.exchange WHERE natural_key = %(key)s", key=command.natural_key) == []


def test_what_was_decided_is_decided_once(place):  # noqa: F811 - the fixture
    decided, way, command = [], fresh_way(Partner()), write("keyed")
    for _ in range(2):
        planned(place, way, command, decide=lambda _tx, one: decided.append(one))
    assert len(decided) == 1


@pytest.mark.parametrize("write_class", ["keyed", "natural", "lookup", "none"])
def test_what_never_left_is_sent_again(place, engine, write_class):  # noqa: F811 - the fixture
    partner = Partner(faults=[not_sent])
    command = write(write_class)
    assert carry(place, engine, fresh_way(partner), command, steps=2).outcome.kind is OutcomeKind.APPLIED
    assert partner.applied[str(command.key)] == 1


def test_an_answer_lost_under_a_key_is_asked_for_again(place, engine):  # noqa: F811 - the fixture
    partner, command = Partner(faults=[lost_after], keyed=True), write("keyed")
    assert carry(place, engine, fresh_way(partner), command, steps=2).outcome.kind is OutcomeKind.APPLIED
    assert partner.applied[str(command.key)] == 1


def test_an_answer_lost_without_key_or_look_up_stays_in_doubt(place, engine):  # noqa: F811 - the fixture
    partner, command = Partner(faults=[lost_after]), write("none")
    way = fresh_way(partner)
    carried = carry(place, engine, way, command, steps=4)
    assert (carried.state, carried.again) == (State.IN_DOUBT, None)
    assert partner.asked == ["write_none"]


@pytest.mark.parametrize("fault", [lost_after, status(299)])
def test_what_may_have_happened_is_looked_up_and_not_sent_again(place, engine, fault):  # noqa: F811 - the fixture
    partner, command = Partner(faults=[fault]), write("lookup")
    if fault is not lost_after:
        partner.applied[str(command.key)] = 1
    carried = carry(place, engine, fresh_way(partner), command, steps=2)
    assert (carried.outcome.kind, carried.outcome.code) == (OutcomeKind.APPLIED, "looked_up")
    assert (partner.asked, partner.applied[str(command.key)]) == (["write_lookup", "ask"], 1)


def test_what_the_look_up_does_not_find_is_sent_again(place, engine):  # noqa: F811 - the fixture
    partner, command = Partner(faults=[lost_before]), write("lookup")
    carried = carry(place, engine, fresh_way(partner), command, steps=3)
    assert carried.outcome.kind is OutcomeKind.APPLIED
    assert (partner.asked, partner.applied[str(command.key)]) == (["write_lookup", "ask", "write_lookup"], 1)


def test_a_look_up_that_tells_nothing_leaves_the_doubt(place, engine):  # noqa: F811 - the fixture
    partner = Partner(faults=[lost_after, *[status(503)] * 9])
    carried = carry(place, engine, fresh_way(partner), write("lookup"), steps=9)
    assert (carried.state, carried.again) == (State.IN_DOUBT, None)
    assert set(partner.asked[1:]) == {"ask"}


def test_a_read_that_breaks_the_contract_is_quarantined_with_its_bytes(place, engine):  # noqa: F811 - the fixture
    partner = Partner(faults=[lambda *_: answer(200, b"<html>")])
    carried = carry(place, engine, fresh_way(partner), write("keyed").model_copy(update={"operation": "read"}))
    assert (carried.state, carried.outcome.kind) == (State.QUARANTINED, OutcomeKind.CONTRACT_BREACH)
    (row,) = place.rows("SELECT body_id FROM hub.exchange_attempt WHERE exchange_id = %(one)s", one=carried.exchange_id)
    assert row["body_id"] is not None


def test_it_is_given_up_after_its_tries_and_waits_for_a_person(place, engine):  # noqa: F811 - the fixture
    partner = Partner(faults=[not_sent] * 9)
    carried = carry(place, engine, fresh_way(partner), write("keyed"), steps=9)
    assert (carried.state, carried.again, len(partner.asked)) == (State.PARKED, None, 4)


def test_refused_credentials_park_it_and_leave_the_binding_alone(place, engine):  # noqa: F811 - the fixture
    partner = Partner(faults=[status(401)])
    way = fresh_way(partner)
    assert carry(place, engine, way, write("keyed")).state is State.PARKED
    assert carry(place, engine, way, write("keyed")).state is State.PLANNED
    assert partner.asked == ["write_keyed"]


def test_a_process_that_died_while_sending_leaves_what_can_be_known(place, engine):  # noqa: F811 - the fixture
    for write_class, expected in (("keyed", 1), ("lookup", 1), ("none", 1)):
        partner, command = Partner(faults=[_dies_after], keyed=True), write(write_class)
        way = fresh_way(partner)
        exchange_id = planned(place, way, command).exchange_id
        with pytest.raises(Killed):
            engine.carry(way, exchange_id)
        with pytest.raises(ExchangeInFlight):
            engine.carry(way, exchange_id)
        place.clock[0] += timedelta(minutes=2)
        states = [engine.carry(way, exchange_id).state for _ in range(2)]
        assert partner.applied[str(command.key)] == expected
        assert states[-1] is (State.IN_DOUBT if write_class == "none" else State.SETTLED)


class Killed(BaseException):
    """The process ends here."""


def _dies_after(partner, request):
    partner.well(request)
    raise Killed


def test_an_effect_commits_with_the_outcome_or_not_at_all(place):  # noqa: F811 - the fixture
    told: list[str] = []

    def effect(_tx, exchange_id, command, outcome):
        told.append(outcome.kind)
        if len(told) == 1:
            raise Killed

    engine = Engine(place.custody, {("made-up", "write_keyed"): effect})
    partner, command = Partner(keyed=True), write("keyed")
    way = fresh_way(partner)
    exchange_id = planned(place, way, command).exchange_id
    with pytest.raises(Killed):
        engine.carry(way, exchange_id)
    place.clock[0] += timedelta(minutes=2)
    assert engine.carry(way, exchange_id).state is State.SETTLED
    assert (told, partner.applied[str(command.key)]) == (["applied", "applied"], 1)


def test_a_partner_that_is_closed_is_left_alone_until_it_opens(place, engine):  # noqa: F811 - the fixture
    partner = Partner()
    way = fresh_way(partner, closed=[{"start": time(6), "end": time(22)}])
    carried = carry(place, engine, way, write("keyed"))
    assert (carried.state, partner.asked) == (State.PLANNED, [])
    assert carried.again == datetime(2026, 9, 20, 20, tzinfo=UTC)


def test_an_end_point_that_fails_in_a_row_is_left_alone_and_others_are_not(place, engine):  # noqa: F811 - the fixture
    partner = Partner(faults=[not_sent] * 5)
    way = fresh_way(partner)
    for _ in range(7):
        carry(place, engine, way, write("keyed"))
    assert len(partner.asked) == 5
    read = write("keyed").model_copy(update={"operation": "read"})
    assert carry(place, engine, way, read).outcome.kind is OutcomeKind.ABSENT


def test_after_a_rest_one_conversation_finds_out_and_the_others_wait(place, engine):  # noqa: F811 - the fixture
    partner = Partner(faults=[not_sent] * 6)
    way = fresh_way(partner)
    waiting = [carry(place, engine, way, write("keyed")) for _ in range(7)][5:]
    place.clock[0] += timedelta(seconds=61)
    for one in waiting:
        engine.carry(way, one.exchange_id)
    assert len(partner.asked) == 6
    place.clock[0] += timedelta(minutes=5)
    assert engine.carry(way, waiting[1].exchange_id).state is State.SETTLED
    place.clock[0] += timedelta(minutes=5)
    assert engine.carry(way, waiting[0].exchange_id).state is State.SETTLED


def test_repeats_are_at_most_a_tenth_beyond_a_few(place, engine):  # noqa: F811 - the fixture
    partner = Partner(faults=[status(503) if number % 4 else status(400) for number in range(200)])
    way = fresh_way(partner)
    ids = [planned(place, way, write("keyed")).exchange_id for _ in range(40)]
    for _ in range(12):
        for one in ids:
            engine.carry(way, one)
        place.clock[0] += timedelta(minutes=1, seconds=1)
    (counts,) = place.rows(
        """SELECT count(*) FILTER (WHERE again) AS repeats FROM hub.exchange_attempt WHERE binding = %(slug)s""",
        slug=way.binding.slug,
    )
    assert counts["repeats"] <= 20


@pytest.fixture(autouse=True)
def clock(place: Place) -> Iterator[None]:  # noqa: F811 - the fixture
    begun = place.clock[0]
    yield
    place.clock[0] = begun


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    found = InMemorySpanExporter()
    telemetry.trace_with("test", SimpleSpanProcessor(found))
    yield found
    telemetry.end()


def test_a_conversation_belongs_to_the_trace_of_what_planned_it(place, engine, spans):  # noqa: F811 - the fixture
    way, secret = fresh_way(Partner(faults=[status(503)])), "Capucine Vraisemblance"
    with telemetry.span("job", "found_out"):
        exchange_id = planned(place, way, write("keyed", content=secret)).exchange_id
    engine.carry(way, exchange_id)
    cause, conversation = spans.get_finished_spans()
    assert conversation.context.trace_id == cause.context.trace_id
    assert conversation.name == f"exchange {way.binding.slug} write_keyed"
    assert dict(conversation.attributes) == {"outcome": "unavailable"}
    assert secret not in conversation.to_json()


def test_where_nothing_is_followed_an_exchange_belongs_to_no_trace(place, engine):  # noqa: F811 - the fixture
    carried = carry(place, engine, fresh_way(Partner()), write("none"))
    look = "SELECT traceparent FROM hub.exchange WHERE exchange_id = %(one)s"
    assert place.rows(look, one=carried.exchange_id) == [{"traceparent": None}]
