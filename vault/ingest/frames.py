"""Frames between us and the child: a length-prefixed JSON header, then the bytes it announces."""

import json
import socket
import struct
from typing import Any

MAX_HEADER_BYTES = 4 * 1024 * 1024
"""Room for a few thousand certificates at start-up; a reading takes a few hundred bytes."""
MAX_BODY_BYTES = 256 * 1024 * 1024

_PREFIX = struct.Struct("!IQ")
_CHUNK = 1 << 20


class FrameBroken(ValueError):
    """The other side hung up inside a frame, or announced one that no frame of ours can be."""


def send(connection: socket.socket, header: dict[str, Any], body: bytes = b"") -> None:
    """Send one frame.

    Raises:
        OSError: the other side is gone.
    """
    text = json.dumps(header).encode("utf-8")
    connection.sendall(_PREFIX.pack(len(text), len(body)) + text)
    connection.sendall(body)


def receive(connection: socket.socket) -> tuple[dict[str, Any], bytes]:
    """Receive one frame.

    Raises:
        FrameBroken: it ended early, is too large, or its header is no JSON object.
        OSError: the other side is gone, or silent for longer than the socket's timeout.
    """
    header_length, body_length = _PREFIX.unpack(_exactly(connection, _PREFIX.size))
    if header_length > MAX_HEADER_BYTES or body_length > MAX_BODY_BYTES:
        raise FrameBroken
    try:
        header = json.loads(_exactly(connection, header_length))
    except (ValueError, RecursionError):
        raise FrameBroken from None
    if not isinstance(header, dict):
        raise FrameBroken
    return header, bytes(_exactly(connection, body_length))


def _exactly(connection: socket.socket, length: int) -> bytearray:
    # Grown as it arrives: a lying length costs the liar bytes, not us memory.
    received = bytearray()
    while len(received) < length:
        piece = connection.recv(min(_CHUNK, length - len(received)))
        if not piece:
            raise FrameBroken
        received += piece
    return received
