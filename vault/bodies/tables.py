"""Tables of this room (made by vault/schema/bodies.sql)."""

from sqlalchemy import BigInteger, Column, Date, DateTime, Integer, LargeBinary, Table, Text, Uuid

from vault.db import METADATA

BODY_PERIOD = Table(
    "body_period",
    METADATA,
    Column("period_id", Uuid, primary_key=True),
    Column("siret", Text, nullable=False),
    Column("binding", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("begins", Date, nullable=False),
    Column("goes_on", Date, nullable=False),
    Column("destroyed_at", DateTime(timezone=True)),
)

BODY = Table(
    "body",
    METADATA,
    Column("body_id", Uuid, primary_key=True),
    Column("period_id", Uuid, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("object_name", Text, nullable=False),
    Column("length", BigInteger, nullable=False),
    Column("wrapped_key", LargeBinary, nullable=False),
    Column("commitment", LargeBinary, nullable=False),
    Column("stored_at", DateTime(timezone=True), nullable=False),
)
