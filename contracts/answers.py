"""What a signed answer may say in place of a paper, how it is named on the wire, and how its text is written."""

import hashlib
import json
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

ANSWER_TYPE = "evidence-answer+jwt"
"""The ``typ`` of a signed answer (RFC 8725 section 3.11)."""
ANSWER_LIFE = timedelta(hours=24)
"""The longest an answer is good for; nobody has to be told that one is taken back."""
_COMMITMENT = b"unefois/answer-facts/v1\x00"

Plain = Mapping[str, "str | int | bool | list[str] | Mapping[str, str] | None"]


class Gives(StrEnum):
    """What an agreement lets a partner have; it cannot get more, whatever else it may."""

    ANSWER = "answer"
    """A signed statement; the paper stays where it is."""
    DOCUMENT = "document"
    """Also the rebuilt copy of the paper, marked with whom it went to and what for."""


class Said(StrEnum):
    """The closed list of what an answer can say beyond that the requirement holds."""

    TARIFF_BAND = "tariff_band"
    DECISION = "decision"
    """``proposed``: worked out by us, for the body that decides; ``decided``: by that body, which sent it back."""
    DECIDED_BY = "decided_by"
    """SIRET of the body that decides, or decided."""
    WEEKS = "weeks"
    """``even`` or ``odd``, where what was decided is for every second week (ISO 8601) of this payer."""
    SCHOOL_NAME = "school_name"
    SCHOOL_UAI = "school_uai"
    VALID_FROM = "valid_from"
    VALID_UNTIL = "valid_until"
    LIVES_IN_PARIS = "lives_in_paris"
    SCHOOL_YEAR = "school_year"


def canonical(value: Plain) -> bytes:
    """Return the one spelling of an object of words, whole numbers and truth values (RFC 8785, JCS)."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def commit_facts(salt: bytes, facts: bytes) -> bytes:
    """Return the salted commitment to ``facts``, themselves as :func:`canonical` writes them.

    Without the salt, which is one per recipient and hand-over, it tells nothing, not even to a guess.
    """
    return hashlib.sha256(_COMMITMENT + salt + facts).digest()
