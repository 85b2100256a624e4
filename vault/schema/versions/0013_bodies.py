"""Conversations with partners are kept under keys of a day or a month."""

from typing import Any

from alembic import op

from vault.schema import sql

revision = "vault_0013"
down_revision = "vault_0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what ``bodies.sql`` says."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("bodies.sql"))


def downgrade() -> None:
    """Refuse: what was kept would be lost."""
    raise NotImplementedError("restore a backup instead")
