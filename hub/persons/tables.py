"""Tables of this room; the SQL under ``hub/schema`` has their constraints, and a test compares the two."""

from sqlalchemy import TIMESTAMP, Boolean, Column, Date, Integer, LargeBinary, SmallInteger, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from hub.schema import METADATA
from vault.closed_words import ClosedWord
from vault.documents.tables import GRADE, OUTCOME

PERSON = Table(
    "person",
    METADATA,
    Column("person_id", Uuid, primary_key=True),
    Column("created_at", TIMESTAMP(timezone=True), nullable=False),
)

CIVIL_STATUS = Table(
    "civil_status",
    METADATA,
    Column("civil_status_id", Uuid, primary_key=True),
    Column("person_id", Uuid, nullable=False),
    Column("family_name", Text, nullable=False),
    Column("usage_name", Text),
    Column("given_names", ARRAY(Text), nullable=False),
    Column("born_on", Text, nullable=False),
    Column("birth_place", Text, nullable=False),
    Column("birth_country", Text, nullable=False),
    Column("gender", Text, nullable=False),
    Column("match_key", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("grade", GRADE, nullable=False),
    Column("recorded_at", TIMESTAMP(timezone=True), nullable=False),
    Column("retracted_at", TIMESTAMP(timezone=True)),
)

ACCOUNT = Table(
    "account",
    METADATA,
    Column("account_id", Uuid, primary_key=True),
    Column("person_id", Uuid, nullable=False),
    Column("issuer", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("created_at", TIMESTAMP(timezone=True), nullable=False),
)

PENDING_SIGN_IN = Table(
    "pending_sign_in",
    METADATA,
    Column("state_digest", LargeBinary, primary_key=True),
    Column("provider", Text, nullable=False),
    Column("nonce", Text, nullable=False),
    Column("verifier", Text, nullable=False),
    Column("return_to", Text, nullable=False),
    Column("expires_at", TIMESTAMP(timezone=True), nullable=False),
    Column("fresh", Boolean, nullable=False),
    Column("joins", Uuid),
)

SESSION = Table(
    "session",
    METADATA,
    Column("token_digest", LargeBinary, primary_key=True),
    Column("account_id", Uuid, nullable=False),
    Column("provider", Text, nullable=False),
    Column("id_token", Text, nullable=False),
    Column("authenticated_at", TIMESTAMP(timezone=True), nullable=False),
    Column("expires_at", TIMESTAMP(timezone=True), nullable=False),
    Column("mandate_id", Uuid),
)

FAMILY_LINK = Table(
    "family_link",
    METADATA,
    Column("link_id", Uuid, primary_key=True),
    Column("adult_id", Uuid, nullable=False),
    Column("child_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("authority", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("source_document", Uuid),
    Column("source_review", Uuid),
    Column("grade", GRADE, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date),
    Column("recorded_at", TIMESTAMP(timezone=True), nullable=False),
    Column("retracted_at", TIMESTAMP(timezone=True)),
)

FAMILY_CLAIM = Table(
    "family_claim",
    METADATA,
    Column("claim_id", Uuid, primary_key=True),
    Column("adult_id", Uuid, nullable=False),
    Column("family_name", Text, nullable=False),
    Column("given_names", ARRAY(Text), nullable=False),
    Column("born_on", Date, nullable=False),
    Column("match_key", Text, nullable=False),
    Column("state", ClosedWord, nullable=False),
    Column("created_at", TIMESTAMP(timezone=True), nullable=False),
)

REVIEW = Table(
    "review",
    METADATA,
    Column("review_id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("adult_id", Uuid, nullable=False),
    Column("child_id", Uuid),
    Column("document_id", Uuid),
    Column("claim_id", Uuid),
    Column("line_id", Uuid),
    Column("proposal_id", Uuid),
    Column("other_id", Uuid),
    Column("requirement", Text),
    Column("service", Text, nullable=False),
    Column("body", Text),
    Column("reason", Text, nullable=False),
    Column("opinions_needed", SmallInteger, nullable=False),
    Column("state", ClosedWord, nullable=False),
    Column("created_at", TIMESTAMP(timezone=True), nullable=False),
    Column("claimed_by", Uuid),
    Column("claimed_until", TIMESTAMP(timezone=True)),
    Column("outcome", OUTCOME),
    Column("decision_reason", Text),
    Column("decision", JSONB),
    Column("decided_at", TIMESTAMP(timezone=True)),
    Column("applied_at", TIMESTAMP(timezone=True)),
)

REVIEW_OPINION = Table(
    "review_opinion",
    METADATA,
    Column("review_id", Uuid, primary_key=True),
    Column("agent_id", Uuid, primary_key=True),
    Column("outcome", OUTCOME, nullable=False),
    Column("reason", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("note_place", Text),
    Column("decision", JSONB, nullable=False),
    Column("given_at", TIMESTAMP(timezone=True), nullable=False),
)

REVIEW_TICKET = Table(
    "review_ticket",
    METADATA,
    Column("ticket_digest", LargeBinary, primary_key=True),
    Column("review_id", Uuid, nullable=False),
    Column("agent_id", Uuid, nullable=False),
    Column("shown", Text, nullable=False),
    Column("expires_at", TIMESTAMP(timezone=True), nullable=False),
)

AGENT = Table(
    "agent",
    METADATA,
    Column("agent_id", Uuid, primary_key=True),
    Column("email", Text, nullable=False),
    Column("siret", Text, nullable=False),
    Column("issuer", Text),
    Column("subject", Text),
    Column("added_at", TIMESTAMP(timezone=True), nullable=False),
    Column("removed_at", TIMESTAMP(timezone=True)),
)

AGENT_ROLE = Table(
    "agent_role",
    METADATA,
    Column("role_id", Uuid, primary_key=True),
    Column("agent_id", Uuid, nullable=False),
    Column("body", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("given_at", TIMESTAMP(timezone=True), nullable=False),
    Column("withdrawn_at", TIMESTAMP(timezone=True)),
)

AGENT_SESSION = Table(
    "agent_session",
    METADATA,
    Column("token_digest", LargeBinary, primary_key=True),
    Column("agent_id", Uuid, nullable=False),
    Column("provider", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("id_token", Text, nullable=False),
    Column("authenticated_at", TIMESTAMP(timezone=True), nullable=False),
    Column("expires_at", TIMESTAMP(timezone=True), nullable=False),
)

RESIDENCE = Table(
    "residence",
    METADATA,
    Column("residence_id", Uuid, primary_key=True),
    Column("person_id", Uuid, nullable=False),
    Column("sector", Text),
    Column("confidential", Boolean, nullable=False),
    Column("source", Text, nullable=False),
    Column("source_document", Uuid),
    Column("grade", GRADE, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date),
    Column("recorded_at", TIMESTAMP(timezone=True), nullable=False),
    Column("retracted_at", TIMESTAMP(timezone=True)),
)

RESIDENCE_QUESTION = Table(
    "residence_question",
    METADATA,
    Column("document_id", Uuid, primary_key=True),
    Column("person_id", Uuid, nullable=False),
    Column("sector", Text),
    Column("asked_at", TIMESTAMP(timezone=True), nullable=False),
    Column("answered_at", TIMESTAMP(timezone=True)),
)

CONTACT = Table(
    "contact",
    METADATA,
    Column("contact_id", Uuid, primary_key=True),
    Column("person_id", Uuid, nullable=False),
    Column("channel", Text, nullable=False),
    Column("value", Text),
    Column("recorded_at", TIMESTAMP(timezone=True), nullable=False),
    Column("retracted_at", TIMESTAMP(timezone=True)),
    Column("verified_at", TIMESTAMP(timezone=True)),
)

DEATH = Table(
    "death",
    METADATA,
    Column("person_id", Uuid, primary_key=True),
    Column("died_on", Date, nullable=False),
    Column("source_review", Uuid, nullable=False),
    Column("recorded_at", TIMESTAMP(timezone=True), nullable=False),
)

CONTACT_CHECK = Table(
    "contact_check",
    METADATA,
    Column("message_id", Uuid, primary_key=True),
    Column("person_id", Uuid, nullable=False),
    Column("value", Text, nullable=False),
    Column("salt", LargeBinary),
    Column("digest", LargeBinary),
    Column("tries", Integer, nullable=False),
    Column("asked_at", TIMESTAMP(timezone=True), nullable=False),
    Column("expires_at", TIMESTAMP(timezone=True), nullable=False),
    Column("ended_at", TIMESTAMP(timezone=True)),
    Column("channel", Text, nullable=False),
)

COUNTER_VISIT = Table(
    "counter_visit",
    METADATA,
    Column("visit_id", Uuid, primary_key=True),
    Column("agent_id", Uuid, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("message_id", Uuid, nullable=False),
    Column("opened_at", TIMESTAMP(timezone=True), nullable=False),
    Column("expires_at", TIMESTAMP(timezone=True), nullable=False),
)

PERSON_MERGE = Table(
    "person_merge",
    METADATA,
    Column("merge_id", Uuid, primary_key=True),
    Column("survivor_id", Uuid, nullable=False),
    Column("merged_id", Uuid, nullable=False),
    Column("source_review", Uuid, nullable=False),
    Column("merged_at", TIMESTAMP(timezone=True), nullable=False),
    Column("part_asked_at", TIMESTAMP(timezone=True)),
    Column("parted_at", TIMESTAMP(timezone=True)),
    Column("kind", Text, nullable=False),
)

PERSON_MERGE_ITEM = Table(
    "person_merge_item",
    METADATA,
    Column("merge_id", Uuid, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("place", Text, primary_key=True),
    Column("row_id", Uuid, primary_key=True),
)

COMING_OF_AGE = Table(
    "coming_of_age",
    METADATA,
    Column("child_id", Uuid, primary_key=True),
    Column("of_age_on", Date, nullable=False),
    Column("told_at", TIMESTAMP(timezone=True)),
    Column("ended_at", TIMESTAMP(timezone=True)),
    Column("passed_at", TIMESTAMP(timezone=True)),
)

LINE_SUCCESSION = Table(
    "line_succession",
    METADATA,
    Column("line_id", Uuid, primary_key=True),
    Column("survivor_line_id", Uuid, nullable=False),
    Column("merge_id", Uuid, nullable=False),
)

MANDATE = Table(
    "mandate",
    METADATA,
    Column("mandate_id", Uuid, primary_key=True),
    Column("person_id", Uuid, nullable=False),
    Column("person_name", Text, nullable=False),
    Column("helper_id", Uuid),
    Column("helper_name", Text),
    Column("locator", Text, nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("tries", SmallInteger, nullable=False),
    Column("code_until", TIMESTAMP(timezone=True), nullable=False),
    Column("given_at", TIMESTAMP(timezone=True), nullable=False),
    Column("accepted_at", TIMESTAMP(timezone=True)),
    Column("valid_until", Date, nullable=False),
    Column("ended_at", TIMESTAMP(timezone=True)),
    Column("helper_agent", Uuid),
    Column("helper_body", Text),
)

AGENT_HELPING = Table(
    "agent_helping",
    METADATA,
    Column("token_digest", LargeBinary, primary_key=True),
    Column("agent_id", Uuid, nullable=False),
    Column("mandate_id", Uuid, nullable=False),
    Column("expires_at", TIMESTAMP(timezone=True), nullable=False),
)

MANDATE_THEME = Table(
    "mandate_theme",
    METADATA,
    Column("mandate_id", Uuid, primary_key=True),
    Column("theme", Text, primary_key=True),
    Column("revoked_at", TIMESTAMP(timezone=True)),
)
