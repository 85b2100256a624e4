"""A way to the door that breaks: a TCP proxy that cuts a connection after so many bytes, in either direction."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

ABORT = struct.pack("ii", 1, 0)


@dataclass
class Line:
    """Where the proxy listens, and after how many bytes towards the door each next connection is cut."""

    port: int
    cuts: list[int] = field(default_factory=list)
    deaf: list[bool] = field(default_factory=list)
    """Whether the connection in that place carries everything there and loses the answer instead."""
    gentle: bool = False
    """Whether a cut is an end of the stream instead of an abort, which also loses what the door had not read yet."""
    cut: int = 0

    def url(self, path: str = "") -> str:
        return f"http://127.0.0.1:{self.port}{path}"


@contextmanager
def breaking_line(target: tuple[str, int]) -> Iterator[Line]:
    """A line to ``target``; without an order it carries faithfully."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        line = Line(server.getsockname()[1])
        threading.Thread(target=_accept, args=(server, target, line), daemon=True).start()
        yield line
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)


def _accept(server: socket.socket, target: tuple[str, int], line: Line) -> None:
    while True:
        try:
            near, _ = server.accept()
        except OSError:
            return
        far = socket.create_connection(target)
        limit = line.cuts.pop(0) if line.cuts else None
        deaf = line.deaf.pop(0) if line.deaf else False
        threading.Thread(target=_carry, args=(near, far, None if deaf else limit, line), daemon=True).start()
        threading.Thread(target=_carry, args=(far, near, 1 if deaf else None, line), daemon=True).start()


def _carry(source: socket.socket, sink: socket.socket, limit: int | None, line: Line) -> None:
    carried = 0
    with suppress(OSError):
        while chunk := source.recv(16384):
            if limit is not None and carried + len(chunk) > limit:
                sink.sendall(chunk[: limit - carried])
                line.cut += 1
                break
            sink.sendall(chunk)
            carried += len(chunk)
    for end in (source, sink):
        with suppress(OSError):
            if limit is not None and not line.gentle:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
            end.shutdown(socket.SHUT_RDWR)
        end.close()
