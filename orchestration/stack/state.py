"""What the supervisor says about itself and its parts, in one file replaced in one step."""

import json
import signal
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum

from orchestration.stack.layout import Layout, write_private
from orchestration.stack.lifeline import Lifeline, boot_id


class Phase(StrEnum):
    """How far the system has come."""

    STORES = "stores"
    PREPARING = "preparing"
    PROCESSES = "processes"
    READY = "ready"
    STOPPING = "stopping"
    FAILED = "failed"


class Status(StrEnum):
    """How one part is."""

    STARTING = "starting"
    READY = "ready"
    DOWN = "down"


@dataclass(frozen=True)
class PartState:
    """One part as last seen; ``since`` is when it took this status, ``health`` the last answer in words."""

    name: str
    lifeline: Lifeline | None
    status: Status
    restarts: int
    since: datetime
    health: str
    waited: bool
    stop_signal: signal.Signals
    stop_timeout: float


@dataclass(frozen=True)
class SystemState:
    """The whole system as last written; ``failure`` holds words when the start failed."""

    supervisor: Lifeline
    phase: Phase
    failure: str
    parts: tuple[PartState, ...]

    def part(self, name: str) -> PartState:
        """The part of that name; raises KeyError."""
        return {part.name: part for part in self.parts}[name]


def write_state(layout: Layout, state: SystemState) -> None:
    """Replace the file of the state folder."""
    text = json.dumps({"boot": boot_id(), **asdict(state)}, default=str, indent=1)
    write_private(layout.run / "state.json", text, durable=False)


def read_state(layout: Layout) -> SystemState | None:
    """What was last written in this boot; None when nothing was, or nothing that can be read."""
    try:
        raw = json.loads((layout.run / "state.json").read_text(encoding="utf-8"))
        if raw["boot"] != boot_id():
            return None
        parts = tuple(_part(part) for part in raw["parts"])
        return SystemState(Lifeline(**raw["supervisor"]), Phase(raw["phase"]), raw["failure"], parts)
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def _part(raw: dict[str, object]) -> PartState:
    line = raw["lifeline"]
    return PartState(
        name=str(raw["name"]),
        lifeline=Lifeline(**line) if isinstance(line, dict) else None,
        status=Status(str(raw["status"])),
        restarts=int(str(raw["restarts"])),
        since=datetime.fromisoformat(str(raw["since"])),
        health=str(raw["health"]),
        waited=raw["waited"] is True,
        stop_signal=signal.Signals(int(str(raw["stop_signal"]))),
        stop_timeout=float(str(raw["stop_timeout"])),
    )


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)
