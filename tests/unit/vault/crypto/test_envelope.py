"""An object opens whole and as what it was sealed as, or not at all."""

import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vault.crypto.envelope import (
    COMMITMENT_LENGTH,
    WHOLE_LIMIT,
    DataKey,
    Sealer,
    ciphertext_length,
    open_stream,
    open_verified,
    open_whole,
    seal_stream,
)
from vault.crypto.errors import SealBroken
from vault.crypto.primitives import new_hybrid_pair, new_stream_keyset

FIRST, SEGMENT = 4040, 4080
BORDERS = st.builds(
    lambda segments, offset: max(0, FIRST + segments * SEGMENT + offset), st.integers(0, 5), st.integers(-3, 3)
)


class InterruptedStoreError(Exception):
    """The store broke off."""


@dataclass(frozen=True)
class Sealed:
    """A sealed object and what must be known to open it."""

    ciphertext: bytes
    key: DataKey
    known: dict[str, Any]


def seal(plaintext: bytes, custody_id: UUID | None = None, chunk: int = 1000) -> Sealed:
    """Seal ``plaintext`` in chunks."""
    identifier = custody_id or uuid4()
    sealer = seal_stream(identifier, 1)
    parts = [sealer.update(plaintext[start : start + chunk]) for start in range(0, len(plaintext), chunk)]
    ciphertext = b"".join([*parts, sealer.finish()])
    known = {"custody_id": identifier, "version": 1, "expected_commitment": sealer.commitment}
    return Sealed(ciphertext, sealer.data_key, known | {"expected_length": sealer.plaintext_length})


