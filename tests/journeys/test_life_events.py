"""A life event is declared once: each does what it says, and says what comes next."""

from datetime import date, timedelta

import pytest

from connectors.sandbox.papers import Child
from tests.journeys.agents import BRUNO, CLAIRE, applied, review_of, reviews_of
from tests.journeys.doors import assert_problem, family, person_id, rows
from tests.journeys.test_confirming import both_parents
from tests.system import CAISSE, FAMILLES, Resident, eventually

TODAY = date.today()
SWORN = {"on": str(TODAY), "accuracy_sworn": True, "reuse_authorised": True}
DEAD = {"outcome": "passed", "reason": "death_read"}
LINES = """SELECT service, parity, share, valid_from, valid_until, follows FROM hub.enrolment_line
           WHERE payer_id = %(who)s AND retracted_at IS NULL ORDER BY service, valid_from"""


def declare(person, event: str, **told):
    return person.http.post("/v1/life-events", json=SWORN | {"event": event} | told)


def lines_of(person) -> list[dict]:
    return rows(person.system, LINES, who=person_id(person))


def eating(running, **facts):
    """A family whose child is enrolled at the canteen, with the tariff asked for."""
    parent, child = family(running, **facts)
    for service in ("canteen_enrolment", "canteen_tariff"):
        assert parent.request(child, service, CAISSE).status_code == 201
    return parent, child


def test_every_event_says_what_it_touches_and_what_the_hub_already_holds(running):
    parent, _ = eating(running)
    events = {one["event"]: one for one in parent.http.get("/v1/life-events").json()}
    assert set(events) == {"birth", "separation", "job_loss", "move", "death"}
    assert {paper["type"]: paper["held"] for paper in events["birth"]["papers"]} == {
        "birth_certificate": True,
        "family_record_book": False,
    }
    touched = {(t["service"], t["concerns_you"]) for t in events["job_loss"]["touches"]}
    assert ("canteen_tariff", True) in touched
    assert ("after_school", False) in touched
    assert all(one["steps"] and one["changes"] for one in events.values())
    pages = {step["href"] for one in events.values() for step in one["steps"]}
    assert {parent.http.get(page).status_code for page in pages} == {200}


def test_a_lost_job_asks_the_tariff_anew_from_today_on_and_never_back_in_time(running):
    parent, _ = eating(running, quotient=900)
    parent.satisfied("canteen_tariff", "household_income")
    answer = declare(parent, "job_loss", on=str(TODAY - timedelta(days=40)))
    assert answer.status_code == 201, answer.text
    (line,) = answer.json()["lines"]
    assert (line["service"], line["since"]) == ("canteen_tariff", str(TODAY))
    before, after = [one for one in lines_of(parent) if one["service"] == "canteen_tariff"]
    assert (before["valid_until"], after["valid_from"]) == (TODAY - timedelta(days=1), TODAY)
    asked = "SELECT count(*) AS n FROM hub.evidence WHERE holder_id = %(who)s AND kind = 'pulled'"
    eventually(lambda: rows(running, asked, who=person_id(parent))[0]["n"] == 2)
    assert "Le passé ne change pas" in answer.json()["fr"]
    assert [paper["name"] for paper in answer.json()["papers"]] == [
        "Attestation de France Travail",
        "Bulletin de salaire",
    ]
    assert declare(parent, "job_loss").json()["lines"] == []


def test_two_homes_share_what_can_be_shared(running):
    parent, child = eating(running)
    answer = declare(parent, "separation", parts=[{"child": child, "parity": "even"}])
    assert answer.status_code == 201, answer.text
    running_now = [one for one in lines_of(parent) if one["valid_until"] > TODAY]
    assert {(one["service"], one["parity"]) for one in running_now} == {
        ("canteen_enrolment", "even"),
        ("canteen_tariff", "even"),
    }
    assert all(one["follows"] for one in running_now)
    assert answer.json()["papers"][0]["type"] == "custody_judgment"
    assert declare(parent, "separation", parts=[{"child": child, "parity": "even"}]).json()["lines"] == []


def test_a_birth_claims_the_child_and_asks_the_tariff_anew(running):
    parent, _ = eating(running)
    baby = Child(parent.family_name.upper(), "Lou", TODAY - timedelta(days=9), "Paris 13e")
    told = [{"family_name": baby.family_name, "given_names": [baby.first_names]}]
    answer = declare(parent, "birth", on=str(baby.born_on), children=told)
    assert answer.status_code == 201, answer.text
    assert [line["service"] for line in answer.json()["lines"]] == ["canteen_tariff"]
    assert answer.json()["steps"][0]["href"] == "/deposer"
    parent.linked_child(baby)
    claims = "SELECT state FROM hub.family_claim WHERE adult_id = %(who)s"
    assert [row["state"] for row in rows(running, claims, who=person_id(parent))] == ["proved"]


