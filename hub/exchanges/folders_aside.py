"""Folders of HubEE that nobody's work ends by itself: listed by why, looked at again, or given up, and forgotten in time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, func, or_, select
from sqlalchemy.engine import Row

from connectors.hubee.commands import CaseStatus
from hub.errors import NothingHere, NotRepeatable
from hub.exchanges.doubts import said_why
from hub.exchanges.folders_in import plan_answer, put, set_aside
from hub.exchanges.tables import FOLDER_IN
from hub.exchanges.ways import Way
from vault.db import ReadTx, WriteTx
from vault.documents.custody import Custody
from vault.journal.entries import append
from vault.journal.records import Actor, JournalAct, JournalEntry
from vault.standing import standing

KEPT = timedelta(days=183)
"""How long a folder that is over and left the queue is remembered: its sender may close it within months."""
SHOWN = 100
GIVEN_UP = "given_up"
_COLUMNS = tuple(
    FOLDER_IN.c[name]
    for name in (
        "binding", "notification_id", "siret", "state", "case_id", "event_id", "said", "paper", "why", "lies", "seen_at",
        "next_look",
    )
)  # fmt: skip
"""What an operator is shown: not which request a folder was found to answer."""


@dataclass(frozen=True, slots=True)
class FolderAside:
    """A folder that was set aside, or for which nobody was found yet; identifiers of HubEE's and words of ours."""

    binding: str
    siret: str
    notification_id: UUID
    why: str
    waits: bool
    """Whether it is looked at again by itself."""
    lies: bool
    """Whether it still lies in HubEE's queue."""
    seen_at: datetime
    next_look: datetime | None
    may_again: bool
    may_give_up: bool


@dataclass(frozen=True, slots=True)
class Aside:
    """What was set aside: how many by binding and why, and the oldest of them."""

    counts: tuple[tuple[str, str, int], ...]
    shown: tuple[FolderAside, ...]


def folders_aside(tx: ReadTx) -> Aside:
    """Return what was set aside, the oldest first; what was given up and told is over."""
    counted = select(FOLDER_IN.c.binding, FOLDER_IN.c.why, func.count().label("many")).where(_left())
    rows = tx.execute(counted.group_by(FOLDER_IN.c.binding, FOLDER_IN.c.why).order_by("binding", "why"))
    oldest = select(*_COLUMNS).where(_left()).order_by(FOLDER_IN.c.seen_at, FOLDER_IN.c.notification_id)
    shown = tuple(_folder(row) for row in tx.execute(oldest.limit(SHOWN)))
    return Aside(tuple((row.binding, row.why, row.many) for row in rows), shown)


def look_again(tx: WriteTx, folder: tuple[str, UUID], reason: str, *, actor: Actor, now: datetime) -> None:
    """Have whom a folder belongs to looked for now; its files must have come.

    Raises :class:`NothingHere`, :class:`~hub.errors.InvalidValue` without a reason, and :class:`NotRepeatable`.
    """
    row = _decided(tx, folder, reason, "folder_again", actor)
    if not _folder(row).may_again:
        raise NotRepeatable(str(row.state))
    put(tx, row, state="found", next_look=now)


def give_up(tx: WriteTx, folder: tuple[str, UUID], reason: str, *, actor: Actor) -> None:
    """Have whoever sent a folder told that it could not be taken in; the worker does. Raises as :func:`look_again`."""
    row = _decided(tx, folder, reason, "folder_given_up", actor)
    if not _folder(row).may_give_up:
        raise NotRepeatable(str(row.state))
    put(tx, row, state="giving_up", next_look=None)


def tell_given_up(custody: Custody, way: Way) -> int:
    """Plan the answer about each folder that was given up; return how many. Harmless to repeat.

    A status that was told of the case already is the same exchange, and is not told again.
    """
    with standing(partner=way.binding.siret), custody.db.transaction() as tx:
        mine = (FOLDER_IN.c.binding == way.binding.slug, FOLDER_IN.c.state == "giving_up")
        rows = tx.execute(select(FOLDER_IN).where(*mine).with_for_update(skip_locked=True)).all()
        for row in rows:
            set_aside(tx, row, f"{GIVEN_UP}:{row.why or ''}")
            plan_answer(tx, custody, way, row.case_id, CaseStatus.UNREADABLE)
    return len(rows)


def forget_folders(tx: WriteTx, *, now: datetime) -> int:
    """Delete what is over, left the queue, and was seen :data:`KEPT` ago; return how many went. Harmless to repeat."""
    over = (FOLDER_IN.c.state.in_(("done", "aside", "strange")), ~FOLDER_IN.c.lies, FOLDER_IN.c.seen_at <= now - KEPT)
    return tx.execute(delete(FOLDER_IN).where(*over)).rowcount


def _left() -> ColumnElement[bool]:
    """Say of a folder that a person may have to look: an event, or one told of twice, is nobody's work."""
    aside = and_(
        FOLDER_IN.c.state == "aside",
        FOLDER_IN.c.why.not_in(("again", "event")),
        ~FOLDER_IN.c.why.startswith(f"{GIVEN_UP}:"),
    )
    return or_(
        aside, and_(FOLDER_IN.c.state == "found", FOLDER_IN.c.why.is_not(None)), FOLDER_IN.c.state == "giving_up"
    )


def _folder(row: "Row[Any]") -> FolderAside:
    here = row.said is not None and row.paper is not None
    stays = row.state in ("aside", "found")
    return FolderAside(
        binding=row.binding,
        siret=row.siret,
        notification_id=row.notification_id,
        why=row.why or "",
        waits=row.next_look is not None,
        lies=row.lies,
        seen_at=row.seen_at,
        next_look=row.next_look,
        may_again=stays and here,
        may_give_up=stays and row.case_id is not None,
    )


def _decided(tx: WriteTx, folder: tuple[str, UUID], reason: str, step: str, actor: Actor) -> "Row[Any]":
    said, (binding, number) = said_why(reason), folder
    this = (FOLDER_IN.c.binding == binding, FOLDER_IN.c.notification_id == number, _left())
    row = tx.execute(select(*_COLUMNS).where(*this).with_for_update()).one_or_none()
    if row is None:
        raise NothingHere
    detail = {"step": step, "binding": binding, "notification": str(number), "why": row.why or "", "reason": said}
    append(tx, JournalEntry(JournalAct.PARTNER, actor, recipient=row.siret, detail=detail))
    return row
