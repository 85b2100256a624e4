"""On their City account a parent sees where each request stands, as long as they want to; at the counter they say so too."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from hub.bootstrap import back
from hub.exchanges.dashboard import plan_shown
from hub.settings import HubSettings
from orchestration.stack import environment
from tests.journeys.agents import CLAIRE, Agent
from tests.journeys.doors import family, value
from tests.journeys.test_channels import by_post, opened, waiting
from tests.system import MAIRIE, Resident, System, eventually
from vault.settings import VaultSettings

STORE = "notification-store"
SERVICE, PDF = "school_enrolment", "application/pdf"


@pytest.fixture
def look(running: System, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], object]]:
    """What the worker does every ten seconds, when this test says."""
    for name, told in environment.worker("test", running.places, running.stores).items():
        monkeypatch.setenv(name, told)
    parts, hub = back(VaultSettings(), HubSettings()), HubSettings()
    yield lambda: plan_shown(parts.custody, parts.catalogue, parts.ways[STORE], hub.dashboard_issuer)
    parts.custody.db.close()


def dashboard(parent: Resident) -> list[tuple[str, str]]:
    """What a parent's dashboard shows: the service, and in words how it stands, in the order it came."""
    of_person = """SELECT subject FROM hub.account JOIN hub.civil_status USING (person_id)
                   WHERE family_name = %(name)s AND retracted_at IS NULL AND issuer LIKE '%%/mon-paris'"""
    subject = value(parent.system, of_person, name=parent.family_name.upper())
    told = httpx.get(f"{parent.system.sandbox_url}/sandbox/{STORE}", timeout=10).json()
    demands = told.get("customers", {}).get(subject, {})
    return [(one["subject"], one["status_text"]) for states in demands.values() for one in states]


def test_a_request_is_followed_on_the_citys_dashboard_until_its_parent_says_no(running: System, look) -> None:
    parent, child = family(running)
    assert parent.request(child, SERVICE, MAIRIE).status_code == 201
    parent.satisfied(SERVICE, "child_identity")
    parent.http.post("/comptes", data={"provider": "mon-paris", "login_hint": parent.persona}).raise_for_status()
    look()
    ((service, first),) = eventually(lambda: dashboard(parent))
    assert first == "À compléter"
    parent.hand_in_and_wait(running.papers().bill(parent), PDF)
    parent.satisfied(SERVICE, "residence")
    look()
    eventually(lambda: dashboard(parent) == [(service, first), (service, "En cours")])
    eventually(lambda: look() is not None and shown_in_trace(parent) == 2)
    assert parent.http.put("/v1/contact/dashboard", json={"shown": False}).status_code == 204
    assert parent.http.get("/v1/contact/dashboard").json() == {"shown": False}


def shown_in_trace(parent: Resident) -> int:
    return sum(line["what"] == "Votre compte Mon Paris montre où en est votre demande" for line in parent.trace())


def test_at_the_counter_an_agent_notes_who_wants_nothing_shown(running: System) -> None:
    parent, _ = waiting(running)
    claire = Agent(running, CLAIRE).sign_in()
    visit = opened(claire, by_post(parent))
    assert "Son compte Mon Paris montre où en est" in claire.http.get(f"{visit}/joindre").text
    assert "C'est noté" in claire.http.post(f"{visit}/joindre/mon-paris", data={"shown": "non"}).text
    assert parent.http.get("/v1/contact/dashboard").json() == {"shown": False}
    assert any("ne montre plus vos demandes" in line["what"] for line in parent.trace())
