"""The journal's heads under time-stamps of an authority outside: asked for, kept, and all of them verified again."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from connectors.errors import StampRefused
from connectors.time_stamps.tokens import Stamp, Trust, verify_token
from vault.db import Database
from vault.journal.sequencer import read_last_head
from vault.journal.signing import Head
from vault.journal.stamps import HeadStamp, keep_stamp, newest_stamp

LATE = timedelta(days=2)
"""After how long without a time-stamp the nights of an authority that was away are one too many."""


class Stamps(Protocol):
    """What has bytes stamped."""

    def stamp(self, data: bytes, *, now: datetime) -> Stamp:
        """Return a verified time-stamp of ``data``."""
        ...


@dataclass(frozen=True, slots=True)
class Stamped:
    """What verifying every time-stamp found: how many hold, when the newest was made, and what the first bad one is."""

    many: int
    newest: datetime | None
    fault: str = ""

    def late(self, now: datetime) -> bool:
        """Whether the newest is older than it should be."""
        return self.newest is None or now - self.newest > LATE


def stamp_head(db: Database, authority: Stamps, *, now: datetime, rested: timedelta = timedelta()) -> HeadStamp | None:
    """Have the newest signed head stamped, its published text as anyone gets it; return what is kept.

    Returns nothing where it is stamped already, where there is none, or where the newest time-stamp is younger than
    ``rested``. The authority is asked outside any transaction. Raises what :meth:`Authority.stamp` raises.
    """
    with db.read() as tx:
        head, before = read_last_head(tx), newest_stamp(tx)
    if head is None or (before is not None and _is_enough(before, head, now - rested)):
        return None
    came = authority.stamp(head.note().encode(), now=now)
    stamp = HeadStamp(head.tree_size, came.at, came.policy, came.serial, came.token)
    with db.transaction() as tx:
        return stamp if keep_stamp(tx, stamp) else None


def _is_enough(before: tuple[Head, HeadStamp], head: Head, since: datetime) -> bool:
    stamped, stamp = before
    return stamped.tree_size == head.tree_size or stamp.stamped_at > since


def verify_stamps(stamps: Iterable[tuple[Head, HeadStamp]], trust: Trust) -> Stamped:
    """Verify each time-stamp against its head, with nothing but ``trust``; name the first that fails.

    Over years policies change: a ``trust`` without one takes them all.
    """
    many, newest = 0, None
    for head, kept in stamps:
        size = head.tree_size
        try:
            stamp = verify_token(kept.token, head.note().encode(), trust)
        except StampRefused as refused:
            return Stamped(many, newest, f"the time-stamp of the signed head {size}: {type(refused).__name__}")
        if (stamp.at, stamp.policy, stamp.serial) != (kept.stamped_at, kept.policy, kept.serial):
            return Stamped(many, newest, f"what stands beside the time-stamp of the signed head {size} is not its own")
        many, newest = many + 1, stamp.at
    return Stamped(many, newest)
