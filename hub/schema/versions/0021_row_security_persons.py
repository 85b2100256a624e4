"""Persons, accounts, homes and families are shown to whom they concern."""

from typing import Any

from alembic import op

from hub.schema import sql

revision = "hub_0021"
down_revision = "hub_0020"
branch_labels = None
depends_on = "vault_0012"


def upgrade() -> None:
    """Add what ``row_security_persons.sql`` says."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("row_security_persons.sql"))


def downgrade() -> None:
    """Refuse: what was closed stays closed."""
    raise NotImplementedError("restore a backup instead")
