"""How the folders of partners are is written down by the pipelines."""

from typing import Any

from alembic import op

from hub.schema import sql

revision = "hub_0052"
down_revision = "hub_0051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what ``folders_looked_at.sql`` says."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("folders_looked_at.sql"))


def downgrade() -> None:
    """Refuse: an older release does not expect to find it gone."""
    raise NotImplementedError("restore a backup instead")
