"""Whoever looks after partners: plan and apply, suspend and resume, stop everything, and tell whom a leak reached."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import anyio
import httpx
import pytest
from typer.testing import CliRunner

from connectors.jose import thumbprint
from hub.api.callers import COOKIE
from hub.app import residents
from hub.bootstrap import door
from hub.settings import HubSettings
from orchestration.cli import app
from orchestration.stack import environment, provision
from orchestration.stack.trouble import troubles
from tests.journeys.agents import CLAIRE, ODILE, SARAH, Agent
from tests.journeys.doors import Partner, assert_problem, family, person_id, rows, subject_of, value
from tests.journeys.test_hand_over import hand_over  # noqa: F401 - a fixture
from tests.journeys.test_partners import coined
from tests.system import CAISSE, FAMILLES, Resident, System
from tests.unit.hub.web.pages_read import Page
from vault.journal.records import parse_record
from vault.settings import VaultSettings

ASKED = ("canteen_enrolment", "child_identity")
REFERENCE = "CDE13-2026-01"
CONNECTIONS = 12
"""So many that the kernel hands some to each process of a door."""


def unefois(system: System, *words: str) -> str:
    """Run the command on this system's state folder, and return what it printed."""
    done = CliRunner().invoke(app, [*words, "--state", str(system.running.layout.state)])
    assert done.exit_code == 0, done.output or repr(done.exception)
    return done.output


def enrolled(system: System) -> tuple[Resident, UUID]:
    """A family whose paper the Caisse may have, and what the Caisse calls its line."""
    parent, child = family(system)
    parent.request(child, "canteen_enrolment", CAISSE)
    parent.satisfied(*ASKED)
    return parent, subject_of(parent, CAISSE, "canteen_enrolment")


@pytest.fixture(scope="module")
def served(running) -> tuple[Resident, UUID]:
    return enrolled(running)


@pytest.fixture(scope="module")
def caisse(running) -> Partner:
    return Partner(running, "caisse-13")


def everywhere(partner: Partner, subject: UUID, token: str, **changed: str) -> list[httpx.Response]:
    """One question over many connections, so that each process of the door answers some."""
    answers = []
    for _ in range(CONNECTIONS):
        with httpx.Client(base_url=partner.system.release_url, timeout=30) as fresh:
            partner.http = fresh
            answers.append(partner.ask(subject, *ASKED, token=token, **changed))
    partner.http = httpx.Client(base_url=partner.system.release_url, timeout=30)
    return answers


def newest(system: System, step: str) -> dict[str, Any]:
    """What the journal says of the newest change of that kind: actor, recipient and detail."""
    statement = """SELECT record FROM vault.journal_entry JOIN vault.journal_record USING (entry_id)
                   WHERE act = 'partner' ORDER BY recorded_at DESC, entry_id DESC"""
    entries = (parse_record(bytes(row["record"])) for row in rows(system, statement))
    found = next(entry for entry in entries if entry.detail["step"] == step)
    return {"actor": found.actor.id, "recipient": found.recipient, **found.detail}


@contextmanager
def suspended(system: System, *which: str) -> Iterator[None]:
    unefois(system, "partner", "suspend", *which, "--reason", "Clé perdue")
    try:
        yield
    finally:
        unefois(system, "partner", "resume", *which)


