"""Agents and their roles, reviews they claim and decide, and where a family link comes from."""

from typing import Any

from alembic import op

from hub.schema import sql

revision = "hub_0007"
down_revision = "hub_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what ``reviews.sql`` says."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("reviews.sql"))


def downgrade() -> None:
    """Refuse: what families handed in is never taken away by a migration."""
    raise NotImplementedError("restore a backup instead")
