"""Answers in place of documents, and what the receipt of each hand-over commits to."""

from typing import Any

from alembic import op

from hub.schema import sql

revision = "hub_0012"
down_revision = "hub_0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what ``answers.sql`` says."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("answers.sql"))


def downgrade() -> None:
    """Refuse: receipts would open no more."""
    raise NotImplementedError("restore a backup instead")
