"""Proofs that served once, tokens taken back, and how often partners' credentials were refused."""

from typing import Any

from alembic import op

from hub.schema import sql

revision = "hub_0010"
down_revision = "hub_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what ``credentials.sql`` says."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("credentials.sql"))


def downgrade() -> None:
    """Refuse: a proof that served would serve again."""
    raise NotImplementedError("restore a backup instead")
