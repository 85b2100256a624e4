"""A body's file of decisions, what follows from it, and what becomes of it when a family parts, moves or is made one."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy.engine import make_url

from connectors.port import Binding
from contracts.calendar import Parity
from contracts.decisions import Author, Decision, DecisionKind, Flaw, Payer, Remedy, RemedyKind, Taken
from contracts.identifiers import PartnerPseudonym, Siret
from contracts.outcomes import OutcomeKind
from hub.decisions.settling import settle_decisions
from hub.exchanges.decided import DecisionFile, TakenIn, take_in
from hub.partners.applying import Wanted, apply
from hub.partners.registry import read_partners
from hub.requirements.catalogue import load
from hub.school_files.judging import judge_family
from orchestration.stack.layout import CODE_ROOT
from tests.assets.families import Made
from tests.system import CAISSE, FAMILLES
from tests.unit.hub.school_files.conftest import NOW, Place, place, server  # noqa: F401 - fixtures of another folder
from vault.db import Database
from vault.documents.custody import Custody
from vault.journal.records import Actor, ActorKind
from vault.standing import standing

CATALOGUE = load()
TARIFF, REUSED = ("canteen_tariff", "tariff_decision"), ("after_school", "tariff_decision")
SERVICES = [("canteen_tariff", CAISSE), ("after_school", FAMILLES)]
BINDING = Binding("caisse-13-fichiers", "https://files.test", Siret(CAISSE))
FEBRUARY = datetime(2027, 2, 1, 9, tzinfo=UTC)


@pytest.fixture
def caisse(place: Place) -> Iterator[Custody]:  # noqa: F811 - the fixture
    """The process that fetches files, under its own login, with the Caisse's agreement in force."""
    owner = Database.connect(place.url, pool_size=1)
    (file,) = (one for one in read_partners(CODE_ROOT / "contracts" / "partners") if one.siret == CAISSE)
    with standing(purpose="migration"), owner.transaction() as tx:
        apply(tx, Wanted(file), wrap_secret=lambda: None, actor=Actor(ActorKind.PROCESS, "test"), now=NOW)
    owner.close()
    address = make_url(place.url).set(username="unefois_pipelines", password="of-this-test")
    found = Database.connect(address.render_as_string(hide_password=False), pool_size=1)
    yield replace(place.custody, db=found)
    found.close()


@pytest.fixture
def made(place: Place) -> Made:  # noqa: F811 - the fixture
    """A family with a line at the Caisse and one at Paris Familles."""
    found = Made()
    place.seed((found, []), services=SERVICES)
    return found


def named(place: Place, line: UUID) -> PartnerPseudonym:  # noqa: F811 - the fixture's type
    """What the Caisse calls a line."""
    value = uuid4()
    place.rows("INSERT INTO hub.pseudonym VALUES (%(s)s, 'file', %(l)s, %(v)s)", s=CAISSE, l=line, v=value)
    return PartnerPseudonym(value)


def tariff(line: PartnerPseudonym, band: str = "4", **changed) -> Decision:
    told = Decision(
        kind=DecisionKind.TARIFF,
        decided_by=Siret(CAISSE),
        service="canteen_tariff",
        line=line,
        number=f"T-{uuid4()}",
        decided_on=date(2026, 9, 10),
        valid_from=date(2026, 9, 1),
        valid_until=date(2027, 8, 31),
        author=Author("Tarifs", "Responsable"),
        remedies=(Remedy(RemedyKind.COURT, "Tribunal administratif de Paris", 2),),
        band=band,
    )
    return replace(told, **changed)


def taken(caisse: Custody, *decisions: Decision, name: str = "") -> TakenIn:
    return take_in(
        caisse, CATALOGUE, BINDING, DecisionFile(name or str(uuid4()), bytes(32), decisions), correlation="test"
    )


