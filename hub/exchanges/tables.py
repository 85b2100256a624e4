"""Tables of this room; the SQL under ``hub/schema`` has their constraints, and a test compares the two."""

from sqlalchemy import TIMESTAMP, Column, Integer, LargeBinary, Table, Text, Uuid

from hub.schema import METADATA

EXCHANGE = Table(
    "exchange",
    METADATA,
    Column("exchange_id", Uuid, primary_key=True),
    Column("binding", Text, nullable=False),
    Column("operation", Text, nullable=False),
    Column("natural_key", Text, nullable=False),
    Column("correlation", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("phase", Text),
    Column("outcome", Text),
    Column("outcome_code", Text),
    Column("request_digest", LargeBinary),
    Column("attempts", Integer, nullable=False),
    Column("leased_until", TIMESTAMP(timezone=True), nullable=False),
    Column("created_at", TIMESTAMP(timezone=True), nullable=False),
    Column("settled_at", TIMESTAMP(timezone=True)),
)

EGRESS_GATE = Table(
    "egress_gate",
    METADATA,
    Column("gate", Text, primary_key=True),
    Column("closed_until", TIMESTAMP(timezone=True), nullable=False),
)

LENT_TOKEN = Table(
    "lent_token",
    METADATA,
    Column("request_id", Uuid, primary_key=True),
    Column("person_id", Uuid, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("expires_at", TIMESTAMP(timezone=True), nullable=False),
)

EGRESS_SLOT = Table(
    "egress_slot",
    METADATA,
    Column("slot_id", Uuid, primary_key=True),
    Column("gate", Text, nullable=False),
    Column("token", LargeBinary, nullable=False),
    Column("there_by", TIMESTAMP(timezone=True), nullable=False),
)
