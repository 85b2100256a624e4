"""The end of a document's life: more states, holds, certificates, audits, and records that leave on time."""

from typing import Any

from alembic import op

from vault.schema import sql

revision = "vault_0005"
down_revision = "vault_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what ``leaving.sql`` says."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("leaving.sql"))


def downgrade() -> None:
    """Refuse: custody is never taken away by a migration."""
    raise NotImplementedError("restore a backup instead")
