"""Four workers and a restart together stay below what a partner allows; ``make faults`` takes longer than a minute."""

import pytest

from tests.faults.limits import Counted, ask_for


def test_what_passes_a_limit_is_seen():
    crowded = Counted([(number / 30, "a") for number in range(30)])
    assert (crowded.most_a_second, crowded.holds) == (30, False)
    spread = Counted([(number * 0.05, "a") for number in range(40)])
    assert (spread.most_a_second, spread.holds) == (20, True)
    many = Counted([(number * 0.055, str(number)) for number in range(1001)])
    assert (many.most_a_minute, many.holds) == (1001, False)


@pytest.mark.slow
def test_no_limit_is_passed_by_four_workers_and_a_restart():
    counted = ask_for(6)
    assert counted.holds
    assert len(counted.tokens) > 1
