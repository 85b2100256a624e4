"""Two guardians each entered the child: two agents make the records one, nothing is lost, and two agents part them again."""

from typing import Any

import pytest

from tests.journeys.agents import BRUNO, CLAIRE, Agent
from tests.journeys.doors import Partner, assert_problem, person_id, rows, value
from tests.journeys.test_linking import linked, steps, told_of
from tests.journeys.test_merging import second_reviewer
from tests.system import CAISSE, Resident, System, eventually

SERVICE = "canteen_enrolment"
ONE = {"outcome": "passed", "reason": "one_child_twice"}
TWO = {"outcome": "failed", "reason": "two_children"}
APART = {"outcome": "passed", "reason": "two_children_after_all"}
ALSO = """INSERT INTO hub.family_link (link_id, adult_id, child_id, kind, authority, source_document, grade, valid_from,
              valid_until, recorded_at, retracted_at, source, source_review)
          SELECT gen_random_uuid(), %(adult)s, %(child)s, kind, authority, source_document, grade, valid_from,
              valid_until, recorded_at, NULL, source, source_review FROM hub.family_link WHERE child_id = %(child)s"""


@pytest.fixture(scope="module")
def caisse(running) -> Partner:
    second_reviewer(running)
    return Partner(running, "caisse-13")


def entered_twice(running: System) -> tuple[Resident, str, Resident, str]:
    """Two parents, each with a record of their child, who asked one body for one service."""
    found: list[Any] = []
    for _ in range(2):
        parent = Resident(running).sign_in()
        child = parent.linked_child(parent.child())
        assert parent.request(child, SERVICE, CAISSE).status_code == 201
        found += [parent, child]
    return tuple(found)


def decided(running: System, kind: str, child: str, opinion: dict[str, str]) -> None:
    waiting = "SELECT review_id FROM hub.review WHERE child_id = %(child)s AND kind = %(kind)s AND state = 'waiting'"
    (review,) = rows(running, waiting, child=child, kind=kind)
    assert not Agent(running, BRUNO).sign_in().decide(review["review_id"], opinion)
    assert Agent(running, CLAIRE).sign_in().decide(review["review_id"], opinion)
    done = "SELECT applied_at FROM hub.review WHERE review_id = %(one)s"
    eventually(lambda: value(running, done, one=review["review_id"]))


def merged(running: System) -> tuple[Resident, str, Resident, str]:
    """The first parent comes to stand for the second record too, says so, and two agents agree."""
    first, stays, second, goes = entered_twice(running)
    rows(running, ALSO, adult=person_id(first), child=goes)
    told = {"child": goes, "other": stays}
    assert first.sign_in().http.post("/v1/child-merges", json=told).status_code == 202
    assert first.http.post("/v1/child-merges", json=told).status_code == 202
    decided(running, "child_merge", stays, ONE)
    return first, stays, second, goes


def children(parent: Resident) -> list[str]:
    return [one["child"] for one in parent.http.get("/v1/children").json()]


def lines(parent: Resident) -> list[str]:
    return [line["line_id"] for file in parent.http.get("/v1/school-files").json() for line in file["lines"]]


def test_both_parents_have_one_child_and_each_their_own_line(running, caisse):
    first, stays, second, _ = merged(running)
    assert children(first) == children(second) == [stays]
    assert len(lines(first)) == len(lines(second)) == 1
    assert lines(first) != lines(second)
    for parent in (first, second):
        assert "Deux agents ont réuni les deux dossiers de votre enfant" in steps(parent)
        assert "Ce sont deux enfants" in parent.http.get("/enfants").text


