"""Bring a database to the newest revision, the vault's tables before the hub's."""

from importlib.resources import files

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from vault.standing import Purpose


def upgrade(owner_url: str) -> None:
    """Migrate; ``owner_url`` is the SQLAlchemy address with the login that owns the schemas.

    Processes log in with logins of their own, which may change nothing here.
    """
    config = Config()
    config.set_main_option("script_location", str(files("hub.schema")))
    config.set_main_option("path_separator", "newline")
    versions = (files("vault.schema") / "versions", files("hub.schema") / "versions")
    config.set_main_option("version_locations", "\n".join(str(path) for path in versions))
    # Even the owner sees papers by a policy only: the one for migrations.
    engine = create_engine(owner_url, connect_args={"options": f"-c unefois.purpose={Purpose.MIGRATION}"})
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "heads")
    finally:
        engine.dispose()
