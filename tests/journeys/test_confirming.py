"""A first enrolment is instructed at once; it takes effect once the other guardian agreed, who learns nothing else."""

from uuid import uuid4

import pytest

from tests.journeys.agents import BRUNO, CLAIRE, applied, review_of
from tests.journeys.doors import Partner, assert_problem, family, person_id, rows, subject_of, value
from tests.journeys.test_family_link import RECOGNISED, finding, second_parent
from tests.system import CAISSE, MAIRIE, Resident, eventually

LINK = """INSERT INTO hub.family_link (link_id, adult_id, child_id, kind, authority, source, source_review, grade,
                                       valid_from, recorded_at)
          VALUES (gen_random_uuid(), %(adult)s, %(child)s, 'parent', %(authority)s, 'agent', gen_random_uuid(),
                  'agent_checked', '2020-01-01', now())"""


def both_parents(running, authority: str = "joint") -> tuple[Resident, str, Resident]:
    """Two parents signed in, both linked to one child."""
    first, child = family(running)
    second = Resident(running).sign_in()
    rows(running, LINK, adult=person_id(second), child=child, authority=authority)
    return first, child, second


def asked(person) -> list[dict]:
    return person.http.get("/v1/confirmations").json()


def reply(person, confirmation, answer: str):
    return person.http.post(f"/v1/confirmations/{confirmation}", json={"answer": answer})


def states(running, person) -> list[str]:
    found = """SELECT c.state FROM hub.confirmation c JOIN hub.request USING (request_id)
               WHERE requester_id = %(who)s ORDER BY c.asked_at"""
    return [row["state"] for row in rows(running, found, who=person_id(person))]


def test_a_first_enrolment_is_instructed_at_once_and_waits_for_the_other_guardian_to_take_effect(running):
    first, child, second = both_parents(running)
    told = first.request(child, "school_enrolment", MAIRIE)
    assert told.status_code == 201
    assert "l'autre responsable de l'enfant" in told.json()["note"]
    assert first.satisfied("school_enrolment", "child_identity")["grade"] == "sealed"
    (one,) = asked(second)
    (family_child,) = first.children
    name = f"{first.given_name} {first.family_name.upper()}"
    assert one["sentence"] == f"{name} demande pour {family_child.first_names}\u00a0: inscription à l'école."
    mairie, subject = Partner(running, "mairie-13"), subject_of(first, MAIRIE, "school_enrolment")
    answer = mairie.ask(subject, "school_enrolment", "child_identity").json()
    assert (answer["outcome"], answer["effect_waits_for"]) == ("documents", "waiting")
    assert reply(second, one["confirmation"], "confirm").json()[0]["state"] == "confirmed"
    assert mairie.ask(subject, "school_enrolment", "child_identity").json()["effect_waits_for"] is None
    assert [line for line in first.trace() if "a donné son accord" in line["what"]]


def test_the_body_is_told_that_the_guardians_agree(running):
    first, child, second = both_parents(running)
    first.request(child, "school_enrolment", MAIRIE)
    reply(second, asked(second)[0]["confirmation"], "confirm")
    subject = str(subject_of(first, MAIRIE, "school_enrolment"))

    def heard() -> bool:
        told = running.received("mairie-13")["notifications"]
        return any((one["subject"], one["requirement"]) == (subject, "guardians") for one in told)

    eventually(heard)


def test_the_other_guardian_learns_nothing_but_who_asks_for_what_for_whom(running):
    first, child, second = both_parents(running)
    first.http.put("/v1/residence", json={"postcode": "75013", "confidential": True, "since": "2026-09-01"})
    letters = {"street": "17 allée des Ormeaux", "postcode": "75013", "town": "Paris"}
    assert first.http.put("/v1/contact", json={"channel": "post", "address": letters}).status_code == 200
    first.request(child, "school_enrolment", MAIRIE)
    first.hand_in_and_wait(running.papers().bill(first), "application/pdf", kind="proof_of_address")
    (one,) = asked(second)
    assert set(one) == {"confirmation", "sentence", "asked_by", "service", "service_name", "child", "state"}
    reply(second, one["confirmation"], "object")
    paths = ("/v1/confirmations", "/v1/accesses", "/v1/school-files", "/v1/children", "/v1/documents", "/v1/contact")
    shown = " ".join(second.http.get(path).text for path in paths)
    kept = [MAIRIE, "Mairie du 13e", "75013", "PEUPLIERS", "ormeaux", str(person_id(first)), "Domicile"]
    assert not [word for word in kept if word.lower() in shown.lower()]


def test_usual_acts_and_sole_authority_need_one_guardian(running):
    first, child, second = both_parents(running)
    first.request(child, "canteen_enrolment", CAISSE)
    assert asked(second) == []
    alone = "UPDATE hub.family_link SET authority = 'sole' WHERE adult_id = %(adult)s"
    rows(running, alone, adult=person_id(first))
    assert "responsable" not in first.request(child, "school_enrolment", MAIRIE).json()["note"]
    assert asked(second) == []
    assert states(running, first) == []


