"""At eighteen: told before, guardians' part ends that day, and what is about the child alone is the child's and nobody else's."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from contracts.calendar import PARIS, majority
from hub.bootstrap import Back, back
from hub.majority import coming
from hub.settings import HubSettings
from orchestration.stack import environment
from tests.architecture.standings import counted, job
from tests.journeys.agents import BRUNO, CLAIRE, Agent
from tests.journeys.doors import Partner, assert_problem, person_id, rows, value
from tests.journeys.test_linking import steps, told_of
from tests.journeys.test_merging import coined, opened, papers, second_reviewer
from tests.system import CAISSE, MAIRIE, Resident, System, eventually
from vault.settings import VaultSettings
from vault.standing import standing

PDF = "application/pdf"
SERVICE = "canteen_enrolment"
GROWN = {"outcome": "passed", "reason": "grown_child"}
OTHER = {"outcome": "failed", "reason": "other_grown_person"}
TOLD = "Votre enfant aura bientôt 18 ans : ses documents seront alors à lui"
ENDED = "Votre enfant a 18 ans : ses documents sont à lui, et vous ne voyez plus son dossier"


@dataclass
class Grown(Resident):
    """Somebody who was a child here, with an account of their own."""

    born_on: date = field(default=date(2008, 1, 1))

    def _registration(self) -> dict[str, Any]:
        told = super()._registration()
        told["persona"] |= {"birthdate": self.born_on.isoformat()}
        return told


@pytest.fixture
def parts(running: System, monkeypatch) -> Iterator[Back]:
    """What the worker has."""
    for name, told in environment.worker("test", running.places, running.stores).items():
        monkeypatch.setenv(name, told)
    made = back(VaultSettings(), HubSettings())
    yield made
    made.custody.db.close()


@pytest.fixture(scope="module")
def caisse(running) -> Partner:
    second_reviewer(running)
    return Partner(running, "caisse-13")


def almost_grown(days: int = 1) -> date:
    """The date of birth of who comes of age in so many days; never one that only leap years have."""
    birthday = datetime.now(PARIS).date() + timedelta(days=days)
    return date(birthday.year - 18, birthday.month, min(birthday.day, 28) if birthday.month == 2 else birthday.day)


def of_family(running: System, **facts: Any) -> tuple[Resident, str, date]:
    """A parent enrolled a child who comes of age tomorrow."""
    parent, born = Resident(running, **facts).sign_in(), almost_grown()
    child = parent.child(born_on=born)
    parent.children = (child,)
    number = parent.linked_child(child)
    parent.hand_in_and_wait(running.papers().bill(parent), PDF)
    assert parent.request(number, SERVICE, CAISSE).status_code == 201
    parent.satisfied(SERVICE, "child_identity")
    return parent, number, born


def birthday(running: System, parts: Back, child: str, *, days: int = 2) -> None:
    """Let the day come: to the worker by its clock, to the database by the date that stands in the link."""
    later = replace(parts.custody, now=lambda: parts.custody.now() + timedelta(days=days))
    with job(running, "doing", child_id=UUID(child)) as doing, standing(job=doing):
        coming.come_of_age(later, parts.catalogue, UUID(child))
    rows(running, "UPDATE hub.family_link SET valid_until = current_date - 2 WHERE child_id = %(one)s", one=child)


def certificate(parent: Resident) -> str:
    found: str = next(
        one["document"]
        for one in parent.http.get("/v1/documents").json()
        if one["evidence_type"] == "birth_certificate"
    )
    return found


def comes(running: System, parent: Resident, born: date) -> Grown:
    child = parent.children[0]
    return Grown(running, child.family_name.capitalize(), child.first_names, born_on=born).sign_in()


def decided(running: System, grown: Resident, opinion: dict[str, str]) -> None:
    """Ask, and have two agents say the same."""
    assert grown.http.post("/v1/childhood").status_code == 202
    asked = "SELECT review_id FROM hub.review WHERE adult_id = %(one)s AND kind = 'childhood' AND state = 'waiting'"
    (review,) = eventually(lambda: rows(running, asked, one=person_id(grown)))
    assert not Agent(running, BRUNO).sign_in().decide(review["review_id"], opinion)
    assert Agent(running, CLAIRE).sign_in().decide(review["review_id"], opinion)
    done = "SELECT applied_at FROM hub.review WHERE review_id = %(one)s"
    eventually(lambda: value(running, done, one=review["review_id"]))


def holder(running: System, document: str) -> str:
    return str(value(running, "SELECT holder_id FROM vault.document WHERE document_id = %(d)s", d=document))


def test_both_guardians_hear_of_it_once_three_months_before(running, parts, caisse):
    parent, child, _ = of_family(running)
    assert coming.ask_due(parts.custody.db, now=parts.custody.now()) >= 1
    eventually(lambda: TOLD in steps(parent))
    coming.ask_due(parts.custody.db, now=parts.custody.now())
    with job(running, "doing", child_id=UUID(child)) as doing, standing(job=doing):
        coming.come_of_age(parts.custody, parts.catalogue, UUID(child))
    written = "SELECT count(*) FROM hub.message WHERE person_id = %(one)s AND kind = 'of_age'"
    assert value(running, written, one=person_id(parent)) == 1
    assert "aura 18 ans le" in parent.http.get("/").text
    assert len(parent.http.get("/v1/children").json()) == 1


def test_on_the_day_guardians_see_nothing_of_the_child_and_keep_what_is_theirs(running, parts, caisse):
    parent, child, _ = of_family(running)
    theirs, own = certificate(parent), papers(parent)
    name = coined(running, person_id(parent))
    ticket = parent.http.post(f"/v1/documents/{theirs}/preview-tickets").json()
    reviewed = """INSERT INTO hub.review (review_id, kind, adult_id, document_id, service, body, reason, created_at)
        VALUES (gen_random_uuid(), 'family_link', %(p)s, %(d)s, 'family', %(b)s, 'judgment', now())"""
    rows(running, reviewed, p=person_id(parent), d=theirs, b=MAIRIE)
    birthday(running, parts, child)
    assert rows(running, "SELECT FROM hub.review WHERE document_id = %(d)s", d=theirs) == []
    assert papers(parent) == own - {theirs}
    assert parent.http.get("/v1/children").json() == parent.http.get("/v1/school-files").json() == []
    assert_problem(parent.http.get(f"/v1/documents/{theirs}"), "not-found")
    assert_problem(parent.http.get(f"/v1/documents/{theirs}/receipt"), "not-found")
    assert_problem(parent.http.get(ticket["href"]), "not-found")
    assert parent.request(child, SERVICE, CAISSE).status_code == 404
    granted = "SELECT state FROM hub.reuse_grant WHERE person_id = %(one)s"
    assert {row["state"] for row in rows(running, granted, one=person_id(parent))} == {"expired"}
    assert ENDED in steps(parent)
    eventually(lambda: "subject.of-age.v1" in told_of(caisse, name))
    assert caisse.ask(name, SERVICE, "child_identity").json().get("outcome") != "answer"
    mine = {"person": person_id(parent)}
    assert counted(running, "unefois_door", "hub.civil_status", **mine) == 1
    assert holder(running, theirs) == child


def test_who_dies_halfway_goes_on_and_nothing_passes_twice(running, parts, caisse, monkeypatch):
    parent, child, _ = of_family(running)
    theirs = certificate(parent)
    with monkeypatch.context() as dying:
        dying.setattr(coming, "hand_over", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            birthday(running, parts, child)
    assert holder(running, theirs) == str(person_id(parent))
    birthday(running, parts, child)
    birthday(running, parts, child)
    assert holder(running, theirs) == child
    moved = "SELECT count(*) FROM vault.journal_record r JOIN vault.journal_entry e USING (entry_id) WHERE document_id = %(d)s AND act = 'transfer'"
    assert value(running, moved, d=theirs) == 1
    assert steps(parent).count(ENDED) == 1


def test_the_young_adult_opens_what_waited_and_may_give_it_back(running, parts, caisse):
    parent, child, born = of_family(running)
    theirs, said = certificate(parent), opened(parent, certificate(parent))
    birthday(running, parts, child)
    grown = comes(running, parent, born)
    assert papers(grown) == set()
    decided(running, grown, GROWN)
    assert papers(grown) == {theirs}
    assert opened(grown, theirs) == said
    assert "Deux agents ont reconnu l'enfant que vous étiez : ses documents sont à vous" in steps(grown)
    assert "Rendre ces documents" in grown.http.get("/comptes").text
    (one,) = grown.http.get("/v1/account-merges").json()
    assert one["kind"] == "childhood"
    grown.sign_in().http.delete(f"/v1/account-merges/{one['merge_id']}").raise_for_status()
    eventually(lambda: papers(grown) == set())
    assert holder(running, theirs) == child


def test_recognised_before_the_birthday_papers_come_on_the_day(running, parts, caisse):
    parent, child, born = of_family(running)
    theirs = certificate(parent)
    grown = comes(running, parent, born)
    decided(running, grown, GROWN)
    assert papers(grown) == set()
    birthday(running, parts, child)
    assert papers(grown) == {theirs}
    assert "Vous avez 18 ans : les documents qui parlent de vous seul sont à vous" in steps(grown)


def test_a_homonym_whom_agents_refuse_learns_nothing(running, parts, caisse):
    parent, _, born = of_family(running)
    grown = comes(running, parent, born)
    decided(running, grown, OTHER)
    nobody = Grown(running, born_on=born).sign_in()
    assert nobody.http.post("/v1/childhood").status_code == 202
    assert steps(grown) == steps(nobody)
    assert papers(grown) == set()
    assert grown.http.get("/v1/account-merges").json() == []


def test_who_typed_their_own_name_is_refused(running, caisse):
    person = Resident(running, provider="mon-paris").sign_in()
    assert_problem(person.http.post("/v1/childhood"), "level-too-low")


def test_the_database_and_the_hub_agree_on_the_day(running):
    days = [date(2000, 1, 1) + timedelta(days=one) for one in range(0, 1830, 7)]
    written = [
        *(one.isoformat() for one in days),
        "2008-02-29",
        "2008-02-00",
        "2007-02-00",
        "2007-00-00",
        "2007-02-30",
        "2007-13-01",
    ]
    found = rows(running, "SELECT born, hub.majority(born) AS grown FROM unnest(%(all)s::text[]) born", all=written)
    assert {row["born"]: row["grown"] for row in found} == {one: majority(one) for one in written}
