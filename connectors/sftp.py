"""Hand a file to a partner over SFTP so that it appears whole or not at all, and fetch what the partner left for us.

The server's key is pinned for each binding and nothing else is trusted; our own key is a secret of that binding alone.
"""

import asyncio
import hashlib
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

import asyncssh

from connectors.drops import (
    AUTH,
    HOST_KEY,
    NAME_REFUSED,
    OTHER_FILE_THERE,
    SAME_FILE_THERE,
    WRITTEN,
    Lying,
    handed,
    in_the_making,
    is_file_name,
)
from connectors.errors import AddressRefused, FileTooLarge, FolderUnreachable
from connectors.port import Binding, Exchange, Limits, WireRequest
from contracts.outcomes import Phase

_FILE_MODE = 0o640
_CHUNK = 256 * 1024
_GONE = (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection)
ResultT = TypeVar("ResultT")


@dataclass(frozen=True, slots=True)
class SftpPlace:
    """One folder on one server, how we prove ourselves there, and the one key that the server must show."""

    host: str
    port: int
    username: str
    folder: str
    client_key: str = field(repr=False)
    host_key: str = field(repr=False)

    @classmethod
    def of(cls, binding: Binding, below: str = "") -> "SftpPlace":
        """Read ``sftp://user@host:port/folder`` and the secrets ``client_key`` and ``host_key`` (OpenSSH's spelling).

        Raises:
            AddressRefused: the address is none of SFTP, or holds a password.
            SecretMissing: one of the keys is missing.
        """
        parts = urlsplit(binding.base_url)
        if parts.scheme != "sftp" or not parts.hostname or not parts.username or parts.password is not None:
            raise AddressRefused(binding.slug)
        folder = f"{parts.path.rstrip('/')}/{below}".rstrip("/") or "/"
        keys = (binding.secret("client_key"), binding.secret("host_key"))
        return cls(parts.hostname, parts.port or 22, parts.username, folder, *keys)

    def options(self, limits: Limits) -> asyncssh.SSHClientConnectionOptions:
        """Return what the connection may do: nothing of the machine's own settings, agent or known hosts.

        Raises:
            AddressRefused: one of the keys cannot be read.
        """
        try:
            own = asyncssh.import_private_key(self.client_key)
            pinned = asyncssh.import_public_key(self.host_key)
        except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as error:
            raise AddressRefused(f"{self.host}: a key of the binding cannot be read") from error
        return asyncssh.SSHClientConnectionOptions(
            config=None,
            username=self.username,
            client_keys=[own],
            known_hosts=([pinned], [], []),
            agent_path=None,
            preferred_auth="publickey",
            connect_timeout=limits.connect_s,
            login_timeout=limits.read_s,
        )

    def path(self, name: str) -> str:
        """Return the path of a bare name in the folder."""
        return f"{self.folder.rstrip('/')}/{name}"


@asynccontextmanager
async def _session(place: SftpPlace, limits: Limits) -> AsyncIterator[asyncssh.SFTPClient]:
    async with (
        asyncssh.connect(place.host, place.port, options=place.options(limits)) as connection,
        connection.start_sftp_client() as client,
    ):
        yield client


class SftpTransport:
    """A partner's folder behind SFTP as a transport: the request's URL is the bare file name, its body the file.

    Statuses are those of :mod:`connectors.drops`. A connection is opened for each file and closed after it.
    """

    def __init__(self, place: SftpPlace, limits: Limits) -> None:
        """Hand over into ``place``, which must exist."""
        self._place = place
        self._limits = limits

    def send(self, request: WireRequest) -> Exchange:
        """Write the file under a temporary name, have it made durable where the server can, then give it its name.

        ``NOT_SENT`` until the rename was asked for. Where its answer was lost, the folder is looked at once more; what
        stays unknown then is ``SENT``. Never raises for a fault of the network or the server.
        """
        if not is_file_name(request.url):
            return handed(Phase.NOT_SENT, fault=NAME_REFUSED)
        try:
            return asyncio.run(self._within(request))
        except AddressRefused:
            return handed(Phase.NOT_SENT, fault="key_unreadable")

    async def _within(self, request: WireRequest) -> Exchange:
        attempt = _Attempt(self._place, self._limits, request.url, request.body)
        try:
            async with asyncio.timeout(self._limits.total_s):
                return await attempt.made()
        except TimeoutError:
            return handed(attempt.phase, fault="timeout")


