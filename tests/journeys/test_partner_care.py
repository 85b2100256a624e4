"""Whoever looks after partners: plan and apply, suspend and resume, stop everything, and tell whom a leak reached."""

import json
from uuid import UUID

import httpx
import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.stack import partner_rows
from orchestration.stack.trouble import troubles
from tests.journeys.agents import CLAIRE, ODILE, SARAH, Agent
from tests.journeys.caring import ASKED, REFERENCE, newest, stopped, suspended, unefois
from tests.journeys.doors import Partner, assert_problem, rows, value
from tests.journeys.test_hand_over import hand_over, parts  # noqa: F401 - fixtures
from tests.system import CAISSE

CONNECTIONS = 12
"""So many that the kernel hands some to each process of a door."""


def everywhere(partner: Partner, subject: UUID, token: str, **changed: str) -> list[httpx.Response]:
    """One question over many connections, so that each process of the door answers some."""
    answers = []
    for _ in range(CONNECTIONS):
        with httpx.Client(base_url=partner.system.release_url, timeout=30) as fresh:
            partner.http = fresh
            answers.append(partner.ask(subject, *ASKED, token=token, **changed))
    partner.http = httpx.Client(base_url=partner.system.release_url, timeout=30)
    return answers


# Suspending ----------------------------------------------------------------------------------------------------------


def test_a_suspended_partner_is_refused_by_every_process_from_the_next_request_on(running, caisse, served):
    token = caisse.token()
    assert {one.status_code for one in everywhere(caisse, served[1], token)} == {200}
    with suspended(running, "caisse-13"):
        for answer in everywhere(caisse, served[1], token):
            assert_problem(answer, "invalid-token")
        assert caisse.ask_token(caisse.assertion()).status_code == 401
        assert "caisse-13" in unefois(running, "partner", "list")
    assert {one.status_code for one in everywhere(caisse, served[1], token)} == {200}
    told = newest(running, "partner_suspended")
    assert told == {
        "actor": "operator",
        "recipient": CAISSE,
        "step": "partner_suspended",
        "partner": "caisse-13",
        "reason": "Clé perdue",
    }


def test_a_suspended_agreement_stops_what_rests_on_it_also_for_tokens_and_offers_made_before(running, caisse, served):
    token = caisse.token()
    (offered,) = caisse.ask(served[1], *ASKED, token=token).json()["evidence"]
    with suspended(running, "caisse-13", "--agreement", REFERENCE):
        for answer in everywhere(caisse, served[1], token):
            assert_problem(answer, "outside-agreement")
        assert_problem(caisse.fetch(offered["href"], token=token), "outside-agreement")
        assert caisse.ask_token(caisse.assertion()).json() == {"error": "invalid_authorization_details"}
    assert caisse.fetch(offered["href"], token=token).status_code == 200


def test_an_agreement_that_ended_yesterday_stops_at_once(running, caisse, served):
    token = caisse.token()
    (offered,) = caisse.ask(served[1], *ASKED, token=token).json()["evidence"]
    ending = "UPDATE hub.agreement SET valid_until = {} WHERE reference = %(reference)s AND retracted_at IS NULL"
    rows(running, ending.format("current_date - 1"), reference=REFERENCE)
    try:
        for answer in everywhere(caisse, served[1], token):
            assert_problem(answer, "outside-agreement")
        assert_problem(caisse.fetch(offered["href"], token=token), "outside-agreement")
        told = {
            "subject": str(served[1]),
            "requirement": "child_identity",
            "on_behalf_of": "treatment:canteen_enrolment",
        }
        asked = caisse.http.post("/hub/v1/family-asks", json=told, auth=caisse.proving(token))
        assert_problem(asked, "outside-agreement")
    finally:
        rows(running, ending.format("'2028-08-31'"), reference=REFERENCE)
    assert caisse.fetch(offered["href"], token=token).status_code == 200


def test_a_key_that_is_registered_no_more_opens_nothing(running, caisse, served):
    token = caisse.token()
    kept = value(running, "SELECT jwks FROM hub.partner WHERE slug = 'caisse-13'")
    put = "UPDATE hub.partner SET jwks = %(jwks)s::jsonb WHERE slug = 'caisse-13'"
    rows(running, put, jwks='{"keys": []}')
    try:
        assert_problem(caisse.ask(served[1], *ASKED, token=token), "invalid-token")
    finally:
        rows(running, put, jwks=json.dumps(kept))
    assert caisse.ask(served[1], *ASKED, token=token).status_code == 200


def test_suspending_twice_is_once_and_a_reason_is_needed(running):
    with suspended(running, "bourses"):
        before = newest(running, "partner_suspended")
        assert "as before" in unefois(running, "partner", "suspend", "bourses", "--reason", "Encore")
        assert newest(running, "partner_suspended") == before
    words = ["partner", "suspend", "bourses", "--reason", " ", "--state", str(running.running.layout.state)]
    assert CliRunner().invoke(app, words).exit_code == 1