def test_a_judgment_ends_what_waited(running):
    first, child, second = both_parents(running)
    first.request(child, "school_enrolment", MAIRIE)
    subject = subject_of(first, MAIRIE, "school_enrolment")
    rows(running, "UPDATE hub.family_link SET authority = 'withdrawn' WHERE adult_id = %(a)s", a=person_id(second))
    assert asked(second) == []
    told = Partner(running, "mairie-13").ask(subject, "school_enrolment", "residence").json()
    assert told["effect_waits_for"] is None


def test_a_guardian_who_is_recognised_late_is_asked_then(running, agent):
    first, child, second = second_parent(running)
    first.request(child, "school_enrolment", MAIRIE)
    first.request(child, "canteen_enrolment", CAISSE)
    review = review_of(second, "family_link")
    assert agent(CLAIRE).decide(review, RECOGNISED | finding(second, child))
    applied(second, review)
    (one,) = eventually(lambda: asked(second))
    assert (one["service"], one["state"]) == ("school_enrolment", "waiting")
    subject = subject_of(first, MAIRIE, "school_enrolment")
    told = Partner(running, "mairie-13").ask(subject, "school_enrolment", "residence").json()
    assert told["effect_waits_for"] is not None
    assert [line for line in first.trace() if "est maintenant reconnu" in line["what"]]
    assert reply(second, one["confirmation"], "confirm").status_code == 200
    assert states(running, first) == ["confirmed"]


def test_nobody_else_can_answer_and_a_confirmation_stays(running):
    first, child, second = both_parents(running)
    first.request(child, "school_enrolment", MAIRIE)
    number = asked(second)[0]["confirmation"]
    for person, one in ((first, number), (Resident(running).sign_in(), number), (second, str(uuid4()))):
        assert_problem(reply(person, one, "confirm"), "not-found")
    assert [reply(second, number, "confirm").status_code for _ in range(2)] == [200, 200]
    assert_problem(reply(second, number, "object"), "not-found")
    assert states(running, first) == ["confirmed"]


@pytest.mark.parametrize(
    ("opinion", "state", "words"),
    [
        ({"outcome": "passed", "reason": "guardians_agree"}, "lifted", "votre demande peut prendre effet"),
        ({"outcome": "failed", "reason": "no_agreement"}, "upheld", "votre demande ne prend pas effet"),
    ],
)
def test_an_objection_goes_to_an_agent_of_the_body(running, agent, opinion, state, words):
    first, child, second = both_parents(running)
    first.request(child, "school_enrolment", MAIRIE)
    reply(second, asked(second)[0]["confirmation"], "object")
    review = review_of(first, "objection")
    claire = agent(CLAIRE)
    claire.claim(review)
    told = claire.read(review).json()
    assert (told["line"]["kind"], told["line"]["body"], told["paper"]) == ("objection", MAIRIE, None)
    assert claire.http.get(f"/agents/dossiers/{review}").status_code == 200
    assert claire.decide(review, opinion)
    applied(first, review)
    assert states(running, first) == [state]
    assert [line for line in first.trace() if words in line["what"]]
    assert [line for line in second.trace() if "examiné votre opposition" in line["what"]]


def test_an_objection_taken_back_is_no_agents_business(running, agent):
    first, child, second = both_parents(running)
    first.request(child, "school_enrolment", MAIRIE)
    number = asked(second)[0]["confirmation"]
    reply(second, number, "object")
    review, bruno = review_of(first, "objection"), agent(BRUNO)
    assert bruno.sees(review)
    reply(second, number, "confirm")
    assert not bruno.sees(review)
    assert states(running, first) == ["confirmed"]


def test_staying_at_a_school_is_a_usual_act(running):
    first, child, second = both_parents(running)
    first.request(child, "school_enrolment", MAIRIE)
    reply(second, asked(second)[0]["confirmation"], "confirm")
    wish = {"child": child, "school_year": "2027-2028", "service": "school_enrolment", "body": MAIRIE}
    again = first.http.post("/v1/requests", json=wish | {"accuracy_sworn": True, "reuse_authorised": True})
    assert again.status_code == 201
    assert value(running, "SELECT count(*) FROM hub.confirmation WHERE guardian_id = %(g)s", g=person_id(second)) == 1


def test_the_other_guardian_answers_with_one_click_on_a_page_of_their_own(running):
    first, child, second = both_parents(running)
    first.request(child, "school_enrolment", MAIRIE)
    (one,) = asked(second)
    shown = second.http.get("/accords").text
    assert "Je ne suis pas d&#39;accord" in shown or "Je ne suis pas d'accord" in shown
    assert "Mairie du 13e" not in shown
    headers = {"origin": running.door_url}
    sent = second.http.post(f"/accords/{one['confirmation']}", data={"answer": "confirm"}, headers=headers)
    assert sent.status_code == 200
    assert "Vous êtes d" in sent.text
    assert states(running, first) == ["confirmed"]
    assert "Aucune demande" in first.http.get("/accords").text
