"""Somebody acts for somebody under a mandate: what its themes allow, and no more, under both names, until it is taken back."""

from datetime import timedelta

import httpx
import pytest

from tests.journeys.agents import BRUNO, CLAIRE, Agent
from tests.journeys.doors import Partner, assert_problem, family, person_id, rows, value
from tests.system import CAISSE, Resident, System, eventually

PDF = "application/pdf"


def give(person: Resident, *themes: str, days: int = 31) -> httpx.Response:
    return person.http.post("/v1/mandates", json={"themes": list(themes), "days": days})


def bring(helper: Resident, code: str) -> httpx.Response:
    return helper.http.post("/v1/mandates/acceptance", json={"code": code})


def helped(running: System, *themes: str) -> tuple[Resident, Resident, str]:
    """A parent with a child, their helper, and the mandate between them."""
    person, _ = family(running)
    helper = Resident(running).sign_in()
    given = give(person, *themes)
    assert given.status_code == 201, given.text
    assert bring(helper, given.json()["code"]).status_code == 200
    mandate: str = given.json()["mandate_id"]
    return person, helper, mandate


def act(helper: Resident, mandate: str) -> None:
    assert helper.http.put("/v1/acting", json={"mandate": mandate}).status_code == 204


def test_a_helper_hands_a_paper_in_for_somebody_and_both_are_named(running):
    person, helper, mandate = helped(running, "papers")
    act(helper, mandate)
    assert helper.http.get("/v1/session").json()["family_name"].endswith(person.family_name.upper())
    answer = helper.hand_in(running.papers().bill(person), PDF)
    assert answer.status_code == 201
    document = answer.json()["document"]
    assert helper.http.delete("/v1/acting").status_code == 204
    assert helper.http.get("/v1/documents").json() == []
    assert person.concluded(document)["state"] == "available"
    line = next(one for one in person.trace() if one["act"] == "deposit" and one["document"] == document)
    assert line["who"] == f"{helper.given_name} {helper.family_name.upper()}, pour vous"


@pytest.mark.parametrize("theme", ["papers", "school", "home"])
def test_a_theme_opens_its_own_and_nothing_else(running, theme):
    _, helper, mandate = helped(running, theme)
    act(helper, mandate)
    ways = {"papers": "/v1/documents", "school": "/v1/school-files", "home": "/v1/residence"}
    for name, path in ways.items():
        answer = helper.http.get(path)
        if name == theme:
            assert answer.status_code in (200, 204, 404), answer.text
        else:
            assert_problem(answer, "outside-mandate")


def test_no_theme_opens_destroys_or_gives_anything(running):
    person, helper, mandate = helped(running, "papers", "school", "home")
    paper = person.http.get("/v1/documents").json()[0]["document"]
    child = person.http.get("/v1/children").json()[0]["child"]
    act(helper, mandate)
    refused = [
        helper.http.delete(f"/v1/documents/{paper}"),
        helper.http.post(f"/v1/documents/{paper}/preview-tickets"),
        helper.http.post("/v1/export-tickets"),
        helper.http.get("/v1/authorisations"),
        helper.http.get("/v1/accesses"),
        helper.http.put("/v1/contact", json={"channel": "post"}),
        helper.http.post("/v1/link-codes", json={"child": child, "body": CAISSE, "service": "canteen_enrolment"}),
        give(helper, "papers"),
        helper.request(child, "canteen_enrolment", CAISSE, reuse=True),
    ]
    for answer in refused:
        assert_problem(answer, "outside-mandate")
    assert helper.request(child, "canteen_enrolment", CAISSE, reuse=False).status_code == 201


def test_a_theme_taken_back_counts_from_the_next_request(running):
    person, helper, mandate = helped(running, "papers", "school")
    act(helper, mandate)
    assert helper.http.get("/v1/documents").status_code == 200
    left = person.http.delete(f"/v1/mandates/{mandate}/themes/papers").json()
    assert left["themes"] == ["school"]
    assert_problem(helper.http.get("/v1/documents"), "outside-mandate")
    assert helper.http.get("/v1/children").status_code == 200
    assert person.http.delete(f"/v1/mandates/{mandate}").json()["in_force"] is False
    assert_problem(helper.http.get("/v1/children"), "outside-mandate")
    assert helper.http.delete("/v1/acting").status_code == 204
    assert_problem(helper.http.put("/v1/acting", json={"mandate": mandate}), "outside-mandate")


def test_a_mandate_is_over_after_its_last_day(running):
    _, helper, mandate = helped(running, "papers")
    act(helper, mandate)
    rows(running, "UPDATE hub.mandate SET valid_until = current_date - 2 WHERE mandate_id = %(one)s", one=mandate)
    assert_problem(helper.http.get("/v1/documents"), "outside-mandate")


