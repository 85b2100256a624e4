"""A parent's quotient that comes through HubEE is taken in once, for who sent it, and whoever sent it to us is told."""

import json
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select

from connectors.client_credentials import SignedInTransport
from connectors.hubee.codec import HubeeCodec
from connectors.hubee.commands import RECEIVING
from connectors.port import Binding
from connectors.sandbox.faults import FaultOrder, Faults
from connectors.sandbox.hubee.folders import FolderOrder, Member
from connectors.sandbox.hubee.partner import PlayedHubee
from connectors.sandbox.wire import PlayedTransport
from contracts.identifiers import Siret
from hub.exchanges.carrying import Engine
from hub.exchanges.folder_owners import AGAIN, find_owners, take_folder_in
from hub.exchanges.folders_in import folder_effects, look
from hub.exchanges.tables import FOLDER_IN
from hub.exchanges.traffic import carry_out
from hub.exchanges.ways import Way
from hub.requirements.catalogue import load
from tests.assets.families import Made
from tests.system import CAISSE
from tests.unit.hub.exchanges.test_january import CLAIMED, FEBRUARY, family, request_of  # noqa: F401 - a fixture
from tests.unit.hub.school_files.conftest import Place, place, server  # noqa: F401 - fixtures of another folder
from vault.standing import standing

CATALOGUE = load()
PIVOT = {"birthdate": "1988-04-02", "gender": "female", "birthplace": "75113", "birthcountry": "99100"}


@dataclass
class Town:
    """A body at the played HubEE, and the process that looks there for it."""

    place: Place
    partner: PlayedHubee
    way: Way
    faults: Faults
    looks: int = 0

    def send(self, made: Made, flaw: str = "", **pivot: str) -> UUID:
        """Have the parent send their quotient; return its case."""
        said = PIVOT | {"family_name": made.name, "given_name": made.given} | pivot
        child = Member(family_name=made.name, given_names=made.first, birthdate=made.born_on)
        told = {
            "siret": CAISSE,
            "pivot": said,
            "value": 742,
            "year": 2027,
            "month": 1,
            "children": [child],
            "flaw": flaw,
        }
        return self.partner.books.send(FolderOrder.model_validate(told))

    def work(self) -> None:
        """Look, fetch, find whose it is, take in, and answer."""
        self.looks += 1
        look(self.place.custody, self.way, self.looks)
        self.carry()
        find_owners(self.place.custody, CATALOGUE, self.way)
        for row in self.place.rows("SELECT DISTINCT request_id FROM hub.folder_in WHERE state = 'matched'"):
            (job,) = self.place.rows(CLAIMED, args=json.dumps({"request_id": str(row["request_id"])}))
            with standing(job=job["id"]):
                take_folder_in(self.place.custody, CATALOGUE, {self.way.binding.slug: self.way}, row["request_id"])
        self.carry()

    def carry(self) -> None:
        engine = Engine(self.place.custody, folder_effects(self.place.custody, {self.way.binding.slug: self.way}))
        carry_out(engine, self.way, at_most=60)

    def folders(self) -> list[tuple[str, str | None, bool]]:
        found = (
            "SELECT state, why, lies FROM hub.folder_in WHERE binding = %(one)s ORDER BY case_id NULLS FIRST, event_id"
        )
        return [(row["state"], row["why"], row["lies"]) for row in self.place.rows(found, one=self.way.binding.slug)]


@pytest.fixture
def town(place: Place, family: Made) -> Town:  # noqa: F811 - the fixtures
    place.clock[0] = FEBRUARY
    slug = f"hubee-{uuid4().hex[:12]}"
    secrets = {"client_id": SecretStr("town"), "client_secret": SecretStr("of-this-test")}
    binding = Binding(
        slug, "https://hubee.test/v1", Siret(CAISSE), secrets, token_url="https://hubee.test/oauth2/token"
    )
    faults, partner = Faults(), PlayedHubee(CAISSE, "town", "of-this-test", lambda: place.clock[0])
    wire, tokens = (PlayedTransport(partner, one, "hubee", lambda: place.clock[0]) for one in (faults, Faults()))
    way = Way(HubeeCodec(), binding, SignedInTransport(wire, tokens, binding, RECEIVING, lambda: place.clock[0]))
    return Town(place, partner, way, faults)


def pulled(place: Place, made: Made) -> list[dict]:  # noqa: F811 - the fixture's type
    kept = "SELECT usable_by, usable_for FROM hub.evidence WHERE holder_id = %(who)s AND kind = 'pulled'"
    return place.rows(kept, who=made.adult)


