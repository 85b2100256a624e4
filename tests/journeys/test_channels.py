"""An ask reaches a family by the way it chose, and the code of a letter leads it, or an agent at the counter, back to the ask."""

import json
import re
from io import BytesIO
from typing import Any

import httpx
import pypdfium2
import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.stack.trouble import troubles
from tests.journeys.agents import BRUNO, CLAIRE
from tests.journeys.doors import Partner, assert_problem, person_id, rows, subject_of, value
from tests.mentions import mentions
from tests.system import CAISSE, Resident, System, eventually

LETTERS = {"street": "17 allée des Ormeaux", "postcode": "75013", "town": "Paris", "extra": "Escalier B"}
CODE = re.compile(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}")
_NUMBERS = iter(range(10, 99))


@pytest.fixture
def number() -> str:
    """A number of nobody's that no other test of this process uses."""
    return f"+336399812{next(_NUMBERS)}"


def came(running: System, number: str) -> list[dict[str, Any]]:
    return httpx.get(f"{running.sandbox_url}/sandbox/telephones", params={"to": number}, timeout=10).json()


def code_for(running: System, number: str) -> str:
    """The newest code that came to a number."""
    text = eventually(lambda: came(running, number))[-1]["text"]
    return re.search(r"\d{6}", text).group()


def waiting(running: System) -> tuple[Resident, str]:
    """A parent whose child's canteen waits for proof of income, and the child's first name."""
    parent = Resident(running).sign_in()
    child = parent.child()
    number = parent.linked_child(child)
    assert parent.request(number, "canteen_tariff", CAISSE).status_code == 201
    return parent, child.first_names


def asked(parent: Resident) -> None:
    """Have the Caisse ask the family for what it needs."""
    statement = """INSERT INTO hub.pseudonym SELECT body, 'file', line_id, gen_random_uuid() FROM hub.enrolment_line
                   WHERE payer_id = %(payer)s AND body = %(siret)s ON CONFLICT DO NOTHING"""
    rows(parent.system, statement, payer=person_id(parent), siret=CAISSE)
    caisse = Partner(parent.system, "caisse-13")
    wish = {
        "subject": str(subject_of(parent, CAISSE, "canteen_tariff")),
        "requirement": "household_income",
        "on_behalf_of": "treatment:canteen_tariff",
    }
    said = caisse.http.post("/hub/v1/family-asks", json=wish, auth=caisse.proving(caisse.token()))
    assert said.status_code in (201, 409), said.text


def letters_of(parent: Resident) -> list[str]:
    """What each letter says that was printed for somebody."""
    statement = "SELECT message_id FROM hub.message WHERE person_id = %(p)s AND channel = 'post' ORDER BY created_at"
    named = {str(row["message_id"]) for row in rows(parent.system, statement, p=person_id(parent))}
    base = parent.system.sandbox_url
    found = []
    for letter in httpx.get(f"{base}/sandbox/letters", timeout=10).json():
        if letter["message"] in named:
            with pypdfium2.PdfDocument(BytesIO(httpx.get(base + letter["sheet"], timeout=10).content)) as document:
                found.append(document[0].get_textpage().get_text_bounded())
    return found


def by_post(parent: Resident) -> str:
    """Have a family written to by post; return the code on its letter."""
    kept = parent.http.put("/v1/contact", json={"channel": "post", "address": LETTERS})
    assert kept.json() == {"state": "kept"}, kept.text
    asked(parent)
    (said,) = eventually(lambda: letters_of(parent))
    return CODE.search(said).group()


def test_a_number_is_proved_by_its_code_and_then_hears_of_an_ask(running, number):
    parent, first_name = waiting(running)
    sent = parent.http.put("/v1/contact", json={"channel": "telephone", "value": number})
    assert (sent.status_code, sent.json()) == (202, {"state": "code_sent"})
    assert parent.http.get("/v1/contact").json()["channel"] is None
    code = code_for(running, number)
    wrong = "000000" if code != "000000" else "111111"
    assert_problem(parent.http.post("/v1/contact/code", json={"code": wrong}), "invalid")
    assert parent.http.post("/v1/contact/code", json={"code": code}).status_code == 204
    assert_problem(parent.http.post("/v1/contact/code", json={"code": code}), "not-found")
    assert parent.http.get("/v1/contact").json()["value"] == f"•• {number[-2:]}"
    asked(parent)
    text = eventually(lambda: [one for one in came(running, number) if "document" in one["text"]])[0]["text"]
    assert not [w for w in (parent.family_name, parent.given_name, first_name, "cantine", "http") if mentions(text, w)]


