"""The object store: SeaweedFS as « weed mini », bound to loopback, closed by its security.toml, spoken to as S3."""

import io
import os
import secrets
import shutil
import signal
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import urllib3
from minio import Minio
from minio.error import MinioException, S3Error
from urllib3.exceptions import HTTPError

from orchestration.stack.errors import ServerMissing
from orchestration.stack.layout import Layout, write_private
from orchestration.stack.parts import NotAnswering, Part, minimal_environment, spawn, wait_until_answering
from orchestration.stack.ports import LOOPBACK, TWIN
from orchestration.stack.processes import http_check

if TYPE_CHECKING:
    import subprocess

BUCKET = "unefois-documents"
PROBES = "unefois-probes"
PROBE_TIMEOUT = 1.0
MEMORY_LIMIT = "384MiB"
UPLOADS_MB = 64
SIGNING_KEYS = ("signing", "signing.read", "filer_signing", "filer_signing.read")
# Where SeaweedFS puts its sockets whatever TMPDIR says.
SOCKETS = Path("/tmp")  # noqa: S108 - not ours to choose; only sockets named by our ports are removed


def program() -> Path:
    """The weed binary; raises ServerMissing."""
    beside = Path(sysconfig.get_path("scripts")) / "weed"
    found = str(beside) if beside.exists() else shutil.which("weed")
    if found is None:
        message = "SeaweedFS is not installed here: install the extra « stack »"
        raise ServerMissing(message)
    return Path(found)


def stalls(logged: bytes) -> bool:
    """Say whether a start of SeaweedFS 4.48 has lost one of two races inside it, both seen in about one of ten.

    The volume server asked its master a moment too early, and asks again only after five seconds; or a master that was
    there before saw itself as leader a moment too early, and then gives out no place to write for fifteen seconds.
    """
    asked_early = b"raft.Server: Not current leader" in logged.partition(b" heartbeat to ")[2].partition(b"\n")[0]
    return asked_early or (b"Recovered TopologyId" in logged and b"I am the leader!" in logged)


@dataclass(frozen=True)
class Objects:
    """One store on five loopback ports and their twins."""

    layout: Layout
    ports: Mapping[str, int]

    @property
    def endpoint(self) -> str:
        """Host and port of the S3 door."""
        return f"{LOOPBACK}:{self.ports['s3']}"

    @property
    def access_key(self) -> str:
        """The name of the only identity."""
        return self.layout.secret("objects-access")

    @property
    def secret_key(self) -> str:
        """What that identity signs with."""
        return self.layout.secret("objects-secret")

    def initialise(self) -> None:
        """Write the keys without which the store's inner doors would take anyone's bytes."""
        target = self.layout.objects_data / "security.toml"
        sections = (f'[jwt.{name}]\nkey = "{self.layout.secret("objects-jwt")}"\n' for name in SIGNING_KEYS)
        write_private(target, "\n".join(sections))
        # A command line can be read by every account of the machine; this file is read at the start.
        options = self.layout.objects_data / "mini.options"
        write_private(options, f"admin.password={self.layout.secret('objects-admin')}\n")

    def command(self) -> list[str]:
        """The server's command line; paths are relative to its folder, so that no socket's path is too long."""
        flags = {
            "dir": ".",
            "ip": LOOPBACK,
            "ip.bind": LOOPBACK,
            "webdav": "false",
            "admin.ui": "false",
            "master.telemetry": "false",
            # Every bucket needs volumes of its own: with the default of 30 GB a small disk holds too few.
            "master.volumeSizeLimitMB": "1024",
            "s3.port.iceberg": "0",
            "s3.port.lance": "0",
            "s3.autoCreateBucket": "false",
            "s3.concurrentUploadLimitMB": str(UPLOADS_MB),
            "filer.disableDirListing": "true",
            "filer.exposeDirectoryData": "false",
            "filer.localSocket": "filer.sock",
            "s3.localSocket": "s3.sock",
        }
        for name, port in self.ports.items():
            flags |= {f"{name}.port": str(port), f"{name}.port.grpc": str(port + TWIN)}
        return [str(program()), "-logtostderr=true", "mini", *(f"-{key}={value}" for key, value in flags.items())]

    def environment(self) -> dict[str, str]:
        """What the server sees; the two keys make its administrator."""
        return {
            **minimal_environment(self.layout),
            "HOME": str(self.layout.objects_data),
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "GOMEMLIMIT": MEMORY_LIMIT,
        }

    def part(self) -> Part:
        """What the supervisor runs."""
        return Part(
            name="objects",
            command=self.command(),
            env=self.environment(),
            cwd=self.layout.objects_data,
            stop_signal=signal.SIGTERM,
            stop_timeout=6.0,
            ready=self.check,
            health=http_check(f"http://{self.endpoint}/healthz"),
            before=self.sweep_sockets,
            after=self.sweep_sockets,
            doomed=stalls,
        )

    def spawn(self) -> "subprocess.Popen[bytes]":
        """Start the server without a supervisor; the caller stops it."""
        return spawn(self.part(), self.layout.log("objects"))

    def sweep_sockets(self) -> None:
        """Remove the sockets an earlier run of this store left in the system's temporary folder."""
        for name, port in self.ports.items():
            path = SOCKETS / f"seaweedfs-{name}-grpc-{port + TWIN}.sock"
            if path.is_socket() and path.lstat().st_uid == os.geteuid():
                path.unlink(missing_ok=True)

    def client(self) -> Minio:
        """A client that gives up at once; its pool belongs to it."""
        pool = urllib3.PoolManager(timeout=urllib3.Timeout(PROBE_TIMEOUT), retries=False)
        return Minio(
            self.endpoint,
            access_key=self.access_key,
            secret_key=self.secret_key,
            secure=False,
            region="us-east-1",
            http_client=pool,
        )

    def check(self) -> None:
        """Make the bucket if it is absent and put one byte elsewhere under a fresh name; raises NotAnswering.

        Elsewhere, because the bucket of the documents holds documents only. A refused signature counts as no answer:
        before it has read its identities the store refuses everyone.
        """
        client, probe = self.client(), secrets.token_hex(8)
        try:
            for bucket in (BUCKET, PROBES):
                if not client.bucket_exists(bucket):
                    client.make_bucket(bucket)
            client.put_object(PROBES, probe, io.BytesIO(b"1"), 1)
            client.remove_object(PROBES, probe)
        except S3Error as error:
            message = f"answers {error.code}"
            raise NotAnswering(message) from error
        except (MinioException, HTTPError, OSError, ValueError) as error:
            message = f"no answer ({type(error).__name__})"
            raise NotAnswering(message) from error

    def wait_ready(self, timeout: float) -> None:
        """Return once a signed write succeeds; raises PartNotReady after ``timeout`` seconds."""
        wait_until_answering(self.check, "objects", self.layout, timeout)
