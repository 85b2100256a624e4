"""What a body wants asked of a family: refused where the hub holds it, can obtain it, or may not ask (CRPA L.113-12).

Refusals are counted by service: how often families were spared a question is a figure that the City publishes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Row

from contracts.calendar import paris_day
from contracts.identifiers import Siret, new_uuid
from hub.errors import HubError, InvalidValue, NeverAskTwice, NothingHere
from hub.partners.behalf import require_agreement
from hub.partners.credentials import Caller
from hub.partners.registry import agreements_of
from hub.persons.deaths import has_died
from hub.requests.tables import ENROLMENT_LINE, REQUEST
from hub.requests.under_way import under_way
from hub.requirements.catalogue import Catalogue, Requirement
from hub.school_files.tables import ASK, SATISFACTION, SPARED_ASK
from vault.db import ReadTx, WriteTx
from vault.journal.entries import append
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry

ASKED_BY_BODY = "asked_by_body"


class Spared(StrEnum):
    """Why a family is not asked; stored and counted, so never renamed."""

    HELD = "held"
    OBTAINABLE = "obtainable"
    AWAITED = "awaited"
    """Another body decides it."""
    ASKED_ALREADY = "asked_already"
    NOT_ALLOWED = "not_allowed"
    """The requirement is contested: a body asks it, a text forbids it."""


@dataclass(frozen=True, slots=True)
class Figures:
    """How often families were asked, and spared a question, for one service."""

    service: str
    asked: int
    spared: Mapping[str, int]


def ask_family(
    tx: WriteTx,
    catalogue: Catalogue,
    caller: Caller,
    line_id: UUID | None,
    requirement_id: str,
    *,
    on_behalf_of: str,
    now: datetime,
) -> Spared | None:
    """Ask the payer of a line for what a requirement takes, once; return why not, where the family is spared.

    The caller commits in both cases, so that what was spared is counted. Raises :class:`NothingHere` for a line that
    is not this body's or no longer runs, :class:`OutsideGrant` where its token is for other services,
    :class:`InvalidValue` for a requirement the service does not have, and as
    :func:`~hub.partners.behalf.require_agreement` does.
    """
    siret = caller.siret
    line = _line(tx, siret, line_id, now=now)
    service = catalogue.services[line.service]
    purpose = service.purpose
    require_agreement(agreements_of(tx, siret, on=paris_day(now)), line.service, purpose, on_behalf_of)
    caller.require(line.service, purpose)
    if has_died(tx, line.payer_id):
        raise NothingHere
    requirement = service.requirement(requirement_id)
    if requirement is None and not service.is_contested(requirement_id):
        raise InvalidValue("requirement: not of this service")
    reason = Spared.NOT_ALLOWED if requirement is None else _spared(tx, line, requirement)
    if reason is not None:
        _count(tx, line, requirement_id, reason, now=now)
        return reason
    key = {"line_id": line.line_id, "requirement": requirement_id}
    tx.execute(upsert(ASK).values(**key, reason=ASKED_BY_BODY, asked_at=now).on_conflict_do_nothing())
    detail = {"step": "asked", "service": line.service, "requirement": requirement_id, "on_behalf_of": on_behalf_of}
    entry = JournalEntry(
        act=JournalAct.REQUEST,
        actor=Actor(ActorKind.PARTNER, siret),
        subjects=(line.payer_id,),
        recipient=siret,
        purpose=purpose.value,
        detail=detail,
    )
    append(tx, entry)
    return None


def refuse(spared: Spared) -> NeverAskTwice:
    """Return the refusal that tells a body why the family is not asked."""
    return NeverAskTwice(spared.value)


def keep_refusal(tx: WriteTx, caller: Caller, line_id: UUID | None, refusal: HubError, *, on_behalf_of: str) -> None:
    """Keep that a body may not have a family asked; the family sees it where the line is theirs."""
    payer = tx.execute(
        select(ENROLMENT_LINE.c.payer_id).where(ENROLMENT_LINE.c.line_id == line_id)
    ).scalar_one_or_none()
    append(
        tx,
        JournalEntry(
            act=JournalAct.REFUSE,
            actor=Actor(ActorKind.PARTNER, caller.siret),
            subjects=() if payer is None else (payer,),
            recipient=caller.siret,
            detail={"reason": type(refusal).__name__, "on_behalf_of": on_behalf_of},
        ),
    )


_ASKED = text("SELECT service, asked FROM hub.asks_by_service()")


def figures(tx: ReadTx) -> list[Figures]:
    """Return for each service how often families were asked for something and how often they were spared."""
    # Counted by a function: whoever reads figures is shown nobody's ask (ADR 0029).
    counts = {row.service: row.asked for row in tx.execute(_ASKED)}
    spared: dict[str, dict[str, int]] = {}
    grouped = select(SPARED_ASK.c.service, SPARED_ASK.c.reason, func.count().label("n"))
    for row in tx.execute(grouped.group_by(SPARED_ASK.c.service, SPARED_ASK.c.reason)):
        spared.setdefault(row.service, {})[row.reason] = row.n
    return [Figures(name, counts.get(name, 0), spared.get(name, {})) for name in sorted(counts.keys() | spared.keys())]


def _line(tx: ReadTx, siret: Siret, line_id: UUID | None, *, now: datetime) -> "Row[Any]":
    row = tx.execute(
        select(ENROLMENT_LINE)
        .join(REQUEST, REQUEST.c.line_id == ENROLMENT_LINE.c.line_id)
        .where(
            ENROLMENT_LINE.c.line_id == line_id,
            ENROLMENT_LINE.c.body == siret,
            ENROLMENT_LINE.c.retracted_at.is_(None),
            ENROLMENT_LINE.c.valid_until >= paris_day(now),
            under_way(paris_day(now)),
        )
    ).one_or_none()
    if row is None:
        raise NothingHere
    return row


def _spared(tx: ReadTx, line: "Row[Any]", requirement: Requirement) -> Spared | None:
    if requirement.awaited_from is not None:
        return Spared.AWAITED
    held = select(SATISFACTION.c.satisfaction_id).where(
        SATISFACTION.c.line_id == line.line_id,
        SATISFACTION.c.requirement.in_([one for one in (requirement.id, requirement.settled_by) if one is not None]),
        SATISFACTION.c.until.is_(None),
    )
    if tx.execute(held.limit(1)).one_or_none() is not None:
        return Spared.HELD
    asked = select(ASK.c.reason).where(ASK.c.line_id == line.line_id, ASK.c.requirement == requirement.id)
    if tx.execute(asked).one_or_none() is not None:
        return Spared.ASKED_ALREADY
    return Spared.OBTAINABLE if requirement.fetch is not None else None


def _count(tx: WriteTx, line: "Row[Any]", requirement_id: str, reason: Spared, *, now: datetime) -> None:
    row = {"siret": line.body, "service": line.service, "requirement": requirement_id, "reason": reason.value}
    tx.execute(insert(SPARED_ASK).values(spared_ask_id=new_uuid(), **row, spared_at=now))
