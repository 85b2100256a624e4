"""The partners' door dies with a release written down and none of its bytes sent: it is told, and asked for again."""

from tests.faults import partners


def test_a_release_whose_bytes_never_left_is_in_doubt_and_the_next_fetch_has_it_whole(running):
    came = partners.release(running, (partners.between_entry_and_bytes,))
    assert came.verdict.holds, came.verdict
    assert came.in_doubt >= 1
