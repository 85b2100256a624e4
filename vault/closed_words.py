"""Columns that hold one of a few words: a statement spells out which, so that a plan can use an index over those rows."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Text, bindparam
from sqlalchemy.sql import operators

_EQUALITY = (operators.eq, operators.ne)
_MEMBERSHIP = (operators.in_op, operators.not_in_op)


class ClosedWord(Text):
    """Text out of a closed list.

    A plan that is made once for all parameters cannot know that ``state = $1`` asks for the rows of an index
    ``WHERE state = 'pending'`` (PostgreSQL 18, « Partial Indexes »); what is compared with a plain word is therefore
    written into the statement. SQLAlchemy still keeps one compiled form for all words.
    """

    cache_ok = True

    class comparator_factory(Text.Comparator[str]):  # noqa: N801 - the name SQLAlchemy looks for
        """Comparisons with plain words, spelt out."""

        def operate(self, op: Any, *other: Any, **kwargs: Any) -> Any:
            """Compare; anything but a word or several is left as it comes."""
            if op in _EQUALITY and isinstance(other[0], str):
                other = (bindparam(None, str(other[0]), type_=Text(), literal_execute=True),)
            elif op in _MEMBERSHIP and isinstance(other[0], Collection) and not isinstance(other[0], str):
                words = [str(word) for word in other[0]]
                other = (bindparam(None, words, type_=Text(), expanding=True, literal_execute=True),)
            return super().operate(op, *other, **kwargs)
