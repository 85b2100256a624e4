"""Unfinished uploads and their sealed parts."""

from typing import Any

from alembic import op

from vault.schema import sql

revision = "vault_0004"
down_revision = "vault_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of uploads."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("uploads.sql"))


def downgrade() -> None:
    """Refuse: custody is never taken away by a migration."""
    raise NotImplementedError("restore a backup instead")