def settle(place: Place, *families: Made) -> None:  # noqa: F811 - the fixture's type
    """What the worker does with the jobs that a file left."""
    for made in families:
        (job,) = place.rows(
            """INSERT INTO jobs.procrastinate_jobs (queue_name, task_name, priority, args, status)
               VALUES ('tried', 'tried', 0, %(args)s, 'doing') RETURNING id""",
            args=json.dumps({"adult_id": str(made.adult)}),
        )
        with standing(job=job["id"]):
            settle_decisions(place.custody, CATALOGUE, made.adult)


def bands(place: Place, made: Made) -> dict[str, str]:  # noqa: F811 - the fixture's type
    """The band that each service of a family rests on by a decision, now."""
    found = place.rows(
        """SELECT l.service, f.tariff_band FROM hub.satisfaction s JOIN hub.enrolment_line l USING (line_id)
           JOIN hub.fit f USING (fit_id) WHERE l.payer_id = %(who)s AND s.until IS NULL AND s.requirement = 'tariff_decision'""",
        who=made.adult,
    )
    return {row["service"]: row["tariff_band"] for row in found}


def test_a_file_has_one_exchange_and_an_outcome_a_line_however_often_it_is_taken_in(place, caisse, made):  # noqa: F811 - the fixture
    line = named(place, made.lines["canteen_tariff"])
    file = (tariff(line), tariff(PartnerPseudonym(uuid4())), tariff(line, service="after_school"))
    first, again = taken(caisse, *file, name="a"), taken(caisse, *file, name="a")
    assert [one.flaw for one in first.lines] == [None, Flaw.NO_SUCH_LINE, Flaw.NOT_YOURS_TO_DECIDE]
    assert (first.outcome, again.lines[0].taken, again.exchange_id) == (
        OutcomeKind.PARTIAL,
        Taken.REPEATED,
        first.exchange_id,
    )
    kept = (
        "SELECT exchange_id, state FROM hub.line_decision JOIN hub.exchange USING (exchange_id) WHERE line_id = %(l)s"
    )
    assert place.rows(kept, l=made.lines["canteen_tariff"]) == [{"exchange_id": first.exchange_id, "state": "settled"}]
    assert taken(caisse, file[0]).outcome is OutcomeKind.DUPLICATE
    assert taken(caisse).outcome is OutcomeKind.EMPTY


def test_settling_twice_seals_once(place, caisse, made):  # noqa: F811 - the fixture
    taken(caisse, tariff(named(place, made.lines["canteen_tariff"])))
    settle(place, made, made)
    held = "SELECT kind, grade FROM hub.evidence WHERE holder_id = %(who)s"
    assert place.rows(held, who=made.adult) == [{"kind": "decision", "grade": "source_pulled"}]
    assert bands(place, made) == {"canteen_tariff": "4", "after_school": "4"}


def test_what_takes_effect_later_is_judged_again_on_that_day(place, caisse, made):  # noqa: F811 - the fixture
    line = named(place, made.lines["canteen_tariff"])
    taken(caisse, tariff(line), tariff(line, "6", valid_from=date(2027, 2, 1)))
    settle(place, made)
    assert bands(place, made)["after_school"] == "4"
    (until,) = place.rows(
        "SELECT good_until FROM hub.fit WHERE line_id = %(l)s AND outcome = 'passed' AND superseded_at IS NULL",
        l=made.lines["after_school"],
    )
    assert until["good_until"] == date(2027, 2, 1)
    waiting = """SELECT scheduled_at FROM jobs.procrastinate_jobs
                 WHERE task_name = 'evaluate_family' AND args ->> 'adult_id' = %(who)s"""
    assert [row["scheduled_at"] for row in place.rows(waiting, who=str(made.adult))] == [
        datetime(2027, 1, 31, 23, tzinfo=UTC)
    ]
    place.clock[0] = FEBRUARY
    judge_again(place, made)
    assert bands(place, made)["after_school"] == "6"


def judge_again(place: Place, made: Made) -> None:  # noqa: F811 - the fixture's type
    with place.custody.db.transaction() as tx:
        judge_family(tx, place.custody, CATALOGUE, made.adult, now=place.clock[0])


