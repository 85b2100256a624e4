"""What operators do by hand at the console."""

from typing import Any

from alembic import op

from hub.schema import sql

revision = "hub_0044"
down_revision = "hub_0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what ``by_hand.sql`` says."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("by_hand.sql"))


def downgrade() -> None:
    """Refuse: what operators decided would be lost."""
    raise NotImplementedError("restore a backup instead")
