"""The digest finds a paper again within one holder only."""

import pickle
from pathlib import Path

import pytest

from vault.crypto.digest import DuplicateKey
from vault.crypto.errors import KeyFileMalformed, KeyFileMissing, KeyFileUnsafe

PAPER, SALT = b"\x01" * 32, b"\x02" * 32


def test_same_paper_of_the_same_holder_is_found_after_a_restart(tmp_path: Path) -> None:
    made = DuplicateKey.create(tmp_path / "duplicates.key")
    assert DuplicateKey.load(tmp_path / "duplicates.key").digest(SALT, PAPER) == made.digest(SALT, PAPER)
    assert len(made.digest(SALT, PAPER)) == 32


def test_another_paper_holder_or_key_gives_another_digest(tmp_path: Path) -> None:
    key, other = DuplicateKey.create(tmp_path / "one"), DuplicateKey.create(tmp_path / "two")
    digests = {key.digest(SALT, PAPER), key.digest(SALT, SALT), key.digest(PAPER, PAPER), other.digest(SALT, PAPER)}
    assert len(digests) == 4


def test_key_file_must_be_there_private_and_whole(tmp_path: Path) -> None:
    path = tmp_path / "duplicates.key"
    with pytest.raises(KeyFileMissing):
        DuplicateKey.load(path)
    DuplicateKey.create(path)
    path.chmod(0o644)
    with pytest.raises(KeyFileUnsafe, match="0644"):
        DuplicateKey.load(path)
    path.chmod(0o600)
    path.write_bytes(b"short")
    with pytest.raises(KeyFileMalformed):
        DuplicateKey.load(path)


def test_key_shows_and_pickles_nothing(tmp_path: Path) -> None:
    key = DuplicateKey.create(tmp_path / "duplicates.key")
    assert repr(key) == "<DuplicateKey>"
    with pytest.raises(TypeError):
        pickle.dumps(key)
