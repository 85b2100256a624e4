"""What a partner that does not answer takes from the others: four lanes of one process, with and without it."""

import statistics
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from hub.exchanges.carrying import Engine
from hub.exchanges.health import look
from hub.exchanges.planning import plan
from hub.exchanges.traffic import Traffic
from hub.exchanges.ways import Way
from hub.notifications.lanes import Lanes
from tests.bench.measuring import Row, seconds, spread
from tests.unit.hub.exchanges.made_up import Partner, fresh_way, write
from tests.unit.hub.exchanges.test_traffic import Stalled
from tests.unit.hub.school_files import conftest
from vault.db import Database
from vault.documents.custody import Custody
from vault.standing import standing

HEALTHY, EACH, ROUNDS = 3, 160, 11


def bulkhead() -> Iterator[Row]:
    """One stalled Caisse changes the others' throughput by less than 5 %."""
    with _custody() as custody:
        _round(custody, stalled=False)
        ratios = []
        for number in range(ROUNDS):
            # In turn first and second: what a machine does meanwhile falls on both.
            order = (False, True) if number % 2 else (True, False)
            taken = {stalled: _round(custody, stalled=stalled) for stalled in order}
            ratios.append(100 * (taken[True] / taken[False] - 1))
    middle = statistics.median(ratios)
    note = f"{HEALTHY} bindings, {EACH} exchanges each, one stalled beside them"
    yield Row(
        "bulkhead", round(middle, 1), "%", "< 5", middle < 5, spread=spread(ratios), repetitions=ROUNDS, note=note
    )


@contextmanager
def _custody() -> Iterator[Custody]:
    opened: Any = contextmanager(conftest.server.__wrapped__)
    placed: Any = contextmanager(conftest.place.__wrapped__)
    with opened() as url, placed(url) as place:
        worker = place.custody.db._engine.url.render_as_string(hide_password=False)
        db = Database.connect(worker, pool_size=12)
        yield replace(place.custody, db=db)
        db.close()


def _round(custody: Custody, *, stalled: bool) -> float:
    """Seconds until the healthy ones are through."""
    partners = [Partner(keyed=True) for _ in range(HEALTHY)]
    ways = [fresh_way(one) for one in partners]
    silent = Stalled()
    if stalled:
        ways.append(fresh_way(silent))
    for way in ways:
        look(custody, way)
        _plan(custody, way)
    traffic = Traffic(Engine(custody), {one.binding.slug: one for one in ways})
    lanes = Lanes(traffic, width=traffic.width)
    done = threading.Event()

    def until_done() -> None:
        while not done.is_set():
            lanes.wake()
            if all(len(one.asked) >= EACH for one in partners):
                done.set()
            done.wait(0.02)

    try:
        return seconds(until_done)
    finally:
        lanes.stop.set()
        silent.let.set()


def _plan(custody: Custody, way: Way) -> None:
    for number in range(EACH):
        with standing(partner=way.binding.siret), custody.db.transaction() as tx:
            plan(tx, custody, (way.codec, way.binding), write("keyed"), correlation=f"bench {number}")
