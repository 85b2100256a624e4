"""One keeper of something per database of a process, looked after by a thread that ends with it."""

import time
from collections.abc import Callable
from datetime import datetime
from threading import Lock, Thread
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary, ref

from vault.db import Database

Clock = Callable[[], datetime]
Keeper = TypeVar("Keeper")


class Keepers(Generic[Keeper]):
    """The keepers of one kind: made when first asked for, and gone with their database."""

    def __init__(
        self, make: Callable[[Database, Clock], Keeper], look: Callable[[Keeper], None], *, name: str, every: float
    ) -> None:
        """Have ``look`` called on each ``every`` so many seconds, in a thread called ``name``."""
        self._make, self._look, self._name, self._every = make, look, name, every
        self._making = Lock()
        self._known: WeakKeyDictionary[Database, Keeper] = WeakKeyDictionary()

    def of(self, db: Database, now: Clock) -> Keeper:
        """Return the keeper of a database, looked after from now on."""
        found = self._known.get(db)
        if found is None:
            with self._making:
                found = self._known.get(db)
                if found is None:
                    found = self._known[db] = self._make(db, now)
                    Thread(target=self._look_after, args=(ref(found),), name=self._name, daemon=True).start()
        return found

    def _look_after(self, keeper: "ref[Keeper]") -> None:
        while (found := keeper()) is not None:
            self._look(found)
            del found
            time.sleep(self._every)
