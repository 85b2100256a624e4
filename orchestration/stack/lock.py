"""One supervisor a state folder: an advisory lock that the kernel lets go of when its holder dies, however it dies."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from orchestration.stack.errors import AlreadyRunning
from orchestration.stack.layout import Layout


def _path(layout: Layout) -> str:
    return str(layout.run / "lock")


@contextmanager
def held(layout: Layout) -> Iterator[None]:
    """Hold the lock of the state folder; raises AlreadyRunning when someone else does."""
    handle = os.open(_path(layout), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            message = f"a system already runs on {layout.state}; stop it with « make down » first"
            raise AlreadyRunning(message) from error
        yield
    finally:
        os.close(handle)


def is_held(layout: Layout) -> bool:
    """Say whether a supervisor holds the lock now."""
    try:
        handle = os.open(_path(layout), os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def stays_held(layout: Layout, seconds: float = 0.3) -> bool:
    """Say whether the lock is held, now and still after ``seconds``: a killed holder takes a moment to be gone."""
    until = time.monotonic() + seconds
    while is_held(layout):
        if time.monotonic() > until:
            return True
        time.sleep(0.01)
    return False
