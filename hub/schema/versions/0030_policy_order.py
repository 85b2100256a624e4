"""Policies in the order in which they cost least."""

from typing import Any

from alembic import op

from hub.schema import sql

revision = "hub_0030"
down_revision = "hub_0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what ``policy_order.sql`` says."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("policy_order.sql"))


def downgrade() -> None:
    """Refuse: nothing is gained by it."""
    raise NotImplementedError("restore a backup instead")
