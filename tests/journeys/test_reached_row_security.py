"""How persons are reached lies in tables that show each row to whom it concerns, and to nobody else (ADR 0029, 0040)."""

from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from orchestration.stack.logins import GUESTS, OWNERS
from tests.architecture.standings import OTHERS
from tests.architecture.test_row_security import REACHING
from tests.journeys.agents import BRUNO, CLAIRE, UNSURE, Agent, family_in_doubt
from tests.journeys.doors import person_id, rows, value
from tests.journeys.test_channels import by_post, opened, waiting
from tests.system import Resident, System
from vault.standing import KINDS

OWNER = OWNERS["unefois"]
WHOSE = {table: "holder_id" if table == "vault.kept_value" else "person_id" for table in REACHING}


def seen(running: System, login: str, table: str, **standing: Any) -> set[UUID]:
    """Whose rows a login sees in a table; nobody's where it may not look there at all."""
    with psycopg.connect(running.stores.dsn(login)) as connection:
        for kind, named in standing.items():
            connection.execute("SELECT set_config(%s, %s, true)", (f"unefois.{kind}", str(named)))
        try:
            return {row[0] for row in connection.execute(f"SELECT {WHOSE[table]} FROM {table}".encode())}
        except psycopg.errors.InsufficientPrivilege:
            return set()


@pytest.fixture(scope="module")
def visited(running: System) -> tuple[Resident, UUID]:
    """A parent with a row in each of these tables, before an agent at the counter; and that agent."""
    parent, _ = waiting(running)
    opened(claire := Agent(running, CLAIRE).sign_in(), by_post(parent))
    parent.http.put("/v1/contact", json={"channel": "telephone", "value": "+33639981299"}).raise_for_status()
    parent.http.put("/v1/contact/dashboard", json={"shown": False}).raise_for_status()
    assert claire.http.get("/agents/guichet").status_code == 200
    agent_id = value(
        running, "SELECT agent_id FROM hub.counter_visit WHERE person_id = %(p)s LIMIT 1", p=person_id(parent)
    )
    return parent, agent_id


@pytest.mark.parametrize("table", REACHING)
@pytest.mark.parametrize("login", [*GUESTS, OWNER])
def test_without_a_standing_and_with_anothers_nothing_is_there(running, visited, login, table):
    assert seen(running, login, table) == set()
    for kind in KINDS:
        assert seen(running, login, table, **{kind: OTHERS[kind]}) == set()


@pytest.mark.parametrize("table", REACHING)
def test_there_is_something_to_be_seen(running, visited, table):
    assert person_id(visited[0]) in seen(running, OWNER, table, purpose="migration")


@pytest.mark.parametrize("table", ["vault.kept_value", "hub.contact_check", "hub.dashboard_choice"])
def test_a_person_and_the_agent_they_stand_before_see_their_own(running, visited, table):
    parent, agent_id = visited
    own = {person_id(parent)}
    assert seen(running, "unefois_door", table, person=person_id(parent)) == own
    assert own <= seen(running, "unefois_door", table, agent=agent_id)
    assert seen(running, "unefois_door", table, person=uuid4()) == set()


def test_a_visit_that_is_over_shows_the_agent_nothing(running, visited):
    parent, agent_id = visited
    over = "UPDATE hub.counter_visit SET expires_at = now() - interval '1 hour' WHERE agent_id = %(a)s"
    rows(running, over, a=agent_id)
    assert seen(running, "unefois_door", "vault.kept_value", agent=agent_id) == set()
    back = "UPDATE hub.counter_visit SET expires_at = now() + interval '10 minutes' WHERE person_id = %(p)s"
    rows(running, back, p=person_id(parent))


def test_a_code_shows_its_own_row_only(running, visited):
    parent, _ = visited
    digest = value(
        running,
        "SELECT encode(digest, 'hex') FROM hub.return_code WHERE person_id = %(p)s LIMIT 1",
        p=person_id(parent),
    )
    assert seen(running, "unefois_door", "hub.return_code", ticket=digest) == {person_id(parent)}
    assert seen(running, "unefois_door", "hub.return_code", person=person_id(parent)) == set()


