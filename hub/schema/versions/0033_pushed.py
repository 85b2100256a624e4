"""What bodies were told of lines, and decisions that the worker fetches."""

from typing import Any

from alembic import op

from hub.schema import sql

revision = "hub_0033"
down_revision = "hub_0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what ``pushed.sql`` says."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("pushed.sql"))


def downgrade() -> None:
    """Refuse: without it a line would be told twice."""
    raise NotImplementedError("restore a backup instead")
