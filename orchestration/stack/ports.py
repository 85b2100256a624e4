"""Free ports on loopback, kept from one start to the next so that addresses stay the same."""

import json
import secrets
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from orchestration.stack.errors import NoFreePort
from orchestration.stack.layout import Layout, checked_name, write_private

LOOPBACK = "127.0.0.1"
# Below the range from which Linux takes the ports of outgoing connections (32768 and up): what is free stays free.
LOWEST, HIGHEST = 11_000, 32_767
# SeaweedFS dials some of its own parts at port + 10000 whatever it was told.
TWIN = 10_000
OBJECT_PORTS = ("master", "volume", "filer", "s3", "admin")
TRIES = 500


def is_free(port: int) -> bool:
    """Say whether a server could listen on this loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def free_port() -> int:
    """Return a loopback port nobody listens on now; raises NoFreePort."""
    return _choose(0, frozenset())


def objects_ports() -> dict[str, int]:
    """Return five ports for the object store, each free together with its twin 10000 higher; raises NoFreePort."""
    chosen: dict[str, int] = {}
    for name in OBJECT_PORTS:
        chosen[name] = _choose(TWIN, frozenset(chosen.values()))
    return chosen


def _choose(twin: int, taken: frozenset[int]) -> int:
    for _ in range(TRIES):
        port = LOWEST + secrets.randbelow(HIGHEST - twin - LOWEST)
        if port not in taken and is_free(port) and (not twin or is_free(port + twin)):
            return port
    message = f"no free port between {LOWEST} and {HIGHEST} on {LOOPBACK}"
    raise NoFreePort(message)


@dataclass
class PortBook:
    """The ports of one state folder, by name.

    Every port handed out is also held by an abstract socket of that name until the process ends: two systems that
    start at the same moment cannot choose the same one, and nothing is left on any disk.
    """

    layout: Layout
    _held: dict[int, socket.socket] = field(default_factory=dict, repr=False)

    def recorded(self) -> dict[str, int]:
        """The ports chosen so far; empty before the first start."""
        try:
            known = json.loads((self.layout.run / "ports.json").read_text(encoding="utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            return {}
        return {name: port for name, port in known.items() if isinstance(port, int)}

    def port(self, name: str) -> int:
        """The port of that name: the recorded one unless someone else took it; raises NoFreePort."""
        return self._ports((checked_name(name),), 0)[name]

    def objects(self) -> dict[str, int]:
        """The five ports of the object store by their SeaweedFS names; raises NoFreePort."""
        names = tuple(f"objects-{name}" for name in OBJECT_PORTS)
        chosen = self._ports(names, TWIN)
        return {name: chosen[f"objects-{name}"] for name in OBJECT_PORTS}

    def release(self) -> None:
        """Let go of the held names; the record stays."""
        for holder in self._held.values():
            holder.close()
        self._held.clear()

    def _ports(self, names: Sequence[str], twin: int) -> dict[str, int]:
        known = self.recorded()
        chosen: dict[str, int] = {}
        for name in names:
            others = {port for other, port in known.items() if other != name}
            chosen[name] = known[name] = self._one(known.get(name), twin, frozenset(others))
        write_private(self.layout.run / "ports.json", json.dumps(known, indent=1, sort_keys=True), durable=False)
        return chosen

    def _one(self, before: int | None, twin: int, others: frozenset[int]) -> int:
        if before is not None and before in self._held:
            return before
        for candidate in _first_then_any(before, twin, others):
            wanted = [candidate, candidate + twin] if twin else [candidate]
            if all(is_free(port) for port in wanted) and self._hold(wanted):
                return candidate
        message = f"no free port between {LOWEST} and {HIGHEST} on {LOOPBACK}"
        raise NoFreePort(message)

    def _hold(self, wanted: Sequence[int]) -> bool:
        held: dict[int, socket.socket] = {}
        for port in wanted:
            holder = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                holder.bind(f"\0unefois-port-{port}")
            except OSError:
                for other in (holder, *held.values()):
                    other.close()
                return False
            held[port] = holder
        self._held |= held
        return True


def _first_then_any(first: int | None, twin: int, others: frozenset[int]) -> Iterator[int]:
    if first is not None:
        yield first
    for _ in range(TRIES):
        yield _choose(twin, others)
