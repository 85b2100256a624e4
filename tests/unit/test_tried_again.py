"""A run of all tests tries a failed one once more, says so, and fails when that is needed too often."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.tried_again import AT_MOST

CONFTEST = "from tests.tried_again import pytest_sessionfinish, pytest_terminal_summary\n"
FAILS_ONCE = """
import pytest
from pathlib import Path

@pytest.mark.parametrize("n", range({times}))
def test_of_chance(n):
    seen = Path(__file__).with_name(f"seen-{{n}}")
    first = not seen.exists()
    seen.touch()
    assert not first, "the first try"
"""


def run(folder: Path, test: str) -> subprocess.CompletedProcess[str]:
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_it.py").write_text(test)
    command = [sys.executable, "-m", "pytest", "-q", "-n", "1", "--reruns", "1", "-o", "addopts=", "-o", "pythonpath="]
    here = Path(__file__).parents[2]
    return subprocess.run(
        [*command, "--rootdir", str(folder), str(folder)],
        cwd=folder,
        env={"PYTHONPATH": str(here), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(("times", "code"), [(1, 0), (AT_MOST, 0), (AT_MOST + 1, 1)])
def test_what_passes_at_its_second_try_is_told_and_counted(tmp_path, times, code):
    ran = run(tmp_path, FAILS_ONCE.format(times=times))
    assert ran.returncode == code, ran.stdout + ran.stderr
    assert f"tried twice: {times}, at most {AT_MOST}" in ran.stdout
    assert ran.stdout.count("AssertionError: the first try") >= times


def test_what_fails_twice_fails_the_run(tmp_path):
    ran = run(tmp_path, "def test_of_no_chance():\n    assert False\n")
    assert (ran.returncode, "1 failed" in ran.stdout) == (1, True)


def test_what_passes_at_once_is_not_spoken_of(tmp_path):
    ran = run(tmp_path, "def test_it():\n    assert True\n")
    assert (ran.returncode, "tried twice" in ran.stdout) == (0, False)
