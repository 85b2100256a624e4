"""Feeds that can be followed, webhooks with lanes and keys of their own, and what families are written."""

from typing import Any

from alembic import op

from hub.schema import sql

revision = "hub_0013"
down_revision = "hub_0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what ``telling.sql`` says."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("telling.sql"))


def downgrade() -> None:
    """Refuse: what partners were told and where they stand would be lost."""
    raise NotImplementedError("restore a backup instead")
