"""What a run of all tests tried twice is told at its end, and too much of it fails the run (ADR 0063)."""

import pytest

AT_MOST = 3
"""How many tests of one run may need their second try."""


def _tried_again(config: pytest.Config) -> list[pytest.TestReport]:
    told = config.pluginmanager.get_plugin("terminalreporter")
    return [] if told is None else list(told.stats.get("rerun", ()))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run in which more tests than one may blame on a busy machine passed at their second try only."""
    if len(_tried_again(session.config)) > AT_MOST:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Show why each first try failed: it is a fault to be mended, in a test or in what it tests."""
    again = _tried_again(config)
    if not again:
        return
    terminalreporter.section(f"tried twice: {len(again)}, at most {AT_MOST}")
    for report in again:
        terminalreporter.write_line(report.nodeid, yellow=True)
        terminalreporter.write_line(report.longreprtext)
