"""A ClamAV daemon that is not one: it says what a test wants it to say."""

import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

VERSION = b"zVERSION"
Answer = Callable[[bytes], bytes | None]


def version(age: timedelta = timedelta()) -> bytes:
    """Return what a daemon whose signatures are so old says of itself."""
    return f"ClamAV 1.4.6/27000/{datetime.now(UTC) - age:%a %b %d %H:%M:%S %Y}\0".encode()


def saying(word: bytes) -> Answer:
    """Return the answers of a daemon of today that says ``word`` of every document."""
    return lambda command: version() if command == VERSION else word + b"\0"


@contextmanager
def pretended(answer: Answer, path: Path | None = None) -> Iterator[Path]:
    """Listen at ``path`` as a daemon that answers each command as ``answer`` says, or stays silent for nothing."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listening:
        place = path or Path(folder) / "clamd.sock"
        listening.bind(str(place))
        listening.listen()
        threading.Thread(target=_serve, args=(listening, answer), daemon=True).start()
        yield place
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        place.unlink(missing_ok=True)


def _serve(listening: socket.socket, answer: Answer) -> None:
    with suppress(OSError):
        while True:
            connection, _ = listening.accept()
            threading.Thread(target=_answer, args=(connection, answer), daemon=True).start()


def _answer(connection: socket.socket, answer: Answer) -> None:
    with suppress(OSError), connection:
        command, _, rest = connection.recv(1 << 16).partition(b"\0")
        said = answer(command)
        if said is None:
            # Silent until the other side has had enough of it.
            while connection.recv(1 << 16):
                pass
            return
        while command != VERSION and not rest.endswith(b"\0\0\0\0"):
            piece = connection.recv(1 << 16)
            if not piece:
                break
            rest = rest[-4:] + piece
        connection.sendall(said)
