"""The operator's commands about keys: ``unefois keys``."""

from pathlib import Path
from typing import Annotated

import typer

from orchestration.options import State, layout_of

app = typer.Typer(no_args_is_help=True, help="The master key, and the keys of tokens and answers.")

Service = Annotated[bool, typer.Option("--service", help="The key the environment names, not a state folder's.")]


@app.command("rotate")
def keys_rotate(
    service: Service = False,  # noqa: FBT002 - Typer reads it as a flag
    state: State = None,
) -> None:
    """Give the master key a new version while the doors run; what it wraps moves over, then the older opens nothing."""
    from orchestration.keys import rotate_as_told, rotate_one_machine

    moved = rotate_as_told() if service else rotate_one_machine(layout_of(state))
    print(f"{moved} keys and secrets were moved to the new version; older versions open nothing any more")


@app.command("rotate-tokens")
def keys_rotate_tokens(
    ring: Annotated[
        Path | None, typer.Option(help="The file HUB_TOKEN_SIGNING_KEY names, outside one machine.")
    ] = None,
    state: State = None,
) -> None:
    """Let the next key sign partners' access tokens and publish another one; the doors notice by themselves."""
    from orchestration.keys import rotate_tokens

    print("\n".join(rotate_tokens(ring or layout_of(state).keys / "tokens.jwks.json")))


@app.command("rotate-answers")
def keys_rotate_answers(
    ring: Annotated[
        Path | None, typer.Option(help="The file HUB_ANSWER_SIGNING_KEY names, outside one machine.")
    ] = None,
    state: State = None,
) -> None:
    """Let the next key sign answers and publish another one; the one before stays published for a day."""
    from hub.partners.keys import ANSWERS
    from orchestration.keys import rotate_tokens

    print("\n".join(rotate_tokens(ring or layout_of(state).keys / "answers.jwks.json", ANSWERS)))
