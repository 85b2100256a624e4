"""The tree against a naive reading of RFC 9162, and its proofs against every change of one byte or one number."""

import hashlib
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vault.journal.tree import (
    EMPTY_ROOT,
    Coordinate,
    Frontier,
    consistency_spans,
    coordinates,
    hash_spans,
    inclusion_spans,
    is_consistent,
    leaf_hash,
    peaks,
    root_from_inclusion,
    root_from_peaks,
)

SIZES = st.integers(1, 130)


def leaves(size: int) -> list[bytes]:
    """Return the hashes of ``size`` different leaves."""
    return [leaf_hash(str(number).encode()) for number in range(size)]


def oracle(hashes: list[bytes]) -> bytes:
    """MTH of RFC 9162 2.1.1, word for word."""
    if not hashes:
        return hashlib.sha256().digest()
    if len(hashes) == 1:
        return hashes[0]
    half = 1
    while half * 2 < len(hashes):
        half *= 2
    return hashlib.sha256(b"\x01" + oracle(hashes[:half]) + oracle(hashes[half:])).digest()


def oracle_path(index: int, hashes: list[bytes]) -> list[bytes]:
    """PATH of RFC 9162 2.1.3.1, word for word."""
    if len(hashes) == 1:
        return []
    half = 1
    while half * 2 < len(hashes):
        half *= 2
    if index < half:
        return [*oracle_path(index, hashes[:half]), oracle(hashes[half:])]
    return [*oracle_path(index - half, hashes[half:]), oracle(hashes[:half])]


def oracle_subproof(size: int, hashes: list[bytes], *, whole: bool) -> list[bytes]:
    """SUBPROOF of RFC 9162 2.1.4.1, word for word."""
    if size == len(hashes):
        return [] if whole else [oracle(hashes)]
    half = 1
    while half * 2 < len(hashes):
        half *= 2
    if size <= half:
        return [*oracle_subproof(size, hashes[:half], whole=whole), oracle(hashes[half:])]
    return [*oracle_subproof(size - half, hashes[half:], whole=False), oracle(hashes[:half])]


def grown(size: int) -> tuple[Frontier, dict[Coordinate, bytes]]:
    """Return the frontier and all complete subtrees of a tree grown leaf by leaf."""
    frontier, stored = Frontier(), {}
    for number, one in enumerate(leaves(size)):
        stored[0, number] = one
        stored |= dict(frontier.append(one))
    return frontier, stored


def test_published_roots_of_the_empty_tree_and_of_one_empty_leaf() -> None:
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert Frontier().root() == EMPTY_ROOT


@given(SIZES)
def test_grown_root_is_the_root_of_the_definition(size: int) -> None:
    frontier, stored = grown(size)
    assert frontier.root() == oracle(leaves(size))
    assert root_from_peaks([stored[peak] for peak in peaks(size)]) == frontier.root()


@given(SIZES)
def test_every_complete_subtree_is_stored_once_with_its_own_hash(size: int) -> None:
    _, stored = grown(size)
    for (level, index), one in stored.items():
        assert one == oracle(leaves(size)[index << level : (index + 1) << level])
    assert len(stored) == sum(size >> level for level in range(size.bit_length()))


@given(SIZES, st.data())
def test_inclusion_proof_is_that_of_the_definition_and_verifies(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    _, stored = grown(size)
    spans = inclusion_spans(index, size)
    proof = hash_spans(spans, stored)
    assert coordinates(spans) <= set(stored)
    assert proof == oracle_path(index, leaves(size))
    assert root_from_inclusion(leaves(size)[index], index, size, proof) == oracle(leaves(size))


@given(SIZES, st.data())
def test_consistency_proof_is_that_of_the_definition_and_verifies(second: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(1, second))
    _, stored = grown(second)
    proof = hash_spans(consistency_spans(first, second), stored)
    assert proof == oracle_subproof(first, leaves(second), whole=True)
    roots = (oracle(leaves(first)), oracle(leaves(second)))
    assert is_consistent(first, second, roots, proof)


@settings(max_examples=60)
@given(st.integers(2, 60), st.data())
def test_altered_inclusion_proof_leads_elsewhere(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = oracle_path(index, leaves(size))
    root, leaf = oracle(leaves(size)), leaves(size)[index]
    place = data.draw(st.integers(0, len(proof) - 1))
    changed = [*proof[:place], bytes(32), *proof[place + 1 :]]
    for wrong in (changed, proof[:-1], [*proof, bytes(32)], proof[1:]):
        assert root_from_inclusion(leaf, index, size, wrong) != root
    others = [number for number in range(-1, size + 1) if number != index]
    assert all(root_from_inclusion(leaf, number, size, proof) != root for number in others)


@settings(max_examples=60)
@given(st.integers(2, 60), st.data())
def test_altered_consistency_proof_is_refused(second: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(1, second - 1))
    proof = oracle_subproof(first, leaves(second), whole=True)
    roots = (oracle(leaves(first)), oracle(leaves(second)))
    place = data.draw(st.integers(0, len(proof) - 1))
    changed = [*proof[:place], bytes(32), *proof[place + 1 :]]
    for wrong in (changed, proof[:-1], [*proof, bytes(32)]):
        assert not is_consistent(first, second, roots, wrong)
    assert not is_consistent(first, second, (roots[1], roots[0]), proof)
    assert not is_consistent(first, second, (bytes(32), roots[1]), proof)


def test_edges_that_have_no_proof() -> None:
    root = oracle(leaves(3))
    assert is_consistent(3, 3, (root, root), [])
    assert not is_consistent(3, 3, (root, root), [root])
    assert not is_consistent(0, 3, (EMPTY_ROOT, root), [])
    assert not is_consistent(4, 3, (root, root), [])
    for bad in ((3, 3), (-1, 3), (0, 0)):
        with pytest.raises(ValueError, match="no such leaf"):
            inclusion_spans(*bad)
    with pytest.raises(ValueError, match="consistency"):
        consistency_spans(0, 3)


@given(st.lists(st.integers(1, 12), min_size=2, max_size=5))
def test_batches_of_any_size_grow_the_same_tree(batches: list[int]) -> None:
    frontier = Frontier()
    stored: dict[Coordinate, bytes] = {}
    sizes = [sum(batches[: number + 1]) for number in range(len(batches))]
    for start, end in pairwise([0, *sizes]):
        resumed = Frontier(start, [stored[peak] for peak in peaks(start)])
        for number in range(start, end):
            stored[0, number] = leaves(end)[number]
            stored |= dict(resumed.append(leaves(end)[number]))
        frontier = resumed
    assert frontier.root() == oracle(leaves(sizes[-1]))
