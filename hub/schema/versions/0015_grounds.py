"""Notices as shown, authorisations with their life, and sign-ins that have to be fresh or join an account."""

from typing import Any

from alembic import op

from hub.schema import sql

revision = "hub_0015"
down_revision = "hub_0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what ``grounds.sql`` says."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("grounds.sql"))


def downgrade() -> None:
    """Refuse: what families allowed and took back is never forgotten by a migration."""
    raise NotImplementedError("restore a backup instead")
