"""The operator's command: ``unefois``."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from connectors.errors import ConnectorError
from hub.errors import HubError
from orchestration import (
    agent_commands,
    connector_commands,
    journal_commands,
    key_commands,
    message_commands,
    notification_commands,
    operating_commands,
    partner_commands,
    pipeline_commands,
    schema_commands,
    seals,
)
from orchestration.options import State, layout_of
from orchestration.stack.errors import StackError
from orchestration.stack.layout import CODE_ROOT
from vault.errors import VaultError

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="Une Fois: dites-le une fois."
)
contracts = typer.Typer(no_args_is_help=True, help="Schemas and OpenAPI documents generated from the code.")
vault = typer.Typer(no_args_is_help=True, help="Custody: audit, holds, case copies, destruction certificates.")
certificate = typer.Typer(no_args_is_help=True, help="Destruction certificates.")
sandbox = typer.Typer(no_args_is_help=True, help="The sandbox that plays the outside.")
catalogue = typer.Typer(no_args_is_help=True, help="The catalogue: what services take, and judging by it again.")
app.add_typer(catalogue, name="catalogue")
app.add_typer(journal_commands.app, name="journal")
app.add_typer(sandbox, name="sandbox")
app.add_typer(contracts, name="contracts")
app.add_typer(connector_commands.connector, name="connector")
app.add_typer(partner_commands.partner, name="partner")
app.add_typer(partner_commands.release, name="release")
app.add_typer(partner_commands.breach, name="breach")
app.add_typer(pipeline_commands.pipelines, name="pipelines")
app.add_typer(agent_commands.app, name="agents")
app.add_typer(message_commands.app, name="messages")
app.add_typer(notification_commands.app, name="notifications")
app.add_typer(vault, name="vault")
vault.add_typer(certificate, name="certificate")
app.add_typer(key_commands.app, name="keys")
app.add_typer(seals.app, name="seal")
app.add_typer(schema_commands.app, name="schema")
operating_commands.install(app)

PROFILE = {"UNEFOIS_PROFILE": "demo"}


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="Stop everything afterwards; the last line is JSON.")] = False,  # noqa: FBT002 - Typer reads it as a flag
    state: State = None,
) -> None:
    """Start the system and play the whole journey, told step by step."""
    from orchestration.demo.telling import tell

    raise typer.Exit(tell(layout_of(state), once=once))


@app.command()
def up(state: State = None) -> None:
    """Start the one-machine system and return when it is ready; Dagster comes up beside it."""
    from orchestration.stack import stack
    from orchestration.stack.places import Places

    layout = layout_of(state)
    running = stack.up(layout, env=PROFILE)
    places = Places.recorded(layout)
    print(f"ready in {running.seconds:.1f} s")
    for part, what in (("door", "residents' pages"), ("release", "partners' API"), ("sandbox", "sandbox")):
        print(f"  {places.url(part):<26} {what}")
    print(f"  {places.url('door') + '/ops':<26} operators' console, with Dagster behind it (comes up in its own time)")


@app.command()
def down(state: State = None) -> None:
    """Stop the one-machine system."""
    from orchestration.stack import stack

    stack.down(layout_of(state))


@app.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="The same as one JSON object.")] = False,  # noqa: FBT002 - Typer reads it as a flag
    state: State = None,
) -> None:
    """Say how the system is: parts, what waits, who is not well, the last night, and what to do next; exit 1 unless well."""
    from orchestration.looking import lines, look

    seen = look(layout_of(state))
    if seen is None:
        print("never started here")
        raise typer.Exit(1)
    print(json.dumps(seen.told(), default=str, indent=1) if as_json else "\n".join(lines(seen)))
    raise typer.Exit(int(not seen.well))


@app.command()
def doctor(state: State = None) -> None:
    """Say in words what is wrong, and what to do about it."""
    from orchestration.stack.doctor import Level, examine

    findings = examine(layout_of(state))
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


@sandbox.command("papers")
def sandbox_papers(folder: Path, state: State = None) -> None:
    """Mint papers of the sandbox's Solène Kerjean into a folder, to hand in by hand."""
    from orchestration.demo.minting import mint

    for path in mint(layout_of(state), folder):
        print(path)


