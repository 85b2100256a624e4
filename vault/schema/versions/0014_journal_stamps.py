"""Signed heads of the journal carry time-stamps of an authority outside."""

from typing import Any

from alembic import op

from vault.schema import sql

revision = "vault_0014"
down_revision = "vault_0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what ``journal_stamps.sql`` says."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("journal_stamps.sql"))


def downgrade() -> None:
    """Refuse: what dates the journal would be lost."""
    raise NotImplementedError("restore a backup instead")
