"""The screen at three in the morning: what is wrong is on it with what to do, and what was not asked is not called well."""

import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hub.watching.alerts import Wrong
from orchestration import looking
from orchestration.looking import Seen, Unwell, _to_do, lines, look
from orchestration.stack.layout import Layout
from orchestration.stack.plan import StoreAddresses
from orchestration.stack.state import PartState, Phase, Status, SystemState

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def part(name: str, status: Status = Status.READY) -> PartState:
    return PartState(name, None, status, 0, NOW - timedelta(hours=5), "answers", True, signal.SIGTERM, 5)


def seen(*parts: PartState) -> Seen:
    return Seen(NOW, "ready", [looking._part(one, {}) for one in parts])


def screen(found: Seen) -> str:
    return "\n".join(lines(found))


def test_what_is_well_leaves_nothing_to_do() -> None:
    found = seen(part("door"))
    found.journal = {"head": 7, "signed_at": NOW - timedelta(seconds=3), "stamped_at": NOW - timedelta(days=1)}
    assert found.well
    assert "5 h" in screen(found)
    assert "7 entries, head signed 3 s ago, stamped outside 1 d ago" in screen(found)
    assert screen(found).endswith("→ nothing to do")


def test_what_is_wrong_is_there_with_what_to_do_about_it(tmp_path: Path) -> None:
    found = seen(part("worker", Status.DOWN))
    found.alerts = [Wrong("run:night:caisse-14-rpc:KeyError", "run-failed", families=3)]
    oldest = NOW - timedelta(minutes=9)
    found.waits = [{"what": "jobs", "many": 4, "oldest": oldest, "seconds": None, "well": False}]
    found.unwell = [Unwell("caisse-6-rest", "auth", "down", NOW - timedelta(minutes=40), "401")]
    found.next = list(_to_do(found, Layout(tmp_path)))
    assert not found.well
    assert found.next[0].startswith("worker is down")
    assert found.next[1:] == [
        "run:night:caisse-14-rpc:KeyError, 3 families: docs/operations.md#run-failed",
        "jobs: docs/operations.md#waits-jobs",
        "caisse-6-rest is not well: docs/operations.md#partner-away",
    ]
    assert "oldest 9 min  TOO MUCH" in screen(found)
    assert "caisse-6-rest auth down 40 min  401" in screen(found)


@pytest.mark.parametrize("postgres", [Status.READY, Status.DOWN])
def test_what_gives_no_answer_is_said_to_be_not_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres: Status
) -> None:
    state = SystemState(None, Phase.READY, "", (part("postgres", postgres),))  # type: ignore[arg-type]  # nobody asks who supervises
    passwords = dict.fromkeys(("unefois_pipelines", "unefois_dagster"), "geheim")
    stores = StoreAddresses("127.0.0.1", 1, passwords, "", "", "", "")
    monkeypatch.setattr(looking.stack, "status", lambda _: state)
    monkeypatch.setattr(looking, "addresses", lambda _: stores)
    found = look(Layout(tmp_path))
    assert found is not None
    assert not found.well
    assert found.unasked.keys() == {"rows", "runs"}
    assert "NOT ASKED" in screen(found)
    assert "geheim" not in screen(found) + str(found.told())


def test_a_folder_where_nothing_was_started_has_no_screen(tmp_path: Path) -> None:
    assert look(Layout(tmp_path)) is None
