"""Each binding has a lane of its own, keeps the order of a family, and its health is looked at level by level."""

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from connectors.port import Binding, Depth, Exchange, WireRequest
from contracts.outcomes import ExchangeOutcome, OutcomeKind, Phase
from hub.exchanges import health
from hub.exchanges.breaker import FIRST_REST
from hub.exchanges.carrying import Engine
from hub.exchanges.health import BUSINESS, Health
from hub.exchanges.planning import State
from hub.exchanges.traffic import Traffic, carry_out
from hub.notifications.lanes import Lanes
from tests.system import eventually
from tests.unit.hub.exchanges.made_up import (
    MadeUpCodec,
    Partner,
    answer,
    fresh_way,
    lost_after,
    not_sent,
    planned,
    status,
    with_partner,
    write,
)
from tests.unit.hub.school_files.conftest import Place, place, server  # noqa: F401 - fixtures of another folder
from vault.standing import standing


def states(place: Place, way) -> list[str]:  # noqa: F811 - the fixture
    kept = "SELECT state FROM hub.exchange WHERE binding = %(slug)s ORDER BY created_at, exchange_id"
    return [row["state"] for row in place.rows(kept, slug=way.binding.slug)]


def levels(place: Place, way) -> dict[str, Health]:  # noqa: F811 - the fixture
    with standing(partner=way.binding.siret), place.custody.db.read() as tx:
        return {one.depth: one.state for one in health.levels(tx, way.binding.slug)}


def test_everything_due_is_carried_out(place):  # noqa: F811 - the fixture
    way = fresh_way(Partner())
    for _ in range(5):
        planned(place, way, write("keyed"))
    carry_out(Engine(place.custody), way)
    assert states(place, way) == ["settled"] * 5


@dataclass
class Stalled(Partner):
    """A partner that never answers, until it is told to."""

    let: threading.Event = field(default_factory=threading.Event)

    def send(self, request: WireRequest) -> Exchange:
        self.asked.append("began")
        self.let.wait(60)
        return Exchange(Phase.NOT_SENT, datetime.now(UTC), fault="timeout")


def test_a_stalled_partner_takes_no_thread_from_another(place):  # noqa: F811 - the fixture
    stalled, well = Stalled(), Partner()
    slow, quick = fresh_way(stalled), fresh_way(well)
    for way in (slow, slow, slow, quick, quick, quick):
        planned(place, way, write("keyed"))
    traffic = Traffic(Engine(place.custody), {one.binding.slug: one for one in (slow, quick)})
    lanes = Lanes(traffic, width=traffic.width)
    try:

        def done() -> bool:
            lanes.wake()
            return states(place, quick) == ["settled"] * 3 and bool(stalled.asked)

        eventually(done)
        assert len(stalled.asked) == slow.codec.manifest.limits.at_once
    finally:
        stalled.let.set()
        lanes.stop.set()
        eventually(lambda: not lanes.busy(slow.binding.slug))


def test_the_order_of_a_family_is_kept_and_others_pass(place):  # noqa: F811 - the fixture
    partner = Partner(faults=[not_sent])
    way = fresh_way(partner)
    first = planned(place, way, write("keyed"))
    planned(place, way, write("natural"))
    carry_out(Engine(place.custody), way)
    assert (states(place, way), partner.asked) == (["planned", "planned"], ["write_keyed"])
    place.rows("UPDATE hub.exchange SET correlation = 'another' WHERE exchange_id = %(one)s", one=first.exchange_id)
    carry_out(Engine(place.custody), way)
    assert partner.asked == ["write_keyed", "write_natural"]


def test_one_that_waits_for_a_person_holds_up_nobody(place):  # noqa: F811 - the fixture
    partner = Partner(faults=[lost_after])
    way = fresh_way(partner)
    for write_class in ("none", "keyed"):
        planned(place, way, write(write_class))
        carry_out(Engine(place.custody), way)
    assert states(place, way) == ["in_doubt", "settled"]


