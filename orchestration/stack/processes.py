"""Our own processes as parts of the system, and how they are asked whether they are well."""

import http.client
import signal
import urllib.parse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from orchestration.stack.layout import CODE_ROOT, Layout, checked_name
from orchestration.stack.parts import CHECK_TIMEOUT, NotAnswering, Part, minimal_environment, nothing


@dataclass(frozen=True)
class ProcessSpec:
    """One process of ours: its environment is ``env`` on top of a minimal one, never the caller's.

    It is ready when ``health_url`` answers 2xx, or, without one, when it has lived for half a second. A process that
    is not ``waited`` for starts after the others are ready and never delays or fails the start. ``stop_timeout`` is
    in seconds; after it the whole process group is killed.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    health_url: str | None = None
    waited: bool = True
    stop_signal: signal.Signals = signal.SIGTERM
    stop_timeout: float = 5.0
    cwd: Path | None = None

    def __post_init__(self) -> None:
        """Refuse a name that is not fit for a log file; raises BadName."""
        checked_name(self.name)


def process_part(spec: ProcessSpec, layout: Layout) -> Part:
    """The part a process of ours is."""
    python = {"PYTHONPATH": str(CODE_ROOT), "PYTHONUNBUFFERED": "1"}
    check = None if spec.health_url is None else http_check(spec.health_url)
    return Part(
        name=spec.name,
        command=tuple(spec.argv),
        env={**minimal_environment(layout), **python, **spec.env},
        cwd=spec.cwd or layout.home,
        stop_signal=spec.stop_signal,
        stop_timeout=spec.stop_timeout,
        ready=check,
        health=check or nothing,
        waited=spec.waited,
    )


def http_check(url: str) -> Callable[[], None]:
    """A check that asks ``url`` (plain http, no proxy, no redirect) and wants a 2xx."""
    parts = urllib.parse.urlsplit(url)
    path = urllib.parse.urlunsplit(("", "", parts.path or "/", parts.query, ""))

    def check() -> None:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=CHECK_TIMEOUT)
        try:
            connection.request("GET", path)
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            message = f"no answer ({type(error).__name__})"
            raise NotAnswering(message) from error
        finally:
            connection.close()
        if not http.client.OK <= status < http.client.MULTIPLE_CHOICES:
            message = f"answers {status}"
            raise NotAnswering(message)

    return check
