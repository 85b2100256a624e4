"""What agreements state, suspensions, the stop of every release, keys of questions, and rates."""

from typing import Any

from alembic import op

from hub.schema import sql

revision = "hub_0011"
down_revision = "hub_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what ``partners.sql`` says."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("partners.sql"))


def downgrade() -> None:
    """Refuse: who was suspended would be let in again."""
    raise NotImplementedError("restore a backup instead")
