"""The master key as two files, public and private, for one machine; production keeps it in a key service instead."""

from pathlib import Path

from vault.crypto.errors import KeyFileMalformed, KeyRightMissing
from vault.crypto.key_files import (
    read_public_file,
    read_secret_file,
    replace_public_file,
    replace_secret_file,
    write_public_file,
    write_secret_file,
)
from vault.crypto.keyring import KeyState
from vault.crypto.memory import MemoryMasterKey
from vault.crypto.primitives import (
    HybridPair,
    new_hybrid_pair,
    opens_for,
    opens_with_several,
    private_from_json,
    private_to_json,
    public_from_json,
    public_to_json,
    with_fresh_primary,
    with_primary_only,
)

PUBLIC_NAME = "master.public.json"
PRIVATE_NAME = "master.private.json"
_GONE = (0, 0)


def create(folder: Path) -> None:
    """Make a fresh master key in ``folder``: both files, the private one 0600.

    Raises :class:`~vault.crypto.errors.KeyFileExists` rather than overwrite either.
    """
    pair = new_hybrid_pair()
    write_secret_file(folder / PRIVATE_NAME, private_to_json(pair.private).encode())
    write_public_file(folder / PUBLIC_NAME, public_to_json(pair.public).encode())


class LocalMasterKey:
    """A master key in its files, which are read again when they change: a rotation asks no process to start anew."""

    def __init__(self, public_path: Path, private_path: Path | None) -> None:
        self._paths = (public_path, private_path)
        self._seen = self._marks()
        self._key = _load(public_path, private_path)

    @classmethod
    def load(cls, public_path: Path, private_path: Path | None = None) -> "LocalMasterKey":
        """Load the right to wrap, and with ``private_path`` the right to unwrap.

        Raises :class:`~vault.crypto.errors.KeyFileMissing`, :class:`~vault.crypto.errors.KeyFileUnsafe` for a private
        file that others can read, and :class:`~vault.crypto.errors.KeyFileMalformed` for anything else than a keyset,
        a private keyset in the public place, or two files that do not belong together.
        """
        return cls(public_path, private_path)

    def wrap(self, secret: bytes, context: bytes) -> bytes:
        """See :meth:`vault.crypto.keyring.MasterKey.wrap`."""
        return self._fresh().wrap(secret, context)

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """See :meth:`vault.crypto.keyring.MasterKey.unwrap`."""
        return self._fresh().unwrap(wrapped, context)

    def state(self) -> KeyState:
        """See :meth:`vault.crypto.keyring.MasterKey.state`."""
        return KeyState.READY if self._paths[0].is_file() else KeyState.AWAY

    def begin(self) -> None:
        """See :meth:`vault.crypto.keyring.RotatingMasterKey.begin`."""
        pair = self._pair()
        if not opens_with_several(pair.private):
            pair = with_fresh_primary(pair.private)
        self._write(pair)

    def newest_prefix(self) -> bytes:
        """See :meth:`vault.crypto.keyring.RotatingMasterKey.newest_prefix`."""
        return self._fresh().newest_prefix()

    def retire(self) -> None:
        """See :meth:`vault.crypto.keyring.RotatingMasterKey.retire`."""
        self._write(with_primary_only(self._pair().private))

    def _fresh(self) -> MemoryMasterKey:
        # Both values are replaced whole, so that threads beside this one see the old key or the new one.
        marks = self._marks()
        # A file that is gone is no rotation: what was read of it still serves.
        if marks != self._seen and _GONE not in marks:
            self._key = _load(*self._paths)
            self._seen = marks
        return self._key

    def _marks(self) -> tuple[tuple[int, int] | None, ...]:
        return tuple(None if path is None else _mark(path) for path in self._paths)

    def _pair(self) -> HybridPair:
        private = self._paths[1]
        if private is None:
            raise KeyRightMissing
        return private_from_json(_text(private, read_secret_file(private)))

    def _write(self, pair: HybridPair) -> None:
        # Who opens must know a new version before anyone wraps under it.
        public, private = self._paths
        if private is None:
            raise KeyRightMissing
        replace_secret_file(private, private_to_json(pair.private).encode())
        replace_public_file(public, public_to_json(pair.public).encode())


def _load(public_path: Path, private_path: Path | None) -> MemoryMasterKey:
    public = public_from_json(_text(public_path, read_public_file(public_path)))
    if private_path is None:
        return MemoryMasterKey(public, None)
    pair = private_from_json(_text(private_path, read_secret_file(private_path)))
    # In the middle of a rotation the public file still holds an older version, which must open too.
    if pair.public != public and not opens_for(pair.private, public):
        raise KeyFileMalformed(f"{public_path.name} and {private_path.name} are not one pair")
    return MemoryMasterKey(public, pair.private)


def _mark(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except FileNotFoundError:
        return _GONE
    return found.st_ino, found.st_mtime_ns


def _text(path: Path, content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise KeyFileMalformed(f"{path.name} holds no key") from None
