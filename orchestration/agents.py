"""Agents and their roles, as whoever manages them adds and removes them: no file, since they are persons."""

from collections.abc import Iterator
from contextlib import contextmanager

from hub.persons.agents import KnownAgent, Role, add_agent, known_agents, remove_agent
from orchestration.owner import OwnerSettings
from orchestration.stack.addresses import addresses
from orchestration.stack.layout import Layout
from vault.bootstrap import utc_now
from vault.db import Database
from vault.standing import Purpose, standing


@contextmanager
def database(layout: Layout, *, told: bool) -> Iterator[Database]:
    """Give the database of a state folder, or with ``told`` the one that UNEFOIS_OWNER_URL names, as its owner."""
    nothing: dict[str, str] = {}
    url = (
        OwnerSettings(**nothing).owner_url.get_secret_value()  # type: ignore[arg-type]  # from the environment
        if told
        else addresses(layout).dsn("unefois_owner", driver="psycopg")
    )
    db = Database.connect(url, pool_size=1)
    try:
        yield db
    finally:
        db.close()


@standing(purpose=Purpose.STAFF)
def add(db: Database, email: str, *, siret: str, body: str, role: str) -> bool:
    """Give an agent a role for a body; tell whether that was new. Raises :class:`~hub.errors.InvalidValue`."""
    with db.transaction() as tx:
        return add_agent(tx, email, siret=siret, body=body, role=Role(role), now=utc_now())


@standing(purpose=Purpose.STAFF)
def remove(db: Database, email: str) -> int:
    """Take every role and session from an agent at once; return how many accounts that were."""
    with db.transaction() as tx:
        return remove_agent(tx, email, now=utc_now())


@standing(purpose=Purpose.STAFF)
def listed(db: Database) -> list[KnownAgent]:
    """Return every agent there is."""
    with db.read() as tx:
        return known_agents(tx)
