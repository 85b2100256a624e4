"""One suite for every implementation of the master key, then what is particular to key files."""

from pathlib import Path

import pytest

from tests.unit.vault.crypto.bao import Bao
from vault.crypto.errors import (
    KeyFileExists,
    KeyFileMalformed,
    KeyFileMissing,
    KeyFileUnsafe,
    KeyRefused,
    KeyRightMissing,
)
from vault.crypto.keyring import KeyState, MasterKey, RotatingMasterKey
from vault.crypto.local import PRIVATE_NAME, PUBLIC_NAME, LocalMasterKey, create
from vault.crypto.memory import MemoryMasterKey

Pair = tuple[RotatingMasterKey, MasterKey]


def local_pair(folder: Path) -> Pair:
    """Return one key from files, with both rights and with the right to wrap only."""
    create(folder)
    public = folder / PUBLIC_NAME
    return LocalMasterKey.load(public, folder / PRIVATE_NAME), LocalMasterKey.load(public)


def memory_pair(_: Path) -> Pair:
    """Return one key in memory, with both rights and with the right to wrap only."""
    master = MemoryMasterKey.generate()
    return master, master.wrap_only()


@pytest.fixture(params=["memory", "local", "openbao"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Pair:
    """Return the key with both rights, and the same with the right to wrap, of every implementation."""
    if request.param == "openbao":
        bao: Bao = request.getfixturevalue("bao")
        return bao.master("rotation"), bao.master("door")
    return {"memory": memory_pair, "local": local_pair}[request.param](tmp_path)


def test_what_a_wrapping_process_wraps_another_unwraps(pair: Pair) -> None:
    both, wraps = pair
    assert both.unwrap(wraps.wrap(b"secret", b"context"), b"context") == b"secret"
    assert wraps.wrap(b"secret", b"context") != wraps.wrap(b"secret", b"context")


def test_wrapping_process_cannot_unwrap(pair: Pair) -> None:
    both, wraps = pair
    with pytest.raises(KeyRightMissing):
        wraps.unwrap(both.wrap(b"secret", b"context"), b"context")


def test_other_context_changed_byte_or_nonsense_is_refused(pair: Pair) -> None:
    both, wraps = pair
    wrapped = wraps.wrap(b"secret", b"context")
    changed = wrapped[:-1] + bytes([wrapped[-1] ^ 1])
    for bad, context in ((wrapped, b"other"), (changed, b"context"), (b"", b"context"), (wrapped[:20], b"context")):
        with pytest.raises(KeyRefused):
            both.unwrap(bad, context)


def test_other_key_is_refused(pair: Pair) -> None:
    with pytest.raises(KeyRefused):
        pair[0].unwrap(MemoryMasterKey.generate().wrap(b"secret", b"context"), b"context")


def test_both_say_that_they_are_ready(pair: Pair) -> None:
    assert [key.state() for key in pair] == [KeyState.READY, KeyState.READY]


def test_new_version_wraps_at_once_and_the_older_opens_until_it_is_retired(pair: Pair) -> None:
    both, wraps = pair
    old = wraps.wrap(b"secret", b"context")
    both.begin()
    wraps = wraps if not isinstance(both, MemoryMasterKey) else both.wrap_only()
    new = wraps.wrap(b"secret", b"context")
    assert new.startswith(both.newest_prefix())
    assert not old.startswith(both.newest_prefix())
    assert both.unwrap(old, b"context") == both.unwrap(new, b"context") == b"secret"
    both.retire()
    assert both.unwrap(new, b"context") == b"secret"
    with pytest.raises(KeyRefused):
        both.unwrap(old, b"context")


def test_unfinished_rotation_is_taken_up_again_and_a_finished_one_is_not(pair: Pair) -> None:
    both, _ = pair
    both.begin()
    begun = both.newest_prefix()
    both.begin()
    assert both.newest_prefix() == begun
    both.retire()
    both.begin()
    assert both.newest_prefix() != begun
    both.retire()


def test_who_only_wraps_rotates_nothing(pair: Pair) -> None:
    _, wraps = pair
    for act in (wraps.begin, wraps.retire):  # type: ignore[attr-defined]  # every implementation has them
        with pytest.raises(KeyRightMissing):
            act()


def test_process_with_the_private_half_sees_a_new_version_without_starting_anew(tmp_path: Path) -> None:
    both, wraps = local_pair(tmp_path)
    reader = LocalMasterKey.load(tmp_path / PUBLIC_NAME, tmp_path / PRIVATE_NAME)
    both.begin()
    assert reader.unwrap(wraps.wrap(b"secret", b""), b"") == b"secret"
    assert (tmp_path / PRIVATE_NAME).stat().st_mode & 0o777 == 0o600


def test_rotation_that_died_between_the_two_files_is_taken_up_again(tmp_path: Path) -> None:
    both, wraps = local_pair(tmp_path)
    before = (tmp_path / PUBLIC_NAME).read_bytes()
    both.begin()
    (tmp_path / PUBLIC_NAME).write_bytes(before)
    late = wraps.wrap(b"secret", b"")
    again = LocalMasterKey.load(tmp_path / PUBLIC_NAME, tmp_path / PRIVATE_NAME)
    assert again.unwrap(late, b"") == b"secret"
    again.begin()
    assert wraps.wrap(b"secret", b"").startswith(again.newest_prefix())


def test_files_have_their_modes_and_are_never_overwritten(tmp_path: Path) -> None:
    create(tmp_path)
    before = (tmp_path / PRIVATE_NAME).read_bytes()
    assert (tmp_path / PRIVATE_NAME).stat().st_mode & 0o777 == 0o600
    assert b"HpkePrivateKey" not in (tmp_path / PUBLIC_NAME).read_bytes()
    with pytest.raises(KeyFileExists):
        create(tmp_path)
    assert (tmp_path / PRIVATE_NAME).read_bytes() == before


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o610, 0o700 | 0o001])
def test_private_file_open_to_others_is_refused_naming_its_mode(tmp_path: Path, mode: int) -> None:
    create(tmp_path)
    (tmp_path / PRIVATE_NAME).chmod(mode)
    with pytest.raises(KeyFileUnsafe, match=f"{PRIVATE_NAME} has mode {mode:04o}"):
        LocalMasterKey.load(tmp_path / PUBLIC_NAME, tmp_path / PRIVATE_NAME)


