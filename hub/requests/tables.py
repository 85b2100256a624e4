"""Tables of this room; the SQL under ``hub/schema`` has their constraints, and a test compares the two."""

from sqlalchemy import TIMESTAMP, BigInteger, Column, Date, Identity, LargeBinary, SmallInteger, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from hub.schema import METADATA
from vault.closed_words import ClosedWord

SCHOOL_FILE = Table(
    "school_file",
    METADATA,
    Column("file_id", Uuid, primary_key=True),
    Column("child_id", Uuid, nullable=False),
    Column("school_year", Text, nullable=False),
    Column("created_at", TIMESTAMP(timezone=True), nullable=False),
)

ENROLMENT_LINE = Table(
    "enrolment_line",
    METADATA,
    Column("line_id", Uuid, primary_key=True),
    Column("file_id", Uuid, nullable=False),
    Column("service", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("payer_id", Uuid, nullable=False),
    Column("parity", Text, nullable=False),
    Column("share", SmallInteger, nullable=False),
    Column("follows", Uuid),
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date, nullable=False),
    Column("recorded_at", TIMESTAMP(timezone=True), nullable=False),
    Column("retracted_at", TIMESTAMP(timezone=True)),
)

REQUEST = Table(
    "request",
    METADATA,
    Column("request_id", Uuid, primary_key=True),
    Column("line_id", Uuid, nullable=False),
    Column("requester_id", Uuid, nullable=False),
    Column("state", ClosedWord, nullable=False),
    Column("accuracy_sworn_at", TIMESTAMP(timezone=True), nullable=False),
    Column("received_at", TIMESTAMP(timezone=True), nullable=False),
    Column("due_on", Date, nullable=False),
    Column("acknowledgement", JSONB, nullable=False),
    Column("decided_at", TIMESTAMP(timezone=True)),
    Column("decision_id", Uuid),
    Column("rests_until", Date),
)

NOTICE_GIVEN = Table(
    "notice_given",
    METADATA,
    Column("notice_id", Uuid, primary_key=True),
    Column("request_id", Uuid, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("text_version", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("given_at", TIMESTAMP(timezone=True), nullable=False),
    Column("notice_text_id", Uuid, nullable=False),
    Column("recipient", Text, nullable=False),
)

NOTICE_TEXT = Table(
    "notice_text",
    METADATA,
    Column("notice_text_id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("recorded_at", TIMESTAMP(timezone=True), nullable=False),
)

REUSE_GRANT = Table(
    "reuse_grant",
    METADATA,
    Column("grant_id", Uuid, primary_key=True),
    Column("person_id", Uuid, nullable=False),
    Column("request_id", Uuid, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("granted_at", TIMESTAMP(timezone=True)),
    Column("valid_until", Date, nullable=False),
    Column("withdrawn_at", TIMESTAMP(timezone=True)),
    Column("state", ClosedWord, nullable=False),
    Column("frequency", Text, nullable=False),
    Column("evidence_types", ARRAY(Text), nullable=False),
    Column("requirement", Text),
    Column("valid_from", Date, nullable=False),
    Column("data_life_months", SmallInteger, nullable=False),
    Column("notice_id", Uuid),
    Column("requested_at", TIMESTAMP(timezone=True)),
    Column("requested_for", Text),
    Column("used_for", Uuid),
    Column("used_at", TIMESTAMP(timezone=True)),
)

AUTHORISATION_STEP = Table(
    "authorisation_step",
    METADATA,
    Column("entry_id", Uuid, primary_key=True),
    Column("grant_id", Uuid, nullable=False),
    Column("state", ClosedWord, nullable=False),
    Column("stepped_at", TIMESTAMP(timezone=True), nullable=False),
)

CONFIRMATION = Table(
    "confirmation",
    METADATA,
    Column("confirmation_id", Uuid, primary_key=True),
    Column("request_id", Uuid, nullable=False),
    Column("guardian_id", Uuid, nullable=False),
    Column("state", ClosedWord, nullable=False),
    Column("asked_at", TIMESTAMP(timezone=True), nullable=False),
    Column("answered_at", TIMESTAMP(timezone=True)),
)

LIFE_EVENT = Table(
    "life_event",
    METADATA,
    Column("life_event_id", Uuid, primary_key=True),
    Column("adult_id", Uuid, nullable=False),
    Column("event", Text, nullable=False),
    Column("happened_on", Date, nullable=False),
    Column("declared_at", TIMESTAMP(timezone=True), nullable=False),
)

LINE_DECISION = Table(
    "line_decision",
    METADATA,
    Column("decision_id", Uuid, primary_key=True),
    Column("nth", BigInteger, Identity(always=True), nullable=False),
    Column("line_id", Uuid, nullable=False),
    Column("body", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("kind", Text, nullable=False),
    Column("amends", Text),
    Column("amends_number", Text),
    Column("decided_on", Date, nullable=False),
    Column("notified_on", Date),
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date),
    Column("tariff_band", Text),
    Column("parity", Text, nullable=False),
    Column("share", SmallInteger, nullable=False),
    Column("school_name", Text),
    Column("school_uai", Text),
    Column("refused_for", Text),
    Column("author_service", Text, nullable=False),
    Column("author_function", Text, nullable=False),
    Column("remedies", JSONB, nullable=False),
    Column("exchange_id", Uuid),
    Column("recorded_at", TIMESTAMP(timezone=True), nullable=False),
)
