"""What whoever looks after partners does on the running system, and a family whose paper a Caisse may have."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from typer.testing import CliRunner

from orchestration.cli import app
from tests.journeys.doors import family, rows, subject_of
from tests.system import CAISSE, Resident, System
from vault.journal.records import parse_record

ASKED = ("canteen_enrolment", "child_identity")

REFERENCE = "CDE13-2026-01"


def unefois(system: System, *words: str) -> str:
    """Run the command on this system's state folder, and return what it printed."""
    done = CliRunner().invoke(app, [*words, "--state", str(system.running.layout.state)])
    assert done.exit_code == 0, done.output or repr(done.exception)
    return done.output


def enrolled(system: System) -> tuple[Resident, UUID]:
    """A family whose paper the Caisse may have, and what the Caisse calls its line."""
    parent, child = family(system)
    parent.request(child, "canteen_enrolment", CAISSE)
    parent.satisfied(*ASKED)
    return parent, subject_of(parent, CAISSE, "canteen_enrolment")


def newest(system: System, step: str) -> dict[str, Any]:
    """What the journal says of the newest change of that kind: actor, recipient and detail."""
    statement = """SELECT record FROM vault.journal_entry JOIN vault.journal_record USING (entry_id)
                   WHERE act = 'partner' ORDER BY recorded_at DESC, entry_id DESC"""
    entries = (parse_record(bytes(row["record"])) for row in rows(system, statement))
    found = next(entry for entry in entries if entry.detail["step"] == step)
    return {"actor": found.actor.id, "recipient": found.recipient, **found.detail}


@contextmanager
def suspended(system: System, *which: str) -> Iterator[None]:
    unefois(system, "partner", "suspend", *which, "--reason", "Clé perdue")
    try:
        yield
    finally:
        unefois(system, "partner", "resume", *which)


@contextmanager
def stopped(system: System) -> Iterator[None]:
    unefois(system, "release", "stop", "--reason", "Incident en cours d'examen")
    try:
        yield
    finally:
        unefois(system, "release", "resume")
