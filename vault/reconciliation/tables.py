"""Tables of this room; ``vault/schema/reconciling.sql`` has their constraints."""

from sqlalchemy import TIMESTAMP, BigInteger, Boolean, Column, Table, Text, Uuid

from vault.db import METADATA

CONDEMNED_OBJECT = Table(
    "condemned_object",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("length", BigInteger, nullable=False),
    Column("stored_at", TIMESTAMP(timezone=True), nullable=False),
    Column("condemned_at", TIMESTAMP(timezone=True), nullable=False),
    Column("retained", Boolean, nullable=False),
    Column("swept_at", TIMESTAMP(timezone=True)),
)

RECONCILIATION = Table(
    "reconciliation",
    METADATA,
    Column("run_id", Uuid, primary_key=True),
    Column("started_at", TIMESTAMP(timezone=True), nullable=False),
    Column("finished_at", TIMESTAMP(timezone=True), nullable=False),
    Column("objects", BigInteger, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("orphans", BigInteger, nullable=False),
    Column("condemned", BigInteger, nullable=False),
    Column("swept", BigInteger, nullable=False),
    Column("retained", BigInteger, nullable=False),
    Column("missing", BigInteger, nullable=False),
    Column("refused", Boolean, nullable=False),
)
