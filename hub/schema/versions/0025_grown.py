"""What ends and what passes when a child comes of age."""

from typing import Any

from alembic import op

from hub.schema import sql

revision = "hub_0025"
down_revision = "hub_0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what ``grown.sql`` says."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("grown.sql"))


def downgrade() -> None:
    """Refuse: what passed would be nobody's."""
    raise NotImplementedError("restore a backup instead")
