"""Tables of this room; the SQL under ``hub/schema`` has their constraints, and a test compares the two."""

from sqlalchemy import TIMESTAMP, BigInteger, Boolean, Column, Integer, LargeBinary, SmallInteger, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from hub.schema import METADATA
from vault.closed_words import ClosedWord

EXCHANGE = Table(
    "exchange",
    METADATA,
    Column("exchange_id", Uuid, primary_key=True),
    Column("binding", Text, nullable=False),
    Column("operation", Text, nullable=False),
    Column("natural_key", Text, nullable=False),
    Column("correlation", Text, nullable=False),
    Column("state", ClosedWord, nullable=False),
    Column("phase", Text),
    Column("outcome", Text),
    Column("outcome_code", Text),
    Column("request_digest", LargeBinary),
    Column("attempts", Integer, nullable=False),
    Column("leased_until", TIMESTAMP(timezone=True), nullable=False),
    Column("created_at", TIMESTAMP(timezone=True), nullable=False),
    Column("settled_at", TIMESTAMP(timezone=True)),
    Column("kind", Text),
    Column("write_class", Text),
    Column("siret", Text),
    Column("connector", Text),
    Column("due_at", TIMESTAMP(timezone=True)),
    Column("receipt", Text),
    Column("command", LargeBinary),
    Column("command_period", Uuid),
    Column("command_generation", Integer),
    Column("parent_id", Uuid),
    Column("author", Text),
    Column("approver", Text),
    Column("decoded_with", Text),
    Column("traceparent", Text),
)

