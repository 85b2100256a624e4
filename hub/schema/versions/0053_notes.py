"""Notes of agents about a paper lie sealed."""

from typing import Any

from alembic import op

from hub.schema import sql

revision = "hub_0053"
down_revision = "hub_0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what ``notes.sql`` says."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("notes.sql"))


def downgrade() -> None:
    """Refuse: an older release does not expect to find it gone."""
    raise NotImplementedError("restore a backup instead")
