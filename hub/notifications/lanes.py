"""Every partner's lane runs by itself: whoever is slow, or does not answer at all, holds up nobody but themselves."""

import logging
import threading
from collections import Counter
from dataclasses import dataclass, field

from contracts.identifiers import Siret
from hub.notifications.deliveries import Sender
from vault.errors import DatabaseUnavailable, KeyServiceUnavailable

WIDTH = 4
"""Notifications of different subjects on their way to one partner at once."""
_LOG = logging.getLogger(__name__)


@dataclass
class Lanes:
    """Up to :data:`WIDTH` threads for each partner that has something coming, and none for the others."""

    sender: Sender
    stop: threading.Event = field(default_factory=threading.Event)
    _running: Counter[Siret] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wake(self) -> None:
        """Have everything sent that can be; raises what the database raises when looking for it."""
        for siret in self.sender.lanes():
            self._start(siret)

    def busy(self, siret: Siret) -> bool:
        """Whether something is on its way to a partner, or may be."""
        with self._lock:
            return self._running[siret] > 0

    def _start(self, siret: Siret) -> None:
        with self._lock:
            if self._running[siret] >= WIDTH:
                return
            self._running[siret] += 1
        # Ends with the process: what it was sending is sent again under the same identifier.
        threading.Thread(target=self._run, args=(siret,), name=f"lane {siret}", daemon=True).start()

    def _run(self, siret: Siret) -> None:
        try:
            while not self.stop.is_set() and (row := self.sender.claim(siret)) is not None:
                # Where there was one there may be more, and this one may take its time.
                self._start(siret)
                if not self.sender.deliver(row):
                    break
        except (DatabaseUnavailable, KeyServiceUnavailable) as error:
            _LOG.warning("lane %s waits: %s", siret, type(error).__name__)
        except Exception as error:  # noqa: BLE001 - one partner's broken row must not silence the others
            _LOG.error("lane %s broke off: %s", siret, type(error).__name__)
        finally:
            with self._lock:
                self._running[siret] -= 1
