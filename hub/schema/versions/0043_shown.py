"""What the City's dashboard shows of requests, and who wants it shown."""

from typing import Any

from alembic import op

from hub.schema import sql

revision = "hub_0043"
down_revision = "hub_0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what ``shown.sql`` says."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("shown.sql"))


def downgrade() -> None:
    """Refuse: without it what a dashboard shows would be shown twice, and who said no would be forgotten."""
    raise NotImplementedError("restore a backup instead")
