"""Which processes the reader of documents consists of."""

from pathlib import Path


def children_of(pid: int) -> list[int]:
    """Return the processes that ``pid`` started and that still run."""
    return [int(text) for text in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]


def server_of(pid: int) -> int:
    """Return the fork server that was started as ``pid``: that itself, or what bubblewrap holds."""
    return pid if b"bwrap" not in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0] else children_of(pid)[0]


def runs(pid: int) -> bool:
    """Tell whether a process still does anything: one that ended and was not buried yet does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"
