"""Tables of this room; the SQL under ``hub/schema`` has their constraints, and a test compares the two."""

from sqlalchemy import TIMESTAMP, Boolean, Column, Date, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from hub.schema import METADATA
from vault.closed_words import ClosedWord
from vault.documents.tables import GRADE, OUTCOME

EVIDENCE = Table(
    "evidence",
    METADATA,
    Column("evidence_id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("document_id", Uuid, nullable=False),
    Column("holder_id", Uuid, nullable=False),
    Column("evidence_type", Text, nullable=False),
    Column("grade", GRADE, nullable=False),
    Column("issued_on", Date),
    Column("as_of", TIMESTAMP(timezone=True)),
    Column("usable_by", Text),
    Column("usable_for", Text),
    Column("recorded_at", TIMESTAMP(timezone=True), nullable=False),
    Column("withdrawn_at", TIMESTAMP(timezone=True)),
)

FIT = Table(
    "fit",
    METADATA,
    Column("fit_id", Uuid, primary_key=True),
    Column("evidence_id", Uuid, nullable=False),
    Column("line_id", Uuid, nullable=False),
    Column("requirement", Text, nullable=False),
    Column("reference_date", Date, nullable=False),
    Column("outcome", OUTCOME, nullable=False),
    Column("blocking", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("catalogue_version", Text, nullable=False),
    Column("decided_on", JSONB, nullable=False),
    Column("tariff_band", Text),
    Column("decided_at", TIMESTAMP(timezone=True), nullable=False),
    Column("good_until", Date),
    Column("grade", GRADE),
    Column("rests_on", ARRAY(Uuid), nullable=False),
    Column("superseded_at", TIMESTAMP(timezone=True)),
)
RESTS_ON_OTHERS = text("fit.rests_on <> '{}'")
"""The condition of the index over what fits rest on, without whose very words the database does not use it."""

SATISFACTION = Table(
    "satisfaction",
    METADATA,
    Column("satisfaction_id", Uuid, primary_key=True),
    Column("line_id", Uuid, nullable=False),
    Column("requirement", Text, nullable=False),
    Column("evidence_id", Uuid, nullable=False),
    Column("fit_id", Uuid, nullable=False),
    Column("grade", GRADE, nullable=False),
    Column("since", TIMESTAMP(timezone=True), nullable=False),
    Column("until", TIMESTAMP(timezone=True)),
)

ASK = Table(
    "ask",
    METADATA,
    Column("line_id", Uuid, primary_key=True),
    Column("requirement", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("asked_at", TIMESTAMP(timezone=True), nullable=False),
    Column("message_id", Uuid),
)

SPARED_ASK = Table(
    "spared_ask",
    METADATA,
    Column("spared_ask_id", Uuid, primary_key=True),
    Column("siret", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("requirement", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("spared_at", TIMESTAMP(timezone=True), nullable=False),
)

REEVALUATION = Table(
    "reevaluation",
    METADATA,
    Column("reevaluation_id", Uuid, primary_key=True),
    Column("catalogue_version", Text, nullable=False),
    Column("fingerprints", JSONB, nullable=False),
    Column("touched", ARRAY(Text), nullable=False),
    Column("state", ClosedWord, nullable=False),
    Column("reached", Uuid),
    Column("figures", JSONB, nullable=False),
    Column("started_at", TIMESTAMP(timezone=True), nullable=False),
    Column("ended_at", TIMESTAMP(timezone=True)),
)
