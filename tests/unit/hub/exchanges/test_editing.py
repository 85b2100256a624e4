"""Edited repeats: what the contract names and nothing else, written by one person and let go by another, on a new ground."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from connectors.port import manifests
from hub.errors import InvalidValue, NotRepeatable
from hub.exchanges.carrying import Engine
from hub.exchanges.editing import KEPT, EditState, decide, draft, edits_of, forget_edits, let_go, may_edit, propose
from hub.exchanges.planning import State
from hub.persons.agents import Role, add_agent
from hub.persons.tables import AGENT
from hub.watching.gauges import watched
from tests.system import CAISSE
from tests.unit.hub.exchanges.made_up import Partner, fresh_way, made_up_manifest, planned, status, write
from tests.unit.hub.exchanges.pushed import CATALOGUE, Told, in_order
from tests.unit.hub.exchanges.test_pushing import rpc  # noqa: F401 - a fixture of its neighbour
from tests.unit.hub.school_files.conftest import NOW, Place, place, server  # noqa: F401 - fixtures of another folder
from vault.db import Database
from vault.journal.records import Actor, ActorKind
from vault.standing import standing

LINE = "line.line"


@pytest.fixture
def desk(place: Place) -> Iterator[Database]:  # noqa: F811 - the fixture
    """The database as the rules see it; who may write what is tried at the door (test_ops.py)."""
    owner = Database.connect(place.url, pool_size=1)
    yield owner
    owner.close()


def operator(desk: Database) -> Actor:
    email = f"{uuid4().hex}@ville.example.org"
    with desk.transaction() as tx:
        add_agent(tx, email, siret=CAISSE, body=CAISSE, role=Role.OPERATOR, now=NOW)
        found: UUID = tx.execute(AGENT.select().where(AGENT.c.email == email)).one().agent_id
    return Actor(ActorKind.AGENT, str(found))


def asked(desk: Database, exchange_id: UUID, changes: dict[str, str], author: Actor) -> UUID:
    with desk.transaction() as tx:
        return propose(tx, exchange_id, changes, "they told us the number", author=author, now=NOW)


def decided(desk: Database, proposed: UUID, by: Actor, *, approved: bool = True) -> None:
    with desk.transaction() as tx:
        decide(tx, proposed, "compared with theirs", approved=approved, actor=by, now=NOW)


def seen(desk: Database, exchange_id: UUID):
    with desk.read() as tx:
        return edits_of(tx, exchange_id)[-1]


def state(place: Place, exchange_id: UUID) -> str:  # noqa: F811 - the fixture
    return place.rows("SELECT state FROM hub.exchange WHERE exchange_id = %(e)s", e=exchange_id)[0]["state"]


def refused(told: Told) -> tuple[UUID, UUID]:
    """A child's enrolment that stopped because our credentials were refused: its exchange, and its line."""
    made = in_order(told.place, [("canteen_enrolment", told.way.binding.siret)])
    told.push()
    line = made.lines["canteen_enrolment"]
    exchange_id = told.told(line)["exchange_id"]
    told.place.rows("UPDATE hub.exchange SET state = 'parked', due_at = NULL WHERE exchange_id = %(e)s", e=exchange_id)
    return exchange_id, line


def approved(told: Told) -> int:
    """How many wait to be sent, as the pipelines count them."""
    with told.planner.db.read() as tx:
        return next(one.many for one in watched(tx, now=NOW) if one.what == "edits_approved")


def test_an_edited_push_goes_on_a_new_ground_once_a_second_person_lets_it_go(place, rpc, desk):  # noqa: F811 - the fixture
    parent, line = refused(rpc)
    anne, bruno, number = operator(desk), operator(desk), uuid4()
    asked(desk, parent, {LINE: str(number)}, anne)
    rpc.carry()
    proposed = seen(desk, parent).proposed_id
    assert (state(place, proposed), state(place, parent)) == ("proposed", "parked")
    with pytest.raises(NotRepeatable):
        decided(desk, proposed, anne)
    before = approved(rpc)
    decided(desk, proposed, bruno)
    assert approved(rpc) == before + 1
    assert let_go(rpc.planner, CATALOGUE, rpc.way) == 1
    assert approved(rpc) == before
    rpc.carry()
    assert (state(place, proposed), state(place, parent)) == ("settled", "cancelled")
    told = rpc.told(line)
    assert (told["exchange_id"], told["goes_by"], told["outcome"]) == (proposed, number, "applied")
    released = place.rows("SELECT line_id FROM hub.release WHERE exchange_id = %(e)s", e=proposed)
    assert {row["line_id"] for row in released} == {line}
    assert let_go(rpc.planner, CATALOGUE, rpc.way) == 0


@pytest.mark.parametrize(
    ("meanwhile", "why"),
    [
        ("UPDATE hub.request SET state = 'closed' WHERE line_id = %(l)s", "NoGround"),
        ("UPDATE hub.told_line SET digest = sha256('x') WHERE line_id = %(l)s", "changed"),
        ("DELETE FROM hub.told_line WHERE line_id = %(l)s", "overtaken"),
    ],
)
def test_without_a_ground_or_with_other_facts_nothing_leaves(place, rpc, desk, meanwhile, why):  # noqa: F811 - the fixture
    parent, line = refused(rpc)
    asked(desk, parent, {LINE: str(uuid4())}, operator(desk))
    rpc.carry()
    proposed = seen(desk, parent).proposed_id
    decided(desk, proposed, operator(desk))
    place.rows(meanwhile, l=line)
    assert let_go(rpc.planner, CATALOGUE, rpc.way) == 0
    found = seen(desk, parent)
    assert (found.state, found.why, state(place, proposed)) == (EditState.REFUSED, why, "cancelled")
    assert place.rows("SELECT 1 FROM hub.release WHERE exchange_id = %(e)s", e=proposed) == []


