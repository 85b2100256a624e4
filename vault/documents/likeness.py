"""Papers of one holder that look alike: a suggestion, made from what is sealed, never across holders and never acted on."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from sqlalchemy import delete, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Row

from contracts.documents import OPENABLE, EvidenceType
from contracts.identifiers import DocumentId
from contracts.readings import Field
from vault.crypto.holders import HolderKey, OpenedHolder, ValueContext, seal_value
from vault.db import WriteTx
from vault.documents.custody import Custody
from vault.documents.deposit import FIELDS
from vault.documents.tables import DOCUMENT, LIKENESS, READING

LOOKS = "reading.looks"
"""Place name of the sealed looks in a :class:`ValueContext`."""
SIDE = 16
"""Of the square of frequencies that a look keeps a sign of each."""
ALIKE = 45
"""At most so many of the 255 signs differ between two pictures of one page; measured in ADR 0014."""
_SAME_NAME = 0.8
_NAMES = frozenset(
    {
        Field.HOLDER_NAME,
        Field.CHILD_FAMILY_NAME,
        Field.CHILD_FIRST_NAMES,
        Field.DECLARANT_1,
        Field.HOSTED_NAME,
        Field.SCHOOL_NAME,
    }
)
"""Values in which a letter may be misread."""
_EXACT = frozenset(
    {
        Field.ISSUED_ON,
        Field.VALID_FROM,
        Field.VALID_UNTIL,
        Field.REFERENCE,
        Field.REFERENCE_INCOME,
        Field.INCOME_YEAR,
        Field.QUOTIENT_FAMILIAL,
        Field.QUOTIENT_MONTH,
        Field.CHILD_BORN_ON,
        Field.HOLDER_BORN_ON,
        Field.POSTCODE,
        Field.SCHOOL_YEAR,
        Field.NET_PAY,
        Field.PAY_MONTH,
        Field.DTP_LAST_DOSE_ON,
        Field.DTP_NEXT_DOSE_ON,
    }
)
"""Values that tell two papers made on one form apart."""
_ODD_ROWS = sum(1 << (row * SIDE + column) for row in range(1, SIDE, 2) for column in range(SIDE))
_ODD_COLUMNS = sum(1 << (row * SIDE + column) for row in range(SIDE) for column in range(1, SIDE, 2))


@dataclass(frozen=True, slots=True)
class _Paper:
    """What is compared of one paper, in clear for the time of the comparison."""

    row: "Row[Any]"
    looks: tuple[bytes, ...]
    fields: Mapping[str, str]


def seal_looks(holder: HolderKey, document_id: DocumentId, looks: Sequence[bytes]) -> bytes | None:
    """Seal what a paper's pages look like, for their holder; nothing where no page has a look."""
    if not any(looks):
        return None
    told = json.dumps([look.hex() for look in looks]).encode()
    return seal_value(holder, told, ValueContext(holder.holder_id, document_id, LOOKS))


def note_likeness(custody: Custody, document_id: DocumentId) -> int:
    """Compare a paper with its holder's others and note which it looks like; return how many those are.

    Nothing else follows from it. Needs the right to unwrap; harmless to repeat. Call it once the paper's conclusion has
    committed: of two that are concluded at once, the later comparison then sees the other.
    """
    with custody.db.read() as tx:
        rows = tx.execute(_comparable(document_id)).all()
        keys = {(row.holder_id, row.holder_generation) for row in rows}
        found = {key: custody.keys.find(tx, *key) for key in keys}
    opened = {key: custody.keys.open(holder) for key, holder in found.items()} if len(rows) > 1 else {}
    papers = [_opened(row, opened[row.holder_id, row.holder_generation]) for row in rows if opened]
    own = next((paper for paper in papers if paper.row.document_id == document_id), None)
    if own is None:
        return 0
    alike = [other.row for other in papers if other is not own and _resemble(own, other)]
    with custody.db.transaction() as write:
        return sum(_note(write, custody, own.row, other) for other in alike)