def test_a_gateway_that_fails_after_taking_it_is_asked_and_nothing_comes_twice(running, number):
    parent, _ = waiting(running)
    fault = {"target": f"sms-taken/{number}", "kind": "502"}
    httpx.post(f"{running.sandbox_url}/sandbox/faults", json=fault).raise_for_status()
    parent.http.put("/v1/contact", json={"channel": "telephone", "value": number})
    whose = {"p": person_id(parent)}
    state = "SELECT state FROM hub.message WHERE person_id = %(p)s AND kind = 'telephone_code'"
    eventually(lambda: value(running, state, **whose) == "in_doubt")
    # Asked at once instead of in two minutes.
    rows(running, "UPDATE hub.message SET not_before = now() WHERE person_id = %(p)s", **whose)
    eventually(lambda: value(running, state, **whose) == "sent")
    assert len(came(running, number)) == 1
    answer = parent.http.post("/v1/contact/code", json={"code": code_for(running, number)})
    assert answer.status_code == 204


def test_a_letter_says_who_and_where_and_nothing_else_and_its_code_leads_to_the_ask(running):
    parent, first_name = waiting(running)
    code = by_post(parent)
    (said,) = letters_of(parent)
    assert (
        f"{parent.given_name} {parent.family_name.upper()}\r\nEscalier B\r\n17 allée des Ormeaux\r\n75013 PARIS" in said
    )
    assert not [word for word in (first_name, "cantine", "Caisse", "revenu") if mentions(said, word)]
    (ask,) = parent.http.get(f"/v1/return-codes/{code}").json()
    assert (ask["child"], ask["held"]) == (first_name, False)
    assert ask["papers"]
    assert "Ce que demande votre courrier" in parent.http.get(f"/courrier/{code}", headers={"accept": "text/html"}).text


def test_when_the_paper_is_there_the_code_says_so_and_no_reminder_comes(running):
    parent, _ = waiting(running)
    code = by_post(parent)
    parent.hand_in_and_wait(running.papers().tax_notice(parent), "image/jpeg", kind="tax_notice")
    parent.satisfied("canteen_tariff", "household_income")
    (ask,) = parent.http.get(f"/v1/return-codes/{code}").json()
    assert ask["held"]
    aged = "UPDATE hub.message SET created_at = created_at - interval '8 days' WHERE person_id = %(p)s"
    rows(running, aged, p=person_id(parent))
    other, _ = waiting(running)
    by_post(other)
    # Somebody else's letter went out after a look at every reminder that is due.
    assert len(letters_of(parent)) == 1


def test_the_code_of_somebody_elses_letter_says_the_same_as_none(running):
    parent, _ = waiting(running)
    code = by_post(parent)
    stranger = Resident(running).sign_in()
    assert_problem(stranger.http.get(f"/v1/return-codes/{code}"), "not-found")
    assert_problem(stranger.http.get("/v1/return-codes/K7QF2M9X4RTD8HJ3"), "invalid")
    assert parent.family_name.upper() not in stranger.http.get(f"/courrier/{code}").text


def test_a_postal_address_lies_sealed_and_is_shown_to_nobody(running):
    parent, _ = waiting(running)
    by_post(parent)
    (kept,) = rows(running, "SELECT * FROM vault.kept_value WHERE holder_id = %(p)s", p=person_id(parent))
    assert b"Ormeaux" not in kept["sealed"]
    for path in ("/v1/contact", "/v1/accesses", "/me-joindre", "/acces"):
        assert "ormeaux" not in parent.http.get(path).text.lower()
    parent.http.put("/v1/contact", json={"channel": "counter"}).raise_for_status()
    assert rows(running, "SELECT 1 FROM vault.kept_value WHERE holder_id = %(p)s", p=person_id(parent)) == []


def test_erasing_a_paper_changes_the_key_and_the_letter_still_finds_its_way(running):
    parent, _ = waiting(running)
    parent.http.put("/v1/contact", json={"channel": "post", "address": LETTERS}).raise_for_status()
    document = parent.hand_in_and_wait(running.papers().bill(parent), "application/pdf", kind="proof_of_address")
    before = value(running, "SELECT max(generation) FROM vault.holder_key WHERE holder_id = %(p)s", p=person_id(parent))
    assert parent.http.delete(f"/v1/documents/{document['document']}").status_code in (200, 202)
    kept = "SELECT holder_generation FROM vault.kept_value WHERE holder_id = %(p)s"
    eventually(lambda: value(running, kept, p=person_id(parent)) > before)
    asked(parent)
    (said,) = eventually(lambda: letters_of(parent))
    assert "17 allée des Ormeaux" in said


