"""The master key as two files, public and private, for one machine; production keeps it in a key service instead."""

from pathlib import Path

from vault.crypto.errors import KeyFileMalformed
from vault.crypto.key_files import read_public_file, read_secret_file, write_public_file, write_secret_file
from vault.crypto.memory import MemoryMasterKey
from vault.crypto.primitives import (
    new_hybrid_pair,
    private_from_json,
    private_to_json,
    public_from_json,
    public_to_json,
)

PUBLIC_NAME = "master.public.json"
PRIVATE_NAME = "master.private.json"


def create(folder: Path) -> None:
    """Make a fresh master key in ``folder``: both files, the private one 0600.

    Raises :class:`~vault.crypto.errors.KeyFileExists` rather than overwrite either.
    """
    pair = new_hybrid_pair()
    write_secret_file(folder / PRIVATE_NAME, private_to_json(pair.private).encode())
    write_public_file(folder / PUBLIC_NAME, public_to_json(pair.public).encode())


class LocalMasterKey(MemoryMasterKey):
    """A master key loaded from its files."""

    @classmethod
    def load(cls, public_path: Path, private_path: Path | None = None) -> "LocalMasterKey":
        """Load the right to wrap, and with ``private_path`` the right to unwrap.

        Raises :class:`~vault.crypto.errors.KeyFileMissing`, :class:`~vault.crypto.errors.KeyFileUnsafe` for a private
        file that others can read, and :class:`~vault.crypto.errors.KeyFileMalformed` for anything else than a keyset,
        a private keyset in the public place, or two files that are not one pair.
        """
        public = public_from_json(_text(public_path, read_public_file(public_path)))
        if private_path is None:
            return cls(public, None)
        pair = private_from_json(_text(private_path, read_secret_file(private_path)))
        if pair.public != public:
            raise KeyFileMalformed(f"{public_path.name} and {private_path.name} are not one pair")
        return cls(public, pair.private)


def _text(path: Path, content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise KeyFileMalformed(f"{path.name} holds no key") from None
