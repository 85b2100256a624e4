"""Homes that papers show, and guardians who are asked late."""

from typing import Any

from alembic import op

from hub.schema import sql

revision = "hub_0014"
down_revision = "hub_0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what ``residences.sql`` says."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("residences.sql"))


def downgrade() -> None:
    """Refuse: what a paper showed would be declared again without a word."""
    raise NotImplementedError("restore a backup instead")
