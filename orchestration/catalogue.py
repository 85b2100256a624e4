"""What the operator does after the catalogue or a rule changed: judge again, with the worker's rights and nothing more."""

import json
from typing import Any

from hub.requirements.catalogue import load
from hub.school_files.reevaluating import Report, reevaluate
from orchestration.custody import worker_custody
from orchestration.stack.layout import Layout


def judge_again(layout: Layout, *, dry_run: bool) -> Report:
    """Judge again what changed since the last finished run; a run that was broken off is taken up where it stopped."""
    with worker_custody(layout) as custody:
        return reevaluate(custody, load(), dry_run=dry_run)


def as_json(report: Report) -> str:
    """Return the report as one JSON document."""
    return json.dumps(report.plain(), indent=1)


def in_words(report: Report) -> str:
    """Return the report as an operator reads it."""
    told = report.plain()
    changed = len(told["touched"])
    if not changed:
        return f"catalogue {report.version}: nothing changed since the last run"
    since = f"since {report.before}" if report.before else "and nothing was judged before"
    verb = "would turn" if report.dry_run else "turned"
    lines = [
        f"catalogue {report.version}: {changed} requirements changed {since}",
        f"{report.fits} fits of {report.lines} lines in {report.files} school files judged"
        + (", after a run that was broken off" if report.resumed else ""),
        *(_turned(one, verb) for one in told["turned"]),
        f"{report.satisfied} requirements come to rest on evidence, {report.ended} no longer rest on what they did",
    ]
    return "\n".join(lines)


def _turned(one: dict[str, Any], verb: str) -> str:
    before = one["from"] or "never judged"
    return (
        f"  {one['service']}/{one['requirement']}: {one['count']} {verb} from {before} to {one['to']} ({one['reason']})"
    )
