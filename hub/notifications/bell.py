"""Waking whoever waits for a partner's feed to grow: one connection listens for a whole process, and nobody asks again and again."""

import asyncio
import logging
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from weakref import ref

from contracts.identifiers import Siret
from hub.notifications.feed import CHANNEL
from vault.errors import DatabaseUnavailable
from vault.listening import listening

WAITERS_MAX = 8
"""How many requests of one partner wait in one process; one more is answered at once."""
_LISTEN_FOR, _PAUSE = 5.0, 1.0
_LOG = logging.getLogger("unefois.door")


@dataclass(frozen=True, slots=True, eq=False)
class Waiter:
    """One request that waits, in the loop it runs in."""

    loop: asyncio.AbstractEventLoop
    rung: asyncio.Event = field(default_factory=asyncio.Event)

    async def wait(self, until: float) -> bool:
        """Wait for the feed to grow; tell whether it did before that time of the loop's clock."""
        try:
            async with asyncio.timeout_at(until):
                await self.rung.wait()
        except TimeoutError:
            return False
        # Whatever comes from now on rings again.
        self.rung.clear()
        return True


class Bell:
    """Those who wait in this process, by partner."""

    def __init__(self, url: str) -> None:
        """Listen at ``url`` (``postgresql://…``), from the first one who waits on."""
        self._url = url
        self._lock = threading.Lock()
        self._waiting: defaultdict[Siret, set[Waiter]] = defaultdict(set)
        self._listens = False

    @contextmanager
    def waiting(self, siret: Siret) -> Iterator[Waiter | None]:
        """Give somebody to wait with; nothing where enough of this partner's requests wait already.

        Look for what is new within the block and before waiting: what comes after the look rings.
        """
        waiter = Waiter(asyncio.get_running_loop())
        with self._lock:
            full = len(self._waiting[siret]) >= WAITERS_MAX
            if not full:
                self._waiting[siret].add(waiter)
            if not self._listens:
                self._listens = True
                threading.Thread(target=_listen, args=(ref(self), self._url), name="feed bell", daemon=True).start()
        try:
            yield None if full else waiter
        finally:
            with self._lock:
                self._waiting[siret].discard(waiter)
                if not self._waiting[siret]:
                    del self._waiting[siret]

    def ring(self, siret: Siret) -> None:
        """Wake those who wait for a partner's feed."""
        with self._lock:
            self._wake(self._waiting.get(siret, set()))

    def ring_all(self) -> None:
        """Wake everybody."""
        with self._lock:
            for waiters in self._waiting.values():
                self._wake(waiters)

    def _wake(self, waiters: set[Waiter]) -> None:
        for one in waiters:
            # A loop that is closing has nobody left to be told.
            if not one.loop.is_closed():
                one.loop.call_soon_threadsafe(one.rung.set)


def _listen(bell: "ref[Bell]", url: str) -> None:
    """Ring for what is committed, as long as anybody has the bell; say once that the database is away, not each second."""
    pause, away = threading.Event(), False
    while bell() is not None:
        try:
            with listening(url, CHANNEL) as ear:
                away = False
                # What was committed while nobody listened rang for nobody.
                if (found := bell()) is not None:
                    found.ring_all()
                del found
                while bell() is not None:
                    # Nothing here holds the bell while it waits, or it would never be let go of.
                    for payload in ear.wait(_LISTEN_FOR):
                        if (heard := bell()) is not None:
                            heard.ring(Siret(payload))
                            del heard
        except DatabaseUnavailable:
            if not away:
                _LOG.warning("whoever waits for a feed is not woken: the database is away")
            away = True
            pause.wait(_PAUSE)
