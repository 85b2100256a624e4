"""What the hub keeps in PostgreSQL, as SQL that Alembic revisions apply after the vault's."""

from importlib.resources import files

from sqlalchemy import MetaData

METADATA = MetaData(schema="hub")
"""Tables of the hub; each room declares its own on it."""


def sql(name: str) -> str:
    """Return one SQL file of this room."""
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