class _Attempt:
    """One try to hand one file over; ``phase`` says how far it got."""

    def __init__(self, place: SftpPlace, limits: Limits, name: str, body: bytes) -> None:
        self._place, self._limits = place, limits
        self._final, self._part = place.path(name), place.path(in_the_making(name))
        self._body = body
        self._digest = hashlib.sha256(body).hexdigest()
        self.phase = Phase.NOT_SENT

    async def made(self) -> Exchange:
        try:
            async with _session(self._place, self._limits) as client:
                return await self._written(client)
        except asyncssh.HostKeyNotVerifiable:
            return handed(self.phase, fault=HOST_KEY)
        except asyncssh.PermissionDenied:
            return handed(self.phase, fault=AUTH)
        except (asyncssh.Error, OSError) as error:
            if self.phase is Phase.NOT_SENT:
                return handed(self.phase, fault=_word(error))
            return await self._looked_at_again(_word(error))

    async def _written(self, client: asyncssh.SFTPClient) -> Exchange:
        present = await self._lying(client)
        if present is not None:
            return present
        try:
            async with client.open(self._part, "wb", asyncssh.SFTPAttrs(permissions=_FILE_MODE)) as stream:
                await stream.write(self._body)
                with suppress(asyncssh.SFTPOpUnsupported):
                    await stream.fsync()
            if (await client.lstat(self._part)).size != len(self._body):
                return handed(self.phase, fault="half_written")
        except asyncssh.SFTPError as error:
            if not isinstance(error, _GONE):
                with suppress(asyncssh.SFTPError):
                    await client.remove(self._part)
            raise
        return await self._named(client)

    async def _named(self, client: asyncssh.SFTPClient) -> Exchange:
        self.phase = Phase.SENT
        try:
            # The plain rename of the protocol: it fails where the name is taken, and « posix-rename » would not.
            await client.rename(self._part, self._final)
        except _GONE:
            raise
        except asyncssh.SFTPError as error:
            # The server said no, so nothing was named; somebody else may have been quicker.
            self.phase = Phase.NOT_SENT
            present = await self._lying(client)
            return present or handed(self.phase, fault=f"rename:{error.code}")
        return handed(Phase.COMPLETE, status=WRITTEN, digest=self._digest)

    async def _lying(self, client: asyncssh.SFTPClient) -> Exchange | None:
        """Return what it means that a file of this name is there, or None where none is."""
        try:
            attributes = await client.lstat(self._final)
        except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
            return None
        same = _regular(attributes) and attributes.size == len(self._body)
        if same and await _digest_of(client, self._final) == self._digest:
            return handed(Phase.COMPLETE, status=SAME_FILE_THERE, digest=self._digest)
        return handed(Phase.COMPLETE, status=OTHER_FILE_THERE)

    async def _looked_at_again(self, fault: str) -> Exchange:
        """The answer to the rename was lost: the file under its name means done, the part still there means not done."""
        try:
            async with _session(self._place, self._limits) as client:
                present = await self._lying(client)
                if present is not None and present.status == SAME_FILE_THERE:
                    return handed(Phase.COMPLETE, status=WRITTEN, digest=self._digest)
                if present is not None:
                    return present
                await client.lstat(self._part)
        except (asyncssh.Error, OSError):
            # Neither is there, for the partner may have taken it; or nobody answers.
            return handed(Phase.SENT, fault=fault)
        return handed(Phase.NOT_SENT, fault=fault)


class SftpInbox:
    """What a partner left for us in a folder behind SFTP."""

    def __init__(self, place: SftpPlace, limits: Limits) -> None:
        """Fetch from ``place``."""
        self._place = place
        self._limits = limits

    def listing(self) -> list[Lying]:
        """Return the files whose names we take, by name."""

        async def listed(client: asyncssh.SFTPClient) -> list[Lying]:
            found = []
            async for entry in client.scandir(self._place.folder):
                name = str(entry.filename)
                if is_file_name(name) and _regular(entry.attrs):
                    found.append(Lying(name, entry.attrs.size or 0, entry.attrs.mtime or 0))
            return sorted(found, key=lambda one: one.name)

        return self._done(listed)

    def fetch(self, name: str, at_most: int) -> bytes:
        """Return the bytes of one file."""

        async def fetched(client: asyncssh.SFTPClient) -> bytes:
            body = bytearray()
            async for chunk in _chunks(client, self._place.path(name)):
                body += chunk
                if len(body) > at_most:
                    raise FileTooLarge
            return bytes(body)

        return self._done(fetched)

    def clear(self, name: str) -> None:
        """Take a file away."""

        async def cleared(client: asyncssh.SFTPClient) -> None:
            with suppress(asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
                await client.remove(self._place.path(name))

        self._done(cleared)

    def _done(self, act: Callable[[asyncssh.SFTPClient], Awaitable[ResultT]]) -> ResultT:
        async def within() -> ResultT:
            async with asyncio.timeout(self._limits.total_s), _session(self._place, self._limits) as client:
                return await act(client)

        try:
            return asyncio.run(within())
        except (asyncssh.Error, OSError, AddressRefused) as error:
            raise FolderUnreachable(_word(error)) from None


def _regular(attributes: asyncssh.SFTPAttrs) -> bool:
    return attributes.permissions is None or stat.S_ISREG(attributes.permissions)


async def _digest_of(client: asyncssh.SFTPClient, path: str) -> str:
    digest = hashlib.sha256()
    async for chunk in _chunks(client, path):
        digest.update(chunk)
    return digest.hexdigest()


async def _chunks(client: asyncssh.SFTPClient, path: str) -> AsyncIterator[bytes]:
    async with client.open(path, "rb") as stream:
        while True:
            chunk: Any = await stream.read(_CHUNK)
            if not chunk:
                return
            yield chunk


def _word(error: Exception) -> str:
    """Return what broke in a word of ours: a server's own text may hold anything."""
    words: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...] = (
        (asyncssh.HostKeyNotVerifiable, HOST_KEY),
        (asyncssh.PermissionDenied, AUTH),
        ((*_GONE, asyncssh.ConnectionLost, ConnectionResetError, BrokenPipeError), "reset"),
        (TimeoutError, "timeout"),
        (AddressRefused, "key_unreadable"),
    )
    named = next((word for kind, word in words if isinstance(error, kind)), None)
    if named is not None:
        return named
    return f"sftp:{error.code}" if isinstance(error, asyncssh.SFTPError) else "connect"
