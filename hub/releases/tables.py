"""Tables of this room; the SQL under ``hub/schema`` has their constraints, and a test compares the two."""

from sqlalchemy import TIMESTAMP, Column, Date, LargeBinary, Table, Text, Uuid

from hub.schema import METADATA
from vault.closed_words import ClosedWord

EVIDENCE_REQUEST = Table(
    "evidence_request",
    METADATA,
    Column("evidence_request_id", Uuid, primary_key=True),
    Column("siret", Text, nullable=False),
    Column("subject", Uuid, nullable=False),
    Column("service", Text, nullable=False),
    Column("requirement", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("on_behalf_of", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("line_id", Uuid),
    Column("client_key", Text),
    Column("proof_key", Text),
    Column("asked_at", TIMESTAMP(timezone=True), nullable=False),
    Column("question", LargeBinary),
)

RELEASE = Table(
    "release",
    METADATA,
    Column("release_id", Uuid, primary_key=True),
    Column("evidence_id", Uuid, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("basis", Text, nullable=False),
    Column("instrument", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("act_reference", Uuid, nullable=False),
    Column("channel", Text, nullable=False),
    Column("entry_id", Uuid, nullable=False),
    Column("evidence_request_id", Uuid),
    Column("exchange_id", Uuid),
    Column("line_id", Uuid),
    Column("client_key", Text),
    Column("proof_key", Text),
    Column("ordered_at", TIMESTAMP(timezone=True), nullable=False),
    Column("convention", Text, nullable=False),
)

DISCLOSURE = Table(
    "disclosure",
    METADATA,
    Column("release_id", Uuid, primary_key=True),
    Column("receipt_entry_id", Uuid, nullable=False),
    Column("commitment", LargeBinary, nullable=False),
    Column("salt", LargeBinary),
    Column("facts", Text),
    Column("answer", Text),
    Column("disclosed_at", TIMESTAMP(timezone=True), nullable=False),
    Column("recipient", Text, nullable=False),
)

RIGHTS_INFORMATION = Table(
    "rights_information",
    METADATA,
    Column("information_id", Uuid, primary_key=True),
    Column("line_id", Uuid, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("requested_for", Text, nullable=False),
    Column("notice_id", Uuid, nullable=False),
    Column("state", ClosedWord, nullable=False),
    Column("opened_at", TIMESTAMP(timezone=True), nullable=False),
    Column("valid_until", Date, nullable=False),
    Column("ended_at", TIMESTAMP(timezone=True)),
    Column("destroyed_at", TIMESTAMP(timezone=True)),
)

PREVIEW_TICKET = Table(
    "preview_ticket",
    METADATA,
    Column("ticket_digest", LargeBinary, primary_key=True),
    Column("person_id", Uuid, nullable=False),
    Column("document_id", Uuid, nullable=False),
    Column("expires_at", TIMESTAMP(timezone=True), nullable=False),
    Column("mandate_id", Uuid),
)

CASE_COPY = Table(
    "case_copy",
    METADATA,
    Column("case_copy_id", Uuid, primary_key=True),
    Column("release_id", Uuid, nullable=False),
    Column("evidence_id", Uuid, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("handed_at", TIMESTAMP(timezone=True), nullable=False),
    Column("keep_until", Date, nullable=False),
    Column("schedule", Text, nullable=False),
    Column("schedule_status", Text, nullable=False),
    Column("visa", Text),
    Column("ended_at", TIMESTAMP(timezone=True)),
)

EXPORT_TICKET = Table(
    "export_ticket",
    METADATA,
    Column("ticket_digest", LargeBinary, primary_key=True),
    Column("person_id", Uuid, nullable=False),
    Column("expires_at", TIMESTAMP(timezone=True), nullable=False),
)
