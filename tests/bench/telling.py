"""How long a partner waits for its webhook: one event at a time, and while a hundred a second are committed."""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack

import psycopg

from connectors.webhook.signature import new_secret
from hub.partners.applying import Wanted, apply
from hub.partners.registry import secret_context
from hub.partners.webhooks import ensure_webhook
from hub.persons.agents import OPERATOR
from tests.assets.partners import made_up_partner
from tests.assets.receiving import Receiver, receiving
from tests.bench import serving
from tests.bench.measuring import Row, percentile
from tests.bench.writing import lines_told
from tests.faults import workers
from tests.system import System, eventually
from vault.bootstrap import utc_now
from vault.crypto.keyring import hold_version
from vault.crypto.local import PUBLIC_NAME, LocalMasterKey
from vault.db import Database

IDLE, IDLE_RATE = 80, 5
LOADED, LOADED_RATE = 1500, 100
WARM_UP = 10
_LINE = """WITH person AS (INSERT INTO hub.person VALUES (uuidv7(), now()) RETURNING person_id),
    file AS (INSERT INTO hub.school_file SELECT uuidv7(), person_id, '2026-2027', now() FROM person RETURNING file_id)
    INSERT INTO hub.enrolment_line (line_id, file_id, service, body, payer_id, valid_from, valid_until, recorded_at)
    SELECT %(line)s, file_id, 'canteen_tariff', %(body)s, person_id, current_date, current_date, now()
    FROM person, file"""
"""A word about a line is left by who is shown the line."""


def webhook_idle_p95() -> Iterator[Row]:
    """From the committed event to the verified webhook, five a second."""
    yield _measured("webhook_idle_p95", IDLE, IDLE_RATE, goal_ms=250)


def webhook_loaded_p95() -> Iterator[Row]:
    """The same while a hundred concluded events a second are committed for fifteen seconds, all of them told."""
    yield _measured("webhook_loaded_p95", LOADED, LOADED_RATE, goal_ms=2000)


def _measured(name: str, count: int, rate: int, *, goal_ms: float) -> Row:
    system = serving.without_worker()
    with ExitStack() as exits:
        receiver = exits.enter_context(receiving())
        sirets = [_partner(system, receiver) for _ in range(2)]
        sending = workers.spawn(system, ["tests.bench.sending", receiver.url])
        exits.callback(workers.end, sending)
        _write(system, WARM_UP, 5, sirets)
        eventually(lambda: len(receiver.at) == WARM_UP)
        before = set(receiver.at)
        _write(system, count, rate, sirets)
        eventually(lambda: len(receiver.at) == count + WARM_UP, within=120)
        waits, reached = _waits(system, receiver, before)
    p95 = percentile(waits, 0.95)
    took = f"p50 {percentile(waits, 0.5):.0f} ms; {reached:.0f} of {rate} events a second were reached"
    # A machine that could not even write them so fast has shown nothing.
    holds = p95 < goal_ms and reached > 0.9 * rate
    return Row(name, round(p95, 1), "ms", f"< {goal_ms:g}", holds, repetitions=len(waits), note=took)


def _partner(system: System, receiver: Receiver) -> str:
    master = LocalMasterKey.load(system.places.key(PUBLIC_NAME))
    file, secret = made_up_partner(receiver.url + "/webhook"), new_secret()
    owner = Database.connect(system.stores.dsn("unefois_owner", driver="psycopg"), pool_size=1)
    with owner.transaction() as tx:
        hold_version(tx)
        wrapped = master.wrap(secret.encode(), secret_context(file.siret))
        apply(tx, Wanted(file), wrap_secret=lambda: wrapped, actor=OPERATOR, now=utc_now())
        ensure_webhook(tx, file.siret, master.wrap, now=utc_now())
    owner.close()
    receiver.secrets.append(secret)
    return file.siret


def _write(system: System, count: int, rate: int, sirets: list[str]) -> None:
    first = secrets.randbits(100)
    with psycopg.connect(system.owner_dsn(), autocommit=True, options="-c unefois.purpose=migration") as owner:
        lines = [{"line": line, "body": body} for line, body in lines_told(first, count, sirets)]
        owner.cursor().executemany(_LINE, lines)
    writing = workers.spawn(system, ["tests.bench.writing", str(first), str(count), str(rate), *sirets])
    assert writing.wait(600) == 0


def _waits(system: System, receiver: Receiver, before: set[str]) -> tuple[list[float], float]:
    """Milliseconds from each event to its verified webhook, and how many events a second were written."""
    with psycopg.connect(system.owner_dsn()) as connection:
        rows = connection.execute(
            "SELECT delivery_id::text, extract(epoch FROM created_at) FROM hub.delivery"
        ).fetchall()
    told = {message: float(at) for message, at in rows if message in receiver.at and message not in before}
    reached = len(told) / (max(told.values()) - min(told.values()))
    return [(receiver.at[message] - at) * 1000 for message, at in told.items()], reached