def test_nobody_elses_line_is_written_over(place, rpc, desk):  # noqa: F811 - the fixture
    (parent, _), (_, other) = refused(rpc), refused(rpc)
    asked(desk, parent, {LINE: str(rpc.told(other)["reference"])}, operator(desk))
    rpc.carry()
    assert (seen(desk, parent).state, seen(desk, parent).why) == (EditState.REFUSED, "of_others")


def test_what_the_partner_could_not_read_is_no_proposal(place, rpc, desk):  # noqa: F811 - the fixture
    parent, _ = refused(rpc)
    asked(desk, parent, {LINE: "not a number of theirs"}, operator(desk))
    rpc.carry()
    found = seen(desk, parent)
    assert (found.state, found.why, found.proposed_id) == (EditState.REFUSED, "ValidationError", None)


def test_a_question_reaches_over_three_months_at_most_and_somebody_awaits_it(place, rpc, desk):  # noqa: F811 - the fixture
    in_order(place, [("canteen_tariff", rpc.way.binding.siret)])
    rpc.pull()
    rpc.carry()
    mine = "SELECT exchange_id FROM hub.exchange WHERE binding = %(b)s AND operation = 'tariff_decisions'"
    (row,) = place.rows(mine, b=rpc.way.binding.slug)
    anne, bruno = operator(desk), operator(desk)
    asked(desk, row["exchange_id"], {"since": "2025-01-01"}, anne)
    rpc.carry()
    assert seen(desk, row["exchange_id"]).why == "window"
    for awaited in (True, False):
        asked(desk, row["exchange_id"], {"since": f"2026-08-0{1 + awaited}"}, anne)
        rpc.carry()
        proposed = seen(desk, row["exchange_id"]).proposed_id
        decided(desk, proposed, bruno)
        if not awaited:
            place.rows("UPDATE hub.request SET state = 'closed'")
        assert let_go(rpc.planner, CATALOGUE, rpc.way) == awaited
        rpc.carry()
        assert state(place, proposed) == ("settled" if awaited else "cancelled")


def test_one_is_open_at_a_time_and_its_author_may_take_it_back(place, rpc, desk):  # noqa: F811 - the fixture
    parent, _ = refused(rpc)
    anne = operator(desk)
    for _ in range(2):
        asked(desk, parent, {LINE: str(uuid4())}, anne)
        with pytest.raises(NotRepeatable):
            asked(desk, parent, {LINE: str(uuid4())}, anne)
        rpc.carry()
        found = seen(desk, parent)
        decided(desk, found.proposed_id, anne, approved=False)
        assert (seen(desk, parent).state, seen(desk, parent).decider) == (EditState.DECLINED, None)
        assert (state(place, found.proposed_id), state(place, parent)) == ("cancelled", "parked")


def test_only_fields_that_the_contract_names_may_be_written(place, rpc, desk):  # noqa: F811 - the fixture
    parent, _ = refused(rpc)
    for changes in ({}, {LINE: " "}, {"line.child.family_name": "X"}, {LINE: "x" * 65}):
        with pytest.raises(InvalidValue):
            asked(desk, parent, changes, operator(desk))
    way = fresh_way(Partner(faults=[status(401)]))
    made_up = Engine(place.custody).carry(way, planned(place, way, write("keyed")).exchange_id)
    with pytest.raises(InvalidValue):
        asked(desk, made_up.exchange_id, {"content": "X"}, operator(desk))


def test_what_may_have_happened_is_not_edited():
    for one in (State.PLANNED, State.SENDING, State.IN_DOUBT, State.CANCELLED, State.PROPOSED):
        assert not may_edit(one, None, "push", "keyed")
    assert not may_edit(State.SETTLED, "applied", "push", "keyed")
    assert not may_edit(State.QUARANTINED, None, "push", "none")
    assert may_edit(State.SETTLED, "conflict", "push", "lookup")
    assert may_edit(State.SETTLED, "found", "pull", None)


def test_two_workers_draft_once_and_what_is_over_goes_in_its_time(place, rpc, desk):  # noqa: F811 - the fixture
    parent, _ = refused(rpc)
    anne = operator(desk)
    edit_id = asked(desk, parent, {LINE: str(uuid4())}, anne)
    with standing(partner=rpc.way.binding.siret):
        for _ in range(2):
            with place.custody.db.transaction() as tx:
                draft(tx, place.custody, rpc.way, edit_id)
    children = place.rows("SELECT 1 FROM hub.exchange WHERE parent_id = %(e)s", e=parent)
    assert len(children) == 1
    decided(desk, seen(desk, parent).proposed_id, anne, approved=False)
    for later, left in ((KEPT - timedelta(days=1), 1), (KEPT, 0)):
        with desk.transaction() as tx:
            forget_edits(tx, now=NOW + later)
        assert len(place.rows("SELECT 1 FROM hub.exchange_edit WHERE edit_id = %(e)s", e=edit_id)) == left


def test_nothing_that_is_said_of_anybody_is_among_the_fields():
    of_the_protocol = {"line.line", "registration", "last_update_date", "since", "until"}
    named = {field for one in manifests().values() for each in one.operations.values() for field in each.editable}
    assert named <= of_the_protocol
    assert made_up_manifest().operations["read"].editable == ()
