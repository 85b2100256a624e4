"""Tables of this room; the SQL under ``hub/schema`` has their constraints, and a test compares the two."""

from sqlalchemy import TIMESTAMP, BigInteger, Boolean, Column, Identity, Integer, LargeBinary, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from hub.schema import METADATA
from vault.closed_words import ClosedWord

DELIVERY = Table(
    "delivery",
    METADATA,
    Column("delivery_id", Uuid, primary_key=True),
    Column("siret", Text, nullable=False),
    Column("event_id", Uuid, nullable=False),
    Column("body", JSONB, nullable=False),
    Column("state", ClosedWord, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", TIMESTAMP(timezone=True), nullable=False),
    Column("last_outcome", Text),
    Column("created_at", TIMESTAMP(timezone=True), nullable=False),
    Column("settled_at", TIMESTAMP(timezone=True)),
    Column("subject", Uuid, nullable=False),
    Column("service", Text, nullable=False),
    Column("noted", BigInteger, Identity(always=True), nullable=False),
    Column("place", BigInteger),
    Column("leased_until", TIMESTAMP(timezone=True)),
    Column("traceparent", Text),
)

FEED = Table(
    "feed",
    METADATA,
    Column("siret", Text, primary_key=True),
    Column("last_place", BigInteger, nullable=False),
    Column("pruned_to", BigInteger, nullable=False),
)

MESSAGE = Table(
    "message",
    METADATA,
    Column("message_id", Uuid, primary_key=True),
    Column("person_id", Uuid),
    Column("siret", Text),
    Column("kind", Text, nullable=False),
    Column("about", Uuid),
    Column("state", ClosedWord, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("not_before", TIMESTAMP(timezone=True), nullable=False),
    Column("leased_until", TIMESTAMP(timezone=True)),
    Column("last_outcome", Text),
    Column("created_at", TIMESTAMP(timezone=True), nullable=False),
    Column("settled_at", TIMESTAMP(timezone=True)),
    Column("channel", Text),
)

RETURN_CODE = Table(
    "return_code",
    METADATA,
    Column("digest", LargeBinary, primary_key=True),
    Column("message_id", Uuid, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("made_at", TIMESTAMP(timezone=True), nullable=False),
    Column("expires_at", TIMESTAMP(timezone=True), nullable=False),
)

DASHBOARD_CHOICE = Table(
    "dashboard_choice",
    METADATA,
    Column("person_id", Uuid, primary_key=True),
    Column("shown", Boolean, nullable=False),
    Column("chosen_at", TIMESTAMP(timezone=True), nullable=False),
)
