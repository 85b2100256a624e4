"""What the partner is told of a file it left: which lines were left aside and why, and how many were taken."""

from collections.abc import Sequence
from dataclasses import dataclass

from connectors.caisse_fichiers.framing import END, framed
from connectors.port import WireRequest

COLUMNS = ("partie", "ligne", "motif")
TAKEN, REFUSED = "pris", "refuse"


@dataclass(frozen=True, slots=True)
class LeftAside:
    """A line that was left aside: in which part of the file, under which number, and why."""

    part: str
    number: int
    why: str


@dataclass(frozen=True, slots=True)
class Account:
    """What became of one file; ``refused_for`` where nothing of it was taken."""

    name: str
    sha256: bytes
    taken: int
    aside: Sequence[LeftAside] = ()
    refused_for: str = ""


def told(account: Account) -> WireRequest:
    """Return the account as a file for the partner's folder: the same bytes and name for the same file."""
    first = f";;{REFUSED}:{account.refused_for}" if account.refused_for else f";;{TAKEN}:{account.taken}"
    lines = [first, *(f"{one.part};{one.number};{one.why}" for one in account.aside)]
    covered = "".join(line + END for line in (";".join(COLUMNS), *lines)).encode("utf-8")
    stem = account.name.rpartition(".")[0]
    # Two files of one name have each their own account.
    name = f"CR_{stem}_{account.sha256.hex()[:8]}.csv"
    return WireRequest("PUT", name, (("content-type", "text/csv; charset=utf-8"),), framed(covered, len(lines)))
