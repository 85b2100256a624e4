"""How long it takes to be there: a warm start, and the first document from nothing."""

import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from orchestration.stack import stack
from orchestration.stack.layout import CODE_ROOT, Layout
from orchestration.stack.places import Places
from tests.bench.measuring import Row, at_most
from tests.system import Papers, Resident, System

STARTS = 5
DEMO = {"UNEFOIS_PROFILE": "demo", "UNEFOIS_PIPELINES": "true"}


def start_warm() -> Iterator[Row]:
    """Up on existing data, Dagster beside it and not waited for; the first, cold start is the warm-up."""
    with tempfile.TemporaryDirectory(prefix="unefois-bench-") as folder:
        layout = Layout(Path(folder) / "state")
        taken = [_up_and_down(layout) for _ in range(STARTS + 1)]
    yield at_most("start_warm_s", taken[1:], 5, "s", note=f"cold {taken[0]:.2f} s")


def _up_and_down(layout: Layout) -> float:
    running = stack.up(layout, env=DEMO, timeout=120)
    stack.down(layout)
    return running.seconds


def first_document() -> Iterator[Row]:
    """A fresh clone of what is committed, its own ``make up``, and a certificate that becomes available."""
    with tempfile.TemporaryDirectory(prefix="unefois-bench-") as folder:
        clone = Path(folder) / "clone"
        begun = time.perf_counter()
        clone_into(clone)
        ready = _make(clone, "up", begun)
        try:
            taken = _available(clone, begun)
        finally:
            _make(clone, "down", begun)
    yield at_most("first_document_s", [taken], 60, "s", note=f"clone, set-up and start took {ready:.1f} s of it")


def clone_into(folder: Path) -> None:
    """Clone what is committed here."""
    subprocess.run(["git", "clone", "--quiet", str(CODE_ROOT), str(folder)], check=True)


def _make(clone: Path, target: str, begun: float) -> float:
    # What runs the bench must not tell the clone where code lies.
    bare = ["env", *(f"--unset={name}" for name in ("PYTHONPATH", "MAKEFLAGS", "MAKELEVEL", "VIRTUAL_ENV"))]
    subprocess.run([*bare, "make", target], cwd=clone, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def _available(clone: Path, begun: float) -> float:
    places = Places.recorded(Layout(clone / ".unefois"))
    system = System(None, places)  # type: ignore[arg-type]  # only its addresses are asked for
    parent = Resident(system).sign_in()
    paper = Papers(places.papers).birth_certificate(parent, parent.child())
    found = parent.hand_in_and_wait(paper, "application/pdf", kind="birth_certificate")
    assert found["state"] == "available", found
    return time.perf_counter() - begun
