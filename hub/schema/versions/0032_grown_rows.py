"""Rows of authorisations, messages and reviews that coming of age and merging two records touch."""

from typing import Any

from alembic import op

from hub.schema import sql

revision = "hub_0032"
down_revision = "hub_0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what ``grown_rows.sql`` says."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("grown_rows.sql"))


def downgrade() -> None:
    """Refuse: a job would do half of what it does."""
    raise NotImplementedError("restore a backup instead")