# Stopping everything -------------------------------------------------------------------------------------------------


def test_a_stop_is_said_politely_to_partners_and_not_felt_by_families(running, caisse, served):
    token = caisse.token()
    (offered,) = caisse.ask(served[1], *ASKED, token=token).json()["evidence"]
    with stopped(running):
        for answer in everywhere(caisse, served[1], token):
            told = assert_problem(answer, "releases-stopped")
            assert told["detail"] == "Incident en cours d'examen"
            assert int(answer.headers["retry-after"]) > 0
        assert_problem(caisse.fetch(offered["href"], token=token), "releases-stopped")
        parent = served[0]
        (paper,) = parent.http.get("/v1/documents").json()
        ticket = parent.http.post(f"/v1/documents/{paper['document']}/preview-tickets").json()
        assert httpx.get(ticket["href"], timeout=30).status_code == 200
    assert caisse.fetch(offered["href"], token=token).status_code == 200
    assert newest(running, "releases_resumed")["actor"] == "operator"


def test_a_stop_holds_for_what_the_hub_sends_by_itself(running, hand_over, served):  # noqa: F811 - the fixture
    from hub.errors import ReleasesStopped

    with stopped(running), pytest.raises(ReleasesStopped):
        hand_over()
    assert hand_over().outcome in ("applied", "empty")


def test_doctor_names_what_is_stopped_suspended_or_ending(running):
    ending = "UPDATE hub.agreement SET valid_until = {} WHERE reference = 'PF-2026-02' AND retracted_at IS NULL"
    rows(running, ending.format("current_date + 30"))
    try:
        with stopped(running), suspended(running, "bourses"):
            said = " ".join(one.what for one in troubles(running.stores))
    finally:
        rows(running, ending.format("'2028-08-31'"))
    assert "every release to partners is stopped: Incident" in said
    assert "partner bourses is suspended" in said
    assert "agreement PF-2026-02 ends on" in said


# Who stands behind a request -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("named", "detail"), [("treatment:after_school", "no such treatment"), ("agent:mayor:7", "no such role of agents")]
)
def test_a_treatment_or_agent_that_the_agreement_does_not_list(running, caisse, served, named, detail):
    told = assert_problem(caisse.ask(served[1], *ASKED, on_behalf_of=named), "not-habilitated")
    assert detail in told["detail"]
    assert any(line["act"] == "refuse" for line in served[0].trace())


def test_what_is_neither_is_invalid_and_names_the_field(running, caisse, served):
    told = assert_problem(caisse.ask(served[1], *ASKED, on_behalf_of="somebody"), "invalid")
    assert told["detail"].startswith("on_behalf_of: ")


def test_the_family_reads_in_plain_words_who_stood_behind_a_release(running, caisse, served):
    (offered,) = caisse.ask(served[1], *ASKED, on_behalf_of="agent:canteen_officer:4711").json()["evidence"]
    assert caisse.fetch(offered["href"]).status_code == 200
    released = [line["why"] for line in served[0].trace() if line["act"] == "release"]
    assert any("à la demande d'un agent « Agent chargé des dossiers de cantine »" in why for why in released)
    assert not any("4711" in why for why in released)


# The operator's API --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sarah(running) -> Agent:
    return Agent(running, SARAH).sign_in()


@pytest.fixture(scope="module")
def odile(running) -> Agent:
    return Agent(running, ODILE).sign_in()


def test_each_operator_sees_the_partners_they_answer_for(running, sarah, odile):
    everybody = {one["slug"] for one in sarah.http.get("/hub/v1/partners").json()}
    assert {"caisse-13", "paris-familles", "sans-convention"} <= everybody
    (own,) = odile.http.get("/hub/v1/partners").json()
    assert (own["slug"], own["agreements"][0]["standing"]) == ("caisse-13", "in_force")
    assert own["agreements"][0]["stated"]["gives"] == "document"
    assert "secret" not in json.dumps(own)
    reviewer = Agent(running, CLAIRE).sign_in()
    assert reviewer.http.get("/hub/v1/partners").json() == []
    assert_problem(reviewer.http.get("/hub/v1/partners/caisse-13"), "not-found")
    assert_problem(httpx.get(f"{running.door_url}/hub/v1/partners", timeout=10), "agent-sign-in-required")


def test_a_body_suspends_itself_and_the_city_resumes_it(running, sarah, odile, caisse):
    place = "/hub/v1/partners/caisse-13/suspension"
    token = caisse.token()
    try:
        assert odile.http.post(place, json={"reason": "Clé perdue"}).json() == {"changed": True}
        assert_problem(caisse.ask(UUID(int=0), *ASKED, token=token), "invalid-token")
        assert_problem(odile.http.delete(place), "agent-unknown")
    finally:
        assert sarah.http.delete(place).json() == {"changed": True}
    told = newest(running, "partner_suspended")
    assert (told["partner"], told["reason"]) == ("caisse-13", "Clé perdue")
    agent = "SELECT email FROM hub.agent WHERE agent_id = %(who)s::uuid"
    assert value(running, agent, who=told["actor"]).startswith("odile.")


