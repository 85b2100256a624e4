"""The City's dashboard shows each state of a request once and the newest only, to who has one and wants it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from connectors.notification_store.codec import NotificationStoreCodec
from connectors.port import Binding
from connectors.sandbox.agencies.notification_store import NotificationStore
from connectors.sandbox.faults import FaultOrder, Faults
from connectors.sandbox.wire import PlayedTransport
from contracts.identifiers import Siret
from hub.exchanges.carrying import NOT_WANTED, Engine
from hub.exchanges.dashboard import plan_shown, still_wanted
from hub.exchanges.doubts import Settled, settle
from hub.exchanges.tables import SHOWN_LINE
from hub.exchanges.traffic import carry_out
from hub.exchanges.ways import Way
from hub.requirements.catalogue import load
from tests.assets.families import Made
from tests.system import CAISSE, FAMILLES
from tests.unit.hub.exchanges.pushed import PROCESS, judge
from tests.unit.hub.school_files.conftest import TODAY, Place, place, server  # noqa: F401 - fixtures of another folder
from vault.standing import Purpose, standing

CATALOGUE = load()
CITY = Siret("21750001600019")
ONGOING, TO_COMPLETE, CLOSED = 11, 13, 15
CANTEEN, TARIFF = "canteen_enrolment", "canteen_tariff"
DECIDED = """INSERT INTO hub.line_decision (decision_id, line_id, body, number, digest, kind, decided_on, valid_from,
    tariff_band, parity, share, author_service, author_function, remedies, recorded_at, amends, amends_number)
    SELECT uuidv7(), line_id, body, uuidv7()::text, sha256(uuidv7()::text::bytea), 'tariff', current_date, current_date,
    %(band)s, 'every', 100, 'of a test', 'of a test', '[]', now(), %(amends)s, %(number)s
    FROM hub.enrolment_line WHERE line_id = %(line)s"""


@dataclass
class Board:
    """The store, the process that looks what it is to show, and the one that carries."""

    place: Place
    issuer: str = field(default_factory=lambda: f"https://{uuid4()}.test")
    unknown: set[str] = field(default_factory=set)
    faults: Faults = field(default_factory=Faults)

    def __post_init__(self) -> None:
        now = lambda: self.place.clock[0]  # noqa: E731 - the test's clock
        self.store = NotificationStore("of-this-test", now, lambda customer: customer not in self.unknown)
        wire = PlayedTransport(self.store, self.faults, "store", now)
        secrets = {"token": SecretStr("of-this-test")}
        self.way = Way(
            NotificationStoreCodec(), Binding(f"store-{uuid4().hex[:12]}", "https://store.test", CITY, secrets), wire
        )

    def family(self, *services: tuple[str, str], city: bool = True, **facts: Any) -> Made:
        """A family whose papers nobody has judged yet, and the City's account of who pays."""
        made = Made(**facts)
        self.place.seed((made, list(made.usual(TODAY))), services=services or ((CANTEEN, CAISSE),))
        if city:
            self.account(made)
        return made

    def account(self, made: Made, **told: Any) -> str:
        subject = f"guid-{uuid4()}"
        account = {"account_id": uuid4(), "person_id": made.adult, "issuer": self.issuer, "subject": subject} | told
        columns = ", ".join(account)
        values = ", ".join(f"%({name})s" for name in account)
        self.place.rows(
            f"INSERT INTO hub.account ({columns}, level, created_at) VALUES ({values}, 'city', now())", **account
        )
        return subject

    def brings(self, made: Made) -> None:
        """What the family handed in is judged: nothing is missing from then on."""
        judge(self.place, made)

    def closes(self, made: Made, service: str = CANTEEN) -> None:
        self.place.rows("UPDATE hub.request SET state = 'closed' WHERE line_id = %(l)s", l=made.lines[service])

    def wants(self, made: Made, shown: bool) -> None:
        self.place.rows(
            """INSERT INTO hub.dashboard_choice VALUES (%(p)s, %(s)s, now())
               ON CONFLICT (person_id) DO UPDATE SET shown = %(s)s, chosen_at = clock_timestamp()""",
            p=made.adult,
            s=shown,
        )

    def look(self) -> int:
        return plan_shown(self.place.custody, CATALOGUE, self.way, self.issuer)

    def carry(self) -> int:
        wanted = still_wanted(self.place.custody, CATALOGUE, self.issuer)
        return carry_out(Engine(self.place.custody, wanted=wanted), self.way, at_most=30)

    def work(self) -> int:
        self.later(seconds=1)
        planned = self.look()
        self.carry()
        self.look()
        return planned

    def later(self, **apart: float) -> None:
        self.place.clock[0] += timedelta(**apart)

    def shows(self) -> list[list[int]]:
        """What dashboards show: the states of each request in their order."""
        told = self.store.told()["customers"]
        return sorted([one["status"] for one in states] for demands in told.values() for states in demands.values())

    def row(self, made: Made, service: str = CANTEEN) -> dict[str, Any]:
        (row,) = self.place.rows("SELECT * FROM hub.shown_line WHERE line_id = %(l)s", l=made.lines[service])
        return row

    def journaled(self, made: Made) -> int:
        about = "SELECT convert_from(record, 'UTF8') AS said FROM vault.journal_record WHERE %(p)s = ANY (subjects)"
        return sum('"step":"dashboard"' in row["said"] for row in self.place.rows(about, p=made.adult))


