"""The operator's command: ``unefois``."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Une Fois: dites-le une fois.")
journal_app = typer.Typer(no_args_is_help=True, help="The journal.")
app.add_typer(journal_app, name="journal")

State = Annotated[Path | None, typer.Option("--state", help="State folder; .unefois in the clone by default.")]


@app.command()
def worker() -> None:
    """Run the worker (settings from the environment)."""
    from orchestration.worker import main as work

    work()


def main() -> None:
    """Run the command."""
    app()


if __name__ == "__main__":
    main()
