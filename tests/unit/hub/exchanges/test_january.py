"""A quotient asked for in January is asked for again in February, by a clock that the test moves."""

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from connectors.api_particulier.routes import ROUTES
from connectors.port import Binding, Exchange, WireRequest
from contracts.documents import EvidenceType, Grade
from contracts.identifiers import Siret
from contracts.outcomes import Phase
from hub.exchanges.quotient import QuotientSource, fetch_quotient_familial
from hub.requirements.catalogue import load
from tests.assets.families import Made, Paper
from tests.system import CAISSE
from tests.unit.hub.school_files.conftest import Place, place, server  # noqa: F401 - fixtures of another folder
from tests.unit.hub.school_files.test_judging import judge
from vault.standing import standing

CATALOGUE = load()
JANUARY = datetime(2027, 1, 12, 9, tzinfo=UTC)
FEBRUARY = datetime(2027, 2, 2, 18, tzinfo=UTC)
TARIFF = [("canteen_tariff", CAISSE)]
CLAIMED = """INSERT INTO jobs.procrastinate_jobs (queue_name, task_name, priority, args, status)
             VALUES ('tried', 'tried', 0, %(args)s, 'doing') RETURNING id"""
"""A job that a worker is doing: by its number the database knows whose papers it may touch."""


@dataclass
class Caf:
    """Answers with the figure of the month it is asked for, as the CAF stands on the day of the clock."""

    made: Made
    clock: list[datetime]
    figures: list[int]
    asked: list[tuple[str, ...]] = field(default_factory=list)

    def send(self, request: WireRequest) -> Exchange:
        """Answer one question."""
        query = parse_qs(urlsplit(request.url).query)
        self.asked.append((*query.get("annee", ()), *query.get("mois", ())))
        now = self.clock[0]
        year, month = (int(one) for one in self.asked[-1] or (now.year, now.month))
        person = {"nom_naissance": self.made.name, "nom_usage": None, "sexe": "F"}
        adult = person | {"prenoms": self.made.given, "date_naissance": "1988-04-02"}
        child = person | {"prenoms": self.made.first, "date_naissance": self.made.born_on}
        quotient = {"fournisseur": "CNAF", "valeur": self.figures.pop(0), "annee": year, "mois": month}
        address = {"destinataire": "X", "code_postal_ville": "75013 PARIS", "pays": "FRANCE"}
        data = {
            "allocataires": [adult],
            "enfants": [child],
            "adresse": address,
            "quotient_familial": quotient | {"annee_calcul": year, "mois_calcul": month},
        }
        body = json.dumps({"data": data, "links": {}, "meta": {}}).encode()
        return Exchange(Phase.COMPLETE, now, 200, (("content-type", "application/json"),), body)


@pytest.fixture
def family(place: Place) -> Made:  # noqa: F811 - the fixture
    """A parent who asked for a tariff in January, and whom the CAF can be asked about."""
    place.clock[0] = JANUARY
    made = Made()
    place.seed((made, []), at=JANUARY, services=TARIFF)
    known = "UPDATE hub.civil_status SET gender = 'female', birth_country = '99100', birth_place = '75113'"
    place.rows(known + " WHERE person_id = %(who)s", who=made.adult)
    return made


def request_of(place: Place, made: Made):  # noqa: F811 - the fixture's type
    (row,) = place.rows("SELECT request_id FROM hub.request WHERE requester_id = %(who)s", who=made.adult)
    return row["request_id"]


def claimed(place: Place, made: Made) -> int:  # noqa: F811 - the fixture's type
    """The number of a job that is being done about the request."""
    (job,) = place.rows(CLAIMED, args=json.dumps({"request_id": str(request_of(place, made))}))
    return int(job["id"])


def fetch(place: Place, caf: Caf, made: Made) -> None:  # noqa: F811 - the fixture's type
    binding = Binding("caf-13", "https://caf.test", Siret(CAISSE), {"token": SecretStr("made up")}, frozenset(ROUTES))
    source = QuotientSource(lambda _: binding, lambda _: caf)
    with standing(job=claimed(place, made)):
        assert fetch_quotient_familial(place.custody, CATALOGUE, source, request_of(place, made)) is None


