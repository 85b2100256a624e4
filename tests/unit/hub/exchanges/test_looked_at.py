"""An operator's look at a conversation stands in the trace of each family it names, and in nobody else's."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

import pytest
from sqlalchemy.engine import make_url

from contracts.identifiers import PersonId
from contracts.looks import FAMILY_FR, LABELS_FR, LookReason
from hub.errors import NothingHere
from hub.exchanges.showing import Why, issue, look
from hub.persons.agents import Role, add_agent
from hub.persons.tables import AGENT
from hub.trace import TraceLine, trace_of
from tests.system import CAISSE
from tests.unit.hub.exchanges.pushed import CATALOGUE, Told, in_order
from tests.unit.hub.exchanges.test_pushing import CANTEEN_12, soap  # noqa: F401 - a fixture of its neighbour
from tests.unit.hub.school_files.conftest import NOW, Place, place, server  # noqa: F401 - fixtures of another folder
from vault.db import Database
from vault.documents.custody import Custody
from vault.standing import standing

SAID = "why does the telephone ring"


@dataclass(frozen=True)
class Desk:
    """The door's database as the rules see it, and the partners' door, which opens."""

    owner: Database
    release: Custody


@pytest.fixture
def desk(place: Place) -> Iterator[Desk]:  # noqa: F811 - the fixture
    address = make_url(place.url).set(username="unefois_release", password="of-this-test")
    release = Database.connect(address.render_as_string(hide_password=False), pool_size=1)
    owner = Database.connect(place.url, pool_size=1)
    yield Desk(owner, replace(place.custody, db=release))
    release.close()
    owner.close()


@dataclass(frozen=True)
class Who:
    agent_id: UUID


def operator(desk: Desk) -> Who:
    email = f"{uuid4().hex}@ville.example.org"
    with desk.owner.transaction() as tx:
        add_agent(tx, email, siret=CAISSE, body=CAISSE, role=Role.OPERATOR, now=NOW)
        return Who(tx.execute(AGENT.select().where(AGENT.c.email == email)).one().agent_id)


def looked(desk: Desk, exchange_id: UUID, who: Who, category: LookReason = LookReason.REFUSAL) -> str:
    with desk.owner.transaction() as tx:
        ticket = issue(tx, exchange_id, 1, Why(category, SAID), agent=who, now=desk.release.now())  # type: ignore[arg-type] - its number is all
    look(desk.release, ticket)
    return ticket


def looks(place: Place, person: UUID) -> list[TraceLine]:  # noqa: F811 - the fixture
    """What somebody reads at the door, under the door's own login."""
    address = make_url(place.url).set(username="unefois_door", password="of-this-test")
    door = Database.connect(address.render_as_string(hide_password=False), pool_size=1)
    try:
        with standing(person=person), door.read() as tx:
            return [one for one in trace_of(tx, CATALOGUE, PersonId(person)) if one.act == "view"]
    finally:
        door.close()


def exchange_of(told: Told, line: UUID) -> UUID:
    found: UUID = told.told(line)["exchange_id"]
    return found


def test_each_family_of_a_message_reads_it_and_no_other_one(place, soap, desk):  # noqa: F811 - the fixture
    first, second = in_order(place, CANTEEN_12), in_order(place, CANTEEN_12)
    soap.push()
    soap.carry()
    other = in_order(place, CANTEEN_12)
    soap.push()
    number, who = exchange_of(soap, first.lines["canteen_tariff"]), operator(desk)
    assert exchange_of(soap, second.lines["canteen_tariff"]) == number
    ticket = looked(desk, number, who)
    for made in (first, second):
        (line,) = looks(place, made.adult)
        assert (line.who, line.release, line.document) == ("Un technicien de la Ville", None, None)
        assert line.what.startswith("Un technicien a regardé un échange")
        assert line.why.startswith(FAMILY_FR[LookReason.REFUSAL])
        assert not any(word in repr(line) for word in (SAID, str(who.agent_id), str(number)))
    assert looks(place, other.adult) == []
    with pytest.raises(NothingHere):
        look(desk.release, ticket)
    assert len(looks(place, first.adult)) == 1


def test_a_line_of_one_home_holds_nothing_of_another(place, soap, desk):  # noqa: F811 - the fixture
    homes = [in_order(place, CANTEEN_12) for _ in range(2)]
    soap.push()
    soap.carry()
    looked(desk, exchange_of(soap, homes[0].lines["canteen_tariff"]), operator(desk))
    told = """SELECT subjects, record FROM vault.journal_record
              WHERE %(who)s = ANY (subjects) AND convert_from(record, 'UTF8') LIKE '%%exchange_looked%%'"""
    for one, other in (homes, homes[::-1]):
        (row,) = place.rows(told, who=one.adult)
        assert row["subjects"] == [one.adult]
        words = bytes(row["record"]).decode()
        known = (other.adult, *other.lines.values(), exchange_of(soap, one.lines["canteen_tariff"]))
        assert not any(str(number) in words for number in known)


def test_a_family_whose_line_is_gone_from_a_body_reads_it_too(place, soap, desk):  # noqa: F811 - the fixture
    made = in_order(place, CANTEEN_12)
    soap.push()
    soap.carry()
    place.rows("UPDATE hub.enrolment_line SET retracted_at = now() WHERE payer_id = %(p)s", p=made.adult)
    soap.push()
    soap.carry()
    looked(desk, exchange_of(soap, made.lines["canteen_tariff"]), operator(desk), LookReason.QUESTION)
    assert [one.why.split(",")[0] for one in looks(place, made.adult)] == [FAMILY_FR[LookReason.QUESTION]]


def test_every_reason_has_words_for_both_sides():
    assert set(LABELS_FR) == set(FAMILY_FR) == set(LookReason)
