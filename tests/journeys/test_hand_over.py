"""The day's satisfied files go to the Caisse in its own format: each once, however often the day is handed over."""

from datetime import datetime

import httpx
import pytest

from connectors.caisse_fichiers.reading import read
from contracts.calendar import PARIS
from hub.bootstrap import back, drop_transport
from hub.exchanges.handover import HandOver, Way, hand_over_day
from hub.settings import HubSettings
from orchestration.stack import environment
from tests.system import CAISSE, Resident, System
from vault.settings import VaultSettings

BINDING = "caisse-13-fichiers"


@pytest.fixture
def hand_over(running: System, monkeypatch):
    """Hand over today with what the pipelines are told, and nothing more."""
    for name, value in environment.pipelines("test", running.places, running.stores).items():
        monkeypatch.setenv(name, value)
    parts = back(VaultSettings(), HubSettings())
    binding = parts.bindings.named(BINDING)
    way = Way(binding, drop_transport(binding))

    def act() -> HandOver:
        return hand_over_day(parts.custody, parts.catalogue, way, datetime.now(PARIS).date(), correlation="test")

    yield act
    parts.custody.db.close()


def _complete_family(running: System) -> Resident:
    parent = Resident(running)
    parent.sign_in()
    parent.request(parent.linked_child(parent.child()), "canteen_enrolment", CAISSE)
    parent.satisfied("canteen_enrolment", "child_identity")
    return parent


def _files(running: System) -> list[dict]:
    return httpx.get(f"{running.sandbox_url}/partners/caisse-13/files").json()["files"]


def test_what_turns_satisfied_later_that_day_goes_into_the_next_file(running, hand_over):
    _complete_family(running)
    hand_over()
    _complete_family(running)
    second = hand_over()
    assert (second.outcome, second.lines, second.repeated) == ("applied", 1, False)


def test_a_second_hand_over_without_news_writes_nothing(running, hand_over):
    _complete_family(running)
    first, before = hand_over(), _files(running)
    again = hand_over()
    assert (again.exchange_id, again.repeated) == (first.exchange_id, True)
    assert _files(running) == before


def test_each_child_handed_over_is_in_its_parents_trace(running, hand_over):
    parent = _complete_family(running)
    hand_over()
    pushed = [line for line in parent.trace() if line["act"] == "release" and "13e" in line["who"]]
    assert len(pushed) >= 1


def test_the_caisse_reads_what_it_got(running, hand_over):
    parent = _complete_family(running)
    hand_over()
    drop = running.places.drops / "caisse-13" / "drop"
    lines = [line for path in drop.glob("DSU_*.csv") for line in read(path.name, path.read_bytes()).lines]
    assert parent.family_name.upper() in {line.family_name for line in lines}
