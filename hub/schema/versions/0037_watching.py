"""What engineers watch and are told: alerts once per cause, chores of the worker, wishes to the pipelines, and counts."""

from typing import Any

from alembic import op

from hub.schema import sql

revision = "hub_0037"
down_revision = "hub_0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what ``watching.sql`` says."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("watching.sql"))


def downgrade() -> None:
    """Refuse: an alert that was told would be told again."""
    raise NotImplementedError("restore a backup instead")