@app.command("backup-keygen")
def backup_keygen(folder: Path) -> None:
    """Make the pair backups are sealed to; take the private file offline, no machine that runs may have it."""
    from vault.backup.sealed_file import PRIVATE_NAME, PUBLIC_NAME, create_recipient

    create_recipient(folder)
    print(f"{folder / PUBLIC_NAME} is for « unefois backup »; take {folder / PRIVATE_NAME} offline now")


@app.command()
def backup(
    file: Path,
    to: Annotated[Path, typer.Option(help="Public key made by « backup-keygen ».")],
    state: State = None,
) -> None:
    """Write a sealed backup of a running system to FILE, and its holder keys to FILE.holder-keys, which die in 35 days."""
    from orchestration.backup.taking import keys_file, take
    from orchestration.custody import worker_custody
    from orchestration.stack.addresses import addresses

    layout = layout_of(state)
    stores = addresses(layout)
    with worker_custody(layout, stores) as custody:
        taken = take(stores, custody.objects, file, to)
    print(f"{taken.objects} objects in {file}; {taken.missing} were erased meanwhile")
    print(f"destroy {keys_file(file)} by {taken.keys_die_on}: destruction certificates say so")


@app.command()
def restore(
    file: Path,
    key: Annotated[Path, typer.Option(help="The private key from its offline place.")],
    erasures: Annotated[
        list[Path] | None, typer.Option(help="Log of erasures since the backup, or a folder of logs; can be repeated.")
    ] = None,
    no_erasures: Annotated[bool, typer.Option("--no-erasures", help="There is no log, and you answer for it.")] = False,  # noqa: FBT002 - Typer reads it as a flag
    state: State = None,
) -> None:
    """Bring a backup back into an empty state folder that holds its keys; what was erased since goes again first."""
    from orchestration.backup.restoring import restore as bring_back

    done = bring_back(layout_of(state), file, key, erasures or ([] if no_erasures else None))
    print(f"restored as of {done.taken_at.isoformat()}: {done.objects} objects; {done.replayed} erasures replayed")
    print("now: unefois up, then unefois vault audit --all")


@vault.command("audit")
def vault_audit(
    whole: Annotated[bool, typer.Option("--all", help="Every document; resumes an interrupted one.")] = False,  # noqa: FBT002 - Typer reads it as a flag
    sample: Annotated[int, typer.Option(min=1, help="So many documents, chosen at random.")] = 100,
    state: State = None,
) -> None:
    """Check that documents and viewing copies are there, are what was sealed, and open; name the first that do not."""
    from orchestration.custody import audit

    words, holds = audit(layout_of(state), whole=whole, sample=sample)
    print(words)
    raise typer.Exit(int(not holds))


@vault.command("rescan")
def vault_rescan(
    whole: Annotated[  # noqa: FBT002 - Typer reads it as a flag
        bool, typer.Option("--all", help="Also every document in use, whatever it was scanned with.")
    ] = False,
    state: State = None,
) -> None:
    """Have every document that waits for a scan, or whose reading was given up, read again now; the worker does it."""
    from orchestration.custody import rescan, rescan_all

    print(f"{rescan(layout_of(state))} documents are scanned again")
    if whole:
        print(f"{rescan_all(layout_of(state))} documents in use are scanned again within ten minutes")


@vault.command("reconcile")
def vault_reconcile(
    sweep: Annotated[bool, typer.Option("--sweep", help="Condemn and delete, as the worker does by itself.")] = False,  # noqa: FBT002 - Typer reads it as a flag
    insist: Annotated[bool, typer.Option("--insist", help="Even where most objects are unknown; look first.")] = False,  # noqa: FBT002 - the same
    as_json: Annotated[bool, typer.Option("--json", help="Counts and missing objects as JSON.")] = False,  # noqa: FBT002 - the same
    state: State = None,
) -> None:
    """Compare the object store with the rows; changes nothing without « --sweep ». Exit 1 where an object is missing."""
    from orchestration.custody import reconcile_store

    done = reconcile_store(layout_of(state), sweep=sweep, insist=insist)
    print(done.json if as_json else done.words)
    raise typer.Exit(int(not done.holds))


