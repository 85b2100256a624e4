"""Tables of this room; the SQL under ``vault/schema`` has their constraints, and a test compares the two."""

from enum import StrEnum

from sqlalchemy import TIMESTAMP, BigInteger, Boolean, Column, Date, Enum, Integer, LargeBinary, Table, Text, Uuid

from contracts.documents import DocumentState, Grade, Outcome
from vault.db import METADATA


def _values(kind: type[StrEnum]) -> list[str]:
    return [member.value for member in kind]


STATE = Enum(DocumentState, name="document_state", schema="vault", values_callable=_values)
OUTCOME = Enum(Outcome, name="outcome", schema="vault", values_callable=_values)
GRADE = Enum(Grade, name="grade", schema="vault", values_callable=_values)

DOCUMENT = Table(
    "document",
    METADATA,
    Column("document_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("holder_id", Uuid, nullable=False),
    Column("holder_generation", Integer),
    Column("origin", Text, nullable=False),
    Column("object_name", Text, nullable=False),
    Column("wrapped_key", LargeBinary),
    Column("commitment", LargeBinary, nullable=False),
    Column("keyed_digest", LargeBinary),
    Column("media_type", Text, nullable=False),
    Column("plaintext_length", BigInteger, nullable=False),
    Column("sealed_facts", LargeBinary),
    Column("announced_type", Text, nullable=False),
    Column("state", STATE, nullable=False),
    Column("state_reason", Text, nullable=False),
    Column("state_since", TIMESTAMP(timezone=True), nullable=False),
    Column("received_at", TIMESTAMP(timezone=True), nullable=False),
    Column("record_seal", LargeBinary),
    # Written by the database alone, when a newer paper takes its place.
    Column("superseded_at", TIMESTAMP(timezone=True)),
)

VIEWING_COPY = Table(
    "viewing_copy",
    METADATA,
    Column("document_id", Uuid, primary_key=True),
    Column("object_name", Text, nullable=False),
    Column("holder_id", Uuid, nullable=False),
    Column("holder_generation", Integer, nullable=False),
    Column("wrapped_key", LargeBinary, nullable=False),
    Column("commitment", LargeBinary, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("plaintext_length", BigInteger, nullable=False),
    Column("made_at", TIMESTAMP(timezone=True), nullable=False),
    Column("record_seal", LargeBinary),
)

FINDING = Table(
    "finding",
    METADATA,
    Column("document_id", Uuid, primary_key=True),
    Column("step", Text, primary_key=True),
    Column("outcome", OUTCOME, nullable=False),
    Column("reason", Text, nullable=False),
    Column("rule_version", Text, nullable=False),
    Column("decided_at", TIMESTAMP(timezone=True), primary_key=True),
)

READING = Table(
    "reading",
    METADATA,
    Column("document_id", Uuid, primary_key=True),
    Column("evidence_type", Text, nullable=False),
    Column("grade", GRADE, nullable=False),
    Column("issued_on", Date),
    Column("pages", Integer, nullable=False),
    Column("sealed_fields", LargeBinary),
    Column("sealed_looks", LargeBinary),
    Column("sealed_places", LargeBinary),
    Column("scanned_with", Text),
    Column("concluded_at", TIMESTAMP(timezone=True), nullable=False),
)

LEGAL_HOLD = Table(
    "legal_hold",
    METADATA,
    Column("hold_id", Uuid, primary_key=True),
    Column("document_id", Uuid, nullable=False),
    Column("reference", Text, nullable=False),
    Column("placed_at", TIMESTAMP(timezone=True), nullable=False),
    Column("lifted_at", TIMESTAMP(timezone=True)),
    Column("store_told_at", TIMESTAMP(timezone=True)),
)

LIKENESS = Table(
    "likeness",
    METADATA,
    Column("document_id", Uuid, primary_key=True),
    Column("earlier_id", Uuid, primary_key=True),
    Column("holder_id", Uuid, nullable=False),
    Column("noted_at", TIMESTAMP(timezone=True), nullable=False),
    Column("kept_both_at", TIMESTAMP(timezone=True)),
)

REPLACEMENT = Table(
    "replacement",
    METADATA,
    Column("document_id", Uuid, primary_key=True),
    Column("by_document_id", Uuid, nullable=False),
    Column("holder_id", Uuid, nullable=False),
    Column("asked_at", TIMESTAMP(timezone=True), nullable=False),
)

ERASURE_ASKED = Table(
    "erasure_asked",
    METADATA,
    Column("document_id", Uuid, primary_key=True),
    Column("asked_at", TIMESTAMP(timezone=True), nullable=False),
)

DESTRUCTION_CERTIFICATE = Table(
    "destruction_certificate",
    METADATA,
    Column("document_id", Uuid, primary_key=True),
    Column("certificate", Text, nullable=False),
    Column("issued_at", TIMESTAMP(timezone=True), nullable=False),
)

AUDIT_RUN = Table(
    "audit_run",
    METADATA,
    Column("run_id", Uuid, primary_key=True),
    Column("whole", Boolean, nullable=False),
    Column("position", Uuid),
    Column("documents", BigInteger, nullable=False),
    Column("objects", BigInteger, nullable=False),
    Column("faults", BigInteger, nullable=False),
    Column("started_at", TIMESTAMP(timezone=True), nullable=False),
    Column("finished_at", TIMESTAMP(timezone=True)),
)

AUDIT_FAULT = Table(
    "audit_fault",
    METADATA,
    Column("run_id", Uuid, primary_key=True),
    Column("document_id", Uuid, primary_key=True),
    Column("form", Text, primary_key=True),
    Column("fault", Text, nullable=False),
    Column("found_at", TIMESTAMP(timezone=True), nullable=False),
)

KEPT_VALUE = Table(
    "kept_value",
    METADATA,
    Column("holder_id", Uuid, primary_key=True),
    Column("place", Text, primary_key=True),
    Column("holder_generation", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("kept_at", TIMESTAMP(timezone=True), nullable=False),
)
