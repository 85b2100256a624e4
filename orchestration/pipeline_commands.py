"""The operator's commands about pipelines: ``unefois pipelines``."""

import sys
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from getpass import getuser
from typing import Annotated

import typer

from orchestration.options import OwnersUrl, State, layout_of

pipelines = typer.Typer(no_args_is_help=True, help="What engineers watch: days again, and what is wrong.")
DAYS_MAX = 400


@pipelines.command("again")
def pipelines_again(
    binding: Annotated[str, typer.Argument(help="Which binding, as its file is called.")],
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="The first day.")],
    last: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="The last day.")] = None,
    service: OwnersUrl = False,  # noqa: FBT002 - Typer reads it as a flag
    state: State = None,
) -> None:
    """Have days of a binding done again; harmless to repeat, also while they are being done."""
    from hub.watching.wishes import WishKind
    from orchestration.pipelines.bindings import bound

    if binding not in {one.slug for one in bound()}:
        print(f"{binding}: no such binding", file=sys.stderr)
        raise typer.Exit(1)
    begin, end = first.date(), (last or first).date()
    days = [begin + timedelta(days=day) for day in range((end - begin).days + 1)]
    if not 1 <= len(days) <= DAYS_MAX:
        print(f"from {begin} to {end}: 1 to {DAYS_MAX} days", file=sys.stderr)
        raise typer.Exit(1)
    print(f"{_wished(WishKind.BINDING_DAY, binding, days, service=service, state=state)} of {len(days)} days asked for")


@pipelines.command("redeliver")
def pipelines_redeliver(
    siret: Annotated[str, typer.Argument(help="The partner's SIRET.")],
    service: OwnersUrl = False,  # noqa: FBT002 - Typer reads it as a flag
    state: State = None,
) -> None:
    """Have a partner told again what its webhook did not take."""
    from hub.watching.wishes import WishKind

    print("asked for" if _wished(WishKind.REDELIVERY, siret, (), service=service, state=state) else "asked for before")


@pipelines.command("alerts")
def pipelines_alerts(
    service: OwnersUrl = False,  # noqa: FBT002 - Typer reads it as a flag
    state: State = None,
) -> None:
    """List what is wrong now, with the page of the runbook; exit 1 where there is anything."""
    from hub.watching.alerts import open_alerts
    from orchestration.agents import database

    with database(layout_of(state), told=service) as db, db.read() as tx:
        found = open_alerts(tx)
    for one in found:
        families = "" if one.families is None else f"  {one.families} families"
        print(f"{one.cause}{families}  docs/operations.md#{one.page}")
    raise typer.Exit(int(bool(found)))


def _wished(kind: str, about: str, days: Sequence[date], *, service: bool, state: "State") -> int:
    from hub.watching.wishes import WishKind, wish
    from orchestration.agents import database
    from vault.bootstrap import utc_now

    with database(layout_of(state), told=service) as db, db.transaction() as tx:
        return wish(tx, WishKind(kind), about, days, asked_by=getuser(), now=utc_now())
