"""Carry an exchange out: claim it, say so, converse, and keep what it came to; whatever dies in between leaves it known.

Each step commits before the next: the claim with its attempt, then the conversation, then the outcome with its bytes and
what follows from it. A process that dies while sending leaves an exchange whose lease runs out; what may be repeated is
repeated then, what can be asked is asked, and the rest is in doubt until a person has looked.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import stamina
from sqlalchemy.engine import Row

from connectors.errors import ConnectorError
from connectors.port import Exchange, LooksUp, OperationKind
from contracts.outcomes import ExchangeOutcome, OutcomeKind, Phase
from hub.errors import ExchangeInFlight, ReleasesStopped
from hub.exchanges import admission
from hub.exchanges.concluding import Conclusion
from hub.exchanges.planning import Effect, State
from hub.exchanges.policy import Step, after_a_death
from hub.exchanges.reading import command_of, decoded
from hub.exchanges.recording import recorded
from hub.exchanges.redecoding import redecode
from hub.exchanges.rowing import (
    LOOK_UP,
    SEND,
    Claim,
    Talked,
    begin_attempt,
    cut_off,
    end_attempt,
    last_attempt,
    put,
    stored,
)
from hub.exchanges.rowing import locked as row_of
from hub.exchanges.ways import Carried, Way
from hub.partners.suspending import refuse_while_stopped
from vault.bodies.keeping import (
    BodyKind,
    SealedBody,
    Talk,
    keep_body,
    period_key,
    seal_body,
)
from vault.db import WriteTx
from vault.documents.custody import Custody
from vault.errors import BodyGone, DatabaseUnavailable, ObjectCondemned
from vault.standing import standing
from vault.storage.errors import StoreUnavailable
from vault.telemetry import span

_LOG = logging.getLogger(__name__)
MARGIN = timedelta(seconds=30)
"""How much longer than a conversation can last a process may hold an exchange."""
INSISTENCE = 20.0
"""Seconds for which a database that is away is told what a conversation came to: what is not told becomes a doubt."""
STOPPED_FOR = timedelta(minutes=1)
COMMAND_GONE = "command_gone"
NOT_WANTED = "not_wanted"
StillWanted = Callable[[WriteTx, UUID, Any], bool]
"""Whether what an exchange says is still to be said: transaction, exchange, command; asked before each sending."""
_OPEN = (State.PLANNED, State.SENDING, State.IN_DOUBT)


@dataclass(frozen=True, slots=True)
class Engine:
    """Carries exchanges out for every binding; what follows from an outcome is told it by connector and operation."""

    custody: Custody
    effects: Mapping[tuple[str, str], Effect] = field(default_factory=dict)
    wanted: Mapping[tuple[str, str], StillWanted] = field(default_factory=dict)
    """By connector and operation; what is not named here is said as it was planned."""

    def carry(self, way: Way, exchange_id: UUID) -> Carried:
        """Take an exchange one step further; harmless to repeat, by any number of processes at once.

        Raises :class:`~hub.errors.ExchangeInFlight` while another process has it.
        """
        with standing(partner=way.binding.siret):
            with self.custody.db.transaction() as tx:
                taken = self._claim(tx, way, exchange_id)
            if isinstance(taken, Carried):
                unread = taken.state is State.QUARANTINED
                return self._redecoded(way, taken) if unread else taken
            name = f"{way.binding.slug} {taken.row.operation}"
            with span("exchange", name, parent=taken.row.traceparent) as told:
                talked = self._converse(way, taken)
                told["outcome"] = str(talked.outcome.kind)
                return self._kept(way, taken, talked)

    def _kept(self, way: Way, taken: Claim, talked: Talked) -> Carried:
        try:
            return self._written(way, taken, talked, self._seal(talked))
        except ObjectCondemned:
            # They lay so long without their row that they are being swept away: once more, under another name.
            return self._written(way, taken, talked, self._seal(talked))

    def _written(self, way: Way, taken: Claim, talked: Talked, kept: SealedBody | None) -> Carried:
        for attempt in stamina.retry_context(on=DatabaseUnavailable, attempts=None, timeout=INSISTENCE, wait_max=2):
            with attempt, self.custody.db.transaction() as tx:
                carried = self._conclude(tx, way, taken, talked, kept)
        return carried

    def _redecoded(self, way: Way, found: Carried) -> Carried:
        try:
            return redecode(self.custody, self.effects, way, found.exchange_id)
        except BodyGone:
            # Nobody can read what is gone: a person decides what became of it.
            with self.custody.db.transaction() as tx:
                now, version = self.custody.now(), way.codec.manifest.version
                row = row_of(tx, found.exchange_id)
                return put(tx, row, State(row.state), now=now, due_at=row.due_at, decoded_with=version)

    def _claim(self, tx: WriteTx, way: Way, exchange_id: UUID) -> Claim | Carried:
        now, row = self.custody.now(), row_of(tx, exchange_id)
        state = State(row.state)
        if state is State.SENDING and row.leased_until > now:
            raise ExchangeInFlight(str(exchange_id))
        if state not in _OPEN or row.due_at is None or row.due_at > now:
            return Carried(exchange_id, state, stored(row), row.due_at)
        cut_off(tx, row, now=now)
        step = self._step(way, row, state)
        if step is Step.DOUBT:
            return put(tx, row, State.IN_DOUBT, now=now, due_at=None, outcome=OutcomeKind.IN_DOUBT.value)
        act, stays = (LOOK_UP, State.IN_DOUBT) if step is Step.LOOK_UP else (SEND, State.PLANNED)
        waits = admission.refused(tx, way, row, now=now)
        if waits is not None:
            return put(tx, row, stays, now=now, due_at=waits)
        return self._lease(tx, way, row, act, now=now)

    def _step(self, way: Way, row: "Row[Any]", state: State) -> Step:
        operation = way.operation(row.operation)
        step = Step.LOOK_UP if state is State.IN_DOUBT else Step.AGAIN
        if state is State.SENDING:
            step = after_a_death(operation)
        return Step.DOUBT if step is Step.LOOK_UP and not isinstance(way.codec, LooksUp) else step

    def _lease(self, tx: WriteTx, way: Way, row: "Row[Any]", act: str, *, now: datetime) -> Claim | Carried:
        stays = State.PLANNED if act == SEND else State.IN_DOUBT
        try:
            if row.kind == OperationKind.PUSH and act == SEND:
                # Also for what was decided on before releases were stopped.
                refuse_while_stopped(tx)
            command = command_of(tx, self.custody, way, row)
        except ReleasesStopped:
            return put(tx, row, stays, now=now, due_at=now + STOPPED_FOR)
        except BodyGone:
            state = State.PARKED if act == SEND else State.IN_DOUBT
            return put(tx, row, state, now=now, due_at=None, outcome_code=COMMAND_GONE)
        wanted = self.wanted.get((way.codec.manifest.connector, row.operation))
        if act == SEND and wanted is not None and not wanted(tx, row.exchange_id, command):
            return put(tx, row, State.CANCELLED, now=now, due_at=None, outcome_code=NOT_WANTED)
        lease = now + timedelta(seconds=way.codec.manifest.limits.total_s) + MARGIN
        held = State.SENDING if act == SEND else State.IN_DOUBT
        put(tx, row, held, now=now, due_at=lease, leased_until=lease, attempts=row.attempts + 1)
        return Claim(row, command, act, begin_attempt(tx, row, act, now=now))

    def _converse(self, way: Way, claim: Claim) -> Talked:
        command = claim.command
        if claim.act == LOOK_UP and isinstance(way.codec, LooksUp):
            command = way.codec.lookup(claim.command)
        nothing = Exchange(Phase.NOT_SENT, self.custody.now())
        if command is None:
            return Talked(None, nothing, ExchangeOutcome(OutcomeKind.IN_DOUBT, code="no_look_up"))
        try:
            request = way.codec.encode(command, way.binding)
        except ConnectorError as error:
            # The kind of a refusal is a word of ours; what it says may not be.
            return Talked(None, nothing, ExchangeOutcome(OutcomeKind.MISCONFIGURED, code=type(error).__name__))
        exchange = way.transport.send(request)
        return Talked(request, exchange, decoded(way, command, exchange))

    def _seal(self, talked: Talked) -> SealedBody | None:
        if talked.request is None:
            return None
        try:
            return seal_body(self.custody, recorded(talked.request, talked.exchange))
        except StoreUnavailable:
            # What it came to is worth more than its bytes: without the first it would be in doubt.
            _LOG.warning("the bytes of a conversation could not be kept")
            return None

    def _conclude(self, tx: WriteTx, way: Way, claim: Claim, talked: Talked, kept: SealedBody | None) -> Carried:
        now, held = self.custody.now(), row_of(tx, claim.row.exchange_id)
        body_id = None
        if kept is not None:
            talk = Talk(way.binding.siret, way.binding.slug, BodyKind(claim.row.kind))
            body_id = keep_body(tx, period_key(tx, self.custody, talk, now=now), kept, now=now)
        end_attempt(tx, claim, talked, body_id=body_id, now=now)
        if last_attempt(tx, claim.row.exchange_id) != claim.number or held.state not in (State.SENDING, State.IN_DOUBT):
            # It was away for longer than its lease, and another process took over: only its attempt is told of.
            return Carried(claim.row.exchange_id, State(held.state), stored(held), held.due_at)
        return Conclusion(tx, way, claim, talked, self.effects, now).write()
