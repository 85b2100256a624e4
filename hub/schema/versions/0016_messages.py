"""What families and partners' contacts are written."""

from typing import Any

from alembic import op

from hub.schema import sql

revision = "hub_0016"
down_revision = "hub_0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what ``messages.sql`` says."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("messages.sql"))


def downgrade() -> None:
    """Refuse: families would be written to twice."""
    raise NotImplementedError("restore a backup instead")
