"""What a conversation comes to, written down in one transaction: attempt, breaker, state, and what follows from it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.engine import Row

from connectors.port import Operation
from contracts.outcomes import ExchangeOutcome, OutcomeKind, Phase
from hub.exchanges import breaker
from hub.exchanges.planning import Effect, State
from hub.exchanges.policy import Step, counted, fails, next_step, wait_before
from hub.exchanges.rowing import LOOK_UP, Claim, Talked, put
from hub.exchanges.ways import Carried, Way
from vault.db import WriteTx


@dataclass(frozen=True, slots=True)
class Conclusion:
    """One conversation with one binding that is to be written down in ``tx``."""

    tx: WriteTx
    way: Way
    claim: Claim
    talked: Talked
    effects: Mapping[tuple[str, str], Effect]
    now: datetime

    @property
    def operation(self) -> Operation:
        """What the connector declares of it."""
        return self.way.operation(self.claim.row.operation)

    def write(self) -> Carried:
        """Write it down, and return where the exchange stands."""
        self._tell_breaker()
        return self._looked_up() if self.claim.act == LOOK_UP else self._sent()

    def _tell_breaker(self) -> None:
        slug, outcome = self.way.binding.slug, self.talked.outcome
        if outcome.kind is OutcomeKind.AUTH_FAILED:
            breaker.refuse_credentials(self.tx, slug, now=self.now)
        elif outcome.kind is not OutcomeKind.MISCONFIGURED:
            failed = fails(outcome, self.operation)
            breaker.note(self.tx, slug, self.operation.endpoint, outcome.kind, failed=failed, now=self.now)

    def _sent(self) -> Carried:
        outcome, row = self.talked.outcome, self.claim.row
        step = next_step(outcome, self.talked.exchange.phase, self.operation)
        if step is Step.AGAIN:
            return self._again(row.attempts + counted(outcome))
        if step is Step.SETTLE:
            return self._settle(outcome, self.talked.exchange.phase)
        if step in (Step.LOOK_UP, Step.DOUBT):
            due = self.now + wait_before(row.attempts + 1) if step is Step.LOOK_UP else None
            return self._put(State.IN_DOUBT, due, outcome=OutcomeKind.IN_DOUBT.value)
        if step is Step.PARK:
            return self._put(State.PARKED, None, outcome=outcome.kind.value)
        version = self.way.codec.manifest.version
        return self._put(State.QUARANTINED, None, outcome=outcome.kind.value, decoded_with=version)

    def _again(self, tries: int) -> Carried:
        if self._over(tries):
            return self._put(State.PARKED, None, attempts=tries)
        until = self.talked.outcome.until or self.now + wait_before(tries)
        return self._put(State.PLANNED, until, attempts=tries)

    def _looked_up(self) -> Carried:
        found, row = self.talked.outcome, self.claim.row
        if found.kind is OutcomeKind.FOUND:
            applied = ExchangeOutcome(OutcomeKind.APPLIED, code="looked_up", receipt=found.receipt, data=found.data)
            return self._settle(applied, Phase.COMPLETE)
        if found.kind is OutcomeKind.CONFLICT:
            return self._settle(found, Phase.COMPLETE)
        if found.kind in (OutcomeKind.ABSENT, OutcomeKind.EMPTY):
            # It did not happen: what was sent is sent again, and not for ever.
            over = self._over(row.attempts + 1)
            return self._put(State.PARKED if over else State.PLANNED, None if over else self.now, outcome=None)
        over = self._over(row.attempts + counted(found))
        due = None if over else found.until or self.now + wait_before(row.attempts + 1)
        return self._put(State.IN_DOUBT, due, outcome=OutcomeKind.IN_DOUBT.value)

    def _settle(self, outcome: ExchangeOutcome, phase: Phase) -> Carried:
        row = self.claim.row
        effect = self.effects.get((self.way.codec.manifest.connector, row.operation))
        if effect is not None:
            effect(self.tx, row.exchange_id, self.claim.command, outcome)
        carried = settle(self.tx, row, outcome, phase=phase, now=self.now)
        return replace(carried, outcome=outcome)

    def _put(self, state: State, due: datetime | None, **values: Any) -> Carried:
        outcome = self.talked.outcome
        told = {"phase": self.talked.exchange.phase.value, "outcome_code": f"{outcome.kind}:{outcome.code}", **values}
        return replace(put(self.tx, self.claim.row, state, now=self.now, due_at=due, **told), outcome=outcome)

    def _over(self, tries: int) -> bool:
        too_old = self.now - self.claim.row.created_at >= timedelta(hours=self.operation.age_max_h)
        return tries >= self.operation.attempts_max or too_old


def settle(tx: WriteTx, row: "Row[Any]", outcome: ExchangeOutcome, *, phase: Phase, now: datetime) -> Carried:
    """Write down that an exchange has its outcome."""
    values = {"outcome": outcome.kind.value, "outcome_code": outcome.code, "receipt": outcome.receipt or None}
    return put(tx, row, State.SETTLED, now=now, due_at=None, phase=phase.value, settled_at=now, **values)
