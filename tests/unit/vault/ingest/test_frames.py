"""Frames arrive whole or not at all, and a lying length costs nobody memory."""

import socket
import struct

import pytest

from vault.ingest import frames


def test_a_frame_arrives_as_sent() -> None:
    near, far = socket.socketpair()
    frames.send(near, {"a": "é"}, b"\0\1")
    assert frames.receive(far) == ({"a": "é"}, b"\0\1")


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"\0\0",
        struct.pack("!IQ", 2, 0) + b"{",
        struct.pack("!IQ", 2, 0) + b"[]",
        struct.pack("!IQ", 2, 0) + b"{]",
        struct.pack("!IQ", 2, 5) + b"{}abc",
        struct.pack("!IQ", 1 << 31, 0),
        struct.pack("!IQ", 2, 1 << 60) + b"{}",
        struct.pack("!IQ", 100_000, 0) + b"[" * 100_000,
    ],
)
def test_a_broken_frame_is_refused(sent: bytes) -> None:
    near, far = socket.socketpair()
    with near:
        near.sendall(sent)
    with pytest.raises(frames.FrameBroken):
        frames.receive(far)