def test_two_homes_each_have_their_own_weeks_and_band_and_not_the_others(place, caisse, made):  # noqa: F811 - the fixture
    other = Made(name="MARTIN", given="Yann")
    place.seed((other, []), services=SERVICES)
    share = "UPDATE hub.enrolment_line SET parity = %(p)s, file_id = %(f)s WHERE line_id = ANY(%(l)s)"
    for one, parity in ((made, "even"), (other, "odd")):
        place.rows(share, p=parity, f=made.file, l=list(one.lines.values()))
    mine, theirs = (named(place, one.lines["canteen_tariff"]) for one in (made, other))
    payers = (Payer(mine, "4", Parity.EVEN), Payer(theirs, "9", Parity.ODD))
    assert taken(caisse, tariff(mine, payers=payers)).outcome is OutcomeKind.APPLIED
    settle(place, made, other)
    assert (bands(place, made)["after_school"], bands(place, other)["after_school"]) == ("4", "9")
    said = "SELECT decided_on ->> 'weeks' AS weeks FROM hub.fit WHERE line_id = %(l)s"
    assert place.rows(said, l=other.lines["after_school"]) == [{"weeks": "odd"}]
    # Of two families that have nothing to do with each other no decision speaks at once.
    stranger = Made(name="OUVRARD")
    place.seed((stranger, []), services=SERVICES)
    far = named(place, stranger.lines["canteen_tariff"])
    both = (Payer(mine, "4", Parity.EVEN), Payer(far, "9", Parity.ODD))
    assert taken(caisse, tariff(mine, payers=both)).lines[0].flaw is Flaw.NO_SUCH_LINE


def test_when_the_line_passes_to_another_caisse_the_decision_ends_with_it(place, caisse, made):  # noqa: F811 - the fixture
    line = named(place, made.lines["canteen_tariff"])
    taken(caisse, tariff(line))
    settle(place, made)
    place.rows(
        "UPDATE hub.enrolment_line SET valid_until = %(d)s WHERE line_id = %(l)s",
        d=date(2027, 1, 14),
        l=made.lines["canteen_tariff"],
    )
    judge_again(place, made)
    (until,) = place.rows(
        "SELECT good_until FROM hub.fit WHERE line_id = %(l)s AND superseded_at IS NULL", l=made.lines["after_school"]
    )
    assert until["good_until"] == date(2027, 1, 15)
    late = tariff(line, valid_from=date(2027, 1, 15), decided_on=date(2026, 9, 20))
    assert taken(caisse, late).lines[0].flaw is Flaw.OUTSIDE_LINE
    place.clock[0] = FEBRUARY
    judge_again(place, made)
    assert bands(place, made).get("after_school") is None


def test_when_two_accounts_become_one_the_decision_follows_to_the_line_that_goes_on(place, caisse, made):  # noqa: F811 - the fixture
    other = Made(name="BELKACEM", given="Nora")
    place.seed((other, []), services=SERVICES)
    before, goes_on = other.lines["canteen_tariff"], made.lines["canteen_tariff"]
    line = named(place, before)
    place.rows("UPDATE hub.enrolment_line SET file_id = %(f)s WHERE payer_id = %(p)s", f=made.file, p=other.adult)
    place.rows(
        """WITH merge AS (INSERT INTO hub.person_merge (merge_id, survivor_id, merged_id, source_review, merged_at)
                          VALUES (gen_random_uuid(), %(s)s, %(m)s, gen_random_uuid(), now()) RETURNING merge_id),
                rests AS (UPDATE hub.enrolment_line SET retracted_at = now() WHERE line_id = %(b)s)
           INSERT INTO hub.line_succession SELECT %(b)s, %(g)s, merge_id FROM merge""",
        s=made.adult,
        m=other.adult,
        b=before,
        g=goes_on,
    )
    assert taken(caisse, tariff(line)).outcome is OutcomeKind.APPLIED
    kept = "SELECT count(*) AS many FROM hub.line_decision WHERE line_id = %(l)s"
    assert place.rows(kept, l=goes_on) == [{"many": 1}]
    settle(place, made)
    assert bands(place, made)["after_school"] == "4"
