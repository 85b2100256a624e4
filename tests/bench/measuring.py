"""What a row is, and how a figure is taken: warm-up, repetitions, median and spread."""

import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Row:
    """One figure; ``against`` is what it was set against in the same run, ``spread`` half the middle half's width."""

    name: str
    value: float | None
    unit: str
    goal: str = ""
    holds: bool = True
    against: float | None = None
    ratio: float | None = None
    spread: float | None = None
    repetitions: int = 1
    note: str = ""

    def plain(self) -> dict[str, Any]:
        return asdict(self)


def at_most(name: str, values: Sequence[float], goal: float, unit: str, *, note: str = "") -> Row:
    """A row whose median must not be over ``goal``."""
    middle = statistics.median(values)
    return Row(
        name,
        round(middle, 2),
        unit,
        f"< {goal:g}",
        middle < goal,
        spread=spread(values),
        repetitions=len(values),
        note=note,
    )


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which ``share`` of all lie, itself one of them."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def spread(values: Sequence[float]) -> float | None:
    """Half the distance between the quartiles; none of fewer than three values."""
    if len(values) < 3:
        return None
    first, _, third = statistics.quantiles(values, n=4)
    return round((third - first) / 2, 2)


def seconds(act: Callable[[], object]) -> float:
    """How long ``act`` takes."""
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def machine() -> dict[str, str]:
    """What the figures were taken on."""
    cpu = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), "?"
    )
    memory = next((line.split()[1] for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), "0")
    return {
        "cpu": cpu,
        "cores": str(os.cpu_count()),
        "memory_gb": f"{int(memory) / 1024**2:.0f}",
        "kernel": platform.release(),
        "python": platform.python_version(),
        "load": " ".join(f"{one:.1f}" for one in os.getloadavg()),
    }


def _lines(path: str) -> list[str]:
    return Path(path).read_text(encoding="utf-8").splitlines()
