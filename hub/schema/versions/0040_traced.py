"""To which trace a notification belongs."""

from typing import Any

from alembic import op

from hub.schema import sql

revision = "hub_0040"
down_revision = "hub_0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what ``traced.sql`` says."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("traced.sql"))


def downgrade() -> None:
    """Refuse: an older release does not expect to find it gone."""
    raise NotImplementedError("restore a backup instead")
