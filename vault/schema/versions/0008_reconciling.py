"""Objects that no row names, and jobs that give trouble."""

from typing import Any

from alembic import op

from vault.schema import sql

revision = "vault_0008"
down_revision = "vault_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what ``reconciling.sql`` says."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("reconciling.sql"))


def downgrade() -> None:
    """Refuse: what families handed in is never taken away by a migration."""
    raise NotImplementedError("restore a backup instead")