def test_to_give_a_mandate_takes_a_fresh_sign_in(running):
    person = Resident(running).sign_in()
    older = """UPDATE hub.session SET authenticated_at = authenticated_at - %(age)s WHERE account_id IN
               (SELECT account_id FROM hub.account WHERE person_id = %(who)s)"""
    rows(running, older, who=person_id(person), age=timedelta(minutes=6))
    assert_problem(give(person, "papers"), "sign-in-stale")


def test_a_code_serves_once_for_somebody_else_and_for_half_an_hour(running):
    person, one, other = (Resident(running).sign_in() for _ in range(3))
    code = give(person, "papers").json()["code"]
    assert_problem(bring(person, code), "code-refused")
    assert bring(one, code).status_code == 200
    assert_problem(bring(other, code), "code-refused")
    late = give(person, "papers").json()
    over = "UPDATE hub.mandate SET code_until = code_until - interval '1 hour' WHERE mandate_id = %(one)s"
    rows(running, over, one=late["mandate_id"])
    assert_problem(bring(other, late["code"]), "code-refused")
    assert_problem(bring(other, "2222-2222-2222"), "code-refused")


def test_the_fifth_wrong_end_ends_a_code(running):
    person, helper = Resident(running).sign_in(), Resident(running).sign_in()
    code = give(person, "papers").json()["code"]
    wrong = code[:-4] + ("2222" if code[-4:] != "2222" else "3333")
    for _ in range(5):
        assert_problem(bring(helper, wrong), "code-refused")
    assert_problem(bring(helper, code), "code-refused")


def test_a_stranger_sees_no_mandate_and_acts_under_none(running):
    _, helper, mandate = helped(running, "papers")
    stranger = Resident(running).sign_in()
    assert stranger.http.get("/v1/mandates").json() == []
    assert_problem(stranger.http.put("/v1/acting", json={"mandate": mandate}), "outside-mandate")
    assert_problem(stranger.http.delete(f"/v1/mandates/{mandate}"), "not-found")
    assert_problem(helper.http.delete(f"/v1/mandates/{mandate}/themes/papers"), "not-found")


def test_both_are_written_to_and_the_message_names_nobody(running):
    person, helper = Resident(running).sign_in(), Resident(running).sign_in()
    for one in (person, helper):
        one.reached_at(f"{one.persona}@example.org")
    bring(helper, give(person, "papers").json()["code"])
    sent = "SELECT count(*) FROM hub.message WHERE kind = 'mandate' AND person_id = %(who)s AND state = 'sent'"
    for one in (person, helper):
        eventually(lambda one=one: value(running, sent, who=person_id(one)))


def test_what_a_helper_may_not_do_a_partner_is_not_shown_either(running):
    person, helper, mandate = helped(running, "school")
    act(helper, mandate)
    child = helper.http.get("/v1/children").json()[0]["child"]
    assert helper.request(child, "canteen_enrolment", CAISSE, reuse=False).status_code == 201
    line = next(one for one in person.trace() if one["act"] == "request")
    assert line["who"].endswith("pour vous")
    assert Partner(running, "caisse-13").token()


def page(person: Resident, path: str, **fields: str) -> httpx.Response:
    headers = {"accept": "text/html", "origin": person.system.door_url}
    return person.http.post(path, data=fields, headers=headers)


def test_the_page_gives_brings_acts_and_ends(running):
    person, helper = Resident(running).sign_in(), Resident(running).sign_in()
    assert page(person, "/mandats", days="31").status_code == 422
    code = page(person, "/mandats", days="31", theme_papers="oui").text.split('class="number">')[1][:14]
    assert page(helper, "/mandats/code", code="no").status_code == 422
    assert "Agir pour" in page(helper, "/mandats/code", code=code).text
    (held,) = helper.http.get("/v1/mandates").json()
    assert "Revenir à mon compte" in page(helper, f"/mandats/{held['mandate_id']}/agir").text
    assert f"pour {person.given_name} {person.family_name.upper()}" in helper.http.get("/documents").text
    assert helper.http.get("/autorisations", headers={"accept": "text/html"}).status_code == 403
    assert "Donner un mandat" in page(helper, "/mandats/fin").text
    ended = page(person, f"/mandats/{held['mandate_id']}/arreter", theme="papers")
    assert "Ce mandat est terminé." in ended.text


