"""Near duplicates, replaced papers, holds on any paper that has keys."""

from typing import Any

from alembic import op

from vault.schema import sql

revision = "vault_0006"
down_revision = "vault_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what ``life.sql`` says."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("life.sql"))


def downgrade() -> None:
    """Refuse: custody is never taken away by a migration."""
    raise NotImplementedError("restore a backup instead")
