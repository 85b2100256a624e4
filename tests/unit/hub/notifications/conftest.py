"""Partners on a real PostgreSQL, the sender under the worker's own login, and a clock one can set."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import dict_row
from sqlalchemy.engine import make_url

from connectors.addresses import AddressRule
from connectors.webhook.signature import new_secret
from contracts.events import RequirementSatisfied
from contracts.identifiers import Siret, new_uuid
from hub.notifications.deliveries import Sender
from hub.notifications.fanout import Signal, notify
from hub.partners.applying import Wanted, apply
from hub.partners.registry import secret_context
from hub.partners.webhooks import ensure_webhook
from hub.persons.agents import OPERATOR
from tests.assets.partners import made_up_partner
from tests.assets.receiving import Receiver, receiving
from tests.unit.hub.school_files.conftest import server  # noqa: F401 - the same server, migrated
from vault.crypto.memory import MemoryMasterKey
from vault.db import Database, WriteTx
from vault.outbox import publish
from vault.standing import Purpose

LINE = """WITH person AS (INSERT INTO hub.person VALUES (uuidv7(), now()) RETURNING person_id),
    file AS (INSERT INTO hub.school_file SELECT uuidv7(), person_id, '2026-2027', now() FROM person RETURNING file_id)
    INSERT INTO hub.enrolment_line (line_id, file_id, service, body, payer_id, valid_from, valid_until, recorded_at)
    SELECT %(line)s, file_id, 'canteen_tariff', %(body)s, person_id, current_date, current_date, now() FROM person, file
    ON CONFLICT (line_id) DO UPDATE SET body = excluded.body"""
"""A word about a line is left by who is shown the line."""
START = datetime(2026, 9, 20, 9, tzinfo=UTC)


@dataclass
class Told:
    """One partner of a test."""

    siret: Siret
    receiver: Receiver | None
    secret: str


@dataclass
class Town:
    """The database, who sends, and partners made up as they are needed."""

    url: str
    db: Database
    owner: Database
    master: MemoryMasterKey
    exits: ExitStack
    clock: list[datetime] = field(default_factory=lambda: [START])
    chance: float = 0.0
    partners: list[Told] = field(default_factory=list)

    def now(self) -> datetime:
        return self.clock[0]

    def later(self, **wait: float) -> None:
        self.clock[0] += timedelta(**wait)

    def sender(self) -> Sender:
        permitted = frozenset().union(*(one.receiver.rule.permitted for one in self.partners if one.receiver))
        return Sender(self.db, self.master, self.now, AddressRule(permitted), lambda: self.chance)

    def partner(self, *, webhook: bool = True) -> Told:
        """A body with an agreement, and with a receiver of its own."""
        receiver = self.exits.enter_context(receiving()) if webhook else None
        file = made_up_partner(receiver and receiver.url + "/webhook")
        secret, siret = new_secret(), Siret(file.siret)
        with self.owner.transaction() as tx:
            wrapped = self.master.wrap(secret.encode(), secret_context(siret))
            apply(tx, Wanted(file), wrap_secret=lambda: wrapped, actor=OPERATOR, now=self.now())
            ensure_webhook(tx, siret, self.master.wrap, now=self.now())
        if receiver is not None:
            receiver.secrets, receiver.now = [secret], self.now
        self.partners.append(Told(siret, receiver, secret))
        return self.partners[-1]

    def tell(self, partner: Told, what: str, *, line: UUID | None = None, tx: WriteTx | None = None) -> UUID | None:
        """One event about a line, committed at once unless a transaction is given."""
        if tx is None:
            with self.db.transaction() as own:
                return self.tell(partner, what, line=line, tx=own)
        # Such events come of judging.
        tx.stand(purpose=Purpose.REEVALUATION)
        about = line or new_uuid()
        self.rows(LINE, line=about, body=partner.siret)
        event = publish(tx, RequirementSatisfied(about, what, new_uuid()), now=self.now())
        kind = RequirementSatisfied.type
        return notify(
            tx, partner.siret, Signal(event, kind, about, "canteen_tariff", what, "2026-2027"), now=self.now()
        )

    def subject(self, partner: Told, line: UUID) -> str:
        found = self.rows(
            "SELECT value FROM hub.pseudonym WHERE siret = %(s)s AND subject_id = %(l)s", s=partner.siret, l=line
        )
        return str(found[0]["value"])

    def rows(self, statement: str, **values: object) -> list[dict]:
        with psycopg.connect(self.url.replace("+psycopg", ""), autocommit=True, row_factory=dict_row) as owner:
            done = owner.execute(statement.encode(), values)
            return done.fetchall() if done.description else []

    def webhook(self, partner: Told) -> dict:
        (found,) = self.rows("SELECT * FROM hub.webhook WHERE siret = %(s)s", s=partner.siret)
        return found

    def states(self, partner: Told) -> list[str]:
        told = "SELECT state FROM hub.delivery WHERE siret = %(s)s ORDER BY place"
        return [row["state"] for row in self.rows(told, s=partner.siret)]

    def drain(self, *partners: Told) -> None:
        """Send all that can be sent at this moment, one after another."""
        sender = self.sender()
        sender.lanes()
        for partner in partners or self.partners:
            while sender.send_next(partner.siret):
                pass

    def next_moment(self, partner: Told) -> datetime:
        """When something of a partner's is to be tried at the earliest."""
        (found,) = self.rows(
            """SELECT greatest(min(d.next_attempt_at), min(w.open_at)) AS at FROM hub.delivery d
               JOIN hub.webhook w USING (siret) WHERE d.siret = %(s)s AND d.state = 'due' AND NOT EXISTS (
                   SELECT FROM hub.delivery o WHERE o.siret = d.siret AND o.subject = d.subject AND o.state = 'due'
                   AND o.place < d.place)""",
            s=partner.siret,
        )
        return found["at"]


@pytest.fixture(scope="session")
def databases(server: str) -> Iterator[tuple[str, Database, Database]]:  # noqa: F811 - the fixture
    address = make_url(server).set(username="unefois_worker", password="of-this-test")
    db = Database.connect(address.render_as_string(hide_password=False), pool_size=12)
    owner = Database.connect(server, pool_size=2)
    yield server, db, owner
    db.close()
    owner.close()


@pytest.fixture
def town(databases: tuple[str, Database, Database]) -> Iterator[Town]:
    """Each test has its own partners."""
    with ExitStack() as exits:
        yield Town(*databases, MemoryMasterKey.generate(), exits)
