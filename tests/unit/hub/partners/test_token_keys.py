"""The ring of token keys: published before it signs, published until its tokens are over."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.errors import RotationUnderWay
from hub.partners.keys import ANSWERS, CACHE_LIFE, KeyFile, TokenKeys

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=30)


def kids(ring: TokenKeys, at: datetime) -> list[str]:
    return [key["kid"] for key in ring.public(at)]


def test_a_fresh_ring_publishes_two_and_signs_with_the_first() -> None:
    ring = TokenKeys.fresh(NOW)
    assert kids(ring, NOW)[0] == ring.signing(NOW)["kid"]
    assert len(set(kids(ring, NOW))) == 2
    assert not any("d" in key or "published_at" in key for key in ring.public(NOW))


def test_the_next_key_was_published_before_it_signs() -> None:
    before = TokenKeys.fresh(NOW)
    after = before.rotated(LATER)
    assert after.signing(LATER)["kid"] == kids(before, NOW)[1]
    assert len(kids(after, LATER)) == 3
    assert len(kids(after, LATER + timedelta(minutes=6))) == 2


def test_a_key_published_a_moment_ago_waits_for_every_cache() -> None:
    soon = NOW + timedelta(seconds=5)
    ring = TokenKeys.fresh(NOW).rotated(soon)
    assert ring.signing(soon)["kid"] == ring.keys[0]["kid"]
    assert ring.signing(NOW + CACHE_LIFE)["kid"] == ring.keys[1]["kid"]
    with pytest.raises(RotationUnderWay):
        ring.rotated(soon)


def test_keys_that_are_over_leave_the_ring() -> None:
    ring = TokenKeys.fresh(NOW)
    for month in range(1, 5):
        ring = ring.rotated(NOW + timedelta(days=30 * month))
    assert len(ring.keys) == 3


def test_nonces_outlive_a_rotation_and_differ_from_ring_to_ring() -> None:
    ring = TokenKeys.fresh(NOW)
    assert ring.nonce_secrets()[0] in ring.rotated(LATER).nonce_secrets()
    assert set(ring.nonce_secrets()).isdisjoint(TokenKeys.fresh(NOW).nonce_secrets())


def test_a_file_that_is_replaced_is_read_again(tmp_path) -> None:
    path, first = tmp_path / "ring", TokenKeys.fresh(NOW)
    path.write_text(first.text())
    file = KeyFile(path)
    assert file.ring() == first
    second = first.rotated(LATER)
    (tmp_path / "new").write_text(second.text())
    (tmp_path / "new").replace(path)
    assert file.ring() == second


@pytest.mark.parametrize("text", ['{"keys": []}', '{"keys": [{}]}', '{"keys": [5]}', "[", '{"keys": [{"kty": "oct"}]}'])
def test_what_cannot_sign_is_no_ring(text: str) -> None:
    with pytest.raises(ValueError):
        TokenKeys.parse(text)


def test_what_an_operator_is_told_names_no_secret() -> None:
    ring = TokenKeys.fresh(NOW)
    told = ring.told(NOW)
    assert told[0].endswith(": signs")
    assert told[1].endswith(": waits its turn")
    assert not any(str(key["d"]) in " ".join(told) for key in ring.keys)


def test_a_key_of_answers_stays_published_until_the_last_of_them_is_over() -> None:
    ring = TokenKeys.fresh(NOW, ANSWERS)
    turned = ring.rotated(LATER)
    first, day = str(ring.keys[0]["kid"]), timedelta(days=1)
    assert first.startswith("answers-")
    assert first in {key["kid"] for key in turned.public(LATER + day)}
    assert first not in {key["kid"] for key in turned.public(LATER + day + CACHE_LIFE)}
    assert TokenKeys.parse(turned.text(), ANSWERS) == turned