def forget_likenesses(tx: WriteTx, document_id: DocumentId) -> None:
    """Let go what was noted of a paper and any other."""
    either = or_(LIKENESS.c.document_id == document_id, LIKENESS.c.earlier_id == document_id)
    tx.execute(delete(LIKENESS).where(either))


def differing(one: bytes, other: bytes) -> int:
    """Return how many of the signs of two looks differ, whichever way up each page was pictured."""
    there = int.from_bytes(other)
    return min((turned ^ there).bit_count() for turned in _turns(int.from_bytes(one)))


def contradict(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Tell whether values read from two papers show that they are two: another date, amount, reference or name."""
    for name in one.keys() & other.keys():
        mine, theirs = _bare(one[name]), _bare(other[name])
        if name in _EXACT and mine != theirs:
            return True
        if name in _NAMES and SequenceMatcher(None, mine, theirs).ratio() < _SAME_NAME:
            return True
    return False


def _comparable(document_id: DocumentId) -> Any:
    """Return the query for a paper and its holder's others that are in use and have looks."""
    holder = select(DOCUMENT.c.holder_id).where(DOCUMENT.c.document_id == document_id).scalar_subquery()
    return (
        select(DOCUMENT, *(READING.c[name] for name in ("evidence_type", "pages", "sealed_looks", "sealed_fields")))
        .join(READING, READING.c.document_id == DOCUMENT.c.document_id)
        .where(DOCUMENT.c.holder_id == holder, DOCUMENT.c.state.in_(OPENABLE), READING.c.sealed_looks.is_not(None))
    )


def _opened(row: "Row[Any]", holder: OpenedHolder) -> _Paper:
    looks = json.loads(holder.open_value(row.sealed_looks, ValueContext(row.holder_id, row.document_id, LOOKS)))
    place = ValueContext(row.holder_id, row.document_id, FIELDS)
    fields = {} if row.sealed_fields is None else json.loads(holder.open_value(row.sealed_fields, place))
    return _Paper(row, tuple(bytes.fromhex(look) for look in looks), fields)


def _resemble(one: _Paper, other: _Paper) -> bool:
    kinds = {one.row.evidence_type, other.row.evidence_type} - {EvidenceType.UNKNOWN.value}
    if len(kinds) > 1 or one.row.pages != other.row.pages or len(one.looks) != len(other.looks):
        return False
    if contradict(one.fields, other.fields):
        return False
    pages = list(zip(one.looks, other.looks, strict=True))
    return all(bool(mine) == bool(theirs) for mine, theirs in pages) and all(
        differing(mine, theirs) <= ALIKE for mine, theirs in pages if mine
    )


def _note(tx: WriteTx, custody: Custody, one: "Row[Any]", other: "Row[Any]") -> int:
    earlier, later = sorted((one, other), key=lambda row: (row.received_at, row.document_id))
    # Shared locks: what is being erased at this moment must not be noted once it is gone.
    both = select(DOCUMENT.c.state).where(DOCUMENT.c.document_id.in_((one.document_id, other.document_id)))
    states = tx.execute(both.order_by(DOCUMENT.c.document_id).with_for_update(read=True)).scalars().all()
    if not OPENABLE.issuperset(states):
        return 0
    row = {"document_id": later.document_id, "earlier_id": earlier.document_id, "holder_id": one.holder_id}
    tx.execute(insert(LIKENESS).values(**row, noted_at=custody.now()).on_conflict_do_nothing())
    return 1


def _turns(look: int) -> Iterator[int]:
    """Yield a look as it would be with the page turned by no, two, one and three quarters.

    Turning a picture mirrors and transposes its cosine transform, so only signs change place (row and column numbers
    that are odd change sign under a mirror).
    """
    yield look
    yield look ^ _ODD_ROWS ^ _ODD_COLUMNS
    swapped = sum(
        1 << (column * SIDE + row) for row in range(SIDE) for column in range(SIDE) if look >> (row * SIDE + column) & 1
    )
    yield swapped ^ _ODD_ROWS
    yield swapped ^ _ODD_COLUMNS


def _bare(value: str) -> str:
    return "".join(letter for letter in value.casefold() if letter.isalnum())
