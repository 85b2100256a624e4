"""The integration engineer's command about contracts: ``unefois schema``."""

import json
from pathlib import Path
from typing import Annotated

import typer

from connectors.schemas.checking import Report

app = typer.Typer(no_args_is_help=True, help="Schemas of partners: checked offline.")

Folder = Annotated[
    Path, typer.Argument(metavar="PATH", exists=True, file_okay=False, help="A folder; all below it is checked.")
]


@app.callback()
def schema() -> None:
    """Schemas of partners: checked offline."""


@app.command("check")
def check_command(
    path: Folder,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,  # noqa: FBT002 - Typer reads it as a flag
) -> None:
    """Compile every XSD and load every WSDL under PATH without any network; 0 when all can be used, 1 otherwise."""
    from orchestration.schema_check.asking import check

    try:
        report = check(path)
    except OSError as error:
        typer.echo(f"unefois: {error.strerror}: {_printable(str(error.filename))}", err=True)
        raise typer.Exit(2) from None
    typer.echo(json.dumps(report.plain()) if as_json else _told(report))
    raise typer.Exit(int(not report.holds))


def _told(report: Report) -> str:
    """Return the report as a table: the failed ones by name, the others counted."""
    plain = report.plain()
    lines = [f"{'kind':<5} {'usable':>6} {'failed':>6}"]
    lines += [f"{kind:<5} {found['ok']:>6} {len(found['failed']):>6}" for kind, found in plain.items()]
    for found in plain.values():
        lines += [line for path, reason in found["failed"].items() for line in ("", path, f"  {reason}")]
    if not report.faults:
        lines.append("no schema lies here")
    return "\n".join(map(_printable, lines))


def _printable(line: str) -> str:
    """Return ``line`` without what would steer a terminal: names and reasons are a stranger's words."""
    return "".join(letter if letter.isprintable() else "·" for letter in line)
