"""Debian's programs that some tests need: where one is away they skip and say what was not run, or fail if all must run."""

import os
import shutil

import pytest


def debian(program: str, *, package: str) -> str:
    """Return where ``program`` is."""
    # A plain account often has no /usr/sbin on its path.
    found = shutil.which(program) or shutil.which(program, path="/usr/sbin")
    if found is not None:
        return found
    missing = f"not run: {program} is not installed (Debian: {package})"
    if os.environ.get("UNEFOIS_REQUIRE") == "all":  # noqa: TID251 - a switch of the test run, not of a process
        pytest.fail(missing)
    pytest.skip(missing)
