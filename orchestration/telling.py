"""What the worker tells partners and families while it runs: notifications at once, letters every few seconds."""

import logging
import random
import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from connectors.notification_store.codec import MANIFEST as STORE
from hub.bootstrap import Back
from hub.exchanges.dashboard import LOT, plan_shown
from hub.exchanges.planning import DUE
from hub.exchanges.traffic import Traffic
from hub.notifications.counter import forget_over
from hub.notifications.deliveries import Sender
from hub.notifications.fanout import CHANNEL
from hub.notifications.lanes import Lanes
from hub.notifications.postman import Postman
from hub.school_files.telling_families import remind_families, tell_families
from hub.watching.telling import Teller
from vault.documents.custody import Custody
from vault.errors import DatabaseUnavailable, KeyServiceUnavailable
from vault.listening import Ear, listening
from vault.standing import Purpose, standing

_CHANCE = random.SystemRandom()
_LOG = logging.getLogger("unefois.worker")
SWEEP_EVERY = 1.0
"""Seconds between two looks for due deliveries that no commit announced, such as retries."""
ALERT_EVERY = 5.0
"""Seconds between two looks for alerts that nobody was told of."""
IDLE_MAX = 10.0
"""The longest pause of lanes in which nothing is due: each binding is asked for by itself, which costs where there are many."""
WRITE_EVERY = 2.0
"""Seconds between two looks for what is to be written to families."""
SHARE = 20
"""A look at what dashboards show takes one part in so many of the time: where there are many families it comes less often."""


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Whose accounts have a dashboard, and how many seconds lie between two looks at what it shows; 0: nothing is shown."""

    issuer: str
    every_s: float


def deliver_for_ever(sender: Sender, dsn: str, stop: threading.Event) -> None:
    """Send what is due, woken by PostgreSQL at the commit that made it due."""
    _run_lanes(Lanes(sender, stop), dsn, CHANNEL)


def carry_for_ever(traffic: Traffic, dsn: str, stop: threading.Event) -> None:
    """Carry out exchanges with partners as they fall due, each binding in a lane of its own, until told to stop."""
    _run_lanes(Lanes(traffic, stop, traffic.width), dsn, DUE, idle_max=IDLE_MAX)


def _run_lanes(lanes: Lanes[Any], dsn: str, channel: str, *, idle_max: float = SWEEP_EVERY) -> None:
    """Look at every commit that makes something due, and from time to time for what time makes due.

    The pause doubles up to ``idle_max`` seconds while nothing is found; by chance, so that workers do not look together.
    """
    stop = lanes.stop
    while not stop.wait(0):
        try:
            with listening(dsn, channel) as ear:
                pause = SWEEP_EVERY
                while not stop.is_set():
                    pause = SWEEP_EVERY if lanes.wake() else min(2 * pause, idle_max)
                    _hear(ear, pause * _CHANCE.uniform(0.8, 1.0), stop)
        except DatabaseUnavailable:
            _LOG.warning("%s waits for the database", channel)
            stop.wait(1.0)


def alert_for_ever(teller: Teller, stop: threading.Event) -> None:
    """Tell engineers what is wrong, each cause once, until told to stop."""
    while not stop.wait(ALERT_EVERY):
        try:
            teller.tell_due()
        except DatabaseUnavailable:
            _LOG.warning("alerts wait for the database")


def _hear(ear: Ear, seconds: float, stop: threading.Event) -> None:
    """Wait for a commit to announce something, so many seconds at most, and no longer than a second after an order to stop."""
    until = time.monotonic() + seconds
    while not stop.is_set() and (left := until - time.monotonic()) > 0:
        if ear.wait(min(left, SWEEP_EVERY)):
            return


def write_for_ever(custody: Custody, postman: Postman, gathering: timedelta, stop: threading.Event) -> None:
    """Write to families what is asked of them, and to partners' contacts what went wrong, until told to stop."""
    while not stop.wait(WRITE_EVERY):
        try:
            with standing(purpose=Purpose.TELLING), custody.db.transaction() as tx:
                tell_families(tx, channels=postman.channels, gathering=gathering, now=custody.now())
                remind_families(tx, now=custody.now())
            postman.send_due()
            with standing(purpose=Purpose.TELLING), custody.db.transaction() as tx:
                forget_over(tx, now=custody.now())
        except DatabaseUnavailable:
            _LOG.warning("messages wait for the database")


def show_for_ever(parts: Back, dashboard: Dashboard, stop: threading.Event) -> None:
    """Plan what the City's dashboard is to show, wherever it shows something else, until told to stop."""
    store = next((way for way in parts.ways.values() if way.codec.manifest.connector == STORE.connector), None)
    pause = dashboard.every_s
    while store is not None and not stop.wait(pause):
        began, more = time.monotonic(), False
        try:
            more = plan_shown(parts.custody, parts.catalogue, store, dashboard.issuer) == LOT
        except (DatabaseUnavailable, KeyServiceUnavailable):
            _LOG.warning("the dashboard waits for a store")
        pause = 0.0 if more else max(dashboard.every_s, SHARE * (time.monotonic() - began))