def text(length: int) -> bytes:
    """Return ``length`` bytes of a made-up paper."""
    return (b"Avis de paiement fictif. " * (length // 25 + 1))[:length]


def pieces(data: bytes, size: int = 700) -> Iterator[bytes]:
    """Return ``data`` as a store might send it, empty chunks among them."""
    for start in range(0, len(data), size):
        yield data[start : start + size]
        yield b""


@settings(max_examples=60)
@given(BORDERS | st.integers(0, 20_000), st.integers(1, 9000))
def test_length_formula_is_exact_and_the_object_opens(length: int, chunk: int) -> None:
    sealed = seal(text(length), chunk=chunk)
    assert len(sealed.ciphertext) == ciphertext_length(length)
    assert open_whole(sealed.ciphertext, sealed.key, **sealed.known) == text(length)
    assert b"".join(open_stream(pieces(sealed.ciphertext, chunk), sealed.key, **sealed.known)) == text(length)


def test_negative_length_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        ciphertext_length(-1)


def test_ciphertext_is_ready_while_the_text_still_comes() -> None:
    sealer = seal_stream(uuid4(), 1)
    ready = [len(sealer.update(text(50_000))) for _ in range(100)]
    held_back = ciphertext_length(5_000_000) - sum(ready)
    assert held_back < 200_000
    assert max(ready) < 200_000


@settings(max_examples=80)
@given(st.integers(1, 13_000), st.data())
def test_every_changed_bit_is_noticed(length: int, data: st.DataObject) -> None:
    sealed = seal(text(length))
    place = data.draw(st.integers(0, len(sealed.ciphertext) - 1))
    changed = bytearray(sealed.ciphertext)
    changed[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(SealBroken):
        open_whole(bytes(changed), sealed.key, **sealed.known)


@pytest.mark.parametrize("length", [0, 1, FIRST, FIRST + 1, 20_000])
@pytest.mark.parametrize("cut", [1, 16, 40, 4096])
def test_cut_or_lengthened_object_is_noticed(length: int, cut: int) -> None:
    sealed = seal(text(length))
    for wrong in (sealed.ciphertext[:-cut], sealed.ciphertext + bytes(cut), b""):
        with pytest.raises(SealBroken):
            open_whole(wrong, sealed.key, **sealed.known)
        with pytest.raises(SealBroken):
            list(open_stream(pieces(wrong), sealed.key, **sealed.known))


def test_swapped_segments_are_noticed() -> None:
    sealed = seal(text(20_000))
    first, second, third = (sealed.ciphertext[start : start + 4096] for start in (0, 4096, 8192))
    swapped = first + third + second + sealed.ciphertext[12_288:]
    with pytest.raises(SealBroken):
        open_whole(swapped, sealed.key, **sealed.known)


CHANGES = {"custody_id": uuid4(), "version": 2, "expected_length": 4999, "expected_commitment": bytes(64)}


@pytest.mark.parametrize("name", CHANGES)
def test_object_of_another_record_version_length_or_commitment_is_refused(name: str) -> None:
    sealed = seal(text(5000))
    with pytest.raises(SealBroken):
        open_whole(sealed.ciphertext, sealed.key, **(sealed.known | {name: CHANGES[name]}))


@pytest.mark.parametrize("half", [slice(0, 32), slice(32, 64)])
def test_both_halves_of_the_commitment_count(half: slice) -> None:
    sealed = seal(text(5000))
    changed = bytearray(sealed.known["expected_commitment"])
    assert len(changed) == COMMITMENT_LENGTH
    changed[half] = bytes(32)
    with pytest.raises(SealBroken):
        open_whole(sealed.ciphertext, sealed.key, **(sealed.known | {"expected_commitment": bytes(changed)}))


def test_wrong_key_is_refused_before_the_first_byte_is_fetched() -> None:
    sealed, other = seal(text(9000)), seal(text(9000))
    source = pieces(sealed.ciphertext)
    with pytest.raises(SealBroken):
        next(open_stream(source, other.key, **sealed.known))
    assert next(source) == sealed.ciphertext[:700]


def test_key_of_another_kind_or_a_set_of_two_keys_is_refused() -> None:
    sealed = seal(text(10))
    two = new_stream_keyset() + sealed.key.reveal()
    for keyset in (new_hybrid_pair().private, b"", b"nonsense", two):
        with pytest.raises(SealBroken):
            open_whole(sealed.ciphertext, DataKey(keyset), **sealed.known)


def test_error_of_the_store_is_not_called_a_broken_seal() -> None:
    def broken() -> Iterator[bytes]:
        yield sealed.ciphertext[:5000]
        raise InterruptedStoreError

    sealed = seal(text(20_000))
    with pytest.raises(InterruptedStoreError):
        list(open_stream(broken(), sealed.key, **sealed.known))


def test_large_object_is_read_twice_and_nothing_leaves_before_it_was_verified() -> None:
    sealed = seal(text(WHOLE_LIMIT + 1), chunk=1 << 20)
    calls: list[int] = []

    def fetch() -> Iterator[bytes]:
        calls.append(1)
        return pieces(sealed.ciphertext, 1 << 16)

    assert b"".join(open_verified(fetch, sealed.key, **sealed.known)) == text(WHOLE_LIMIT + 1)
    assert len(calls) == 2


@pytest.mark.parametrize("length", [5000, WHOLE_LIMIT + 1])
def test_fault_in_the_last_byte_lets_nothing_out(length: int) -> None:
    sealed = seal(text(length), chunk=1 << 20)
    changed = sealed.ciphertext[:-1] + bytes([sealed.ciphertext[-1] ^ 1])
    with pytest.raises(SealBroken):
        next(open_verified(lambda: pieces(changed, 1 << 16), sealed.key, **sealed.known))


def test_store_that_lies_in_the_second_pass_is_cut_off() -> None:
    sealed = seal(text(WHOLE_LIMIT + 1), chunk=1 << 20)
    answers = [sealed.ciphertext, sealed.ciphertext[:-1]]
    with pytest.raises(SealBroken):
        list(open_verified(lambda: pieces(answers.pop(0), 1 << 16), sealed.key, **sealed.known))


def test_equal_papers_have_nothing_in_common() -> None:
    one, other = seal(text(5000)), seal(text(5000))
    assert one.ciphertext != other.ciphertext
    assert one.known["expected_commitment"] != other.known["expected_commitment"]


def test_key_shows_and_pickles_nothing() -> None:
    key = seal(b"x").key
    assert repr(key) == str(key) == "<DataKey>"
    with pytest.raises(TypeError):
        pickle.dumps(key)


@pytest.mark.parametrize("name", ["data_key", "commitment", "plaintext_sha256", "plaintext_length"])
def test_unfinished_seal_tells_nothing(name: str) -> None:
    sealer: Sealer = seal_stream(uuid4(), 1)
    sealer.update(b"abc")
    with pytest.raises(ValueError, match="not finished"):
        getattr(sealer, name)
