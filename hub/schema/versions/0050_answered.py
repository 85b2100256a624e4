"""A decision answers its request."""

from typing import Any

from alembic import op

from hub.schema import sql

revision = "hub_0050"
down_revision = "hub_0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what ``answered.sql`` says."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("answered.sql"))


def downgrade() -> None:
    """Refuse: an older release does not expect to find it gone."""
    raise NotImplementedError("restore a backup instead")
