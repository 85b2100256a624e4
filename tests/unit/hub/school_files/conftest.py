"""The worker's custody on a real PostgreSQL, under the worker's own login; objects and master key in memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import dict_row
from sqlalchemy.engine import make_url

from hub.schema.migrating import upgrade
from tests.assets.families import Made, Paper, seed
from tests.unit.vault.journal.postgres import running_postgres
from vault.crypto.digest import DuplicateKey
from vault.crypto.holders import HolderKeys
from vault.crypto.memory import MemoryMasterKey
from vault.crypto.records import RecordSeals, RecordSigner
from vault.db import Database
from vault.documents.custody import Custody
from vault.standing import Purpose, standing
from vault.storage.memory import MemoryObjectStore

ROLES = ("unefois_door", "unefois_release", "unefois_worker", "unefois_pipelines")
NOW = datetime(2026, 9, 20, 9, tzinfo=UTC)
TODAY = date(2026, 9, 20)


@dataclass
class Place:
    """Custody as the worker has it, the owner's address, and a clock one can set."""

    custody: Custody
    url: str
    clock: list[datetime]

    def seed(
        self, *families: tuple[Made, list[Paper]], until: date = date(2027, 8, 31), at: datetime = NOW, **told
    ) -> None:
        # Papers come in by a hand that may make their holders' keys, which judging may not.
        with standing(purpose=Purpose.SAFETY):
            seed(self.url, self.custody, families, received_at=at, until=until, **told)

    def rows(self, statement: str, **values) -> list[dict]:
        with psycopg.connect(self.url.replace("+psycopg", ""), autocommit=True, row_factory=dict_row) as owner:
            done = owner.execute(statement.encode(), values)
            return done.fetchall() if done.description else []

    def standing(self, made: Made) -> dict[tuple[str, str], str]:
        """What each requirement of a family rests on now, by kind."""
        found = self.rows(
            """SELECT l.service, s.requirement, e.evidence_type FROM hub.satisfaction s
               JOIN hub.enrolment_line l USING (line_id) JOIN hub.evidence e USING (evidence_id)
               WHERE l.payer_id = %(who)s AND s.until IS NULL""",
            who=made.adult,
        )
        return {(row["service"], row["requirement"]): row["evidence_type"] for row in found}

    def fits(self, adult: UUID) -> list[dict]:
        return self.rows(
            """SELECT f.*, l.service, e.evidence_type FROM hub.fit f JOIN hub.enrolment_line l USING (line_id)
               JOIN hub.evidence e USING (evidence_id) WHERE l.payer_id = %(who)s ORDER BY f.fit_id""",
            who=adult,
        )


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """One server a session, migrated, with the logins of the processes."""
    with running_postgres() as url:
        plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain) as owner:
            for role in ROLES:
                owner.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'of-this-test'".encode())
        upgrade(url)
        yield url


@pytest.fixture
def place(server: str) -> Iterator[Place]:
    """Each test has its own families; runs that judge everybody begin anew."""
    address = make_url(server).set(username="unefois_worker", password="of-this-test")
    signer, clock = RecordSigner.generate(), [NOW]
    custody = Custody(
        db=Database.connect(address.render_as_string(hide_password=False), pool_size=2),
        objects=MemoryObjectStore(),
        keys=HolderKeys(MemoryMasterKey.generate()),
        duplicates=DuplicateKey(bytes(32)),
        records=RecordSeals(signer, signer.verifier),
        max_document_bytes=1_000_000,
        now=lambda: clock[0],
    )
    found = Place(custody, server, clock)
    found.rows("DELETE FROM hub.reevaluation")
    found.rows("UPDATE hub.request SET state = 'closed'")
    # As the run over all families stands: there is no job here whose row a policy could look up.
    with standing(purpose=Purpose.REEVALUATION):
        yield found
    custody.db.close()
