"""The operator's commands about connectors: ``unefois connector``."""

import json
import sys
from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from contracts.calendar import paris_day
from orchestration.options import OwnersUrl, State, layout_of

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


@connector.command("conform")
def connector_conform(
    name: Annotated[str, typer.Argument(help="Which connector, or « all ».")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line and connector.")] = False,  # noqa: FBT002 - Typer reads it as a flag
    fuzz: Annotated[int, typer.Option(help="How many broken answers it is given.", min=0)] = 10_000,
) -> None:
    """Judge a connector by the conformance kit; cases that need a database are said to be not run."""
    from orchestration.conforming.codec_cases import cases
    from orchestration.conforming.kit import Status, report, run
    from orchestration.conforming.subjects import SUBJECTS

    subjects = list(SUBJECTS.values()) if name == "all" else [one for one in SUBJECTS.values() if one.name == name]
    if not subjects:
        print(f"{name}: the kit judges {', '.join(sorted(SUBJECTS))}", file=sys.stderr)
        raise typer.Exit(1)
    failed = False
    for subject in subjects:
        verdicts = run(cases(subject, fuzz=fuzz))
        failed |= any(one.status is Status.FAILED for one in verdicts)
        told = report(subject.manifest, verdicts)
        if as_json:
            print(json.dumps(told, ensure_ascii=False))
            continue
        print(f"{told['connector']} {told['version']}: {told['level']}")
        for one in told["cases"]:
            print(f"  {one['case']}  {one['status']:<15} {one['about']}{': ' if one['why'] else ''}{one['why']}")
    raise typer.Exit(int(failed))


@connector.command("plan")
def connector_plan(
    binding: Annotated[str, typer.Argument(help="Which binding, by the name of its file.")],
    day: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Which day; today unless told.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,  # noqa: FBT002 - Typer reads it as a flag
    state: State = None,
) -> None:
    """Plan what one body is told and asked on a day; the worker carries it out. Harmless to repeat."""
    from hub.errors import InvalidValue
    from orchestration import exchanges

    then = paris_day(datetime.now(UTC)) if day is None else day.date()
    try:
        found = exchanges.planned(layout_of(state), binding, then)
    except InvalidValue as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from error
    if as_json:
        pushes, pulls, stands = found
        print(json.dumps({"pushes": asdict(pushes), "pulls": asdict(pulls), "day": asdict(stands)}))
    else:
        print("\n".join(exchanges.plan_in_words(*found)))


@connector.command("waiting")
def connector_waiting(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,  # noqa: FBT002 - Typer reads it as a flag
    service: OwnersUrl = False,  # noqa: FBT002 - the same
    state: State = None,
) -> None:
    """List the exchanges that wait for a person, oldest first; exit 1 where there is one."""
    from orchestration import exchanges
    from orchestration.agents import database

    with database(layout_of(state), told=service) as db:
        found = exchanges.listed(db)
    print(exchanges.as_json(found) if as_json else "\n".join(exchanges.in_words(found) or ["none"]))
    raise typer.Exit(int(bool(found)))


@connector.command("settle")
def connector_settle(
    exchange: str,
    how: Annotated[
        str, typer.Argument(metavar="happened|again|cancelled", help="What became of it, or is to be done.")
    ],
    reason: Annotated[str, typer.Option("--reason", help="How you know; kept in the journal, so no person's name.")],
    service: OwnersUrl = False,  # noqa: FBT002 - Typer reads it as a flag
    state: State = None,
) -> None:
    """Say what became of an exchange in doubt, or have one carried out again that did not happen."""
    from orchestration import exchanges
    from orchestration.agents import database

    with database(layout_of(state), told=service) as db:
        exchanges.settled(db, exchange, how, reason)
    print(f"{exchange}: {how}")


@connector.command("folders")
def connector_folders(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,  # noqa: FBT002 - Typer reads it as a flag
    service: OwnersUrl = False,  # noqa: FBT002 - the same
    state: State = None,
) -> None:
    """List the folders of HubEE that were set aside, counted by why, and the oldest; exit 1 where there is one."""
    from orchestration import exchanges
    from orchestration.agents import database

    with database(layout_of(state), told=service) as db:
        found = exchanges.set_aside(db)
    print(exchanges.aside_as_json(found) if as_json else "\n".join(exchanges.aside_in_words(found) or ["none"]))
    raise typer.Exit(int(bool(found.counts)))


@connector.command("folder")
def connector_folder(
    notification: str,
    how: Annotated[
        str, typer.Argument(metavar="again|give-up", help="Look for its owner once more, or tell its sender.")
    ],
    reason: Annotated[str, typer.Option("--reason", help="Why; kept in the journal, so no person's name.")],
    service: OwnersUrl = False,  # noqa: FBT002 - Typer reads it as a flag
    state: State = None,
) -> None:
    """Have a folder that was set aside looked at again, or given up and its sender told; the worker does it."""
    from hub.errors import HubError
    from orchestration import exchanges
    from orchestration.agents import database

    try:
        with database(layout_of(state), told=service) as db:
            exchanges.decide_folder(db, notification, how, reason)
    except HubError as error:
        print(f"{notification}: {type(error).__name__} {error}", file=sys.stderr)
        raise typer.Exit(1) from error
    print(f"{notification}: {how}")