def test_a_hundred_broken_ones_first_do_not_starve_the_next(place):  # noqa: F811 - the fixture
    way = fresh_way(Partner(faults=[status(400)] * 100))
    for _ in range(101):
        planned(place, way, write("none"))
    carry_out(Engine(place.custody), way)
    kept = "SELECT outcome, count(*) FROM hub.exchange WHERE binding = %(slug)s GROUP BY outcome ORDER BY outcome"
    found = [(row["outcome"], row["count"]) for row in place.rows(kept, slug=way.binding.slug)]
    assert found == [("applied", 1), ("rejected", 100)]


class ProbingCodec(MadeUpCodec):
    """As the made-up one, with two probes."""

    def probes(self, binding: Binding) -> dict[Depth, WireRequest]:
        return {one: WireRequest("GET", f"{binding.base_url}/{one}") for one in (Depth.REACH, Depth.AUTH)}

    def judge_probe(self, depth: Depth, exchange: Exchange) -> ExchangeOutcome:
        if exchange.status == 204:
            return ExchangeOutcome(OutcomeKind.FOUND, as_of=exchange.at)
        return ExchangeOutcome(OutcomeKind.AUTH_FAILED, code=str(exchange.status))


@pytest.fixture
def probing():
    partner = Partner()
    way = fresh_way(partner)
    return type(way)(ProbingCodec(), way.binding, partner)


def test_what_nobody_looked_at_is_unknown(place, probing):  # noqa: F811 - the fixture
    assert set(levels(place, probing).values()) == {Health.UNKNOWN}


def test_each_level_says_how_it_is_and_since_when(place, probing):  # noqa: F811 - the fixture
    way = with_partner(probing, Partner(faults=[status(204), status(401)]))
    health.look(place.custody, way)
    found = levels(place, way)
    assert (found[Depth.REACH], found[Depth.AUTH], found[Depth.CONTRACT]) == (Health.OK, Health.DOWN, Health.UNKNOWN)
    assert found[BUSINESS] is Health.OK
    place.clock[0] += timedelta(minutes=10)
    health.look(place.custody, with_partner(probing, Partner(faults=[status(204), status(204)])))
    kept = "SELECT depth, since FROM hub.binding_health WHERE binding = %(slug)s"
    since = {row["depth"]: row["since"] for row in place.rows(kept, slug=way.binding.slug)}
    assert since["auth"] > since["reach"]
    place.clock[0] -= timedelta(minutes=10)


def test_a_good_probe_ends_a_rest_and_no_family_is_the_probe(place, probing):  # noqa: F811 - the fixture
    begun = place.clock[0]
    partner = Partner(faults=[status(401)])
    way = with_partner(probing, partner)
    engine = Engine(place.custody)
    first = planned(place, way, write("keyed"))
    assert engine.carry(way, first.exchange_id).state is State.PARKED
    second = planned(place, way, write("keyed"))
    place.clock[0] += FIRST_REST + timedelta(seconds=1)
    assert engine.carry(way, second.exchange_id).state is State.PLANNED
    health.look(place.custody, with_partner(probing, Partner(faults=[status(204)] * 2)))
    place.clock[0] += timedelta(minutes=5)
    assert engine.carry(way, second.exchange_id).state is State.SETTLED
    assert partner.asked == ["write_keyed"] * 2
    place.clock[0] = begun


def test_answers_that_break_the_contract_in_a_row_close_the_end_point(place):  # noqa: F811 - the fixture
    way = fresh_way(Partner(faults=[lambda *_: answer(200, b"?")] * 9))
    engine = Engine(place.custody)
    for _ in range(7):
        read = write("keyed").model_copy(update={"operation": "read", "key": uuid4()})
        engine.carry(way, planned(place, way, read).exchange_id)
    assert sorted(states(place, way)) == ["planned"] * 2 + ["quarantined"] * 5
