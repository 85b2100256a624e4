"""A seal on every row that says which object is whose."""

from typing import Any

from alembic import op

from vault.schema import sql

revision = "vault_0002"
down_revision = "vault_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the seals; rows recorded before have none and are refused until an operator seals them."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("record_seals.sql"))


def downgrade() -> None:
    """Refuse: custody is never taken away by a migration."""
    raise NotImplementedError("restore a backup instead")
