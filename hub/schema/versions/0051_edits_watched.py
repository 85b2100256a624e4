"""Approved edits that wait are counted."""

from typing import Any

from alembic import op

from hub.schema import sql

revision = "hub_0051"
down_revision = "hub_0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what ``edits_watched.sql`` says."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("edits_watched.sql"))


def downgrade() -> None:
    """Refuse: an older release does not expect to find it gone."""
    raise NotImplementedError("restore a backup instead")
