"""A real server in a thread, with a clock that a test can turn."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from connectors.sandbox.settings import SandboxSettings


class Clock:
    """Now, plus what a test added."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


def free_socket() -> tuple[socket.socket, str]:
    """A bound socket on loopback, and its address."""
    bound = socket.create_server(("127.0.0.1", 0))
    return bound, f"http://127.0.0.1:{bound.getsockname()[1]}"


@contextmanager
def serving(app: FastAPI, bound: socket.socket) -> Iterator[None]:
    """Serve ``app`` until the test is over."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False))
    thread = threading.Thread(target=server.run, args=([bound],), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield
    server.should_exit = True
    thread.join(timeout=10)


def settings_for(state: Path, base_url: str, release_url: str = "http://127.0.0.1:9") -> SandboxSettings:
    """Settings of a sandbox at ``base_url``."""
    return SandboxSettings(
        profile="test",
        port=int(base_url.rsplit(":", 1)[1]),
        state=state,
        base_url=base_url,
        door_url="http://door.test",
        release_url=release_url,
    )
