"""Plans of repeats: what is counted beforehand is what happens, at a pace, paused, stopped at a breach, and cancelled."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from hub.errors import InvalidValue, NotRepeatable
from hub.exchanges.carrying import Engine
from hub.exchanges.planning import State
from hub.exchanges.replaying import PlanState, change, create, plan_of, preview, step
from hub.exchanges.searching import Filters
from hub.exchanges.tables import EXCHANGE
from hub.exchanges.traffic import carry_out
from hub.exchanges.ways import Way
from tests.system import CAISSE
from tests.unit.hub.exchanges.made_up import Asked, Partner, answer, fresh_way, lost_after, planned, status, write
from tests.unit.hub.school_files.conftest import Place, place, server  # noqa: F401 - fixtures of another folder
from vault.journal.records import Actor, ActorKind
from vault.standing import standing

ANNE = Actor(ActorKind.AGENT, "anne")


def parked(place: Place, way: Way, many: int, operation: str = "write_keyed") -> list[UUID]:  # noqa: F811 - the fixture
    """Exchanges that stopped because our credentials were refused."""
    engine, partner = Engine(place.custody), way.transport
    found = []
    for _ in range(many):
        partner.faults.append(status(401))
        found.append(
            engine.carry(way, planned(place, way, Asked(operation=operation, key=uuid4())).exchange_id).exchange_id
        )
        place.rows("DELETE FROM hub.breaker WHERE binding = %(b)s", b=way.binding.slug)
    return found


def made(place: Place, way: Way, *, per_minute: int = 60) -> UUID:  # noqa: F811 - the fixture
    with standing(partner=CAISSE), place.custody.db.transaction() as tx:
        filters = Filters(binding=way.binding.slug)
        return create(tx, filters, "their key was changed", per_minute=per_minute, actor=ANNE, now=place.custody.now())


def stepped(place: Place, plan_id: UUID) -> None:  # noqa: F811 - the fixture
    with standing(partner=CAISSE), place.custody.db.transaction() as tx:
        step(tx, plan_id, now=place.custody.now())


def changed(place: Place, plan_id: UUID, to: PlanState) -> None:  # noqa: F811 - the fixture
    with standing(partner=CAISSE), place.custody.db.transaction() as tx:
        change(tx, plan_id, to, actor=ANNE, now=place.custody.now())


def seen(place: Place, plan_id: UUID):  # noqa: F811 - the fixture
    with standing(partner=CAISSE), place.custody.db.read() as tx:
        return plan_of(tx, plan_id)


def states(place: Place, numbers: list[UUID]) -> list[str]:  # noqa: F811 - the fixture
    with standing(partner=CAISSE), place.custody.db.read() as tx:
        return list(tx.execute(select(EXCHANGE.c.state).where(EXCHANGE.c.exchange_id.in_(numbers))).scalars())


def test_what_is_counted_beforehand_is_what_happens_once(place):  # noqa: F811 - the fixture
    partner = Partner()
    way = fresh_way(partner)
    numbers = parked(place, way, 3)
    planned(place, way, write("keyed"))
    carry_out(Engine(place.custody), way)
    with standing(partner=CAISSE), place.custody.db.read() as tx:
        counted = preview(tx, Filters(binding=way.binding.slug))
    assert (counted.total, counted.by_state, counted.left) == (3, {State.PARKED: 3}, 1)
    plan_id = made(place, way, per_minute=6000)
    carry_out(Engine(place.custody), way)
    place.clock[0] += timedelta(seconds=2)
    carry_out(Engine(place.custody), way)
    assert states(place, numbers) == ["settled"] * 3
    assert set(partner.applied.values()) == {1}
    found = seen(place, plan_id)
    assert (found.state, found.waiting, found.left, found.became) == (PlanState.DONE, 0, 0, ((State.SETTLED, 3),))


def test_a_plan_keeps_its_pace_waits_in_a_pause_and_ends_when_cancelled(place):  # noqa: F811 - the fixture
    way = fresh_way(Partner())
    numbers = parked(place, way, 3)
    plan_id = made(place, way, per_minute=60)
    stepped(place, plan_id)
    stepped(place, plan_id)
    assert sorted(states(place, numbers)) == ["parked", "parked", "planned"]
    changed(place, plan_id, PlanState.PAUSED)
    place.clock[0] += timedelta(minutes=5)
    stepped(place, plan_id)
    assert seen(place, plan_id).waiting == 2
    changed(place, plan_id, PlanState.RUNNING)
    stepped(place, plan_id)
    assert seen(place, plan_id).waiting == 1
    changed(place, plan_id, PlanState.CANCELLED)
    assert sorted(states(place, numbers)) == ["parked", "planned", "planned"]
    with pytest.raises(NotRepeatable):
        changed(place, plan_id, PlanState.RUNNING)
    # What a cancelled plan left is free for another one.
    assert seen(place, made(place, way)).total == 1


def test_a_plan_stops_at_an_answer_that_breaks_the_contract(place):  # noqa: F811 - the fixture
    partner = Partner()
    way = fresh_way(partner)
    numbers = parked(place, way, 3, "read")
    plan_id = made(place, way)
    partner.faults.append(lambda *_: answer(200, b"neither"))
    carry_out(Engine(place.custody), way)
    place.clock[0] += timedelta(seconds=2)
    carry_out(Engine(place.custody), way)
    assert (seen(place, plan_id).state, seen(place, plan_id).waiting) == (PlanState.STOPPED, 2)
    assert sorted(states(place, numbers)) == ["parked", "parked", "quarantined"]
    changed(place, plan_id, PlanState.RUNNING)
    stepped(place, plan_id)
    assert seen(place, plan_id).waiting == 1


def test_what_somebody_settled_meanwhile_is_left(place):  # noqa: F811 - the fixture
    way = fresh_way(Partner())
    (number,) = parked(place, way, 1)
    plan_id = made(place, way)
    place.rows("UPDATE hub.exchange SET state = 'cancelled', due_at = NULL WHERE exchange_id = %(e)s", e=number)
    stepped(place, plan_id)
    assert states(place, [number]) == ["cancelled"]
    assert (seen(place, plan_id).left, seen(place, plan_id).became) == (1, ())


def test_nothing_that_may_have_happened_is_in_a_plan(place):  # noqa: F811 - the fixture
    partner = Partner(faults=[lost_after])
    way = fresh_way(partner)
    Engine(place.custody).carry(way, planned(place, way, write("none")).exchange_id)
    with pytest.raises(InvalidValue):
        made(place, way)
