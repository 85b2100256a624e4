"""The day's satisfied files go to the Caisse in its own format: each once, however often the day is handed over."""

from datetime import date, datetime

import httpx
import pytest

from connectors.caisse_fichiers.archives import Kind
from connectors.caisse_fichiers.framing import Charset
from connectors.caisse_fichiers.reading import read
from connectors.caisse_fichiers.returning import written
from connectors.caisse_fichiers.returns import Attendance, Presence
from connectors.sandbox.provisioning import binding_secret
from contracts.calendar import PARIS
from hub.bootstrap import back, drop_transport, inbox_of
from hub.exchanges import handover
from hub.exchanges.files_in import Folder, take_files_in
from hub.exchanges.handover import HandOver, Way, hand_over_day
from hub.exchanges.looking import look_at_day
from hub.exchanges.pushing import plan_pushes
from hub.settings import HubSettings
from orchestration.stack import environment
from tests.journeys.deciding import REUSED, deciding, outcomes, send, tariff
from tests.journeys.doors import Partner, person_id, rows
from tests.system import CAISSE, Resident, System, eventually
from vault.settings import VaultSettings

BINDING = "caisse-13-fichiers"
CAISSE_5 = "91000052000015"


@pytest.fixture
def parts(running: System, monkeypatch):
    """What the pipelines are told, and nothing more."""
    for name, value in environment.pipelines("test", running.places, running.stores).items():
        monkeypatch.setenv(name, value)
    found = back(VaultSettings(), HubSettings())
    yield found
    found.custody.db.close()


@pytest.fixture
def hand_over(parts):
    """Hand over today."""

    def act(named: str = BINDING) -> HandOver:
        binding = parts.bindings.named(named)
        way = Way(binding, drop_transport(binding))
        return hand_over_day(parts.custody, parts.catalogue, way, datetime.now(PARIS).date(), correlation="test")

    return act


def _complete_family(running: System, body: str = CAISSE) -> Resident:
    parent = Resident(running)
    parent.sign_in()
    parent.request(parent.linked_child(parent.child()), "canteen_enrolment", body)
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


def test_a_line_that_the_file_cannot_say_is_never_released(running, hand_over, monkeypatch):
    parent = _complete_family(running)
    theirs = parent.family_name.upper()
    monkeypatch.setattr(handover, "unwritable", lambda pupil: ["nom"] if pupil.family_name == theirs else [])
    assert hand_over().unwritable == 1
    # By its webhook the Caisse may have asked for the paper itself meanwhile; what counts is the line of the file.
    pushed = (
        "SELECT 1 FROM hub.release JOIN hub.enrolment_line USING (line_id) WHERE payer_id = %(p)s AND channel = 'push'"
    )
    assert rows(running, pushed, p=person_id(parent)) == []
    monkeypatch.undo()
    assert (hand_over().lines, hand_over().unwritable) == (1, 0)


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


def test_a_caisse_behind_sftp_gets_its_file_and_leaves_one(running, hand_over, parts):
    parent = _complete_family(running, CAISSE_5)
    done = hand_over("caisse-5-fichiers")
    assert (done.outcome, done.lines) == ("applied", 1)
    shown = running.places.drops / "caisse-5" / "sftp"
    (path,) = (shown / "drop").glob("DSU_*.csv")
    (pupil,) = read(path.name, path.read_bytes()).lines
    assert pupil.family_name == parent.family_name.upper()

    there = Attendance("B-1", pupil.reference, date(2026, 9, 7), "canteen_enrolment", Presence.PRESENT)
    name = f"PRE_{CAISSE_5}_20260907_001.csv"
    (shown / "outbox" / name).write_bytes(written(Kind.ATTENDANCE, [there], Charset.UTF_8))
    (shown / "outbox" / f"{name}.ok").touch()
    binding = parts.bindings.named("caisse-5-fichiers")
    folder = Folder(binding, inbox_of(binding), drop_transport(binding))
    (taken,) = take_files_in(parts.custody, parts.catalogue, folder, correlation="test")
    assert (taken.outcome, taken.taken, taken.told) == ("applied", 1, True)
    assert list((shown / "outbox").iterdir()) == []
    assert len(list((shown / "drop").glob("CR_PRE_*.csv"))) == 1


def test_paris_familles_is_told_of_a_child_with_the_tariff_that_its_caisse_decided(running, parts):
    parent, line, _ = deciding(running)
    assert outcomes(send(Partner(running, "caisse-13"), sent := tariff(line))) == [("recorded", None)]
    parent.satisfied(*REUSED)
    way, today = parts.ways["paris-familles-rest"], datetime.now(PARIS).date()
    assert plan_pushes(parts.custody, parts.catalogue, way, today).exchanges >= 1
    eventually(lambda: not look_at_day(parts.custody.db, way, today).under_way)
    told = (
        "SELECT t.number, t.outcome FROM hub.told_line t JOIN hub.enrolment_line USING (line_id) WHERE payer_id = %(p)s"
    )
    (kept,) = rows(running, told, p=person_id(parent))
    assert (kept["outcome"], bool(kept["number"])) == ("applied", True)
    token = binding_secret(running.places.sandbox, "agencies/paris-familles.token")
    assert sent["number"] in _registrations(running, token)
    # The papers behind it, each with its ground, in the trace of who pays.
    said = [one["what"] for one in parent.trace() if one["who"] == "Paris Familles" and one["act"] == "release"]
    assert any("Acte de naissance" in what for what in said)
    assert any("Décision de tarif" in what for what in said)
    assert plan_pushes(parts.custody, parts.catalogue, way, today).exchanges == 0


def _registrations(running: System, token: str | None) -> str:
    """Everything that the played partner keeps, as it tells its own engineers."""
    code = binding_secret(running.places.sandbox, "agencies/paris-familles.client")
    headers = dict.fromkeys(("application_code", "author_name", "author_type"), "kit")
    headers |= {"authorization": f"Bearer {token}", "client_code": code or ""}
    return httpx.get(f"{running.sandbox_url}/agencies/paris-familles/sandbox", headers=headers).text
