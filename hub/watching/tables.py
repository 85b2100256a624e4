"""Tables of this room; the SQL under ``hub/schema`` has their constraints, and a test compares the two."""

from sqlalchemy import TIMESTAMP, Column, Date, Integer, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from hub.schema import METADATA

CHORE = Table(
    "chore",
    METADATA,
    Column("chore_id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("figures", JSONB, nullable=False),
    Column("asked_at", TIMESTAMP(timezone=True), nullable=False),
    Column("done_at", TIMESTAMP(timezone=True)),
)

WISH = Table(
    "wish",
    METADATA,
    Column("wish_id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("day", Date),
    Column("state", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", TIMESTAMP(timezone=True), nullable=False),
    Column("leased_until", TIMESTAMP(timezone=True), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("run_id", Text),
    Column("done_at", TIMESTAMP(timezone=True)),
)

ALERT = Table(
    "alert",
    METADATA,
    Column("alert_id", Uuid, primary_key=True),
    Column("cause", Text, nullable=False),
    Column("page", Text, nullable=False),
    Column("binding", Text),
    Column("day", Date),
    Column("run_id", Text),
    Column("families", Integer),
    Column("raised_at", TIMESTAMP(timezone=True), nullable=False),
    Column("seen_at", TIMESTAMP(timezone=True), nullable=False),
    Column("seen", Integer, nullable=False),
    Column("over_at", TIMESTAMP(timezone=True)),
)

ALERT_NOTICE = Table(
    "alert_notice",
    METADATA,
    Column("alert_id", Uuid, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("not_before", TIMESTAMP(timezone=True), nullable=False),
    Column("last_outcome", Text),
)

FAILED_RUN = Table(
    "failed_run",
    METADATA,
    Column("run_id", Text, primary_key=True),
    Column("cause", Text, nullable=False),
    Column("noted_at", TIMESTAMP(timezone=True), nullable=False),
)
