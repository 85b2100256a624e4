"""Giving a mandate by a code that the helper brings, taking it back theme by theme, and who has which."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import IntEnum
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from contracts.calendar import paris_day
from contracts.identifiers import Siret, new_uuid
from hub.errors import CodeRefused, InvalidValue, NothingHere
from hub.notifications.messages import Kind, write_message
from hub.persons.accounts import SignedIn
from hub.persons.acting import Theme, themes_of
from hub.persons.agents import SignedInAgent
from hub.persons.spoken_codes import LIFE, TRIES, NewCode, Written
from hub.persons.tables import MANDATE, MANDATE_THEME
from vault.db import Database, ReadTx, WriteTx
from vault.journal.entries import append
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry
from vault.standing import standing

_DRAWS = 8


class Duration(IntEnum):
    """For how many days; the four that Aidants Connect knows (betagouv/Aidants_Connect, constants)."""

    DAY = 1
    MONTH = 31
    SEMESTER = 182
    YEAR = 365


@dataclass(frozen=True, slots=True)
class Given:
    """A mandate just given, and the code its helper has to bring; it is shown this once."""

    mandate_id: UUID
    code: str = field(repr=False)
    code_until: datetime
    valid_until: date


@dataclass(frozen=True, slots=True)
class _Helper:
    """Who brings a code: as whom they act, how the mandate names them, and what its person reads."""

    actor: Actor
    values: Mapping[str, Any]
    name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ForAgent:
    """A mandate in force as the agent sees who helps under it."""

    mandate_id: UUID
    person_name: str = field(repr=False)
    themes: tuple[Theme, ...]
    valid_until: date


@dataclass(frozen=True, slots=True)
class MandateView:
    """A mandate as one of its two sides sees it; ``with_whom`` is nothing until its helper brought the code."""

    mandate_id: UUID
    given_by_me: bool
    with_whom: str | None
    themes: tuple[Theme, ...]
    valid_until: date
    in_force: bool
    waiting: bool


def give(db: Database, who: SignedIn, themes: Collection[Theme], duration: Duration, *, now: datetime) -> Given:
    """Give a mandate to whoever brings its code within the half hour; raises :class:`InvalidValue` without a theme."""
    if not themes:
        raise InvalidValue("themes: one at least")
    for _ in range(_DRAWS):
        new, mandate_id = NewCode.coin(), new_uuid()
        last_day = paris_day(now) + timedelta(days=int(duration))
        row = {
            "mandate_id": mandate_id,
            "person_id": who.person_id,
            "person_name": _name(who),
            "locator": new.locator,
            "salt": new.salt,
            "digest": new.digest,
            "tries": 0,
            "code_until": now + LIFE,
            "given_at": now,
            "valid_until": last_day,
        }
        with db.transaction() as tx:
            kept = tx.execute(upsert(MANDATE).values(**row).on_conflict_do_nothing().returning(MANDATE.c.mandate_id))
            if kept.one_or_none() is None:
                continue
            for theme in sorted(set(themes)):
                tx.execute(insert(MANDATE_THEME).values(mandate_id=mandate_id, theme=theme.value))
            told = {"step": "mandate_given", "themes": sorted(themes), "days": int(duration)}
            _journal(tx, _actor(who), (who.person_id,), mandate_id, told)
        return Given(mandate_id, new.spoken, now + LIFE, last_day)
    raise InvalidValue("themes: too many codes just now; try again in half an hour")


def accept(db: Database, who: SignedIn, written: str, *, now: datetime) -> MandateView:
    """Become the helper of a mandate by its code; both are told.

    Raises :class:`CodeRefused` alike for a code that is wrong, over, used, one's own, or tried too often.
    """
    helper = _Helper(_actor(who), {"helper_id": who.person_id}, _name(who))
    mandate_id = _accept(db, helper, written, person_id=who.person_id, now=now)
    with db.read() as tx:
        return mandate_numbered(tx, who, mandate_id, now=now)


def accept_as_agent(
    db: Database, agent: SignedInAgent, body: tuple[Siret, str], written: str, *, now: datetime
) -> UUID:
    """Become, as an agent who welcomes families at a body, the helper of a mandate by its code; return the mandate.

    ``body`` is its number and name: the person reads the name, and the journal has the agent. Raises as :func:`accept`.
    """
    siret, name = body
    values = {"helper_agent": agent.agent_id, "helper_body": siret}
    return _accept(db, _Helper(agent.actor, values, f"Un agent de {name}"), written, person_id=None, now=now)


def _accept(db: Database, helper: "_Helper", written: str, *, person_id: UUID | None, now: datetime) -> UUID:
    code = Written.read(written)
    nobody = (MANDATE.c.helper_id.is_(None), MANDATE.c.helper_agent.is_(None), MANDATE.c.ended_at.is_(None))
    with standing(ticket=code.locator):
        with db.transaction() as tx:
            found = (MANDATE.c.locator == code.locator, MANDATE.c.code_until > now, MANDATE.c.tries < TRIES, *nobody)
            row = tx.execute(
                update(MANDATE).where(*found).values(tries=MANDATE.c.tries + 1).returning(MANDATE)
            ).one_or_none()
        good = code.matches(None, None) if row is None else code.matches(row.salt, row.digest)
        if row is None or not good or row.person_id == person_id:
            raise CodeRefused
        with db.transaction() as tx:
            values = {**helper.values, "helper_name": helper.name, "accepted_at": now}
            mine = (MANDATE.c.mandate_id == row.mandate_id, *nobody)
            taken = tx.execute(update(MANDATE).where(*mine).values(**values).returning(MANDATE.c.mandate_id))
            if taken.one_or_none() is None:
                raise CodeRefused
            both = tuple(one for one in (row.person_id, person_id) if one is not None)
            _journal(tx, helper.actor, both, row.mandate_id, {"step": "mandate_accepted"})
            _tell(tx, both, now=now)
    mandate_id: UUID = row.mandate_id
    return mandate_id


def take_back(tx: WriteTx, who: SignedIn, mandate_id: UUID, theme: Theme | None, *, now: datetime) -> MandateView:
    """End a mandate, or one theme of it; counts from the helper's next request. Either side may; harmless to repeat.

    Raises :class:`NothingHere` for a mandate one is no side of, and for a theme of one that one did not give.
    """
    row = _own(tx, who, mandate_id)
    if theme is not None and row.person_id != who.person_id:
        raise NothingHere
    if row.ended_at is None:
        if theme is not None:
            which = (MANDATE_THEME.c.mandate_id == mandate_id, MANDATE_THEME.c.theme == theme.value)
            tx.execute(update(MANDATE_THEME).where(*which, MANDATE_THEME.c.revoked_at.is_(None)).values(revoked_at=now))
        if theme is None or not themes_of(tx, mandate_id):
            tx.execute(update(MANDATE).where(MANDATE.c.mandate_id == mandate_id).values(ended_at=now))
        both = tuple(one for one in (row.person_id, row.helper_id) if one is not None)
        told = {"step": "mandate_ended"} if theme is None else {"step": "mandate_narrowed", "theme": theme.value}
        _journal(tx, _actor(who), both, mandate_id, told)
        _tell(tx, both, now=now)
    return mandate_numbered(tx, who, mandate_id, now=now)


def mandates_of(tx: ReadTx, who: SignedIn, *, now: datetime) -> list[MandateView]:
    """Return the mandates one gave and those one has, the newest first."""
    side = (MANDATE.c.person_id == who.person_id) | (MANDATE.c.helper_id == who.person_id)
    rows = tx.execute(select(MANDATE).where(side).order_by(MANDATE.c.given_at.desc(), MANDATE.c.mandate_id)).all()
    return [_view(tx, who, row, now=now) for row in rows]


def mandates_of_agent(tx: ReadTx, agent: SignedInAgent, *, now: datetime) -> list[ForAgent]:
    """Return the mandates in force under which an agent helps, the newest first."""
    lasting = (MANDATE.c.ended_at.is_(None), MANDATE.c.valid_until >= paris_day(now))
    own = select(MANDATE).where(MANDATE.c.helper_agent == agent.agent_id, *lasting)
    rows = tx.execute(own.order_by(MANDATE.c.given_at.desc(), MANDATE.c.mandate_id)).all()
    return [
        ForAgent(row.mandate_id, row.person_name, tuple(sorted(themes_of(tx, row.mandate_id))), row.valid_until)
        for row in rows
    ]


def mandate_numbered(tx: ReadTx, who: SignedIn, mandate_id: UUID, *, now: datetime) -> MandateView:
    """Return one mandate of one's own; raises :class:`NothingHere`."""
    return _view(tx, who, _own(tx, who, mandate_id), now=now)


