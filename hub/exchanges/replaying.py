"""Plans of repeats: chosen by a filter, counted beforehand, given back to the engine at a pace, paused and cancelled.

A plan repeats what did not happen or what a repeat cannot double. What a partner applied or refused is over: it is asked
for anew, on a ground of its own, and is in no plan.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Row

from connectors.port import OperationKind, WriteClass
from contracts.identifiers import new_uuid
from contracts.outcomes import OutcomeKind
from hub.errors import InvalidValue, NothingHere, NotRepeatable
from hub.exchanges.doubts import REASON_MAX
from hub.exchanges.planning import DUE, State
from hub.exchanges.searching import Filters, conditions
from hub.exchanges.tables import EXCHANGE, EXCHANGE_ATTEMPT, REPLAY_ITEM, REPLAY_PLAN
from vault.bodies.tables import BODY_PERIOD
from vault.db import ReadTx, WriteTx
from vault.journal.entries import append
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry

ITEMS_MAX = 100_000
PACE_MAX = 6000
_REPLAY = Actor(ActorKind.PROCESS, "replay")
_HARMLESS = (WriteClass.KEYED.value, WriteClass.NATURAL.value)


class PlanState(StrEnum):
    """How a plan stands."""

    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    """An answer broke the contract: a person looks before it goes on."""
    CANCELLED = "cancelled"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Preview:
    """What a plan would hold: how many, by state, and how many that fit the filter it leaves alone."""

    total: int
    by_state: dict[State, int]
    left: int


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan and how far it is: given to the engine, left because somebody had settled it, still waiting."""

    plan_id: UUID
    binding: str
    chosen: str
    reason: str
    author: str
    per_minute: int
    state: PlanState
    total: int
    created_at: datetime
    ended_at: datetime | None
    waiting: int = 0
    left: int = 0
    became: tuple[tuple[State, int], ...] = ()
    """How what was given to the engine stands now."""


def preview(tx: ReadTx, filters: Filters) -> Preview:
    """Count what a plan of these filters would hold now; raises :class:`InvalidValue` without a binding."""
    each = select(EXCHANGE.c.state, _repeatable().label("fits")).where(*_asked(filters)).subquery()
    grouped = select(each.c.state, each.c.fits, func.count().label("many")).group_by(each.c.state, each.c.fits)
    by_state: dict[State, int] = {}
    left = 0
    for row in tx.execute(grouped):
        if row.fits:
            by_state[State(row.state)] = row.many
        else:
            left += row.many
    return Preview(sum(by_state.values()), by_state, left)


def create(tx: WriteTx, filters: Filters, reason: str, *, per_minute: int, actor: Actor, now: datetime) -> UUID:
    """Write a plan down with what it holds now; the engine's lane of its binding carries it out.

    Raises :class:`InvalidValue` without a reason or a pace from 1 to :data:`PACE_MAX`, for more than :data:`ITEMS_MAX`,
    and where nothing fits.
    """
    said = reason.strip()
    if not 1 <= len(said) <= REASON_MAX or not 1 <= per_minute <= PACE_MAX:
        raise InvalidValue(f"reason: 1 to {REASON_MAX} characters; pace: 1 to {PACE_MAX} a minute")
    fitting = select(EXCHANGE.c.exchange_id, EXCHANGE.c.siret).where(*_asked(filters), _repeatable())
    found = fitting.order_by(EXCHANGE.c.created_at, EXCHANGE.c.exchange_id).limit(ITEMS_MAX + 1)
    rows = tx.execute(found).all()
    if not 1 <= len(rows) <= ITEMS_MAX:
        raise InvalidValue(f"filter: 1 to {ITEMS_MAX} exchanges that may be repeated")
    plan_id, chosen = new_uuid(), _words(filters)
    tx.execute(
        insert(REPLAY_PLAN).values(
            plan_id=plan_id,
            binding=filters.binding,
            siret=rows[0].siret,
            chosen=chosen,
            reason=said,
            author=actor.id,
            per_minute=per_minute,
            state=PlanState.RUNNING.value,
            total=len(rows),
            due_at=now,
            since=now,
            created_at=now,
        )
    )
    # Who is first of two plans has an exchange: a second one waits for nothing that the first one gives back.
    items = insert(REPLAY_ITEM).on_conflict_do_nothing()
    tx.execute(
        items,
        [
            {"plan_id": plan_id, "exchange_id": row.exchange_id, "place": place, "state": "waiting"}
            for place, row in enumerate(rows)
        ],
    )
    detail = {"plan": str(plan_id), "binding": str(filters.binding), "chosen": chosen, "reason": said}
    _tell(tx, rows[0].siret, actor, {**detail, "step": "replay_planned", "exchanges": len(rows)})
    tx.execute(select(func.pg_notify(DUE, filters.binding)))
    return plan_id