@vault.command("hold")
def vault_hold(document: str, reference: str, state: State = None) -> None:
    """Place a legal hold: the document cannot be erased, nor expire, until « unhold »; REFERENCE names the decision."""
    from orchestration.custody import place

    place(layout_of(state), document, reference)
    print(f"{document} is held")


@vault.command("unhold")
def vault_unhold(document: str, state: State = None) -> None:
    """Lift a legal hold; an erasure that was asked for before is carried out."""
    from orchestration.custody import lift

    lift(layout_of(state), document)
    print(f"{document} is no longer held")


@vault.command("case-copies")
def vault_case_copies(state: State = None) -> None:
    """List the services' copies whose schedule is over and whose destruction has no visa yet."""
    from orchestration.custody import case_copies_due

    for line in case_copies_due(layout_of(state)) or ["none is due"]:
        print(line)


@vault.command("end-case-copy")
def vault_end_case_copy(case_copy: str, visa: Annotated[str, typer.Option()], state: State = None) -> None:
    """Record that a service destroyed its copy, under the visa of the archives (code du patrimoine L.212-2)."""
    from orchestration.custody import end_copy

    end_copy(layout_of(state), case_copy, visa)
    print(f"{case_copy} has ended")


@certificate.command("verify")
def vault_verify_certificate(
    file: Path,
    public_key: Annotated[Path | None, typer.Option(help="Public key of destruction certificates.")] = None,
    state: State = None,
) -> None:
    """Check a destruction certificate offline, and say what it says."""
    from orchestration.custody import check_certificate

    words, holds = check_certificate(file, public_key or layout_of(state).keys / "destruction.pub")
    print(words)
    raise typer.Exit(int(not holds))


@contracts.command("write")
def contracts_write() -> None:
    """Write the generated schemas and OpenAPI documents."""
    from orchestration.published import write

    write(CODE_ROOT / "contracts" / "schemas")


@contracts.command("check")
def contracts_check() -> None:
    """Fail where a committed schema is not what the code says, or a partner's file says what it may not."""
    from orchestration.partners import file_faults
    from orchestration.published import differences

    found = differences(CODE_ROOT / "contracts" / "schemas")
    for name in found:
        print(f"contracts/schemas/{name} is not what the code says; run « make contracts »")
    faults = file_faults()
    for fault in faults:
        print(f"contracts/partners/{fault}")
    raise typer.Exit(int(bool(found or faults)))


@catalogue.command("reevaluate")
def catalogue_reevaluate(
    dry_run: Annotated[  # noqa: FBT002 - Typer reads it as a flag
        bool, typer.Option("--dry-run", help="Say what would turn; write nothing, tell nobody.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The report as JSON: counts, no person.")] = False,  # noqa: FBT002 - the same
    state: State = None,
) -> None:
    """Judge open school files again by the catalogue of this release; resumes a run that was broken off."""
    from orchestration import catalogue as work

    report = work.judge_again(layout_of(state), dry_run=dry_run)
    print(work.as_json(report) if as_json else work.in_words(report))


def main() -> None:
    """Run the command; what is refused is said in words, never as a traceback."""
    try:
        app()
    except (StackError, VaultError, HubError, ConnectorError) as error:
        print(f"unefois: {error}", file=sys.stderr)
        sys.exit(1)
    except ValidationError as error:
        # Field and rule of each setting; the values are left out, some are secrets.
        for fault in error.errors(include_input=False, include_url=False):
            print(f"unefois: {'.'.join(map(str, fault['loc']))}: {fault['msg']}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
