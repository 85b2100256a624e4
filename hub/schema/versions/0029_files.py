"""Files that partners leave for us."""

from typing import Any

from alembic import op

from hub.schema import sql

revision = "hub_0029"
down_revision = "hub_0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what ``files.sql`` says."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("files.sql"))


def downgrade() -> None:
    """Refuse: without it a file would be taken in twice."""
    raise NotImplementedError("restore a backup instead")
