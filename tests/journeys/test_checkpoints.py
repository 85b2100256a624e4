"""Signed heads for everyone to keep: they chain, they are proved consistent, and a journal cut back is noticed."""

import httpx
from typer.testing import CliRunner

from orchestration.cli import app
from tests.journeys.doors import assert_problem
from tests.system import Resident, eventually
from vault.journal.proofs import verify_consistency
from vault.journal.signing import HeadVerifier, parse_note


def command(system, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, [*words, "--state", str(system.running.layout.state)])
    return done.exit_code, done.output


def latest(running) -> str:
    """Return the newest signed head; nothing while a fresh system has none."""
    answer = httpx.get(f"{running.release_url}/journal/checkpoints/latest")
    return answer.text if answer.status_code == 200 else ""


def test_anyone_gets_signed_heads_and_proves_that_the_later_holds_the_earlier(running, tmp_path):
    Resident(running).sign_in()
    first = eventually(lambda: latest(running))
    Resident(running).sign_in()
    second = eventually(lambda: (now := latest(running)) != first and now)
    key = HeadVerifier.from_text(httpx.get(f"{running.release_url}/journal/key").text)
    heads = [parse_note(note) for note in (first, second)]
    assert all(key.accepts(head) for head in heads)
    sizes = "/".join(str(head.tree_size) for head in heads)
    proof = httpx.get(f"{running.release_url}/journal/consistency/{sizes}")
    assert verify_consistency(proof.text, key).holds
    kept = tmp_path / "proof.json"
    kept.write_text(command(running, "journal", "consistency", *sizes.split("/"))[1])
    assert command(running, "journal", "verify", "--proof", str(kept))[0] == 0
    kept.write_text(proof.text.replace(first.splitlines()[2], second.splitlines()[2]))
    assert command(running, "journal", "verify", "--proof", str(kept))[0] == 1


def test_a_head_kept_outside_is_found_again_or_missed_aloud(running, tmp_path):
    Resident(running).sign_in()
    kept = tmp_path / "head"
    kept.write_text(eventually(lambda: latest(running)))
    assert command(running, "journal", "verify", "--published", str(kept))[0] == 0
    size = parse_note(kept.read_text()).tree_size
    assert httpx.get(f"{running.release_url}/journal/checkpoints/{size}").text == kept.read_text()


def test_a_size_without_a_head_is_not_found(running):
    assert_problem(httpx.get(f"{running.release_url}/journal/checkpoints/999999999"), "not-found")
    assert_problem(httpx.get(f"{running.release_url}/journal/consistency/1/999999999"), "not-found")
