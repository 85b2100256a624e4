"""Case copies on their own schedule, tickets for downloading everything, and what an erasure empties."""

from typing import Any

from alembic import op

from hub.schema import sql

revision = "hub_0005"
down_revision = "hub_0001"
branch_labels = None
depends_on = ("vault_0005",)


def upgrade() -> None:
    """Add what ``leaving.sql`` says."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("leaving.sql"))


def downgrade() -> None:
    """Refuse: what families handed in is never taken away by a migration."""
    raise NotImplementedError("restore a backup instead")
