"""Tables of this room; the SQL under ``hub/schema`` has their constraints, and a test compares the two."""

from sqlalchemy import TIMESTAMP, Column, Date, LargeBinary, SmallInteger, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY

from hub.schema import METADATA

LINK_CODE = Table(
    "link_code",
    METADATA,
    Column("code_id", Uuid, primary_key=True),
    Column("adult_id", Uuid, nullable=False),
    Column("child_id", Uuid, nullable=False),
    Column("siret", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("locator", Text, nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("tries", SmallInteger, nullable=False),
    Column("made_at", TIMESTAMP(timezone=True), nullable=False),
    Column("expires_at", TIMESTAMP(timezone=True), nullable=False),
)

PARTNER_LINK = Table(
    "partner_link",
    METADATA,
    Column("link_id", Uuid, primary_key=True),
    Column("siret", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("child_id", Uuid, nullable=False),
    Column("adult_id", Uuid, nullable=False),
    Column("source", Text, nullable=False),
    Column("source_review", Uuid),
    Column("on_behalf_of", Text, nullable=False),
    Column("linked_at", TIMESTAMP(timezone=True), nullable=False),
    Column("ended_at", TIMESTAMP(timezone=True)),
    Column("ended_by", Text),
)

LINK_PROPOSAL = Table(
    "link_proposal",
    METADATA,
    Column("proposal_id", Uuid, primary_key=True),
    Column("siret", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("on_behalf_of", Text, nullable=False),
    Column("family_name", Text, nullable=False),
    Column("given_names", ARRAY(Text), nullable=False),
    Column("born_on", Date, nullable=False),
    Column("match_key", Text, nullable=False),
    Column("link_id", Uuid),
    Column("proposed_at", TIMESTAMP(timezone=True), nullable=False),
    Column("expires_at", TIMESTAMP(timezone=True), nullable=False),
)
