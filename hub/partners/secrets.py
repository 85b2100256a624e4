"""The partners' webhook secrets as one more place where the master key wraps something."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select, update

from hub.partners.registry import secret_context
from hub.partners.tables import PARTNER
from vault.crypto.rotation import Wrapped
from vault.db import ReadTx, WriteTx


class PartnerSecretPlace:
    """See :class:`vault.crypto.rotation.WrappedPlace`."""

    def outdated(self, tx: ReadTx, prefix: bytes, *, after: tuple[Any, ...] | None, limit: int) -> Sequence[Wrapped]:
        """Return the webhook secrets that do not begin with ``prefix``, by SIRET."""
        column = PARTNER.c.webhook_secret_wrapped
        statement = select(PARTNER.c.siret, column).where(func.substring(column, 1, len(prefix)) != prefix)
        if after is not None:
            statement = statement.where(PARTNER.c.siret > after[0])
        rows = tx.execute(statement.order_by(PARTNER.c.siret).limit(limit))
        return [Wrapped((row.siret,), bytes(row.webhook_secret_wrapped), secret_context(row.siret)) for row in rows]

    def replace(self, tx: WriteTx, old: Wrapped, wrapped: bytes) -> bool:
        """Put a secret back under the newest version; false where it was changed meanwhile."""
        where = (PARTNER.c.siret == old.place[0], PARTNER.c.webhook_secret_wrapped == old.wrapped)
        return tx.execute(update(PARTNER).where(*where).values(webhook_secret_wrapped=wrapped)).rowcount == 1