def _own(tx: ReadTx, who: SignedIn, mandate_id: UUID) -> Any:
    side = (MANDATE.c.person_id == who.person_id) | (MANDATE.c.helper_id == who.person_id)
    row = tx.execute(select(MANDATE).where(MANDATE.c.mandate_id == mandate_id, side)).one_or_none()
    if row is None:
        raise NothingHere
    return row


def _view(tx: ReadTx, who: SignedIn, row: Any, *, now: datetime) -> MandateView:
    mine = row.person_id == who.person_id
    lasting = row.ended_at is None and row.valid_until >= paris_day(now)
    accepted = row.accepted_at is not None
    return MandateView(
        mandate_id=row.mandate_id,
        given_by_me=mine,
        with_whom=row.helper_name if mine else row.person_name,
        themes=tuple(sorted(themes_of(tx, row.mandate_id))),
        valid_until=row.valid_until,
        in_force=lasting and accepted,
        waiting=lasting and not accepted and row.code_until > now,
    )


def _actor(who: SignedIn) -> Actor:
    return Actor(ActorKind.RESIDENT, str(who.person_id))


def _name(who: SignedIn) -> str:
    return " ".join((*who.given_names[:1], who.family_name))


def _tell(tx: WriteTx, both: Collection[UUID], *, now: datetime) -> None:
    for person_id in both:
        write_message(tx, Kind.MANDATE, not_before=now, now=now, person_id=person_id)


def _journal(tx: WriteTx, actor: Actor, subjects: tuple[UUID, ...], mandate_id: UUID, detail: dict[str, Any]) -> None:
    entry = JournalEntry(JournalAct.GRANT, actor, subjects=subjects, detail=detail | {"of_mandate": str(mandate_id)})
    append(tx, entry)
