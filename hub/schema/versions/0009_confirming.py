"""Confirmations of the other guardian, life events as declared, and deaths that an agent has read of."""

from typing import Any

from alembic import op

from hub.schema import sql

revision = "hub_0009"
down_revision = "hub_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what ``confirming.sql`` says."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("confirming.sql"))


def downgrade() -> None:
    """Refuse: what families handed in is never taken away by a migration."""
    raise NotImplementedError("restore a backup instead")
