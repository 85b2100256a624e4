"""Superseded documents are scanned again, and come back from quarantine superseded."""

from typing import Any

from alembic import op

from vault.schema import sql

revision = "vault_0016"
down_revision = "vault_0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what ``scanned_when_superseded.sql`` says."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("scanned_when_superseded.sql"))


def downgrade() -> None:
    """Refuse: nothing would tell what was superseded before it was quarantined."""
    raise NotImplementedError("restore a backup instead")
