"""Papers, and what was made of them, are shown to whoever stands for something that has business with them."""

from typing import Any

from alembic import op

from vault.schema import sql

revision = "vault_0009"
down_revision = "vault_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what ``row_security.sql`` says."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("row_security.sql"))


def downgrade() -> None:
    """Refuse: what was closed stays closed."""
    raise NotImplementedError("restore a backup instead")