def test_a_move_is_the_same_act_as_anywhere_else(running):
    parent, child = eating(running)
    answer = declare(parent, "move", postcode="75019", changing_school=[child], confidential=False)
    assert answer.status_code == 201, answer.text
    assert {line["body_name"] for line in answer.json()["lines"]} == {"Caisse des écoles du 19e arrondissement"}
    assert {line["passage"] for line in answer.json()["lines"]} == {"passed_on"}


def test_a_death_is_two_agents_to_read_and_ends_link_mail_and_sign_in(running, agent):
    first, child, second = both_parents(running)
    letters = {"street": "17 allée des Ormeaux", "postcode": "75013", "town": "Paris"}
    assert second.http.put("/v1/contact", json={"channel": "post", "address": letters}).status_code == 200
    answer = declare(first, "death", children=[child])
    assert answer.status_code == 201, answer.text
    review = review_of(first, "family_link")
    assert [c["child"] for c in second.http.get("/v1/children").json()] == [child]
    link = {"adult": str(person_id(second)), "child": child, "valid_until": str(TODAY - timedelta(days=3))}
    claire, bruno = agent(CLAIRE), agent(BRUNO)
    claire.claim(review)
    own = DEAD | {"link": link | {"adult": str(person_id(first))}}
    assert_problem(claire.say(review, own), "invalid")
    assert claire.http.get(f"/agents/dossiers/{review}").status_code == 200
    assert not claire.decide(review, DEAD | {"link": link})
    assert bruno.decide(review, DEAD | {"link": link})
    applied(first, review)
    links = "SELECT adult_id, authority FROM hub.family_link WHERE child_id = %(c)s AND retracted_at IS NULL"
    assert {row["adult_id"]: row["authority"] for row in rows(running, links, c=child)} == {
        person_id(first): "sole",
        person_id(second): "joint",
    }
    assert_problem(second.http.get("/v1/children"), "sign-in-required")
    reached = "SELECT count(*) AS n FROM hub.contact WHERE person_id = %(who)s AND retracted_at IS NULL"
    assert rows(running, reached, who=person_id(second))[0]["n"] == 0


def test_declaring_a_death_tells_nothing_of_who_else_stands_for_a_child(running):
    alone, child = family(running)
    first, shared, _ = both_parents(running)
    answers = [declare(alone, "death", children=[child]), declare(first, "death", children=[shared])]
    assert answers[0].text == answers[1].text
    assert reviews_of(alone, "family_link") == []


@pytest.mark.parametrize("event", ["birth", "separation", "job_loss", "death"])
def test_what_is_not_sworn_or_too_far_off_changes_nothing(running, event):
    parent, child = family(running)
    told = {
        "birth": {"children": [{"family_name": "X", "given_names": ["Y"]}]},
        "separation": {"parts": [{"child": child}]},
        "death": {"children": [child]},
    }.get(event, {})
    assert_problem(declare(parent, event, **told, accuracy_sworn=False), "invalid")
    assert_problem(declare(parent, event, **told, on="2020-01-01"), "invalid")
    assert rows(running, "SELECT 1 FROM hub.life_event WHERE adult_id = %(who)s", who=person_id(parent)) == []


def test_nobody_declares_for_a_child_who_is_not_theirs(running):
    parent, child = family(running)
    stranger = Resident(running).sign_in()
    stranger_too, _ = family(running)
    assert_problem(declare(stranger, "death", children=[child]), "not-found")
    assert_problem(declare(stranger_too, "separation", parts=[{"child": child}]), "not-found")
    assert declare(parent, "separation", parts=[{"child": child}]).status_code == 201


def test_what_is_declared_is_in_the_trace(running):
    parent, child = eating(running)
    parent.request(child, "after_school", FAMILLES)
    declare(parent, "job_loss")
    assert [line for line in parent.trace() if line["what"] == "Vous avez déclaré une perte d'emploi"]
    events = {one["event"]: one["declared_on"] for one in parent.http.get("/v1/life-events").json()}
    assert (events["job_loss"], events["birth"]) == (str(TODAY), None)
