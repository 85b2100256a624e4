"""The operator's commands about agents: ``unefois agents``."""

from typing import Annotated

import typer

from orchestration.options import OwnersUrl, State, layout_of

app = typer.Typer(no_args_is_help=True, help="Agents and the bodies for which they examine.")


@app.command("add")
def agents_add(
    email: str,
    siret: Annotated[str, typer.Option(help="Establishment that ProConnect names for them.")],
    body: Annotated[str | None, typer.Option(help="SIRET of the body; their establishment unless told.")] = None,
    role: Annotated[
        str,
        typer.Option(
            help="reviewer, counter (welcomes families), operator (figures, the console), or viewer (reads it)."
        ),
    ] = "reviewer",
    service: OwnersUrl = False,  # noqa: FBT002 - Typer reads it as a flag
    state: State = None,
) -> None:
    """Give an agent a role; they sign in with ProConnect, and the journal keeps it."""
    from orchestration.agents import add, database

    with database(layout_of(state), told=service) as db:
        new = add(db, email, siret=siret, body=body or siret, role=role)
    print(f"{email} is {role} of {body or siret}" + ("" if new else ", as before"))


@app.command("remove")
def agents_remove(
    email: str,
    service: OwnersUrl = False,  # noqa: FBT002 - Typer reads it as a flag
    state: State = None,
) -> None:
    """Take every role and session from an agent at once; what they had taken goes back when its time is over."""
    from orchestration.agents import database, remove

    with database(layout_of(state), told=service) as db:
        gone = remove(db, email)
    print(f"{email}: {gone} accounts removed")
    raise typer.Exit(int(gone == 0))


@app.command("list")
def agents_list(
    service: OwnersUrl = False,  # noqa: FBT002 - Typer reads it as a flag
    state: State = None,
) -> None:
    """List agents with their roles, and whether they ever signed in."""
    from orchestration.agents import database, listed

    with database(layout_of(state), told=service) as db:
        for one in listed(db):
            roles = ", ".join(f"{role} of {body}" for body, role in one.roles) or "no role"
            print(f"{one.email:<44} {one.siret} {roles}" + ("" if one.signed_in_once else "; never signed in"))
