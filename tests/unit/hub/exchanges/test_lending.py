"""Who signs in lends their token to the request it can answer: once, for its minute, to one body, and to nobody else."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.engine import make_url

from connectors.api_particulier.routes import QUOTIENT_FAMILIAL, QUOTIENT_FAMILIAL_SIGNED_IN
from connectors.port import Binding, Exchange, WireRequest
from contracts.identifiers import PersonId, Siret
from contracts.outcomes import Phase
from hub.bindings import Bindings
from hub.exchanges.lending import LIFE, Lender
from hub.exchanges.quotient import QuotientSource, fetch_quotient_familial
from hub.exchanges.tables import LENT_TOKEN
from hub.requirements.catalogue import load
from tests.assets.families import Made
from tests.system import CAISSE
from tests.unit.hub.exchanges.test_january import FEBRUARY, Caf, claimed, family, request_of  # noqa: F401 - a fixture
from tests.unit.hub.school_files.conftest import Place, place, server  # noqa: F401 - fixtures of another folder
from vault.db import Database
from vault.standing import standing

BOTH = frozenset({QUOTIENT_FAMILIAL.name, QUOTIENT_FAMILIAL_SIGNED_IN.name})
BINDING = Binding("caf-13", "https://caf.test", Siret(CAISSE), {"token": SecretStr("of-the-body")}, BOTH)
TOKEN = SecretStr("of-who-signed-in")


def turned(secret: bytes, context: bytes) -> bytes:
    """A cipher for tests: its own opposite, and another one for another context."""
    return bytes(byte ^ context[at % len(context)] for at, byte in enumerate(secret))


@pytest.fixture
def door(place: Place):  # noqa: F811 - the fixture
    """The door's own login."""
    url = make_url(place.url).set(username="unefois_door", password="of-this-test")
    found = Database.connect(url.render_as_string(hide_password=False), pool_size=1)
    yield found
    found.close()


@pytest.fixture
def lender(place: Place, door: Database) -> Lender:  # noqa: F811 - the fixture
    place.clock[0] = FEBRUARY
    return Lender(door, load(), Bindings({"caf-13": ("api-particulier", BINDING)}), turned)


class Watched:
    """The CAF, and under which token and by which route it was asked."""

    def __init__(self, caf: Caf, *statuses: int) -> None:
        self.caf, self.statuses, self.seen = caf, list(statuses), []

    def send(self, request: WireRequest) -> Exchange:
        self.seen.append((request.target.rpartition("/")[2], dict(request.headers)["authorization"]))
        if self.statuses:
            return Exchange(Phase.COMPLETE, self.caf.clock[0], self.statuses.pop(0))
        return self.caf.send(request)


def fetch(place: Place, made: Made, way: Watched, binding: Binding = BINDING):  # noqa: F811 - the fixture
    source = QuotientSource(lambda _: binding, lambda _: way, turned)
    with standing(job=claimed(place, made)):
        return fetch_quotient_familial(place.custody, load(), source, request_of(place, made))


def lend(lender: Lender, made: Made) -> int:
    return lender.lend(PersonId(made.adult), TOKEN, now=FEBRUARY)


def outcomes(place: Place, made: Made) -> list[str]:  # noqa: F811 - the fixture
    kept = "SELECT outcome FROM hub.exchange WHERE correlation = %(one)s ORDER BY created_at"
    return [row["outcome"] for row in place.rows(kept, one=str(request_of(place, made)))]


def test_the_token_is_used_once_and_then_gone(place, family, lender):  # noqa: F811 - the fixture
    assert lend(lender, family) == 1
    way = Watched(Caf(family, place.clock, [742]))
    assert fetch(place, family, way) is None
    assert way.seen == [("france_connect", "Bearer of-who-signed-in")]
    assert place.rows("SELECT 1 FROM hub.lent_token WHERE person_id = %(who)s", who=family.adult) == []
    assert outcomes(place, family) == ["found"]


def test_what_was_pulled_stays_with_the_body_it_was_pulled_for(place, family, lender):  # noqa: F811 - the fixture
    lend(lender, family)
    fetch(place, family, Watched(Caf(family, place.clock, [742])))
    kept = "SELECT usable_by, usable_for FROM hub.evidence WHERE holder_id = %(who)s AND kind = 'pulled'"
    assert place.rows(kept, who=family.adult) == [{"usable_by": CAISSE, "usable_for": "canteen_tariff"}]
    assert lend(lender, family) == 0


def test_at_rest_it_is_sealed_and_bound_to_its_request(place, family, lender):  # noqa: F811 - the fixture
    lend(lender, family)
    (row,) = place.rows("SELECT sealed FROM hub.lent_token WHERE person_id = %(who)s", who=family.adult)
    assert TOKEN.get_secret_value().encode() not in bytes(row["sealed"])


def test_one_that_came_too_late_is_not_used(place, family, lender):  # noqa: F811 - the fixture
    lend(lender, family)
    place.clock[0] = FEBRUARY + LIFE + timedelta(seconds=1)
    way = Watched(Caf(family, place.clock, [742]))
    assert fetch(place, family, way) is None
    assert way.seen == [("identite", "Bearer of-the-body")]


def test_one_that_is_refused_leaves_the_bodys_own_way(place, family, lender):  # noqa: F811 - the fixture
    lend(lender, family)
    way = Watched(Caf(family, place.clock, [742]), 401)
    again = fetch(place, family, way)
    assert again is not None
    place.clock[0] = again + timedelta(seconds=1)
    assert fetch(place, family, way) is None
    assert [mode for mode, _ in way.seen] == ["france_connect", "identite"]
    assert outcomes(place, family) == ["found"]


def test_a_token_may_find_what_the_civil_status_did_not(place, family, lender):  # noqa: F811 - the fixture
    way = Watched(Caf(family, place.clock, [742]), 403)
    assert fetch(place, family, way) is None
    assert lend(lender, family) == 1
    assert fetch(place, family, way) is None
    assert outcomes(place, family) == ["auth_failed", "found"]


@pytest.mark.parametrize("operations", [frozenset(), frozenset({QUOTIENT_FAMILIAL.name})])
def test_nothing_is_lent_where_the_body_is_not_enabled(place, family, lender, operations):  # noqa: F811 - the fixture
    narrow = Bindings({"caf-13": ("api-particulier", replace(BINDING, operations=operations))})
    assert lend(replace(lender, bindings=narrow), family) == 0


def test_nor_where_no_request_is_pending(place, family, lender):  # noqa: F811 - the fixture
    place.rows("UPDATE hub.request SET state = 'closed' WHERE requester_id = %(who)s", who=family.adult)
    assert lend(lender, family) == 0
    assert lender.lend(PersonId(uuid4()), TOKEN, now=FEBRUARY) == 0


def test_each_login_sees_its_own_and_no_other(place, family, lender, door):  # noqa: F811 - the fixture
    lend(lender, family)
    looks = select(LENT_TOKEN.c.request_id)
    for database, right in ((door, {"person": family.adult}), (place.custody.db, {"job": claimed(place, family)})):
        for named, seen in (({}, 0), ({"person": uuid4(), "job": 0}, 0), (right, 1)):
            with standing(**named), database.read() as tx:
                assert len(tx.execute(looks).all()) == seen
