"""Reviews of a paper pass with it."""

from typing import Any

from alembic import op

from hub.schema import sql

revision = "hub_0054"
down_revision = "hub_0053"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what ``reviews_follow.sql`` says."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("reviews_follow.sql"))


def downgrade() -> None:
    """Refuse: an older release does not expect to find it gone."""
    raise NotImplementedError("restore a backup instead")