def test_who_may_open_looks_at_a_paper_under_their_own_name_until_it_is_taken_back(running):
    person, helper, mandate = helped(running, "opening")
    document = person.hand_in_and_wait(running.papers().bill(person), PDF)["document"]
    act(helper, mandate)
    ways = f"/v1/documents/{document}/preview-tickets"
    assert helper.http.get(helper.http.post(ways).json()["href"]).status_code == 200
    line = next(one for one in person.trace() if one["document"] == document and one["why"].startswith("Votre aidant"))
    assert line["who"] == f"{helper.given_name} {helper.family_name.upper()}, pour vous"
    ticket = helper.http.post(ways).json()["href"]
    person.http.delete(f"/v1/mandates/{mandate}/themes/opening").raise_for_status()
    assert_problem(helper.http.get(ticket), "not-found")
    assert_problem(helper.http.post(ways), "outside-mandate")


def test_what_is_a_medical_secret_or_not_read_yet_no_helper_opens(running):
    person, helper, mandate = helped(running, "opening")
    document = person.hand_in_and_wait(running.papers().bill(person), PDF)["document"]
    act(helper, mandate)
    for kind in ("vaccination_record", "unknown"):
        said = "UPDATE vault.reading SET evidence_type = %(kind)s WHERE document_id = %(one)s"
        rows(running, said, kind=kind, one=document)
        assert_problem(helper.http.post(f"/v1/documents/{document}/preview-tickets"), "outside-mandate")
    assert person.http.post(f"/v1/documents/{document}/preview-tickets").status_code == 201


def agent_helped(running: System, *themes: str) -> tuple[Resident, Agent, str]:
    """Somebody at the counter, and the agent who brought the code of their mandate and acts for them now."""
    person, _ = family(running)
    claire = Agent(running, CLAIRE).sign_in()
    answer = claire.http.post("/agents/aide", data={"code": give(person, *themes).json()["code"]})
    assert "Vous agissez pour une autre personne" in answer.text
    (mandate,) = person.http.get("/v1/mandates").json()
    return person, claire, mandate["mandate_id"]


def test_an_agent_hands_a_paper_in_for_somebody_and_the_person_reads_for_which_body(running):
    person, claire, _ = agent_helped(running, "papers")
    told = {"content-type": PDF, "idempotency-key": "of-an-agent", "document-kind": "unknown"}
    answer = claire.http.post("/v1/documents", content=running.papers().bill(person), headers=told)
    assert answer.status_code == 201
    document = answer.json()["document"]
    assert person.concluded(document)["state"] == "available"
    line = next(one for one in person.trace() if one["act"] == "deposit" and one["document"] == document)
    assert line["who"].startswith("Un agent de Mairie")
    assert "Fontanel" not in line["who"]
    assert_problem(claire.http.get("/v1/school-files"), "outside-mandate")
    assert_problem(claire.http.delete(f"/v1/documents/{document}"), "outside-mandate")
    assert claire.http.get("/hub/v1/reviews").status_code == 200


def test_an_agents_mandate_counts_until_it_is_taken_back_or_they_welcome_nobody_any_more(running):
    person, claire, mandate = agent_helped(running, "papers")
    role = "role = 'counter' AND agent_id = (SELECT helper_agent FROM hub.mandate WHERE mandate_id = %(m)s)"
    rows(running, f"UPDATE hub.agent_role SET withdrawn_at = now() WHERE {role}", m=mandate)
    assert_problem(claire.http.get("/v1/documents"), "outside-mandate")
    rows(running, f"UPDATE hub.agent_role SET withdrawn_at = NULL WHERE {role}", m=mandate)
    assert claire.http.get("/v1/documents").status_code == 200
    person.http.delete(f"/v1/mandates/{mandate}").raise_for_status()
    assert_problem(claire.http.get("/v1/documents"), "outside-mandate")
    claire.http.post("/agents/aide/fin").raise_for_status()
    assert_problem(claire.http.get("/v1/documents"), "sign-in-required")


def test_only_an_agent_who_welcomes_families_helps_and_no_colleague_under_their_mandate(running):
    person, _, mandate = agent_helped(running, "papers")
    bruno = Agent(running, BRUNO).sign_in()
    assert_problem(bruno.http.get("/agents/aide"), "not-found")
    code = give(person, "papers").json()["code"]
    assert_problem(bruno.http.post("/agents/aide", data={"code": code}), "not-found")
    assert_problem(bruno.http.post(f"/agents/aide/{mandate}/agir"), "outside-mandate")
    assert_problem(bruno.http.get("/v1/documents"), "sign-in-required")
    claire = Agent(running, CLAIRE).sign_in()
    assert (
        "La personne peut en faire un autre" in claire.http.post("/agents/aide", data={"code": "2222-2222-2222"}).text
    )
