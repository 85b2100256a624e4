"""The operator's commands about connectors: ``unefois connector``."""

import json
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

connector = typer.Typer(no_args_is_help=True, help="Connectors: what they make of what partners answer.")


@connector.callback()
def _about() -> None:
    """Connectors: what they make of what partners answer."""


@connector.command("replay")
def connector_replay(
    name: Annotated[str, typer.Argument(help="Which connector; « api-particulier » has recorded cases.")],
    cases: Annotated[Path, typer.Option(help="A folder of folders, one an operation, or one of them.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line and case.")] = False,  # noqa: FBT002 - Typer reads it as a flag
) -> None:
    """Feed recorded cases (params, status, payload) through a connector's codec and say what each comes to."""
    from orchestration.replaying import replay_api_particulier

    if name != "api-particulier":
        print(f"{name}: no connector with recorded cases; there is « api-particulier »", file=sys.stderr)
        raise typer.Exit(1)
    report = replay_api_particulier(cases)
    for folder in report.skipped:
        print(f"{folder}: skipped, no operation of API Particulier v3", file=sys.stderr)
    for place, reason in report.unread:
        print(f"{place}: {reason}", file=sys.stderr)
    if as_json:
        for one in report.cases:
            print(json.dumps(asdict(one), ensure_ascii=False))
    else:
        wide = max((len(one.case) for one in report.cases), default=0)
        for one in report.cases:
            print(f"{one.case:<{wide}}  {one.status}  {one.outcome}")
        counts = Counter(one.outcome for one in report.cases)
        print(f"{len(report.cases)} cases: " + ", ".join(f"{kind} {times}" for kind, times in sorted(counts.items())))
    nothing = not (report.cases or report.skipped or report.unread)
    if nothing:
        print(f"{cases}: no case", file=sys.stderr)
    raise typer.Exit(int(bool(report.unread) or nothing))
