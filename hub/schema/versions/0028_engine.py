"""The engine of exchanges: plans, attempts, breakers and the health of bindings."""

from typing import Any

from alembic import op

from hub.schema import sql

revision = "hub_0028"
down_revision = "hub_0027"
branch_labels = None
depends_on = "vault_0013"


def upgrade() -> None:
    """Add what ``engine.sql`` says."""
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql("engine.sql"))


def downgrade() -> None:
    """Refuse: what partners may have got would no longer be known."""
    raise NotImplementedError("restore a backup instead")
