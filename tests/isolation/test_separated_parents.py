"""Whatever one parent does in their own home, every route answers the other as if nothing had happened."""

import os
from datetime import datetime

import pytest
from hypothesis import HealthCheck, Phase, assume, example, given, settings
from hypothesis import strategies as st

from contracts.calendar import PARIS
from tests.isolation.acts import ACTS, Act, Turn, enrol_at_school
from tests.isolation.two_homes import CHANGING, World, at_rest, home_of, own_pages, partners_rest, sweep, world

EXAMPLES = int(os.environ.get("UNEFOIS_EXAMPLES", "0"))  # noqa: TID251 - how long the test run looks, not a process
FIRST, SECOND = "first", "second"
TURNS = st.lists(
    st.tuples(st.sampled_from((FIRST, FIRST, SECOND)), st.sampled_from(ACTS), st.integers(0, 40)),
    min_size=4,
    max_size=9,
)
EVERYTHING = [(who, act, 5) for act in ACTS for who in (FIRST, SECOND)]
"""Everything each of them can do; what has to be there first comes first."""


@pytest.fixture(scope="module")
def home(running):
    with home_of(running) as found:
        yield found


def play(pair: tuple[World, World], turns: list[tuple[str, Act, int]]) -> None:
    """Let each turn happen: the first parent's in one world only, the second's in both, whose answers are kept."""
    for who, act, number in turns:
        if who == FIRST:
            answer = act(Turn(pair[0].first, pair[0].child, number))
            if answer is not None:
                pair[0].tokens.update(CHANGING.findall(answer.headers.get("location", "")))
            continue
        for one in pair:
            at_rest(one.system)
            answer = act(Turn(one.second, one.child, number))
            if answer is not None:
                one.note(answer, act.__name__)


def assert_alike(pair: tuple[World, World]) -> None:
    """Check that both second parents were answered alike, one answer after the other."""
    assert [one.name for one in pair[0].seen] == [one.name for one in pair[1].seen]
    told = [mine.beside(theirs) for mine, theirs in zip(pair[0].seen, pair[1].seen, strict=True)]
    assert not any(told), "\n".join(one for one in told if one)


# To find the shortest way to a leak would take more time than to read the leak. Everything each of them can do is tried
# on every change, other turns by ``make prove``.
@pytest.mark.slow
@settings(
    max_examples=max(EXAMPLES, 1),
    phases=(Phase.explicit, Phase.reuse, Phase.generate) if EXAMPLES else (Phase.explicit,),
    suppress_health_check=list(HealthCheck),
)
@given(turns=TURNS, enrolled=st.booleans())
@example(turns=EVERYTHING, enrolled=True)
def test_what_one_parent_does_in_their_home_changes_no_answer_to_the_other(running, home, turns, enrolled):
    day = datetime.now(PARIS).date()
    pair = world(running, hidden=True), world(running, hidden=False)
    if enrolled:
        for one in pair:
            enrol_at_school(Turn(one.first, one.child, one.hidden))
    play(pair, turns)
    for one in pair:
        partners_rest(one)
    before = own_pages(home, pair[0].first)
    sweep(home, pair)
    assume(datetime.now(PARIS).date() == day)
    assert_alike(pair)
    # Nor does what the other tried change anything in the first home.
    assert own_pages(home, pair[0].first) == before