def due(place: Place, made: Made) -> list[datetime | None]:  # noqa: F811 - the fixture's type
    jobs = """SELECT scheduled_at FROM jobs.procrastinate_jobs WHERE task_name = 'fetch_quotient_familial'
              AND args ->> 'request_id' = %(one)s ORDER BY id"""
    return [row["scheduled_at"] for row in place.rows(jobs, one=str(request_of(place, made)))]


def test_what_was_asked_in_january_is_asked_again_in_february_and_once(place: Place, family: Made) -> None:  # noqa: F811 - the fixture
    caf = Caf(family, place.clock, [742, 1500])
    fetch(place, caf, family)
    assert caf.asked == [("2026", "12")]
    (at,) = due(place, family)
    assert at is not None
    assert at.astimezone(ZoneInfo("Europe/Paris")).date() == date(2027, 2, 2)
    fetch(place, caf, family)
    place.clock[0] = FEBRUARY
    for _ in range(2):
        fetch(place, caf, family)
    assert caf.asked == [("2026", "12"), ()]
    assert len(due(place, family)) == 1


def test_the_later_figure_is_judged_in_place_of_the_earlier_which_stays(place: Place, family: Made) -> None:  # noqa: F811 - the fixture
    caf = Caf(family, place.clock, [742, 1500])
    fetch(place, caf, family)
    place.clock[0] = FEBRUARY
    fetch(place, caf, family)
    pulled = "SELECT issued_on, withdrawn_at FROM hub.evidence WHERE holder_id = %(who)s ORDER BY issued_on"
    assert place.rows(pulled, who=family.adult) == [
        {"issued_on": date(2026, 12, 1), "withdrawn_at": None},
        {"issued_on": date(2027, 2, 1), "withdrawn_at": None},
    ]
    bands = """SELECT f.tariff_band, s.until IS NULL AS now FROM hub.satisfaction s JOIN hub.fit f USING (fit_id)
               JOIN hub.enrolment_line l ON l.line_id = s.line_id WHERE l.payer_id = %(who)s ORDER BY s.since"""
    assert place.rows(bands, who=family.adult) == [
        {"tariff_band": "4", "now": False},
        {"tariff_band": "6", "now": True},
    ]


def test_another_month_is_asked_about_once(place: Place, family: Made) -> None:  # noqa: F811 - the fixture
    place.clock[0] = datetime(2026, 11, 20, 9, tzinfo=UTC)
    caf = Caf(family, place.clock, [742])
    fetch(place, caf, family)
    assert due(place, family) == []
    fetch(place, caf, family)
    assert caf.asked == [()]


def test_a_line_that_ended_meanwhile_is_asked_about_no_more(place: Place, family: Made) -> None:  # noqa: F811 - the fixture
    caf = Caf(family, place.clock, [742])
    fetch(place, caf, family)
    place.rows("UPDATE hub.enrolment_line SET valid_until = '2027-01-20' WHERE payer_id = %(who)s", who=family.adult)
    place.clock[0] = FEBRUARY
    fetch(place, caf, family)
    assert len(caf.asked) == 1


def test_a_certificate_of_january_has_the_source_asked_in_february(place: Place) -> None:  # noqa: F811 - the fixture
    place.clock[0] = JANUARY
    made = Made()
    fields = {
        "quotient_familial": "742",
        "holder_name": f"{made.given} {made.name}",
        "children": f"{made.name}/{made.first}/{made.born_on}",
    }
    paper = Paper(EvidenceType.QUOTIENT_FAMILIAL, fields, Grade.AGENT_CHECKED, date(2027, 1, 1))
    place.seed((made, [paper]), at=JANUARY, services=TARIFF)
    judge(place, made)
    assert {fit["reason"] for fit in place.fits(made.adult)} == {"january_not_settled"}
    (at,) = due(place, made)
    assert at is not None
    assert at.month == 2
