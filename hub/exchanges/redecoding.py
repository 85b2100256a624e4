"""Read kept bytes again: what an older connector did not understand, a newer one may, and nothing is sent for it."""

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from sqlalchemy import select

from contracts.outcomes import OutcomeKind, Phase
from hub.exchanges.concluding import settle
from hub.exchanges.planning import Effect, State
from hub.exchanges.reading import command_of, decoded
from hub.exchanges.recording import recording
from hub.exchanges.rowing import locked, put, stored
from hub.exchanges.tables import EXCHANGE, EXCHANGE_ATTEMPT
from hub.exchanges.ways import Carried, Way
from vault.bodies.keeping import open_body
from vault.documents.custody import Custody
from vault.errors import BodyGone

_UNREAD = frozenset({OutcomeKind.CONTRACT_BREACH, OutcomeKind.IN_DOUBT, OutcomeKind.UNAVAILABLE})


def redecode(custody: Custody, effects: Mapping[tuple[str, str], Effect], way: Way, exchange_id: UUID) -> Carried:
    """Read the last answer to a quarantined exchange by the connector of today; settle it where that understands it.

    Who calls stands for the binding's body. Raises :class:`~vault.errors.BodyGone` where the bytes are no longer kept,
    and as :func:`vault.bodies.keeping.open_body` does.
    """
    with custody.db.read() as tx:
        row = tx.execute(select(EXCHANGE).where(EXCHANGE.c.exchange_id == exchange_id)).one()
        command = command_of(tx, custody, way, row)
        last = (
            select(EXCHANGE_ATTEMPT.c.body_id)
            .where(EXCHANGE_ATTEMPT.c.exchange_id == exchange_id)
            .order_by(EXCHANGE_ATTEMPT.c.number.desc())
            .limit(1)
        )
        body_id = tx.execute(last).scalar_one_or_none()
        if body_id is None:
            raise BodyGone(str(exchange_id))
        kept = open_body(tx, custody, body_id)
    outcome, version = decoded(way, command, recording(kept)), way.codec.manifest.version
    with custody.db.transaction() as write:
        held, now = locked(write, exchange_id), custody.now()
        if held.state != State.QUARANTINED:
            return Carried(exchange_id, State(held.state), stored(held), held.due_at)
        if outcome.kind in _UNREAD:
            return put(write, held, State.QUARANTINED, now=now, due_at=None, decoded_with=version)
        effect = effects.get((way.codec.manifest.connector, held.operation))
        if effect is not None:
            effect(write, exchange_id, command, outcome)
        return replace(settle(write, held, outcome, phase=Phase.COMPLETE, now=now), outcome=outcome)