def change(tx: WriteTx, plan_id: UUID, to: PlanState, *, actor: Actor, now: datetime) -> None:
    """Pause, resume or cancel a plan; the journal keeps who did.

    Raises :class:`NothingHere`, and :class:`NotRepeatable` for a step that does not follow.
    """
    row = tx.execute(select(REPLAY_PLAN).where(REPLAY_PLAN.c.plan_id == plan_id).with_for_update()).one_or_none()
    if row is None:
        raise NothingHere
    if not follows(PlanState(row.state), to):
        raise NotRepeatable(f"{row.state}: {to}")
    values: dict[str, Any] = {"state": to.value, "due_at": now if to is PlanState.RUNNING else None}
    if to is PlanState.RUNNING:
        values["since"] = now
    if to is PlanState.CANCELLED:
        values["ended_at"] = now
        # What was not given back is free for another plan.
        waiting = (REPLAY_ITEM.c.plan_id == plan_id, REPLAY_ITEM.c.state == "waiting")
        tx.execute(update(REPLAY_ITEM).where(*waiting).values(state="left"))
    _put(tx, plan_id, **values)
    _tell(tx, row.siret, actor, {"step": f"replay_{to}", "plan": str(plan_id), "binding": row.binding})
    tx.execute(select(func.pg_notify(DUE, row.binding)))


def follows(state: PlanState, to: PlanState) -> bool:
    """Tell whether a person may have a plan that stands so do this."""
    return (state, to) in _STEPS


def due_plan(tx: ReadTx, slug: str, *, now: datetime) -> UUID | None:
    """Return the plan of a binding of which a step is due, if there is one."""
    running = (
        REPLAY_PLAN.c.binding == slug,
        REPLAY_PLAN.c.state == PlanState.RUNNING.value,
        REPLAY_PLAN.c.due_at <= now,
    )
    due = select(REPLAY_PLAN.c.plan_id).where(*running).order_by(REPLAY_PLAN.c.due_at).limit(1)
    found: UUID | None = tx.execute(due).scalar_one_or_none()
    return found


