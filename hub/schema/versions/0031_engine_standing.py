"""Exchanges of the engine are shown by standing; what was quarantined is read again by a newer connector."""

from typing import Any

from alembic import op

from hub.schema import sql

revision = "hub_0031"
down_revision = "hub_0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what ``engine_standing.sql`` says."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("engine_standing.sql"))


def downgrade() -> None:
    """Refuse: what was closed stays closed."""
    raise NotImplementedError("restore a backup instead")