def test_no_door_reads_what_is_sealed(running, visited):
    with psycopg.connect(running.stores.dsn("unefois_door")) as door:
        door.execute("SELECT set_config('unefois.person', %s, true)", (str(person_id(visited[0])),))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            door.execute("SELECT sealed FROM vault.kept_value")


def test_the_worker_sees_an_address_only_for_the_letter_it_writes(running, visited):
    parent, _ = visited
    whose = {"purpose": "telling", "person": person_id(parent)}
    assert seen(running, "unefois_worker", "vault.kept_value", **whose) == {person_id(parent)}
    assert seen(running, "unefois_worker", "vault.kept_value", purpose="telling") == set()
    assert seen(running, "unefois_release", "vault.kept_value", **whose) == set()


def test_a_note_is_opened_by_who_has_the_review_behind_an_entry_about_its_paper(running):
    parent, review = family_in_doubt(running)
    claire, bruno = (Agent(running, one).sign_in() for one in (CLAIRE, BRUNO))
    claire.decide(review, UNSURE | {"note": "à voir à deux"})
    own, ids = {person_id(parent)}, "SELECT agent_id FROM hub.review_opinion WHERE review_id = %(r)s"
    of_claire = value(running, ids, r=review)
    bruno.claim(review)
    of_bruno = value(running, "SELECT claimed_by FROM hub.review WHERE review_id = %(r)s", r=review)
    for agent in (of_claire, of_bruno):
        assert seen(running, "unefois_door", "vault.kept_value", agent=agent).isdisjoint(own)

    bruno.look(review, "copy").raise_for_status()
    entries = "SELECT entry_id FROM hub.release JOIN hub.evidence USING (evidence_id) WHERE channel = 'agent' AND {}"
    entry = value(running, entries.format("holder_id = %(p)s LIMIT 1"), p=person_id(parent))
    both = {"agent": of_bruno, "entry": entry}
    assert seen(running, "unefois_release", "vault.kept_value", **both) == own
    assert seen(running, "unefois_release", "vault.kept_value", agent=of_bruno) == set()
    assert seen(running, "unefois_release", "vault.kept_value", entry=entry) == set()
    for stranger in (uuid4(), of_claire):
        assert seen(running, "unefois_release", "vault.kept_value", **both | {"agent": stranger}) == set()

    other, second = family_in_doubt(running)
    bruno.claim(second)
    bruno.look(second, "copy").raise_for_status()
    elsewhere = value(running, entries.format("holder_id = %(p)s LIMIT 1"), p=person_id(other))
    assert seen(running, "unefois_release", "vault.kept_value", **both | {"entry": elsewhere}) == set()


def test_no_agent_changes_a_note_or_keeps_one_that_no_opinion_of_theirs_names(running):
    parent, review = family_in_doubt(running)
    claire, bruno = (Agent(running, one).sign_in() for one in (CLAIRE, BRUNO))
    claire.decide(review, UNSURE | {"note": "à voir à deux"})
    bruno.claim(review)
    agent = value(running, "SELECT claimed_by FROM hub.review WHERE review_id = %(r)s", r=review)
    kept = "INSERT INTO vault.kept_value VALUES (%s, 'note_x', 1, '', now())"
    with psycopg.connect(running.stores.dsn("unefois_door")) as door:
        door.execute("SELECT set_config('unefois.agent', %s, true)", (str(agent),))
        mine = (person_id(parent),)
        assert door.execute("UPDATE vault.kept_value SET kept_at = now() WHERE holder_id = %s", mine).rowcount == 0
        assert door.execute("DELETE FROM vault.kept_value WHERE holder_id = %s", mine).rowcount == 0
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            door.execute(kept, mine)
