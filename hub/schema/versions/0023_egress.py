"""Requests to partners that count us are counted here, for every process together."""

from typing import Any

from alembic import op

from hub.schema import sql

revision = "hub_0023"
down_revision = "hub_0022"
branch_labels = None
depends_on = "vault_0011"


def upgrade() -> None:
    """Add what ``egress.sql`` and ``lending.sql`` say."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("egress.sql"))
    driver.execute(sql("lending.sql"))


def downgrade() -> None:
    """Refuse: without it nobody counts what goes out."""
    raise NotImplementedError("restore a backup instead")
