"""Which partner is linked to which child, and the codes by which families link them."""

from typing import Any

from alembic import op

from hub.schema import sql

revision = "hub_0018"
down_revision = "hub_0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what ``linking.sql`` says."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("linking.sql"))


def downgrade() -> None:
    """Refuse: families would have to link anew."""
    raise NotImplementedError("restore a backup instead")
