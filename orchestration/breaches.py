"""The report of a breach as the operator gets it: JSON, or tables on the terminal; identifiers and counts, no person's name."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from hub.breaches import Reach, Reached, reach, suspected_of
from vault.bootstrap import utc_now
from vault.db import Database
from vault.standing import Purpose, standing


@standing(purpose=Purpose.BREACH)
def report(db: Database, *, slug: str | None, key: str | None, since: datetime) -> dict[str, Any]:
    """Return whom and what a partner or a key reached since a moment (UTC); raises as :mod:`hub.breaches` does."""
    with db.read() as tx:
        found = reach(tx, suspected_of(tx, slug=slug, key=key, since=since.replace(tzinfo=UTC)))
    return _plain(found) | {"made_at": utc_now()}


def as_json(told: Mapping[str, Any]) -> str:
    """Return the report as one JSON document."""
    return json.dumps(told, ensure_ascii=False, indent=1, default=str)


def in_words(told: Mapping[str, Any]) -> str:
    """Return the report as tables."""
    counts = told["counts"]
    lines = [
        f"since {told['since']}: {counts['persons']} persons and {counts['papers']} papers reached",
        *(f"  {name}: {_counted(counts[name])}" for name in ("releases", "questions", "notifications", "journal")),
        f"  case copies at the partner: {counts['case_copies']}",
        *(f"  file handed over: {name}" for name in told["files"]),
        "",
        f"{'person':<36}  how often",
        *(f"{one['person']!s:<36}  {_counted(one['ways'])}" for one in told["persons"]),
        "",
        f"{'paper':<36}  {'type':<24}  how often",
        *(f"{one['paper']!s:<36}  {one.get('type') or '':<24}  {_counted(one['ways'])}" for one in told["papers"]),
    ]
    if told["only_in_journal"]:
        lines += ["", f"IN THE JOURNAL ALONE, without a row: {len(told['only_in_journal'])} releases"]
    if told["only_in_rows"]:
        lines += ["", f"{len(told['only_in_rows'])} releases whose journal record is gone (36 months, or erased)"]
    return "\n".join(lines)


def _plain(found: Reach) -> dict[str, Any]:
    asked = found.suspected
    return {
        "since": asked.since,
        "partner": asked.siret,
        "key": asked.key,
        "counts": {
            "persons": len(found.persons),
            "papers": len(found.papers),
            "case_copies": found.case_copies,
            **{name: dict(getattr(found, name)) for name in ("releases", "questions", "notifications", "journal")},
        },
        "persons": [_reached("person", *one) for one in sorted(found.persons.items())],
        "papers": [_reached("paper", *one) for one in sorted(found.papers.items())],
        "files": sorted(found.files),
        "only_in_rows": found.only_in_rows,
        "only_in_journal": found.only_in_journal,
    }


def _reached(kind: str, identifier: UUID, one: Reached) -> dict[str, Any]:
    return {kind: identifier, "ways": dict(one.ways), "first": one.first, "last": one.last, **one.facts}


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {times}" for name, times in sorted(counts.items())) or "none"
