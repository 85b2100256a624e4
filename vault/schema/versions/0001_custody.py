"""Custody, its journal and its jobs in their first form."""

from typing import Any

from alembic import op
from procrastinate import App, SyncPsycopgConnector
from procrastinate.schema import SchemaManager

from vault.schema import sql

revision = "vault_0001"
down_revision = None
branch_labels = ("vault",)
depends_on = None


def upgrade() -> None:
    """Create the schemas ``vault`` and ``jobs``."""
    # On the driver itself, because a percent sign in SQL is no placeholder of SQLAlchemy.
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute("CREATE SCHEMA vault; CREATE SCHEMA jobs; SET LOCAL search_path = jobs, public")
    driver.execute(SchemaManager(App(connector=SyncPsycopgConnector()).connector).get_schema())
    driver.execute(sql("jobs.sql"))
    for name in (
        "holder_keys.sql",
        "custody.sql",
        "journal.sql",
        "grants.sql",
        "holder_keys_grants.sql",
        "journal_grants.sql",
    ):
        driver.execute(sql(name))
    driver.execute("SET LOCAL search_path = public")


def downgrade() -> None:
    """Refuse: custody is never taken away by a migration."""
    raise NotImplementedError("restore a backup instead")
