"""A full disk is a clean refusal: nothing half stored, nothing lost, and it takes papers again once there is room."""

import asyncio
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.unit.vault.storage.seaweed import Seaweed
from vault.storage.errors import StorageFull, StoreUnavailable
from vault.storage.objects import ObjectName, new_object_name
from vault.storage.s3 import S3Address, S3ObjectStore

DISK_MB, MORE_MB = 130, 200
BODY = os.urandom(2_000_000)
IN_A_NAMESPACE = ("unshare", "-Urm", "sh", "-c")


def _can_mount() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        mount = [*IN_A_NAMESPACE, 'mount -t tmpfs -o size=1m none "$0"', folder]
        return subprocess.run(mount, capture_output=True, check=False).returncode == 0


class SmallDisk(Seaweed):
    """A store whose data lie on a disk of their own, made in a mount namespace of its own."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.disk = folder / "disk"
        self.disk.mkdir()

    def make_room(self) -> None:
        """Enlarge the disk while the store runs."""
        assert self._server is not None
        inside = ["nsenter", "-t", str(self._server.pid), "-U", "-m", "--preserve-credentials"]
        enlarge = ["mount", "-o", f"remount,size={DISK_MB + MORE_MB}m", str(self.disk)]
        # A plain account may mount a small disk of its own and not be allowed to enlarge it.
        if subprocess.run([*inside, *enlarge], check=False, capture_output=True).returncode != 0:
            pytest.skip("the small disk cannot be enlarged here: recovery from a full disk was not tried")

    def _command(self) -> list[str]:
        weed, *rest = (part.replace(f"-dir={self.folder}", f"-dir={self.disk}") for part in super()._command())
        mounted = f'mount -t tmpfs -o size={DISK_MB}m none "$0" && exec "$@"'
        position = rest.index("mini") + 1
        small = [*rest[:position], "-master.volumeSizeLimitMB=32", *rest[position:]]
        return [*IN_A_NAMESPACE, mounted, str(self.disk), weed, *small]


@contextmanager
def small_disk() -> Iterator[SmallDisk]:
    """Yield a running store on a small disk."""
    with tempfile.TemporaryDirectory(prefix="unefois-full-") as folder:
        store = SmallDisk(Path(folder))
        store.start()
        try:
            yield store
        finally:
            store.kill()
            store.forget_sockets()


@pytest.mark.skipif(not _can_mount(), reason="no small disk can be mounted here: a full disk was not tried")
def test_full_disk_refuses_keeps_what_was_taken_and_recovers() -> None:
    with small_disk() as disk:
        store = S3ObjectStore(disk.address)
        kept, refused = _fill(store)
        assert len(kept) > 10
        assert not any(store.exists(name) for name in refused)
        disk.make_room()
        kept.append(_once_there_is_room(store))
        assert all(b"".join(store.get(name)) == BODY for name in kept)


def _fill(store: S3ObjectStore) -> tuple[list[ObjectName], list[ObjectName]]:
    kept: list[ObjectName] = []
    refused: list[ObjectName] = []
    while len(refused) < 3:
        name = new_object_name()
        try:
            store.put(name, (BODY,), len(BODY))
        except StoreUnavailable:
            refused.append(name)
        else:
            kept.append(name)
    return kept, refused


def _once_there_is_room(store: S3ObjectStore) -> ObjectName:
    deadline = time.monotonic() + 60
    while True:
        name = new_object_name()
        try:
            store.put(name, (BODY,), len(BODY))
        except StoreUnavailable:
            assert time.monotonic() < deadline
            time.sleep(0.5)
        else:
            return name


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (507, b"", StorageFull),
        (507, b"<Error><Code>XMinioStorageFull</Code></Error>", StorageFull),
        (403, b"<Error><Code>QuotaExceeded</Code></Error>", StorageFull),
        (500, b"<Error><Code>InternalError</Code></Error>", StoreUnavailable),
    ],
)
def test_store_that_says_it_is_full_is_understood(status: int, body: bytes, kind: type[Exception]) -> None:
    with answering(status, body) as address:
        store = S3ObjectStore(address)
        with pytest.raises(kind) as whole:
            store.put(new_object_name(), (b"x",), 1)
        with pytest.raises(kind) as streamed:
            asyncio.run(_stream(store))
    assert whole.type is streamed.type is kind


async def _stream(store: S3ObjectStore) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"x"

    try:
        await store.put_stream(new_object_name(), body(), 1)
    finally:
        await store.aclose()


@contextmanager
def answering(status: int, body: bytes) -> Iterator[S3Address]:
    """Yield the address of a server that answers every PUT alike."""

    class Full(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Full)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield S3Address(
            endpoint=f"127.0.0.1:{server.server_port}",
            bucket="papers",
            region="us-east-1",
            access_key="tester",
            secret_key="of this test",
            secure=False,
        )
    finally:
        server.shutdown()
        server.server_close()
