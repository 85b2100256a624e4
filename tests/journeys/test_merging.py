"""Two accounts that both hold something: two agents make them one, nothing is lost, and the person parts them again."""

from typing import Any

import pytest

from tests.journeys.agents import BRUNO, CLAIRE, GOOD, UNSURE, Agent, family_in_doubt
from tests.journeys.doors import Partner, assert_problem, rows, value
from tests.journeys.test_linking import steps, told_of
from tests.system import CAISSE, Resident, System, eventually

SAME = {"outcome": "passed", "reason": "same_person"}
TWO = {"outcome": "failed", "reason": "other_person_of_that_name"}
SERVICE = "canteen_enrolment"
PDF = "application/pdf"
PAPER = "SELECT document_id FROM hub.review WHERE review_id = %(one)s"
CENTRE = "91000066000019"


@pytest.fixture(scope="module")
def caisse(running) -> Partner:
    return Partner(running, "caisse-13")


@pytest.fixture(scope="module", autouse=True)
def _two_reviewers(running) -> None:
    second_reviewer(running)


def second_reviewer(running: System) -> None:
    """Let there be two agents of the town hall that decides where nobody's arrondissement is known."""
    giving = """INSERT INTO hub.agent_role SELECT gen_random_uuid(), agent_id, %(body)s, 'reviewer', now()
                FROM hub.agent WHERE email LIKE 'claire%%' ON CONFLICT DO NOTHING"""
    rows(running, giving, body=CENTRE)


def person_at(running: System, person: Resident, issuer: str) -> Any:
    """Who one's account at one provider opens, inside the hub."""
    statement = """SELECT person_id FROM hub.account WHERE issuer LIKE %(issuer)s AND person_id IN (
                   SELECT person_id FROM hub.civil_status WHERE family_name = %(name)s)"""
    return value(running, statement, issuer=f"%{issuer}", name=person.family_name.upper())


def two_accounts(running: System) -> tuple[Resident, Resident]:
    """One human being with papers in two accounts."""
    person = Resident(running).sign_in()
    other = Resident(running, person.family_name, person.given_name, provider="mon-paris").sign_in()
    for one in (person, other):
        one.hand_in_and_wait(running.papers().bill(one, days_old=20 if one is person else 40), PDF)
    return person, other


def ask(person: Resident, provider: str = "mon-paris") -> None:
    told = {"provider": provider, "login_hint": person.persona}
    assert_problem(person.http.post("/comptes", data=told), "accounts-full")


def waiting_review(running: System, person: Resident, issuer: str = "franceconnect") -> Any:
    mine = person_at(running, person, issuer)
    statement = "SELECT review_id FROM hub.review WHERE adult_id = %(one)s AND kind = 'account_merge'"
    return eventually(lambda: rows(running, statement, one=mine))[0]["review_id"]


def merged(running: System, person: Resident, opinion: dict[str, str] = SAME) -> Any:
    """Ask, and have two agents decide; return the review."""
    ask(person)
    review = waiting_review(running, person)
    assert not Agent(running, BRUNO).sign_in().decide(review, opinion)
    assert Agent(running, CLAIRE).sign_in().decide(review, opinion)
    done = "SELECT applied_at FROM hub.review WHERE review_id = %(one)s"
    eventually(lambda: value(running, done, one=review))
    return review


