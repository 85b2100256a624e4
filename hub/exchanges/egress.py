"""Never ask a partner that counts us more often than it allows: one count in PostgreSQL for every process.

API Particulier takes 20 requests a second under one token and 1,000 a minute from one address, and shuts an address out
for 12 hours where its 429 is not heeded. So a request takes a slot before it leaves, and the slot counts until one
window after its answer came: whatever the network does to the time between, no window at the partner's end holds more.
The clock is the database's, since machines differ.
"""

import hashlib
import logging
import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import Interval, text

from connectors.port import HELD_BACK, Exchange, Transport, WireRequest, retry_after
from contracts.identifiers import new_uuid
from contracts.outcomes import Phase
from vault.db import Database
from vault.errors import DatabaseUnavailable

_LOG = logging.getLogger(__name__)
TOO_MANY = 429
UNTOLD = timedelta(seconds=60)
"""How long to stay away where a 429 does not say: the longest window the partner counts in."""


@dataclass(frozen=True, slots=True)
class Ceilings:
    """What a partner allows: so many in any second under one token, so many in any minute altogether."""

    token_a_second: int
    all_a_minute: int


API_PARTICULIER = Ceilings(20, 1000)
"""As its documentation says."""
_SECOND, _MINUTE = timedelta(seconds=1), timedelta(minutes=1)

_LOCK = text("""
    INSERT INTO hub.egress_gate AS g (gate, closed_until) VALUES (:gate, '-infinity')
    ON CONFLICT (gate) DO UPDATE SET gate = g.gate
    RETURNING CASE WHEN g.closed_until > clock_timestamp() THEN g.closed_until - clock_timestamp() END AS closed
""").columns(closed=Interval)
_FORGET = text("DELETE FROM hub.egress_slot WHERE gate = :gate AND there_by <= clock_timestamp() - :minute")
# Of the slots still counted, the one whose end makes room; none where there is room.
_WAIT = text("""
    SELECT greatest(
        (SELECT there_by + :second FROM hub.egress_slot
         WHERE gate = :gate AND token = :token AND there_by > clock_timestamp() - :second
         ORDER BY there_by DESC OFFSET :under_token LIMIT 1),
        (SELECT there_by + :minute FROM hub.egress_slot WHERE gate = :gate
         ORDER BY there_by DESC OFFSET :altogether LIMIT 1)
    ) - clock_timestamp() AS wait
""").columns(wait=Interval)
_TAKE = text("""
    INSERT INTO hub.egress_slot (slot_id, gate, token, there_by) VALUES (:slot, :gate, :token, clock_timestamp() + :within)
""")
_ANSWERED = text("UPDATE hub.egress_slot SET there_by = clock_timestamp() WHERE slot_id = :slot")
_NOT_SENT = text("DELETE FROM hub.egress_slot WHERE slot_id = :slot")
_CLOSE = text("""
    UPDATE hub.egress_gate SET closed_until = greatest(closed_until, clock_timestamp() + :wait) WHERE gate = :gate
""")


@dataclass(frozen=True, slots=True)
class Gate:
    """The way to one partner that counts; ``within`` is how long a request can take to reach it."""

    db: Database
    name: str
    ceilings: Ceilings
    within: timedelta

    def take(self, token: bytes) -> UUID | timedelta:
        """Take a slot for a request under ``token`` (a digest), or return in how long to try again.

        Raises :class:`~vault.errors.DatabaseUnavailable`: what cannot be counted does not leave.
        """
        slot = new_uuid()
        with self.db.transaction() as tx:
            # Locked until the commit: nobody counts while another one takes.
            closed = tx.execute(_LOCK, {"gate": self.name}).scalar_one()
            if closed is not None:
                return closed  # type: ignore[no-any-return]  # an interval, as the columns say
            tx.execute(_FORGET, {"gate": self.name, "minute": _MINUTE})
            asked = {"gate": self.name, "token": token, "second": _SECOND, "minute": _MINUTE}
            room = {"under_token": self.ceilings.token_a_second - 1, "altogether": self.ceilings.all_a_minute - 1}
            wait: timedelta | None = tx.execute(_WAIT, asked | room).scalar_one()
            if wait is not None:
                return max(wait, timedelta())
            tx.execute(_TAKE, {"slot": slot, "gate": self.name, "token": token, "within": self.within})
        return slot

    def came_back(self, slot: UUID, exchange: Exchange) -> None:
        """Say what became of the request: the sooner its slot is known to be used, the sooner it is free again.

        Where the database is away the slot counts until the end of its deadline, which is longer and never wrong.
        """
        try:
            with self.db.transaction() as tx:
                if exchange.phase is Phase.NOT_SENT:
                    tx.execute(_NOT_SENT, {"slot": slot})
                elif exchange.phase is Phase.COMPLETE:
                    tx.execute(_ANSWERED, {"slot": slot})
                if exchange.status == TOO_MANY:
                    until = retry_after(exchange)
                    wait = UNTOLD if until is None else until - exchange.at
                    tx.execute(_CLOSE, {"gate": self.name, "wait": wait})
                    _LOG.warning("%s said that it was asked too often; nothing goes there for %s", self.name, wait)
        except DatabaseUnavailable:
            _LOG.warning("what became of a request to %s is not counted", self.name)


@dataclass(frozen=True, slots=True)
class CountedTransport:
    """A way out that holds a request back rather than send one too many."""

    inner: Transport
    gate: Gate

    def send(self, request: WireRequest) -> Exchange:
        """Carry ``request``, or say after how many seconds it may be tried; no byte of it has left then.

        Raises :class:`~vault.errors.DatabaseUnavailable` before anything is sent.
        """
        bearer = next((value for name, value in request.headers if name == "authorization"), "")
        taken = self.gate.take(hashlib.sha256(bearer.encode()).digest())
        if isinstance(taken, timedelta):
            seconds = str(math.ceil(taken.total_seconds()))
            return Exchange(Phase.NOT_SENT, datetime.now(UTC), headers=(("retry-after", seconds),), fault=HELD_BACK)
        exchange = self.inner.send(request)
        self.gate.came_back(taken, exchange)
        return exchange