def opened(claire, code: str) -> str:
    """Where an agent at the counter comes with a code."""
    answer = claire.http.post("/agents/guichet", data={"code": code}, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def test_an_agent_at_the_counter_finds_the_ask_and_notes_how_to_reach_the_family(running, agent, number):
    parent, first_name = waiting(running)
    visit = opened(claire := agent(CLAIRE), by_post(parent).lower())
    shown = claire.http.get(visit).text
    assert all(word in shown for word in (parent.family_name.upper(), first_name, "À fournir"))
    assert "Ormeaux" not in shown + claire.http.get(f"{visit}/joindre").text
    claire.http.post(f"{visit}/joindre", data={"channel": "telephone"})
    claire.http.post(f"{visit}/joindre/sms", data={"value": number})
    kept = claire.http.post(f"{visit}/joindre/code", data={"code": code_for(running, number)})
    assert "C'est noté" in kept.text
    assert parent.http.get("/v1/contact").json()["value"] == f"•• {number[-2:]}"
    told = [line["what"] for line in parent.trace()]
    assert any("un agent a ouvert votre demande" in one for one in told)
    assert any("un agent a noté comment vous joindre" in one for one in told)


def test_an_agent_can_note_a_postal_address_that_they_cannot_read_again(running, agent):
    parent, _ = waiting(running)
    visit = opened(claire := agent(CLAIRE), by_post(parent))
    moved = {"street": "3 sente des Merisiers", "postcode": "75020", "town": "Paris"}
    assert "C'est noté" in claire.http.post(f"{visit}/joindre/courrier", data=moved).text
    assert "Merisiers" not in claire.http.get(visit).text + claire.http.get(f"{visit}/joindre/courrier").text
    (kept,) = rows(running, "SELECT sealed FROM vault.kept_value WHERE holder_id = %(p)s", p=person_id(parent))
    assert b"Merisiers" not in kept["sealed"]


def test_codes_and_visits_are_for_the_agents_of_a_counter_and_their_own(running, agent):
    parent, _ = waiting(running)
    code = by_post(parent)
    bruno = agent(BRUNO)
    assert bruno.http.get("/agents/guichet").status_code == 404
    assert bruno.http.post("/agents/guichet", data={"code": code}).status_code == 404
    visit = opened(claire := agent(CLAIRE), code)
    assert bruno.http.get(visit).status_code == 404
    assert bruno.http.post(f"{visit}/joindre", data={"channel": "counter"}).status_code == 404
    assert "Ce code ne va pas" in claire.http.post("/agents/guichet", data={"code": "K7QF"}).text
    over = """UPDATE hub.counter_visit SET expires_at = now() WHERE person_id = %(p)s"""
    rows(running, over, p=person_id(parent))
    assert claire.http.get(visit).status_code == 404


def test_what_a_journal_or_a_message_row_tells_names_no_address_number_or_code(running, number):
    parent, _ = waiting(running)
    code = by_post(parent)
    parent.http.put("/v1/contact", json={"channel": "telephone", "value": number})
    code_for(running, number)
    found = rows(running, "SELECT * FROM hub.message WHERE person_id = %(p)s", p=person_id(parent))
    records = "SELECT convert_from(record, 'UTF8') AS r FROM vault.journal_record ORDER BY entry_id DESC LIMIT 200"
    told = json.dumps(found, default=str) + " ".join(row["r"] for row in rows(running, records))
    assert not [one for one in ("Ormeaux", number, number[3:], code, code.replace("-", "")) if mentions(told, one)]


def test_an_operator_sees_a_message_in_doubt_and_settles_it(running):
    parent, _ = waiting(running)
    by_post(parent)
    message = value(running, "SELECT message_id::text FROM hub.message WHERE person_id = %(p)s", p=person_id(parent))
    doubt = "UPDATE hub.message SET state = 'in_doubt', created_at = now() - interval '3 days' WHERE message_id = %(m)s"
    rows(running, doubt, m=message)
    state = ["--state", str(running.running.layout.state)]
    listed = CliRunner().invoke(app, ["messages", "list", "--json", *state])
    (found,) = [one for one in json.loads(listed.output) if one["message_id"] == message]
    assert (listed.exit_code, found["channel"], found["state"]) == (1, "post", "in_doubt")
    assert parent.family_name.upper() not in listed.output
    assert any("unefois messages" in trouble.to_do for trouble in troubles(running.stores))
    told = ["sent", "--reason", "the print room has it"]
    done = CliRunner().invoke(app, ["messages", "settle", message, *told, *state])
    assert done.exit_code == 0, done.output
    assert value(running, "SELECT state FROM hub.message WHERE message_id = %(m)s", m=message) == "sent"
    assert any("est bien parti" in line["what"] for line in parent.trace())
