"""Show on the City's own dashboard where each request stands: each state once, the newest only, to who wants it shown.

The look plans and the engine carries, as with every exchange; right before a byte leaves it is asked once more whether the
state is still that, and still wanted there. What was shown comes into the family's journal when its exchange is over.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Row

from connectors.notification_store.codec import MANIFEST
from connectors.notification_store.commands import Show, Status
from contracts.calendar import paris_day
from contracts.grounds import Purpose
from contracts.outcomes import OutcomeKind
from hub.exchanges.carrying import StillWanted
from hub.exchanges.planning import State, plan
from hub.exchanges.tables import EXCHANGE, SHOWN_LINE
from hub.exchanges.ways import Way
from hub.partners.suspending import stopped_for
from hub.requests.tables import ENROLMENT_LINE
from hub.requirements.catalogue import Catalogue
from vault.db import ReadTx, WriteTx
from vault.documents.custody import Custody
from vault.journal.entries import append
from vault.journal.records import Actor, ActorKind, JournalAct, JournalEntry
from vault.standing import Purpose as Task
from vault.standing import standing

SHOW = "show"
LOT = 500
"""How many lines one look takes; where there are more, the next comes at once."""
_STANDS = """
    WITH required AS (
        SELECT * FROM unnest(
            CAST(:services AS text[]), CAST(:requirements AS text[]), CAST(:settled AS text[]),
            CAST(:asked AS boolean[]), CAST(:first AS date[]), CAST(:last AS date[])
        ) AS r (service, requirement, settled_by, if_asked, first, last)
    ), line AS MATERIALIZED (
        SELECT l.line_id, l.payer_id, l.service, (q.received_at AT TIME ZONE 'Europe/Paris')::date AS received_on,
            q.line_id IS NOT NULL AND l.retracted_at IS NULL AND l.valid_until >= :today AS runs,
            s.account_id, s.demand, s.number, s.status, s.exchange_id,
            coalesce(e.state IN ('settled', 'cancelled'), true) AS over
        FROM hub.enrolment_line l
        LEFT JOIN hub.request q ON q.line_id = l.line_id AND q.state = 'pending'
        LEFT JOIN hub.shown_line s ON s.line_id = l.line_id
        LEFT JOIN hub.exchange e ON e.exchange_id = s.exchange_id
        WHERE ({which}) AND ((l.retracted_at IS NULL AND l.valid_until >= :today) OR s.status <> :closed)
    ), missing AS (
        SELECT DISTINCT line.line_id FROM line JOIN required r ON r.service = line.service
        WHERE line.received_on >= r.first AND (r.last IS NULL OR line.received_on <= r.last)
            AND NOT EXISTS (
                SELECT FROM hub.satisfaction f
                WHERE f.line_id = line.line_id AND f.until IS NULL AND f.requirement IN (r.requirement, r.settled_by)
            ) AND (NOT r.if_asked OR EXISTS (
                SELECT FROM hub.ask k WHERE k.line_id = line.line_id AND k.requirement = r.requirement
            ))
    ), decided AS (
        SELECT DISTINCT ON (line_id) line_id, amends FROM (
            SELECT line.line_id, d.amends, d.nth FROM line JOIN hub.line_decision d ON d.line_id = line.line_id
            UNION ALL SELECT line.line_id, d.amends, d.nth FROM line
            JOIN hub.line_succession t ON t.survivor_line_id = line.line_id
            JOIN hub.line_decision d ON d.line_id = t.line_id
        ) said ORDER BY line_id, nth DESC
    ), shown AS (
        SELECT DISTINCT ON (line.line_id) line.*, a.account_id AS wanted_on, a.subject,
            CASE WHEN NOT line.runs THEN :closed
                WHEN m.line_id IS NOT NULL THEN :to_complete
                WHEN d.line_id IS NOT NULL AND d.amends IS DISTINCT FROM 'withdraws' THEN :closed
                ELSE :ongoing END AS wanted
        FROM line
        JOIN hub.dashboards(:issuer, ARRAY(SELECT DISTINCT payer_id FROM line)) a ON a.person_id = line.payer_id
        LEFT JOIN missing m ON m.line_id = line.line_id LEFT JOIN decided d ON d.line_id = line.line_id
        -- Where it was begun it goes on; else under the account that was always theirs.
        ORDER BY line.line_id, coalesce(a.account_id = line.account_id, false) DESC, a.passed, a.since, a.account_id
    )
    SELECT * FROM shown WHERE {wanted} LIMIT :at_most