EXCHANGE_ATTEMPT = Table(
    "exchange_attempt",
    METADATA,
    Column("exchange_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("act", Text, nullable=False),
    Column("binding", Text, nullable=False),
    Column("again", Boolean, nullable=False),
    Column("target", Text, nullable=False),
    Column("began_at", TIMESTAMP(timezone=True), nullable=False),
    Column("ended_at", TIMESTAMP(timezone=True)),
    Column("phase", Text),
    Column("status", Integer),
    Column("fault", Text),
    Column("outcome", Text),
    Column("outcome_code", Text),
    Column("request_bytes", BigInteger),
    Column("response_bytes", BigInteger),
    Column("response_digest", LargeBinary),
    Column("body_id", Uuid),
)

BREAKER = Table(
    "breaker",
    METADATA,
    Column("binding", Text, primary_key=True),
    Column("endpoint", Text, primary_key=True),
    Column("failures_in_row", Integer, nullable=False),
    Column("window_began", TIMESTAMP(timezone=True), nullable=False),
    Column("calls", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("breaches", Integer, nullable=False),
    Column("open_until", TIMESTAMP(timezone=True)),
    Column("opened", Integer, nullable=False),
    Column("reason", Text),
    Column("since", TIMESTAMP(timezone=True)),
)

BINDING_HEALTH = Table(
    "binding_health",
    METADATA,
    Column("binding", Text, primary_key=True),
    Column("depth", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("since", TIMESTAMP(timezone=True), nullable=False),
    Column("evidence", Text, nullable=False),
    Column("looked_at", TIMESTAMP(timezone=True), nullable=False),
)

FILE_SEEN = Table(
    "file_seen",
    METADATA,
    Column("binding", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("modified", BigInteger, nullable=False),
    Column("since", TIMESTAMP(timezone=True), nullable=False),
)

FILE_IN = Table(
    "file_in",
    METADATA,
    Column("exchange_id", Uuid, primary_key=True),
    Column("binding", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("lines", Integer, nullable=False),
    Column("taken", Integer, nullable=False),
    Column("refused_for", Text),
    Column("amends", Uuid),
    Column("received_at", TIMESTAMP(timezone=True), nullable=False),
    Column("told_at", TIMESTAMP(timezone=True)),
)

FILE_LINE = Table(
    "file_line",
    METADATA,
    Column("exchange_id", Uuid, primary_key=True),
    Column("part", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("why", Text, nullable=False),
)

TOLD_LINE = Table(
    "told_line",
    METADATA,
    Column("binding", Text, primary_key=True),
    Column("line_id", Uuid, primary_key=True),
    Column("siret", Text, nullable=False),
    Column("reference", Uuid, nullable=False),
    Column("family", Uuid, nullable=False),
    Column("goes_by", Uuid),
    Column("exchange_id", Uuid, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("digest", LargeBinary),
    Column("number", Text),
    Column("stamp", Text),
    Column("outcome", Text),
    Column("replans", SmallInteger, nullable=False),
    Column("told_at", TIMESTAMP(timezone=True), nullable=False),
    Column("gone_at", TIMESTAMP(timezone=True)),
)

SHOWN_LINE = Table(
    "shown_line",
    METADATA,
    Column("line_id", Uuid, primary_key=True),
    Column("account_id", Uuid, nullable=False),
    Column("demand", Uuid, nullable=False),
    Column("number", Integer, nullable=False),
    Column("status", SmallInteger),
    Column("before", SmallInteger),
    Column("exchange_id", Uuid, nullable=False),
    Column("noted_at", TIMESTAMP(timezone=True)),
)

FOLDER_IN = Table(
    "folder_in",
    METADATA,
    Column("binding", Text, primary_key=True),
    Column("notification_id", Uuid, primary_key=True),
    Column("siret", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("case_id", Uuid),
    Column("event_id", Uuid),
    Column("said", Uuid),
    Column("paper", Uuid),
    Column("why", Text),
    Column("request_id", Uuid),
    Column("lies", Boolean, nullable=False),
    Column("seen_at", TIMESTAMP(timezone=True), nullable=False),
    Column("next_look", TIMESTAMP(timezone=True)),
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

EXCHANGE_LOOK = Table(
    "exchange_look",
    METADATA,
    Column("ticket_digest", LargeBinary, primary_key=True),
    Column("exchange_id", Uuid, nullable=False),
    Column("number", Integer, nullable=False),
    Column("body_id", Uuid, nullable=False),
    Column("connector", Text, nullable=False),
    Column("siret", Text, nullable=False),
    Column("agent_id", Uuid, nullable=False),
    Column("reason", Text, nullable=False),
    Column("expires_at", TIMESTAMP(timezone=True), nullable=False),
    Column("entry_id", Uuid),
    Column("category", Text),
)

EXCHANGE_EDIT = Table(
    "exchange_edit",
    METADATA,
    Column("edit_id", Uuid, primary_key=True),
    Column("exchange_id", Uuid, nullable=False),
    Column("binding", Text, nullable=False),
    Column("siret", Text, nullable=False),
    Column("author", Uuid, nullable=False),
    Column("reason", Text, nullable=False),
    Column("changes", JSONB, nullable=False),
    Column("state", Text, nullable=False),
    Column("proposed_id", Uuid),
    Column("decider", Uuid),
    Column("decided_for", Text),
    Column("why", Text),
    Column("asked_at", TIMESTAMP(timezone=True), nullable=False),
    Column("drafted_at", TIMESTAMP(timezone=True)),
    Column("decided_at", TIMESTAMP(timezone=True)),
    Column("ended_at", TIMESTAMP(timezone=True)),
)

REPLAY_PLAN = Table(
    "replay_plan",
    METADATA,
    Column("plan_id", Uuid, primary_key=True),
    Column("binding", Text, nullable=False),
    Column("siret", Text, nullable=False),
    Column("chosen", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("per_minute", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("total", Integer, nullable=False),
    Column("due_at", TIMESTAMP(timezone=True)),
    Column("since", TIMESTAMP(timezone=True), nullable=False),
    Column("created_at", TIMESTAMP(timezone=True), nullable=False),
    Column("ended_at", TIMESTAMP(timezone=True)),
)

REPLAY_ITEM = Table(
    "replay_item",
    METADATA,
    Column("plan_id", Uuid, primary_key=True),
    Column("exchange_id", Uuid, primary_key=True),
    Column("place", Integer, nullable=False),
    Column("state", Text, nullable=False),
)
