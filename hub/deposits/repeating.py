"""Any write under an ``Idempotency-Key``: that it was done is kept with the effect, its answer sealed under the key itself.

The draft (draft-ietf-httpapi-idempotency-key-header) has a retry get the first answer. What is kept here for that says
nothing to whoever reads the table: only the caller, who comes again with the key, can open it.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import ColumnElement, delete, update

from hub.deposits.idempotency import Stored, begin, checked_key, fingerprint_of, same_content, settle
from hub.deposits.leases import LEASE, leases_of
from hub.deposits.tables import IDEMPOTENCY
from hub.errors import IdempotencyAnswerLost, IdempotencyKeyInFlight
from vault.db import WriteTx
from vault.documents.custody import Custody

UNANSWERED = 102
"""The status of a key whose effect is there while its answer is not yet, or never will be: the process died between."""
_NONCE = 12


@dataclass(frozen=True, slots=True)
class Said:
    """An answer as it was given."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(slots=True)
class Repeatable:
    """One write that may come again."""

    custody: Custody
    caller: str
    key: str = field(repr=False)
    fingerprint: bytes
    committed: bool = False

    @property
    def name(self) -> str:
        """By what the key is found; it does not lead back to it."""
        return "once:" + hashlib.sha256(f"{self.caller}\x00{self.key}".encode()).hexdigest()

    def effect(self, tx: WriteTx) -> None:
        """Keep with the effect that it is there; the first transaction that changes anything is the effect."""
        if not self.committed:
            self._settle(tx, UNANSWERED, {"at": self.custody.now().isoformat()})
            self.committed = True

    def answered(self, said: Said) -> None:
        """Keep the answer; where nothing was changed, this is all there is to keep."""
        kept = {"sealed": base64.b64encode(self._seal(said)).decode()}
        with self.custody.db.single() as tx:
            if self.committed:
                tx.execute(update(IDEMPOTENCY).where(self._unfinished()).values(status=said.status, response=kept))
            else:
                self._settle(tx, said.status, kept)
        leases_of(self.custody.db, self.custody.now).let_go((self.caller, self.name))

    def refused(self) -> None:
        """Give the key back: what was refused may be asked again."""
        leases_of(self.custody.db, self.custody.now).give_back((self.caller, self.name))
        if self.committed:
            with self.custody.db.single() as tx:
                tx.execute(delete(IDEMPOTENCY).where(self._unfinished()))

    def broken(self) -> None:
        """Give the key back where nothing was done; where something was, a retry is told that its answer is lost."""
        if self.committed:
            leases_of(self.custody.db, self.custody.now).let_go((self.caller, self.name))
        else:
            self.refused()

    def opened(self, stored: Stored) -> Said:
        """Return the answer that was given; see :func:`begin_repeatable` for what it raises."""
        same_content(stored, self.fingerprint)
        if stored.status == UNANSWERED:
            raise self._unanswered(datetime.fromisoformat(stored.response["at"]))
        sealed = base64.b64decode(stored.response["sealed"])
        told = json.loads(self._cipher().decrypt(sealed[:_NONCE], sealed[_NONCE:], self.fingerprint))
        return Said(stored.status, told["headers"], base64.b64decode(told["body"]))

    def _unanswered(self, since: datetime) -> Exception:
        young = self.custody.now() - since < LEASE
        return IdempotencyKeyInFlight() if young else IdempotencyAnswerLost()

    def _seal(self, said: Said) -> bytes:
        told = json.dumps({"headers": dict(said.headers), "body": base64.b64encode(said.body).decode()})
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._cipher().encrypt(nonce, told.encode(), self.fingerprint)

    def _cipher(self) -> AESGCM:
        derived = HKDF(algorithm=SHA256(), length=32, salt=b"unefois/repeated/v1", info=self.caller.encode())
        return AESGCM(derived.derive(self.key.encode()))

    def _settle(self, tx: WriteTx, status: int, response: Mapping[str, str]) -> None:
        now = self.custody.now()
        settle(tx, self.caller, self.name, fingerprint=self.fingerprint, status=status, response=response, now=now)

    def _unfinished(self) -> ColumnElement[bool]:
        own = (IDEMPOTENCY.c.caller == self.caller) & (IDEMPOTENCY.c.key == self.name)
        return own & (IDEMPOTENCY.c.status == UNANSWERED)


def begin_repeatable(custody: Custody, caller: str, header: str, *content: bytes) -> Repeatable | Said:
    """Take the key of ``header`` for one write of ``caller``; return the answer instead where it has one.

    Raises :class:`~hub.errors.IdempotencyKeyMissing` for what is no key, :class:`~hub.errors.IdempotencyKeyInFlight`
    while another request holds it, :class:`~hub.errors.IdempotencyKeyReused` where it came with another content and
    :class:`~hub.errors.IdempotencyAnswerLost` where its effect is there and nobody knows what was answered.
    """
    found = Repeatable(custody, caller, checked_key(header), fingerprint_of(caller, *content))
    stored = begin(custody.db, caller, found.name, now=custody.now())
    if stored is not None:
        return found.opened(stored)
    leases_of(custody.db, custody.now).hold((caller, found.name))
    return found
