"""Agents, partners, tickets and jobs see the papers that they have business with."""

from typing import Any

from alembic import op

from hub.schema import sql

revision = "hub_0017"
down_revision = "hub_0016"
branch_labels = None
depends_on = "vault_0009"


def upgrade() -> None:
    """Add what ``row_security.sql`` says."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("row_security.sql"))


def downgrade() -> None:
    """Refuse: what was closed stays closed."""
    raise NotImplementedError("restore a backup instead")
