"""Keys, records of the journal, uploads and what hangs on a paper are shown by standing too."""

from typing import Any

from alembic import op

from vault.schema import sql

revision = "vault_0012"
down_revision = "vault_0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what ``row_security_rest.sql`` says."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("row_security_rest.sql"))


def downgrade() -> None:
    """Refuse: what was closed stays closed."""
    raise NotImplementedError("restore a backup instead")
