"""Run the cases on one connector and say what each came to; what cannot be judged was not run, and never passed."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from connectors.port import Manifest

VERSION = "1.0"
CASES = {
    "C01": "manifest valid; every schema there, its bytes locked, compiled without network; a miss is an error",
    "C02": "a whole binding is taken, each one that lacks something is refused by its name",
    "C03": "the codec needs no socket, clock, chance, environment or file",
    "C04": "exchanges both ways; decoding is total, and nothing is done or empty without proof",
    "C05": "hostile XML: entities, DTD, depth, size, charsets",
    "C06": "each fault of the wire is what it is, and never « done »",
    "C07": "killed between any two durable steps: done once, or in doubt",
    "C08": "the same command twice, at once, and with another content",
    "C09": "windows: boundaries, equal days, the days on which clocks change, the next school year",
    "C10": "a snapshot that shrinks, or fails half way, deletes nothing",
    "C11": "two bindings side by side: no byte of one in the other",
    "C12": "no person and no secret in logs, errors and texts",
    "C13": "names of every kind are written; what is lost is said",
    "C14": "cents are exact, and sums are those that are told",
    "C15": "families: two homes, two families of one child, merges",
    "C16": "an answer of another shape is refused, unless it was declared, and as long as that lasts",
    "C17": "a batch with one bad item; an answer that is late, twice, never",
    "C18": "a hundred broken ones first: the next is carried out",
    "C19": "files: half-written, re-sent, bombs, paths, headers",
    "C20": "where nothing can be validated, nothing is valid",
    "C21": "retention run twice: keys gone, bytes unreadable, the row still there",
    "C22": "a replay plan of ten thousand: its preview is what happens; pause, resume, cancel",
    "C23": "manifest and outcomes are those of the last release, or more",
    "C24": "cut-off times around holidays and the days on which clocks change",
    "C25": "a merged identity is planned once more, and never in a circle",
}
_BRONZE, _SILVER = "C06", "C14"


class Status(StrEnum):
    """What one case came to."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_RUN = "not_run"
    NOT_APPLICABLE = "not_applicable"
    """The manifest declares nothing that the case is about; ``why`` says what."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a case came to, and why where it did not pass; words and counts of ours."""

    case: str
    status: Status
    why: str = ""


class Failed(Exception):
    """A case found what may not be; its text says what."""


class NotApplicable(Exception):
    """The connector has nothing that the case is about; its text says what it lacks."""


def require(holds: object, why: str) -> None:
    """Raise :class:`Failed` with ``why`` unless ``holds``."""
    if not holds:
        raise Failed(why)


Case = Callable[[], None]


def run(cases: Mapping[str, Case]) -> list[Verdict]:
    """Run the cases there are, in their order; every other one was not run."""
    return [_run(name, cases.get(name)) for name in CASES]


def _run(name: str, case: Case | None) -> Verdict:
    if case is None:
        return Verdict(name, Status.NOT_RUN, "nothing judges it yet")
    try:
        case()
    except NotApplicable as error:
        return Verdict(name, Status.NOT_APPLICABLE, str(error))
    except Failed as error:
        return Verdict(name, Status.FAILED, str(error))
    except Exception as error:  # noqa: BLE001 - a connector that raises where it may not has failed the case
        return Verdict(name, Status.FAILED, f"raised {type(error).__name__}")
    return Verdict(name, Status.PASSED)


def level(verdicts: Iterable[Verdict]) -> str:
    """Return gold, silver, bronze or none: every case up to a mark passed, or is about nothing the connector has."""
    good = {one.case for one in verdicts if one.status in (Status.PASSED, Status.NOT_APPLICABLE)}
    reached = "none"
    for name, last in (("bronze", _BRONZE), ("silver", _SILVER), ("gold", max(CASES))):
        if not all(case in good for case in CASES if case <= last):
            break
        reached = name
    return reached


def report(manifest: Manifest, verdicts: list[Verdict]) -> dict[str, Any]:
    """Return the report as JSON values."""
    return {
        "connector": manifest.connector,
        "version": manifest.version,
        "kit": VERSION,
        "level": level(verdicts),
        "cases": [asdict(one) | {"about": CASES[one.case]} for one in verdicts],
    }
