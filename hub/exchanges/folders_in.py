"""Folders that parents send through HubEE: the queue looked at past whatever stays in it, each folder read, fetched, answered.

Nothing here knows a person: what a folder says is read by :mod:`hub.exchanges.folder_owners`. The queue has no cursor, and is
shared: what is not ours is never taken out of it, so each look reaches as far behind what was seen lying there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import any_, delete, func, insert, literal, select, update
from sqlalchemy.engine import Row
from sqlalchemy.types import ARRAY, Uuid

from connectors.hubee.codec import MANIFEST
from connectors.hubee.commands import (
    PROCESS,
    Acknowledge,
    AttachmentAsked,
    CaseAsked,
    CaseStatus,
    Command,
    EventReceived,
    NotificationsAsked,
    SetStatus,
    TellStatus,
)
from connectors.hubee.quotient import NotAQuotient, files_of, folder_key
from connectors.hubee.shapes import Case, Notification
from contracts.outcomes import ExchangeOutcome, OutcomeKind
from hub.exchanges.planning import Effect, State, plan
from hub.exchanges.tables import EXCHANGE, FOLDER_IN
from hub.exchanges.ways import Way
from vault.db import ReadTx, WriteTx
from vault.documents.custody import Custody
from vault.standing import standing

PAGE = 50
"""How many notifications a look asks for beyond those that it knows to lie there."""
FAR = 10_000
"""No look asks for more: a queue as long as this is for a person."""
QUEUE = "hubee/queue"
_DONE = (OutcomeKind.APPLIED, OutcomeKind.DUPLICATE)


def look(custody: Custody, way: Way, number: int) -> bool:
    """Plan look ``number`` at the queue of a binding; tell whether it is new. Harmless to repeat, by any number of processes."""
    with standing(partner=way.binding.siret), custody.db.transaction() as tx:
        if _under_way(tx, way.binding.slug):
            return False
        asked = NotificationsAsked(look=number, at_most=_reach(tx, way.binding.slug))
        return plan(tx, custody, (way.codec, way.binding), asked, correlation=QUEUE).fresh


def _under_way(tx: ReadTx, binding: str) -> bool:
    """Tell whether an earlier look is still to be carried out: none is piled upon it while HubEE is away."""
    waits = (EXCHANGE.c.state == State.PLANNED.value) | (EXCHANGE.c.state == State.SENDING.value)
    looks = (EXCHANGE.c.binding == binding, EXCHANGE.c.operation == "notifications", waits)
    return tx.execute(select(EXCHANGE.c.exchange_id).where(*looks).limit(1)).first() is not None


def _reach(tx: ReadTx, binding: str, nameless: int = 0) -> int:
    lying = select(func.count()).where(FOLDER_IN.c.binding == binding, FOLDER_IN.c.lies)
    return min(PAGE + nameless + int(tx.execute(lying).scalar_one()), FAR)


def folder_effects(custody: Custody, ways: Mapping[str, Way]) -> dict[tuple[str, str], Effect]:
    """Return what follows from each answer of HubEE's, by connector and operation."""
    follows = _Follows(custody, ways)
    return {
        (MANIFEST.connector, operation): effect
        for operation, effect in {
            "notifications": follows.shown,
            "case": follows.read,
            "attachment": follows.fetched,
            "set_status": follows.status_set,
            "tell_status": follows.told,
            "event_received": follows.event_received,
            "acknowledge": follows.acknowledged,
        }.items()
    }


def plan_answer(tx: WriteTx, custody: Custody, way: Way, case: UUID, status: CaseStatus) -> None:
    """Have HubEE and the sender told once how a case stands; what waited in the queue is taken out after that."""
    plan_about(tx, custody, way, case, SetStatus(case=case, status=status))


def plan_about(tx: WriteTx, custody: Custody, way: Way, case: UUID, command: Command) -> UUID:
    """Write an exchange about a case down; return it."""
    return plan(tx, custody, (way.codec, way.binding), command, correlation=folder_key(case)).exchange_id


def set_aside(tx: WriteTx, row: "Row[Any]", why: str) -> None:
    """Leave a folder for a person, with a word of ours that says why."""
    put(tx, row, state="aside", why=why[:60], next_look=None)


def put(tx: WriteTx, row: "Row[Any]", **values: Any) -> None:
    """Write down how a folder stands."""
    this = (FOLDER_IN.c.binding == row.binding, FOLDER_IN.c.notification_id == row.notification_id)
    tx.execute(update(FOLDER_IN).where(*this).values(**values))


