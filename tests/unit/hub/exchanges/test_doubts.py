"""What waits for a person is listed and settled with a reason; what an older connector did not understand is read again."""

import json
from dataclasses import replace
from uuid import uuid4

import pytest

from contracts.identifiers import Siret
from hub.errors import InvalidValue, NoGround, NothingHere, NotRepeatable
from hub.exchanges.carrying import Engine
from hub.exchanges.doubts import Settled, approve, settle, waiting
from hub.exchanges.planning import Edit, State
from hub.exchanges.traffic import carry_out
from tests.system import CAISSE, FAMILLES
from tests.unit.hub.exchanges.made_up import (
    MadeUpCodec,
    Partner,
    answer,
    fresh_way,
    lost_after,
    made_up_manifest,
    planned,
    status,
    write,
)
from tests.unit.hub.school_files.conftest import Place, place, server  # noqa: F401 - fixtures of another folder
from vault.bodies.culling import cull
from vault.journal.records import Actor, ActorKind
from vault.standing import standing

ANNE, BRUNO = (Actor(ActorKind.AGENT, name) for name in ("anne", "bruno"))


def stuck(place: Place, fault, write_class: str = "none"):  # noqa: F811 - the fixture
    partner = Partner(faults=[fault])
    way = fresh_way(partner)
    command = write(write_class)
    return way, command, Engine(place.custody).carry(way, planned(place, way, command).exchange_id)


def settled(place: Place, one, how: Settled, reason: str = "asked by telephone", siret: Siret = CAISSE):  # noqa: F811 - the fixture
    with standing(partner=siret), place.custody.db.transaction() as tx:
        return settle(tx, one.exchange_id, how, reason, actor=ANNE, now=place.custody.now())


def listed(place: Place, way) -> list[State]:  # noqa: F811 - the fixture
    with standing(partner=CAISSE), place.custody.db.read() as tx:
        return [one.state for one in waiting(tx) if one.binding == way.binding.slug]


def test_what_waits_for_a_person_is_listed_and_nothing_else(place):  # noqa: F811 - the fixture
    for fault, write_class, states in (
        (lost_after, "none", [State.IN_DOUBT]),
        (lost_after, "lookup", []),
        (status(401), "keyed", [State.PARKED]),
        (status(200), "keyed", []),
    ):
        way, _, _ = stuck(place, fault, write_class)
        assert listed(place, way) == states


def test_a_person_says_that_it_happened_and_it_is_not_sent_again(place):  # noqa: F811 - the fixture
    way, _, one = stuck(place, lost_after)
    assert settled(place, one, Settled.HAPPENED).state is State.SETTLED
    carry_out(Engine(place.custody), way)
    assert (way.transport.asked, listed(place, way)) == (["write_none"], [])
    entries = place.rows("SELECT record FROM vault.journal_record ORDER BY entry_id DESC LIMIT 1")
    detail = json.loads(bytes(entries[0]["record"]))["detail"]
    assert (detail["exchange"], detail["reason"]) == (str(one.exchange_id), "asked by telephone")


def test_a_person_says_that_it_did_not_and_it_is_carried_out(place):  # noqa: F811 - the fixture
    way, command, one = stuck(place, lambda partner, _: replace(lost_after(Partner(), _)))
    settled(place, one, Settled.AGAIN)
    carry_out(Engine(place.custody), way)
    assert (listed(place, way), way.transport.applied[command.natural_key]) == ([], 1)


@pytest.mark.parametrize("how", list(Settled))
def test_what_is_settled_stays_so(place, how):  # noqa: F811 - the fixture
    _, _, one = stuck(place, status(400))
    with pytest.raises(NotRepeatable):
        settled(place, one, how)


def test_a_reason_is_needed_and_another_body_decides_nothing(place):  # noqa: F811 - the fixture
    _, _, one = stuck(place, lost_after)
    with pytest.raises(InvalidValue):
        settled(place, one, Settled.HAPPENED, "  ")
    with pytest.raises(NothingHere):
        settled(place, replace(one, exchange_id=uuid4()), Settled.HAPPENED, siret=FAMILLES)


def proposed(place: Place, way, command, parent, **more):  # noqa: F811 - the fixture
    edited = command.model_copy(update={"content": "edited"})
    return planned(place, way, edited, edit=Edit(parent.exchange_id, "anne"), **more)


def approved(place: Place, one, by: Actor, decide=None):  # noqa: F811 - the fixture
    with standing(partner=CAISSE), place.custody.db.transaction() as tx:
        return approve(tx, one.exchange_id, approver=by, decide=decide, now=place.custody.now())


def test_what_one_person_edits_another_lets_go(place):  # noqa: F811 - the fixture
    way, command, parent = stuck(place, status(401), "keyed")
    edit = proposed(place, way, command, parent)
    assert Engine(place.custody).carry(way, edit.exchange_id).state is State.PROPOSED
    with pytest.raises(NotRepeatable):
        approved(place, edit, ANNE)
    assert approved(place, edit, BRUNO).state is State.PLANNED
    assert listed(place, way) == []


def test_an_edit_needs_a_ground_of_its_own(place):  # noqa: F811 - the fixture
    def refuse(_tx, _exchange_id):
        raise NoGround("of a test")

    way, command, parent = stuck(place, status(401), "keyed")
    edit = proposed(place, way, command, parent)
    with pytest.raises(NoGround):
        approved(place, edit, BRUNO, refuse)
    assert listed(place, way) == [State.PARKED, State.PROPOSED]


class NewerCodec(MadeUpCodec):
    """Understands what the older one did not."""

    def _read(self, exchange):
        return super()._read(answer(200, b"there") if exchange.body == b"here" else exchange)


def quarantined(place: Place):  # noqa: F811 - the fixture
    partner = Partner(faults=[lambda *_: answer(200, b"here")])
    way = fresh_way(partner)
    read = write("keyed").model_copy(update={"operation": "read"})
    one = Engine(place.custody).carry(way, planned(place, way, read).exchange_id)
    assert one.state is State.QUARANTINED
    return way, one


def test_a_newer_connector_reads_again_what_was_quarantined_and_sends_nothing(place):  # noqa: F811 - the fixture
    way, one = quarantined(place)
    told = []
    engine = Engine(place.custody, {("made-up", "read"): lambda _tx, _id, _command, outcome: told.append(outcome.data)})
    newer = replace(way, codec=NewerCodec(made_up_manifest(version="1.0.1")))
    carry_out(engine, newer)
    assert engine.carry(newer, one.exchange_id).state is State.SETTLED
    assert (told, way.transport.asked) == ([{"there": True}], ["read"])


def test_one_that_does_not_understand_it_either_looks_once(place):  # noqa: F811 - the fixture
    way, one = quarantined(place)
    newer = replace(way, codec=MadeUpCodec(made_up_manifest(version="1.0.1")))
    carry_out(Engine(place.custody), newer, at_most=20)
    kept = "SELECT state, decoded_with FROM hub.exchange WHERE exchange_id = %(one)s"
    assert place.rows(kept, one=one.exchange_id) == [{"state": "quarantined", "decoded_with": "1.0.1"}]


def test_what_is_gone_is_not_read_and_still_waits(place):  # noqa: F811 - the fixture
    way, _ = quarantined(place)
    begun = place.clock[0]
    place.clock[0] = begun.replace(month=begun.month + 1)
    cull(place.custody)
    newer = replace(way, codec=NewerCodec(made_up_manifest(version="1.0.1")))
    carry_out(Engine(place.custody), newer, at_most=20)
    assert listed(place, way) == [State.QUARANTINED]
    place.clock[0] = begun
