"""What a hand-over leaves out, and that the Caisse finds only its own names in what it gets."""

from datetime import datetime

import httpx
import pytest

from contracts.calendar import PARIS
from hub.bootstrap import back, drop_transport
from hub.exchanges.handover import HandOver, Way, hand_over_day
from hub.settings import HubSettings
from orchestration.stack.environment import pipelines
from tests.journeys.doors import Partner, family, person_id, rows
from tests.system import CAISSE, System
from vault.settings import VaultSettings

BINDING = "caisse-13-fichiers"
HANDED = """SELECT r.* FROM hub.release r JOIN hub.enrolment_line USING (line_id)
            WHERE payer_id = %(who)s AND channel = 'push'"""


def hand_over(running: System) -> HandOver:
    """Hand today over with what the pipelines are told: their login and no key."""
    with pytest.MonkeyPatch.context() as told:
        for name, value in pipelines("test", running.places, running.stores).items():
            told.setenv(name, value)
        parts = back(VaultSettings(), HubSettings())
    binding = parts.bindings.named(BINDING)
    way = Way(binding, drop_transport(binding))
    try:
        return hand_over_day(parts.custody, parts.catalogue, way, datetime.now(PARIS).date(), correlation="test")
    finally:
        parts.custody.db.close()


def files(running: System) -> list[dict]:
    found: list[dict] = httpx.get(f"{running.sandbox_url}/partners/caisse-13/files", timeout=10).json()["files"]
    return found


@pytest.fixture(scope="module")
def day(running):
    """Two complete families, one that does not agree, one still incomplete; then the day is handed over."""
    complete = [family(running) for _ in range(2)]
    unwilling, incomplete = family(running), family(running)
    for parent, child in complete:
        parent.request(child, "canteen_enrolment", CAISSE)
    unwilling[0].request(unwilling[1], "canteen_enrolment", CAISSE, reuse=False)
    for parent, _ in (*complete, unwilling):
        parent.satisfied("canteen_enrolment", "child_identity")
    incomplete[0].request(incomplete[1], "canteen_tariff", CAISSE)
    before = len(files(running))
    return complete, unwilling[0], incomplete[0], hand_over(running), files(running)[before:]


def test_each_complete_child_is_one_line_of_one_file(day):
    complete, _, _, told, written = day
    (file,) = written
    assert told.outcome == "applied"
    assert file["error"] is None
    assert file["lines"] == told.lines >= len(complete)


def test_each_child_is_in_its_own_parents_trace(running, day):
    for parent, _ in day[0]:
        (release,) = rows(running, HANDED, who=person_id(parent))
        shown = [line for line in parent.trace() if line["entry"] == str(release["entry_id"])]
        assert [line["act"] for line in shown] == ["release"]
        assert "Inscription à la cantine" in shown[0]["why"]


def test_who_did_not_agree_or_is_incomplete_is_withheld(running, day):
    _, unwilling, incomplete, told, _ = day
    assert told.withheld >= 1
    assert rows(running, HANDED, who=person_id(unwilling)) == []
    assert rows(running, HANDED, who=person_id(incomplete)) == []


def test_again_the_same_day_hands_nobody_over_twice(running, day):
    before = files(running)
    hand_over(running)
    for parent, _ in day[0]:
        assert len(rows(running, HANDED, who=person_id(parent))) == 1
    assert [file for file in files(running) if file in before] == before


def test_the_reference_in_the_file_is_the_caisses_own_name(running, day):
    (parent, _), *_ = day[0]
    names = rows(
        running,
        """SELECT p.value, l.line_id FROM hub.pseudonym p JOIN hub.enrolment_line l ON l.line_id = p.subject_id
           WHERE p.siret = %(siret)s AND l.payer_id = %(who)s""",
        siret=CAISSE,
        who=person_id(parent),
    )
    drop = running.places.drops / "caisse-13" / "drop"
    content = b"".join(path.read_bytes() for path in drop.iterdir() if path.is_file())
    assert all(str(row["value"]).encode() in content for row in names)
    assert not any(str(row["line_id"]).encode() in content for row in names)
    assert Partner(running, "caisse-13").ask(names[0]["value"], "canteen_enrolment", "child_identity").is_success