def step(tx: WriteTx, plan_id: UUID, *, now: datetime) -> None:
    """Give a second's worth of a plan back to the engine; harmless to repeat, by any number of processes at once.

    Who calls stands for the binding's body. What somebody settled meanwhile is left as it is.
    """
    still = (
        REPLAY_PLAN.c.plan_id == plan_id,
        REPLAY_PLAN.c.state == PlanState.RUNNING.value,
        REPLAY_PLAN.c.due_at <= now,
    )
    plan = tx.execute(select(REPLAY_PLAN).where(*still).with_for_update(skip_locked=True)).one_or_none()
    if plan is None:
        return
    if _breached(tx, plan):
        _put(tx, plan_id, state=PlanState.STOPPED.value, due_at=None)
        _tell(tx, plan.siret, _REPLAY, {"step": "replay_stopped", "plan": str(plan_id), "binding": plan.binding})
        return
    many = max(1, plan.per_minute // 60)
    waiting = (REPLAY_ITEM.c.plan_id == plan_id, REPLAY_ITEM.c.state == "waiting")
    first = select(REPLAY_ITEM.c.exchange_id).where(*waiting).order_by(REPLAY_ITEM.c.place).limit(many)
    items = list(tx.execute(first.with_for_update()).scalars())
    given = _give_back(tx, items, now=now)
    for row in given:
        act = JournalAct.PUSH if row.kind == OperationKind.PUSH else JournalAct.PULL
        detail = {"exchange": str(row.exchange_id), "binding": plan.binding, "settled": "again", "plan": str(plan_id)}
        append(tx, JournalEntry(act, _REPLAY, recipient=plan.siret, detail=detail))
    mine = REPLAY_ITEM.c.plan_id == plan_id
    due = {row.exchange_id for row in given}
    for state, which in (("due", due), ("left", set(items) - due)):
        tx.execute(update(REPLAY_ITEM).where(mine, REPLAY_ITEM.c.exchange_id.in_(which)).values(state=state))
    if len(items) < many:
        _put(tx, plan_id, state=PlanState.DONE.value, due_at=None, ended_at=now)
    else:
        _put(tx, plan_id, due_at=now + timedelta(minutes=1) * many / plan.per_minute)


def plans(tx: ReadTx, *, limit: int = 50) -> list[Plan]:
    """Return the newest plans, without how far they are."""
    newest = select(REPLAY_PLAN).order_by(REPLAY_PLAN.c.created_at.desc(), REPLAY_PLAN.c.plan_id).limit(limit)
    return [_plan(row) for row in tx.execute(newest)]


def plan_of(tx: ReadTx, plan_id: UUID) -> Plan:
    """Return one plan and how far it is; raises :class:`NothingHere`."""
    row = tx.execute(select(REPLAY_PLAN).where(REPLAY_PLAN.c.plan_id == plan_id)).one_or_none()
    if row is None:
        raise NothingHere
    mine = REPLAY_ITEM.c.plan_id == plan_id
    counts = {
        one.state: one.many
        for one in tx.execute(
            select(REPLAY_ITEM.c.state, func.count().label("many")).where(mine).group_by(REPLAY_ITEM.c.state)
        )
    }
    became = tx.execute(
        select(EXCHANGE.c.state, func.count().label("many"))
        .join(REPLAY_ITEM, REPLAY_ITEM.c.exchange_id == EXCHANGE.c.exchange_id)
        .where(mine, REPLAY_ITEM.c.state == "due")
        .group_by(EXCHANGE.c.state)
    )
    told = tuple(sorted((State(one.state), one.many) for one in became))
    return _plan(row, waiting=counts.get("waiting", 0), left=counts.get("left", 0), became=told)


_STEPS = {
    (PlanState.RUNNING, PlanState.PAUSED),
    (PlanState.PAUSED, PlanState.RUNNING),
    (PlanState.STOPPED, PlanState.RUNNING),
    (PlanState.RUNNING, PlanState.CANCELLED),
    (PlanState.PAUSED, PlanState.CANCELLED),
    (PlanState.STOPPED, PlanState.CANCELLED),
}


def _repeatable() -> ColumnElement[bool]:
    """Say of an exchange that its repeat is harmless, and that what it does can still be read."""
    harmless = or_(EXCHANGE.c.write_class.is_(None), EXCHANGE.c.write_class.in_(_HARMLESS))
    asks = and_(
        EXCHANGE.c.state == State.IN_DOUBT.value,
        EXCHANGE.c.due_at.is_(None),
        EXCHANGE.c.write_class == WriteClass.LOOKUP.value,
    )
    sends = or_(
        EXCHANGE.c.state == State.PARKED.value,
        and_(EXCHANGE.c.state == State.QUARANTINED.value, harmless),
        and_(EXCHANGE.c.state == State.SETTLED.value, EXCHANGE.c.kind == OperationKind.PULL.value),
    )
    # A column by name: the door is shown no others of this table.
    kept = select(BODY_PERIOD.c.period_id).where(
        BODY_PERIOD.c.period_id == EXCHANGE.c.command_period, BODY_PERIOD.c.destroyed_at.is_(None)
    )
    return and_(or_(asks, sends), kept.exists())


def _asked(filters: Filters) -> list[Any]:
    if not filters.binding:
        raise InvalidValue("binding: one")
    planned = exists().where(REPLAY_ITEM.c.exchange_id == EXCHANGE.c.exchange_id, REPLAY_ITEM.c.state == "waiting")
    return [*conditions(filters), EXCHANGE.c.siret.is_not(None), ~planned]


def _give_back(tx: WriteTx, items: list[UUID], *, now: datetime) -> "list[Row[Any]]":
    """Make due again what may still be repeated: what is in doubt is asked about, all else is carried out once more."""
    doubt = EXCHANGE.c.state == State.IN_DOUBT.value
    again = (
        update(EXCHANGE)
        .where(EXCHANGE.c.exchange_id.in_(items), _repeatable())
        .values(
            state=case((doubt, State.IN_DOUBT.value), else_=State.PLANNED.value),
            outcome=case((doubt, OutcomeKind.IN_DOUBT.value), else_=None),
            settled_at=None,
            due_at=now,
            leased_until=now,
            attempts=0,
        )
        .returning(EXCHANGE.c.exchange_id, EXCHANGE.c.kind)
    )
    return list(tx.execute(again).all())


def _breached(tx: ReadTx, plan: "Row[Any]") -> bool:
    broke: Select[Any] = (
        select(literal(1))
        .select_from(REPLAY_ITEM.join(EXCHANGE_ATTEMPT, EXCHANGE_ATTEMPT.c.exchange_id == REPLAY_ITEM.c.exchange_id))
        .where(
            REPLAY_ITEM.c.plan_id == plan.plan_id,
            REPLAY_ITEM.c.state == "due",
            EXCHANGE_ATTEMPT.c.binding == plan.binding,
            EXCHANGE_ATTEMPT.c.began_at >= plan.since,
            EXCHANGE_ATTEMPT.c.outcome == OutcomeKind.CONTRACT_BREACH.value,
        )
        .limit(1)
    )
    return tx.execute(broke).one_or_none() is not None


def _put(tx: WriteTx, plan_id: UUID, **values: Any) -> None:
    tx.execute(update(REPLAY_PLAN).where(REPLAY_PLAN.c.plan_id == plan_id).values(**values))


def _tell(tx: WriteTx, siret: str, actor: Actor, detail: dict[str, str | int]) -> None:
    append(tx, JournalEntry(JournalAct.PARTNER, actor, recipient=siret, detail=detail))


def _words(filters: Filters) -> str:
    """Return what was asked for, in words of ours: states, outcomes, operation, two moments."""
    told = {
        "operation": filters.operation,
        "state": filters.state,
        "outcome": filters.outcome,
        "since": filters.since and filters.since.isoformat(),
        "until": filters.until and filters.until.isoformat(),
        "correlation": filters.correlation,
    }
    return ", ".join(f"{name}={value}" for name, value in told.items() if value) or "all"


def _plan(row: "Row[Any]", **more: Any) -> Plan:
    names = ("plan_id", "binding", "chosen", "reason", "author", "per_minute", "total", "created_at", "ended_at")
    return Plan(**{name: getattr(row, name) for name in names}, state=PlanState(row.state), **more)
