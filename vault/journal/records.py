"""What one entry says, as canonical bytes, and the commitment and leaf computed over them."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from vault.journal.errors import RecordRefused

SALT_LENGTH = 32
_TEXT = (str, UUID)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_COMMITMENT_DOMAIN = b"unefois/journal-record/v1\x00"
_LEAF_DOMAIN = b"unefois/journal-leaf/v1\x00"


class JournalAct(StrEnum):
    """The closed list of acts that are written down."""

    SIGN_IN = "sign_in"
    DEPOSIT = "deposit"
    CONCLUDE = "conclude"
    VIEW = "view"
    RELEASE = "release"
    RECEIPT = "receipt"
    """What a hand-over commits to, said so that whoever received it may read it."""
    REFUSE = "refuse"
    ERASE = "erase"
    LINK = "link"
    REQUEST = "request"
    GRANT = "grant"
    WITHDRAW = "withdraw"
    PULL = "pull"
    PUSH = "push"
    REVIEW = "review"
    HOLD = "hold"
    AUDIT = "audit"
    EXPORT = "export"
    REPLACE = "replace"
    RESTORE = "restore"
    TRANSFER = "transfer"
    """A paper became another holder's."""
    ROTATE = "rotate"
    STAFF = "staff"
    """Who may act as an agent changed."""
    OPERATE = "operate"
    """An operator had the pipelines do something."""
    MAINTAIN = "maintain"
    """Writing was refused for a while, or goes on."""
    PARTNER = "partner"
    """A partner, an agreement, or whether anything is released to partners at all, changed."""


class ActorKind(StrEnum):
    """Who can act."""

    RESIDENT = "resident"
    AGENT = "agent"
    PARTNER = "partner"
    PROCESS = "process"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acted: a kind and an opaque identifier, never a name."""

    kind: ActorKind
    id: str


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One act: identifiers and words only, never a value of a document or a name of a person."""

    act: JournalAct
    actor: Actor
    document: UUID | None = None
    subjects: tuple[UUID, ...] = ()
    recipient: str | None = None
    purpose: str | None = None
    ground: Mapping[str, Any] | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)

    def canonical(self) -> bytes:
        """Return the record: JSON in UTF-8, members sorted, no spaces, no fractions.

        Raises :class:`~vault.journal.errors.RecordRefused` for anything but text, whole numbers, truth values, nothing,
        identifiers, and lists and objects of these.
        """
        return _canonical_json(
            {
                "act": self.act,
                "actor": {"kind": self.actor.kind, "id": self.actor.id},
                "document": self.document,
                "subjects": self.subjects,
                "recipient": self.recipient,
                "purpose": self.purpose,
                "ground": self.ground,
                "detail": self.detail,
            }
        )


def parse_record(record: bytes) -> JournalEntry:
    """Read back what :meth:`JournalEntry.canonical` wrote; raises :class:`~vault.journal.errors.RecordRefused`."""
    try:
        found = json.loads(record)
        return JournalEntry(
            act=JournalAct(found["act"]),
            actor=Actor(ActorKind(found["actor"]["kind"]), found["actor"]["id"]),
            document=None if found["document"] is None else UUID(found["document"]),
            subjects=tuple(UUID(subject) for subject in found["subjects"]),
            recipient=found["recipient"],
            purpose=found["purpose"],
            ground=found["ground"],
            detail=found["detail"],
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise RecordRefused from None


def commit_record(salt: bytes, record: bytes) -> bytes:
    """Return the salted commitment of a record: without the salt it tells nothing, not even to a guess."""
    return hashlib.sha256(_COMMITMENT_DOMAIN + salt + record).digest()


def leaf_data(entry_id: UUID, recorded_at: datetime, act: str, commitment: bytes) -> bytes:
    """Return what the leaf of an entry is hashed over: all that stays when the record goes."""
    microseconds = (recorded_at - _EPOCH) // timedelta(microseconds=1)
    word = act.encode()
    return b"".join(
        (_LEAF_DOMAIN, entry_id.bytes, microseconds.to_bytes(8, "big"), len(word).to_bytes(2, "big"), word, commitment)
    )


def _canonical_json(value: Any) -> bytes:
    text = json.dumps(_plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    try:
        return text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        raise RecordRefused from None


def _plain(value: Any) -> Any:
    if isinstance(value, _TEXT):
        return str(value)
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, Mapping):
        return {_name(name): _plain(member) for name, member in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [_plain(member) for member in value]
    raise RecordRefused


def _name(name: Any) -> str:
    if not isinstance(name, str):
        raise RecordRefused
    return str(name)
