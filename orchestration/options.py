"""Options that several commands take, and what they name."""

from pathlib import Path
from typing import Annotated

import typer

from orchestration.stack.layout import Layout

State = Annotated[Path | None, typer.Option("--state", help="State folder; « .unefois » in the clone unless told.")]
OwnersUrl = Annotated[bool, typer.Option("--service", help="The database UNEFOIS_OWNER_URL names, no state folder's.")]


def layout_of(state: Path | None) -> Layout:
    """Return the state folder that was named, or the clone's own."""
    return Layout() if state is None else Layout(state)
