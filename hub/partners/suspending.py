"""Suspending and resuming a partner or one agreement, and stopping every release: each counts from the next request on.

Nothing here is cached anywhere: the doors read it with each request, on the primary, so that a token minted before opens
nothing afterwards.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ScalarSelect, Table, insert, select, update

from contracts.identifiers import new_uuid
from hub.errors import InvalidValue, NothingHere, ReleasesStopped
from hub.partners.registry import siret_of
from hub.partners.tables import AGREEMENT, PARTNER, RELEASE_STOP
from vault.db import ReadTx, WriteTx
from vault.journal.entries import append
from vault.journal.records import Actor, JournalAct, JournalEntry
from vault.ready import Asked, Ready

REASON_MAX = 200


def suspend(tx: WriteTx, slug: str, *, reason: str, actor: Actor, now: datetime, agreement: str | None = None) -> bool:
    """Suspend a partner, or one of its agreements; tell whether that was new. The journal keeps it with its reason.

    Raises :class:`NothingHere` for no such partner or agreement, and :class:`InvalidValue` for no reason.
    """
    said = _reason(reason)
    values = {"suspended_at": now, "suspended_reason": said}
    detail = {"reason": said}
    return _put(tx, (slug, agreement), values, step="suspended", detail=detail, actor=actor)


def resume(tx: WriteTx, slug: str, *, actor: Actor, agreement: str | None = None) -> bool:
    """End a suspension; tell whether there was one. Raises :class:`NothingHere` as :func:`suspend` does.

    A suspended agreement stays suspended when its partner is resumed.
    """
    values = {"suspended_at": None, "suspended_reason": None}
    return _put(tx, (slug, agreement), values, step="resumed", detail={}, actor=actor)


def stop_releases(tx: WriteTx, *, reason: str, actor: Actor, now: datetime) -> bool:
    """Stop every release to every partner; tell whether that was new. Raises :class:`InvalidValue` for no reason.

    The reason is told to partners. What families and agents see is not touched.
    """
    said = _reason(reason)
    if tx.execute(select(stopped_for())).scalar_one() is not None:
        return False
    tx.execute(insert(RELEASE_STOP).values(stop_id=new_uuid(), reason=said, stopped_at=now))
    append(tx, JournalEntry(JournalAct.PARTNER, actor, detail={"step": "releases_stopped", "reason": said}))
    return True


def resume_releases(tx: WriteTx, *, actor: Actor, now: datetime) -> bool:
    """Let partners have again what they are entitled to; tell whether that was stopped."""
    ended = update(RELEASE_STOP).where(RELEASE_STOP.c.resumed_at.is_(None)).values(resumed_at=now)
    if tx.execute(ended).rowcount == 0:
        return False
    append(tx, JournalEntry(JournalAct.PARTNER, actor, detail={"step": "releases_resumed"}))
    return True


def stopped_for() -> ScalarSelect[Any]:
    """Return what asks the database for the reason why nothing is released to partners now, or nothing."""
    return select(RELEASE_STOP.c.reason).where(RELEASE_STOP.c.resumed_at.is_(None)).scalar_subquery()


def refuse_while_stopped(tx: ReadTx) -> None:
    """Raise :class:`ReleasesStopped` while nothing may go to partners."""
    refuse_stopped(*tx.rows(look_for_stop()))


def look_for_stop() -> Asked:
    """Return the look of :func:`refuse_while_stopped`, to be sent with others."""
    return _STOPPED, {}


def refuse_stopped(rows: Sequence[Any]) -> None:
    """Raise as :func:`refuse_while_stopped` does, for what that look found."""
    if rows:
        raise ReleasesStopped(rows[0].reason)


_STOPPED = Ready(select(RELEASE_STOP.c.reason).where(RELEASE_STOP.c.resumed_at.is_(None)))


def _put(
    tx: WriteTx,
    which: tuple[str, str | None],
    values: dict[str, Any],
    *,
    step: str,
    detail: dict[str, str],
    actor: Actor,
) -> bool:
    slug, agreement = which
    siret = siret_of(tx, slug)
    table: Table = PARTNER if agreement is None else AGREEMENT
    one = [table.c.siret == siret]
    if agreement is not None:
        one += [AGREEMENT.c.reference == agreement, AGREEMENT.c.retracted_at.is_(None)]
    if tx.execute(select(table.c.siret).where(*one)).one_or_none() is None:
        raise NothingHere(f"{slug} has no agreement {agreement}")
    ending = values["suspended_at"] is None
    differs = table.c.suspended_at.is_not(None) if ending else table.c.suspended_at.is_(None)
    if tx.execute(update(table).where(*one, differs).values(**values)).rowcount == 0:
        return False
    whose = {"partner": slug} | ({} if agreement is None else {"agreement": agreement})
    kind = "partner" if agreement is None else "agreement"
    told = {"step": f"{kind}_{step}", **whose, **detail}
    append(tx, JournalEntry(JournalAct.PARTNER, actor, recipient=siret, detail=told))
    return True


def _reason(text: str) -> str:
    reason = " ".join(text.split())
    if not (3 <= len(reason) <= REASON_MAX and reason.isprintable()):
        raise InvalidValue(f"reason: 3 to {REASON_MAX} characters, and no person's name")
    return reason