def test_a_partner_that_names_the_old_record_is_told_the_one_that_goes_on(running, caisse):
    first, stays, second, goes = entered_twice(running)
    old = linked(caisse, second, goes)["subject"]
    rows(running, ALSO, adult=person_id(first), child=goes)
    first.sign_in().http.post("/v1/child-merges", json={"child": goes, "other": stays}).raise_for_status()
    decided(running, "child_merge", stays, ONE)
    told = assert_problem(caisse.ask(old, SERVICE, "child_identity"), "superseded")
    assert caisse.ask(told["surviving"], SERVICE, "child_identity").status_code in (200, 202)
    eventually(lambda: "subject.superseded.v1" in told_of(caisse, old))
    assert Partner(running, "paris-familles").ask(old, "after_school", "child_identity").json()["outcome"] == "none"


def test_of_one_parents_two_lines_one_rests_and_comes_back_when_parted(running, caisse):
    first, stays, _, goes = entered_twice(running)
    rows(running, ALSO, adult=person_id(first), child=goes)
    assert first.request(goes, SERVICE, CAISSE).status_code == 201
    before = sorted(lines(first))
    first.sign_in().http.post("/v1/child-merges", json={"child": goes, "other": stays}).raise_for_status()
    decided(running, "child_merge", stays, ONE)
    assert len(lines(first)) == 1
    assert first.sign_in().http.delete(f"/v1/child-merges/{stays}").status_code == 202
    decided(running, "child_part", stays, APART)
    assert sorted(lines(first)) == before
    assert sorted(children(first)) == sorted([stays, goes])
    assert "Deux agents ont séparé deux dossiers qui avaient été réunis" in steps(first)


def test_who_stands_for_one_of_them_only_asks_nothing(running, caisse):
    first, stays, second, goes = entered_twice(running)
    for parent in (first, second):
        parent.sign_in()
        assert_problem(parent.http.post("/v1/child-merges", json={"child": stays, "other": goes}), "not-found")
        assert_problem(parent.http.delete(f"/v1/child-merges/{stays}"), "not-found")


def test_what_a_judgment_ended_stays_ended(running, caisse):
    first, stays, second, goes = entered_twice(running)
    rows(running, ALSO, adult=person_id(first), child=goes)
    first.sign_in().http.post("/v1/child-merges", json={"child": goes, "other": stays}).raise_for_status()
    rows(
        running,
        "UPDATE hub.family_link SET authority = 'withdrawn' WHERE child_id = %(c)s AND adult_id = %(a)s",
        c=goes,
        a=person_id(first),
    )
    decided(running, "child_merge", stays, ONE)
    assert children(first) == []
    assert children(second) == [stays]


def test_an_agent_who_sees_two_of_them_puts_it_to_two_agents(running, caisse):
    parent, stranger = Resident(running).sign_in(), Resident(running).sign_in()
    child = parent.child()
    stays = parent.linked_child(child)
    other = Resident(running).sign_in()
    goes = other.linked_child(other.child())
    twin = """UPDATE hub.civil_status SET match_key = (SELECT match_key FROM hub.civil_status WHERE person_id = %(one)s)
              WHERE person_id = %(two)s"""
    rows(running, twin, one=stays, two=goes)
    paper = running.papers().birth_certificate(stranger, child)
    stranger.hand_in_and_wait(paper, "application/pdf", kind="birth_certificate")
    asked = "SELECT review_id FROM hub.review WHERE adult_id = %(a)s AND kind = 'family_link'"
    (review,) = eventually(lambda: rows(running, asked, a=person_id(stranger)))
    bruno = Agent(running, BRUNO).sign_in()
    path, told = f"/hub/v1/reviews/{review['review_id']}/same-child", {"child": stays, "other": goes}
    assert_problem(bruno.http.post(path, json=told), "review-not-taken")
    bruno.claim(review["review_id"])
    assert "enregistré deux fois" in bruno.http.get(f"/agents/dossiers/{review['review_id']}").text
    assert_problem(bruno.http.post(path, json=told | {"other": str(person_id(parent))}), "not-found")
    assert bruno.http.post(path, json=told).status_code == 202
    decided(running, "child_merge", stays, TWO)
    assert children(parent) == [stays]
    assert children(other) == [goes]
