"""The operator's commands about a whole system: making machines ready, upgrading, and putting it under maintenance."""

from typing import Annotated

import typer

from orchestration.options import OwnersUrl, State, layout_of

maintenance = typer.Typer(no_args_is_help=True, help="Nothing is written for a while; reading goes on.")


def install(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command()(provision)
    app.command()(upgrade)
    app.add_typer(maintenance, name="maintenance")


def provision() -> None:
    """Make logins, bucket, keys, roles and each process's share of the secrets; harmless to repeat."""
    from orchestration.machines.provisioning import ProvisionSettings
    from orchestration.machines.provisioning import provision as make_ready

    told: dict[str, str] = {}
    for words in make_ready(ProvisionSettings(**told)):  # type: ignore[arg-type]  # everything comes from the environment
        typer.echo(words)


def upgrade(
    check: Annotated[bool, typer.Option("--check", help="Say what pending changes would do; change nothing.")] = False,  # noqa: FBT002 - Typer reads it as a flag
    offline: Annotated[bool, typer.Option("--offline", help="Also what is refused online; no process runs.")] = False,  # noqa: FBT002 - the same
) -> None:
    """Bring the database that UNEFOIS_OWNER_URL names to this release, beneath processes of the one before."""
    from orchestration.owner import OwnerSettings
    from orchestration.upgrading import bring_up
    from orchestration.upgrading import check as look

    told: dict[str, str] = {}
    url = OwnerSettings(**told).owner_url.get_secret_value()  # type: ignore[arg-type]  # from the environment
    if not check:
        bring_up(url, offline=offline)
        return
    found = look(url)
    for one in found:
        typer.echo(one.words)
    refused = sum(one.refused for one in found)
    typer.echo(
        f"{refused} changes cannot be made while the system runs" if refused else "every change can be made online"
    )
    raise typer.Exit(int(refused > 0))


@maintenance.command("on")
def maintenance_on(
    reason: Annotated[str, typer.Option("--reason", help="Why; kept in the journal, so no person's name.")],
    minutes: Annotated[int, typer.Option(min=1, max=24 * 60, help="How long it is thought to last.")] = 30,
    service: OwnersUrl = False,  # noqa: FBT002 - Typer reads it as a flag
    state: State = None,
) -> None:
    """Refuse what writes, in every process within a second, and wait until what is under way has ended."""
    from orchestration import maintaining
    from orchestration.agents import database

    with database(layout_of(state), told=service) as db:
        new = maintaining.turn_on(db, reason, minutes=minutes)
        drained = maintaining.wait_drained(db, patience=120)
        typer.echo(maintaining.look(db).words() if new else f"already {maintaining.look(db).words()}")
    raise typer.Exit(int(not drained))


@maintenance.command("off")
def maintenance_off(
    service: OwnersUrl = False,  # noqa: FBT002 - Typer reads it as a flag
    state: State = None,
) -> None:
    """Let everything go on."""
    from orchestration import maintaining
    from orchestration.agents import database

    with database(layout_of(state), told=service) as db:
        typer.echo("everything goes on" if maintaining.turn_off(db) else "there was no maintenance")


@maintenance.command("status")
def maintenance_status(
    service: OwnersUrl = False,  # noqa: FBT002 - Typer reads it as a flag
    state: State = None,
) -> None:
    """Say whether there is maintenance, and what is still being done."""
    from orchestration import maintaining
    from orchestration.agents import database

    with database(layout_of(state), told=service) as db:
        typer.echo(maintaining.look(db).words())
