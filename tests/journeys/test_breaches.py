"""Whom a leak reached: persons and papers, by partner or by key, from rows and journal (RGPD 33, 34)."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from typer.testing import CliRunner

from connectors.jose import thumbprint
from orchestration.cli import app
from tests.journeys.caring import ASKED, enrolled, unefois
from tests.journeys.doors import Partner, person_id, value
from tests.journeys.test_hand_over import hand_over, parts  # noqa: F401 - fixtures
from tests.system import System


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