@dataclass(frozen=True, slots=True)
class _Follows:
    custody: Custody
    ways: Mapping[str, Way]

    def shown(self, tx: WriteTx, exchange_id: UUID, command: Any, outcome: ExchangeOutcome) -> None:
        """Write down what the queue showed, and begin with each folder that is new; look on where the page was full."""
        way = self._way(tx, exchange_id)
        if outcome.kind not in (OutcomeKind.FOUND, OutcomeKind.EMPTY):
            return
        whole: list[Notification] = outcome.data.get("notifications", [])
        broken: list[UUID] = outcome.data.get("broken", [])
        shown = {one.id for one in whole} | set(broken)
        known = self._known(tx, way, shown)
        for one in whole:
            if one.id not in known:
                self._begin(tx, way, one)
                known.add(one.id)
        for number in broken:
            if number not in known:
                self._write(tx, way, number, state="strange", why="broken")
                known.add(number)
        if not outcome.data.get("full"):
            self._gone(tx, way, shown)
            return
        reach = _reach(tx, way.binding.slug, outcome.data["nameless"])
        if reach > command.at_most:
            further = command.model_copy(update={"at_most": reach})
            plan(tx, self.custody, (way.codec, way.binding), further, correlation=QUEUE)

    def _begin(self, tx: WriteTx, way: Way, one: Notification) -> None:
        told = {"case_id": one.caseId, "event_id": one.eventId}
        if one.processCode != PROCESS or one.recipient.companyRegister != way.binding.siret:
            self._write(tx, way, one.id, state="strange", why="foreign", **told)
        elif one.caseId is None:
            self._write(tx, way, one.id, state="aside", why="no_case")
        elif one.eventId is None and self._states(tx, way, one.caseId):
            # Told of twice: it is read once, and both go out of the queue when its sender was told.
            self._write(tx, way, one.id, state="aside", why="again", **told)
            if self._answered(tx, way, one.caseId):
                plan_about(tx, self.custody, way, one.caseId, Acknowledge(notification=one.id))
        elif one.eventId is None:
            self._write(tx, way, one.id, state="reading", **told)
            plan_about(tx, self.custody, way, one.caseId, CaseAsked(case=one.caseId, notification=one.id))
        elif self._answered(tx, way, one.caseId):
            # The sender closes what we answered: there is nothing more to learn from it.
            self._write(tx, way, one.id, state="reading", **told)
            plan_about(tx, self.custody, way, one.caseId, EventReceived(case=one.caseId, event=one.eventId))
        else:
            self._write(tx, way, one.id, state="aside", why="event", **told)

    def read(self, tx: WriteTx, _exchange_id: UUID, command: Any, outcome: ExchangeOutcome) -> None:
        """Have the files of a case fetched."""
        row = self._row(tx, FOLDER_IN.c.notification_id == command.notification)
        if outcome.kind is not OutcomeKind.FOUND:
            set_aside(tx, row, f"case_{outcome.kind}")
            return
        case: Case = outcome.data["case"]
        way = self.ways[row.binding]
        if case.recipient.companyRegister != row.siret:
            set_aside(tx, row, "recipient")
            return
        try:
            files = files_of(case)
        except NotAQuotient as error:
            self.refuse(tx, row, str(error))
            return
        said, paper = (
            plan_about(tx, self.custody, way, case.id, AttachmentAsked(case=case.id, attachment=one.id, size=one.size))
            for one in files
        )
        put(tx, row, state="fetching", said=said, paper=paper)

    def fetched(self, tx: WriteTx, exchange_id: UUID, _command: Any, outcome: ExchangeOutcome) -> None:
        """Say that a folder is whole once both of its files are here; a file that is not what was told spoils it."""
        # The other file's answer may be written down right now: one waits for the other here.
        row = self._row(tx, (FOLDER_IN.c.said == exchange_id) | (FOLDER_IN.c.paper == exchange_id))
        if row.state != "fetching":
            return
        if outcome.kind is not OutcomeKind.FOUND:
            self.refuse(tx, row, f"file_{outcome.code}")
            return
        other = row.paper if row.said == exchange_id else row.said
        kept = tx.execute(
            select(EXCHANGE.c.outcome).where(EXCHANGE.c.exchange_id == other, EXCHANGE.c.state == "settled")
        )
        if kept.scalar_one_or_none() == OutcomeKind.FOUND.value:
            put(tx, row, state="found", next_look=self.custody.now())

    def refuse(self, tx: WriteTx, row: "Row[Any]", why: str) -> None:
        """Set aside a folder that nobody can read, and tell whoever sent it."""
        set_aside(tx, row, why)
        plan_answer(tx, self.custody, self.ways[row.binding], row.case_id, CaseStatus.UNREADABLE)

    def status_set(self, tx: WriteTx, exchange_id: UUID, command: Any, outcome: ExchangeOutcome) -> None:
        """Tell whoever sent the case."""
        way = self._way(tx, exchange_id)
        if outcome.kind in _DONE:
            plan_about(tx, self.custody, way, command.case, TellStatus(case=command.case, status=command.status))
        else:
            self._untold(tx, command.case, outcome)

    def told(self, tx: WriteTx, exchange_id: UUID, command: Any, outcome: ExchangeOutcome) -> None:
        """Take the notification of a case out of the queue, whose sender knows how it stands."""
        if outcome.kind not in _DONE:
            self._untold(tx, command.case, outcome)
            return
        self._acknowledge(
            tx, self._way(tx, exchange_id), FOLDER_IN.c.case_id == command.case, FOLDER_IN.c.event_id.is_(None)
        )

    def event_received(self, tx: WriteTx, exchange_id: UUID, command: Any, outcome: ExchangeOutcome) -> None:
        """Take the notification of an event out of the queue."""
        if outcome.kind in _DONE:
            self._acknowledge(tx, self._way(tx, exchange_id), FOLDER_IN.c.event_id == command.event)

    def acknowledged(self, tx: WriteTx, _exchange_id: UUID, command: Any, outcome: ExchangeOutcome) -> None:
        """Write down that a notification is out of the queue."""
        if outcome.kind in _DONE:
            row = self._row(tx, FOLDER_IN.c.notification_id == command.notification)
            put(tx, row, lies=False, **({} if row.state == "aside" else {"state": "done"}))

    def _acknowledge(self, tx: WriteTx, way: Way, *which: Any) -> None:
        for row in tx.execute(select(FOLDER_IN).where(FOLDER_IN.c.binding == way.binding.slug, *which)).all():
            plan_about(tx, self.custody, way, row.case_id, Acknowledge(notification=row.notification_id))

    def _untold(self, tx: WriteTx, case: UUID, outcome: ExchangeOutcome) -> None:
        """Keep that whoever sent a case could not be told: its quotient stays what it is."""
        of_case = (FOLDER_IN.c.case_id == case, FOLDER_IN.c.event_id.is_(None))
        tx.execute(update(FOLDER_IN).where(*of_case).values(why=f"status_{outcome.kind}"))

    def _way(self, tx: ReadTx, exchange_id: UUID) -> Way:
        named = select(EXCHANGE.c.binding).where(EXCHANGE.c.exchange_id == exchange_id)
        return self.ways[tx.execute(named).scalar_one()]

    def _row(self, tx: WriteTx, which: Any) -> "Row[Any]":
        return tx.execute(select(FOLDER_IN).where(which).with_for_update()).one()

    def _known(self, tx: ReadTx, way: Way, shown: set[UUID]) -> set[UUID]:
        among = FOLDER_IN.c.notification_id == any_(literal(list(shown), ARRAY(Uuid)))
        found = select(FOLDER_IN.c.notification_id).where(FOLDER_IN.c.binding == way.binding.slug, among)
        return set(tx.execute(found).scalars())

    def _states(self, tx: ReadTx, way: Way, case: UUID) -> list[str]:
        ours = (FOLDER_IN.c.binding == way.binding.slug, FOLDER_IN.c.case_id == case, FOLDER_IN.c.event_id.is_(None))
        return list(tx.execute(select(FOLDER_IN.c.state).where(*ours)).scalars())

    def _answered(self, tx: ReadTx, way: Way, case: UUID) -> bool:
        return not {"kept", "done"}.isdisjoint(self._states(tx, way, case))

    def _gone(self, tx: WriteTx, way: Way, shown: set[UUID]) -> None:
        """Write down what the queue does not hold any more: a page that is not full is the whole of it."""
        here = FOLDER_IN.c.notification_id == any_(literal(list(shown), ARRAY(Uuid)))
        lying = (FOLDER_IN.c.binding == way.binding.slug, FOLDER_IN.c.lies)
        tx.execute(delete(FOLDER_IN).where(*lying, ~here, FOLDER_IN.c.state == "strange"))
        tx.execute(update(FOLDER_IN).where(*lying, ~here).values(lies=False))

    def _write(self, tx: WriteTx, way: Way, number: UUID, **values: Any) -> None:
        now: datetime = self.custody.now()
        row = {"binding": way.binding.slug, "notification_id": number, "siret": way.binding.siret}
        tx.execute(insert(FOLDER_IN).values(**row, lies=True, seen_at=now, **values))
