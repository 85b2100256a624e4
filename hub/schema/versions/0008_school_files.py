"""Enrolment lines by period, parity and share; residences, contacts, and what families were spared."""

from typing import Any

from alembic import op

from hub.schema import sql

revision = "hub_0008"
down_revision = "hub_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what ``school_files.sql`` says."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("school_files.sql"))


def downgrade() -> None:
    """Refuse: what families handed in is never taken away by a migration."""
    raise NotImplementedError("restore a backup instead")
