"""What was said to a partner is kept sealed, shown to nobody else's work, and gone when its day is over: run twice, proved."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from contracts.identifiers import Siret
from hub.exchanges.carrying import Engine
from hub.exchanges.planning import State
from hub.exchanges.recording import recording
from tests.system import CAISSE, FAMILLES
from tests.unit.hub.exchanges.made_up import Partner, fresh_way, planned, write
from tests.unit.hub.school_files.conftest import Place, place, server  # noqa: F401 - fixtures of another folder
from vault.bodies.culling import cull, oldest_kept
from vault.bodies.keeping import BodyKind, Talk, open_body
from vault.errors import BodyGone
from vault.standing import standing

SECRET = "of-nobody-at-all"


def carried(place: Place, operation: str):  # noqa: F811 - the fixture
    way = fresh_way(Partner())
    command = write("keyed", content=SECRET).model_copy(update={"operation": operation})
    return way, Engine(place.custody).carry(way, planned(place, way, command).exchange_id)


def body_of(place: Place, one):  # noqa: F811 - the fixture
    kept = "SELECT body_id FROM hub.exchange_attempt WHERE exchange_id = %(one)s"
    return place.rows(kept, one=one.exchange_id)[0]["body_id"]


def opened(place: Place, body_id, siret: Siret = CAISSE) -> bytes:  # noqa: F811 - the fixture
    with standing(partner=siret), place.custody.db.read() as tx:
        return open_body(tx, place.custody, body_id)


def test_the_exact_bytes_of_both_sides_can_be_read_again(place):  # noqa: F811 - the fixture
    _, one = carried(place, "write_keyed")
    kept = opened(place, body_of(place, one))
    assert SECRET.encode() in kept
    assert recording(kept).body == b"receipt"


@dataclass
class Condemning:
    """The store of a system whose reconciliation condemns the first object it is given, before a row names it."""

    place: Place
    names: list[str] = field(default_factory=list)

    def __getattr__(self, name: str):
        return getattr(self.place.custody.objects, name)

    def put(self, name: str, *content) -> None:
        self.place.custody.objects.put(name, *content)
        if not self.names:
            condemn = "INSERT INTO vault.condemned_object VALUES (%(n)s, 1, now(), now())"
            with psycopg.connect(self.place.url.replace("+psycopg", "")) as owner:
                owner.execute(condemn, {"n": name})
        self.names.append(name)


def test_bytes_that_were_condemned_before_their_row_came_are_put_down_again(place):  # noqa: F811 - the fixture
    store, partner = Condemning(place), Partner()
    way = fresh_way(partner)
    one = planned(place, way, write("keyed", content=SECRET))
    done = Engine(replace(place.custody, objects=store)).carry(way, one.exchange_id)
    assert done.state is State.SETTLED
    (row,) = place.rows("SELECT object_name FROM vault.body WHERE body_id = %(b)s", b=body_of(place, done))
    assert store.names == [store.names[0], row["object_name"]]
    assert store.names[0] != store.names[1]
    assert SECRET.encode() in opened(place, body_of(place, done))
    assert len(place.rows("SELECT 1 FROM hub.exchange_attempt WHERE exchange_id = %(one)s", one=one.exchange_id)) == 1


def test_neither_store_nor_rows_hold_them_in_clear(place):  # noqa: F811 - the fixture
    _, one = carried(place, "write_keyed")
    stored = [b"".join(place.custody.objects.get(each.name)) for each in place.custody.objects.listing()]
    (row,) = place.rows("SELECT * FROM hub.exchange WHERE exchange_id = %(one)s", one=one.exchange_id)
    assert stored
    assert not any(SECRET.encode() in each for each in [*stored, bytes(row["command"])])


def test_who_works_for_another_body_sees_nothing_of_it(place):  # noqa: F811 - the fixture
    _, one = carried(place, "write_keyed")
    body_id = body_of(place, one)
    with pytest.raises(BodyGone):
        opened(place, body_id, FAMILLES)
    with place.custody.db.read() as tx, pytest.raises(BodyGone):
        open_body(tx, place.custody, body_id)


@pytest.mark.parametrize("table", ["vault.body", "hub.exchange_attempt"])
@pytest.mark.parametrize("login", ["unefois_worker", "unefois_pipelines", "unefois_door", "unefois_release"])
def test_rows_are_shown_for_the_body_at_the_other_end_only(place, table, login):  # noqa: F811 - the fixture
    carried(place, "write_keyed")
    url = place.url.replace("+psycopg", "")
    seen = {}
    for siret in (CAISSE, FAMILLES, ""):
        with psycopg.connect(url, user=login, password="of-this-test") as connection:
            connection.execute("SELECT set_config('unefois.partner', %s, true)", (siret,))
            try:
                found = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
                seen[siret] = 0 if found is None else found[0]
            except psycopg.errors.InsufficientPrivilege:
                seen[siret] = None
    looks = login == "unefois_worker" or (login, table) == ("unefois_pipelines", "hub.exchange_attempt")
    # An operator's door and the one that opens for an operator have standings of their own.
    console = (login, table) in (("unefois_door", "hub.exchange_attempt"), ("unefois_release", "vault.body"))
    assert seen[FAMILLES] == seen[""] == (0 if looks or console else None)
    assert (seen[CAISSE] or 0) > 0 if looks else not seen[CAISSE]


def test_what_was_pulled_goes_within_seven_days_each_time_it_is_looked_for(place):  # noqa: F811 - the fixture
    began = place.clock[0]
    for days in (0, 8):
        place.clock[0] = began + timedelta(days=days)
        cull(place.custody)
        way, one = carried(place, "read")
        body_id = body_of(place, one)
        name = place.rows("SELECT object_name FROM vault.body WHERE body_id = %(b)s", b=body_id)[0]["object_name"]
        place.clock[0] += timedelta(days=6)
        assert cull(place.custody) >= 1
        assert cull(place.custody) == 0
        assert not place.custody.objects.exists(name)
        assert oldest_kept(place.custody, BodyKind.PULL) is None
        with pytest.raises(BodyGone):
            opened(place, body_id)
        # The row that tells of it stays, and can say that its bytes are gone.
        assert Engine(place.custody).carry(way, one.exchange_id).state is State.SETTLED
    place.clock[0] = began


def test_what_was_pushed_outlives_its_month(place):  # noqa: F811 - the fixture
    began = place.clock[0]
    _, one = carried(place, "write_keyed")
    place.clock[0] = began + timedelta(days=60)
    cull(place.custody)
    assert opened(place, body_of(place, one))
    place.clock[0] = began + timedelta(days=140)
    assert cull(place.custody) >= 1
    with pytest.raises(BodyGone):
        opened(place, body_of(place, one))
    place.clock[0] = began


def test_a_period_that_is_still_needed_stays(place):  # noqa: F811 - the fixture
    began = place.clock[0]
    _, one = carried(place, "read")
    (kept,) = place.rows("SELECT period_id FROM vault.body WHERE body_id = %(b)s", b=body_of(place, one))
    place.clock[0] = began + timedelta(days=30)
    cull(place.custody, unless=[kept["period_id"]])
    assert opened(place, body_of(place, one))
    place.clock[0] = began


@pytest.mark.parametrize(
    ("kind", "day", "begins", "goes_on"),
    [
        (BodyKind.PULL, "2026-03-29", "2026-03-29", "2026-04-04"),
        (BodyKind.PUSH, "2026-01-31", "2026-01-01", "2026-05-04"),
        (BodyKind.PUSH, "2026-12-01", "2026-12-01", "2027-04-03"),
    ],
)
def test_a_period_is_a_day_or_a_month(kind, day, begins, goes_on):
    talk = Talk(CAISSE, "x", kind)
    found = talk.begins(datetime.fromisoformat(day).replace(tzinfo=UTC).date())
    assert (found.isoformat(), talk.goes_on(found).isoformat()) == (begins, goes_on)
