"""Bytes of a conversation cannot be kept under an object that was condemned."""

from typing import Any

from alembic import op

from vault.schema import sql

revision = "vault_0015"
down_revision = "vault_0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what ``condemned_bodies.sql`` says."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("condemned_bodies.sql"))


def downgrade() -> None:
    """Refuse: bytes would be named that are about to go."""
    raise NotImplementedError("restore a backup instead")
