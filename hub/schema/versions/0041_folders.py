"""Folders that parents send to a body through HubEE."""

from typing import Any

from alembic import op

from hub.schema import sql

revision = "hub_0041"
down_revision = "hub_0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what ``folders.sql`` says."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("folders.sql"))


def downgrade() -> None:
    """Refuse: without it a folder would be taken in twice."""
    raise NotImplementedError("restore a backup instead")
