"""Fits that keep the catalogue they were made under, sets of papers, and runs that judge again."""

from typing import Any

from alembic import op

from hub.schema import sql

revision = "hub_0006"
down_revision = "hub_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what ``fit.sql`` says."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("fit.sql"))


def downgrade() -> None:
    """Refuse: what families handed in is never taken away by a migration."""
    raise NotImplementedError("restore a backup instead")
