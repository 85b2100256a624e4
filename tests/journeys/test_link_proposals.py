"""A partner names a child by civil status: an agent may link them, and nothing tells whether anybody has that name."""

import secrets
from datetime import timedelta
from html import unescape

import httpx
import pytest

from tests.journeys.agents import BRUNO, Agent, applied, review_of, reviews_of
from tests.journeys.doors import Partner, assert_problem, family, person_id, rows, value
from tests.journeys.test_linking import own_links, steps
from tests.system import CAISSE, Resident, System, eventually, made_up_name

SERVICE = "canteen_enrolment"
SAME = {"outcome": "passed", "reason": "same_child"}
OTHER = {"outcome": "failed", "reason": "other_child"}


@pytest.fixture(scope="module")
def caisse(running) -> Partner:
    return Partner(running, "caisse-13")


def named(parent: Resident, **changed: object) -> dict[str, object]:
    child = parent.children[0]
    told = {"family_name": child.family_name, "given_names": [child.first_names], "born_on": str(child.born_on)}
    return told | {"service": SERVICE, "on_behalf_of": f"treatment:{SERVICE}"} | changed


def propose(partner: Partner, told: dict[str, object], *, key: str | None = None) -> httpx.Response:
    headers = {} if key is None else {"idempotency-key": key}
    auth = partner.proving(partner.token())
    return partner.http.post("/hub/v1/link-proposals", json=told, auth=auth, headers=headers)


def read(partner: Partner, proposal: str) -> httpx.Response:
    return partner.http.get(f"/hub/v1/link-proposals/{proposal}", auth=partner.proving(partner.token()))


def enrolled(running: System) -> Resident:
    parent, child = family(running)
    assert parent.request(child, SERVICE, CAISSE).status_code == 201
    return parent


def examined(running: System, proposal: str) -> None:
    """Wait until the worker has looked: its job is there no more."""
    left = "SELECT 1 FROM jobs.procrastinate_jobs WHERE args ->> 'proposal_id' = %(one)s"
    eventually(lambda: not rows(running, left, one=proposal))


def told_alike(answer: httpx.Response) -> tuple[int, set[str], dict]:
    """What a partner sees of an answer, but for its number and its day."""
    told = answer.json()
    assert told.pop("proposal_id")
    assert told.pop("until")
    return answer.status_code, set(answer.headers), told


def test_the_answer_is_the_same_whether_anybody_has_that_name(running, caisse):
    parent, (alone, _) = enrolled(running), family(running)
    nobody = named(parent, family_name=made_up_name())
    answers = [propose(caisse, told) for told in (named(parent), named(alone), nobody)]
    assert len({str(told_alike(one)) for one in answers}) == 1
    assert answers[0].json()["state"] == "pending"
    for answer in answers:
        examined(running, answer.json()["proposal_id"])
    later = [read(caisse, answer.json()["proposal_id"]) for answer in answers]
    assert len({str(told_alike(one)) for one in later}) == 1
    assert reviews_of(parent, "partner_link")
    assert not reviews_of(alone, "partner_link")


def test_an_agent_links_them_and_the_family_reads_it(running, caisse, agent):
    parent = enrolled(running)
    proposal = propose(caisse, named(parent)).json()["proposal_id"]
    review = review_of(parent, "partner_link")
    bruno = agent(BRUNO)
    assert bruno.claim(review).status_code == 200
    seen = bruno.read(review).json()
    assert seen["asked"]["family_name"] == parent.children[0].family_name
    assert bruno.say(review, SAME).json()["decided"]
    applied(parent, review)
    told = read(caisse, proposal).json()
    assert told["state"] == "linked"
    assert told["link"]["subject"] in {one["subject"] for one in own_links(caisse)}
    assert len(told["link"]["files"]) == 1
    assert "Un service est relié au dossier de votre enfant" in steps(parent)
    assert parent.http.get("/v1/partner-links").json()[0]["source"] == "agent"


def linking(parent: Resident) -> list[str]:
    """What the family reads of links and of agents."""
    return [line["what"] for line in parent.trace() if line["act"] in ("link", "review")]


def decided(running: System, parent: Resident, opinion: dict[str, str]) -> None:
    review = review_of(parent, "partner_link")
    assert Agent(running, BRUNO).sign_in().decide(review, opinion)
    applied(parent, review)


def test_what_an_agent_refuses_stays_pending_for_the_partner_and_unread_by_the_family(running, caisse):
    parent = enrolled(running)
    answer = propose(caisse, named(parent))
    before = linking(parent)
    decided(running, parent, OTHER)
    assert told_alike(read(caisse, answer.json()["proposal_id"]))[2] == told_alike(answer)[2]
    assert linking(parent) == before


def test_named_again_it_is_the_same_proposal_and_nobody_is_asked_twice(running, caisse):
    parent, key = enrolled(running), secrets.token_hex(16)
    first = propose(caisse, named(parent), key=key)
    assert propose(caisse, named(parent), key=key).json() == first.json()
    assert propose(caisse, named(parent)).json()["proposal_id"] == first.json()["proposal_id"]
    examined(running, first.json()["proposal_id"])
    assert len(reviews_of(parent, "partner_link")) == 1


def test_a_proposal_is_its_partners_alone_and_over_after_its_day(running, caisse):
    parent = enrolled(running)
    proposal = propose(caisse, named(parent)).json()["proposal_id"]
    assert_problem(read(Partner(running, "paris-familles"), proposal), "not-found")
    review_of(parent, "partner_link")
    late = """UPDATE hub.link_proposal SET proposed_at = proposed_at - %(ago)s, expires_at = expires_at - %(ago)s
              WHERE proposal_id = %(one)s"""
    rows(running, late, one=proposal, ago=timedelta(days=31))
    assert_problem(read(caisse, proposal), "not-found")


def test_nothing_a_partner_wrote_of_a_child_is_in_the_journal_or_a_job(running, caisse):
    parent = enrolled(running)
    told = named(parent)
    proposal = propose(caisse, told).json()["proposal_id"]
    journaled = (
        "SELECT convert_from(record, 'UTF8') FROM vault.journal_record WHERE convert_from(record, 'UTF8') LIKE %(one)s"
    )
    record = value(running, journaled, one=f"%{proposal}%")
    assert str(told["family_name"]) not in record
    assert str(person_id(parent)) not in record


def test_what_the_token_does_not_cover_is_refused(running, caisse):
    parent = enrolled(running)
    assert_problem(propose(caisse, named(parent, service="bursary")), "outside-agreement")
    assert_problem(propose(caisse, named(parent, on_behalf_of="treatment:other")), "not-habilitated")


def test_the_agents_page_asks_the_right_question(running, caisse, agent):
    parent = enrolled(running)
    propose(caisse, named(parent))
    review = review_of(parent, "partner_link")
    bruno = agent(BRUNO)
    bruno.claim(review)
    page = unescape(bruno.http.get(f"/agents/dossiers/{review}", headers={"accept": "text/html"}).text)
    assert value(running, "SELECT name FROM hub.partner WHERE siret = %(s)s", s=CAISSE) in page
    assert "peut être relié à cet enfant" in page
    assert "tel qu'on nous l'a écrit" in page
