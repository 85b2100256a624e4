"""The tables of the journal (made by vault/schema/journal.sql and journal_stamps.sql)."""

from sqlalchemy import BigInteger, Column, DateTime, LargeBinary, SmallInteger, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY

from vault.db import METADATA

ENTRY = Table(
    "journal_entry",
    METADATA,
    Column("entry_id", Uuid, primary_key=True),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    Column("act", Text, nullable=False),
    Column("commitment", LargeBinary, nullable=False),
)

RECORD = Table(
    "journal_record",
    METADATA,
    Column("entry_id", Uuid, primary_key=True),
    Column("record", LargeBinary, nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Column("document_id", Uuid),
    Column("subjects", ARRAY(Uuid), nullable=False),
)

PENDING = Table("journal_pending", METADATA, Column("entry_id", Uuid, primary_key=True))

LEAF = Table(
    "journal_leaf",
    METADATA,
    Column("leaf_index", BigInteger, primary_key=True),
    Column("entry_id", Uuid, nullable=False, unique=True),
    Column("leaf_hash", LargeBinary, nullable=False),
)

NODE = Table(
    "journal_node",
    METADATA,
    Column("level", SmallInteger, primary_key=True),
    Column("index", BigInteger, primary_key=True),
    Column("hash", LargeBinary, nullable=False),
)

HEAD = Table(
    "journal_head",
    METADATA,
    Column("tree_size", BigInteger, primary_key=True),
    Column("previous_size", BigInteger, nullable=False),
    Column("root_hash", LargeBinary, nullable=False),
    Column("signed_at", DateTime(timezone=True), nullable=False),
    Column("key_id", Text, nullable=False),
    Column("signature", LargeBinary, nullable=False),
)

STAMP = Table(
    "journal_stamp",
    METADATA,
    Column("tree_size", BigInteger, primary_key=True),
    Column("stamped_at", DateTime(timezone=True), nullable=False),
    Column("policy", Text, nullable=False),
    Column("serial", Text, nullable=False),
    Column("token", LargeBinary, nullable=False),
)
