"""Persons, partners, requirements, requests, releases and exchanges in their first form."""

from typing import Any

from alembic import op

from hub.schema import sql

revision = "hub_0001"
down_revision = None
branch_labels = ("hub",)
depends_on = ("vault_0001",)


def upgrade() -> None:
    """Create the schema ``hub``."""
    driver: Any = op.get_bind().connection.driver_connection
    for name in ("hub.sql", "grants.sql"):
        driver.execute(sql(name))


def downgrade() -> None:
    """Refuse: what families handed in is never taken away by a migration."""
    raise NotImplementedError("restore a backup instead")
