"""The operators' console: rights, looks at bodies, plans of repeats."""

from typing import Any

from alembic import op

from hub.schema import sql

revision = "hub_0035"
down_revision = "hub_0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what ``console.sql`` says."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("console.sql"))


def downgrade() -> None:
    """Refuse: what was looked at and why stays told."""
    raise NotImplementedError("restore a backup instead")
