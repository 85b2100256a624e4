"""A document may be read again: findings of each reading stay side by side, and the reading is the last one."""

from typing import Any

from alembic import op

from vault.schema import sql

revision = "vault_0003"
down_revision = "vault_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Widen the key of findings and let the worker write a later reading."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("intake.sql"))


def downgrade() -> None:
    """Refuse: custody is never taken away by a migration."""
    raise NotImplementedError("restore a backup instead")