def test_a_paper_in_doubt_that_passed_is_looked_at_for_who_has_it_now(running):
    parent, before = family_in_doubt(running)
    bruno, claire = (Agent(running, one).sign_in() for one in (BRUNO, CLAIRE))
    assert not claire.decide(before, UNSURE | {"note": "à voir à deux"})
    other = Resident(running, parent.family_name, parent.given_name, provider="mon-paris").sign_in()
    other.hand_in_and_wait(running.papers().bill(other, days_old=400), PDF)
    ask(other, "franceconnect")
    review = waiting_review(running, other, "mon-paris")
    assert not bruno.decide(review, SAME)
    assert claire.decide(review, SAME)
    survivor = person_at(running, other, "mon-paris")
    about = "SELECT adult_id FROM hub.review WHERE review_id = %(one)s"
    eventually(lambda: value(running, about, one=before) == survivor)
    bruno.claim(before).raise_for_status()
    assert bruno.look(before, "copy").status_code == 200
    href = bruno.http.post(f"/hub/v1/reviews/{before}/looks", json={"shown": "notes"}).json()["href"]
    assert bruno.http.get(href).json() == {"notes": ["à voir à deux"]}
    assert bruno.decide(before, GOOD)
    assert other.satisfied("school_enrolment", "residence")
    kept = "SELECT place FROM vault.kept_value WHERE place LIKE 'note\\_%%' AND holder_id = %(one)s"
    assert len(rows(running, kept, one=survivor)) == 1
    path = f"/v1/documents/{value(running, PAPER, one=before)}"
    assert parent.http.delete(path).status_code == 202
    eventually(lambda: parent.http.get(path).json()["state"] == "erased")
    assert not rows(running, kept, one=survivor)


def papers(person: Resident) -> set[str]:
    return {one["document"] for one in person.http.get("/v1/documents").json()}


def opened(person: Resident, document: str) -> bytes:
    """The copy of one's own paper, as the door that can open shows it."""
    ticket = person.http.post(f"/v1/documents/{document}/preview-tickets").json()
    answer = person.http.get(ticket["href"])
    assert answer.status_code == 200, answer.text
    return answer.content


def test_one_agent_is_not_enough_and_neither_opens_a_paper(running):
    person, other = two_accounts(running)
    ask(person)
    ask(person)
    review = waiting_review(running, person)
    bruno = Agent(running, BRUNO).sign_in()
    assert not bruno.decide(review, SAME)
    assert_problem(bruno.claim(review), "opinion-given")
    assert_problem(bruno.look(review, "copy"), "not-found")
    assert len(papers(person)) == len(papers(other)) == 1
    assert "Vous avez demandé à réunir deux comptes. Deux agents vont regarder" in steps(person)


def test_merged_both_accounts_open_all_papers_and_no_object_was_rewritten(running):
    person, other = two_accounts(running)
    before = {one: (opened(person, one)) for one in papers(person)} | {one: opened(other, one) for one in papers(other)}
    named = "SELECT document_id::text, object_name FROM vault.document WHERE document_id = ANY(%(all)s::uuid[])"
    objects = {row["document_id"]: row["object_name"] for row in rows(running, named, all=list(before))}
    merged(running, person)
    assert papers(person) == papers(other) == set(before)
    assert {one: opened(other, one) for one in before} == before
    assert {row["document_id"]: row["object_name"] for row in rows(running, named, all=list(before))} == objects
    assert "Deux agents ont réuni vos deux comptes" in steps(person)


def test_what_passed_is_erased_for_good_like_any_other(running):
    person, other = two_accounts(running)
    (theirs,) = papers(other)
    old = person_at(running, person, "mon-paris")
    merged(running, person)
    assert person.http.delete(f"/v1/documents/{theirs}").status_code in (200, 202)
    eventually(lambda: person.http.get(f"/v1/documents/{theirs}").json()["state"] == "erased")
    left = "SELECT count(*) FROM vault.document WHERE holder_id = %(one)s"
    assert value(running, left, one=old) == 0


def test_parted_again_each_has_what_was_theirs_and_what_came_since_stays(running):
    person, other = two_accounts(running)
    mine, theirs = papers(person), papers(other)
    merged(running, person)
    since = person.hand_in_and_wait(running.papers().bill(person, days_old=60), PDF)["document"]
    (one,) = person.http.get("/v1/account-merges").json()
    assert person.http.delete(f"/v1/account-merges/{one['merge_id']}").status_code == 202
    eventually(lambda: person.http.get("/v1/account-merges").json() == [])
    assert (papers(person), papers(other)) == (mine | {since}, theirs)
    assert opened(other, next(iter(theirs)))
    assert "Vos deux comptes sont de nouveau séparés" in steps(person)


