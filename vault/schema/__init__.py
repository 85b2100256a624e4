"""What custody keeps in PostgreSQL, as SQL that Alembic revisions apply in order."""

from importlib.resources import files


def sql(name: str) -> str:
    """Return one SQL file of this room."""
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
