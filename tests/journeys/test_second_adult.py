"""Somebody who claims another's child learns nothing, whatever they try, and the guardian is warned without a name."""

from uuid import UUID, uuid4

from connectors.sandbox.papers import Child
from tests.journeys.doors import assert_problem, family, person_id, rows, worked_off
from tests.system import CAISSE, Resident, eventually

CERTIFICATE = "birth_certificate"


def guardian_and_stranger(running) -> tuple[Resident, str, Resident]:
    guardian, child = family(running)
    return guardian, child, Resident(running, family_name=guardian.family_name).sign_in()


def claim(person, child: Child):
    told = {"family_name": child.family_name, "given_names": [child.first_names], "born_on": str(child.born_on)}
    return person.http.post("/v1/children", json=told)


OF_THE_REQUEST = ("date", "x-correlation-id", "ratelimit")
"""Headers that tell of the request itself: when, which, and the how-manieth of its sender."""


def comparable(answer):
    headers = {name: said for name, said in answer.headers.items() if name not in OF_THE_REQUEST}
    return answer.status_code, answer.text, headers


def links_of(person) -> list[dict]:
    return rows(person.system, "SELECT * FROM hub.family_link WHERE adult_id = %(adult)s", adult=person_id(person))


def warnings_of(guardian) -> list[dict]:
    return [line for line in guardian.trace() if "Une autre personne" in line["what"]]


def test_a_claim_is_answered_alike_for_every_child(running):
    guardian, _, stranger = guardian_and_stranger(running)
    (known,) = guardian.children
    unknown = stranger.child()
    answers = [claim(stranger, known), claim(stranger, unknown), claim(guardian, known)]
    assert answers[0].status_code == 202
    assert comparable(answers[0]) == comparable(answers[1]) == comparable(answers[2])


def test_a_claim_opens_neither_the_child_nor_the_file(running):
    guardian, child, stranger = guardian_and_stranger(running)
    guardian.request(child, "canteen_enrolment", CAISSE)
    claim(stranger, guardian.children[0])
    worked_off(stranger.system)
    assert stranger.http.get("/v1/children").json() == []
    assert stranger.http.get("/v1/school-files").json() == []
    refused = stranger.request(child, "canteen_enrolment", CAISSE)
    unknown = stranger.request(str(uuid4()), "canteen_enrolment", CAISSE)
    assert_problem(refused, "not-found")
    assert comparable_problem(refused) == comparable_problem(unknown)


def comparable_problem(answer):
    return answer.status_code, {name: said for name, said in answer.json().items() if name != "correlation_id"}


def test_the_guardian_is_warned_once_and_without_a_name(running):
    guardian, _, stranger = guardian_and_stranger(running)
    for _ in range(2):
        claim(stranger, guardian.children[0])
    (warning,) = eventually(lambda: warnings_of(guardian))
    worked_off(stranger.system)
    assert len(warnings_of(guardian)) == 1
    shown = str(guardian.http.get("/v1/accesses").text)
    assert stranger.given_name not in shown
    assert str(person_id(stranger)) not in shown
    assert warning["document"] is None


def test_the_strangers_trace_says_only_what_they_did(running):
    guardian, child, stranger = guardian_and_stranger(running)
    claim(stranger, guardian.children[0])
    worked_off(stranger.system)
    shown = stranger.http.get("/v1/accesses").text
    assert [line["what"] for line in stranger.trace() if line["act"] == "link"] == [
        "Vous avez demandé un lien avec un enfant"
    ]
    assert not [word for word in (guardian.given_name, str(person_id(guardian)), child) if word in shown]


def test_a_forged_certificate_without_a_seal_links_nobody(running):
    guardian, _, stranger = guardian_and_stranger(running)
    forged = running.papers().birth_certificate(stranger, guardian.children[0], signed=False)
    assert stranger.hand_in_and_wait(forged, "application/pdf", kind=CERTIFICATE)["grade"] == "self_declared"
    worked_off(stranger.system)
    assert links_of(stranger) == []
    assert stranger.http.get("/v1/children").json() == []


def test_a_forged_certificate_of_a_child_nobody_knows_links_nobody(running):
    stranger = Resident(running).sign_in()
    forged = running.papers().birth_certificate(stranger, stranger.child(), signed=False)
    stranger.hand_in_and_wait(forged, "application/pdf", kind=CERTIFICATE)
    worked_off(stranger.system)
    assert links_of(stranger) == []


def test_a_sealed_certificate_that_names_somebody_else_links_nobody(running):
    guardian, _, stranger = guardian_and_stranger(running)
    paper = running.papers().birth_certificate(guardian, guardian.children[0])
    assert stranger.hand_in_and_wait(paper, "application/pdf", kind=CERTIFICATE)["grade"] == "sealed"
    worked_off(stranger.system)
    assert links_of(stranger) == []
    assert stranger.http.get("/v1/children").json() == []
    assert warnings_of(guardian)


def test_a_sealed_certificate_that_names_a_second_adult_goes_to_an_agent(running):
    guardian, _, stranger = guardian_and_stranger(running)
    paper = running.papers().birth_certificate(stranger, guardian.children[0])
    stranger.hand_in_and_wait(paper, "application/pdf", kind=CERTIFICATE)
    worked_off(stranger.system)
    assert links_of(stranger) == []
    assert [r["reason"] for r in reviews(stranger)] == ["child_already_linked"]


def reviews(person) -> list[dict]:
    return rows(person.system, "SELECT * FROM hub.review WHERE adult_id = %(adult)s", adult=person_id(person))


def test_another_persons_papers_are_not_there(running):
    guardian, _, stranger = guardian_and_stranger(running)
    paper = guardian.http.get("/v1/documents").json()[0]["document"]
    for method, path in (("GET", ""), ("GET", "/receipt"), ("POST", "/preview-tickets"), ("DELETE", "")):
        theirs = stranger.http.request(method, f"/v1/documents/{paper}{path}")
        nobodys = stranger.http.request(method, f"/v1/documents/{UUID(int=7)}{path}")
        assert_problem(theirs, "not-found")
        assert comparable_problem(theirs) == comparable_problem(nobodys)


def test_the_same_content_of_two_people_is_two_documents(running):
    guardian, _, stranger = guardian_and_stranger(running)
    paper = running.papers().bill(guardian)
    ours = guardian.hand_in(paper, "application/pdf")
    theirs = stranger.hand_in(paper, "application/pdf")
    assert (ours.status_code, theirs.status_code) == (201, 201)
    assert theirs.json()["reuse"] is None