def test_nobody_else_parts_them_and_the_page_shows_it(running):
    person, _ = two_accounts(running)
    merged(running, person)
    (one,) = person.http.get("/v1/account-merges").json()
    assert_problem(Resident(running).sign_in().http.delete(f"/v1/account-merges/{one['merge_id']}"), "not-found")
    assert "Séparer ces comptes" in person.http.get("/comptes").text
    person.http.post(f"/comptes/{one['merge_id']}/separer", headers={"origin": running.door_url}).raise_for_status()
    eventually(lambda: person.http.get("/v1/account-merges").json() == [])


def test_refused_they_stay_two_and_the_person_reads_it(running):
    person, other = two_accounts(running)
    mine, theirs = papers(person), papers(other)
    merged(running, person, TWO)
    assert (papers(person), papers(other)) == (mine, theirs)
    assert "Deux agents ont examiné votre demande : vos comptes restent séparés" in steps(person)


def enrolled_twice(running: System) -> tuple[Resident, Resident]:
    """The same child enrolled at one Caisse from both accounts."""
    person = Resident(running)
    child = person.child()
    person.children = (child,)
    person.sign_in()
    number = person.linked_child(child)
    other = Resident(running, person.family_name, person.given_name, provider="mon-paris").sign_in()
    mine, theirs = (person_at(running, person, one) for one in ("franceconnect", "mon-paris"))
    twin = """INSERT INTO hub.family_link SELECT gen_random_uuid(), %(theirs)s, child_id, kind, authority, source_document,
              grade, valid_from, valid_until, recorded_at, NULL, source, source_review FROM hub.family_link
              WHERE adult_id = %(mine)s"""
    columns = "link_id, adult_id, child_id, kind, authority, source_document, grade, valid_from, valid_until, recorded_at, retracted_at, source, source_review"
    rows(
        running, twin.replace("hub.family_link SELECT", f"hub.family_link ({columns}) SELECT"), mine=mine, theirs=theirs
    )
    for one in (person, other):
        assert one.request(number, SERVICE, CAISSE).status_code == 201
    return person, other


def coined(running: System, person: Any) -> str:
    making = """INSERT INTO hub.pseudonym SELECT body, 'file', line_id, gen_random_uuid() FROM hub.enrolment_line
                WHERE payer_id = %(who)s ON CONFLICT DO NOTHING"""
    rows(running, making, who=person)
    named = """SELECT value::text FROM hub.pseudonym JOIN hub.enrolment_line ON line_id = subject_id
               WHERE payer_id = %(who)s AND siret = %(siret)s"""
    found: str = value(running, named, who=person, siret=CAISSE)
    return found


def test_a_partner_that_asks_by_the_old_name_is_told_the_one_that_goes_on(running, caisse):
    person, _ = enrolled_twice(running)
    mine, theirs = (person_at(running, person, one) for one in ("franceconnect", "mon-paris"))
    stays, rests = coined(running, mine), coined(running, theirs)
    merged(running, person)
    told = assert_problem(caisse.ask(rests, SERVICE, "child_identity"), "superseded")
    assert told["surviving"] == stays
    assert caisse.ask(stays, SERVICE, "child_identity").status_code in (200, 202)
    other = Partner(running, "paris-familles")
    assert other.ask(rests, "after_school", "child_identity").json()["outcome"] == "none"
    eventually(lambda: "subject.superseded.v1" in told_of(caisse, rests))
    (one,) = person.http.get("/v1/account-merges").json()
    person.http.delete(f"/v1/account-merges/{one['merge_id']}").raise_for_status()
    eventually(lambda: person.http.get("/v1/account-merges").json() == [])
    assert caisse.ask(rests, SERVICE, "child_identity").status_code in (200, 202)


def test_what_a_judgment_ended_stays_ended_after_a_merge(running):
    person, _ = enrolled_twice(running)
    theirs = person_at(running, person, "mon-paris")
    rows(running, "UPDATE hub.family_link SET authority = 'withdrawn' WHERE adult_id = %(one)s", one=theirs)
    merged(running, person)
    assert person.http.get("/v1/children").json() == []


def test_a_worker_merges_only_what_two_agents_decided(running):
    person, other = two_accounts(running)
    ask(person)
    review = waiting_review(running, person)
    assert value(running, "SELECT hub.merge_persons(%(one)s)", one=review) is None
    assert papers(person) != papers(other)
