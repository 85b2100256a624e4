"""What follows from an answer, in the transaction that keeps it: decisions recorded, and what a body calls a line now."""

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import case, select

from contracts.decisions import Taken
from contracts.outcomes import ExchangeOutcome, OutcomeKind
from hub.decisions.recording import Sender, record_decisions
from hub.exchanges.folders_in import folder_effects
from hub.exchanges.planning import Effect, plan
from hub.exchanges.pulling import DECISIONS
from hub.exchanges.pushing import CREATE, REGISTER, SYNCHRONISE
from hub.exchanges.tables import EXCHANGE, TOLD_LINE
from hub.exchanges.told import answered, of_others
from hub.exchanges.ways import Way
from hub.requirements.catalogue import Catalogue
from vault.db import WriteTx
from vault.documents.custody import Custody

_LOG = logging.getLogger(__name__)
UPDATE = "update"
REPLANS = {OutcomeKind.SUPERSEDED: 1, OutcomeKind.CONFLICT: 2}
"""How often one content is planned again: once under the number that lives on, and once with the date that counts now."""


@dataclass(frozen=True, slots=True)
class Effects:
    """The effects of every connector that the engine carries, for the process that carries."""

    custody: Custody
    catalogue: Catalogue
    ways: Mapping[str, Way]

    def all(self) -> dict[tuple[str, str], Effect]:
        """Return each effect by connector and operation."""
        by_operation: dict[str, Effect] = {
            DECISIONS: self._decided,
            SYNCHRONISE: _synchronised,
            REGISTER: _registered,
            CREATE: _kept,
            UPDATE: _kept,
        }
        manifests = {way.codec.manifest.connector: way.codec.manifest for way in self.ways.values()}
        return {
            (connector, operation): effect
            for connector, manifest in manifests.items()
            for operation, effect in by_operation.items()
            if operation in manifest.operations
        } | folder_effects(self.custody, self.ways)

    def _decided(self, tx: WriteTx, exchange_id: UUID, command: Any, outcome: ExchangeOutcome) -> None:
        """Record what a body says that it decided, and ask for the next page where there is one."""
        if outcome.kind is not OutcomeKind.FOUND:
            return
        row = tx.execute(
            select(EXCHANGE.c.binding, EXCHANGE.c.correlation).where(EXCHANGE.c.exchange_id == exchange_id)
        ).one()
        sender, now = Sender(command.body, exchange_id), self.custody.now()
        lines = record_decisions(tx, self.catalogue, sender, outcome.data["decisions"], now=now)
        flaws = Counter(one.flaw for one in lines if one.taken is Taken.REFUSED)
        if flaws:
            _LOG.warning("decisions of %s refused: %s", row.binding, {str(flaw): n for flaw, n in flaws.items()})
        if following := outcome.data["next"]:
            way = self.ways[row.binding]
            page = command.model_copy(update={"cursor": following})
            plan(tx, self.custody, (way.codec, way.binding), page, correlation=row.correlation)


def _registered(tx: WriteTx, exchange_id: UUID, _command: Any, outcome: ExchangeOutcome) -> None:
    answered(tx, exchange_id, _said(tx, exchange_id, outcome.kind.value, {"receipt": outcome.receipt, **outcome.data}))


def _synchronised(tx: WriteTx, exchange_id: UUID, _command: Any, outcome: ExchangeOutcome) -> None:
    """Write down what became of each family: one that was refused hinders no other."""
    if outcome.kind not in (OutcomeKind.APPLIED, OutcomeKind.PARTIAL):
        answered(tx, exchange_id, {"outcome": outcome.kind.value})
        return
    for item in outcome.data.get("items", ()):
        family = UUID(item["reference"])
        answered(tx, exchange_id, _said(tx, exchange_id, item["outcome"], item, family), family=family)


def _said(
    tx: WriteTx, exchange_id: UUID, outcome: str, data: Mapping[str, Any], family: UUID | None = None
) -> dict[str, Any]:
    """Return what is kept of an answer; where the body made two into one, it is told once more, under the name it says."""
    said: dict[str, Any] = {"outcome": outcome}
    if data["receipt"]:
        said["number"] = data["receipt"][:64]
    survivor = data.get("new_reference")
    if outcome == OutcomeKind.SUPERSEDED and survivor and not of_others(tx, exchange_id, survivor, family):
        said |= {"goes_by": UUID(survivor), **_again(OutcomeKind.SUPERSEDED)}
    return said


def _kept(tx: WriteTx, exchange_id: UUID, _command: Any, outcome: ExchangeOutcome) -> None:
    """Write down under which number a registration is kept and when it was changed last: its next change names both."""
    said: dict[str, Any] = {"outcome": outcome.kind.value}
    if "registration" in outcome.data:
        said |= {"number": outcome.data["registration"], "stamp": outcome.data["last_update_date"]}
    if outcome.kind is OutcomeKind.SUPERSEDED:
        survivor = outcome.data["new_reference"]
        if not of_others(tx, exchange_id, survivor):
            said |= {"number": survivor, **_again(outcome.kind)}
    elif outcome.kind is OutcomeKind.CONFLICT and "registration" in outcome.data:
        said |= _again(outcome.kind)
    answered(tx, exchange_id, said)


def _again(kind: OutcomeKind) -> dict[str, Any]:
    """Return that a line is to be told anew, unless it was as often as it may: what still disagrees is for a person."""
    mayhap = TOLD_LINE.c.replans < REPLANS[kind]
    return {
        "digest": case((mayhap, None), else_=TOLD_LINE.c.digest),
        "replans": case((mayhap, TOLD_LINE.c.replans + 1), else_=TOLD_LINE.c.replans),
    }
