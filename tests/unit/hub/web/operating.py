"""Operators at the door of a test, and exchanges that were made up for them to find."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import insert

from hub.api.callers import AGENT_COOKIE
from hub.exchanges.tables import EXCHANGE
from hub.persons.agents import AgentIdentity, Role, add_agent, enter_agent
from hub.persons.tables import AGENT
from tests.system import CAISSE
from tests.unit.hub.web.conftest import Place

CITY = "21750001600019"


def agent(place: Place, role: Role, body: str = CITY) -> UUID:
    """Make the browser that of an agent with this role; return their number."""
    email, now = f"{uuid4().hex}@ville.example.org", datetime.now(UTC)
    with place.worker.db.transaction() as tx:
        add_agent(tx, email, siret=CITY, body=body, role=role, now=now)
    identity = AgentIdentity("https://agents.test", uuid4().hex, email, CITY, "Made Up")
    with place.door.custody.db.transaction() as tx:
        token = enter_agent(tx, identity, provider="proconnect", id_token="", now=now)
    place.browser.cookies.set(AGENT_COOKIE, token)
    with place.worker.db.read() as tx:
        found: UUID = tx.execute(AGENT.select().where(AGENT.c.email == email)).one().agent_id
    return found


def exchange(place: Place, state: str = "settled", **told: object) -> UUID:
    """Write an exchange down as it could have come about; return its number."""
    now, number = datetime.now(UTC), uuid4()
    row: dict[str, object] = {
        "exchange_id": number,
        "binding": "made-up",
        "operation": "register",
        "natural_key": str(number),
        "correlation": uuid4().hex,
        "state": state,
        "attempts": 1,
        "leased_until": now,
        "created_at": now - timedelta(minutes=5),
        "kind": "push",
        "write_class": "none",
        "siret": CAISSE,
        "connector": "caisse-soap",
    }
    if state == "settled":
        row |= {"outcome": "applied", "settled_at": now}
    with place.worker.db.transaction() as tx:
        tx.execute(insert(EXCHANGE).values(**{**row, **told}))
    return number
