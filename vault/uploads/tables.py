"""Tables of this room; ``vault/schema/uploads.sql`` has their constraints."""

from sqlalchemy import TIMESTAMP, BigInteger, Column, LargeBinary, Table, Text, Uuid

from vault.db import METADATA

UPLOAD = Table(
    "upload",
    METADATA,
    Column("upload_id", Uuid, primary_key=True),
    Column("token_digest", LargeBinary, nullable=False, unique=True),
    Column("holder_id", Uuid, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("length", BigInteger, nullable=False),
    Column("received", BigInteger, nullable=False),
    Column("sealed_announcement", LargeBinary),
    Column("pen", Uuid),
    Column("document_id", Uuid),
    Column("created_at", TIMESTAMP(timezone=True), nullable=False),
    Column("expires_at", TIMESTAMP(timezone=True), nullable=False),
)

PART = Table(
    "upload_part",
    METADATA,
    Column("upload_id", Uuid, primary_key=True),
    Column("start", BigInteger, primary_key=True),
    Column("length", BigInteger, nullable=False),
    Column("object_name", Text, nullable=False, unique=True),
    Column("sealed_key", LargeBinary, nullable=False),
    Column("commitment", LargeBinary, nullable=False),
)
