"""Bodies that are told of families: who plans and who carries, each under its own login, and a partner that is played."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.engine import make_url

from connectors.port import Transport
from connectors.registry import ENGINE_CODECS
from contracts.documents import EvidenceType, Grade
from contracts.identifiers import PersonId, Siret
from hub.exchanges.carrying import Engine
from hub.exchanges.effects import Effects
from hub.exchanges.looking import Day, look_at_day
from hub.exchanges.pulling import Pulls, plan_pulls
from hub.exchanges.pushing import Pushes, plan_pushes
from hub.exchanges.traffic import carry_out
from hub.exchanges.ways import Way
from hub.partners.applying import Wanted, apply
from hub.partners.registry import read_partners
from hub.requests.granting import for_a_request, write_grant
from hub.requests.notices import give_notice, notice_of_authorisation, notice_on_request
from hub.requirements.catalogue import load
from hub.school_files.judging import judge_family
from orchestration.conforming.subjects import binding_of
from orchestration.stack.layout import CODE_ROOT
from tests.assets.families import Made, Paper
from tests.unit.hub.school_files.conftest import NOW, TODAY, Place
from vault.db import Database
from vault.documents.custody import Custody
from vault.journal.records import Actor, ActorKind
from vault.standing import Purpose, standing

CATALOGUE = load()
PROCESS = Actor(ActorKind.PROCESS, "test")


@dataclass
class Told:
    """One binding, whoever plans for it, and the way on which the worker carries."""

    place: Place
    planner: Custody
    way: Way

    def push(self, day: date = TODAY, **more: Any) -> Pushes:
        return plan_pushes(self.planner, CATALOGUE, self.way, day, **more)

    def pull(self, day: date = TODAY) -> Pulls:
        return plan_pulls(self.planner, self.way, day)

    def carry(self) -> int:
        """What the worker does with what is due."""
        effects = Effects(self.place.custody, CATALOGUE, {self.way.binding.slug: self.way}).all()
        return carry_out(Engine(self.place.custody, effects), self.way)

    def day(self, day: date = TODAY) -> Day:
        return look_at_day(self.planner.db, self.way, day)

    def told(self, line: UUID) -> dict[str, Any]:
        slug = self.way.binding.slug
        (row,) = self.place.rows(
            "SELECT * FROM hub.told_line WHERE binding = %(b)s AND line_id = %(l)s", b=slug, l=line
        )
        return row


@contextmanager
def telling(
    place: Place, connector: str, siret: str, transport: Transport, *operations: str, slug: str
) -> Iterator[Told]:
    """Every body has its convention; the planner has the pipelines' login, and no secret."""
    owner = Database.connect(place.url, pool_size=1)
    with standing(purpose="migration"), owner.transaction() as tx:
        for partner in read_partners(CODE_ROOT / "contracts" / "partners"):
            apply(tx, Wanted(partner), wrap_secret=lambda: None, actor=PROCESS, now=NOW)
    owner.close()
    address = make_url(place.url).set(username="unefois_pipelines", password="of-this-test")
    planner = replace(place.custody, db=Database.connect(address.render_as_string(hide_password=False), pool_size=1))
    # The kit's own secrets: what its played partners know us by.
    binding = replace(binding_of(slug), siret=Siret(siret), operations=frozenset(operations))
    yield Told(place, planner, Way(ENGINE_CODECS[connector], binding, transport))
    planner.db.close()


def papers_for(made: Made, siret: str, quotient: str = "742") -> list[Paper]:
    """The usual papers, and a quotient familial that was fetched for one Caisse."""
    kept = [one for one in made.usual(TODAY) if one.kind is not EvidenceType.QUOTIENT_FAMILIAL]
    household = f"{made.name}/{made.first}/{made.born_on}"
    fetched = Paper(
        EvidenceType.QUOTIENT_FAMILIAL,
        {"quotient_familial": quotient, "children": household},
        Grade.SOURCE_PULLED,
        TODAY.replace(day=1),
        for_body=(siret, "canteen_tariff"),
        as_of=NOW,
    )
    return [*kept, fetched]


def in_order(
    place: Place, services: Sequence[tuple[str, str]], *, quotient: str = "742", allowed: bool = True, **facts: Any
) -> Made:
    """A family whose papers are in order, that asked for some services, and was told; and let them be reused."""
    made = Made(**facts)
    caisse = next((body for service, body in services if service == "canteen_tariff"), services[0][1])
    place.seed((made, papers_for(made, caisse, quotient)), services=services, at=NOW - timedelta(days=1))
    for service, body in services:
        _told_by_the_door(place, made, service, body, allowed=allowed)
    judge(place, made)
    return made


def judge(place: Place, made: Made) -> None:
    with standing(purpose=Purpose.REEVALUATION), place.custody.db.transaction() as tx:
        judge_family(tx, place.custody, CATALOGUE, made.adult, now=place.clock[0])


def _told_by_the_door(place: Place, made: Made, service: str, body: str, *, allowed: bool) -> None:
    owner = Database.connect(place.url, pool_size=1)
    siret, person = Siret(body), PersonId(made.adult)
    asked = "SELECT request_id FROM hub.request WHERE line_id = %(l)s"
    (row,) = place.rows(asked, l=made.lines[service])
    about: dict[str, Any] = {"request_id": row["request_id"], "recipient": siret, "channel": "api", "now": NOW}
    with owner.transaction() as tx:
        give_notice(tx, notice_on_request(CATALOGUE, service, siret), person, **about)
        if allowed:
            read = give_notice(tx, notice_of_authorisation(CATALOGUE, service, siret), person, **about)
            until = date(2027, 8, 31)
            terms = for_a_request(CATALOGUE, person, row["request_id"], (service, siret), until=until, now=NOW)
            write_grant(tx, terms, Actor(ActorKind.RESIDENT, str(person)), notice_id=read, now=NOW)
    owner.close()