@pytest.fixture
def board(place: Place) -> Board:  # noqa: F811 - the fixture
    found = Board(place)
    # Its health is looked at before anything else, and no test's fault is for that look.
    assert found.carry() == 1
    return found


def test_each_state_is_shown_once_and_journaled_once(board: Board) -> None:
    made = board.family()
    assert [board.work(), board.work()] == [1, 0]
    board.brings(made)
    board.work()
    board.closes(made)
    assert [board.work(), board.work()] == [1, 0]
    assert board.shows() == [[TO_COMPLETE, ONGOING, CLOSED]]
    assert set(board.store.told()["effects"].values()) == {1}
    assert board.journaled(made) == 3


def test_of_states_that_pass_while_the_store_is_away_the_newest_is_shown(board: Board) -> None:
    made = board.family()
    assert board.look() == 1
    board.brings(made)
    assert board.look() == 0
    board.closes(made)
    board.carry()
    assert board.shows() == []
    # Of a line that was never shown there is nothing to take back.
    assert (board.work(), board.shows(), board.journaled(made)) == (0, [], 0)
    assert board.row(made)["status"] is None


def test_a_state_given_up_before_a_byte_of_it_left_leaves_the_one_before(board: Board) -> None:
    made = board.family()
    board.work()
    board.brings(made)
    board.look()
    board.closes(made)
    board.carry()
    cancelled = "SELECT outcome_code FROM hub.exchange WHERE binding = %(b)s AND state = 'cancelled'"
    assert board.place.rows(cancelled, b=board.way.binding.slug) == [{"outcome_code": NOT_WANTED}]
    board.work()
    assert board.shows() == [[TO_COMPLETE, CLOSED]]
    assert (board.row(made)["number"], board.journaled(made)) == (3, 2)


def test_who_has_no_account_with_the_city_has_no_dashboard(board: Board) -> None:
    made = board.family(city=False)
    board.account(made, issuer="https://another.test")
    assert (board.work(), board.shows()) == (0, [])


def test_two_services_are_two_requests_under_names_of_the_stores_own(board: Board) -> None:
    made = board.family((CANTEEN, CAISSE), ("after_school", FAMILLES))
    board.work()
    (demands,) = board.store.told()["customers"].values()
    known = {str(one) for one in (made.adult, made.child, made.file, *made.lines.values())}
    assert len(demands) == 2
    assert known.isdisjoint(demands)


def test_who_says_no_is_shown_nothing_from_then_on_and_who_says_yes_the_newest(board: Board) -> None:
    made = board.family()
    board.work()
    board.brings(made)
    board.look()
    # It is planned already and not sent: the « no » counts all the same.
    board.wants(made, False)
    board.carry()
    assert (board.work(), board.shows()) == (0, [[TO_COMPLETE]])
    board.wants(made, True)
    board.work()
    assert board.shows() == [[TO_COMPLETE, ONGOING]]


def test_where_an_address_is_confidential_nothing_is_shown_until_they_say_so(board: Board) -> None:
    made = board.family()
    board.place.rows(
        """INSERT INTO hub.residence (residence_id, person_id, confidential, source, grade, valid_from, recorded_at)
           VALUES (uuidv7(), %(p)s, true, 'declared', 'self_declared', current_date - 1, now())""",
        p=made.adult,
    )
    assert board.work() == 0
    board.wants(made, True)
    assert (board.work(), board.shows()) == (1, [[TO_COMPLETE]])


def test_the_dead_are_shown_nothing(board: Board) -> None:
    made = board.family()
    board.place.rows("INSERT INTO hub.death VALUES (%(p)s, current_date, uuidv7(), now())", p=made.adult)
    assert board.work() == 0


def test_a_decision_closes_and_one_taken_back_opens(board: Board) -> None:
    made = board.family((TARIFF, CAISSE))
    board.brings(made)
    board.work()
    line: dict[str, Any] = {"line": made.lines[TARIFF], "band": "4"}
    board.place.rows(DECIDED, **line, amends=None, number=None)
    board.work()
    (first,) = board.place.rows("SELECT number FROM hub.line_decision WHERE line_id = %(line)s", line=line["line"])
    board.place.rows(DECIDED, **line, amends="withdraws", number=first["number"])
    board.work()
    assert board.shows() == [[ONGOING, CLOSED, ONGOING]]


@pytest.mark.parametrize(("fault", "sent"), [("reset_after_send", 1), ("reset_before_effect", 2)])
def test_what_is_in_doubt_is_looked_up_and_shown_once(board: Board, fault: Any, sent: int) -> None:
    made = board.family()
    board.faults.order(FaultOrder(target="store", kind=fault))
    board.look()
    for _ in range(3):
        board.carry()
        # Nothing new is said while it is not known.
        assert board.look() == 0
        board.later(minutes=10)
    assert board.shows() == [[TO_COMPLETE]]
    posts = [one for one in board.way.transport.seen if one.method == "POST"]  # type: ignore[attr-defined]  # the played one
    assert (len(posts), board.journaled(made)) == (sent, 1)


