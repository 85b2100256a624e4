"""The operator's commands about messages: ``unefois messages``."""

from typing import Annotated

import typer

from orchestration.options import OwnersUrl, State, layout_of

app = typer.Typer(
    no_args_is_help=True, help="Messages to families and to partners' contacts that may not have arrived."
)


@app.command("list")
def messages_list(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,  # noqa: FBT002 - Typer reads it as a flag
    service: OwnersUrl = False,  # noqa: FBT002 - the same
    state: State = None,
) -> None:
    """List messages in doubt and messages that were refused, oldest first; exit 1 where there is one."""
    from orchestration import messages
    from orchestration.agents import database

    with database(layout_of(state), told=service) as db:
        found = messages.listed(db)
    print(messages.as_json(found) if as_json else "\n".join(messages.in_words(found) or ["none"]))
    raise typer.Exit(int(bool(found)))


@app.command("settle")
def messages_settle(
    message: str,
    how: Annotated[str, typer.Argument(metavar="sent|again", help="It arrived, or it is to be sent again.")],
    reason: Annotated[str, typer.Option("--reason", help="How you know; kept in the journal, so no person's name.")],
    service: OwnersUrl = False,  # noqa: FBT002 - Typer reads it as a flag
    state: State = None,
) -> None:
    """Say what became of a message, or have it sent again under the same identifier where it is still wanted."""
    from orchestration import messages
    from orchestration.agents import database

    with database(layout_of(state), told=service) as db:
        messages.settled(db, message, how, reason)
    print(f"{message}: {how}")
