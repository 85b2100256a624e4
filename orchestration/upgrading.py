"""Changing the database beneath running processes: what would lock or rewrite a large table, or break them, is refused.

A change comes in three releases (expand, migrate, contract): what is new is added beside what is there, both are kept up,
and what nobody reads any more goes. The field's linter for PostgreSQL migrations (squawk) finds what does not fit that;
whether it harms depends on how large the table is, which only the database knows (ADR 0053).
"""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from hub.schema.migrating import pending, upgrade
from orchestration.stack.errors import StackError
from vault.db import Database

LARGE = 64 * 1024 * 1024
"""Bytes of a table with its indexes from which on a scan or a rewrite under lock is felt."""
TRIES, PAUSE = 10, 2.0
"""How often, and how many seconds apart, a change is tried that a table in use kept waiting."""
BREAKS = frozenset(
    {
        "adding-not-nullable-field",
        "adding-required-field",
        "ban-drop-column",
        "ban-drop-database",
        "ban-drop-table",
        "ban-truncate-cascade",
        "changing-column-type",
        "renaming-column",
        "renaming-table",
    }
)
"""What the running version does not expect, however small the table."""
LOCKS = frozenset(
    {
        "adding-field-with-default",
        "adding-foreign-key-constraint",
        "adding-serial-primary-key-field",
        "constraint-missing-not-valid",
        "disallowed-unique-constraint",
        "require-concurrent-index-creation",
        "require-concurrent-index-deletion",
    }
)
"""What holds readers or writers up for as long as the table is large."""
Sizes = Callable[[str], int]
_SQL = re.compile(r'\bsql\("([\w.]+)"\)')
_TABLE = re.compile(
    r"\b(?:ALTER TABLE(?: IF EXISTS)?(?: ONLY)?|INDEX(?: CONCURRENTLY)?(?: IF NOT EXISTS)? \w+ ON(?: ONLY)?|"
    r"DROP TABLE(?: IF EXISTS)?|TRUNCATE(?: TABLE)?)\s+(\w+\.\w+)",
    re.IGNORECASE,
)


class NotOnline(StackError):
    """A pending change would lock or rewrite a large table, or break the running version; see « unefois upgrade --check »."""


class UnreadableRevision(StackError):
    """What a pending revision does cannot be read from it, so nobody can say whether it is harmless."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One statement that may harm: where it is, by which rule, on which table, and whether it is refused here."""

    file: str
    line: int
    rule: str
    table: str
    refused: bool

    @property
    def words(self) -> str:
        """One line for whoever looks."""
        what = "refused" if self.refused else "small here"
        return f"{what:<10}  {self.file}:{self.line}  {self.rule}  {self.table}"


def check(owner_url: str) -> list[Finding]:
    """Return what pending revisions would do to a running system; nothing for an empty database, which runs nothing."""
    lacking = pending(owner_url)
    if not lacking:
        return []
    db = Database.connect(owner_url, pool_size=1)
    try:
        return judge(_statements(lacking), lambda table: _bytes(db, table))
    finally:
        db.close()


def judge(files: Iterable[Path], size: Sizes) -> list[Finding]:
    """Return what the statements in these files would do, where ``size`` returns a table's bytes; see :func:`check`."""
    return [finding for file in files for finding in _found(file, size)]


def bring_up(owner_url: str, *, offline: bool) -> None:
    """Migrate; raises :class:`NotOnline`, unless ``offline``, where that cannot be done beneath running processes."""
    if not offline and any(one.refused for one in check(owner_url)):
        raise NotOnline
    for left in reversed(range(TRIES)):
        try:
            upgrade(owner_url)
        except OperationalError as error:
            # Whoever holds the table long is let through, and nobody else waits behind us meanwhile.
            if left == 0 or "lock timeout" not in str(error.orig):
                raise
            time.sleep(PAUSE)
        else:
            return


def _statements(revisions: Iterable[Path]) -> Iterator[Path]:
    for revision in revisions:
        named = _SQL.findall(revision.read_text(encoding="utf-8"))
        if not named:
            raise UnreadableRevision(revision.name)
        yield from (revision.parent.parent / name for name in named)


def _found(file: Path, size: Sizes) -> Iterator[Finding]:
    program = Path(sys.executable).with_name("squawk")
    argv = [str(program), "--reporter", "json", "--assume-in-transaction", "--pg-version", "16", str(file)]
    done = subprocess.run(argv, capture_output=True, check=False, timeout=60)
    lines = file.read_text(encoding="utf-8").splitlines()
    for said in json.loads(done.stdout or "[]"):
        rule = said["rule_name"]
        if rule not in BREAKS | LOCKS:
            continue
        before = _TABLE.findall("\n".join(lines[: said["line_end"] + 1]))
        table = before[-1].lower() if before else ""
        large = size(table) >= LARGE
        yield Finding(file.name, said["line"] + 1, rule, table, rule in BREAKS or large)


def _bytes(db: Database, table: str) -> int:
    asked = text("SELECT coalesce(pg_total_relation_size(to_regclass(:one)), 0)")
    with db.read() as tx:
        return int(tx.execute(asked, {"one": table}).scalar_one())
