"""To which trace an exchange belongs."""

from typing import Any

from alembic import op

from hub.schema import sql

revision = "hub_0048"
down_revision = "hub_0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what ``traced_exchanges.sql`` says."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("traced_exchanges.sql"))


def downgrade() -> None:
    """Refuse: an older release does not expect to find it gone."""
    raise NotImplementedError("restore a backup instead")
