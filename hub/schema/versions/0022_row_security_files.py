"""School files, lines, requests and evidence are shown to whom they concern."""

from typing import Any

from alembic import op

from hub.schema import sql

revision = "hub_0022"
down_revision = "hub_0021"
branch_labels = None
depends_on = "vault_0012"


def upgrade() -> None:
    """Add what ``row_security_files.sql`` says."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("row_security_files.sql"))


def downgrade() -> None:
    """Refuse: what was closed stays closed."""
    raise NotImplementedError("restore a backup instead")
