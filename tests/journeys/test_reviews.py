"""What the rules could not decide: an agent of that body, and nobody else, takes it, looks, and decides with a reason."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import httpx
import pytest

from hub.api.callers import AGENT_PATHS
from hub.persons.agents import Role, add_agent, remove_agent
from tests.journeys.agents import (
    BAD,
    BRUNO,
    CENTRE,
    CLAIRE,
    GOOD,
    INES,
    LOUIS,
    NADIA,
    ODILE,
    PAUL,
    UNSURE,
    Agent,
    applied,
    family_in_doubt,
    review_of,
    reviews_of,
)
from tests.journeys.doors import Partner, assert_problem, family, person_id, rows, subject_of, value
from tests.system import CAISSE, MAIRIE, Resident, eventually
from vault.bootstrap import utc_now


def comparable(answer):
    told = answer.json()
    return answer.status_code, {name: said for name, said in told.items() if name != "correlation_id"}


def test_an_agent_nobody_gave_a_role_is_refused_politely_and_gets_no_session(running):
    stranger = Agent(running, PAUL)
    answer = stranger.enter()
    assert_problem(answer, "agent-unknown")
    assert "unefois_agent" not in stranger.http.cookies
    assert_problem(stranger.http.get("/hub/v1/reviews"), "agent-sign-in-required")


def test_a_residents_session_is_no_agents_and_the_other_way_round(running, agent, resident):
    parent, claire = resident(), agent(CLAIRE)
    assert_problem(parent.http.get("/hub/v1/reviews"), "agent-sign-in-required")
    assert_problem(claire.http.get("/v1/session"), "sign-in-required")
    moved = httpx.get(
        f"{running.door_url}/hub/v1/reviews", cookies={"unefois_agent": parent.http.cookies["unefois_session"]}
    )
    assert_problem(moved, "agent-sign-in-required")


def test_the_agents_cookie_goes_to_the_agents_pages_only_and_is_guarded(running):
    browser = Agent(running, CLAIRE)
    browser.http.follow_redirects = False
    answer = browser.http.get("/sign-in/proconnect", params={"login_hint": CLAIRE, "return_to": "/v1/session"})
    while "/callback" not in answer.headers["location"]:
        answer = browser.http.get(answer.headers["location"])
    answer = browser.http.get(answer.headers["location"])
    cookies = [c for c in answer.headers.get_list("set-cookie") if c.startswith("unefois_agent=")]
    assert answer.headers["location"] == "/agents"
    assert not any(path == "/" or path.startswith("/v1") for path in AGENT_PATHS)
    assert {c.partition("Path=")[2].partition(";")[0] for c in cookies} == set(AGENT_PATHS)
    assert all("HttpOnly" in c and "SameSite=lax" in c and "Max-Age" not in c for c in cookies)


def test_an_agents_session_ends_without_a_gesture_and_at_once_when_they_are_removed(running, owner, agent):
    claire = agent(CLAIRE)
    rows(running, "UPDATE hub.agent_session SET expires_at = now()")
    assert_problem(claire.http.get("/hub/v1/reviews"), "agent-sign-in-required")
    place = {"siret": "21750001600019", "body": MAIRIE, "role": Role.REVIEWER}
    with owner.transaction() as tx:
        add_agent(tx, "Paul.Vasseur@ville.example.org", **place, now=utc_now())
    paul = agent(PAUL)
    assert paul.http.get("/hub/v1/reviews").status_code == 200
    with owner.transaction() as tx:
        assert remove_agent(tx, "paul.vasseur@ville.example.org", now=utc_now()) == 1
    assert_problem(paul.http.get("/hub/v1/reviews"), "agent-sign-in-required")
    assert_problem(Agent(running, PAUL).enter(), "agent-unknown")


def test_the_establishment_the_provider_names_must_be_the_one_we_wrote_down(running, owner):
    with owner.transaction() as tx:
        add_agent(tx, "paul.vasseur@ville.example.org", siret=CAISSE, body=CAISSE, role=Role.REVIEWER, now=utc_now())
    assert_problem(Agent(running, PAUL).enter(), "agent-unknown")
    with owner.transaction() as tx:
        remove_agent(tx, "paul.vasseur@ville.example.org", now=utc_now())


def test_each_change_of_roles_is_in_the_journal_without_a_name(running):
    found = rows(
        running,
        "SELECT convert_from(record, 'UTF8') AS said FROM vault.journal_record NATURAL JOIN vault.journal_entry WHERE act = 'staff'",
    )
    assert any('"step":"role_given"' in row["said"] for row in found)
    assert not [row for row in found if "example.org" in row["said"]]


def test_an_agent_sees_their_own_bodies_queue_and_of_others_not_even_that_there_is_one(running, agent):
    _, review = family_in_doubt(running)
    claire, nadia = agent(CLAIRE), agent(NADIA)
    assert claire.sees(review)
    assert {one["body"] for one in claire.queue()} <= {MAIRIE, CENTRE}
    assert not nadia.sees(review)
    assert nadia.queue(body=MAIRIE) == []
    assert MAIRIE not in nadia.http.get("/hub/v1/reviews/backlogs").text
    for act in (
        nadia.read,
        nadia.claim,
        nadia.release,
        lambda one: nadia.look(one, "copy"),
        lambda one: nadia.say(one, GOOD),
    ):
        theirs, nobodys = act(review), act(uuid4())
        assert_problem(theirs, "not-found")
        assert comparable(theirs) == comparable(nobodys)


def test_the_queue_is_oldest_first_in_pages_and_names_nobody(running, agent):
    parent, review = family_in_doubt(running)
    family_in_doubt(running)
    claire = agent(CLAIRE)
    paged = [one["review_id"] for one in claire.queue(limit="1", service="school_enrolment")]
    assert paged == [one["review_id"] for one in claire.queue(service="school_enrolment")]
    moments = [one["created_at"] for one in claire.queue()]
    assert moments == sorted(moments)
    assert str(review) in paged
    assert parent.family_name.upper() not in claire.http.get("/hub/v1/reviews", params={"limit": "100"}).text
    assert_problem(claire.http.get("/hub/v1/reviews", params={"after": "yesterday"}), "invalid")


def test_what_the_family_did_not_let_the_body_see_is_not_in_its_queue(running, agent):
    _, review = family_in_doubt(running, reuse=False)
    claire = agent(CLAIRE)
    assert not claire.sees(review)
    assert_problem(claire.claim(review), "not-found")


def test_of_two_agents_at_once_one_takes_it_and_the_other_learns_nothing_of_it(running, agent):
    _, review = family_in_doubt(running)
    both = [agent(CLAIRE), agent(BRUNO)]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda one: one.claim(review), both))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    (loser,) = [one for one, answer in zip(both, answers, strict=True) if answer.status_code == 409]
    assert_problem(loser.claim(review), "review-taken")
    told = loser.read(review).json()
    assert (told["line"]["state"], told["adult"], told["paper"]) == ("taken", None, None)
    assert_problem(loser.look(review, "copy"), "review-not-taken")
    assert_problem(loser.say(review, GOOD), "review-not-taken")


def test_a_lease_that_is_over_lets_a_colleague_in_and_the_late_decision_out(running, agent):
    _, review = family_in_doubt(running)
    claire, bruno = agent(CLAIRE), agent(BRUNO)
    claire.claim(review)
    rows(running, "UPDATE hub.review SET claimed_until = now() WHERE review_id = %(r)s", r=review)
    assert bruno.claim(review).status_code == 200
    assert_problem(claire.say(review, GOOD), "review-not-taken")
    assert_problem(claire.release(review), "review-not-taken")
    assert bruno.release(review).status_code == 204
    assert claire.claim(review).status_code == 200


def test_an_operator_sees_figures_gives_back_and_opens_nothing(running, agent):
    parent, child = family(running)
    parent.request(child, "canteen_tariff", CAISSE)
    parent.hand_in_and_wait(running.papers().tax_notice(Resident(running)), "image/jpeg", kind="tax_notice")
    review = review_of(parent)
    nadia, odile = agent(NADIA), agent(ODILE)
    nadia.claim(review)
    assert odile.queue() == []
    assert any(one["body"] == CAISSE and one["taken"] for one in odile.http.get("/hub/v1/reviews/backlogs").json())
    assert_problem(odile.claim(review), "not-found")
    assert_problem(odile.look(review, "values"), "not-found")
    assert odile.release(review).status_code == 204
    assert agent(LOUIS).claim(review).status_code == 200


def test_the_agent_sees_the_rebuilt_copy_and_the_family_sees_that_an_agent_did(running, agent):
    parent, review = family_in_doubt(running)
    claire = agent(CLAIRE)
    assert_problem(claire.look(review, "copy"), "review-not-taken")
    claire.claim(review)
    opened = claire.look(review, "copy")
    assert opened.content.startswith(b"%PDF-")
    entry = eventually(lambda: [line for line in parent.trace() if "Un agent a regardé" in line["what"]])[0]
    assert "Mairie du 13e" in entry["who"]
    assert "Fontanel" not in str(parent.trace())
    release = rows(running, "SELECT * FROM hub.release WHERE entry_id = %(e)s", e=entry["entry"])[0]
    assert (release["channel"], release["recipient"], release["purpose"]) == ("agent", MAIRIE, "school_enrolment")
    assert (release["instrument"], release["act"]) == ("CRPA L.114-8 I, R.114-9-6", "authorised")
    assert value(running, "SELECT count(*) FROM hub.case_copy WHERE release_id = %(r)s", r=release["release_id"]) == 0


def test_the_values_that_were_read_are_shown_apart_and_a_ticket_serves_once(running, agent):
    _, review = family_in_doubt(running)
    claire = agent(CLAIRE)
    claire.claim(review)
    ticket = claire.http.post(f"/hub/v1/reviews/{review}/looks", json={"shown": "values"}).json()["href"]
    assert_problem(httpx.get(ticket.replace("/values/", "/copy/")), "not-found")
    assert_problem(httpx.get(ticket), "not-found")  # spent by the wrong door of the two
    seen = claire.look(review, "values").json()
    assert seen["values"]["postcode"] == "75013"
    assert set(seen["places"]) <= set(seen["values"])
    assert all(place["page"] == 1 and place["left"] < place["right"] for place in seen["places"].values())
    assert "holder_name" in seen["places"]


def test_a_withdrawn_authorisation_closes_the_paper_also_for_a_ticket_that_is_out(running, agent):
    parent, review = family_in_doubt(running)
    claire = agent(CLAIRE)
    claire.claim(review)
    ticket = claire.http.post(f"/hub/v1/reviews/{review}/looks", json={"shown": "copy"}).json()["href"]
    rows(
        running,
        "UPDATE hub.reuse_grant SET state = 'withdrawn', withdrawn_at = now() WHERE person_id = %(p)s",
        p=person_id(parent),
    )
    assert_problem(httpx.get(ticket), "no-ground")
    assert_problem(claire.read(review), "not-found")


def test_passed_by_an_agent_the_requirement_is_satisfied_at_that_grade_and_the_family_reads_it(running, agent):
    parent, review = family_in_doubt(running)
    assert parent.requirement("school_enrolment", "residence")["state"] == "missing"
    assert agent(CLAIRE).decide(review, GOOD | {"note": "nom du conjoint"})
    satisfied = parent.satisfied("school_enrolment", "residence")
    assert satisfied["grade"] == "agent_checked"
    fit = rows(
        running,
        """SELECT f.* FROM hub.fit f JOIN hub.satisfaction s USING (fit_id) JOIN hub.review r
                           ON r.line_id = f.line_id WHERE r.review_id = %(r)s AND f.requirement = 'residence'""",
        r=review,
    )[0]
    assert fit["rule"].startswith("agent/1")
    assert fit["decided_on"]["review"] == str(review)
    assert [line for line in parent.trace() if "il convient pour cette demande" in line["what"]]
    assert "nom du conjoint" not in str(parent.trace())


def test_failed_by_an_agent_the_family_reads_one_plain_sentence_and_nobody_is_asked_again(running, agent):
    parent, review = family_in_doubt(running)
    agent(CLAIRE).decide(review, BAD)
    applied(parent, review)
    told = parent.requirement("school_enrolment", "residence")
    assert told["state"] == "missing"
    assert told["hint"] == "Le document est au nom d'une autre personne. Déposez un document à votre nom."
    parent.hand_in_and_wait(running.papers().bill(parent), "application/pdf", kind="proof_of_address")
    assert parent.satisfied("school_enrolment", "residence")["grade"] == "sealed"
    assert len(reviews_of(parent)) == 1


def test_a_second_opinion_is_a_colleagues(running, agent):
    parent, review = family_in_doubt(running)
    claire, bruno = agent(CLAIRE), agent(BRUNO)
    assert not claire.decide(review, UNSURE | {"note": "à voir à deux"})
    assert not claire.sees(review)
    assert_problem(claire.claim(review), "opinion-given")
    bruno.claim(review)
    assert [(one["note"], one["noted"]) for one in bruno.read(review).json()["opinions"]] == [("", True)]
    read = bruno.http.post(f"/hub/v1/reviews/{review}/looks", json={"shown": "notes"}).json()["href"]
    assert httpx.get(read).json() == {"notes": ["à voir à deux"]}
    assert_problem(httpx.get(read), "not-found")
    copy = bruno.http.post(f"/hub/v1/reviews/{review}/looks", json={"shown": "copy"}).json()["href"]
    assert_problem(httpx.get(copy.replace("/copy/", "/notes/")), "not-found")
    assert bruno.say(review, GOOD).json() == {"decided": True}
    parent.satisfied("school_enrolment", "residence")


def test_where_four_eyes_are_wanted_two_agents_must_say_the_same(running, agent):
    parent, review = family_in_doubt(running)
    rows(running, "UPDATE hub.review SET opinions_needed = 2 WHERE review_id = %(r)s", r=review)
    assert not agent(CLAIRE).decide(review, GOOD)
    assert parent.requirement("school_enrolment", "residence")["state"] == "missing"
    assert agent(BRUNO).decide(review, GOOD)
    parent.satisfied("school_enrolment", "residence")


@pytest.mark.parametrize(
    "opinion",
    [
        {"outcome": "passed", "reason": "other_person"},
        {"outcome": "failed", "reason": "made_up"},
        {"outcome": "passed", "reason": "judgment_read"},
        {"outcome": "passed", "reason": "checked_on_sight", "note": "x" * 301},
        {"outcome": "perhaps", "reason": "unsure"},
    ],
)
def test_a_decision_that_does_not_hold_together_is_refused(running, agent, opinion):
    _, review = family_in_doubt(running)
    claire = agent(CLAIRE)
    claire.claim(review)
    assert_problem(claire.say(review, opinion), "invalid")


def test_a_decided_review_is_gone_for_everybody(running, agent):
    _, review = family_in_doubt(running)
    claire = agent(CLAIRE)
    claire.decide(review, BAD)
    for act in (claire.read, claire.claim, lambda one: claire.look(one, "copy"), lambda one: claire.say(one, GOOD)):
        assert_problem(act(review), "not-found")


def test_erasing_the_paper_takes_its_review_and_what_was_said_of_it_along(running, agent):
    parent, review = family_in_doubt(running)
    agent(CLAIRE).decide(review, UNSURE | {"note": "à voir à deux"})
    paper = value(running, "SELECT document_id FROM hub.review WHERE review_id = %(r)s", r=review)
    parent.http.delete(f"/v1/documents/{paper}")
    gone = "SELECT (SELECT count(*) FROM hub.review WHERE review_id = %(r)s) + (SELECT count(*) FROM hub.review_opinion WHERE review_id = %(r)s) AS n"
    eventually(lambda: value(running, gone, r=review) == 0)


def test_an_agent_who_is_also_a_parent_has_two_accounts_that_never_meet(running, agent):
    parent = Resident(running, family_name="Fontanel", given_name="Claire").sign_in()
    claire = agent(CLAIRE)
    parent.http.cookies.update(claire.http.cookies)
    assert parent.http.get("/v1/session").json()["family_name"] == "FONTANEL"
    tables = rows(
        running,
        "SELECT column_name FROM information_schema.columns WHERE table_schema = 'hub' AND table_name LIKE 'agent%%'",
    )
    assert not {row["column_name"] for row in tables} & {"person_id", "account_id"}


def test_another_body_that_waits_for_the_same_paper_has_a_review_of_its_own(running, agent):
    parent, child = family(running)
    parent.request(child, "canteen_tariff", CAISSE)
    parent.hand_in_and_wait(running.papers().tax_notice(Resident(running)), "image/jpeg", kind="tax_notice")
    review = review_of(parent)
    assert agent(NADIA).sees(review)
    assert not agent(INES).sees(review)
    assert not agent(CLAIRE).sees(review)


def test_what_its_own_agents_checked_a_body_may_fetch_at_that_grade(running, agent):
    parent, child = family(running)
    parent.request(child, "canteen_tariff", CAISSE)
    parent.hand_in_and_wait(running.papers().tax_notice(Resident(running)), "image/jpeg", kind="tax_notice")
    review = review_of(parent)
    agent(LOUIS).decide(review, GOOD)
    assert parent.satisfied("canteen_tariff", "household_income")["grade"] == "agent_checked"
    caisse = Partner(running, "caisse-13")
    subject = subject_of(parent, CAISSE, "canteen_tariff")
    (offered,) = caisse.ask(subject, "canteen_tariff", "household_income").json()["evidence"]
    assert offered["grade"] == "agent_checked"
    assert caisse.fetch(offered["href"]).status_code == 200
