"""Bring a database to the newest revision, the vault's tables before the hub's."""

from importlib.resources import files
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from vault.standing import Purpose

LOCK_TIMEOUT_S = 5
"""How long a change waits for a table that is in use: whoever comes after it waits as long."""


def upgrade(owner_url: str) -> None:
    """Migrate; ``owner_url`` is the SQLAlchemy address with the login that owns the schemas.

    Processes log in with logins of their own, which may change nothing here. All pending revisions are one transaction.
    Raises :class:`sqlalchemy.exc.OperationalError` where a table stayed in use for :data:`LOCK_TIMEOUT_S`.
    """
    config = _config()
    # Even the owner sees papers by a policy only: the one for migrations.
    options = f"-c unefois.purpose={Purpose.MIGRATION} -c lock_timeout={LOCK_TIMEOUT_S}s"
    engine = create_engine(owner_url, connect_args={"options": options})
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "heads")
    finally:
        engine.dispose()


def pending(owner_url: str) -> list[Path] | None:
    """Return the revisions that a database still lacks, the first to come first; nothing where it is empty."""
    script = ScriptDirectory.from_config(_config())
    engine = create_engine(owner_url)
    try:
        with engine.connect() as connection:
            told = {"version_table": "schema_version", "version_table_schema": "public"}
            heads = MigrationContext.configure(connection, opts=told).get_current_heads()
    finally:
        engine.dispose()
    if not heads:
        return None
    applied = {one.revision for head in heads for one in script.iterate_revisions(head, "base")}
    lacking = [Path(one.path) for one in script.walk_revisions() if one.revision not in applied]
    return lacking[::-1]


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("hub.schema")))
    config.set_main_option("path_separator", "newline")
    versions = (files("vault.schema") / "versions", files("hub.schema") / "versions")
    config.set_main_option("version_locations", "\n".join(str(path) for path in versions))
    return config
