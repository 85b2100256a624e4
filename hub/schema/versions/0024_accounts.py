"""Two accounts that become one by agents' decision, and mandates to act for somebody."""

from typing import Any

from alembic import op

from hub.schema import sql

revision = "hub_0024"
down_revision = "hub_0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what ``merging.sql`` and ``mandates.sql`` say."""
    driver: Any = op.get_bind().connection.driver_connection
    for name in ("merging.sql", "mandates.sql"):
        driver.execute(sql(name))


def downgrade() -> None:
    """Refuse: what became one would be half."""
    raise NotImplementedError("restore a backup instead")
