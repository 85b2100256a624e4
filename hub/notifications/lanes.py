"""Every partner's lane runs by itself: whoever is slow, or does not answer at all, holds up nobody but themselves."""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from vault.errors import DatabaseUnavailable, KeyServiceUnavailable

WIDTH = 4
"""Notifications of different subjects on their way to one partner at once."""
_LOG = logging.getLogger(__name__)
LaneT = TypeVar("LaneT", bound=str)


class Carrier(Protocol[LaneT]):
    """What runs in lanes: it knows which have something coming, and takes one thing after the other."""

    def lanes(self) -> Iterable[LaneT]:
        """Return the lanes that have something coming."""
        ...

    def claim(self, siret: LaneT, /) -> Any:
        """Take the next thing of a lane, or nothing."""
        ...

    def deliver(self, row: Any, /) -> bool:
        """Do it; tell whether the lane may go on at once."""
        ...


@dataclass
class Lanes(Generic[LaneT]):
    """Up to :data:`WIDTH` threads for each partner that has something coming, and none for the others."""

    sender: Carrier[LaneT]
    stop: threading.Event = field(default_factory=threading.Event)
    width: Callable[[LaneT], int] = lambda _: WIDTH
    _running: Counter[LaneT] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wake(self) -> bool:
        """Have everything sent that can be; tell whether anything can. Raises what the database raises in looking."""
        found = list(self.sender.lanes())
        for siret in found:
            self._start(siret)
        return bool(found)

    def busy(self, siret: LaneT) -> bool:
        """Whether something is on its way to a partner, or may be."""
        with self._lock:
            return self._running[siret] > 0

    def _start(self, siret: LaneT) -> None:
        with self._lock:
            if self._running[siret] >= self.width(siret):
                return
            self._running[siret] += 1
        # Ends with the process: what it was sending is sent again under the same identifier.
        threading.Thread(target=self._run, args=(siret,), name=f"lane {siret}", daemon=True).start()

    def _run(self, siret: LaneT) -> None:
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
