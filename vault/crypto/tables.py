"""The table of holder keys (made by vault/schema/holder_keys.sql)."""

from sqlalchemy import Column, DateTime, Integer, LargeBinary, Table, Uuid

from vault.db import METADATA

HOLDER_KEY = Table(
    "holder_key",
    METADATA,
    Column("holder_id", Uuid, primary_key=True),
    Column("generation", Integer, primary_key=True),
    Column("public_keyset", LargeBinary, nullable=False),
    Column("wrapped_private", LargeBinary, nullable=False),
    Column("digest_salt", LargeBinary, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
)
