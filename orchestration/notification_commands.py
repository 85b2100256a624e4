"""The operator's commands about what partners' webhooks do not take: ``unefois notifications``."""

from typing import Annotated

import typer

from orchestration.options import OwnersUrl, State, layout_of

app = typer.Typer(no_args_is_help=True, help="Notifications that partners' webhooks do not take.")
Number = Annotated[str, typer.Argument(metavar="NOTIFICATION", help="Its identifier, as the list has it.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept in the journal, so no person's name.")]


@app.command("list")
def notifications_list(
    partner: Annotated[str | None, typer.Argument(help="Of one partner, by the name of its file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,  # noqa: FBT002 - Typer reads it as a flag
    service: OwnersUrl = False,  # noqa: FBT002 - the same
    state: State = None,
) -> None:
    """List what waits or was given up, partner by partner, in the order of sending; exit 1 where there is one."""
    from orchestration import notifications
    from orchestration.agents import database

    with database(layout_of(state), told=service) as db:
        found = notifications.listed(db, partner)
    print(notifications.as_json(found) if as_json else "\n".join(notifications.in_words(found) or ["none"]))
    raise typer.Exit(int(any(one.shown for one in found)))


@app.command("send")
def notifications_send(
    notification: Number,
    reason: Reason,
    service: OwnersUrl = False,  # noqa: FBT002 - Typer reads it as a flag
    state: State = None,
) -> None:
    """Have one tried at once under the identifier it had, also one that was given up."""
    from orchestration import notifications
    from orchestration.agents import database

    with database(layout_of(state), told=service) as db:
        notifications.sent(db, notification, reason)
    print(f"{notification}: due now")


@app.command("warn")
def notifications_warn(
    partner: Annotated[str, typer.Argument(help="Which partner, by the name of its file.")],
    reason: Reason,
    service: OwnersUrl = False,  # noqa: FBT002 - Typer reads it as a flag
    state: State = None,
) -> None:
    """Write to a partner's contact that what its webhook does not take may go unsent."""
    from orchestration import notifications
    from orchestration.agents import database

    with database(layout_of(state), told=service) as db:
        notifications.warned(db, partner, reason)
    print(f"{partner}: its contact is written to")


@app.command("let-go")
def notifications_let_go(
    notification: Number,
    reason: Reason,
    service: OwnersUrl = False,  # noqa: FBT002 - Typer reads it as a flag
    state: State = None,
) -> None:
    """Let one go, once its partner was told for long enough; what waits behind it is due, and the feed still has it."""
    from orchestration import notifications
    from orchestration.agents import database

    with database(layout_of(state), told=service) as db:
        notifications.let_go(db, notification, reason)
    print(f"{notification}: let go")