"""
_DUE = text(
    _STANDS.format(
        which="true",
        wanted="""over AND CASE
            WHEN runs THEN status IS DISTINCT FROM wanted OR account_id IS DISTINCT FROM wanted_on
            ELSE status <> wanted AND account_id = wanted_on END""",
    )
)
_OF_DEMAND = text(_STANDS.format(which="s.demand = :demand", wanted="account_id = wanted_on AND wanted = :status"))


def plan_shown(custody: Custody, catalogue: Catalogue, way: Way, issuer: str) -> int:
    """Plan what dashboards are to show and do not; return how many lines that was. Harmless to repeat, by many processes.

    ``issuer`` is whose accounts have a dashboard. Nothing is planned while releases are stopped.
    """
    with standing(purpose=Task.TELLING, partner=way.binding.siret), custody.db.transaction() as tx:
        # One look at a time: what is shown is compared and written in one.
        if not tx.execute(select(func.pg_try_advisory_xact_lock(func.hashtextextended("shown_line", 0)))).scalar_one():
            return 0
        _note(tx, catalogue, way, custody)
        if tx.execute(select(stopped_for())).scalar_one() is not None:
            return 0
        due = _stands(tx, catalogue, custody, issuer, _DUE, at_most=LOT)
        for row in due:
            _plan(tx, custody, catalogue, way, row)
        return len(due)


def still_wanted(custody: Custody, catalogue: Catalogue, issuer: str) -> Mapping[tuple[str, str], StillWanted]:
    """Return what says, right before a state is sent, whether it is still to be: not where it changed, or somebody said no."""

    def wanted(tx: WriteTx, exchange_id: UUID, command: Show) -> bool:
        tx.stand(purpose=Task.TELLING)
        told = {"demand": command.demand, "status": int(command.status)}
        if any(row.subject == command.customer for row in _stands(tx, catalogue, custody, issuer, _OF_DEMAND, **told)):
            return True
        given_up = {"status": SHOWN_LINE.c.before, "noted_at": custody.now()}
        tx.execute(update(SHOWN_LINE).where(SHOWN_LINE.c.exchange_id == exchange_id).values(**given_up))
        return False

    return {(MANIFEST.connector, SHOW): wanted}


def _stands(
    tx: ReadTx, catalogue: Catalogue, custody: Custody, issuer: str, asked: Any, **told: Any
) -> "list[Row[Any]]":
    statuses = {"ongoing": Status.ONGOING, "to_complete": Status.TO_COMPLETE, "closed": Status.CLOSED}
    values = {name: int(one) for name, one in statuses.items()}
    about = {"issuer": issuer, "today": paris_day(custody.now()), "at_most": 1}
    return list(tx.execute(asked, _required(catalogue) | values | about | told))


def _plan(tx: WriteTx, custody: Custody, catalogue: Catalogue, way: Way, row: "Row[Any]") -> None:
    goes_on = row.account_id == row.wanted_on
    number, demand = (row.number or 0) + 1, row.demand if goes_on else uuid4()
    command = Show(
        demand=demand,
        number=number,
        customer=row.subject,
        status=Status(row.wanted),
        at=custody.now(),
        service=row.service,
        label=catalogue.services[row.service].name_fr,
    )
    planned = plan(tx, custody, (way.codec, way.binding), command, correlation=str(demand))
    values = {
        "account_id": row.wanted_on,
        "demand": demand,
        "number": number,
        "status": row.wanted,
        "before": row.status if goes_on else None,
        "exchange_id": planned.exchange_id,
        "noted_at": None,
    }
    writing = insert(SHOWN_LINE).values(line_id=row.line_id, **values)
    tx.execute(writing.on_conflict_do_update(index_elements=[SHOWN_LINE.c.line_id], set_=values))


def _note(tx: WriteTx, catalogue: Catalogue, way: Way, custody: Custody) -> None:
    """Write into families' journals what their dashboards show since: also what a person said had happened."""
    over = EXCHANGE.c.state.in_((State.SETTLED.value, State.CANCELLED.value))
    rows = tx.execute(
        select(SHOWN_LINE, EXCHANGE.c.outcome, EXCHANGE.c.state, ENROLMENT_LINE.c.payer_id, ENROLMENT_LINE.c.service)
        .join(EXCHANGE, EXCHANGE.c.exchange_id == SHOWN_LINE.c.exchange_id)
        .join(ENROLMENT_LINE, ENROLMENT_LINE.c.line_id == SHOWN_LINE.c.line_id)
        .where(SHOWN_LINE.c.noted_at.is_(None), over)
    ).all()
    for row in rows:
        tx.execute(update(SHOWN_LINE).where(SHOWN_LINE.c.line_id == row.line_id).values(noted_at=custody.now()))
        if row.state == State.SETTLED and row.outcome == OutcomeKind.APPLIED:
            append(tx, _entry(row, way, catalogue.services[row.service].purpose))


def _entry(row: "Row[Any]", way: Way, purpose: Purpose) -> JournalEntry:
    """Return that a family's dashboard shows where one of their requests stands; the status by its number alone."""
    about = {"line": str(row.line_id), "exchange": str(row.exchange_id)}
    return JournalEntry(
        JournalAct.PUSH,
        Actor(ActorKind.PROCESS, "worker"),
        subjects=(row.payer_id,),
        recipient=way.binding.siret,
        purpose=purpose.value,
        detail={"step": "dashboard", "status": row.status, **about},
    )


def _required(catalogue: Catalogue) -> dict[str, list[Any]]:
    """Return what each service needs, as columns: what is missing of it is what the family's own page says is missing.

    What comes by itself, or belongs to some situations only, is missing once it was asked.
    """
    items = [
        (service, item, conditional or item.fetch is not None)
        for service, found in catalogue.services.items()
        for conditional, several in ((False, found.requirements), (True, found.conditional))
        for item in several
        if item.awaited_from is None
    ]
    return {
        "services": [service for service, _, _ in items],
        "requirements": [item.id for _, item, _ in items],
        "settled": [item.settled_by for _, item, _ in items],
        "asked": [if_asked for _, _, if_asked in items],
        "first": [item.in_force_from for _, item, _ in items],
        "last": [item.in_force_until for _, item, _ in items],
    }
