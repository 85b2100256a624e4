"""Text messages, printed letters with a code, and who opens what by a code."""

from typing import Any

from alembic import op

from hub.schema import sql

revision = "hub_0019"
down_revision = "hub_0018"
branch_labels = None
depends_on = "vault_0011"


def upgrade() -> None:
    """Add what ``channels.sql`` says."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("channels.sql"))


def downgrade() -> None:
    """Refuse: what was sent would be forgotten."""
    raise NotImplementedError("restore a backup instead")
