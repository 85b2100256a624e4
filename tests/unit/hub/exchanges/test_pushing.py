"""What a body is told of families: each child through the one gate out, nothing twice, nothing without ground."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from connectors.sandbox.caisses.rpc import RpcCaisse
from connectors.sandbox.caisses.soap import SoapCaisse
from connectors.sandbox.faults import Faults
from connectors.sandbox.wire import PlayedTransport
from hub.exchanges.tables import TOLD_LINE
from tests.unit.hub.exchanges.pushed import Told, in_order, telling
from tests.unit.hub.school_files.conftest import NOW, TODAY, Place, place, server  # noqa: F401 - fixtures of another folder
from vault.standing import standing

SOAP_12, RPC_14 = "91000059500017", "91000060300019"
CANTEEN_12 = [("canteen_enrolment", SOAP_12), ("canteen_tariff", SOAP_12)]


def played(place: Place, kind: type) -> PlayedTransport:  # noqa: F811 - the fixture
    caisse = kind("kit-login", "kit-password", lambda: place.clock[0])
    return PlayedTransport(caisse, Faults(), "kit", lambda: place.clock[0])


@pytest.fixture
def soap(place: Place) -> Iterator[Told]:  # noqa: F811 - the fixture
    """A Caisse that is told of families, and says what it decided."""
    asked = ("synchronise_families", "tariff_decisions")
    way = played(place, SoapCaisse)
    with telling(place, "caisse-soap", SOAP_12, way, *asked, slug=f"soap-{uuid4().hex[:8]}") as found:
        yield found


@pytest.fixture
def rpc(place: Place) -> Iterator[Told]:  # noqa: F811 - the fixture
    """A Caisse that takes one child a message, and has no word for a line that is gone."""
    way = played(place, RpcCaisse)
    asked = ("register", "tariff_decisions")
    with telling(place, "caisse-rpc", RPC_14, way, *asked, slug=f"rpc-{uuid4().hex[:8]}") as found:
        yield found


def releases(place: Place, made) -> list[dict]:  # noqa: F811 - the fixture
    """What of a family left by a push, with its journal record."""
    return place.rows(
        """SELECT r.line_id, j.subjects FROM hub.release r JOIN hub.enrolment_line l USING (line_id)
           JOIN vault.journal_record j USING (entry_id) WHERE l.payer_id = %(who)s AND r.channel = 'push'""",
        who=made.adult,
    )


def test_each_child_is_told_of_once_and_is_in_its_familys_trace(place, soap):  # noqa: F811 - the fixture
    made = in_order(place, CANTEEN_12)
    first, again = soap.push(), soap.push()
    assert (first.exchanges, first.lines, first.withheld) == (1, 2, 0)
    assert (again.exchanges, again.lines) == (0, 0)
    assert {row["line_id"] for row in releases(place, made)} == set(made.lines.values())
    assert all(made.adult in row["subjects"] for row in releases(place, made))
    assert soap.day().under_way == 1
    soap.carry()
    assert soap.day().outcomes == {"applied": 1}
    assert soap.push(TODAY + timedelta(days=1)).exchanges == 0


def test_without_a_ground_no_byte_leaves(place, soap):  # noqa: F811 - the fixture
    made = in_order(place, [("canteen_enrolment", SOAP_12)], allowed=False)
    done = soap.push()
    assert (done.exchanges, done.lines, done.withheld) == (0, 0, 1)
    soap.carry()
    assert not any(b"synchroniserFamilles" in one.body for one in soap.way.transport.seen)
    assert releases(place, made) == []


def test_only_what_changed_is_told_again(place, soap, rpc):  # noqa: F811 - the fixture
    for told, siret in ((soap, SOAP_12), (rpc, RPC_14)):
        made = in_order(place, [("canteen_tariff", siret)])
        assert told.push().lines == 1
        told.carry()
        place.rows("UPDATE hub.fit SET tariff_band = '7' WHERE line_id = %(l)s", l=made.lines["canteen_tariff"])
        assert (told.push().lines, told.push().lines) == (1, 0)
        told.carry()
        assert told.told(made.lines["canteen_tariff"])["revision"] == 2
        (enrolled,) = told.way.transport.partner.books.enrolled.values()
        assert enrolled.band == 7


def test_what_is_under_way_is_not_told_over(place, rpc):  # noqa: F811 - the fixture
    made = in_order(place, [("canteen_tariff", RPC_14)])
    rpc.push()
    place.rows("UPDATE hub.fit SET tariff_band = '7' WHERE line_id = %(l)s", l=made.lines["canteen_tariff"])
    assert (rpc.push().lines, rpc.push().waiting) == (0, 1)


def test_a_line_that_ended_is_taken_out_of_the_bodys_books(place, soap):  # noqa: F811 - the fixture
    made = in_order(place, [("canteen_enrolment", SOAP_12)])
    soap.push()
    soap.carry()
    gone = "UPDATE hub.enrolment_line SET valid_until = %(d)s WHERE line_id = %(l)s"
    place.rows(gone, d=TODAY - timedelta(days=1), l=made.lines["canteen_enrolment"])
    assert soap.push().exchanges == 1
    soap.carry()
    assert soap.way.transport.partner.books.enrolled == {}
    assert soap.push().exchanges == 0
    left = "SELECT 1 FROM vault.journal_record WHERE %(who)s = ANY (subjects) AND convert_from(record, 'UTF8') LIKE '%%\"left\"%%'"
    assert len(place.rows(left, who=made.adult)) == 1


def test_what_the_dialect_cannot_say_is_never_released(place, soap):  # noqa: F811 - the fixture
    made = in_order(place, [("canteen_enrolment", SOAP_12)])
    place.rows("UPDATE hub.civil_status SET family_name = '王' WHERE person_id = %(c)s", c=made.child)
    assert (soap.push().unwritable, releases(place, made)) == (1, [])


def test_decisions_come_back_once(place, soap, rpc):  # noqa: F811 - the fixture
    for told, siret in ((soap, SOAP_12), (rpc, RPC_14)):
        made = in_order(place, [("canteen_tariff", siret)])
        told.push()
        told.carry()
        pulled = told.pull()
        assert (pulled.exchanges, pulled.awaited >= 1, told.pull().exchanges) == (1, True, 0)
        told.carry()
        told.pull(TODAY + timedelta(days=1))
        told.carry()
        found = "SELECT body, tariff_band FROM hub.line_decision WHERE line_id = %(l)s"
        (decided,) = place.rows(found, l=made.lines["canteen_tariff"])
        assert decided["body"] == siret


def test_what_one_body_was_told_no_work_for_another_sees(place, soap):  # noqa: F811 - the fixture
    in_order(place, [("canteen_enrolment", SOAP_12)])
    soap.push()
    counted = {}
    for siret in (SOAP_12, "00000000000000"):
        for db in (place.custody.db, soap.planner.db):
            with standing(partner=siret), db.read() as tx:
                counted[siret] = tx.execute(select(func.count()).select_from(TOLD_LINE)).scalar_one()
    assert (counted[SOAP_12] > 0, counted["00000000000000"]) == (True, 0)


def test_nobody_is_asked_where_nobody_awaits(place, soap):  # noqa: F811 - the fixture
    place.rows("UPDATE hub.enrolment_line SET retracted_at = now() WHERE body = %(b)s", b=SOAP_12)
    assert soap.pull().exchanges == 0


def test_two_made_one_by_the_body_are_told_once_more_under_the_name_that_lives_on(place, soap):  # noqa: F811 - the fixture
    made = in_order(place, [("canteen_enrolment", SOAP_12)])
    books, survivor = soap.way.transport.partner.books, str(uuid4())
    soap.push()
    before = str(soap.told(made.lines["canteen_enrolment"])["family"])
    books.merged[before] = survivor
    soap.carry()
    assert (soap.push().exchanges, soap.push().exchanges) == (1, 0)
    soap.carry()
    assert books.families.keys() == {survivor}
    # A body that says the same of every name is told no third time.
    books.merged[survivor] = before
    place.rows("UPDATE hub.civil_status SET family_name = 'AUTRE' WHERE person_id = %(c)s", c=made.child)
    planned = []
    for _ in range(4):
        planned.append(soap.push().exchanges)
        soap.carry()
    assert (planned, soap.day().refused) == ([1, 1, 0, 0], 1)


def test_two_homes_that_the_body_took_for_one_are_not_written_over_each_other(place, soap):  # noqa: F811 - the fixture
    wanted = [("canteen_enrolment", SOAP_12)]
    first = in_order(place, wanted)
    second = in_order(place, wanted, given="Karim", child=first.child, file=first.file, beside=True)
    soap.push()
    names = [str(soap.told(one.lines["canteen_enrolment"])["family"]) for one in (first, second)]
    soap.way.transport.partner.books.merged[names[0]] = names[1]
    soap.carry()
    assert (soap.push().exchanges, soap.day().refused) == (0, 1)