def test_nobody_touches_the_partners_of_others(running, odile):
    said = {"json": {"reason": "Clé perdue"}}
    assert_problem(odile.http.post("/hub/v1/partners/paris-familles/suspension", **said), "not-found")
    place = "/hub/v1/partners/paris-familles/agreements/PF-2026-01/suspension"
    assert_problem(odile.http.post(place, **said), "not-found")
    assert_problem(odile.http.delete(place), "not-found")


def test_one_agreement_is_suspended_and_resumed_by_the_city(running, sarah):
    place = "/hub/v1/partners/paris-familles/agreements/PF-2026-02/suspension"
    assert sarah.http.post(place, json={"reason": "Convention à revoir"}).json() == {"changed": True}
    standing = {
        one["reference"]: one["standing"]
        for one in sarah.http.get("/hub/v1/partners/paris-familles").json()["agreements"]
    }
    assert standing == {"PF-2026-01": "in_force", "PF-2026-02": "suspended"}
    assert sarah.http.delete(place).json() == {"changed": True}
    assert_problem(sarah.http.post(place.replace("02", "99"), json={"reason": "Convention à revoir"}), "not-found")


# Files ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def files(running, tmp_path, monkeypatch):
    """The partners' files, to be changed for one test and applied as they were afterwards."""
    kept = partner_rows.PARTNERS
    for path in kept.glob("*.toml"):
        (tmp_path / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(partner_rows, "PARTNERS", tmp_path)
    yield tmp_path
    monkeypatch.setattr(partner_rows, "PARTNERS", kept)
    unefois(running, "partner", "apply")


def change(folder, name: str, before: str, after: str) -> None:
    text = (folder / name).read_text(encoding="utf-8")
    assert before in text
    (folder / name).write_text(text.replace(before, after), encoding="utf-8")


def test_wrong_files_are_named_and_nothing_is_applied(running, files):
    change(files, "bourses.toml", 'contact = "si@bourses', 'contact = "it@bourses')
    change(files, "paris-familles.toml", 'services = ["after_school"]', 'services = ["swimming"]')
    done = CliRunner().invoke(app, ["partner", "apply", "--state", str(running.running.layout.state)])
    assert "paris-familles.toml: agreements.0 (PF-2026-01).services: swimming" in str(done.exception)
    assert value(running, "SELECT contact FROM hub.partner WHERE slug = 'bourses'") == "si@bourses.example"
    change(files, "paris-familles.toml", 'services = ["swimming"]', 'services = ["after_school"]')


def test_a_plan_tells_field_by_field_and_changes_nothing(running, files):
    assert "changed" not in unefois(running, "partner", "plan")
    change(files, "bourses.toml", 'contact = "si@bourses', 'contact = "it@bourses')
    change(files, "bourses.toml", 'minimum_grade = "sealed"', 'minimum_grade = "self_declared"')
    before = rows(running, "SELECT * FROM hub.agreement ORDER BY agreement_id")
    planned = unefois(running, "partner", "plan")
    assert "contact: si@bourses.example → it@bourses.example" in planned
    assert "agreement BRS-2026-01 of bourses: changed" in planned
    assert "minimum_grade: sealed → self_declared" in planned
    assert rows(running, "SELECT * FROM hub.agreement ORDER BY agreement_id") == before
    assert unefois(running, "partner", "apply") == planned
    assert "changed" not in unefois(running, "partner", "plan")
    told = newest(running, "partner_changed")
    assert (told["partner"], told["fields"]) == ("bourses", ["contact"])
    assert "example" not in json.dumps(told)


def test_a_suspension_outlives_a_change_of_the_file(running, files):
    with suspended(running, "paris-familles", "--agreement", "PF-2026-02"):
        change(files, "paris-familles.toml", "retention_months = 24", "retention_months = 12")
        unefois(running, "partner", "apply")
        told = json.loads(unefois(running, "partner", "show", "paris-familles"))
        standing = {one["reference"]: (one["standing"], one["retention_months"]) for one in told["agreements"]}
        assert standing == {"PF-2026-01": ("in_force", 12), "PF-2026-02": ("suspended", 12)}


def test_an_agreement_that_its_file_no_longer_has_is_retracted(running, files, caisse, served):
    text = (files / "caisse-13.toml").read_text(encoding="utf-8")
    (files / "caisse-13.toml").write_text(text[: text.index("[[agreements]]")], encoding="utf-8")
    token = caisse.token()
    assert "agreement CDE13-2026-01 of caisse-13: retracted" in unefois(running, "partner", "apply")
    assert_problem(caisse.ask(served[1], *ASKED, token=token), "outside-agreement")


# Breaches ------------------------------------------------------------------------------------------------------------


# The public list -----------------------------------------------------------------------------------------------------


# Quotas --------------------------------------------------------------------------------------------------------------


# Idempotency-Key -----------------------------------------------------------------------------------------------------
