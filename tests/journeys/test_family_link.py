"""A link is proved, recognised by an agent, refused or withdrawn; whoever asks learns nothing by another way."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from uuid import uuid4

import pytest

from contracts.documents import EvidenceType, Grade
from hub.persons.proving import Doubt, Paper, consider_household, consider_paper, contest, deciding_body
from hub.persons.residences import settle_at
from hub.requirements.catalogue import load
from tests.journeys.agents import BRUNO, CENTRE, CLAIRE, NADIA, applied, review_of, reviews_of
from tests.journeys.doors import assert_problem, family, person_id, rows, worked_off
from tests.journeys.test_second_adult import CERTIFICATE, claim, comparable, comparable_problem, warnings_of
from tests.system import CAISSE, Resident, eventually
from vault.bootstrap import utc_now

RECOGNISED = {"outcome": "passed", "reason": "paper_names_both"}
REFUSED = {"outcome": "failed", "reason": "not_shown"}
JUDGED = {"outcome": "passed", "reason": "judgment_read"}


def second_parent(running) -> tuple[Resident, str, Resident]:
    """A guardian, their child, and somebody whom a sealed certificate of the same child names."""
    guardian, child = family(running)
    other = Resident(running).sign_in()
    paper = running.papers().birth_certificate(other, guardian.children[0])
    other.hand_in_and_wait(paper, "application/pdf", kind=CERTIFICATE)
    return guardian, child, other


def children(person) -> list[str]:
    return [one["child"] for one in person.http.get("/v1/children").json()]


def finding(person, child: str | None, **more: str) -> dict:
    return {"link": {"adult": str(person_id(person)), "child": child, **more}}


def judged(running, owner, agent, about: Resident, by: Resident, child: str, **more: str) -> None:
    """Have two agents read a judgment that ``by`` handed in about ``about``."""
    paper = by.http.get("/v1/documents").json()[0]["document"]
    with owner.transaction() as tx:
        doubt = Doubt(person_id(by), child, "judgment", document_id=paper, opinions_needed=2, warns=False)
        contest(tx, doubt, now=utc_now())
    review = review_of(by, "family_link")
    assert not agent(CLAIRE).decide(review, JUDGED | finding(about, child, **more))
    assert agent(BRUNO).decide(review, JUDGED | finding(about, child, **more))
    applied(by, review)


def test_an_agent_recognises_the_second_parent_and_both_stand_for_the_child(running, agent):
    guardian, child, other = second_parent(running)
    review = review_of(other, "family_link")
    claire = agent(CLAIRE)
    claire.claim(review)
    told = claire.read(review).json()
    assert told["adult"]["given_names"] == [other.given_name]
    assert [one["person"]["person_id"] for one in told["children"]] == [child]
    assert [g["person"]["family_name"] for g in told["children"][0]["guardians"]] == [guardian.family_name.upper()]
    assert claire.look(review, "copy").content.startswith(b"%PDF-")
    assert claire.decide(review, RECOGNISED | finding(other, child))
    eventually(lambda: children(other) == [child])
    assert children(guardian) == [child]
    assert [line for line in guardian.trace() if "reconnu un autre responsable" in line["what"]]
    assert other.given_name not in str(guardian.trace())
    link = rows(running, "SELECT * FROM hub.family_link WHERE adult_id = %(a)s", a=person_id(other))[0]
    assert (link["source"], link["grade"], link["source_review"]) == ("birth_certificate", "agent_checked", review)


def test_a_refusal_is_told_to_the_guardian_and_to_nobody_who_asked(running, agent):
    guardian, _ = family(running)
    stranger = Resident(running).sign_in()
    claim(stranger, guardian.children[0])
    review = review_of(stranger, "family_link")
    before = stranger.trace()
    claire = agent(CLAIRE)
    assert_problem(claire.look(review, "copy"), "not-found")
    claire.decide(review, REFUSED)
    applied(stranger, review)
    assert stranger.trace() == before
    assert children(stranger) == []
    assert comparable(claim(stranger, guardian.children[0])) == comparable(claim(stranger, stranger.child()))
    assert [line for line in guardian.trace() if "n'a pas été reconnu" in line["what"]]


def test_what_waits_about_a_child_is_no_other_bodys_to_see(running, agent):
    _, _, other = second_parent(running)
    review = review_of(other, "family_link")
    nadia = agent(NADIA)
    assert not nadia.sees(review)
    assert comparable_problem(nadia.read(review)) == comparable_problem(nadia.read(uuid4()))
    assert agent(CLAIRE).sees(review)


def test_a_certificate_without_a_seal_links_to_a_new_child_once_an_agent_saw_it(running, agent):
    parent = Resident(running).sign_in()
    child = parent.child()
    paper = running.papers().birth_certificate(parent, child, signed=False)
    parent.hand_in_and_wait(paper, "application/pdf", kind=CERTIFICATE)
    review = review_of(parent, "family_link")
    assert agent(CLAIRE).decide(review, RECOGNISED | finding(parent, None))
    (known,) = eventually(lambda: parent.http.get("/v1/children").json())
    assert (known["family_name"], known["born_on"], known["grade"]) == (
        child.family_name,
        str(child.born_on),
        "agent_checked",
    )


def test_homonyms_born_the_same_day_are_two_children_of_two_families(running, agent):
    guardian, child = family(running)
    other = Resident(running).sign_in()
    paper = running.papers().birth_certificate(other, guardian.children[0])
    other.hand_in_and_wait(paper, "application/pdf", kind=CERTIFICATE)
    agent(CLAIRE).decide(review_of(other, "family_link"), RECOGNISED | finding(other, None))
    (theirs,) = eventually(lambda: children(other))
    assert theirs != child
    assert children(guardian) == [child]
    third = Resident(running).sign_in()
    claim(third, guardian.children[0])
    review = review_of(third, "family_link")
    claire = agent(CLAIRE)
    claire.claim(review)
    assert {one["person"]["person_id"] for one in claire.read(review).json()["children"]} == {child, theirs}


def test_twins_are_two_children_and_neither_is_taken_for_the_other(running):
    parent = Resident(running).sign_in()
    first, second = parent.child(), parent.child()
    assert parent.linked_child(first) != parent.linked_child(second)
    stranger = Resident(running, family_name=parent.family_name).sign_in()
    claim(stranger, stranger.child())
    worked_off(stranger.system)
    assert reviews_of(stranger, "family_link") == []


def test_two_adults_with_the_same_name_and_date_are_two_persons(running):
    parent, child = family(running)
    namesake = Resident(running, parent.family_name, parent.given_name, provider="mon-paris").sign_in()
    assert children(namesake) == []
    assert_problem(namesake.request(child, "canteen_enrolment", CAISSE), "not-found")


def test_certificates_of_one_child_read_at_once_never_make_two_children_of_it(running):
    guardian, other = Resident(running).sign_in(), Resident(running).sign_in()
    child = guardian.child()
    papers = [(one, running.papers().birth_certificate(one, child)) for one in (guardian, other)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda one: one[0].hand_in_and_wait(one[1], "application/pdf", kind=CERTIFICATE), papers))
    worked_off(guardian.system)
    known = rows(
        running,
        "SELECT DISTINCT child_id FROM hub.family_link WHERE adult_id = ANY(%(both)s)",
        both=[person_id(guardian), person_id(other)],
    )
    assert len(known) == 1
    assert len(reviews_of(guardian, "family_link") + reviews_of(other, "family_link")) == 1


def test_a_judgment_that_withdraws_authority_closes_every_door_at_once(running, owner, agent):
    guardian, child, other = second_parent(running)
    agent(CLAIRE).decide(review_of(other, "family_link"), RECOGNISED | finding(other, child))
    eventually(lambda: children(other) == [child])
    asked = other.request(child, "canteen_enrolment", CAISSE)
    assert asked.status_code == 201
    guardian.request(child, "canteen_enrolment", CAISSE)
    judged(running, owner, agent, other, guardian, child, authority="withdrawn")
    assert children(other) == []
    assert other.http.get("/v1/school-files").json() == []
    refused, unknown = (other.request(one, "after_school", "91000002700011") for one in (child, str(uuid4())))
    assert comparable_problem(refused) == comparable_problem(unknown)
    assert child not in other.http.get("/v1/accesses").text
    paper = guardian.http.get("/v1/documents").json()[0]["document"]
    for method, path in (("GET", ""), ("GET", "/receipt"), ("POST", "/preview-tickets"), ("DELETE", "")):
        assert_problem(other.http.request(method, f"/v1/documents/{paper}{path}"), "not-found")
    assert paper not in other.http.get("/v1/accesses").text
    for page in ("/", "/enfants", "/demandes/nouvelle"):
        assert guardian.children[0].first_names not in other.http.get(page, headers={"accept": "text/html"}).text
    assert children(guardian) == [child]


def test_whoever_a_judgment_put_aside_cannot_come_back_by_a_claim_or_a_certificate(running, owner, agent):
    guardian, child, other = second_parent(running)
    agent(CLAIRE).decide(review_of(other, "family_link"), RECOGNISED | finding(other, child))
    eventually(lambda: children(other) == [child])
    judged(running, owner, agent, other, guardian, child, authority="withdrawn")
    warned, asked = len(warnings_of(guardian)), len(reviews_of(other, "family_link"))
    answer = claim(other, guardian.children[0])
    assert comparable(answer) == comparable(claim(other, other.child()))
    again = running.papers().birth_certificate(other, guardian.children[0], issued_ago=3)
    other.hand_in_and_wait(again, "application/pdf", kind=CERTIFICATE)
    worked_off(other.system)
    assert children(other) == []
    assert (len(warnings_of(guardian)), len(reviews_of(other, "family_link"))) == (warned, asked)


def test_a_judgment_is_not_announced_to_whom_it_is_about(running, owner, agent):
    guardian, child, other = second_parent(running)
    agent(CLAIRE).decide(review_of(other, "family_link"), RECOGNISED | finding(other, child))
    eventually(lambda: children(other) == [child])
    before = other.trace()
    judged(running, owner, agent, guardian, guardian, child, authority="sole")
    assert other.trace() == before


def test_a_link_is_in_force_from_its_first_to_its_last_day(running):
    guardian, child = family(running)
    link = "UPDATE hub.family_link SET valid_from = %(first)s, valid_until = %(last)s WHERE adult_id = %(a)s"
    today = date.today()
    spans = ((-9, -1, []), (-9, 1, [child]), (2, 9, []))
    for first, last, seen in spans:
        days = {"first": today + timedelta(days=first), "last": today + timedelta(days=last)}
        rows(running, link, a=person_id(guardian), **days)
        assert children(guardian) == seen


@pytest.mark.parametrize(
    "wrong",
    [
        {"authority": "withdrawn"},
        {"child": str(uuid4())},
        {"adult": str(uuid4())},
        {"valid_from": "2026-09-01", "valid_until": "2026-08-31"},
    ],
)
def test_a_finding_about_somebody_else_or_without_a_judgment_is_refused(running, agent, wrong):
    _, child, other = second_parent(running)
    review = review_of(other, "family_link")
    claire = agent(CLAIRE)
    claire.claim(review)
    said = RECOGNISED | finding(other, child)
    assert_problem(claire.say(review, said | {"link": said["link"] | wrong}), "invalid")
    assert_problem(claire.say(review, RECOGNISED), "invalid")


def test_a_child_the_caf_names_in_the_household_is_for_an_agent_to_recognise(running, owner, agent):
    parent = Resident(running).sign_in()
    child = parent.child()
    claim(parent, child)
    worked_off(parent.system)
    household = f"{child.family_name}/{child.first_names.upper()} ANNA/{child.born_on}|AUTRE/ENFANT/2015-01-01"
    with owner.transaction() as tx:
        consider_household(tx, person_id(parent), household, now=utc_now())
    assert children(parent) == []
    review = review_of(parent, "family_link")
    claire = agent(CLAIRE)
    claire.claim(review)
    assert claire.read(review).json()["asked"]["given_names"] == [child.first_names]
    claire.decide(review, {"outcome": "passed", "reason": "original_seen"} | finding(parent, None))
    eventually(lambda: children(parent))
    link = rows(running, "SELECT source, grade FROM hub.family_link WHERE adult_id = %(a)s", a=person_id(parent))
    assert link == [{"source": "caf_answer", "grade": "agent_checked"}]


def test_a_judgment_is_read_by_two_agents_for_each_child_and_warns_nobody(running, owner):
    guardian, child = family(running)
    paper = guardian.http.get("/v1/documents").json()[0]["document"]
    judgment = Paper(paper, EvidenceType.CUSTODY_JUDGMENT, Grade.SELF_DECLARED, {})
    with owner.transaction() as tx:
        consider_paper(tx, person_id(guardian), judgment, now=utc_now())
        consider_paper(tx, person_id(guardian), judgment, now=utc_now())
    (review,) = reviews_of(guardian, "family_link")
    assert (str(review["child_id"]), review["opinions_needed"], review["body"]) == (child, 2, CENTRE)
    assert warnings_of(guardian) == []


def test_the_town_hall_that_decides_is_the_claimants_and_never_the_childs(running, owner):
    person = Resident(running).sign_in()
    now = utc_now()
    for siret, body in load().bodies.items():
        if body.role == "enrolment" and body.sectors:
            with owner.transaction() as tx:
                settle_at(
                    tx, person_id(person), sector=body.sectors[0], confidential=False, since=date.today(), now=now
                )
                assert deciding_body(tx, person_id(person), now=now) == siret
