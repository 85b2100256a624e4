"""The state folder and its secrets."""

import stat
from pathlib import Path

import pytest

from orchestration.stack.errors import BadName, StateFolderUnusable
from orchestration.stack.layout import Layout


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_folders_are_closed_and_the_parent_is_left_alone(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    layout = Layout(tmp_path / ".unefois")
    layout.create()
    assert _mode(tmp_path) == 0o755
    assert {_mode(path) for path in (layout.state, *layout.state.iterdir())} == {0o700}


def test_an_open_state_folder_is_closed_again(tmp_path: Path) -> None:
    layout = Layout(tmp_path / ".unefois")
    layout.create()
    layout.state.chmod(0o755)
    layout.create()
    assert _mode(layout.state) == 0o700


def test_a_secret_is_made_once_and_is_for_the_owner_only(tmp_path: Path) -> None:
    layout = Layout(tmp_path / ".unefois")
    layout.create()
    first = layout.secret("door")
    assert first == layout.secret("door") != layout.secret("release")
    assert len(first) >= 43
    assert _mode(layout.secrets / "door") == 0o600


@pytest.mark.parametrize("name", ["", "..", "../door", "a/b", "Door", ".door", "a" * 65])
def test_a_name_that_is_a_path_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadName):
        Layout(tmp_path).secret(name)


def test_a_link_is_no_state_folder(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / ".unefois").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StateFolderUnusable):
        Layout(tmp_path / ".unefois").create()


def test_a_missing_parent_is_told_in_words(tmp_path: Path) -> None:
    with pytest.raises(StateFolderUnusable, match="cannot be made"):
        Layout(tmp_path / "absent" / ".unefois").create()