def test_private_file_behind_a_link_is_refused(tmp_path: Path) -> None:
    create(tmp_path)
    (tmp_path / "link").symlink_to(tmp_path / PRIVATE_NAME)
    with pytest.raises(KeyFileUnsafe, match="link"):
        LocalMasterKey.load(tmp_path / PUBLIC_NAME, tmp_path / "link")


def test_files_that_are_missing_foreign_or_mixed_up_are_refused(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        create(tmp_path / name)
    public, private = tmp_path / "one" / PUBLIC_NAME, tmp_path / "one" / PRIVATE_NAME
    with pytest.raises(KeyFileMissing):
        LocalMasterKey.load(tmp_path / "nothing")
    with pytest.raises(KeyFileMissing):
        LocalMasterKey.load(public, tmp_path / "nothing")
    with pytest.raises(KeyFileMalformed):
        LocalMasterKey.load(private)
    with pytest.raises(KeyFileMalformed, match="not one pair"):
        LocalMasterKey.load(tmp_path / "two" / PUBLIC_NAME, private)


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\xfe", b"nonsense"])
def test_file_that_holds_no_key_is_refused(tmp_path: Path, content: bytes) -> None:
    create(tmp_path)
    (tmp_path / PRIVATE_NAME).write_bytes(content)
    with pytest.raises(KeyFileMalformed):
        LocalMasterKey.load(tmp_path / PUBLIC_NAME, tmp_path / PRIVATE_NAME)
