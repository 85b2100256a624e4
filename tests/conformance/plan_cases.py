"""The case of many exchanges that are carried out again by one decision."""

from datetime import timedelta
from functools import partial
from uuid import UUID

from hub.exchanges.carrying import Engine
from hub.exchanges.planning import State, plan
from hub.exchanges.replaying import Plan, PlanState, change, create, plan_of, preview, step
from hub.exchanges.searching import Filters
from hub.exchanges.ways import Way
from orchestration.conforming.kit import Case, require
from orchestration.conforming.subjects import Subject
from tests.conformance.engine_cases import staged
from tests.unit.hub.school_files.conftest import Place
from vault.journal.records import Actor, ActorKind
from vault.standing import standing

BY = Actor(ActorKind.PROCESS, "operator")
CARRIED = 20
"""How many of those that a plan gives back are carried to their end; the others are rows like them."""
PACE = 6000
"""A minute, so a hundred a step."""


def plan_cases(subject: Subject, place: Place, many: int) -> dict[str, Case]:
    """The case for one connector on one database, with so many exchanges."""
    return {"C22": partial(planned_again, subject, place, many)}


def planned_again(subject: Subject, place: Place, many: int) -> None:
    """C22: what the preview says is what happens; paused and resumed, and ended half way."""
    _, way = staged(subject, place)
    real = _parked(place, way, [subject.fresh() for _ in range(CARRIED)])
    _many_like(place, real[0], many - CARRIED)
    plan_id = _created(place, way, many)
    # What is settled meanwhile, or comes in later, is no part of what happens.
    place.rows(
        "UPDATE hub.exchange SET state = 'cancelled' WHERE exchange_id = (SELECT exchange_id FROM hub.replay_item"
        " WHERE plan_id = %(p)s ORDER BY place DESC LIMIT 1)",
        p=plan_id,
    )
    _parked(place, way, [subject.fresh()])
    _step(place, way, plan_id)
    _change(place, way, plan_id, PlanState.PAUSED)
    before = _seen(place, way, plan_id).waiting
    _step(place, way, plan_id)
    require(_seen(place, way, plan_id).waiting == before < many, "it goes on though it is paused")
    _change(place, way, plan_id, PlanState.RUNNING)
    while _seen(place, way, plan_id).state is PlanState.RUNNING:
        _step(place, way, plan_id)
    done = _seen(place, way, plan_id)
    require((done.state, done.waiting, done.left) == (PlanState.DONE, 0, 1), "what happened is another thing")
    require(_count(place, way, "planned") == many - 1, "the engine was given others")
    for one in real:
        carried = Engine(place.custody).carry(way, one)
        require(carried.state is State.SETTLED, f"what was given back is {carried.state}")
    _ended_half_way(place, way)


def _ended_half_way(place: Place, way: Way) -> None:
    parking = "UPDATE hub.exchange SET state = 'parked', due_at = NULL WHERE binding = %(b)s AND state = 'planned'"
    place.rows(parking, b=way.binding.slug)
    left = _count(place, way, "parked")
    plan_id = _created(place, way, left)
    _step(place, way, plan_id)
    _change(place, way, plan_id, PlanState.CANCELLED)
    given = left - _count(place, way, "parked")
    _step(place, way, plan_id)
    require(0 < given < left and _count(place, way, "parked") == left - given, "it went on though it was ended")


def _created(place: Place, way: Way, many: int) -> UUID:
    filters = Filters(binding=way.binding.slug)
    with standing(partner=way.binding.siret), place.custody.db.transaction() as tx:
        counted = preview(tx, filters)
        require(counted.total == many, f"{counted.total} of {many} are counted beforehand")
        return create(tx, filters, "of the kit", per_minute=PACE, actor=BY, now=place.clock[0])


def _step(place: Place, way: Way, plan_id: UUID) -> None:
    place.clock[0] += timedelta(seconds=2)
    with standing(partner=way.binding.siret), place.custody.db.transaction() as tx:
        step(tx, plan_id, now=place.clock[0])


def _change(place: Place, way: Way, plan_id: UUID, to: PlanState) -> None:
    with standing(partner=way.binding.siret), place.custody.db.transaction() as tx:
        change(tx, plan_id, to, actor=BY, now=place.clock[0])


def _seen(place: Place, way: Way, plan_id: UUID) -> Plan:
    with standing(partner=way.binding.siret), place.custody.db.read() as tx:
        return plan_of(tx, plan_id)


def _many_like(place: Place, one: UUID, count: int) -> None:
    """More rows that wait, each like one that is there, under a key of its own."""
    place.rows(
        """INSERT INTO hub.exchange SELECT (jsonb_populate_record(e, jsonb_build_object(
               'exchange_id', uuidv7(), 'natural_key', uuidv7()::text))).*
           FROM hub.exchange e, generate_series(1, %(n)s) WHERE e.exchange_id = %(one)s""",
        n=count,
        one=one,
    )


def _parked(place: Place, way: Way, commands: list[object]) -> list[UUID]:
    with standing(partner=way.binding.siret), place.custody.db.transaction() as tx:
        made: list[UUID] = [
            plan(tx, place.custody, (way.codec, way.binding), one, correlation=str(number)).exchange_id  # type: ignore[type-var]  # any connector's
            for number, one in enumerate(commands)
        ]
    parking = "UPDATE hub.exchange SET state = 'parked', due_at = NULL, outcome = 'misconfigured' WHERE exchange_id = ANY (%(ids)s)"
    place.rows(parking, ids=made)
    return made


def _count(place: Place, way: Way, state: str) -> int:
    counting = "SELECT count(*) AS n FROM hub.exchange WHERE binding = %(b)s AND state = %(s)s"
    return int(place.rows(counting, b=way.binding.slug, s=state)[0]["n"])
