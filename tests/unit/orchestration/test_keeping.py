"""What is over is looked for soon, and whenever a new day begins in Paris."""

from datetime import UTC, datetime

import pytest

from orchestration.keeping import until_next_look


@pytest.mark.parametrize(
    ("now", "seconds"),
    [
        (datetime(2026, 11, 23, 9, tzinfo=UTC), 6 * 3600),
        (datetime(2026, 11, 23, 22, 50, tzinfo=UTC), 11 * 60),
        (datetime(2026, 7, 1, 21, 59, tzinfo=UTC), 2 * 60),
        (datetime(2026, 10, 24, 21, 0, tzinfo=UTC), 3600 + 60),
        (datetime(2026, 10, 25, 21, 0, tzinfo=UTC), 2 * 3600 + 60),
    ],
    ids=["by day", "before midnight in winter", "before midnight in summer", "the night of 25 hours", "its evening"],
)
def test_the_next_look_is_soon_and_after_midnight_in_paris(now: datetime, seconds: int) -> None:
    assert until_next_look(now) == seconds
