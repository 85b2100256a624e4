"""What README, guides and decisions name is there: links, paths, commands, targets, problem types; snippets work."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import typer

from connectors.jose import check_claims, generate_key, public_part, verify_compact
from connectors.webhook.signature import new_secret, sign
from contracts.problems import PROBLEMS
from orchestration.cli import app

ROOT = Path(__file__).resolve().parents[3]
GUIDES = (
    ROOT / "README.md",
    ROOT / "vault" / "README.md",
    ROOT / "connectors" / "README.md",
    ROOT / "connectors" / "schemas" / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
)
PACKAGES = "contracts|vault|connectors|hub|orchestration|tests|docs|requirements"
PATH = re.compile(rf"(?<![\w./$-])(?:{PACKAGES})/[\w./-]*")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HEADINGS = ["Context", "Decision", "Consequences", "Alternatives", "References"]

each_guide = pytest.mark.parametrize("guide", GUIDES, ids=lambda path: str(path.relative_to(ROOT)))


def code_of(text: str) -> Iterator[str]:
    """Yield every line of code: fenced, indented, or a span within prose."""
    for _, block in FENCE.findall(text):
        yield from block.splitlines()
    prose = FENCE.sub("", text)
    yield from re.findall(r"^ {4}(\S.*)$", prose, re.MULTILINE)
    yield from re.findall(r"`([^`\n]+)`", prose)


def blocks_of(guide: str, language: str) -> list[str]:
    found = FENCE.findall((ROOT / "docs" / guide).read_text(encoding="utf-8"))
    return [block for name, block in found if name == language]


def anchors_of(path: Path) -> set[str]:
    """Return the anchors of a file's headings, as forges make them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def run_block(block: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "snippet"}
    exec(compile(block, "snippet", "exec"), names)
    return names


@each_guide
def test_relative_links_lead_somewhere(guide):
    for target in re.findall(r"\]\(([^)\s]+)\)", guide.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            name, _, anchor = target.partition("#")
            there = guide.parent / name if name else guide
            assert there.exists(), target
            assert not anchor or anchor in anchors_of(there), target


@each_guide
def test_paths_of_the_repository_exist(guide):
    named = PATH.findall(guide.read_text(encoding="utf-8"))
    assert [name for name in named if not (ROOT / name.rstrip(".")).exists()] == []


def test_each_promise_of_the_vault_leads_to_its_code_and_to_a_test():
    text = (ROOT / "vault" / "README.md").read_text(encoding="utf-8")
    promises = re.findall(r"^\| (.+) \| (.+) \| (.+) \|$", text.partition("## What is promised")[2], re.MULTILINE)[2:]
    assert len(promises) > 50
    for promise, kept_by, tested_by in promises:
        assert "tests/" not in kept_by, promise
        assert re.search(r"`tests/[\w/]+\.py`", tested_by), promise


@each_guide
def test_commands_exist_with_their_options(guide):
    for line in code_of(guide.read_text(encoding="utf-8")):
        for words in re.findall(r"(?:^|[\s/])unefois((?: [^\s|>;)]+)+)", line.partition("#")[0]):
            check_command(words.split())


def check_command(words: list[str]) -> None:
    here: Any = typer.main.get_command(app)
    while hasattr(here, "commands"):
        assert words, here.name
        assert words[0] in here.commands, f"no command « {' '.join(words)} »"
        here = here.commands[words.pop(0)]
    known = {option for parameter in here.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known


@each_guide
def test_make_targets_exist(guide):
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {
        target
        for line in code_of(guide.read_text(encoding="utf-8"))
        for target in re.findall(r"(?:^|\s)make ([a-z-]+)", line.partition("#")[0])
    }
    assert named - targets == set()


def test_the_problem_table_is_the_closed_list():
    text = (ROOT / "docs" / "residents-api.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z-]+)` \| (\d{3}) \|", text, re.MULTILINE)
    assert sorted(rows) == sorted((one.name, str(one.status)) for one in PROBLEMS.values())


def test_every_decision_has_its_five_headings():
    for decision in sorted((ROOT / "docs" / "decisions").glob("*.md")):
        text = decision.read_text(encoding="utf-8")
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS, decision.name
        assert text.startswith(f"# {decision.name[:4]} "), decision.name


def test_the_webhook_snippet_tells_true_from_forged():
    (block,) = (one for one in blocks_of("partners.md", "python") if "def verify" in one)
    verify, secret, body, now = run_block(block)["verify"], new_secret(), b'{"a":1}', datetime.now(UTC)
    signed = sign([new_secret(), secret], "message-1", now, body)
    headers = {"webhook-id": "message-1", "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signed}
    assert verify(secret, headers, body)
    assert not verify(secret, headers, body + b" ")
    assert not verify(new_secret(), headers, body)
    assert not verify(secret, headers | {"webhook-timestamp": str(int(now.timestamp()) - 400)}, body)


def test_the_assertion_snippet_is_accepted():
    (block,) = (one for one in blocks_of("partners.md", "python") if "def assertion" in one)
    key = generate_key("caisse-13-1")
    token = run_block(block)["assertion"]("caisse-13", "https://hub.example", key)
    claims = verify_compact(token, [public_part(key)], typ=None)
    life, now = timedelta(seconds=60), datetime.now(UTC)
    check_claims(claims, issuer="caisse-13", audience="https://hub.example", now=now, max_life=life)
    assert claims["sub"] == "caisse-13"


def test_the_other_snippets_are_python():
    for guide in sorted((ROOT / "docs").glob("*.md")):
        for block in blocks_of(guide.name, "python"):
            compile(block, guide.name, "exec")
        for block in re.findall(r"<<'PY'\n(.*?)^PY$", guide.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
            compile(block, guide.name, "exec")
