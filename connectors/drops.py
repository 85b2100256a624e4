"""What a partner's folder is, however it is reached: names that may lie there, and what handing a file over came to."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from connectors.port import Exchange, Operation, unfinished
from contracts.outcomes import ExchangeOutcome, OutcomeKind, Phase

WRITTEN = 201
SAME_FILE_THERE = 200
OTHER_FILE_THERE = 409

DROP, OUTBOX = "drop", "outbox"
"""The two folders of a partner, below the binding's address: what we hand over, and what the partner leaves for us."""

HOST_KEY = "host_key"
"""The fault of a server that shows another key than the one pinned for this binding."""
AUTH = "auth"
"""The fault of a server that does not take our key."""
NAME_REFUSED = "name_refused"
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,199}")


def is_file_name(name: str) -> bool:
    """Tell whether ``name`` is one bare file name that can lead nowhere else and is none of ours in the making."""
    return _NAME.fullmatch(name) is not None


def in_the_making(name: str) -> str:
    """Return the name under which a file is written before it gets its own.

    It is always the same one, so what a crash left behind is overwritten and never piles up.
    """
    return f".{name}.part"


@dataclass(frozen=True, slots=True)
class Lying:
    """A file as a folder shows it, before anything of it is read; ``modified`` is the partner's clock, in seconds."""

    name: str
    size: int
    modified: int


class Inbox(Protocol):
    """A folder into which a partner puts files for us."""

    def listing(self) -> list[Lying]:
        """Return the files whose names we take; raises :class:`~connectors.errors.FolderUnreachable`."""
        ...

    def fetch(self, name: str, at_most: int) -> bytes:
        """Return the bytes of one file.

        Raises :class:`~connectors.errors.FolderUnreachable`, and :class:`~connectors.errors.FileTooLarge` beyond
        ``at_most`` bytes, which are never held.
        """
        ...

    def clear(self, name: str) -> None:
        """Take a file away once it is ours; one that is gone already is no fault.

        Raises :class:`~connectors.errors.FolderUnreachable`.
        """
        ...


def handed(phase: Phase, *, status: int | None = None, digest: str = "", fault: str = "") -> Exchange:
    """Return what became of a hand-over; the status borrows HTTP's words."""
    headers = (("x-sha256", digest),) if digest else ()
    return Exchange(phase=phase, at=datetime.now(UTC), status=status, headers=headers, fault=fault)


def hand_over_outcome(exchange: Exchange, operation: Operation) -> ExchangeOutcome:
    """Say what handing one file over came to.

    Another file under this name is a conflict that a person settles with the next number. A server that is not the
    pinned one, or does not know us, stops the binding and is never tried again by itself.
    """
    if exchange.fault == HOST_KEY and exchange.phase is Phase.NOT_SENT:
        return ExchangeOutcome(OutcomeKind.MISCONFIGURED, code=HOST_KEY)
    if exchange.fault == AUTH and exchange.phase is Phase.NOT_SENT:
        return ExchangeOutcome(OutcomeKind.AUTH_FAILED, code=AUTH)
    broken = unfinished(exchange, operation)
    if broken is not None:
        return broken
    known = {
        WRITTEN: OutcomeKind.APPLIED,
        SAME_FILE_THERE: OutcomeKind.DUPLICATE,
        OTHER_FILE_THERE: OutcomeKind.CONFLICT,
    }
    kind = known.get(exchange.status or 0, OutcomeKind.CONTRACT_BREACH)
    whole = kind in (OutcomeKind.APPLIED, OutcomeKind.DUPLICATE)
    return ExchangeOutcome(
        kind, code=str(exchange.status), receipt=(exchange.header("x-sha256") or "") if whole else ""
    )
