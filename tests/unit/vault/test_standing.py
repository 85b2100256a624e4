"""By what authority a transaction reads: said with its first statement, gone with its end."""

from collections.abc import Iterator

import pytest
from sqlalchemy import bindparam, func, select, text

from tests.unit.vault.journal.postgres import running_postgres
from vault.db import Database
from vault.ready import Ready
from vault.standing import KINDS, Purpose, current, standing

ASKED = select(func.current_setting("unefois.person", bindparam("quiet")).label("said"))
QUIET = {"quiet": True}


@pytest.fixture(scope="module")
def db() -> Iterator[Database]:
    with running_postgres() as url:
        found = Database.connect(url, pool_size=1)
        yield found
        found.close()


def said(db: Database) -> list[str | None]:
    """What the server is told by every way of asking."""
    ready, found = Ready(ASKED), []
    with db.read() as tx:
        found.append(tx.execute(ASKED, QUIET).scalar_one())
    for way in (db.transaction, db.single):
        with way() as tx:
            found.append(tx.row(ready, QUIET).said)
            found.append(tx.look(ASKED, QUIET).scalar_one())
            found.append(tx.execute(ASKED, QUIET).scalar_one())
            found += [row.said for (row,) in tx.rows((ready, QUIET), (ready, QUIET))]
    return found


def test_every_way_of_asking_says_it(db):
    with standing(person="somebody"):
        assert set(said(db)) == {"somebody"}


def test_nothing_of_it_stays_on_a_connection(db):
    with standing(person="somebody"):
        said(db)
    assert not any(said(db))


def now() -> dict[str, str]:
    return {kind: named for kind, named in zip(KINDS, current() or (), strict=True) if named}


def test_an_authority_within_another_stands_beside_it_and_ends():
    assert current() is None
    with standing(person="somebody"):
        with standing(purpose=Purpose.AUDIT, entry="one"):
            assert now() == {"person": "somebody", "entry": "one", "purpose": "audit"}
        assert now() == {"person": "somebody"}
    assert current() is None


def test_an_authority_that_no_policy_knows_is_refused():
    with pytest.raises(ValueError, match="superuser"), standing(superuser="yes"):
        pass


def test_what_is_said_is_a_value_and_no_statement(db):
    said_so = "x', true); DROP SCHEMA public; --"
    with standing(person=said_so), db.transaction() as tx:
        assert tx.execute(text("SELECT current_setting('unefois.person')")).scalar_one() == said_so
