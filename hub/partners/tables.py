"""Tables of this room; the SQL under ``hub/schema`` has their constraints, and a test compares the two."""

from sqlalchemy import TIMESTAMP, BigInteger, Column, Date, Integer, LargeBinary, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from hub.schema import METADATA
from vault.documents.tables import GRADE

PARTNER = Table(
    "partner",
    METADATA,
    Column("siret", Text, primary_key=True),
    Column("slug", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("contact", Text, nullable=False),
    Column("jwks", JSONB, nullable=False),
    Column("webhook_url", Text),
    Column("webhook_secret_wrapped", LargeBinary),
    Column("legal_category", Text),
    Column("security_contact", Text),
    Column("data_protection_contact", Text),
    Column("requests_per_minute", Integer, nullable=False),
    Column("suspended_at", TIMESTAMP(timezone=True)),
    Column("suspended_reason", Text),
    Column("recorded_at", TIMESTAMP(timezone=True), nullable=False),
)

AGREEMENT = Table(
    "agreement",
    METADATA,
    Column("agreement_id", Uuid, primary_key=True),
    Column("siret", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("purposes", ARRAY(Text), nullable=False),
    Column("services", ARRAY(Text), nullable=False),
    Column("evidence_types", ARRAY(Text), nullable=False),
    Column("minimum_grade", GRADE, nullable=False),
    Column("gives", Text),
    Column("instrument", Text),
    Column("controller", JSONB(none_as_null=True)),
    Column("processor", JSONB(none_as_null=True)),
    Column("deliberation", JSONB(none_as_null=True)),
    Column("habilitation", JSONB(none_as_null=True)),
    Column("treatments", JSONB(none_as_null=True)),
    Column("agent_roles", JSONB(none_as_null=True)),
    Column("retention_months", Integer),
    Column("decides", ARRAY(Text), nullable=False),
    Column("originals", ARRAY(Text), nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date, nullable=False),
    Column("recorded_at", TIMESTAMP(timezone=True), nullable=False),
    Column("retracted_at", TIMESTAMP(timezone=True)),
    Column("suspended_at", TIMESTAMP(timezone=True)),
    Column("suspended_reason", Text),
)
"""A row that is not retracted states everything; the database holds to it."""

PSEUDONYM = Table(
    "pseudonym",
    METADATA,
    Column("siret", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("subject_id", Uuid, primary_key=True),
    Column("value", Uuid, nullable=False),
)

SPENT_ASSERTION = Table(
    "spent_assertion",
    METADATA,
    Column("assertion_digest", LargeBinary, primary_key=True),
    Column("expires_at", TIMESTAMP(timezone=True), nullable=False),
)

SPENT_PROOF = Table(
    "spent_proof",
    METADATA,
    Column("proof_digest", LargeBinary, primary_key=True),
    Column("expires_at", TIMESTAMP(timezone=True), nullable=False),
)

REVOKED_TOKEN = Table(
    "revoked_token",
    METADATA,
    Column("token_digest", LargeBinary, primary_key=True),
    Column("expires_at", TIMESTAMP(timezone=True), nullable=False),
)

CREDENTIAL_REFUSAL = Table(
    "credential_refusal",
    METADATA,
    Column("minute", TIMESTAMP(timezone=True), primary_key=True),
    Column("siret", Text, primary_key=True),
    Column("place", Text, primary_key=True),
    Column("reason", Text, primary_key=True),
    Column("times", BigInteger, nullable=False),
    Column("expires_at", TIMESTAMP(timezone=True), nullable=False),
)

RELEASE_STOP = Table(
    "release_stop",
    METADATA,
    Column("stop_id", Uuid, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("stopped_at", TIMESTAMP(timezone=True), nullable=False),
    Column("resumed_at", TIMESTAMP(timezone=True)),
)

RATE_WINDOW = Table(
    "rate_window",
    METADATA,
    Column("caller", LargeBinary, primary_key=True),
    Column("begins_at", TIMESTAMP(timezone=True), primary_key=True),
    Column("hits", BigInteger, nullable=False),
    Column("expires_at", TIMESTAMP(timezone=True), nullable=False),
)
"""How often somebody, known by a digest only, asked within a minute."""

WEBHOOK = Table(
    "webhook",
    METADATA,
    Column("siret", Text, primary_key=True),
    Column("signing_key_wrapped", LargeBinary, nullable=False),
    Column("verifying_key", Text, nullable=False),
    Column("previous_secret_wrapped", LargeBinary),
    Column("previous_signing_key_wrapped", LargeBinary),
    Column("previous_verifying_key", Text),
    Column("previous_until", TIMESTAMP(timezone=True)),
    Column("failures", Integer, nullable=False),
    Column("failing_since", TIMESTAMP(timezone=True)),
    Column("open_at", TIMESTAMP(timezone=True), nullable=False),
    Column("taken_at", TIMESTAMP(timezone=True)),
    Column("disabled_at", TIMESTAMP(timezone=True)),
    Column("disabled_for", Text),
    Column("recorded_at", TIMESTAMP(timezone=True), nullable=False),
    Column("warned_at", TIMESTAMP(timezone=True)),
    Column("lost_at", TIMESTAMP(timezone=True)),
    Column("lost", BigInteger, nullable=False),
)
