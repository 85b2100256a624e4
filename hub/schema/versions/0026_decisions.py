"""Decisions of bodies about enrolment lines, and which papers a body may have in the original."""

from typing import Any

from alembic import op

from hub.schema import sql

revision = "hub_0026"
down_revision = "hub_0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what ``decisions.sql`` says."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("decisions.sql"))


def downgrade() -> None:
    """Refuse: what a body decided would be lost."""
    raise NotImplementedError("restore a backup instead")
