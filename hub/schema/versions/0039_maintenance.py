"""That writing is refused for a while, and why."""

from typing import Any

from alembic import op

from hub.schema import sql

revision = "hub_0039"
down_revision = "hub_0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what ``maintenance.sql`` says."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("maintenance.sql"))


def downgrade() -> None:
    """Refuse: when writing was refused would be forgotten."""
    raise NotImplementedError("restore a backup instead")
