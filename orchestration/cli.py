"""The operator's command: ``unefois``."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from orchestration.stack.errors import StackError
from orchestration.stack.layout import CODE_ROOT, Layout
from vault.errors import VaultError

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="Une Fois: dites-le une fois."
)
journal = typer.Typer(no_args_is_help=True, help="The journal: who touched what, and that nobody rewrote it.")
contracts = typer.Typer(no_args_is_help=True, help="Schemas and OpenAPI documents generated from the code.")
partners = typer.Typer(no_args_is_help=True, help="Partners and agreements.")
sandbox = typer.Typer(no_args_is_help=True, help="The sandbox that plays the outside.")
app.add_typer(journal, name="journal")
app.add_typer(sandbox, name="sandbox")
app.add_typer(contracts, name="contracts")
app.add_typer(partners, name="partners")

State = Annotated[Path | None, typer.Option("--state", help="State folder; « .unefois » in the clone unless told.")]
PROFILE = {"UNEFOIS_PROFILE": "demo"}


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="Stop everything afterwards; the last line is JSON.")] = False,  # noqa: FBT002 - Typer reads it as a flag
    state: State = None,
) -> None:
    """Start the system and play the whole journey, told step by step."""
    from orchestration.demo.telling import tell

    raise typer.Exit(tell(_layout(state), once=once))


@app.command()
def up(state: State = None) -> None:
    """Start the one-machine system and return when it is ready; Dagster comes up beside it."""
    from orchestration.stack import stack
    from orchestration.stack.places import Places

    layout = _layout(state)
    running = stack.up(layout, env=PROFILE)
    places = Places.recorded(layout)
    print(f"ready in {running.seconds:.1f} s")
    for part, what in (("door", "residents' pages"), ("release", "partners' API"), ("sandbox", "sandbox")):
        print(f"  {places.url(part):<26} {what}")
    print(f"  {places.url('dagster-web'):<26} Dagster (comes up in its own time)")


@app.command()
def down(state: State = None) -> None:
    """Stop the one-machine system."""
    from orchestration.stack import stack

    stack.down(_layout(state))


@app.command()
def status(state: State = None) -> None:
    """Say how each part is."""
    from orchestration.stack import stack
    from orchestration.stack.ports import LOOPBACK, PortBook

    seen = stack.status(_layout(state))
    if seen is None:
        print("never started here")
        raise typer.Exit(1)
    ports = PortBook(_layout(state)).recorded()
    for part in seen.parts:
        address = f"http://{LOOPBACK}:{ports[part.name]}" if part.name in ports else ""
        print(f"{part.name:<16} {part.status.value:<9} {address:<26} restarts {part.restarts}  {part.health}")


@app.command()
def doctor(state: State = None) -> None:
    """Say in words what is wrong, and what to do about it."""
    from orchestration.stack.doctor import Level, examine

    findings = examine(_layout(state))
    for finding in findings:
        print(f"{finding.level.value:<8} {finding.what}")
        if finding.to_do:
            print(f"{'':<8} → {finding.to_do}")
    raise typer.Exit(int(any(finding.level is Level.BROKEN for finding in findings)))


@app.command()
def migrate() -> None:
    """Bring the database to the newest revision, as the login named by UNEFOIS_OWNER_URL."""
    from hub.schema.migrating import upgrade
    from orchestration.owner import OwnerSettings

    told: dict[str, str] = {}
    upgrade(OwnerSettings(**told).owner_url.get_secret_value())  # type: ignore[arg-type]  # from the environment


@app.command()
def worker() -> None:
    """Run the worker in the foreground; settings come from the environment."""
    from orchestration.worker import main as work

    work()


@journal.command("verify")
def journal_verify(
    proof: Annotated[Path | None, typer.Option(help="Check one proof file offline instead.")] = None,
    public_key: Annotated[Path | None, typer.Option(help="Public key of the journal's heads.")] = None,
    state: State = None,
) -> None:
    """Recompute the whole journal, or check one proof; name the first bad entry."""
    from orchestration.journal import check_proof, verify_all

    layout = _layout(state)
    key = public_key or layout.keys / "journal.pub"
    words, holds = check_proof(proof, key) if proof is not None else verify_all(layout, key)
    print(words)
    raise typer.Exit(int(not holds))


@journal.command("proof")
def journal_proof(entry: str, state: State = None) -> None:
    """Print the inclusion proof of one entry, for keeping and checking offline."""
    from orchestration.journal import proof_of

    print(proof_of(_layout(state), entry))


@partners.command("apply")
def partners_apply(state: State = None) -> None:
    """Bring partners and agreements of a running one-machine system in line with their files."""
    from orchestration.stack.addresses import addresses
    from orchestration.stack.places import Places
    from orchestration.stack.provision import apply_partners

    layout = _layout(state)
    for change in apply_partners(Places.recorded(layout), addresses(layout)) or ["nothing to change"]:
        print(change)


@sandbox.command("papers")
def sandbox_papers(folder: Path, state: State = None) -> None:
    """Mint papers of the sandbox's Solène Kerjean into a folder, to hand in by hand."""
    from orchestration.demo.minting import mint

    for path in mint(_layout(state), folder):
        print(path)


@contracts.command("write")
def contracts_write() -> None:
    """Write the generated schemas and OpenAPI documents."""
    from orchestration.published import write

    write(CODE_ROOT / "contracts" / "schemas")


@contracts.command("check")
def contracts_check() -> None:
    """Fail where a committed schema is not what the code says."""
    from orchestration.published import differences

    found = differences(CODE_ROOT / "contracts" / "schemas")
    for name in found:
        print(f"contracts/schemas/{name} is not what the code says; run « make contracts »")
    raise typer.Exit(int(bool(found)))


def _layout(state: Path | None) -> Layout:
    return Layout() if state is None else Layout(state)


def main() -> None:
    """Run the command; what is refused is said in words, never as a traceback."""
    try:
        app()
    except (StackError, VaultError) as error:
        print(f"unefois: {error}", file=sys.stderr)
        sys.exit(1)
    except ValidationError as error:
        # Field and rule of each setting; the values are left out, some are secrets.
        for fault in error.errors(include_input=False, include_url=False):
            print(f"unefois: {'.'.join(map(str, fault['loc']))}: {fault['msg']}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
