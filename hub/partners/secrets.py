"""The partners' webhook secrets and keys as more places where the master key wraps something."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Column, func, select, update

from hub.partners.registry import secret_context
from hub.partners.tables import PARTNER, WEBHOOK
from hub.partners.webhooks import signing_key_context
from vault.crypto.rotation import Wrapped
from vault.db import ReadTx, WriteTx


class PartnerSecretPlace:
    """One column with a secret of each partner; see :class:`vault.crypto.rotation.WrappedPlace`."""

    def __init__(
        self, column: Column[bytes] = PARTNER.c.webhook_secret_wrapped, context: Callable[[str], bytes] = secret_context
    ) -> None:
        """Look after ``column``, whose secrets are bound to ``context`` of their partner's SIRET."""
        self._column, self._table, self._context = column, column.table, context

    def outdated(self, tx: ReadTx, prefix: bytes, *, after: tuple[Any, ...] | None, limit: int) -> Sequence[Wrapped]:
        """Return the secrets that do not begin with ``prefix``, by SIRET."""
        siret = self._table.c.siret
        wrapped = self._column.label("wrapped")
        statement = select(siret, wrapped).where(func.substring(self._column, 1, len(prefix)) != prefix)
        if after is not None:
            statement = statement.where(siret > after[0])
        rows = tx.execute(statement.order_by(siret).limit(limit))
        return [Wrapped((row.siret,), bytes(row.wrapped), self._context(row.siret)) for row in rows]

    def replace(self, tx: WriteTx, old: Wrapped, wrapped: bytes) -> bool:
        """Put a secret back under the newest version; false where it was changed meanwhile."""
        where = (self._table.c.siret == old.place[0], self._column == old.wrapped)
        return tx.execute(update(self._table).where(*where).values({self._column: wrapped})).rowcount == 1


PARTNER_PLACES = (
    PartnerSecretPlace(),
    PartnerSecretPlace(WEBHOOK.c.previous_secret_wrapped, secret_context),
    PartnerSecretPlace(WEBHOOK.c.signing_key_wrapped, signing_key_context),
    PartnerSecretPlace(WEBHOOK.c.previous_signing_key_wrapped, signing_key_context),
)
"""Every one of them."""
