"""Looking for words where they must not lie: every file of a system, every column of its database, its open files."""

import base64
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

from tests.system import System

PIECE = 4 << 20
STEM = 6
"""Bytes that words must have in common at their beginning to be looked for together."""
OUTSIDE = "sandbox"
"""Below the state folder, what plays the outside: partners keep what was lawfully handed to them."""


def forms(marker: bytes) -> set[bytes]:
    """Every form in which ``marker`` may lie somewhere: as it is, wide, in hexadecimal, in three turns of base64."""
    text = marker.decode("latin-1")
    spelled = {marker, marker.lower(), marker.upper(), text.encode("utf-16-le"), text.encode("utf-16-be")}
    spelled |= {marker.hex().encode(), marker.hex().upper().encode()}
    for shift in range(3):
        # Only the letters that the neighbours of the marker do not change.
        coded = base64.b64encode(b"\0" * shift + marker)
        inner = coded[(0, 2, 3)[shift] : len(coded) - 4]
        spelled |= {inner, inner.replace(b"+", b"-").replace(b"/", b"_")}
    return spelled


@dataclass
class Hunt:
    """Words to look for, by name; what is found is told by name and place, never by the words."""

    words: dict[str, bytes]
    found: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._needles = [(name, form) for name, word in self.words.items() for form in forms(word)]
        self._longest = max(len(form) for _, form in self._needles)
        # Each form of a word begins with that form of what all words begin with: few are looked for in most bytes.
        stem = os.path.commonprefix(list(self.words.values()))  # noqa: RUF071 - letters are meant, not folders
        self._stems = forms(stem) if len(stem) >= STEM else {b""}

    def in_bytes(self, content: bytes, place: str) -> None:
        if not any(stem in content for stem in self._stems):
            return
        self.found |= {(name, place) for name, form in self._needles if form in content}

    def in_file(self, path: Path, place: str) -> None:
        """Look through a file piece by piece; a word across two pieces is found too."""
        try:
            with path.open("rb") as file:
                before = b""
                while piece := file.read(PIECE):
                    self.in_bytes(before + piece, place)
                    before = piece[-self._longest :]
        except (FileNotFoundError, PermissionError):
            return

    def in_state(self, system: System) -> int:
        """Look through every file of the state folder but the outside's; return how many bytes that is."""
        state = system.running.layout.state
        looked = 0
        for path in files(state, leaving=[state / OUTSIDE]):
            self.in_bytes(path.name.encode(), f"name of {path.relative_to(state)}")
            self.in_file(path, str(path.relative_to(state)))
            looked += path.stat().st_size if path.exists() else 0
        return looked

    def in_open_files(self, pids: Iterable[int]) -> None:
        """Look through what the system's processes hold open, deleted files too."""
        for pid in pids:
            for link in Path(f"/proc/{pid}/fd").iterdir():
                if os.path.exists(link) and Path(os.path.realpath(link)).suffix != ".sock" and link.is_file():  # noqa: PTH110 - follows the link of a deleted file
                    self.in_file(link, f"open file of {pid}: {os.readlink(link)}")  # noqa: PTH115 - the same
            self.in_bytes(Path(f"/proc/{pid}/cmdline").read_bytes(), f"command of {pid}")
            self.in_bytes(Path(f"/proc/{pid}/environ").read_bytes(), f"environment of {pid}")

    def in_temporary(self, folders: Sequence[Path], since: float, *, leaving: Sequence[Path]) -> None:
        """Look through the system's temporary files that changed after ``since``."""
        for folder in folders:
            for path in files(folder, leaving=leaving):
                if path.is_file() and path.stat().st_mtime >= since:
                    self.in_file(path, str(path))

    def in_rows(self, dsn: str) -> None:
        """Look at every column of every table as text: compressed values hide from a search of files."""
        with psycopg.connect(dsn, autocommit=True) as owner:
            for schema, table in tables(owner):
                place = sql.Identifier(schema, table)
                for (row,) in owner.execute(sql.SQL("SELECT t::text FROM {} t").format(place)):
                    self.in_bytes(str(row).encode(), f"{schema}.{table}")


def tables(owner: "psycopg.Connection[tuple[str, str]]") -> list[tuple[str, str]]:
    known = """SELECT schemaname, tablename FROM pg_tables
               WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2"""
    return owner.execute(known).fetchall()


def files(folder: Path, *, leaving: Sequence[Path] = ()) -> Iterator[Path]:
    """Return every regular file below ``folder``, without following links."""
    for at, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if Path(at, name) not in leaving]
        for name in names:
            path = Path(at, name)
            if not path.is_symlink() and path.is_file():
                yield path


def processes(system: System) -> list[int]:
    """Every process of a system: those that have its state folder among what they were told, and their children."""
    state = str(system.running.layout.state).encode()
    chosen: set[int] = set()
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            told = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
            parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
        if state in told:
            chosen.add(int(entry.name))
    while grown := {pid for pid, parent in parents.items() if parent in chosen} - chosen:
        chosen |= grown
    return sorted(pid for pid in chosen if Path(f"/proc/{pid}").exists())
