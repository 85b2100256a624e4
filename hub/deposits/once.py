"""A partner's write under an ``Idempotency-Key``: the answer is kept in the transaction of the effect, and said again."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from hub.deposits.idempotency import Stored, begin, checked_key, fingerprint_of, same_content, settle
from hub.deposits.leases import leases_of
from vault.db import WriteTx
from vault.documents.custody import Custody


@dataclass(slots=True)
class Attempt:
    """One request that may come again."""

    custody: Custody
    caller: str
    key: str | None
    fingerprint: bytes
    stored: Stored | None
    """The answer this key has already; the request has no effect then."""
    settled: bool = False

    def settle(self, tx: WriteTx, *, status: int, response: Mapping[str, Any]) -> None:
        """Keep the answer in the transaction of its effect; nothing where the request has no key."""
        self.settled = True
        if self.key is not None:
            now = self.custody.now()
            settle(tx, self.caller, self.key, fingerprint=self.fingerprint, status=status, response=response, now=now)


@contextmanager
def once(custody: Custody, caller: str, header: str | None, *content: bytes) -> Iterator[Attempt]:
    """Handle one request under the key of its header; where it has none, as often as it comes.

    What fails, and what is not settled, gives its key back, so that it may be tried again. Raises
    :class:`~hub.errors.IdempotencyKeyMissing` for what is no key, :class:`~hub.errors.IdempotencyKeyInFlight` while
    another request holds it and :class:`~hub.errors.IdempotencyKeyReused` where it came with another content.
    """
    fingerprint = fingerprint_of(caller, *content)
    if header is None:
        yield Attempt(custody, caller, None, fingerprint, None)
        return
    key = checked_key(header)
    stored = begin(custody.db, caller, key, now=custody.now())
    if stored is not None:
        same_content(stored, fingerprint)
        yield Attempt(custody, caller, key, fingerprint, stored)
        return
    leases = leases_of(custody.db, custody.now)
    leases.hold((caller, key))
    attempt = Attempt(custody, caller, key, fingerprint, None)
    try:
        yield attempt
    except BaseException:
        leases.give_back((caller, key))
        raise
    (leases.let_go if attempt.settled else leases.give_back)((caller, key))