def test_a_sent_quotient_is_what_a_pulled_one_is_and_its_sender_is_told_once(town: Town, family: Made) -> None:  # noqa: F811 - the fixture
    case = town.send(family)
    town.work()
    town.work()
    assert pulled(town.place, family) == [{"usable_by": CAISSE, "usable_for": "canteen_tariff"}]
    assert town.place.standing(family)["canteen_tariff", "household_income"] == "quotient_familial"
    papers = "SELECT origin, media_type FROM vault.document WHERE holder_id = %(who)s ORDER BY origin"
    assert [row["media_type"] for row in town.place.rows(papers, who=family.adult)] == [
        "application/pdf",
        "application/json",
    ]
    journaled = "SELECT count(*) AS n FROM vault.journal_record WHERE %(who)s = ANY (subjects)"
    assert town.place.rows(journaled, who=family.adult) == [{"n": 2}]
    assert town.folders() == [("done", None, False)]
    books = town.partner.books
    assert (books.cases[case].status, books.queue, set(books.effects.values())) == ("DONE", [], {1})


def test_a_hundred_strange_ones_in_front_starve_nobody(town: Town, family: Made) -> None:  # noqa: F811 - the fixture
    town.partner.honours_process = False
    for number in range(100):
        town.partner.books.notify(CAISSE, case=None, process="CERTDC", broken=number % 2 == 0)
    town.send(family)
    town.work()
    assert len(pulled(town.place, family)) == 1
    # What is not ours lies where it lay.
    assert len(town.partner.books.queue) == 100


@pytest.mark.parametrize("flaw", ["digest", "no_digest", "size", "identity", "json", "files"])
def test_a_broken_folder_is_set_aside_and_the_next_is_taken(town: Town, family: Made, flaw: str) -> None:  # noqa: F811 - the fixture
    spoilt, whole = town.send(family, flaw), town.send(family)
    town.work()
    town.work()
    states = {number: held.status for number, held in town.partner.books.cases.items()}
    assert states == {spoilt: "SI_INTG_ERROR", whole: "DONE"}
    assert sorted(one[0] for one in town.folders()) == ["aside", "done"]
    assert len(pulled(town.place, family)) == 1


@pytest.mark.parametrize(
    "other", [{"family_name": "Durand-Autre"}, {"birthplace": "69123"}, {"gender": "male"}, {"birthdate": "1988-04-03"}]
)
def test_nobody_is_guessed(town: Town, family: Made, other: dict[str, str]) -> None:  # noqa: F811 - the fixture
    town.send(family, **other)
    town.work()
    assert (town.folders(), pulled(town.place, family)) == ([("found", "nobody", True)], [])


def test_who_asks_for_the_tariff_later_is_found_then(town: Town, family: Made) -> None:  # noqa: F811 - the fixture
    known = "UPDATE hub.civil_status SET birth_place = %(where)s WHERE person_id = %(who)s"
    town.place.rows(known, where="69123", who=family.adult)
    town.send(family)
    town.work()
    town.place.rows(known, where="75113", who=family.adult)
    town.place.clock[0] = FEBRUARY + AGAIN
    town.work()
    assert town.folders() == [("done", None, False)]


def test_a_name_that_its_holder_typed_in_is_nobodys(town: Town, family: Made) -> None:  # noqa: F811 - the fixture
    town.place.rows("UPDATE hub.civil_status SET grade = 'self_declared' WHERE person_id = %(w)s", w=family.adult)
    town.send(family)
    town.work()
    assert pulled(town.place, family) == []


def test_a_status_that_was_told_with_its_answer_lost_is_looked_up_and_not_told_again(town: Town, family: Made) -> None:  # noqa: F811 - the fixture
    case = town.send(family)
    look(town.place.custody, town.way, 0)
    town.carry()
    town.faults.order(FaultOrder(target="hubee", kind="slow"))
    town.faults.order(FaultOrder(target="hubee", kind="500_after_effect"))
    town.work()
    for _ in range(3):
        town.place.clock[0] += AGAIN
        town.carry()
    assert town.partner.books.effects[f"event/{case}/DONE"] == 1
    assert town.folders()[0][0] == "done"


def test_what_the_sender_closes_is_taken_out_of_the_queue(town: Town, family: Made) -> None:  # noqa: F811 - the fixture
    case = town.send(family)
    town.work()
    town.partner.close(case)
    town.work()
    assert town.partner.books.queue == []
    assert {one[0] for one in town.folders()} == {"done"}


def test_a_case_told_of_twice_is_read_once(town: Town, family: Made) -> None:  # noqa: F811 - the fixture
    case = town.send(family)
    town.partner.books.notify(CAISSE, case=case)
    town.work()
    town.partner.books.notify(CAISSE, case=case)
    town.work()
    assert (len(pulled(town.place, family)), town.partner.books.queue) == (1, [])


def test_a_folder_is_seen_by_its_body_alone(town: Town, family: Made) -> None:  # noqa: F811 - the fixture
    town.send(family)
    look(town.place.custody, town.way, 1)
    town.carry()
    for named, seen in (({"partner": CAISSE}, 1), ({"partner": "91000002700011"}, 0), ({"job": 0}, 0)):
        with standing(**named), town.place.custody.db.read() as tx:
            mine = select(func.count()).where(FOLDER_IN.c.binding == town.way.binding.slug)
            assert tx.execute(mine).scalar_one() == seen
