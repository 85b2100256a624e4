"""What the worker tells partners and families while it runs: notifications at once, letters every few seconds."""

import logging
import threading
from datetime import timedelta

from hub.notifications.counter import forget_over
from hub.notifications.deliveries import Sender
from hub.notifications.fanout import CHANNEL
from hub.notifications.lanes import Lanes
from hub.notifications.postman import Postman
from hub.school_files.telling_families import remind_families, tell_families
from vault.documents.custody import Custody
from vault.errors import DatabaseUnavailable
from vault.listening import listening
from vault.standing import Purpose, standing

_LOG = logging.getLogger("unefois.worker")
SWEEP_EVERY = 1.0
"""Seconds between two looks for due deliveries that no commit announced, such as retries."""
WRITE_EVERY = 2.0
"""Seconds between two looks for what is to be written to families."""


def deliver_for_ever(sender: Sender, dsn: str, stop: threading.Event) -> None:
    """Send what is due, woken by PostgreSQL at the commit that made it due."""
    lanes = Lanes(sender, stop)
    while not stop.is_set():
        try:
            with listening(dsn, CHANNEL) as ear:
                while not stop.is_set():
                    lanes.wake()
                    ear.wait(SWEEP_EVERY)
        except DatabaseUnavailable:
            _LOG.warning("sender waits for the database")
            stop.wait(1.0)


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
