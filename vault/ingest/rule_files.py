"""The rules that come with this code, as files: what a process that compiles none of them can still name."""

import hashlib
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

RULES = Path(__file__).parent / "rules"
NAME = "rules"


def rule_texts(folder: Path = RULES) -> Iterator[tuple[str, str]]:
    """Yield name and text of every ``*.yar`` of ``folder``, by name."""
    for path in sorted(folder.glob("*.yar")):
        yield path.name, path.read_text(encoding="utf-8")


def rules_version(folder: Path = RULES) -> str:
    """Return the words by which findings name engine and rules: another rule, another digest."""
    digest = hashlib.sha256()
    for _, text in rule_texts(folder):
        digest.update(text.encode())
    return f"yara-x {version('yara-x')}, rules {digest.hexdigest()[:12]}"
