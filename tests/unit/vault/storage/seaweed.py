"""A throw-away SeaweedFS for the unit tests of the object store: loopback only, closed by its security file."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vault.storage.errors import StoreRefused, StoreUnavailable
from vault.storage.objects import ObjectName
from vault.storage.s3 import S3Address, S3ObjectStore

STARTS_WITHIN = 20.0
SOCKETS = "/tmp"  # SeaweedFS's own choice
PARTS = ("master", "volume", "filer", "s3", "admin")
SECURITY = "".join(
    f'[jwt.{part}]\nkey = "{secrets.token_hex(32)}"\n'
    for part in ("signing", "signing.read", "filer_signing", "filer_signing.read")
)


class Seaweed:
    """One running store, which a test may stop and start again on the same data."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ports = dict(zip(PARTS, _free_ports(), strict=True))
        self.address = S3Address(
            endpoint=f"127.0.0.1:{self.ports['s3']}",
            bucket="papers",
            region="us-east-1",
            access_key="tester",
            secret_key=secrets.token_hex(20),
            secure=False,
        )
        (folder / "security.toml").write_text(SECURITY)
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until one byte can be written."""
        environment = {
            "PATH": os.environ["PATH"],  # noqa: TID251 - what a server of the test is started with
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder),
            "AWS_ACCESS_KEY_ID": self.address.access_key,
            "AWS_SECRET_ACCESS_KEY": self.address.secret_key,
        }
        with (self.folder / "log").open("ab") as log:
            self._server = subprocess.Popen(
                self._command(), cwd=self.folder, env=environment, stdout=log, stderr=log, start_new_session=True
            )
        self._wait()

    def kill(self) -> None:
        """Stop it as a power cut would."""
        assert self._server is not None
        self._server.send_signal(signal.SIGKILL)
        self._server.wait(timeout=STARTS_WITHIN)

    def forget_sockets(self) -> None:
        """Remove what it leaves in the system's temporary folder whatever it is told."""
        for part, port in self.ports.items():
            Path(SOCKETS, f"seaweedfs-{part}-grpc-{port + 10000}.sock").unlink(missing_ok=True)

    def _command(self) -> list[str]:
        ports = [f"-{part}.port={port}" for part, port in self.ports.items()]
        grpc = [f"-{part}.port.grpc={port + 10000}" for part, port in self.ports.items()]
        fixed = (
            "-ip=127.0.0.1 -ip.bind=127.0.0.1 -webdav=false -admin.ui=false -master.telemetry=false -s3.port.iceberg=0"
            " -s3.port.lance=0 -s3.autoCreateBucket=false -filer.disableDirListing -filer.exposeDirectoryData=false"
        )
        own = [
            f"-dir={self.folder}",
            f"-admin.password={secrets.token_hex(16)}",
            f"-filer.localSocket={self.folder}/f.sock",
            f"-s3.localSocket={self.folder}/s.sock",
        ]
        return [_weed(), "-logtostderr=true", "mini", *fixed.split(), *own, *ports, *grpc]

    def _wait(self) -> None:
        store = S3ObjectStore(self.address)
        deadline = time.monotonic() + STARTS_WITHIN
        while True:
            try:
                store.ensure_bucket()
                store.put(ObjectName("ready"), [b"1"], 1)
            except (StoreUnavailable, StoreRefused):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            else:
                return


@contextmanager
def running_seaweed() -> Iterator[Seaweed]:
    """Yield a running store with an empty bucket."""
    with tempfile.TemporaryDirectory(prefix="unefois-s3-") as folder:
        store = Seaweed(Path(folder))
        store.start()
        try:
            yield store
        finally:
            store.kill()
            store.forget_sockets()


def _weed() -> str:
    beside = Path(sys.executable).with_name("weed")
    found = str(beside) if beside.exists() else shutil.which("weed")
    assert found is not None
    return found


def _free_ports() -> list[int]:
    found: list[int] = []
    while len(found) < len(PARTS):
        port = 20_000 + secrets.randbelow(25_000)
        if port not in found and _is_free(port) and _is_free(port + 10_000):
            found.append(port)
    return found


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
