"""The operator's commands about the journal: ``unefois journal``."""

from pathlib import Path
from typing import Annotated

import typer

from orchestration.options import State, layout_of

app = typer.Typer(no_args_is_help=True, help="The journal: who touched what, and that nobody rewrote it.")
PublicKey = Annotated[Path | None, typer.Option(help="Public key of the journal's heads.")]
Roots = Annotated[Path | None, typer.Option(help="PEM file of the time-stamping authority's roots.")]


@app.command("verify")
def journal_verify(
    *,
    proof: Annotated[Path | None, typer.Option(help="Check one proof file offline instead.")] = None,
    stamps: Annotated[
        Path | None, typer.Option(help="Check a folder of time-stamps offline instead, as « stamps » writes it.")
    ] = None,
    public_key: PublicKey = None,
    roots: Roots = None,
    published: Annotated[
        Path | None, typer.Option(help="A signed head kept outside: a journal cut back is noticed.")
    ] = None,
    state: State = None,
) -> None:
    """Recompute the whole journal with its time-stamps, or check one proof or their folder; name what is bad first."""
    from orchestration import journal

    layout = layout_of(state)
    key = public_key or layout.keys / "journal.pub"
    if proof is not None:
        words, holds = journal.check_proof(proof, key)
    elif stamps is not None:
        words, holds = journal.check_stamps(stamps, key, roots or journal.own_roots(layout))
    else:
        words, holds = journal.verify_all(layout, key, published, roots)
    typer.echo(words)
    raise typer.Exit(int(not holds))


@app.command("consistency")
def journal_consistency(first: int, second: int, state: State = None) -> None:
    """Print the proof that the journal at size SECOND only added to what it was at size FIRST; both are signed heads."""
    from orchestration.journal import consistency_of

    typer.echo(consistency_of(layout_of(state), first, second))


@app.command("proof")
def journal_proof(entry: str, state: State = None) -> None:
    """Print the inclusion proof of one entry, for keeping and checking offline."""
    from orchestration.journal import proof_of

    typer.echo(proof_of(layout_of(state), entry))


@app.command("stamp")
def journal_stamp(
    service: Annotated[bool, typer.Option("--service", help="Settings of the environment, no state folder's.")] = False,  # noqa: FBT002 - Typer reads it as a flag
    state: State = None,
) -> None:
    """Have the newest signed head stamped now by the authority that HUB_STAMPS_URL names."""
    from orchestration.journal import stamp_now

    words, done = stamp_now(None if service else layout_of(state))
    typer.echo(words)
    raise typer.Exit(int(not done))


@app.command("stamps")
def journal_stamps(folder: Path, state: State = None) -> None:
    """Write every stamped head and its time-stamp into FOLDER, for anyone to check with « openssl ts »."""
    from orchestration.journal import write_stamps

    typer.echo(f"{write_stamps(layout_of(state), folder)} time-stamps in {folder}")