@contextmanager
def stopped(system: System) -> Iterator[None]:
    unefois(system, "release", "stop", "--reason", "Incident en cours d'examen")
    try:
        yield
    finally:
        unefois(system, "release", "resume")


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
    kept = provision.PARTNERS
    for path in kept.glob("*.toml"):
        (tmp_path / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(provision, "PARTNERS", tmp_path)
    yield tmp_path
    monkeypatch.setattr(provision, "PARTNERS", kept)
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


def report(system: System, *words: str) -> dict[str, Any]:
    since = (datetime.now(UTC) - timedelta(days=1)).strftime("%Y-%m-%d")
    found: dict[str, Any] = json.loads(unefois(system, "breach", "report", "--json", "--since", since, *words))
    return found


def ways_of(told: dict[str, Any], kind: str, identifier: object) -> dict[str, int]:
    (found,) = (one["ways"] for one in told[f"{kind}s"] if one[kind] == str(identifier))
    return dict(found)


def test_a_breach_report_names_persons_and_papers_by_the_key_of_the_token(running):
    parent, subject = enrolled(running)
    thief = Partner(running, "caisse-13")
    (offered,) = thief.ask(subject, *ASKED).json()["evidence"]
    for _ in range(2):
        assert thief.fetch(offered["href"]).status_code == 200
    told = report(running, "--key", thumbprint(thief.proof_key))
    (paper,) = parent.http.get("/v1/documents").json()
    child = value(running, "SELECT child_id FROM hub.family_link WHERE adult_id = %(who)s", who=person_id(parent))
    assert told["counts"]["releases"] == {"pull": 2}
    assert ways_of(told, "paper", paper["document"]) == {"pull": 2}
    assert {one["person"] for one in told["persons"]} == {str(person_id(parent)), str(child)}
    assert ways_of(told, "person", child) == {"pull": 2, "question": 1}
    assert told["counts"]["case_copies"] == 2
    assert (told["only_in_rows"], told["only_in_journal"]) == ([], [])


def test_a_breach_report_of_a_partner_has_files_and_notifications_too(running, hand_over):  # noqa: F811 - the fixture
    parent, _ = enrolled(running)
    hand_over()
    told = report(running, "--partner", "caisse-13")
    ways = ways_of(told, "person", person_id(parent))
    assert ways["push"] == 1
    assert ways["notification"] >= 1
    assert any(name.startswith("caisse-13-fichiers ") for name in told["files"])
    assert (told["only_in_rows"], told["only_in_journal"]) == ([], [])
    kid = Partner(running, "caisse-13").key["kid"]
    assert "push" not in report(running, "--partner", "caisse-13", "--key", kid)["counts"]["releases"]


def test_a_breach_report_is_a_table_too_and_names_nobody(running, served):
    words = unefois(running, "breach", "report", "--partner", "caisse-13", "--since", "2026-01-01")
    assert str(person_id(served[0])) in words
    assert served[0].family_name.upper() not in words.upper()


def test_a_breach_report_needs_a_partner_or_a_key(running):
    words = ["breach", "report", "--since", "2026-01-01", "--state", str(running.running.layout.state)]
    assert CliRunner().invoke(app, words).exit_code == 1


# The public list -----------------------------------------------------------------------------------------------------


def test_the_list_of_exchanges_is_public_and_holds_what_is_in_force(running):
    def listed() -> dict[str, dict[str, Any]]:
        found = httpx.get(f"{running.door_url}/v1/data-exchanges", timeout=10).json()
        return {one["agreement"]: one for one in found}

    told = listed()[REFERENCE]
    assert told["recipient_siret"] == CAISSE
    assert told["instrument"] == "CRPA L.114-8 I"
    assert "API Particulier" in told["source"]
    with suspended(running, "caisse-13", "--agreement", REFERENCE):
        assert REFERENCE not in listed()
    with suspended(running, "paris-familles"):
        assert not [one for one in listed().values() if one["recipient_siret"] == FAMILLES]


def test_the_page_of_exchanges_is_for_everybody_and_linked_from_each_page(running):
    answer = httpx.get(f"{running.door_url}/echanges", timeout=10)
    page = Page(answer.text)
    assert (answer.status_code, page.problems) == (200, [])
    assert "Caisse des écoles du 13e arrondissement" in page.text
    assert 'href="/echanges"' in httpx.get(f"{running.door_url}/", timeout=10).text


# Quotas --------------------------------------------------------------------------------------------------------------


def test_a_partner_is_told_its_quota_and_stopped_where_it_is_over(running):
    partner = Partner(running, "bourses")
    token, limit = partner.token(), "UPDATE hub.partner SET requests_per_minute = {} WHERE slug = 'bourses'"
    question = (UUID(int=1), "bursary", "household_income")
    told = partner.ask(*question, token=token).headers
    assert told["ratelimit-policy"] == '"partner";q=100000;w=60'
    assert told["ratelimit"].startswith('"partner";r=9')
    rows(running, limit.format(1))
    try:
        answers = [partner.ask(*question, token=token) for _ in range(CONNECTIONS)]
    finally:
        rows(running, limit.format(100_000))
    over = [one for one in answers if one.status_code == 429]
    assert over
    assert_problem(over[-1], "quota-exceeded")
    assert over[-1].headers["ratelimit-policy"] == '"partner";q=1;w=60'
    assert over[-1].headers["ratelimit"].startswith('"partner";r=0;t=')
    assert 1 <= int(over[-1].headers["retry-after"]) <= 60
    assert partner.ask(*question, token=token).status_code == 200


def test_a_resident_is_stopped_where_their_quota_is_over(running, served, monkeypatch):
    told = environment.door("test", running.places, running.stores) | {"HUB_RESIDENT_REQUESTS_PER_MINUTE": "1"}
    for name, said in told.items():
        monkeypatch.setenv(name, said)
    strict, cookies = door(VaultSettings(), HubSettings()), {COOKIE: served[0].http.cookies[COOKIE]}

    async def ask() -> list[httpx.Response]:
        way = httpx.ASGITransport(residents(strict))
        async with httpx.AsyncClient(transport=way, base_url=running.door_url, cookies=cookies) as browser:
            return [await browser.get("/v1/children") for _ in range(4)]

    answers = anyio.run(ask)
    strict.custody.db.close()
    assert_problem(answers[-1], "quota-exceeded")
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert served[0].http.get("/v1/children").status_code == 200


def test_a_resident_is_told_their_quota(running, served):
    assert served[0].http.get("/v1/children").headers["ratelimit-policy"] == '"resident";q=1000000;w=60'


# Idempotency-Key -----------------------------------------------------------------------------------------------------


def ask_under(partner: Partner, key: str, token: str, **changed: str) -> httpx.Response:
    question = {"service": ASKED[0], "requirement": ASKED[1], "purpose": ASKED[0]}
    question |= {"on_behalf_of": f"treatment:{ASKED[0]}"} | changed
    told = {"idempotency-key": key}
    return partner.http.post("/hub/v1/evidence-requests", json=question, headers=told, auth=partner.proving(token))


def test_a_question_under_a_key_has_one_answer_and_one_row(running, caisse, served):
    token, key, subject = caisse.token(), f"question-{served[1]}", str(served[1])
    first = ask_under(caisse, key, token, subject=subject)
    again = ask_under(caisse, key, token, subject=subject)
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    counted = "SELECT count(*) FROM hub.evidence_request WHERE evidence_request_id = %(request)s::uuid"
    assert value(running, counted, request=first.json()["request"]) == 1
    other = ask_under(caisse, key, token, subject=subject, on_behalf_of="agent:canteen_officer:1")
    assert_problem(other, "idempotency-key-reused")
    assert_problem(ask_under(caisse, "no key at all", token, subject=subject), "idempotency-key-missing")


def test_an_answer_is_not_said_again_to_whom_it_may_not_be_said_any_more(running, caisse, served):
    token, key, subject = caisse.token(), f"later-{served[1]}", str(served[1])
    assert ask_under(caisse, key, token, subject=subject).status_code == 200
    with suspended(running, "caisse-13", "--agreement", REFERENCE):
        assert_problem(ask_under(caisse, key, token, subject=subject), "outside-agreement")


def test_what_was_refused_may_be_tried_again_under_the_same_key(running, caisse, served):
    token, key, subject = caisse.token(), f"refused-{served[1]}", str(served[1])
    with suspended(running, "caisse-13", "--agreement", REFERENCE):
        assert_problem(ask_under(caisse, key, token, subject=subject), "outside-agreement")
    assert ask_under(caisse, key, token, subject=subject).status_code == 200


def test_a_family_is_asked_once_under_a_key_and_the_retry_is_told_so(running):
    parent, child = family(running)
    parent.request(child, "after_school", FAMILLES)
    partner = Partner(running, "paris-familles")
    told = {"subject": str(coined(parent, FAMILLES, "after_school")), "requirement": "insurance"}
    told |= {"on_behalf_of": "treatment:after_school"}
    key = {"idempotency-key": f"ask-{told['subject']}"}
    first, again = (
        partner.http.post("/hub/v1/family-asks", json=told, headers=key, auth=partner.proving(partner.token()))
        for _ in range(2)
    )
    assert first.status_code == 201, first.text
    assert (again.status_code, again.json()) == (201, first.json())
