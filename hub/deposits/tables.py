"""Tables of this room; the SQL under ``hub/schema`` has their constraints, and a test compares the two."""

from sqlalchemy import TIMESTAMP, Column, Integer, LargeBinary, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from hub.schema import METADATA

RECEIPT = Table(
    "receipt",
    METADATA,
    Column("receipt_id", Uuid, primary_key=True),
    Column("person_id", Uuid, nullable=False),
    Column("document_id", Uuid, nullable=False),
    Column("content", JSONB, nullable=False),
    Column("issued_at", TIMESTAMP(timezone=True), nullable=False),
)

IDEMPOTENCY = Table(
    "idempotency",
    METADATA,
    Column("caller", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("fingerprint", LargeBinary),
    Column("status", Integer),
    Column("response", JSONB),
    Column("expires_at", TIMESTAMP(timezone=True), nullable=False),
)
