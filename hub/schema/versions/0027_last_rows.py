"""The last tables that hold persons show a row only to who has business with it."""

from typing import Any

from alembic import op

from hub.schema import sql

revision = "hub_0027"
down_revision = "hub_0025"
branch_labels = None
depends_on = "vault_0012"


def upgrade() -> None:
    """Add what ``row_security_last.sql`` says."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("row_security_last.sql"))


def downgrade() -> None:
    """Refuse: what was closed stays closed."""
    raise NotImplementedError("restore a backup instead")
