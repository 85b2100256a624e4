"""Merkle tree hashing, inclusion and consistency proofs after RFC 9162 section 2.1; pure, knows no database."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

HASH_LENGTH = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
"""The root of a tree without leaves."""

Coordinate = tuple[int, int]
"""A complete subtree: ``(level, index)`` holds leaves ``index << level`` up to, without, ``(index + 1) << level``."""
Span = tuple[int, int]
"""Leaves from the first number up to, without, the second."""


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def peaks(size: int) -> list[Coordinate]:
    """Return the complete subtrees that make up a tree of ``size`` leaves, largest first."""
    return list(_cover((0, size)))


def root_from_peaks(hashes: Sequence[bytes]) -> bytes:
    """Return the root of the tree whose peaks have these ``hashes``, largest first."""
    if not hashes:
        return EMPTY_ROOT
    root = hashes[-1]
    for left in reversed(hashes[:-1]):
        root = node_hash(left, root)
    return root


@dataclass(slots=True)
class Frontier:
    """The right edge of a growing tree: all that is needed to go on appending."""

    size: int = 0
    hashes: list[bytes] = field(default_factory=list)

    def append(self, leaf: bytes) -> list[tuple[Coordinate, bytes]]:
        """Take the hash of the next leaf; return the inner subtrees it completes, smallest first."""
        completed = []
        current, index, level = leaf, self.size, 0
        while index & 1:
            current = node_hash(self.hashes.pop(), current)
            index >>= 1
            level += 1
            completed.append(((level, index), current))
        self.hashes.append(current)
        self.size += 1
        return completed

    def root(self) -> bytes:
        """Return the root over all leaves so far."""
        return root_from_peaks(self.hashes)


def inclusion_spans(index: int, size: int) -> list[Span]:
    """Return which spans of leaves the inclusion proof of leaf ``index`` names, from the leaf upwards (2.1.3.1).

    Raises :class:`ValueError` where the tree has no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError("no such leaf in a tree of this size")
    spans = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            spans.append((middle, end))
            end = middle
        else:
            spans.append((start, middle))
            start = middle
    return spans[::-1]


def consistency_spans(first: int, second: int) -> list[Span]:
    """Return which spans of leaves the consistency proof between two sizes names, in order (2.1.4.1).

    Raises :class:`ValueError` unless ``0 < first <= second``.
    """
    if not 0 < first <= second:
        raise ValueError("a consistency proof leads from a tree with leaves to one no smaller")
    spans = []
    start, end, whole = 0, second, True
    while first != end - start:
        middle = _split(end - start)
        if first <= middle:
            spans.append((start + middle, end))
            end = start + middle
        else:
            spans.append((start, start + middle))
            start, first, whole = start + middle, first - middle, False
    if not whole:
        spans.append((start, end))
    return spans[::-1]


def coordinates(spans: Sequence[Span]) -> set[Coordinate]:
    """Return the complete subtrees whose hashes are needed to hash ``spans``."""
    return {coordinate for span in spans for coordinate in _cover(span)}


def hash_spans(spans: Sequence[Span], hashes: Mapping[Coordinate, bytes]) -> list[bytes]:
    """Return the hash of each span; raises :class:`KeyError` where a subtree is not in ``hashes``."""
    return [root_from_peaks([hashes[coordinate] for coordinate in _cover(span)]) for span in spans]


def root_from_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes | None:
    """Return the root that ``proof`` leads to, or nothing where it cannot be one for this place (2.1.3.2)."""
    if not 0 <= index < size:
        return None
    place, last, root = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return None
        if place & 1 or place == last:
            root = node_hash(sibling, root)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        place, last = place >> 1, last >> 1
    return root if last == 0 else None


def is_consistent(first: int, second: int, roots: tuple[bytes, bytes], proof: Sequence[bytes]) -> bool:
    """Tell whether ``proof`` shows that the tree of ``second`` leaves only added to that of ``first`` (2.1.4.2)."""
    if not 0 < first <= second:
        return False
    if first == second:
        return not proof and roots[0] == roots[1]
    path = list(proof) if first & (first - 1) else [roots[0], *proof]
    if not path:
        return False
    place, last = first - 1, second - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and (old, new) == roots


def _split(size: int) -> int:
    """Return the largest power of two below ``size``."""
    return 1 << ((size - 1).bit_length() - 1)


def _cover(span: Span) -> Iterator[Coordinate]:
    # Every span of a proof begins at a multiple of the largest power of two that fits in it.
    start, end = span
    while start < end:
        level = (end - start).bit_length() - 1
        yield level, start >> level
        start += 1 << level
