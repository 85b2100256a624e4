"""The partners' SFTP servers, played by one: each partner is a user who sees its own folders, and can be told to misbehave."""

from pathlib import Path

import asyncssh

from connectors.sandbox.faults import Faults
from connectors.sandbox.provisioning import sftp_client_key, sftp_host_key

LOOPBACK = "127.0.0.1"
_FULL = asyncssh.FX_FAILURE  # what version 3 of the protocol has for a full disk


class _Server(asyncssh.SSHServer):
    """Lets in whoever holds the key that was given to the partner's user, and nobody else."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._connection: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn

    def begin_auth(self, username: str) -> bool:
        key = sftp_client_key(self._state, username)
        if key is not None and self._connection is not None:
            self._connection.set_authorized_keys(asyncssh.import_authorized_keys(key))
        return True


class PartnerFiles(asyncssh.SFTPServer):
    """One partner's folders; a fault that was ordered for it strikes the next file that is handed over."""

    def __init__(self, chan: "asyncssh.SSHServerChannel[bytes]", state: Path, faults: Faults) -> None:
        self._slug = str(chan.get_extra_info("username"))
        self._faults = faults
        self._struck: str | None = None
        super().__init__(chan, chroot=str(state / "partners" / self._slug / "sftp").encode())

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        """Open a file; writing is where a fault begins."""
        if pflags & asyncssh.FXF_WRITE:
            order = self._faults.next(f"sftp/{self._slug}")
            self._struck = None if order is None else order.kind
        return super().open(path, pflags, attrs)

    def write(self, file_obj: object, offset: int, data: bytes) -> int:
        """Write, half of it, or not at all."""
        if self._struck == "disk_full":
            raise asyncssh.SFTPError(_FULL, "No space left on device")
        half = data[: len(data) // 2]
        if self._struck in ("half_written", "cut_in_write"):
            super().write(file_obj, offset, half)
            if self._struck == "cut_in_write":
                self.connection.abort()
            return len(data)
        written = super().write(file_obj, offset, data)
        return int(written)  # type: ignore[arg-type]  # the base class answers at once

    def rename(self, oldpath: bytes, newpath: bytes) -> None:
        """Give a file its name, refuse to, or lose the answer."""
        if self._struck == "rename_refused":
            raise asyncssh.SFTPPermissionDenied("Permission denied")
        if self._struck == "cut_before_rename":
            self.connection.abort()
            return
        super().rename(oldpath, newpath)
        if self._struck == "cut_after_rename":
            self.connection.abort()


async def serve(state: Path, faults: Faults, port: int) -> asyncssh.SSHAcceptor:
    """Listen on loopback, port 0 for any free one, until the acceptor is closed."""
    return await asyncssh.listen(
        LOOPBACK,
        port,
        server_factory=lambda: _Server(state),
        server_host_keys=[asyncssh.import_private_key(sftp_host_key(state))],
        sftp_factory=lambda chan: PartnerFiles(chan, state, faults),
        allow_scp=False,
        agent_forwarding=False,
        config=None,
    )
