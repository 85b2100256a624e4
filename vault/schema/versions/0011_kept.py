"""What a person told and no paper holds is sealed under their key."""

from typing import Any

from alembic import op

from vault.schema import sql

revision = "vault_0011"
down_revision = "vault_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what ``kept.sql`` says."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("kept.sql"))


def downgrade() -> None:
    """Refuse: what was sealed would be lost."""
    raise NotImplementedError("restore a backup instead")