def test_what_a_person_says_had_happened_is_in_the_familys_journal_too(board: Board) -> None:
    made = board.family()
    board.faults.order(FaultOrder(target="store", kind="fault_in_200"))
    board.look()
    board.carry()
    one = board.row(made)["exchange_id"]
    with standing(partner=CITY), board.place.custody.db.transaction() as tx:
        settle(tx, one, Settled.HAPPENED, "seen there", actor=PROCESS, now=board.place.clock[0])
    assert (board.look(), board.journaled(made)) == (0, 1)


def test_who_died_between_row_and_sending_loses_nothing(board: Board) -> None:
    made = board.family()
    board.look()
    row = board.row(made)
    # Whoever looks next, however often, finds it planned.
    assert [board.look(), board.look()] == [0, 0]
    board.carry()
    board.carry()
    assert (board.row(made) | {"noted_at": None}, board.shows()) == (row, [[TO_COMPLETE]])


def test_whom_the_store_does_not_know_is_told_of_nothing_as_if_it_were_shown(board: Board) -> None:
    made = board.family(city=False)
    board.unknown.add(board.account(made))
    assert [board.work(), board.work()] == [1, 0]
    assert (board.shows(), board.journaled(made)) == ([], 0)


def merged(board: Board, survivor: Made, other: Made) -> UUID:
    """As the decision of two agents leaves it."""
    merge = uuid4()
    for statement in (
        """INSERT INTO hub.person_merge (merge_id, survivor_id, merged_id, source_review, merged_at)
           VALUES (%(m)s, %(s)s, %(o)s, uuidv7(), now())""",
        """INSERT INTO hub.person_merge_item SELECT %(m)s, 'passed', 'hub.account', account_id FROM hub.account
           WHERE person_id = %(o)s""",
        "UPDATE hub.account SET person_id = %(s)s WHERE person_id = %(o)s",
        "UPDATE hub.enrolment_line SET payer_id = %(s)s WHERE payer_id = %(o)s",
    ):
        board.place.rows(statement, m=merge, s=survivor.adult, o=other.adult)
    return merge


def test_after_a_merge_what_was_begun_goes_on_where_it_was_and_new_requests_are_the_survivors(board: Board) -> None:
    survivor, other = board.family(city=False), board.family((CANTEEN, CAISSE), city=False)
    before, after = board.account(other), board.account(survivor)
    board.work()
    merged(board, survivor, other)
    late = board.family(("after_school", FAMILLES), city=False)
    board.place.rows(
        "UPDATE hub.enrolment_line SET payer_id = %(s)s WHERE payer_id = %(l)s", s=survivor.adult, l=late.adult
    )
    board.closes(other)
    board.work()
    shown = board.store.told()["customers"]
    states = {who: sorted(one["status"] for states in shown[who].values() for one in states) for who in shown}
    assert states == {before: [TO_COMPLETE, CLOSED], after: [TO_COMPLETE, TO_COMPLETE]}


def test_who_said_no_under_one_account_said_no(board: Board) -> None:
    survivor, other = board.family(), board.family()
    board.wants(other, False)
    merge = merged(board, survivor, other)
    assert board.work() == 0
    board.place.rows(
        "UPDATE hub.person_merge SET part_asked_at = now(), parted_at = now() WHERE merge_id = %(m)s", m=merge
    )
    assert board.work() == 2


def test_a_line_whose_account_became_anothers_begins_anew_under_its_own(board: Board) -> None:
    made, stranger = board.family(city=False), board.family(city=False)
    board.account(made)
    board.work()
    first = board.row(made)
    board.place.rows("UPDATE hub.account SET person_id = %(o)s WHERE person_id = %(p)s", o=stranger.adult, p=made.adult)
    assert board.look() == 1  # the stranger's own line
    own = board.account(made)
    board.work()
    row = board.row(made)
    assert (row["number"], row["demand"] != first["demand"], own in board.store.told()["customers"]) == (2, True, True)


SEEN: dict[str, Callable[[Made], dict[str, Any]]] = {
    "nobody": lambda _: {},
    "the family": lambda made: {"person": made.adult},
    "the body": lambda _: {"partner": CAISSE},
    "the City": lambda _: {"partner": CITY},
}


@pytest.mark.parametrize("who", SEEN)
def test_only_who_tells_sees_what_is_shown(board: Board, who: str) -> None:
    made = board.family()
    board.work()
    found = select(SHOWN_LINE).where(SHOWN_LINE.c.line_id == made.lines[CANTEEN])
    with standing(purpose="", **SEEN[who](made)), board.place.custody.db.read() as tx:
        assert tx.execute(found).all() == []
        assert tx.execute(select(select(1).select_from(SHOWN_LINE).exists())).scalar_one() is False
    with standing(purpose=Purpose.TELLING), board.place.custody.db.read() as tx:
        assert len(tx.execute(found).all()) == 1
