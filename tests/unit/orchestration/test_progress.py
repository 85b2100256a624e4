"""Who waits at a terminal sees how far long work is; a log sees nothing of it."""

from io import StringIO

import pytest
from rich.console import Console

from orchestration.progress import progress


@pytest.mark.parametrize("terminal", [True, False])
def test_a_bar_is_drawn_on_a_terminal_alone(terminal: bool) -> None:
    shown = StringIO()
    with progress("documents checked", Console(file=shown, force_terminal=terminal, width=80)) as tell:
        tell(3, 7)
    assert ("3/7" in shown.getvalue()) is terminal
